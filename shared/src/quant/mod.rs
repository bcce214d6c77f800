//! Numbers in and out of integers: channel codes, input quantization, and the one rounding rule.

mod code;

pub use code::{ChannelCode, Transform};
