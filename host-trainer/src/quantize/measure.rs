//! The rows on which a network's activations are measured.

use super::{Calibration, QuantizeError};
use crate::config::Project;
use crate::features::FeatureMatrix;
use crate::model::FloatModel;

/// Measures the ranges of `model` on the rows `rows` of `features` and, where channels of `project` are optional, on each of them once more
/// without one of these channels in turn.
///
/// # Errors
/// See [`Calibration::measure`].
pub(crate) fn measure_ranges(
    project: &Project,
    model: &FloatModel,
    features: &FeatureMatrix,
    rows: &[usize],
) -> Result<Calibration, QuantizeError> {
    let optional: Vec<&str> =
        project.channels.iter().filter(|channel| channel.optional).map(|channel| channel.name.as_str()).collect();
    let masked: Vec<Vec<f32>> =
        rows.iter().zip(optional.iter().cycle()).map(|(row, channel)| features.row_without(*row, channel)).collect();
    let seen: Vec<&[f32]> = rows.iter().map(|row| features.row(*row)).chain(masked.iter().map(Vec::as_slice)).collect();
    Calibration::measure(model, seen.into_iter())
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::TaskKind;

    use super::*;
    use crate::features::FeatureBlock;
    use crate::model::{Decision, Dense, Normalization, TargetScale, TaskHead, Trunk};

    /// The indicator of a channel that is there in every row counts for 5, the channel itself for 1.
    #[test]
    fn ranges_are_measured_with_and_without_the_channels_that_may_be_missing() {
        let channel = "name = 'a'\nmissing_indicator = true\nfeatures = ['mean']\n";
        let text = |channel: &str| {
            format!("name = 'test'\n[data]\nloader = 'table'\n[split]\nmethod = 'random'\n[[channels]]\n{channel}")
        };
        let features = FeatureMatrix {
            rows: 3,
            columns: 2,
            names: vec!["mean".into(), "missing".into()],
            blocks: vec![FeatureBlock {
                source: "a".into(),
                channels: vec!["a".into()],
                columns: 0..2,
                raw: None,
                indicator: Some(1),
            }],
            data: vec![1.0, 0.0, -0.5, 0.0, 0.25, 0.0],
        };
        let model = FloatModel {
            narrow: vec![],
            normalization: Normalization { mean: vec![0.0; 2], gain: vec![1.0; 2], clip_sd: 8.0, raw: vec![] },
            trunks: vec![Trunk::default()],
            heads: vec![TaskHead {
                task: "t".into(),
                kind: TaskKind::Regression,
                trunk: 0,
                hidden: vec![],
                head: None,
                linear: Some(Dense { outputs: 1, inputs: 2, weight: vec![1.0, 5.0], bias: vec![0.0] }),
                reads: vec![],
                target: TargetScale { mean: 0.0, sd: 1.0 },
                decision: Decision::default(),
            }],
        };
        let largest = |channel: &str| {
            let project: Project = toml::from_str(&text(channel)).unwrap();
            measure_ranges(&project, &model, &features, &[0, 1, 2]).unwrap().outputs[0].max
        };
        assert_eq!((largest(channel), largest(&format!("{channel}optional = true\n"))), (1.0, 5.0));
    }
}
