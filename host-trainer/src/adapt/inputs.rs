//! What a new head may read of an old model, and how a linear answer to it becomes a head and a linear path.

use serde::{Deserialize, Serialize};

use crate::features::FeatureMatrix;
use crate::model::{Dense, FloatModel, Standardized, TaskHead};

/// What a new head reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Inputs {
    /// The trunk that the head stands on.
    pub trunk: Option<usize>,
    /// That trunk's output.
    pub embedding: bool,
    /// The old tasks' outputs, as far as they are linear in that trunk's output and the features.
    pub tasks: bool,
    /// The standardised features.
    pub features: bool,
}

impl Inputs {
    /// All that a head on `old` may read, the smallest first.
    pub(super) fn of(old: &FloatModel) -> Vec<Self> {
        let used = |trunk: usize| old.heads.iter().any(|head| head.head.is_some() && head.trunk == trunk);
        let trunks = (0..old.trunks.len()).filter(|trunk| used(*trunk) && !old.trunks[*trunk].layers.is_empty());
        let trunks: Vec<Option<usize>> = trunks.map(Some).collect();
        let on_trunks = |embedding: bool, tasks: bool, features: bool| {
            trunks.iter().map(move |trunk| Self { trunk: *trunk, embedding, tasks, features })
        };
        on_trunks(false, true, false)
            .chain(on_trunks(true, false, false))
            .chain(on_trunks(true, true, false))
            .chain([Self { trunk: None, embedding: false, tasks: false, features: true }])
            .chain(on_trunks(true, false, true))
            .filter(|inputs| inputs.embedding || inputs.features || inputs.tasks(old).next().is_some())
            .collect()
    }

    /// In words.
    pub fn name(&self) -> String {
        let several = |trunk: usize| if trunk == 0 { String::new() } else { format!(" {trunk}") };
        let number = self.trunk.map(several).unwrap_or_default();
        let parts = [(self.embedding, "trunk"), (self.tasks, "old tasks"), (self.features, "features")];
        let named = parts.into_iter().filter(|(read, _)| *read);
        let named = named.map(|(_, name)| if name == "features" { name.to_owned() } else { format!("{name}{number}") });
        named.collect::<Vec<_>>().join(" + ")
    }

    /// The old tasks that are read, by index.
    fn tasks<'m>(&self, old: &'m FloatModel) -> impl Iterator<Item = (usize, &'m TaskHead)> + use<'m> {
        let Self { trunk, tasks, .. } = *self;
        let linear = move |head: &TaskHead| {
            head.hidden.is_empty()
                && head.reads.is_empty()
                && (head.head.is_none() || trunk == Some(head.trunk))
                && head.outputs() > 0
        };
        old.heads.iter().enumerate().filter(move |(_, head)| tasks && linear(head))
    }

    /// The columns read, of the rows `rows` of `features`, on the scales that `old` has.
    pub(super) fn read(&self, old: &FloatModel, features: &FeatureMatrix, rows: &[usize]) -> Standardized {
        let mut data = Vec::new();
        for row in rows {
            let z = old.normalization.apply(features.row(*row));
            let activations = old.activations(&z);
            let trunk = self.trunk.filter(|_| self.embedding);
            if let Some(last) = trunk.and_then(|trunk| activations.trunks[trunk].last()) {
                data.extend(last);
            }
            self.tasks(old).for_each(|(task, _)| data.extend(&activations.outputs[task]));
            if self.features {
                data.extend(&z[..old.feature_count()]);
            }
        }
        Standardized { rows: rows.len(), columns: data.len() / rows.len().max(1), data }
    }

    /// A linear answer to the columns read, as a head on the trunk and a linear path from the features; of each only what is needed.
    pub(super) fn unfold(&self, old: &FloatModel, answer: &Dense) -> (Option<Dense>, Option<Dense>) {
        let outputs = answer.outputs;
        let width = self.trunk.and_then(|trunk| old.trunks[trunk].layers.last()).map_or(0, |layer| layer.outputs);
        let mut head = Sum::zeros(outputs, width);
        let mut linear = Sum::zeros(outputs, old.feature_count());
        let mut needs_linear = self.features;
        for output in 0..outputs {
            let row = answer.row(output);
            let mut column = if self.embedding { width } else { 0 };
            head.add(output, 1.0, &row[..column]);
            let mut bias = f64::from(answer.bias[output]);
            for (_, task) in self.tasks(old) {
                for (index, factor) in row[column..][..task.outputs()].iter().enumerate() {
                    for (sum, dense) in [(&mut head, &task.head), (&mut linear, &task.linear)] {
                        if let Some(dense) = dense {
                            sum.add(output, f64::from(*factor), dense.row(index));
                            bias += f64::from(*factor) * f64::from(dense.bias[index]);
                        }
                    }
                }
                needs_linear |= task.linear.is_some();
                column += task.outputs();
            }
            if self.features {
                linear.add(output, 1.0, &row[column..]);
            }
            // One of the two brings the bias.
            if width > 0 { head.bias[output] = bias } else { linear.bias[output] = bias }
        }
        ((width > 0).then(|| head.into_dense()), (needs_linear || width == 0).then(|| linear.into_dense()))
    }
}

/// A layer as it adds up.
struct Sum {
    inputs: usize,
    weight: Vec<f64>,
    bias: Vec<f64>,
}

impl Sum {
    fn zeros(outputs: usize, inputs: usize) -> Self {
        Self { inputs, weight: vec![0.0; outputs * inputs], bias: vec![0.0; outputs] }
    }

    /// Adds `factor` times `row` to the weights of output `output`.
    fn add(&mut self, output: usize, factor: f64, row: &[f32]) {
        let weights = &mut self.weight[output * self.inputs..][..self.inputs];
        weights.iter_mut().zip(row).for_each(|(weight, value)| *weight += factor * f64::from(*value));
    }

    fn into_dense(self) -> Dense {
        let narrow = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
        Dense { outputs: self.bias.len(), inputs: self.inputs, weight: narrow(self.weight), bias: narrow(self.bias) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use trunkline_shared::model::TaskKind;

    use super::*;
    use crate::model::{Decision, Normalization, TargetScale, Trunk};

    /// Weights all over, the same in every run.
    pub(in super::super) fn dense(outputs: usize, inputs: usize, salt: usize) -> Dense {
        let number = |index: usize| ((index + 1) * (salt + 3) * 7919 % 1009) as f32 / 1009.0 - 0.5;
        Dense {
            outputs,
            inputs,
            weight: (0..outputs * inputs).map(number).collect(),
            bias: (0..outputs).map(|index| number(index + 100)).collect(),
        }
    }

    /// Two trunks; heads on each, with and without linear paths and hidden layers.
    pub(in super::super) fn model() -> FloatModel {
        let head = |task: &str, outputs, trunk, hidden: Vec<Dense>, head, linear| TaskHead {
            task: task.into(),
            kind: if outputs > 1 { TaskKind::MultiClass } else { TaskKind::Regression },
            trunk,
            hidden,
            head,
            linear,
            reads: Vec::new(),
            target: TargetScale { mean: 2.0, sd: 3.0 },
            decision: Decision::default(),
        };
        FloatModel {
            narrow: vec![],
            normalization: Normalization { mean: vec![0.5; 4], gain: vec![2.0; 4], clip_sd: 8.0, raw: vec![] },
            trunks: vec![
                Trunk { branches: vec![], layers: vec![dense(6, 4, 1), dense(3, 6, 2)] },
                Trunk { branches: vec![], layers: vec![dense(2, 4, 3)] },
            ],
            heads: vec![
                head("both", 3, 0, vec![], Some(dense(3, 3, 4)), Some(dense(3, 4, 5))),
                head("deep", 1, 0, vec![dense(2, 3, 6)], Some(dense(1, 2, 7)), None),
                head("other", 1, 1, vec![], Some(dense(1, 2, 8)), Some(dense(1, 4, 9))),
                head("plain", 1, 0, vec![], None, Some(dense(1, 4, 10))),
            ],
        }
    }

    pub(in super::super) fn features(rows: usize) -> FeatureMatrix {
        let names = (0..4).map(|column| format!("f{column}")).collect();
        FeatureMatrix { rows, columns: 4, names, blocks: Vec::new(), data: dense(rows, 4, 11).weight }
    }

    #[test]
    fn an_answer_to_what_is_read_is_the_answer_of_head_and_linear_path() {
        let (old, features) = (model(), features(20));
        let rows: Vec<usize> = (0..20).collect();
        let all = Inputs::of(&old);
        assert_eq!(all.len(), 9, "four kinds on each trunk, and the features alone");
        for inputs in all {
            let read = inputs.read(&old, &features, &rows);
            let answer = dense(2, read.columns, 12);
            let (head, linear) = inputs.unfold(&old, &answer);
            assert_eq!(head.is_some(), inputs.trunk.is_some());
            assert_eq!(linear.is_some(), inputs.tasks || inputs.features);
            let new =
                TaskHead { trunk: inputs.trunk.unwrap_or(0), head, linear, hidden: vec![], ..old.heads[0].clone() };
            let model = FloatModel { heads: vec![new], ..old.clone() };
            for row in rows.iter().copied() {
                let z = model.normalization.apply(features.row(row));
                let found = &model.activations(&z).outputs[0];
                let expected = answer.apply(read.row(row));
                let close = found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4 * (1.0 + b.abs()));
                assert!(close, "{}: {found:?} {expected:?}", inputs.name());
            }
        }
    }

    #[test]
    fn hidden_heads_and_heads_on_other_trunks_are_not_read() {
        let old = model();
        let read = |trunk| {
            Inputs { trunk, embedding: true, tasks: true, features: false }
                .tasks(&old)
                .map(|(task, _)| task)
                .collect::<Vec<_>>()
        };
        assert_eq!(read(Some(0)), [0, 3]);
        assert_eq!(read(Some(1)), [2, 3]);
        let all = Inputs { trunk: Some(1), embedding: true, tasks: true, features: true };
        assert_eq!(all.name(), "trunk 1 + old tasks 1 + features");
    }
}
