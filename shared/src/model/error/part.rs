//! The parts of an artifact that an error names.

/// A table of the device header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// [`super::super::DeviceHeader::channels`]
    Channels,
    /// [`super::super::DeviceHeader::plan`]
    Plan,
    /// [`super::super::DeviceHeader::tensor_count`]
    Tensors,
    /// [`super::super::DeviceHeader::views`]
    Views,
    /// [`super::super::DeviceHeader::raw_views`]
    RawViews,
    /// [`super::super::DeviceHeader::layer_count`]
    Layers,
    /// [`super::super::DeviceHeader::tasks`]
    Tasks,
    /// [`super::super::Task::classes`]
    Classes,
    /// [`super::super::DeviceHeader::golden`]
    Golden,
}

/// An array in the weight section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// The training means.
    Means,
    /// The reciprocal training standard deviations.
    Gains,
    /// The records of the tensors.
    Tensors,
    /// The records of the layers.
    Layers,
    /// The weights of the layer of that index; in another than the plain layout all of its numbers.
    Weights(u8),
    /// The biases of the layer of that index.
    Biases(u8),
    /// The multipliers of the layer of that index.
    Multipliers(u8),
}

/// A rule that every raw view keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawViewRule {
    /// This program was built without convolutions, which raw samples are for.
    LeftOut,
    /// Its tensor is there.
    Tensor,
    /// Its channel is there.
    Channel,
    /// The multiplier is at least 0.
    Multiplier,
    /// Its tensor is not yet filled: the raw views of a tensor stand one after the other.
    Rewrites,
    /// The channels of a tensor have the same samples a window and fill it exactly.
    Samples,
}

/// A rule that every convolution, every pool and whoever reads them keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpRule {
    /// This program was built without convolutions and pools.
    LeftOut,
    /// Convolutions and pools are trunk layers, write one tensor and do not accumulate.
    Trunk,
    /// The weights of a depthwise convolution are int8; a pool has neither numbers nor zero point nor ReLU.
    Numbers,
    /// Channels, kernel, stride and size are at least 1; outputs of a depthwise convolution are a multiple of its channels, those
    /// of a pool are its channels.
    Shape,
    /// A depthwise convolution reads whole channels, at least a kernel long; a pool at least as many positions as it puts together.
    Input,
    /// What a convolution writes, position by position, is read by pointwise convolutions and pools of as many channels alone, and
    /// these read nothing else.
    Positions,
    /// The output of a pool that takes the largest number has at least the range of the input.
    Range,
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
    /// At least 1.
    Period,
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
