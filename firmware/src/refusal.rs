//! Why the board does not run the model that it found.

use core::fmt;

use trunkline_shared::model::{GoldenMismatch, ModelError};
use trunkline_shared::telemetry::Refusal;

/// What [`crate::app::boot`] found wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cause {
    /// The validator does not accept the bytes.
    Invalid(ModelError),
    /// More outputs than a report holds.
    Outputs {
        /// Outputs that the model gives.
        needed: u32,
        /// Outputs that a report holds.
        available: u32,
    },
    /// A longer window than the board holds.
    Window {
        /// Samples that a window has.
        needed: u32,
        /// Samples that the board holds.
        available: u32,
    },
    /// More scratch memory than the board has.
    Arena {
        /// Bytes that the model needs.
        needed: u32,
        /// Bytes that the board has.
        available: u32,
    },
    /// An answer that is not the golden one.
    SelfTest(GoldenMismatch),
    /// No sensor for the channel of that index.
    Sensor {
        /// Index of the channel in the model.
        channel: u8,
    },
}

impl Cause {
    /// As it is reported.
    pub fn refusal(&self) -> Refusal {
        match *self {
            Self::Invalid(_) => Refusal::Invalid,
            Self::Outputs { needed, available } => Refusal::Outputs { needed, available },
            Self::Window { needed, available } => Refusal::Window { needed, available },
            Self::Arena { needed, available } => Refusal::Arena { needed, available },
            Self::SelfTest(GoldenMismatch { index, .. }) => Refusal::SelfTest { golden: index.into() },
            Self::Sensor { channel } => Refusal::Sensor { channel },
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::Outputs { needed, available } => {
                write!(f, "the model gives {needed} outputs, a report holds {available}: use fewer tasks or classes")
            }
            Self::Window { needed, available } => {
                write!(f, "the model's window has {needed} samples, this board holds {available}: shorten the window")
            }
            Self::Arena { needed, available } => {
                write!(f, "the model needs an arena of {needed} bytes, this board has {available}: use smaller layers")
            }
            Self::SelfTest(mismatch) => {
                write!(f, "the self-test failed, flash the firmware and the model again: {mismatch}")
            }
            Self::Sensor { channel } => {
                write!(
                    f,
                    "this board has no sensor for channel {channel}, or not at its rate: train without that channel"
                )
            }
        }
    }
}

impl core::error::Error for Cause {}
