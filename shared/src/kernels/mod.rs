//! Integer kernels: one operation a file, the portable reference kept for ever as the oracle of every fast one.

pub mod reference;

/// How an accumulator becomes an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputStage {
    /// Added after scaling. Where `accumulate` is set, the value that the output holds takes its place.
    pub zero: i16,
    /// k of the output tensor, 1..=15: outputs lie in -2^k ..= 2^k - 1.
    pub range_bits: u8,
    /// Whether negative outputs become 0.
    pub relu: bool,
    /// Whether to add to the outputs held instead of overwriting them.
    pub accumulate: bool,
}

impl OutputStage {
    /// Least output: -2^k, or 0 with `relu`.
    pub fn low(&self) -> i16 {
        if self.relu { 0 } else { i16::MIN >> 15u32.saturating_sub(u32::from(self.range_bits)) }
    }

    /// Largest output: 2^k - 1.
    pub fn high(&self) -> i16 {
        i16::MAX >> 15u32.saturating_sub(u32::from(self.range_bits))
    }
}
