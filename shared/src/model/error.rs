//! Why an artifact is refused: one flat enum, small enough for the device to carry and to report.

use core::fmt;

use crate::features::PlanError;
use crate::quant::CodeError;

/// A table of the device header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// [`super::DeviceHeader::channels`]
    Channels,
    /// [`super::DeviceHeader::plan`]
    Plan,
    /// [`super::DeviceHeader::tensors`]
    Tensors,
    /// [`super::DeviceHeader::views`]
    Views,
    /// [`super::DeviceHeader::layers`]
    Layers,
    /// [`super::DeviceHeader::tasks`]
    Tasks,
    /// [`super::Task::classes`]
    Classes,
    /// [`super::DeviceHeader::golden`]
    Golden,
}

/// An array in the weight section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// The training means.
    Means,
    /// The reciprocal training standard deviations.
    Gains,
    /// The weights of the layer of that index.
    Weights(u8),
    /// The biases of the layer of that index.
    Biases(u8),
    /// The multipliers of the layer of that index.
    Multipliers(u8),
}

/// A field of a task that does not suit its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskField {
    /// Binary tasks have two classes, multi-class tasks two or more, regressions none.
    Classes,
    /// Only regressions have a unit.
    Unit,
    /// The output tensor is one of the last ones, in task order.
    Output,
    /// One element for binary tasks and regressions, one a class otherwise.
    Elements,
    /// Finite and above 0.
    Scale,
    /// Finite; 0 for classes.
    Offset,
    /// 0 but for binary tasks.
    Threshold,
}

/// An array of a golden window whose length does not suit the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoldenPart {
    /// The window: two bytes a sample.
    Window,
    /// The features: four bytes each.
    Features,
    /// The outputs: two bytes each.
    Outputs,
}

/// Why [`super::validate`] refuses an artifact: what was expected, what came, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ModelError {
    /// The memory region ends before the artifact does.
    RegionTooShort {
        /// Bytes needed.
        needed: u32,
        /// Bytes there.
        found: u32,
    },
    /// The artifact does not begin with [`super::MAGIC`]: no artifact, or none of this family.
    Magic {
        /// The first four bytes.
        found: [u8; 4],
    },
    /// Written for another version of the format.
    Version {
        /// The version that this code reads.
        expected: u16,
        /// The version stated.
        found: u16,
    },
    /// Flags that this version does not know.
    Flags {
        /// The flags stated.
        found: u16,
    },
    /// The total length stated is impossible.
    TotalLength {
        /// Least total length.
        low: u32,
        /// Largest total length.
        high: u32,
        /// The length stated.
        found: u32,
    },
    /// The bytes given are more or fewer than the total length stated.
    Length {
        /// The length stated.
        expected: u32,
        /// Bytes given.
        found: u32,
    },
    /// The checksum does not fit the bytes.
    Checksum {
        /// Computed over the bytes.
        expected: u32,
        /// Stored at the end.
        found: u32,
    },
    /// The sections' lengths do not add up to the total, or the weight section is no whole number of 4-byte words.
    Sections {
        /// The total length stated.
        expected: u32,
        /// The sum of the sections with padding and checksum ([`u32::MAX`] where it overflows).
        found: u32,
    },
    /// A byte of padding before the weight section is not 0.
    Padding,
    /// The artifact does not start at a multiple of 4 in memory.
    Misaligned,
    /// The device header does not decode.
    Header,
    /// Bytes are left after the device header.
    HeaderTrail {
        /// How many.
        found: u32,
    },
    /// A table's bytes do not hold exactly the stated number of items.
    Items {
        /// The table.
        table: Table,
    },
    /// A table has too few or too many items.
    Count {
        /// The table.
        table: Table,
        /// Fewest items.
        low: u16,
        /// Most items.
        high: u16,
        /// Items stated.
        found: u16,
    },
    /// A name is empty.
    NameEmpty {
        /// The table.
        table: Table,
        /// The item.
        index: u8,
    },
    /// A name occurs twice in its table.
    NameRepeated {
        /// The table.
        table: Table,
        /// The later item.
        index: u8,
    },
    /// A channel has no sample in a window.
    ChannelEmpty {
        /// The channel.
        channel: u8,
    },
    /// A channel's code is unusable.
    Code {
        /// The channel.
        channel: u8,
        /// What is wrong with it.
        error: CodeError,
    },
    /// A group of the feature plan is unusable.
    Plan {
        /// The group.
        group: u8,
        /// What is wrong with it.
        error: PlanError,
    },
    /// The plan gives another number of features than stated.
    FeatureCount {
        /// Features that the plan gives.
        expected: u32,
        /// Features stated.
        found: u16,
    },
    /// A block does not start at a multiple of 4 in the weight section.
    BlockAlignment {
        /// The block.
        block: Block,
        /// Its offset.
        found: u32,
    },
    /// A block ends outside the weight section.
    BlockBounds {
        /// The block.
        block: Block,
        /// Bytes of the weight section.
        section: u32,
        /// Its offset.
        offset: u32,
    },
    /// A mean or gain is not finite.
    NotFinite {
        /// [`Block::Means`] or [`Block::Gains`].
        block: Block,
        /// The feature.
        index: u16,
    },
    /// A tensor has no element.
    TensorEmpty {
        /// The tensor.
        tensor: u8,
    },
    /// A tensor's range is outside 1..=15 bits.
    TensorRange {
        /// The tensor.
        tensor: u8,
        /// Its range bits.
        found: u8,
    },
    /// The tensors have more elements together than the arena may hold.
    TensorMemory {
        /// Most elements.
        limit: u32,
    },
    /// A view names a tensor that is not there.
    ViewTensor {
        /// The view.
        view: u8,
        /// Tensors there are.
        tensors: u8,
        /// The tensor named.
        found: u8,
    },
    /// A view's tensor has not one element a feature.
    ViewElements {
        /// The view.
        view: u8,
        /// Features.
        expected: u16,
        /// Elements of the tensor.
        found: u16,
    },
    /// A view's tensor is already written.
    ViewRewrites {
        /// The view.
        view: u8,
    },
    /// A view's fraction bits are outside 0..=14.
    ViewFraction {
        /// The view.
        view: u8,
        /// Its fraction bits.
        found: u8,
    },
    /// A layer names a tensor that is not there.
    LayerTensor {
        /// The layer.
        layer: u8,
        /// Tensors there are.
        tensors: u8,
        /// The tensor named.
        found: u8,
    },
    /// A layer's output is its input.
    LayerInPlace {
        /// The layer.
        layer: u8,
    },
    /// A layer reads a tensor that nothing has written before.
    LayerReadsUnwritten {
        /// The layer.
        layer: u8,
        /// The tensor.
        tensor: u8,
    },
    /// A layer writes a tensor that is already written, and does not accumulate.
    LayerRewrites {
        /// The layer.
        layer: u8,
        /// The tensor.
        tensor: u8,
    },
    /// A layer accumulates onto a tensor that nothing has written before.
    LayerAccumulatesUnwritten {
        /// The layer.
        layer: u8,
        /// The tensor.
        tensor: u8,
    },
    /// A layer accumulates and has a zero point: the value held takes its place.
    LayerZero {
        /// The layer.
        layer: u8,
        /// Its zero point.
        found: i16,
    },
    /// A trunk layer comes after a head or linear layer.
    LayerOrder {
        /// The layer.
        layer: u8,
    },
    /// A layer is for a task that is not there.
    LayerTask {
        /// The layer.
        layer: u8,
        /// Tasks there are.
        tasks: u8,
        /// The task named.
        found: u8,
    },
    /// A weight is -128 or -32768, which the packed kernels cannot hold.
    Weight {
        /// The layer.
        layer: u8,
        /// The output whose row it stands in.
        row: u16,
    },
    /// A multiplier is negative.
    Multiplier {
        /// The layer.
        layer: u8,
        /// The output.
        row: u16,
        /// The multiplier.
        found: i32,
    },
    /// A row's worst case `sum|w| * 2^k + |bias|` reaches the bound of the layer's accumulators.
    Accumulator {
        /// The layer.
        layer: u8,
        /// The output.
        row: u16,
        /// 2^23 or 2^31.
        limit: u64,
        /// The worst case.
        found: u64,
    },
    /// No view and no layer writes a tensor.
    TensorUnwritten {
        /// The tensor.
        tensor: u8,
    },
    /// There are fewer tensors than tasks.
    TaskTensors {
        /// Tasks.
        expected: u8,
        /// Tensors.
        found: u8,
    },
    /// A field of a task does not suit its kind.
    Task {
        /// The task.
        task: u8,
        /// The field.
        field: TaskField,
    },
    /// An array of a golden window has the wrong length.
    GoldenLength {
        /// The golden window.
        golden: u8,
        /// The array.
        part: GoldenPart,
        /// Bytes expected.
        expected: u32,
        /// Bytes there.
        found: u32,
    },
    /// The recorded golden windows together are too long.
    GoldenRecorded {
        /// Most bytes.
        limit: u32,
        /// Bytes there.
        found: u32,
    },
    /// The arena size stated is not the one that the model needs.
    ArenaBytes {
        /// Bytes needed.
        expected: u32,
        /// Bytes stated.
        found: u32,
    },
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Block::Means => f.write_str("the means"),
            Block::Gains => f.write_str("the gains"),
            Block::Weights(layer) => write!(f, "the weights of layer {layer}"),
            Block::Biases(layer) => write!(f, "the biases of layer {layer}"),
            Block::Multipliers(layer) => write!(f, "the multipliers of layer {layer}"),
        }
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ModelError as E;
        match *self {
            E::RegionTooShort { needed, found } => {
                write!(f, "the artifact needs {needed} bytes, the memory region has {found}: it is cut off")
            }
            E::Magic { found } => write!(f, "no Trunkline artifact: it begins with {found:02x?}, not with \"TLM1\""),
            E::Version { expected, found } => {
                write!(f, "artifact format {found}, this program reads {expected}: train again with a matching version")
            }
            E::Flags { found } => write!(f, "flags {found:#06x} are not known to this version"),
            E::TotalLength { low, high, found } => {
                write!(f, "total length {found} lies outside {low}..={high} bytes")
            }
            E::Length { expected, found } => write!(f, "the artifact has {expected} bytes, {found} were given"),
            E::Checksum { expected, found } => {
                write!(
                    f,
                    "checksum {found:08x} is stored, {expected:08x} computed: the artifact is damaged, copy it again"
                )
            }
            E::Sections { expected, found } => {
                write!(f, "the sections add up to {found} bytes (in whole words), the artifact has {expected}")
            }
            E::Padding => f.write_str("the padding before the weight section is not zero"),
            E::Misaligned => f.write_str("the artifact must start at a multiple of 4 bytes in memory"),
            E::Header => f.write_str("the device header does not decode"),
            E::HeaderTrail { found } => write!(f, "{found} bytes are left after the device header"),
            E::Items { table } => write!(f, "the bytes of table {table:?} do not hold exactly the items stated"),
            E::Count { table, low, high, found } => {
                write!(f, "table {table:?} has {found} items, {low}..={high} are allowed")
            }
            E::NameEmpty { table, index } => write!(f, "item {index} of table {table:?} has an empty name"),
            E::NameRepeated { table, index } => write!(f, "item {index} of table {table:?} repeats an earlier name"),
            E::ChannelEmpty { channel } => write!(f, "channel {channel} has no sample in a window"),
            E::Code { channel, error } => write!(f, "channel {channel}: {error}"),
            E::Plan { group, error } => write!(f, "feature group {group}: {error}"),
            E::FeatureCount { expected, found } => {
                write!(f, "the plan gives {expected} features, the header states {found}")
            }
            E::BlockAlignment { block, found } => write!(f, "{block} start at {found}, which is no multiple of 4"),
            E::BlockBounds { block, section, offset } => {
                write!(f, "{block}, which start at {offset}, end outside the weight section of {section} bytes")
            }
            E::NotFinite { block, index } => write!(f, "number {index} of {block} is not finite"),
            E::TensorEmpty { tensor } => write!(f, "tensor {tensor} has no element"),
            E::TensorRange { tensor, found } => {
                write!(f, "tensor {tensor} has a range of {found} bits, 1..=15 are allowed")
            }
            E::TensorMemory { limit } => write!(f, "the tensors have more than {limit} elements together"),
            E::ViewTensor { view, tensors, found } => {
                write!(f, "view {view} fills tensor {found}, there are {tensors}")
            }
            E::ViewElements { view, expected, found } => {
                write!(f, "view {view} fills a tensor of {found} elements, there are {expected} features")
            }
            E::ViewRewrites { view } => write!(f, "view {view} fills a tensor that is already filled"),
            E::ViewFraction { view, found } => {
                write!(f, "view {view} has {found} fraction bits, 0..=14 are allowed")
            }
            E::LayerTensor { layer, tensors, found } => {
                write!(f, "layer {layer} names tensor {found}, there are {tensors}")
            }
            E::LayerInPlace { layer } => write!(f, "layer {layer} writes the tensor that it reads"),
            E::LayerReadsUnwritten { layer, tensor } => {
                write!(f, "layer {layer} reads tensor {tensor} before anything has written it")
            }
            E::LayerRewrites { layer, tensor } => {
                write!(f, "layer {layer} overwrites tensor {tensor}: only an accumulating layer may write it again")
            }
            E::LayerAccumulatesUnwritten { layer, tensor } => {
                write!(f, "layer {layer} accumulates onto tensor {tensor} before anything has written it")
            }
            E::LayerZero { layer, found } => {
                write!(
                    f,
                    "layer {layer} accumulates and has zero point {found}: put it into the layer that writes first"
                )
            }
            E::LayerOrder { layer } => write!(f, "layer {layer} is a trunk layer after a head or linear layer"),
            E::LayerTask { layer, tasks, found } => {
                write!(f, "layer {layer} is for task {found}, there are {tasks}")
            }
            E::Weight { layer, row } => {
                write!(f, "layer {layer}, row {row}: a weight is the least value of its type, which is not allowed")
            }
            E::Multiplier { layer, row, found } => {
                write!(f, "layer {layer}, row {row}: multiplier {found} is negative")
            }
            E::Accumulator { layer, row, limit, found } => {
                write!(f, "layer {layer}, row {row}: the worst case {found} of the accumulator reaches {limit}")
            }
            E::TensorUnwritten { tensor } => write!(f, "no view and no layer writes tensor {tensor}"),
            E::TaskTensors { expected, found } => {
                write!(f, "{expected} tasks need an output tensor each, there are {found} tensors")
            }
            E::Task { task, field } => write!(f, "task {task}: its {field:?} does not suit its kind"),
            E::GoldenLength { golden, part, expected, found } => {
                write!(f, "golden window {golden}: {part:?} of {found} bytes, {expected} expected")
            }
            E::GoldenRecorded { limit, found } => {
                write!(f, "the recorded golden windows have {found} bytes together, at most {limit} are allowed")
            }
            E::ArenaBytes { expected, found } => {
                write!(f, "the model needs an arena of {expected} bytes, the header states {found}")
            }
        }
    }
}

impl core::error::Error for ModelError {}
