//! Running a [`FloatModel`] by plain loops: the oracle of the candle graph and the reference of the quantizer.

use trunkline_shared::model::TaskKind;

use super::float::{Dense, FloatModel, TaskHead};

impl Dense {
    /// A layer of zeros.
    pub fn zeros(outputs: usize, inputs: usize) -> Self {
        Self { outputs, inputs, weight: vec![0.0; outputs * inputs], bias: vec![0.0; outputs] }
    }

    /// Weights of output `output` (inputs).
    pub fn row(&self, output: usize) -> &[f32] {
        &self.weight[output * self.inputs..][..self.inputs]
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
}

impl FloatModel {
    /// Number of features F that the model reads.
    pub fn feature_count(&self) -> usize {
        self.normalization.mean.len()
    }

    /// Weights and biases in all.
    pub fn parameter_count(&self) -> usize {
        let heads = self.heads.iter().flat_map(|head| head.head.iter().chain(&head.linear));
        self.trunk.iter().chain(heads).map(|dense| dense.weight.len() + dense.bias.len()).sum()
    }

    /// Output of every task for one row of `features` (F, NaN where missing), in task order: logits for classes, the value in
    /// the task's unit for a regression.
    pub fn forward(&self, features: &[f32]) -> Vec<Vec<f32>> {
        let z = self.normalization.apply(features);
        let mut shared = z.clone();
        for layer in &self.trunk {
            shared = layer.apply(&shared);
            shared.iter_mut().for_each(|value| *value = value.max(0.0));
        }
        self.heads.iter().map(|head| head.forward(&shared, &z)).collect()
    }
}

impl TaskHead {
    fn forward(&self, shared: &[f32], z: &[f32]) -> Vec<f32> {
        let mut outputs = vec![0.0; self.outputs()];
        for (dense, input) in [(&self.head, shared), (&self.linear, z)] {
            if let Some(dense) = dense {
                outputs.iter_mut().zip(dense.apply(input)).for_each(|(sum, value)| *sum += value);
            }
        }
        if self.kind == TaskKind::Regression {
            outputs.iter_mut().for_each(|value| *value = *value * self.target.sd + self.target.mean);
        }
        outputs
    }
}

#[cfg(test)]
mod tests {
    use super::super::float::{Normalization, TargetScale};
    use super::*;

    fn dense(outputs: usize, inputs: usize, weight: &[f32], bias: &[f32]) -> Dense {
        Dense { outputs, inputs, weight: weight.to_vec(), bias: bias.to_vec() }
    }

    #[test]
    fn outputs_are_the_head_on_the_trunk_plus_the_linear_path_in_the_tasks_unit() {
        let model = FloatModel {
            normalization: Normalization { mean: vec![1.0, 2.0], gain: vec![2.0, 0.5], clip_sd: 4.0 },
            trunk: vec![dense(2, 2, &[1.0, 1.0, -1.0, -1.0], &[0.5, 0.5])],
            heads: vec![
                TaskHead {
                    task: "value".into(),
                    kind: TaskKind::Regression,
                    head: Some(dense(1, 2, &[3.0, 100.0], &[0.25])),
                    linear: Some(dense(1, 2, &[1.0, -1.0], &[0.0])),
                    target: TargetScale { mean: 10.0, sd: 2.0 },
                },
                TaskHead {
                    task: "class".into(),
                    kind: TaskKind::MultiClass,
                    head: None,
                    linear: Some(dense(2, 2, &[1.0, 0.0, 0.0, 1.0], &[0.0, 1.0])),
                    target: TargetScale { mean: 0.0, sd: 1.0 },
                },
            ],
        };
        // z = (clip(18) = 4, missing = 0); trunk = relu(4.5, -3.5) = (4.5, 0); head = 13.75; linear = 4.
        assert_eq!(model.forward(&[10.0, f32::NAN]), vec![vec![10.0 + 2.0 * 17.75], vec![4.0, 1.0]]);
        assert_eq!(model.parameter_count(), 6 + 3 + 3 + 6);
    }
}
