//! The joint network as a candle graph: a hard-shared trunk, one linear head a task, and linear paths beside the trunk.
//!
//! ```text
//!  z (B, F) ──+ noise──► trunk (ReLU layers) ──► heads (width, Kh) ──┐
//!     │                                                             ├─► + ──► outputs (B, K)
//!     ├──────────────────────────────► trained linear paths (F, Kl) ─┤
//!     └─ frozen linear paths: constants of each row, worked out once ─┘   (added by the objective)
//! ```
//!
//! All heads are one matrix and all trained linear paths another, so that a step costs two products however many tasks.

use std::sync::Arc;

use candle_core::{Device, Error, Result, Tensor, Var};
use trunkline_shared::model::TaskKind;

use super::float::{Dense, FloatModel, Normalization, TargetScale, TaskHead};
use super::fully_connected::{FullyConnected, Place};
use super::init::{Stream, generator, he_normal, lecun_normal};

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
    /// Number of outputs.
    pub outputs: usize,
    /// Whether it has a head on the trunk.
    pub head: bool,
    /// Its linear path.
    pub linear: LinearWiring,
    /// From the network's output to the task's unit.
    pub target: TargetScale,
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

/// Weights (in, out) and biases (out) of one matrix product.
struct Layer {
    weight: Var,
    bias: Var,
}

impl Layer {
    fn new(weight: Vec<f32>, bias: Vec<f32>) -> Result<Self> {
        let (outputs, inputs) = (bias.len(), weight.len() / bias.len());
        Ok(Self {
            weight: Var::from_vec(weight, (inputs, outputs), &Device::Cpu)?,
            bias: Var::from_vec(bias, outputs, &Device::Cpu)?,
        })
    }

    fn apply(&self, x: &Tensor, how: FullyConnected) -> Result<Tensor> {
        how.apply(x, &self.weight, &self.bias)
    }

    /// Columns `block` as a plain layer.
    fn dense(&self, block: OutputBlock) -> Result<Dense> {
        let inputs = self.weight.dim(0)?;
        Ok(Dense {
            outputs: block.len,
            inputs,
            weight: self.weight.narrow(1, block.start, block.len)?.t()?.flatten_all()?.to_vec1()?,
            bias: self.bias.narrow(0, block.start, block.len)?.to_vec1()?,
        })
    }
}

/// Outputs of a product for some of the tasks, and their way to their places among all outputs.
struct Branch {
    layer: Layer,
    /// Columns of each task of the branch, in task order.
    blocks: Vec<(usize, OutputBlock)>,
    /// Where its outputs lie among all; `None` where it has all outputs.
    place: Option<Arc<Place>>,
}

impl Branch {
    fn outputs(&self, x: &Tensor, input_gradient: bool) -> Result<Tensor> {
        self.layer.apply(x, FullyConnected { relu: false, input_gradient, place: self.place.clone() })
    }

    fn dense(&self, task: usize) -> Result<Option<Dense>> {
        self.blocks.iter().find(|(owner, _)| *owner == task).map(|(_, block)| self.layer.dense(*block)).transpose()
    }
}

/// The network and its variables.
pub struct Net {
    tasks: Vec<TaskWiring>,
    trunk: Vec<Layer>,
    heads: Option<Branch>,
    linear: Option<Branch>,
    /// L2 penalty of each weight of `linear`; `None` where all are 0.
    linear_l2: Option<Tensor>,
}

impl Net {
    /// A network over `inputs` features with ReLU layers of widths `trunk`, initialised by `seed` alone: He for the trunk,
    /// `head_init` times variance 1 / width for the heads, biases 0. Without a head on it, or without layers, the trunk is
    /// left out, and so are all heads.
    ///
    /// # Errors
    /// From candle, where a tensor cannot be made.
    pub fn new(inputs: usize, trunk: &[usize], tasks: Vec<TaskWiring>, head_init: f64, seed: u64) -> Result<Self> {
        let mut random = generator(seed, Stream::Weights);
        let with_heads = !trunk.is_empty() && tasks.iter().any(|task| task.head);
        let mut width = inputs;
        let mut layers = Vec::new();
        for outputs in trunk.iter().copied().filter(|_| with_heads) {
            layers.push(Layer::new(he_normal(&mut random, width, width * outputs), vec![0.0; outputs])?);
            width = outputs;
        }
        let places = places(&tasks, |_| true);
        let heads = places_of(&tasks, |task| with_heads && task.head).map(|blocks| {
            let outputs = total(&blocks);
            let weight = lecun_normal(&mut random, width, width * outputs, head_init);
            Ok::<_, Error>(Branch::new(Layer::new(weight, vec![0.0; outputs])?, blocks, &places))
        });
        let linear = places_of(&tasks, |task| matches!(task.linear, LinearWiring::Trained { .. })).map(|blocks| {
            let outputs = total(&blocks);
            let (mut weight, mut bias) = (vec![0.0; inputs * outputs], vec![0.0; outputs]);
            for (task, block) in &blocks {
                if let LinearWiring::Trained { start, .. } = &tasks[*task].linear {
                    bias[block.start..][..block.len].copy_from_slice(&start.bias);
                    for output in 0..block.len {
                        let column = start.row(output).iter().enumerate();
                        column.for_each(|(input, w)| weight[input * outputs + block.start + output] = *w);
                    }
                }
            }
            Ok::<_, Error>(Branch::new(Layer::new(weight, bias)?, blocks, &places))
        });
        let linear_l2 = linear_penalties(&tasks, inputs)?;
        Ok(Self { trunk: layers, heads: heads.transpose()?, linear: linear.transpose()?, linear_l2, tasks })
    }

    /// Outputs K of all tasks.
    pub fn output_count(&self) -> usize {
        self.tasks.iter().map(|task| task.outputs).sum()
    }

    /// Widths of the trunk's layers.
    pub fn trunk_widths(&self) -> impl Iterator<Item = usize> {
        self.trunk.iter().map(|layer| layer.bias.elem_count())
    }

    /// Whether there is anything to train.
    pub fn is_trainable(&self) -> bool {
        self.heads.is_some() || self.linear.is_some()
    }

    /// Outputs (B, K) but for the frozen linear paths: `clean` are standardised features (B, F), `trunk_input` the same with
    /// noise or without; `masks` multiply the trunk's activations, one (B, width) a layer, or are empty. Zeros, without a
    /// gradient, where nothing is trained.
    ///
    /// # Errors
    /// From candle, where shapes do not fit.
    pub fn forward(&self, clean: &Tensor, trunk_input: &Tensor, masks: &[Tensor]) -> Result<Tensor> {
        let mut shared = trunk_input.clone();
        for (index, layer) in self.trunk.iter().enumerate() {
            shared = layer.apply(&shared, FullyConnected { relu: true, input_gradient: index > 0, place: None })?;
            if let Some(mask) = masks.get(index) {
                shared = (shared * mask)?;
            }
        }
        let heads = self.heads.as_ref().map(|heads| heads.outputs(&shared, true)).transpose()?;
        let linear = self.linear.as_ref().map(|linear| linear.outputs(clean, false)).transpose()?;
        match (heads, linear) {
            (Some(heads), Some(linear)) => heads + linear,
            (Some(outputs), None) | (None, Some(outputs)) => Ok(outputs),
            (None, None) => Tensor::zeros((clean.dim(0)?, self.output_count()), clean.dtype(), clean.device()),
        }
    }

    /// L2 penalty of the trained linear paths, a scalar; `None` where every `l2` is 0.
    ///
    /// # Errors
    /// From candle.
    pub fn linear_penalty(&self) -> Result<Option<Tensor>> {
        match (&self.linear, &self.linear_l2) {
            (Some(linear), Some(l2)) => Ok(Some((linear.layer.weight.sqr()? * l2)?.sum_all()?)),
            _ => Ok(None),
        }
    }

    /// The heads' weights W (width, Kh), one column an output; `None` without heads.
    pub fn head_weights(&self) -> Option<&Tensor> {
        self.heads.as_ref().map(|heads| heads.layer.weight.as_tensor())
    }

    /// Tasks that have a head, by index, with their columns of [`Net::head_weights`].
    pub fn head_blocks(&self) -> &[(usize, OutputBlock)] {
        self.heads.as_ref().map_or(&[], |heads| &heads.blocks)
    }

    /// All variables in a fixed order.
    pub fn variables(&self) -> Vec<(Part, &Var)> {
        let heads = self.heads.iter().map(|branch| &branch.layer);
        let linear = self.linear.iter().map(|branch| &branch.layer);
        let shared = self.trunk.iter().chain(heads).map(|layer| (Part::Weight, layer));
        let layers = shared.chain(linear.map(|layer| (Part::LinearWeight, layer)));
        layers.flat_map(|(part, layer)| [(part, &layer.weight), (Part::Bias, &layer.bias)]).collect()
    }

    /// The present weights as a plain model.
    ///
    /// # Errors
    /// From candle.
    pub fn to_float(&self, normalization: &Normalization) -> Result<FloatModel> {
        let whole = |layer: &Layer| layer.dense(OutputBlock { start: 0, len: layer.bias.elem_count() });
        let heads = self.tasks.iter().enumerate().map(|(index, task)| {
            let trained = |branch: &Option<Branch>| branch.as_ref().map_or(Ok(None), |branch| branch.dense(index));
            Ok(TaskHead {
                task: task.task.clone(),
                kind: task.kind,
                head: trained(&self.heads)?,
                linear: match &task.linear {
                    LinearWiring::Frozen(dense) => Some(dense.clone()),
                    _ => trained(&self.linear)?,
                },
                target: task.target,
            })
        });
        Ok(FloatModel {
            normalization: normalization.clone(),
            trunk: self.trunk.iter().map(whole).collect::<Result<_>>()?,
            heads: heads.collect::<Result<_>>()?,
        })
    }
}

impl Branch {
    fn new(layer: Layer, blocks: Vec<(usize, OutputBlock)>, places: &[(usize, OutputBlock)]) -> Self {
        let columns = blocks.iter().flat_map(|(task, block)| places[*task].1.start..places[*task].1.start + block.len);
        let place = Place { columns: columns.collect(), width: total(places) };
        let place = (place.columns.len() < place.width).then(|| Arc::new(place));
        Self { layer, blocks, place }
    }
}

/// Consecutive columns for the tasks that `chosen` takes.
fn places(tasks: &[TaskWiring], chosen: impl Fn(&TaskWiring) -> bool) -> Vec<(usize, OutputBlock)> {
    let mut start = 0;
    let mut blocks = Vec::new();
    for (index, task) in tasks.iter().enumerate().filter(|(_, task)| chosen(task)) {
        blocks.push((index, OutputBlock { start, len: task.outputs }));
        start += task.outputs;
    }
    blocks
}

fn places_of(tasks: &[TaskWiring], chosen: impl Fn(&TaskWiring) -> bool) -> Option<Vec<(usize, OutputBlock)>> {
    Some(places(tasks, chosen)).filter(|blocks| !blocks.is_empty())
}

fn total(blocks: &[(usize, OutputBlock)]) -> usize {
    blocks.iter().map(|(_, block)| block.len).sum()
}

/// The L2 penalty of each weight of the trained linear paths (F, Kl).
fn linear_penalties(tasks: &[TaskWiring], inputs: usize) -> Result<Option<Tensor>> {
    let columns: Vec<f32> = tasks
        .iter()
        .filter_map(|task| match &task.linear {
            LinearWiring::Trained { l2, .. } => Some(vec![*l2 as f32; task.outputs]),
            _ => None,
        })
        .flatten()
        .collect();
    if columns.iter().all(|l2| *l2 == 0.0) {
        return Ok(None);
    }
    let outputs = columns.len();
    Tensor::from_vec(columns.repeat(inputs), (inputs, outputs), &Device::Cpu).map(Some)
}

#[cfg(test)]
mod tests;
