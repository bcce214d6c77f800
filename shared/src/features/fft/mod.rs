//! The real FFT of a segment and the power of its Hann-weighted bins, in a fixed order of operations.
//!
//! The N real values are taken as M = N/2 complex ones, `x[2i] + i x[2i+1]`, transformed by decimation in time (J. W. Cooley and
//! J. W. Tukey, Math. Comp. 19, 1965): bit-reversed on reading, then log2 M stages of butterflies `a + W b, a - W b`. The two
//! halves of the result give the real transform's bins 0..M two at a time.
//!
//! The Hann window is applied to the bins, where it is a three-point sum, so that no cosine is needed:
//! `H[k] = X[k]/2 - (X[k-1] + X[k+1])/4`. What is computed is `8 H[k]`, which leaves out halvings and rounds alike.
//!
//! Every f32 operation and its place in the order are part of the definition: the bits of features depend on them. Factors of 1
//! and -i are applied without multiplying, which can change the sign of a zero alone, and no power shows that.

mod hann;
#[cfg(not(trunkline_features = "m4"))]
mod portable;

#[cfg(trunkline_features = "m4")]
use super::m4::fft as kernel;
use crate::quant::MISSING_COUNT;
pub(super) use hann::Hann;
#[cfg(not(trunkline_features = "m4"))]
use portable as kernel;

/// Real and imaginary part.
pub(super) type Complex = [f32; 2];

/// What the bins of [`add_power`] are to be multiplied by to become `|H[k]|^2`.
pub(super) const POWER_SHARE: f32 = 1.0 / 64.0;

/// Sets each `power[k]`, k in 1..M, to `64 |H[k]|^2`, with the mean (bin 0) taken out first, or adds it; `power[0]` becomes 0.
///
/// Does nothing, and returns `None`, where the lengths do not belong together.
///
/// * `segment`: N = 2 M counts, N a power of two in 16..=4096.
/// * `mean_count`: is subtracted, and stands in for missing samples.
/// * `bins`: scratch of M.
/// * `power`: M.
/// * `fresh`: what `power` holds before does not matter.
pub(super) fn add_power(
    segment: &[i16],
    mean_count: i16,
    bins: &mut [Complex],
    power: &mut [f32],
    fresh: bool,
) -> Option<()> {
    let points = segment.len();
    let supported =
        points.is_power_of_two() && (crate::features::MIN_FFT_SIZE..=crate::features::MAX_FFT_SIZE).contains(&points);
    if !supported || bins.len() != points / 2 || power.len() != points / 2 {
        return None;
    }
    kernel::transform(segment, mean_count, bins);
    kernel::add_hann_power(bins, power, fresh)
}

/// Reads the segment in bit-reversed order, and does the first two stages.
pub(super) fn fours(segment: &[i16], mean_count: i16, bins: &mut [Complex]) {
    let (pairs, _) = segment.as_chunks();
    let quarter = bins.len() / 4;
    let (fours, _) = bins.as_chunks_mut();
    let unused_bits = usize::BITS - quarter.trailing_zeros();
    for (index, four) in fours.iter_mut().enumerate() {
        let first = index.reverse_bits() >> unused_bits;
        let read = |part| value(pairs.get(first + part * quarter), mean_count);
        *four = four_points([read(0), read(2), read(1), read(3)]);
    }
}

/// Two counts without their mean.
fn value(pair: Option<&[i16; 2]>, mean_count: i16) -> Complex {
    let counts = pair.copied().unwrap_or([mean_count; 2]);
    counts.map(|count| {
        let count = if count == MISSING_COUNT { mean_count } else { count };
        (i32::from(count) - i32::from(mean_count)) as f32
    })
}

/// The first two stages, all of whose factors are 1 or -i.
fn four_points([a, b, c, d]: [Complex; 4]) -> [Complex; 4] {
    let (a, b) = butterfly(a, b);
    let (c, d) = butterfly(c, d);
    let (first, third) = butterfly(a, c);
    let (second, fourth) = butterfly(b, turned(d));
    [first, second, third, fourth]
}

fn butterfly([a_re, a_im]: Complex, [b_re, b_im]: Complex) -> (Complex, Complex) {
    ([a_re + b_re, a_im + b_im], [a_re - b_re, a_im - b_im])
}

/// `-i * value`.
fn turned([re, im]: Complex) -> Complex {
    [im, -re]
}
