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
mod convolution;
mod error;
pub mod golden;
mod header;
mod image;
mod layer;
mod network;
mod op;
mod record;
mod run;
mod samples;
mod tensor;
mod validate;

use core::ops::Range;

pub use crate::kernels::{PoolKind, WeightKind};
pub use error::{Block, GoldenPart, ModelError, OpRule, RawViewRule, Table, TaskField};
pub use golden::{GoldenDifference, GoldenMismatch};
pub use header::{
    Channel, DeviceHeader, Golden, GoldenWindow, Layout, RawView, Task, TaskKind, TaskRole, Tensor, View,
};
pub use image::{FIXED_HEADER_BYTES, MAGIC, MAX_IMAGE_BYTES, MIN_IMAGE_BYTES, VERSION, checksum, image_len};
pub use layer::{Numbers, ResolvedLayer};
pub use network::{ALL_TASKS, Network, TaskSet};
pub use op::LayerOp;
pub use record::{LAYER_WORDS, Layer, LayerRole, TENSOR_WORDS, TensorSpan};
pub use run::{Inference, RunError, Runtime};
pub use tensor::{MAX_ACTIVATIONS, MAX_TENSORS};
pub use validate::{
    MAX_CHANNELS, MAX_CLASSES, MAX_CONVOLUTION_MACS, MAX_GOLDEN, MAX_GROUPS, MAX_LAYERS, MAX_RECORDED_BYTES,
    MAX_SAMPLE_VISITS, MAX_TASKS, validate,
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
    tensors: TensorTable<'a>,
    layers: &'a [[u32; LAYER_WORDS]],
    output_len: usize,
    arena: ArenaLayout,
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
        self.output_len
    }

    /// Bytes of scratch memory that a [`Runtime`] needs, a multiple of 4.
    pub fn arena_bytes(&self) -> u32 {
        self.header.arena_bytes
    }

    /// The checksum, which names this very artifact.
    pub fn crc(&self) -> u32 {
        self.sections.crc
    }

    /// The weight section: the records of tensors and layers, the layers' numbers, means and gains.
    pub fn weights(&self) -> &'a [u8] {
        bytemuck::try_cast_slice(self.sections.weights).unwrap_or_default()
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

    /// The layers in execution order, each with its record, and with its blocks in place.
    pub fn layers(&self) -> impl Iterator<Item = (Layer, ResolvedLayer<'a>)> + '_ {
        // Every layer was read and resolved once in `validate`, from the same bytes.
        let records = (0u8..).zip(self.layers).filter_map(|(index, words)| Some((index, Layer::from_words(words)?)));
        records.filter_map(|(index, layer)| {
            let resolved = layer::resolve(index, &layer, self.header.layout, self.tensors, self.sections.weights);
            Some((layer, resolved.ok()?))
        })
    }

    /// The views with their tensors.
    pub fn views(&self) -> impl Iterator<Item = (View, TensorSpan)> + '_ {
        self.header.views.iter().filter_map(|view| Some((view, self.tensors.get(view.tensor)?)))
    }

    /// The raw views with their tensors, each with the samples of the window before its own.
    pub(super) fn raw_views(&self) -> impl Iterator<Item = (RawView, TensorSpan)> + '_ {
        self.header.raw_views.iter().filter_map(|view| Some((view, self.tensors.get(view.tensor)?)))
    }

    /// The tensors in the order of the header, at their places among the activations.
    pub fn tensors(&self) -> impl Iterator<Item = TensorSpan> + '_ {
        self.tensors.iter()
    }

    /// The network alone, from the views' tensors to the outputs.
    pub fn network(&self) -> Network<'a> {
        Network {
            section: self.sections.weights,
            layout: self.header.layout,
            tensors: self.tensors,
            layers: self.layers,
            activation_words: self.arena.activations,
            kernel_words: self.arena.kernel,
        }
    }

    /// The tasks with the places of their outputs in [`Inference::outputs`].
    pub fn tasks(&self) -> impl Iterator<Item = (Task<'a>, Range<usize>)> + '_ {
        let spans = self.tensors.last(self.header.tasks.len());
        let ranges = spans.scan(0usize, |end, span| {
            let start = *end;
            *end = start.saturating_add(usize::from(span.elements));
            Some(start..*end)
        });
        self.header.tasks.iter().zip(ranges)
    }
}
