//! The golden windows have the model's lengths. Whether its answers are right, only a run can tell.

use crate::model::header::{DeviceHeader, GoldenWindow};
use crate::model::{GoldenPart, ModelError};

/// Most bytes of all recorded golden windows together.
pub const MAX_RECORDED_BYTES: u32 = 8 * 1024;

pub(super) fn check(header: &DeviceHeader<'_>, window_len: usize, output_len: usize) -> Result<(), ModelError> {
    let features = usize::from(header.feature_count);
    let mut recorded = 0usize;
    header.golden.try_each(|golden, item| {
        let length = |part, numbers: usize, size: usize, bytes: &[u8]| {
            let expected = numbers.saturating_mul(size);
            if bytes.len() == expected {
                return Ok(());
            }
            Err(ModelError::GoldenLength { golden, part, expected: expected as u32, found: bytes.len() as u32 })
        };
        if let GoldenWindow::Recorded(bytes) = item.window {
            length(GoldenPart::Window, window_len, 2, bytes)?;
            // All of them lie in the image, apart from each other.
            recorded = recorded.wrapping_add(bytes.len());
        }
        length(GoldenPart::Features, features, 4, item.features)?;
        length(GoldenPart::Outputs, output_len, 2, item.outputs)
    })?;
    if recorded > MAX_RECORDED_BYTES as usize {
        return Err(ModelError::GoldenRecorded { limit: MAX_RECORDED_BYTES, found: recorded as u32 });
    }
    Ok(())
}
