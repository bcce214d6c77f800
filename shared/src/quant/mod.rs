//! Numbers in and out of integers: channel codes, input quantization, and the one rounding rule.
//!
//! Every rounding here is to the nearest integer, halves up (towards positive infinity): [`requantize`] on integers,
//! [`round_half_up`] on f32.

mod code;
mod input;
mod requantize;
mod scientific;

pub use code::{
    ChannelCode, CodeError, Encoded, MAX_COUNT, MAX_KNOTS, MAX_OFFSET, MAX_SCALE, MIN_SCALE, MISSING, MISSING_COUNT,
    Transform,
};
pub use input::{quantize_count, quantize_feature, round_half_up};
pub use requantize::requantize;
