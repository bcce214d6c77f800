//! The one writer of artifacts (cargo feature `builder`; needs `alloc`).
//!
//! Takes plain owned data, lays out the bytes, lets the reference engine answer the golden windows, and puts what it wrote
//! through [`super::validate`]: an artifact that comes out is one that every reader accepts.

mod fuse;
mod owned_seq;
mod place;
mod read;
mod spec;
mod weights;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

pub use owned_seq::OwnedSeq;
pub use spec::{ChannelSpec, CodeSpec, GoldenSpec, GroupSpec, LayerSpec, TaskSpec, TransformSpec, WeightSpec};

use super::header::{Channel, DeviceHeader, Golden, GoldenWindow, Layout, RawView, Task, Tensor, View};
use super::image::{CHECKSUM_BYTES, FIXED_HEADER_BYTES, Lengths, MAGIC, VERSION, checksum};
use super::validate::inputs;
use super::{GoldenMismatch, ModelError, Runtime, golden, validate};
use crate::features::FeatureGroup;
use weights::WeightSection;

/// Everything that an artifact holds, as plain data.
///
/// The tensors' places in memory, the arena size, the offsets, the tasks' output tensors and the golden answers are computed; layers
/// that stand one after the other and can be run as one (the heads on a trunk) are joined.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageBuilder {
    /// Name of the project.
    pub name: String,
    /// Length of a window in milliseconds.
    pub window_ms: u32,
    /// How the layers' numbers are to be laid out.
    pub layout: Layout,
    /// The channels, in the order of the raw window.
    pub channels: Vec<ChannelSpec>,
    /// The feature plan, in the order of the feature vector.
    pub plan: Vec<GroupSpec>,
    /// Training means of the features, `[F]`.
    pub means: Vec<f32>,
    /// Reciprocal training standard deviations of the features, `[F]`.
    pub gains: Vec<f32>,
    /// Every tensor; the last ones are the outputs of `tasks`, in their order.
    pub tensors: Vec<Tensor>,
    /// How the standardised features enter the network.
    pub views: Vec<View>,
    /// How raw samples enter the network.
    pub raw_views: Vec<RawView>,
    /// The layers in execution order, trunk first.
    pub layers: Vec<LayerSpec>,
    /// The tasks.
    pub tasks: Vec<TaskSpec>,
    /// Inputs of the golden windows, at least one; recorded ones together at most 8 KiB.
    pub golden: Vec<GoldenSpec>,
    /// Bytes for the workstation's tools; the device skips them.
    pub host_part: Vec<u8>,
}

/// Why no artifact could be written.
#[derive(Debug, Clone, PartialEq)]
pub enum BuildError {
    /// A list is longer than the format can count.
    TooMany {
        /// The list.
        what: &'static str,
        /// Its length.
        count: usize,
        /// The largest length.
        limit: usize,
    },
    /// The artifact is larger than [`super::MAX_IMAGE_BYTES`].
    TooLarge {
        /// Bytes that it would have.
        bytes: usize,
        /// Most bytes.
        limit: usize,
    },
    /// The data break a rule of the format.
    Invalid(ModelError),
    /// The engine of the layout answers a golden window otherwise than the reference: a fault of this program.
    Differs(GoldenMismatch),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::TooMany { what, count, limit } => {
                write!(f, "{count} {what} where the artifact holds at most {limit}")
            }
            BuildError::TooLarge { bytes, limit } => {
                write!(
                    f,
                    "the artifact would have {bytes} bytes, {limit} are allowed: use smaller layers or fewer golden windows"
                )
            }
            BuildError::Invalid(error) => write!(f, "the model breaks a rule of the artifact format: {error}"),
            BuildError::Differs(difference) => {
                write!(f, "the layout's engine and the reference disagree, please report it: {difference}")
            }
        }
    }
}

impl core::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            BuildError::Invalid(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ModelError> for BuildError {
    fn from(error: ModelError) -> Self {
        BuildError::Invalid(error)
    }
}

/// The expected features and outputs of one golden window, as bytes.
struct Answer {
    features: Vec<u8>,
    outputs: Vec<u8>,
}

impl ImageBuilder {
    /// Writes the artifact.
    ///
    /// The bytes depend on the data alone. They start at a multiple of 4 wherever the allocator's blocks do.
    ///
    /// # Errors
    /// [`BuildError`], whose message names what to change.
    pub fn build(&self) -> Result<Vec<u8>, BuildError> {
        let outputs: usize = self.outputs().iter().map(|tensor| usize::from(tensor.elements)).sum();
        let blank = || Answer { features: vec![0; 4 * self.means.len()], outputs: vec![0; 2 * outputs] };
        // Answers have a fixed length, so that the model with blank ones is the model but for them.
        let blank: Vec<Answer> = self.golden.iter().map(|_| blank()).collect();
        let answers = self.answer(&self.encode(Layout::Plain, &blank)?)?;
        let image = self.encode(self.layout, &answers)?;
        let model = validate(&image)?;
        let mut window = vec![0; model.window_len()];
        let mut arena = vec![0; model.arena_bytes() as usize / 4];
        match Runtime::new(model, &mut arena).map(|mut runtime| runtime.self_test(&mut window)) {
            Ok(Err(difference)) => Err(BuildError::Differs(difference)),
            // The arena is as large as stated.
            Ok(Ok(())) | Err(_) => Ok(image),
        }
    }

    fn outputs(&self) -> &[Tensor] {
        let first = self.tensors.len().saturating_sub(self.tasks.len());
        self.tensors.get(first..).unwrap_or_default()
    }

    /// Lets the reference engine answer the golden windows.
    fn answer(&self, image: &[u8]) -> Result<Vec<Answer>, BuildError> {
        let model = validate(image)?;
        let header = *model.header();
        let mut window = vec![0; model.window_len()];
        let mut arena = vec![0; model.arena_bytes() as usize / 4];
        let mut answers = Vec::new();
        // Neither step fails: the arena is as large as stated, the window as long.
        let Ok(mut runtime) = Runtime::new(model, &mut arena) else { return Ok(answers) };
        for spec in &self.golden {
            match spec {
                GoldenSpec::Recorded(counts) => window.clone_from(counts),
                GoldenSpec::Generated { seed } => golden::generate(*seed, &header.channels, &mut window),
            }
            let Ok(answer) = runtime.infer_all(&window) else { continue };
            answers.push(Answer {
                features: answer.features.iter().flat_map(|feature| feature.to_bits().to_le_bytes()).collect(),
                outputs: bytes_of_counts(answer.outputs),
            });
        }
        Ok(answers)
    }

    fn encode(&self, layout: Layout, answers: &[Answer]) -> Result<Vec<u8>, BuildError> {
        let mut weights = WeightSection::default();
        let mean_offset = weights.intern(self.means.iter().flat_map(|mean| mean.to_le_bytes()).collect());
        let gain_offset = weights.intern(self.gains.iter().flat_map(|gain| gain.to_le_bytes()).collect());
        let runs = fuse::fuse(self);
        let tensors = place::place(self, &runs)?;
        let mut layers = Vec::new();
        for run in &runs {
            layers.extend(run.encode(layout, &tensors, &mut weights)?.to_words());
        }
        let tensor_count = count("tensors", tensors.len())?;
        let layer_count = count("layers", runs.len())?;
        let tensor_offset = weights.intern_words(tensors.iter().flat_map(|span| span.to_words()));
        let layer_offset = weights.intern_words(layers);

        let channels: Vec<Channel<'_>> = self.channels.iter().map(ChannelSpec::borrow).collect();
        let channels = list("channels", &channels)?;
        let plan: Vec<FeatureGroup<'_>> = self.plan.iter().map(GroupSpec::borrow).collect();
        let plan = list("feature groups", &plan)?;
        let views = list("views", &self.views)?;
        let raw_views = list("raw views", &self.raw_views)?;
        let first_output = self.tensors.len().saturating_sub(self.tasks.len());
        let classes: Vec<OwnedSeq<&str>> = self.tasks.iter().map(TaskSpec::encode_classes).collect::<Result<_, _>>()?;
        let tasks: Vec<Task<'_>> = (first_output..)
            .zip(self.tasks.iter().zip(&classes))
            .map(|(output, (task, classes))| task.borrow(output as u8, classes.borrow()))
            .collect();
        let tasks = list("tasks", &tasks)?;
        let recorded: Vec<Vec<u8>> = self.golden.iter().map(GoldenSpec::recorded_bytes).collect();
        let golden: Vec<Golden<'_>> = (self.golden.iter().zip(&recorded).zip(answers))
            .map(|((spec, recorded), answer)| Golden {
                window: match spec {
                    GoldenSpec::Recorded(_) => GoldenWindow::Recorded(recorded),
                    GoldenSpec::Generated { seed } => GoldenWindow::Generated { seed: *seed },
                },
                features: &answer.features,
                outputs: &answer.outputs,
            })
            .collect();
        let golden = list("golden windows", &golden)?;

        let feature_count = count("features", self.means.len())?;
        let mut header = DeviceHeader {
            name: &self.name,
            window_ms: self.window_ms,
            channels: channels.borrow(),
            plan: plan.borrow(),
            feature_count,
            mean_offset,
            gain_offset,
            layout,
            tensor_count,
            tensor_offset,
            layer_count,
            layer_offset,
            views: views.borrow(),
            raw_views: raw_views.borrow(),
            tasks: tasks.borrow(),
            golden: golden.borrow(),
            arena_bytes: 0,
        };
        inputs::check_channels(&header)?;
        let scratch = inputs::check_plan(&header)?;
        header.arena_bytes = place::arena(self, layout, &tensors, feature_count, scratch).bytes();
        seal(&postcard_bytes(&header), &self.host_part, &weights.into_bytes())
    }
}

/// A number of items as the format has it.
fn count(what: &'static str, items: usize) -> Result<u16, BuildError> {
    u16::try_from(items).map_err(|_| BuildError::TooMany { what, count: items, limit: usize::from(u16::MAX) })
}

/// Puts the sections between fixed header and checksum.
fn seal(device_header: &[u8], host_part: &[u8], weights: &[u8]) -> Result<Vec<u8>, BuildError> {
    let start = (FIXED_HEADER_BYTES + device_header.len() + host_part.len()).next_multiple_of(4);
    let total = start + weights.len() + CHECKSUM_BYTES;
    let limit = super::MAX_IMAGE_BYTES as usize;
    if total > limit {
        return Err(BuildError::TooLarge { bytes: total, limit });
    }
    let lengths = Lengths {
        total: total as u32,
        device_header: device_header.len() as u32,
        host_part: host_part.len() as u32,
        weights: weights.len() as u32,
    };
    let mut image = Vec::with_capacity(total);
    image.extend_from_slice(&MAGIC);
    image.extend_from_slice(&VERSION.to_le_bytes());
    image.extend_from_slice(&0u16.to_le_bytes());
    for length in [lengths.total, lengths.device_header, lengths.host_part, lengths.weights] {
        image.extend_from_slice(&length.to_le_bytes());
    }
    image.extend_from_slice(device_header);
    image.extend_from_slice(host_part);
    image.resize(start, 0);
    image.extend_from_slice(weights);
    image.extend_from_slice(&checksum(&image).to_le_bytes());
    Ok(image)
}

fn list<T: Serialize>(what: &'static str, items: &[T]) -> Result<OwnedSeq<T>, BuildError> {
    OwnedSeq::new(items).ok_or(BuildError::TooMany { what, count: items.len(), limit: usize::from(u16::MAX) })
}

fn bytes_of_counts(counts: &[i16]) -> Vec<u8> {
    counts.iter().flat_map(|count| count.to_le_bytes()).collect()
}

/// The postcard encoding of a value that has a fixed shape.
fn postcard_bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    // Encoding into memory that grows fails for sequences and maps of unknown length only; no type of the format has any.
    postcard::to_allocvec(value).unwrap_or_default()
}
