//! The artifact: from untrusted bytes ([`validate`]) to a [`Model`] that cannot fail, and its [`Runtime`].
//!
//! ```text
//!  flash region ─ image_len ─► image ─ validate ─► Model ─┐
//!                                                          ├─ Runtime::new ─► infer, self_test
//!                                     caller's arena ──────┘
//! ```
//!
//! `build` (cargo feature `builder`) is the one writer of artifacts. The bytes are described in `shared/FORMAT.md`.

#[cfg(feature = "builder")]
pub mod build;
mod error;
pub mod golden;
mod header;
mod image;
mod layer;
mod run;
mod tensor;
mod validate;

use core::ops::Range;

pub use error::{Block, GoldenPart, ModelError, Table, TaskField};
pub use golden::{GoldenDifference, GoldenMismatch};
pub use header::{
    Channel, DeviceHeader, Golden, GoldenWindow, Layer, LayerRole, Task, TaskKind, TaskRole, Tensor, View, WeightKind,
};
pub use image::{FIXED_HEADER_BYTES, MAGIC, MAX_IMAGE_BYTES, MIN_IMAGE_BYTES, VERSION, checksum, image_len};
pub use layer::{LayerWeights, ResolvedLayer};
pub use run::{Inference, RunError, Runtime};
pub use tensor::{MAX_TENSOR_ELEMENTS, MAX_TENSORS, TensorSpan};
pub use validate::{
    MAX_CHANNELS, MAX_CLASSES, MAX_GOLDEN, MAX_GROUPS, MAX_LAYERS, MAX_RECORDED_BYTES, MAX_SAMPLE_VISITS, MAX_TASKS,
    validate,
};

use image::Sections;
use tensor::{ArenaLayout, TensorTable};

/// A validated artifact, borrowed from where it lies. Made by [`validate`] alone, so that running it cannot fail.
#[derive(Debug, Clone)]
pub struct Model<'a> {
    header: DeviceHeader<'a>,
    sections: Sections<'a>,
    means: &'a [f32],
    gains: &'a [f32],
    window_len: usize,
    tensors: TensorTable,
    outputs: Range<usize>,
    layout: ArenaLayout,
}

impl<'a> Model<'a> {
    /// The device header; its tables decode the same way for ever.
    pub fn header(&self) -> &DeviceHeader<'a> {
        &self.header
    }

    /// Samples in a raw window, all channels together.
    pub fn window_len(&self) -> usize {
        self.window_len
    }

    /// F, the length of the feature vector.
    pub fn feature_count(&self) -> usize {
        usize::from(self.header.feature_count)
    }

    /// Outputs of all tasks together.
    pub fn output_len(&self) -> usize {
        self.outputs.len()
    }

    /// Bytes of scratch memory that a [`Runtime`] needs, a multiple of 4.
    pub fn arena_bytes(&self) -> u32 {
        self.header.arena_bytes
    }

    /// The checksum, which names this very artifact.
    pub fn crc(&self) -> u32 {
        self.sections.crc
    }

    /// The weight section: weights, biases, multipliers, means and gains.
    pub fn weights(&self) -> &'a [u8] {
        self.sections.weights
    }

    /// The host part, opaque to the device.
    pub fn host_part(&self) -> &'a [u8] {
        self.sections.host_part
    }

    /// Training means of the features, `[F]`.
    pub fn means(&self) -> &'a [f32] {
        self.means
    }

    /// Reciprocal training standard deviations of the features, `[F]`.
    pub fn gains(&self) -> &'a [f32] {
        self.gains
    }

    /// The layers in execution order, with their blocks in place.
    pub fn layers(&self) -> impl Iterator<Item = ResolvedLayer<'a>> + '_ {
        // Every layer resolved once in `validate`, from the same bytes.
        (0u8..)
            .zip(self.header.layers.iter())
            .filter_map(|(index, layer)| layer::resolve(index, &layer, &self.tensors, self.sections.weights).ok())
    }

    /// The views with their tensors.
    pub fn views(&self) -> impl Iterator<Item = (View, TensorSpan)> + '_ {
        self.header.views.iter().filter_map(|view| Some((view, self.tensors.get(view.tensor)?)))
    }

    /// The tensors in the order of the header, at their places among the activations.
    pub fn tensors(&self) -> impl Iterator<Item = TensorSpan> + '_ {
        self.tensors.iter()
    }

    /// The tasks with the places of their outputs in [`Inference::outputs`].
    pub fn tasks(&self) -> impl Iterator<Item = (Task<'a>, Range<usize>)> + '_ {
        let first = self.outputs.start;
        self.header.tasks.iter().filter_map(move |task| {
            let range = self.tensors.get(task.output)?.range();
            Some((task, range.start.checked_sub(first)?..range.end.checked_sub(first)?))
        })
    }
}
