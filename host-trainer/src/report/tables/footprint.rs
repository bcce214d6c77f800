//! What the model takes on the device.

use trunkline_shared::model::MAX_IMAGE_BYTES;

use crate::evaluate::Record;

use super::grid;

/// Bytes and multiply-accumulates.
pub fn footprint(record: &Record) -> String {
    let model = &record.model;
    grid(
        &["footprint", "", ""],
        [
            vec!["model file".into(), format!("{} bytes", model.bytes), format!("at most {MAX_IMAGE_BYTES}")],
            vec!["weights, biases, scales".into(), format!("{} bytes", model.weights_bytes), String::new()],
            vec!["RAM arena".into(), format!("{} bytes", model.arena_bytes), String::new()],
            vec!["multiply-accumulates".into(), model.macs.to_string(), "a window".into()],
        ],
    )
}
