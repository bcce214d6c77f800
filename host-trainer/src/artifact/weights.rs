//! The float weights as a safetensors file, for other tools.

use safetensors::tensor::{Dtype, SafeTensorError, TensorView};
use thiserror::Error;

use crate::config::ReadOf;
use crate::model::{Decision, Dense, FloatModel};

/// The weights could not be laid out.
#[derive(Debug, Error)]
#[error("the float weights cannot be laid out as safetensors: {0}")]
pub struct WeightsError(#[from] SafeTensorError);

/// All numbers of `model`, f32, little-endian, as the bytes of a safetensors file:
///
/// * `normalization.mean`, `normalization.gain` (F), `normalization.clip_sd` (1);
/// * `trunk.<layer>.weight` (outputs x inputs) and `.bias` (outputs); of several trunks `trunk.<trunk>.<layer>.weight` and `.bias`;
/// * `trunk.<branch>.<layer>.weight` and `.bias` of the branches under it, of several trunks `trunk.<trunk>.<branch>.<layer>`;
/// * `<task>.hidden.<layer>.weight`, `<task>.head.weight`, `<task>.linear.weight` and `.bias` where the task has them;
/// * `<task>.reads.<other task>.output.weight` or `.embedding.weight` and `.bias` where the task reads others;
/// * `<task>.target` (mean, standard deviation);
/// * `<task>.decision` (temperature, threshold) of tasks that were calibrated.
///
/// # Errors
/// [`WeightsError`] where a layer's numbers do not fit its shape.
pub fn safetensors(model: &FloatModel) -> Result<Vec<u8>, WeightsError> {
    let mut tensors = Vec::new();
    let normalization = &model.normalization;
    let mut add = |name: String, shape: Vec<usize>, values: &[f32]| {
        tensors.push((name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>()));
    };
    let features = normalization.mean.len();
    add("normalization.mean".into(), vec![features], &normalization.mean);
    add("normalization.gain".into(), vec![features], &normalization.gain);
    add("normalization.clip_sd".into(), vec![1], &[normalization.clip_sd]);
    let mut layer = |name: String, dense: &Dense| {
        add(format!("{name}.weight"), vec![dense.outputs, dense.inputs], &dense.weight);
        add(format!("{name}.bias"), vec![dense.outputs], &dense.bias);
    };
    for (index, trunk) in model.trunks.iter().enumerate() {
        let name = if model.trunks.len() > 1 { format!("trunk.{index}") } else { "trunk".to_owned() };
        for branch in &trunk.branches {
            for (depth, dense) in branch.layers.iter().enumerate() {
                layer(format!("{name}.{}.{depth}", branch.name), dense);
            }
        }
        for (depth, dense) in trunk.layers.iter().enumerate() {
            layer(format!("{name}.{depth}"), dense);
        }
    }
    for head in &model.heads {
        for (depth, dense) in head.hidden.iter().enumerate() {
            layer(format!("{}.hidden.{depth}", head.task), dense);
        }
        for (name, dense) in [("head", &head.head), ("linear", &head.linear)] {
            if let Some(dense) = dense {
                layer(format!("{}.{name}", head.task), dense);
            }
        }
        for read in &head.reads {
            let other = model.heads.get(read.task).map_or("", |other| &other.task);
            let of = match read.of {
                ReadOf::Output => "output",
                ReadOf::Embedding => "embedding",
            };
            layer(format!("{}.reads.{other}.{of}", head.task), &read.dense);
        }
    }
    for head in &model.heads {
        add(format!("{}.target", head.task), vec![2], &[head.target.mean, head.target.sd]);
        let Decision { temperature, threshold } = head.decision;
        if head.decision != Decision::default() {
            add(format!("{}.decision", head.task), vec![2], &[temperature, threshold]);
        }
    }
    let views =
        tensors.iter().map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)));
    let views: Vec<_> = views.collect::<Result<_, SafeTensorError>>()?;
    Ok(safetensors::serialize(views, None)?)
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;
    use trunkline_shared::model::TaskKind;

    use super::*;
    use crate::model::{Normalization, TargetScale, TaskHead, Trunk};

    #[test]
    fn every_number_is_found_under_its_name() {
        let dense =
            |outputs, inputs| Dense { outputs, inputs, weight: vec![0.5; outputs * inputs], bias: vec![0.25; outputs] };
        let model = FloatModel {
            normalization: Normalization { mean: vec![1.0; 3], gain: vec![2.0; 3], clip_sd: 8.0 },
            trunks: vec![Trunk { branches: vec![], layers: vec![dense(4, 3)] }],
            heads: vec![TaskHead {
                task: "wear".into(),
                kind: TaskKind::Regression,
                trunk: 0,
                hidden: vec![dense(2, 4)],
                head: Some(dense(1, 2)),
                linear: None,
                reads: Vec::new(),
                target: TargetScale { mean: 7.0, sd: 3.0 },
                decision: Decision { temperature: 1.0, threshold: 0.5 },
            }],
        };
        let bytes = safetensors(&model).unwrap();
        let read = SafeTensors::deserialize(&bytes).unwrap();
        let mut names = read.names();
        names.sort_unstable();
        let expected = [
            "normalization.clip_sd",
            "normalization.gain",
            "normalization.mean",
            "trunk.0.bias",
            "trunk.0.weight",
            "wear.decision",
            "wear.head.bias",
            "wear.head.weight",
            "wear.hidden.0.bias",
            "wear.hidden.0.weight",
            "wear.target",
        ];
        assert_eq!(names, expected);
        assert_eq!(read.tensor("trunk.0.weight").unwrap().shape(), [4, 3]);
        assert_eq!(read.tensor("wear.target").unwrap().data(), [7f32.to_le_bytes(), 3f32.to_le_bytes()].concat());
        assert_eq!(safetensors(&model).unwrap(), bytes);
    }
}
