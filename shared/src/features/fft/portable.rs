//! The FFT as any processor can do it, a stage at a time.

use super::{Complex, Hann, butterfly, fours, turned};
use crate::features::sine::{QUARTER, SINES};

/// The transform of the segment's M complex values, M = `bins.len()`, a power of two in 8..=2048.
pub(super) fn transform(segment: &[i16], mean_count: i16, bins: &mut [Complex]) {
    fours(segment, mean_count, bins);
    let mut quarter = 2;
    while 4 * quarter <= bins.len() {
        stage(bins, quarter);
        quarter *= 2;
    }
}

/// One stage, over blocks of four quarters of `quarter` values.
///
/// Values of the first and the second half, `i` apart from each half's start, have the factor `W^i`, W a turn's `1 / (4 quarter)`:
/// in the second quarter that is -i times the one in the first.
fn stage(bins: &mut [Complex], quarter: usize) {
    // Neither is 0, which the compiler is to see.
    let step = (QUARTER / quarter.max(1)).max(1);
    for block in bins.chunks_exact_mut((4 * quarter).max(1)) {
        let (first, second) = halves(block);
        let ((a, b), (c, d)) = (halves(first), halves(second));
        let factors = SINES.iter().step_by(step).zip(SINES.iter().rev().step_by(step));
        for ((((a, b), c), d), (&sin, &cos)) in a.iter_mut().zip(b).zip(c).zip(d).zip(factors) {
            let rotate = |value| if sin == 0.0 { value } else { rotated(value, cos, sin) };
            (*a, *c) = butterfly(*a, rotate(*c));
            (*b, *d) = butterfly(*b, turned(rotate(*d)));
        }
    }
}

fn halves(values: &mut [Complex]) -> (&mut [Complex], &mut [Complex]) {
    values.split_at_mut(values.len() / 2)
}

/// `(cos - i sin) * value`.
fn rotated([re, im]: Complex, cos: f32, sin: f32) -> Complex {
    [cos * re + sin * im, cos * im - sin * re]
}

/// From the complex transform to the power of the real one's weighted bins; `None` where the lengths are not those of
/// [`super::add_power`].
pub(super) fn add_hann_power(bins: &[Complex], power: &mut [f32], fresh: bool) -> Option<()> {
    if fresh {
        power.fill(0.0);
    }
    let mut hann = Hann::new(bins)?;
    for bin in 1..bins.len() / 2 {
        hann.add_pair(bins, power, bin)?;
    }
    hann.finish(bins, power)
}
