//! Integrated gradients: Sundararajan, Taly & Yan, "Axiomatic Attribution for Deep Networks", ICML 2017.
//!
//! From the training mean (standardised features all 0) straight to the row, the gradient of an output is averaged and multiplied by
//! the way. The attributions of all features add up to the output's distance from its value at the mean.

use serde::{Deserialize, Serialize};

use crate::features::FeatureBlock;
use crate::model::FloatModel;

/// Points on the way, at the middles of equal parts.
const POINTS: usize = 32;

/// What drives one output of one row, by source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// The output at the training mean: a logit, or the value in the task's unit.
    pub at_mean: f64,
    /// The output of the row, on the same scale.
    pub output: f64,
    /// What each source adds, in the order of the feature vector; together `output - at_mean`.
    pub sources: Vec<(String, f64)>,
}

/// Attribution of output `output` of task `task` to each column of the standardised row `z`, features and raw samples; for a regression on
/// the scale of training.
pub fn integrated_gradients(model: &FloatModel, z: &[f32], task: usize, output: usize) -> Vec<f64> {
    let mut sums = vec![0.0; z.len()];
    for point in 0..POINTS {
        let share = (point as f32 + 0.5) / POINTS as f32;
        let at: Vec<f32> = z.iter().map(|value| value * share).collect();
        for (sum, slope) in sums.iter_mut().zip(model.gradient(&at, task, output)) {
            *sum += f64::from(slope);
        }
    }
    sums.iter().zip(z).map(|(sum, value)| sum * f64::from(*value) / POINTS as f64).collect()
}

/// The same by source, in the task's unit, for one row of `features`, as [`FloatModel::forward`] takes it.
pub fn attribute(
    model: &FloatModel,
    features: &[f32],
    sources: &[FeatureBlock],
    task: usize,
    output: usize,
) -> Attribution {
    let z = model.normalization.apply(features);
    let by_feature = integrated_gradients(model, &z, task, output);
    let head = &model.heads[task];
    let scale = f64::from(head.target.sd / head.decision.temperature);
    let share = |source: &FeatureBlock| {
        let sum = source.all_columns().map(|column| by_feature[column]).sum::<f64>();
        (source.source.clone(), scale * sum)
    };
    let at = |features: &[f32]| f64::from(model.forward(features)[task][output]);
    Attribution {
        at_mean: at(&vec![f32::NAN; features.len()]),
        output: at(features),
        sources: sources.iter().map(share).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ReadOf;
    use crate::model::net::{HeadWiring, LinearWiring, Net, TaskWiring};
    use crate::model::{Dense, Normalization, ReadPath, TargetScale, TaskHead};
    use trunkline_shared::model::TaskKind;

    fn model() -> FloatModel {
        let target = TargetScale { mean: 5.0, sd: 2.0 };
        let task = TaskWiring {
            task: "t".into(),
            kind: TaskKind::Regression,
            outputs: 1,
            kept: 1,
            head: Some(HeadWiring { trunk: 0, hidden: vec![6] }),
            reads: Vec::new(),
            linear: LinearWiring::None,
            target,
        };
        let normalization = Normalization { mean: vec![0.5; 4], gain: vec![1.0; 4], clip_sd: 8.0, raw: vec![] };
        Net::new(4, &[vec![16, 8]], vec![task], 1.0, 3).unwrap().to_float(&normalization).unwrap()
    }

    fn sources() -> [FeatureBlock; 2] {
        let block = |source: &str, columns| FeatureBlock {
            source: source.into(),
            channels: vec![source.into()],
            columns,
            raw: None,
            indicator: None,
        };
        [block("a", 0..3), block("b", 3..4)]
    }

    #[test]
    fn attributions_add_up_to_the_distance_from_the_mean() {
        for row in [[3.0, -2.0, 1.5, 4.0], [0.1, 0.2, 0.3, 0.4], [-6.0, 1.0, f32::NAN, 2.0]] {
            let attribution = attribute(&model(), &row, &sources(), 0, 0);
            let sum: f64 = attribution.sources.iter().map(|(_, share)| share).sum();
            let distance = attribution.output - attribution.at_mean;
            assert!((sum - distance).abs() < 0.02 * distance.abs().max(1.0), "{sum} {distance}");
        }
    }

    #[test]
    fn a_feature_at_its_mean_adds_nothing() {
        let shares = integrated_gradients(&model(), &[1.0, 0.0, -2.0, 0.0], 0, 0);
        assert_eq!((shares[1], shares[3]), (0.0, 0.0));
        assert!(shares[0] != 0.0 && shares[2] != 0.0);
    }

    #[test]
    fn slopes_are_those_of_the_function_also_through_tasks_that_are_read() {
        let mut model = model();
        let dense = |inputs, weight: Vec<f32>| Dense { outputs: 1, inputs, weight, bias: vec![0.1] };
        model.heads.push(TaskHead {
            reads: vec![
                ReadPath { task: 0, of: ReadOf::Output, dense: dense(1, vec![-1.5]) },
                ReadPath { task: 0, of: ReadOf::Embedding, dense: dense(6, vec![0.5, -1.0, 2.0, 0.3, -0.7, 1.1]) },
            ],
            ..model.heads[0].clone()
        });
        let z = [0.7f32, -1.2, 0.4, 2.0];
        for task in 0..2 {
            let slopes = model.gradient(&z, task, 0);
            let output = |z: &[f32]| f64::from(model.activations(z).outputs[task][0]);
            for (feature, slope) in slopes.iter().enumerate() {
                let moved = |step: f32| {
                    let mut at = z;
                    at[feature] += step;
                    output(&at)
                };
                let numeric = (moved(1e-3) - moved(-1e-3)) / 2e-3;
                assert!((numeric - f64::from(*slope)).abs() < 1e-2, "feature {feature}: {numeric} {slope}");
            }
        }
    }
}
