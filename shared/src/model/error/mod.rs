//! Why an artifact is refused: one flat enum, small enough for the device to carry and to report.

mod part;
mod text;

use super::Layout;
use crate::features::PlanError;
use crate::quant::CodeError;

pub use part::{Block, GoldenPart, OpRule, RawViewRule, Table, TaskField};

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
    /// Laid out for another processor: a device runs the plain layout and its own.
    Layout {
        /// The layout.
        found: Layout,
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
    /// The plan goes through more samples than [`super::MAX_SAMPLE_VISITS`]: a device would be busy for seconds.
    Work {
        /// Most samples.
        high: u32,
        /// Samples that the groups up to the first too many go through.
        found: u32,
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
    /// A tensor that a layer reads or writes first does not start at a multiple of [`crate::kernels::SLOT_ELEMENTS`].
    TensorPlace {
        /// The tensor.
        tensor: u8,
    },
    /// The activations end beyond what the arena may hold.
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
    /// A view reads features that are not there.
    ViewFeatures {
        /// The view.
        view: u8,
        /// Features there are.
        features: u16,
        /// The first feature that it reads.
        first: u16,
        /// Features that it reads: the elements of its tensor.
        elements: u16,
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
    /// A raw view breaks a rule.
    RawView {
        /// The raw view.
        view: u8,
        /// The rule.
        rule: RawViewRule,
    },
    /// A layer's record holds what no layer has.
    LayerRecord {
        /// The layer.
        layer: u8,
    },
    /// A convolution or pool breaks a rule of its op, or a layer reads a tensor that is laid out for another op.
    LayerOp {
        /// The layer.
        layer: u8,
        /// The rule.
        rule: OpRule,
    },
    /// The convolutions multiply more often than [`super::MAX_CONVOLUTION_MACS`] in a window: a device would be busy for long.
    ConvolutionWork {
        /// Most multiply-accumulates.
        high: u32,
        /// Multiply-accumulates of the layers up to the first too many.
        found: u32,
    },
    /// The tensors that a layer writes are not there, do not lie back to back, differ in range, or hold another number of
    /// elements than the layer has outputs.
    LayerRun {
        /// The layer.
        layer: u8,
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
    /// A layer's output shares memory with its input.
    LayerInPlace {
        /// The layer.
        layer: u8,
    },
    /// A layer reads a tensor that nothing has written before, or whose memory another one has taken since.
    LayerReadsUnwritten {
        /// The layer.
        layer: u8,
        /// The tensor.
        tensor: u8,
    },
    /// A layer of a task reads a tensor that is not written in every window in which the task is due.
    LayerReadsSeldom {
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
    /// A layer accumulates onto a tensor that nothing has written before in the same window, or whose memory another one has taken.
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
    /// A layer is for several tasks of different periods.
    LayerPeriods {
        /// The layer.
        layer: u8,
    },
    /// What a packed layer stores beside its numbers, zeros that fill blocks and seeds of accumulators, is not what it must be.
    Packing {
        /// The layer.
        layer: u8,
    },
    /// A weight is -128, -32768 or -8, which the packed kernels cannot hold.
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
        /// 2^23, 2^31 or 2^19.
        limit: u32,
        /// The worst case, or [`u32::MAX`] where it is larger.
        found: u32,
    },
    /// No view and no layer writes a tensor.
    TensorUnwritten {
        /// The tensor.
        tensor: u8,
    },
    /// The memory of a task's output is taken by another tensor before the run ends.
    OutputOverwritten {
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
