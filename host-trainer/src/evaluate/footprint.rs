//! What an artifact costs on the device.

use trunkline_shared::model::Model;

use super::record::Footprint;

/// The footprint of `model`, whose artifact has `bytes` bytes.
pub fn footprint(model: &Model<'_>, bytes: usize) -> Footprint {
    let macs = model.layers().map(|(_, layer)| layer.macs()).sum();
    Footprint {
        bytes: bytes as u64,
        macs,
        arena_bytes: u64::from(model.arena_bytes()),
        weights_bytes: model.weights().len() as u64,
        normalization_bytes: 2 * 4 * model.feature_count() as u64,
    }
}
