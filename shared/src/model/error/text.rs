//! What the errors say: what was expected, what came, where, and what to do.

use core::fmt;

use super::{Block, ModelError, OpRule, RawViewRule};

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Block::Means => f.write_str("the means"),
            Block::Gains => f.write_str("the gains"),
            Block::Tensors => f.write_str("the records of the tensors"),
            Block::Layers => f.write_str("the records of the layers"),
            Block::Weights(layer) => write!(f, "the weights of layer {layer}"),
            Block::Biases(layer) => write!(f, "the biases of layer {layer}"),
            Block::Multipliers(layer) => write!(f, "the multipliers of layer {layer}"),
        }
    }
}

impl fmt::Display for RawViewRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RawViewRule::LeftOut => {
                "this program leaves raw samples out with convolutions: build it with the cargo feature `convolution`"
            }
            RawViewRule::Tensor => "its tensor is not there",
            RawViewRule::Channel => "its channel is not there",
            RawViewRule::Multiplier => "its multiplier is negative",
            RawViewRule::Rewrites => {
                "its tensor is already filled: the raw views of a tensor must stand one after the other"
            }
            RawViewRule::Samples => {
                "the channels of its tensor differ in samples a window, or together do not fill the tensor exactly"
            }
        })
    }
}

impl fmt::Display for OpRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OpRule::LeftOut => {
                "this program leaves convolutions and pools out: build it with the cargo feature `convolution`"
            }
            OpRule::Trunk => "only a trunk layer that writes one tensor and does not accumulate can be a convolution or a pool",
            OpRule::Numbers => {
                "a depthwise convolution must have int8 weights, and a pool neither numbers nor zero point nor ReLU"
            }
            OpRule::Shape => {
                "channels, kernel, stride and size must be at least 1, and the outputs a multiple of the channels, those of a \
                 pool as many"
            }
            OpRule::Input => "its input does not hold whole channels, or they are shorter than the kernel or the pool",
            OpRule::Positions => {
                "only pointwise convolutions and pools of as many channels can read what a convolution writes, and they nothing else"
            }
            OpRule::Range => "a pool that takes the largest number must have an output of at least the range of its input",
        })
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
            E::Layout { found } => {
                write!(
                    f,
                    "layout {found:?} is not for this processor: pack the model for it with `trunkline pack --layout`"
                )
            }
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
            E::Work { high, found } => {
                write!(
                    f,
                    "the plan goes through {found} samples a window, at most {high} are allowed: leave features out"
                )
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
            E::TensorPlace { tensor } => write!(f, "tensor {tensor} does not start at a multiple of 4 elements"),
            E::TensorMemory { limit } => write!(f, "the activations have more than {limit} elements"),
            E::ViewTensor { view, tensors, found } => {
                write!(f, "view {view} fills tensor {found}, there are {tensors}")
            }
            E::ViewFeatures { view, features, first, elements } => {
                write!(f, "view {view} reads {elements} features from number {first} on, there are {features}")
            }
            E::ViewRewrites { view } => write!(f, "view {view} fills a tensor that is already filled"),
            E::ViewFraction { view, found } => {
                write!(f, "view {view} has {found} fraction bits, 0..=14 are allowed")
            }
            E::RawView { view, rule } => write!(f, "raw view {view}: {rule}"),
            E::LayerOp { layer, rule } => write!(f, "layer {layer}: {rule}"),
            E::ConvolutionWork { high, found } => {
                write!(
                    f,
                    "the convolutions multiply {found} times a window, at most {high} are allowed: use longer strides or fewer \
                     filters"
                )
            }
            E::LayerRecord { layer } => write!(f, "layer {layer} holds a value that no layer can have"),
            E::LayerRun { layer } => {
                write!(f, "layer {layer}: the tensors that it writes do not form one stretch of its outputs and range")
            }
            E::LayerTensor { layer, tensors, found } => {
                write!(f, "layer {layer} names tensor {found}, there are {tensors}")
            }
            E::LayerInPlace { layer } => write!(f, "layer {layer} writes where it reads"),
            E::LayerReadsUnwritten { layer, tensor } => {
                write!(f, "layer {layer} reads tensor {tensor}, which nothing has written or something has overwritten")
            }
            E::LayerReadsSeldom { layer, tensor } => {
                write!(f, "layer {layer} reads tensor {tensor}, whose task is not always due when this one is")
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
            E::LayerPeriods { layer } => write!(f, "layer {layer} is for several tasks of different periods"),
            E::Packing { layer } => write!(f, "layer {layer} is not packed as its layout asks: pack the model again"),
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
            E::OutputOverwritten { tensor } => {
                write!(f, "output tensor {tensor} is overwritten before the run ends")
            }
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
