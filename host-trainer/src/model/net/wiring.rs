//! How tasks are wired to trunks and features.

use std::ops::Range;

use trunkline_shared::model::TaskKind;

use crate::config::ReadOf;
use crate::model::FrontShape;
use crate::model::float::{Dense, TargetScale};

/// Where a task's outputs lie among all outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputBlock {
    /// First output.
    pub start: usize,
    /// Number of outputs.
    pub len: usize,
}

/// How one task is wired to trunk and features.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskWiring {
    /// Name of the task.
    pub task: String,
    /// Kind of the task.
    pub kind: TaskKind,
    /// Number of outputs in training.
    pub outputs: usize,
    /// Number of them, from the first, that the model keeps.
    pub kept: usize,
    /// Its head on a trunk.
    pub head: Option<HeadWiring>,
    /// What it reads of other tasks; never in a circle.
    pub reads: Vec<ReadWiring>,
    /// Its linear path.
    pub linear: LinearWiring,
    /// From the network's output to the task's unit.
    pub target: TargetScale,
}

/// The head of one task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeadWiring {
    /// Index of the trunk that it stands on.
    pub trunk: usize,
    /// Widths of its ReLU layers; none in a linear head.
    pub hidden: Vec<usize>,
}

/// The shape of a branch: what it reads, and its layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchShape {
    /// Name.
    pub name: String,
    /// The features, or raw samples after them, that it reads.
    pub columns: Range<usize>,
    /// Its convolutions, if it reads raw samples.
    pub front: Option<FrontShape>,
    /// Widths of its ReLU layers. Without any, and without convolutions, the trunk reads the columns themselves.
    pub widths: Vec<usize>,
}

impl BranchShape {
    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        let front = || self.front.as_ref().map_or(self.columns.len(), FrontShape::outputs);
        self.widths.last().copied().unwrap_or_else(front)
    }
}

/// What one task reads of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadWiring {
    /// Index of the task that is read.
    pub task: usize,
    /// What of it.
    pub of: ReadOf,
}

/// The linear path of one task.
#[derive(Debug, Clone, PartialEq)]
pub enum LinearWiring {
    /// None.
    None,
    /// Never trained.
    Frozen(Dense),
    /// Trained on from these weights, with this L2 penalty on them.
    Trained {
        /// Initial weights.
        start: Dense,
        /// Penalty: `l2 * sum of squares`.
        l2: f64,
    },
}

/// What a variable belongs to: decides its weight decay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A weight matrix of trunk or heads.
    Weight,
    /// A weight matrix of the linear paths.
    LinearWeight,
    /// A bias.
    Bias,
}

/// Consecutive columns for the tasks that `chosen` takes, each with its index.
pub(super) fn places(tasks: &[TaskWiring], chosen: impl Fn(&TaskWiring) -> bool) -> Vec<(usize, OutputBlock)> {
    let mut start = 0;
    let mut blocks = Vec::new();
    for (index, task) in tasks.iter().enumerate().filter(|(_, task)| chosen(task)) {
        blocks.push((index, OutputBlock { start, len: task.outputs }));
        start += task.outputs;
    }
    blocks
}

/// The columns `place` of a task without those of the outputs that its model does not keep.
pub(super) fn kept(task: &TaskWiring, place: OutputBlock) -> OutputBlock {
    OutputBlock { len: task.kept.min(place.len), ..place }
}

/// Columns of all of `blocks`.
pub(super) fn total(blocks: &[(usize, OutputBlock)]) -> usize {
    blocks.iter().map(|(_, block)| block.len).sum()
}
