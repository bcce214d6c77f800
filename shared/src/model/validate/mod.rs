//! From untrusted bytes to a [`Model`]: everything is checked here, once, so that nothing can fail later.
//!
//! | what | where |
//! |---|---|
//! | lengths, padding, checksum | `image::split` |
//! | every table decodes, item for item, or is in its place; names | `tables` |
//! | channel codes, feature plan | `inputs` |
//! | tensors and their places, views, order of the layers | `graph` |
//! | convolutions and pools | `ops` |
//! | weights, multipliers, accumulator bounds | `layers` |
//! | tasks against their output tensors | `tasks` |
//! | lengths of the golden windows | `golden` |
//!
//! No step can panic, whatever the bytes: there is no indexing, and arithmetic on untrusted numbers is checked or proven
//! not to wrap where it stands.

mod golden;
mod graph;
pub(in crate::model) mod inputs;
mod layers;
mod ops;
mod tables;
mod tasks;

use super::header::DeviceHeader;
use super::image;
use super::tensor::{ArenaLayout, TensorTable};
use super::{Block, Model, ModelError};
use crate::decode::{Cursor, Decode};

pub use golden::MAX_RECORDED_BYTES;
pub use inputs::MAX_SAMPLE_VISITS;
pub use ops::MAX_CONVOLUTION_MACS;
pub use tables::{MAX_CHANNELS, MAX_CLASSES, MAX_GOLDEN, MAX_GROUPS, MAX_LAYERS, MAX_TASKS};

/// Checks an artifact, `image` being exactly its bytes (see [`super::image_len`]), which start at a multiple of 4 in memory.
///
/// # Errors
/// The first rule that the artifact breaks. `FORMAT.md` lists the rules in the order in which they are tried.
pub fn validate(image: &[u8]) -> Result<Model<'_>, ModelError> {
    let sections = image::split(image)?;
    let mut cursor = Cursor::new(sections.device_header);
    let header = DeviceHeader::decode(&mut cursor);
    let rest = cursor.rest().ok_or(ModelError::Header)?;
    if !rest.is_empty() {
        return Err(ModelError::HeaderTrail { found: rest.len() as u32 });
    }
    if !header.layout.runs_here() {
        return Err(ModelError::Layout { found: header.layout });
    }
    tables::check(&header)?;
    let window_len = inputs::check_channels(&header)?;
    let scratch = inputs::check_plan(&header)?;
    let means = inputs::finite(sections.weights, header.mean_offset, header.feature_count, Block::Means)?;
    let gains = inputs::finite(sections.weights, header.gain_offset, header.feature_count, Block::Gains)?;
    let tensors = tables::records(sections.weights, header.tensor_offset, header.tensor_count, Block::Tensors)?;
    let tensors = TensorTable(tensors);
    let layers = tables::records(sections.weights, header.layer_offset, header.layer_count, Block::Layers)?;
    let activations = graph::check_tensors(tensors)?;
    let output_len = tasks::check(&header, tensors)?;
    let kernel = graph::check(&header, tensors, layers, sections.weights)?;
    golden::check(&header, window_len, output_len)?;
    let arena = ArenaLayout {
        features: header.feature_count.into(),
        outputs: output_len.div_ceil(2),
        scratch,
        activations: ArenaLayout::words_of(activations),
        kernel,
    };
    if header.arena_bytes != arena.bytes() {
        return Err(ModelError::ArenaBytes { expected: arena.bytes(), found: header.arena_bytes });
    }
    Ok(Model { header, sections, means, gains, window_len, tensors, layers, output_len, arena })
}
