//! Messages from the device to the workstation: types only. On the wire each is one frame, made and read by the firmware
//! library's `report` module: postcard bytes, CRC-16, COBS.

use serde::{Deserialize, Serialize};

/// Version of the messages below; a change that an older receiver cannot decode raises it.
pub const PROTOCOL: u8 = 1;

/// Everything that the device says. Byte slices are little-endian and borrowed from the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message<'a> {
    /// The model was accepted and has passed its self-test; windows follow.
    Hello(#[serde(borrow)] Hello<'a>),
    /// The model was refused; repeated for as long as the device stays as it is.
    Refused {
        /// Which check failed.
        reason: Refusal,
        /// The same for a person, with what was found.
        detail: &'a str,
    },
    /// One window's outputs.
    Report(#[serde(borrow)] Report<'a>),
    /// Part of one window's features, sent ahead of its report in diagnostic mode.
    Features {
        /// Sequence number of the window.
        sequence: u32,
        /// Index of the first feature in `values`.
        first: u16,
        /// Features as f32 bit patterns, 4 bytes each.
        values: &'a [u8],
    },
}

/// What runs on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello<'a> {
    /// [`PROTOCOL`] of the sender.
    pub protocol: u8,
    /// Name of the model's project.
    pub model: &'a str,
    /// The artifact's CRC-32, which tells models of one name apart.
    pub model_crc: u32,
    /// Number of tasks.
    pub tasks: u16,
    /// F, the length of the feature vector.
    pub features: u16,
    /// i16 outputs of all tasks together.
    pub outputs: u16,
    /// Samples a window, all channels together.
    pub window_samples: u32,
}

/// The answer to one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report<'a> {
    /// Number of the window since start, from 0. A gap means that windows were lost whole.
    pub sequence: u32,
    /// Samples that the sensors failed to give.
    pub missing: u32,
    /// Samples that were taken but lost, because the application was behind.
    pub lost: u32,
    /// i16 outputs of all tasks, in task order.
    pub outputs: &'a [u8],
}

/// Why a model was refused. "Available" is what this board has; a larger board may take the same model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The model region holds no artifact, or one whose bytes are damaged or break a rule of the format.
    Invalid,
    /// The scratch memory is too small.
    Arena {
        /// Bytes that the model needs.
        needed: u32,
        /// Bytes that the board has.
        available: u32,
    },
    /// The window buffer is too small.
    Window {
        /// Samples that a window has.
        needed: u32,
        /// Samples that the board holds.
        available: u32,
    },
    /// The outputs do not fit one frame.
    Outputs {
        /// Outputs that the model gives.
        needed: u32,
        /// Outputs that one frame holds.
        available: u32,
    },
    /// The board has no such sensor, or not at that rate.
    Sensor {
        /// Index of the channel in the model.
        channel: u8,
    },
    /// A golden window gave other features or outputs than the artifact states.
    SelfTest {
        /// Index of the golden window.
        golden: u32,
    },
}
