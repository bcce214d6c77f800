//! A quarter of a sine, from which every FFT takes its factors.

/// Steps of a whole turn: points of the longest FFT.
const TURN: usize = super::MAX_FFT_SIZE;
/// Steps of a quarter.
pub(super) const QUARTER: usize = TURN / 4;

/// `sin(2 pi i / TURN)` for i in 0..=[`QUARTER`], each rounded once to f32.
pub(super) static SINES: [f32; QUARTER + 1] = sines();

const fn sines() -> [f32; QUARTER + 1] {
    let mut sines = [0.0; QUARTER + 1];
    let mut index = 0;
    while index <= QUARTER {
        sines[index] = sine(core::f64::consts::TAU * index as f64 / TURN as f64) as f32;
        index += 1;
    }
    sines
}

/// `sin x` for x in 0..=pi/2 by its power series, whose first term left out is less than 10^-17.
const fn sine(x: f64) -> f64 {
    let mut sum = 0.0;
    let mut power = 21;
    // Horner's scheme from the highest power down: x - x^3/3! + ... = x (1 - x^2/(2*3) (1 - x^2/(4*5) (...))).
    while power >= 3 {
        sum = x * x / (power * (power - 1)) as f64 * (1.0 - sum);
        power -= 2;
    }
    x * (1.0 - sum)
}
