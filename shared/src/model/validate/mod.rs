//! From untrusted bytes to a [`Model`]: everything is checked here, once, so that nothing can fail later.
//!
//! | what | where |
//! |---|---|
//! | lengths, padding, checksum | `image::split` |
//! | every table decodes, item for item, or is in its place; names | `tables` |
//! | channel codes, feature plan | `inputs` |
//! | tensors and their places, views, order of the layers | `graph` |
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
mod tables;
mod tasks;

use super::header::DeviceHeader;
use super::image::{self, Sections};
use super::tensor::ArenaLayout;
use super::{Model, ModelError};

pub use golden::MAX_RECORDED_BYTES;
pub use inputs::MAX_SAMPLE_VISITS;
pub use tables::{MAX_CHANNELS, MAX_CLASSES, MAX_GOLDEN, MAX_GROUPS, MAX_LAYERS, MAX_TASKS};

/// Checks an artifact, `image` being exactly its bytes (see [`super::image_len`]), which start at a multiple of 4 in memory.
///
/// # Errors
/// The first rule that the artifact breaks. `FORMAT.md` lists the rules in the order in which they are tried.
pub fn validate(image: &[u8]) -> Result<Model<'_>, ModelError> {
    let sections = image::split(image)?;
    let header = decode(&sections)?;
    if !header.layout.runs_here() {
        return Err(ModelError::Layout { found: header.layout });
    }
    tables::check(&header)?;
    let (window_len, mut arena) = inputs::check(&header)?;
    let (means, gains) = inputs::scaling(&header, sections.weights)?;
    let (tensors, layers) = tables::records(&header, sections.weights)?;
    graph::check_tensors(tensors)?;
    let output_len = tasks::check(&header, tensors)?;
    arena.kernel = graph::check(&header, tensors, layers, sections.weights)?;
    arena.activations = ArenaLayout::words_of(tensors.activations());
    arena.outputs = output_len.div_ceil(2);
    golden::check(&header, window_len, output_len)?;
    if header.arena_bytes != arena.bytes() {
        return Err(ModelError::ArenaBytes { expected: arena.bytes(), found: header.arena_bytes });
    }
    Ok(Model { header, sections, means, gains, window_len, tensors, layers, output_len, arena })
}

fn decode<'a>(sections: &Sections<'a>) -> Result<DeviceHeader<'a>, ModelError> {
    let (header, rest) = postcard::take_from_bytes(sections.device_header).map_err(|_| ModelError::Header)?;
    if !rest.is_empty() {
        return Err(ModelError::HeaderTrail { found: rest.len() as u32 });
    }
    Ok(header)
}
