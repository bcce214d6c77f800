//! From raw samples to activations: each standardised in integers.

#[cfg(trunkline_kernels = "m4")]
mod armv7em;

use crate::quant::quantize_count;
use crate::rolled::rolled;

/// Standardises samples: [`quantize_count`] of each of `counts`.
///
/// * `counts`: the samples, [`crate::quant::MISSING_COUNT`] where missing.
/// * `mean`, in counts; `multiplier`, at least 0, in units of 2^-18; `range_bits`, 1..=15: as there.
/// * `inputs`: as long as `counts`; where the lengths differ, what is beyond the shorter is left as it is.
#[inline(never)]
pub fn standardize(counts: &[i16], mean: i16, multiplier: i32, range_bits: u8, inputs: &mut [i16]) {
    #[cfg(trunkline_kernels = "m4")]
    let (counts, inputs) = armv7em::pairs(counts, mean, multiplier, range_bits, inputs);
    for (input, &count) in rolled(inputs.iter_mut().zip(counts)) {
        *input = quantize_count(count, mean, multiplier, range_bits);
    }
}
