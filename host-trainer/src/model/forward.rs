//! Running a [`FloatModel`] by plain loops: the oracle of the candle graph and the reference of the quantizer.

use std::borrow::Cow;
use std::ops::Range;

use trunkline_shared::model::TaskKind;

use super::cascade::read_order;
use super::convolution::{ConvolutionActivations, FrontEnd};
use super::float::{Dense, FloatModel, ModalityBranch, TaskHead, Trunk};
use crate::config::ReadOf;

impl Dense {
    /// A layer of zeros.
    pub fn zeros(outputs: usize, inputs: usize) -> Self {
        Self { outputs, inputs, weight: vec![0.0; outputs * inputs], bias: vec![0.0; outputs] }
    }

    /// The first `outputs` outputs, or these and further ones that are always 0.
    pub(crate) fn with_outputs(mut self, outputs: usize) -> Self {
        self.weight.resize(outputs * self.inputs, 0.0);
        self.bias.resize(outputs, 0.0);
        Self { outputs, ..self }
    }

    /// Weights of output `output` (inputs).
    pub fn row(&self, output: usize) -> &[f32] {
        &self.weight[output * self.inputs..][..self.inputs]
    }

    /// The part that reads the inputs `columns`, with the biases or with zeros in their place.
    pub(crate) fn part(&self, columns: Range<usize>, with_bias: bool) -> Self {
        let rows = (0..self.outputs).flat_map(|output| &self.row(output)[columns.clone()]);
        Self {
            outputs: self.outputs,
            inputs: columns.len(),
            weight: rows.copied().collect(),
            bias: if with_bias { self.bias.clone() } else { vec![0.0; self.outputs] },
        }
    }

    /// `W x + b`; `x` has `inputs` elements. Sums run over the inputs in order, starting at the bias.
    pub fn apply(&self, x: &[f32]) -> Vec<f32> {
        (0..self.outputs)
            .map(|output| self.row(output).iter().zip(x).fold(self.bias[output], |sum, (w, v)| sum + w * v))
            .collect()
    }
}

impl TaskHead {
    /// Outputs K of the task: one a class for a multi-class task, else 1.
    pub fn outputs(&self) -> usize {
        self.head.as_ref().or(self.linear.as_ref()).map_or(0, |dense| dense.outputs)
    }

    /// Its own layers.
    fn layers(&self) -> impl Iterator<Item = &Dense> {
        let reads = self.reads.iter().map(|read| &read.dense);
        self.hidden.iter().chain(&self.head).chain(&self.linear).chain(reads)
    }
}

/// What a model works out for one row on its way to the outputs.
pub(crate) struct Activations {
    /// Activations of each branch of each trunk.
    pub(crate) branches: Vec<Vec<BranchActivations>>,
    /// Activations of each layer of each trunk.
    pub(crate) trunks: Vec<Vec<Vec<f32>>>,
    /// Activations of each hidden layer of each task's head.
    pub(crate) hidden: Vec<Vec<Vec<f32>>>,
    /// The network's outputs of each task: logits, or the value on the scale of training.
    pub(crate) outputs: Vec<Vec<f32>>,
    /// The largest magnitude of each task's outputs while its paths are added up: head, linear path, what it reads, in order.
    pub(crate) sums: Vec<f32>,
}

/// What a branch works out on its way.
pub(crate) struct BranchActivations {
    /// Of each of its convolutions.
    pub(crate) convolutions: Vec<ConvolutionActivations>,
    /// Of each of its layers.
    pub(crate) layers: Vec<Vec<f32>>,
}

impl FloatModel {
    /// Number of features F that the model reads.
    pub fn feature_count(&self) -> usize {
        self.normalization.mean.len()
    }

    /// Every layer: those of the trunks, then those of each task.
    pub fn layers(&self) -> impl Iterator<Item = &Dense> {
        self.trunks.iter().flat_map(Trunk::all_layers).chain(self.heads.iter().flat_map(TaskHead::layers))
    }

    /// Name of the first task that reads a trunk, or has layers of its own, with a number that is not finite; `None` where all are.
    pub(crate) fn first_not_finite(&self) -> Option<&str> {
        let finite = |dense: &Dense| dense.weight.iter().chain(&dense.bias).all(|value| value.is_finite());
        let reads_finite = |head: &TaskHead| {
            let trunk = self.trunks.get(head.trunk).filter(|_| head.head.is_some());
            head.layers().all(finite) && trunk.is_none_or(|trunk| trunk.all_layers().all(finite))
        };
        self.heads.iter().find(|head| !reads_finite(head)).map(|head| head.task.as_str())
    }

    /// Weights and biases in all.
    pub fn parameter_count(&self) -> usize {
        self.layers().map(|dense| dense.weight.len() + dense.bias.len()).sum()
    }

    /// Output of every task for one row of `features` (F, NaN where missing, with the raw samples that branches convolve after them), in
    /// task order: calibrated logits for classes, the value in the task's unit for a regression.
    pub fn forward(&self, features: &[f32]) -> Vec<Vec<f32>> {
        let outputs = self.activations(&self.normalization.apply(features)).outputs;
        self.heads.iter().zip(outputs).map(|(head, outputs)| head.in_unit(outputs)).collect()
    }

    /// Activations of the last layer of trunk `trunk` for one row of `features`, as [`FloatModel::forward`] takes it; the standardised
    /// features (F) where that trunk has no layer, nothing where there is no such trunk.
    pub fn embedding(&self, trunk: usize, features: &[f32]) -> Vec<f32> {
        let z = self.normalization.apply(features);
        let Some(trunk) = self.trunks.get(trunk) else { return Vec::new() };
        let branches = trunk.branch_activations(&z);
        let input = trunk.input(&branches, &z, self.feature_count());
        hidden_activations(&trunk.layers, &input).pop().unwrap_or_else(|| z[..self.feature_count()].to_vec())
    }

    /// All activations for one row of standardised features `z` (F), with the raw samples that branches convolve after them.
    pub(crate) fn activations(&self, z: &[f32]) -> Activations {
        let features = &z[..self.feature_count()];
        let branches: Vec<_> = self.trunks.iter().map(|trunk| trunk.branch_activations(z)).collect();
        let trunks = self.trunks.iter().zip(&branches);
        let of = |(trunk, branches): (&Trunk, &Vec<_>)| {
            hidden_activations(&trunk.layers, &trunk.input(branches, z, features.len()))
        };
        let trunks: Vec<_> = trunks.map(of).collect();
        let shared =
            |head: &TaskHead| trunks.get(head.trunk).and_then(|layers| layers.last()).map_or(features, Vec::as_slice);
        let hidden: Vec<_> = self.heads.iter().map(|head| hidden_activations(&head.hidden, shared(head))).collect();
        let mut outputs = vec![Vec::new(); self.heads.len()];
        let mut sums = vec![0.0f32; self.heads.len()];
        for task in self.order() {
            let head = &self.heads[task];
            let mut sum = vec![0.0; head.outputs()];
            let mut add = |values: Vec<f32>| {
                for (sum, value) in sum.iter_mut().zip(values) {
                    *sum += value;
                    sums[task] = sums[task].max(sum.abs());
                }
            };
            let last = hidden[task].last().map_or(shared(head), Vec::as_slice);
            for (dense, input) in [(&head.head, last), (&head.linear, features)] {
                dense.iter().for_each(|dense| add(dense.apply(input)));
            }
            for read in &head.reads {
                let source = match read.of {
                    ReadOf::Output => outputs.get(read.task),
                    ReadOf::Embedding => hidden.get(read.task).and_then(|layers| layers.last()),
                };
                add(read.dense.apply(source.map_or(&[], Vec::as_slice)));
            }
            outputs[task] = sum;
        }
        Activations { branches, trunks, hidden, outputs, sums }
    }

    /// The tasks in an order in which each comes after those that it reads; as they stand where they read each other in a circle,
    /// which the check of the project file and the quantizer refuse.
    pub(crate) fn order(&self) -> Vec<usize> {
        read_order(&self.reads()).unwrap_or_else(|_| (0..self.heads.len()).collect())
    }

    /// The tasks that each task reads.
    pub(crate) fn reads(&self) -> Vec<Vec<usize>> {
        self.heads.iter().map(|head| head.reads.iter().map(|read| read.task).collect()).collect()
    }
}

impl ModalityBranch {
    /// Number of features or samples read.
    pub fn inputs(&self) -> usize {
        self.columns.len()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        let front = || self.front.as_ref().map_or(self.columns.len(), FrontEnd::outputs);
        self.layers.last().map_or_else(front, |layer| layer.outputs)
    }

    /// Every layer, those of its convolutions first.
    pub(crate) fn all_layers(&self) -> impl Iterator<Item = &Dense> {
        self.front.iter().flat_map(FrontEnd::layers).chain(&self.layers)
    }

    /// The same, to be changed.
    pub(crate) fn all_layers_mut(&mut self) -> impl Iterator<Item = &mut Dense> {
        self.front.iter_mut().flat_map(FrontEnd::layers_mut).chain(&mut self.layers)
    }

    /// What it works out for the standardised row `z`.
    fn activations(&self, z: &[f32]) -> BranchActivations {
        let read = &z[self.columns.clone()];
        let convolutions = self.front.as_ref().map_or_else(Vec::new, |front| front.activations(read));
        let input = convolutions.last().map_or(read, |last| last.pooled.as_slice());
        BranchActivations { layers: hidden_activations(&self.layers, input), convolutions }
    }

    /// What the trunk reads of it, of its `activations` for the standardised row `z`.
    fn output<'a>(&self, activations: &'a BranchActivations, z: &'a [f32]) -> &'a [f32] {
        let convolved = activations.convolutions.last().map(|last| &last.pooled);
        activations.layers.last().or(convolved).map_or_else(|| &z[self.columns.clone()], Vec::as_slice)
    }
}

impl Trunk {
    /// Where the outputs of each branch lie in what the first layer reads.
    pub(crate) fn places(&self) -> impl Iterator<Item = Range<usize>> {
        let mut end = 0;
        self.branches.iter().map(move |branch| {
            let start = end;
            end += branch.outputs();
            start..end
        })
    }

    /// Every layer: those of the branches, then the trunk's own.
    fn all_layers(&self) -> impl Iterator<Item = &Dense> {
        self.branches.iter().flat_map(ModalityBranch::all_layers).chain(&self.layers)
    }

    /// Activations of each branch for the standardised row `z`.
    fn branch_activations(&self, z: &[f32]) -> Vec<BranchActivations> {
        self.branches.iter().map(|branch| branch.activations(z)).collect()
    }

    /// What the first layer reads: the outputs of each branch, by their `activations`, or the first `features` columns of the row `z` where
    /// there is no branch.
    pub(crate) fn input<'z>(&self, activations: &[BranchActivations], z: &'z [f32], features: usize) -> Cow<'z, [f32]> {
        if self.branches.is_empty() {
            return Cow::Borrowed(&z[..features]);
        }
        let outputs = self.branches.iter().zip(activations).flat_map(|(branch, known)| branch.output(known, z));
        outputs.copied().collect()
    }
}

/// Activations of each of the ReLU layers `layers`, the first of which reads `input`.
fn hidden_activations(layers: &[Dense], input: &[f32]) -> Vec<Vec<f32>> {
    let mut activations: Vec<Vec<f32>> = Vec::with_capacity(layers.len());
    for layer in layers {
        let mut values = layer.apply(activations.last().map_or(input, Vec::as_slice));
        values.iter_mut().for_each(|value| *value = value.max(0.0));
        activations.push(values);
    }
    activations
}

impl TaskHead {
    fn in_unit(&self, mut outputs: Vec<f32>) -> Vec<f32> {
        match self.kind {
            TaskKind::Regression => {
                outputs.iter_mut().for_each(|value| *value = *value * self.target.sd + self.target.mean);
            }
            TaskKind::Binary | TaskKind::MultiClass => {
                outputs.iter_mut().for_each(|value| *value /= self.decision.temperature);
            }
        }
        outputs
    }
}

#[cfg(test)]
mod tests {
    use super::super::Decision;
    use super::super::float::{Normalization, ReadPath, TargetScale, Trunk};
    use super::*;

    fn dense(outputs: usize, inputs: usize, weight: &[f32], bias: &[f32]) -> Dense {
        Dense { outputs, inputs, weight: weight.to_vec(), bias: bias.to_vec() }
    }

    #[test]
    fn outputs_are_the_head_on_the_trunk_plus_the_linear_path_in_the_tasks_unit() {
        let model = FloatModel {
            narrow: vec![],
            normalization: Normalization { mean: vec![1.0, 2.0], gain: vec![2.0, 0.5], clip_sd: 4.0, raw: vec![] },
            trunks: vec![Trunk { branches: vec![], layers: vec![dense(2, 2, &[1.0, 1.0, -1.0, -1.0], &[0.5, 0.5])] }],
            heads: vec![
                TaskHead {
                    task: "value".into(),
                    kind: TaskKind::Regression,
                    trunk: 0,
                    hidden: Vec::new(),
                    head: Some(dense(1, 2, &[3.0, 100.0], &[0.25])),
                    linear: Some(dense(1, 2, &[1.0, -1.0], &[0.0])),
                    reads: Vec::new(),
                    target: TargetScale { mean: 10.0, sd: 2.0 },
                    decision: Decision::default(),
                },
                TaskHead {
                    task: "class".into(),
                    kind: TaskKind::MultiClass,
                    trunk: 0,
                    hidden: Vec::new(),
                    head: None,
                    linear: Some(dense(2, 2, &[1.0, 0.0, 0.0, 1.0], &[0.0, 1.0])),
                    reads: Vec::new(),
                    target: TargetScale { mean: 0.0, sd: 1.0 },
                    decision: Decision { temperature: 2.0, threshold: 0.0 },
                },
            ],
        };
        // z = (clip(18) = 4, missing = 0); trunk = relu(4.5, -3.5) = (4.5, 0); head = 13.75; linear = 4.
        assert_eq!(model.forward(&[10.0, f32::NAN]), vec![vec![10.0 + 2.0 * 17.75], vec![2.0, 0.5]]);
        assert_eq!(model.parameter_count(), 6 + 3 + 3 + 6);
        assert_eq!(model.embedding(0, &[10.0, f32::NAN]), vec![4.5, 0.0]);
    }

    #[test]
    fn each_head_stands_on_its_own_trunk_with_its_own_hidden_layers() {
        let identity = TargetScale { mean: 0.0, sd: 1.0 };
        let head = |task: &str, trunk, hidden, head| TaskHead {
            task: task.into(),
            kind: TaskKind::Binary,
            trunk,
            hidden,
            head: Some(head),
            linear: None,
            reads: Vec::new(),
            target: identity,
            decision: Decision::default(),
        };
        let mut model = FloatModel {
            narrow: vec![],
            normalization: Normalization { mean: vec![0.0], gain: vec![1.0], clip_sd: 8.0, raw: vec![] },
            trunks: vec![
                Trunk { branches: vec![], layers: vec![dense(1, 1, &[2.0], &[0.0])] },
                Trunk { branches: vec![], layers: vec![dense(1, 1, &[-2.0], &[1.0])] },
            ],
            heads: vec![
                head("a", 1, vec![], dense(1, 1, &[10.0], &[0.0])),
                head("b", 0, vec![dense(2, 1, &[1.0, -1.0], &[0.5, 0.0])], dense(1, 2, &[1.0, 1.0], &[0.25])),
            ],
        };
        // Trunk 0 gives 2, trunk 1 gives 3 at -1; b's hidden layer reads trunk 0, which gives 0 there.
        assert_eq!(model.forward(&[-1.0]), vec![vec![30.0], vec![0.75]]);
        assert_eq!(model.forward(&[1.0]), vec![vec![0.0], vec![2.75]]);
        assert_eq!((model.embedding(1, &[-1.0]), model.embedding(2, &[-1.0])), (vec![3.0], vec![]));
        assert_eq!(model.parameter_count(), 2 + 2 + 2 + 4 + 3);

        // a reads b's output, and b's hidden layer, whichever stands first.
        let read = |of, dense| ReadPath { task: 1, of, dense };
        model.heads[0].reads = vec![
            read(ReadOf::Output, dense(1, 1, &[100.0], &[0.5])),
            read(ReadOf::Embedding, dense(1, 2, &[1.0, 7.0], &[0.0])),
        ];
        assert_eq!(model.order(), [1, 0]);
        // b's hidden layer gives (0.5, 0) at -1.
        assert_eq!(model.forward(&[-1.0]), vec![vec![30.0 + 75.5 + 0.5], vec![0.75]]);
        assert_eq!(model.parameter_count(), 13 + 2 + 3);
    }
}
