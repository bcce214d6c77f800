//! The real FFT, several stages at a time in the FPU's registers.
//!
//! Each operation and its order are those of the portable code: a stage's butterflies do not depend on each other, so that any
//! of them can be done in any order. VMLA and its kin round the product and the sum, as two instructions would.
#![allow(unsafe_code)]

mod first;
mod hann;
mod stages;

use crate::features::fft::{self, Complex};

pub(in crate::features) use hann::add_hann_power;

/// The transform of the segment's M complex values, M = `bins.len()`, a power of two in 8..=2048.
pub(in crate::features) fn transform(segment: &[i16], mean_count: i16, bins: &mut [Complex]) {
    let mut done = if bins.len().trailing_zeros() % 2 == 1 {
        first::three_stages(segment, mean_count, bins);
        3
    } else {
        fft::fours(segment, mean_count, bins);
        2
    };
    loop {
        // Three at a time are fewest instructions; the number left is even at first.
        done += match bins.len().trailing_zeros() - done {
            0 => break,
            3 | 6.. => stages::three(bins, 1 << done),
            _ => stages::two(bins, 1 << done),
        };
    }
}
