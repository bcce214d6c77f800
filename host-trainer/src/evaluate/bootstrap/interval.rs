//! An estimate with what it might have been.

use serde::{Deserialize, Serialize};

/// Units below which there is no interval: of four or fewer no resampling tells how much units differ.
pub const LEAST_UNITS: usize = 5;

/// An estimate and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The statistic on the rows as they are.
    pub value: f64,
    /// Lower end; `None` with fewer than [`LEAST_UNITS`] units, or where most draws leave the statistic undefined.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Interval {
    /// Whether there are ends to judge by.
    pub fn is_known(&self) -> bool {
        self.low.is_some() && self.high.is_some()
    }

    /// Whether the interval lies above 0.
    pub fn is_above_zero(&self) -> bool {
        self.low.is_some_and(|low| low > 0.0)
    }

    /// Whether the interval lies below 0.
    pub fn is_below_zero(&self) -> bool {
        self.high.is_some_and(|high| high < 0.0)
    }
}
