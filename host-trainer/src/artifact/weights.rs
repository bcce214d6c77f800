//! The float weights as a safetensors file: for other tools, and for training to go on from.

use std::collections::HashMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, SafeTensorError, TensorView};
use thiserror::Error;

use crate::config::ReadOf;
use crate::model::{Decision, Dense, FloatModel, ModalityBranch, TargetScale};

/// The weights could not be laid out.
#[derive(Debug, Error)]
#[error("the float weights cannot be laid out as safetensors")]
pub enum WeightsError {
    /// A tensor does not fit its shape.
    Tensor(#[from] SafeTensorError),
    /// The network cannot be described.
    Layout(#[from] serde_json::Error),
}

/// The float weights of a result cannot be read.
#[derive(Debug, Error)]
pub enum ReadWeightsError {
    /// The bytes are no safetensors file.
    #[error("not a safetensors file ({0}): copy it again, or train the model anew")]
    Format(#[from] SafeTensorError),
    /// The file does not say which layers stand where.
    #[error(
        "the file does not describe its network ({problem}): it was written by another program or version; train the model anew"
    )]
    Layout {
        /// What is missing.
        problem: String,
    },
    /// A tensor is missing or has another form than the network's description says.
    #[error("tensor `{name}` {problem}: the file is damaged; copy it again, or train the model anew")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// Key of the metadata that holds the network without its numbers, JSON.
const LAYOUT: &str = "trunkline.network";

/// All numbers of `model`, f32, little-endian, as the bytes of a safetensors file:
///
/// * `normalization.mean`, `normalization.gain` (F), `normalization.clip_sd` (1), and where branches convolve raw samples
///   `normalization.raw` (channels x (mean, gain));
/// * `trunk.<layer>.weight` (outputs x inputs) and `.bias` (outputs); of several trunks `trunk.<trunk>.<layer>.weight` and `.bias`;
/// * `trunk.<branch>.<layer>.weight` and `.bias` of the branches under it, of several trunks `trunk.<trunk>.<branch>.<layer>`; with
///   convolutions also `trunk.<branch>.convolutions.<index>.depthwise.weight` (channels * multiplier x kernel) and `.pointwise.weight`
///   (filters x channels * multiplier) and their `.bias`;
/// * `<task>.hidden.<layer>.weight`, `<task>.head.weight`, `<task>.linear.weight` and `.bias` where the task has them;
/// * `<task>.reads.<other task>.output.weight` or `.embedding.weight` and `.bias` where the task reads others;
/// * `<task>.target` (mean, standard deviation);
/// * `<task>.decision` (temperature, threshold) of tasks that were calibrated.
///
/// The metadata say which layers there are, so that [`read_safetensors`] gives the very model again.
///
/// # Errors
/// [`WeightsError`] where a layer's numbers do not fit its shape.
pub fn safetensors(model: &FloatModel) -> Result<Vec<u8>, WeightsError> {
    let mut tensors = Vec::new();
    let mut skeleton = model.clone();
    visit(&mut skeleton, |name, shape, values| {
        tensors.push((name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>()));
        Ok::<_, WeightsError>(())
    })?;
    let views =
        tensors.iter().map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)));
    let views: Vec<_> = views.collect::<Result<_, SafeTensorError>>()?;
    let layout = serde_json::to_string(&without_numbers(skeleton))?;
    Ok(safetensors::serialize(views, Some(HashMap::from([(LAYOUT.to_owned(), layout)])))?)
}

/// The model that [`safetensors()`] has written as `bytes`, equal in every bit.
///
/// # Errors
/// [`ReadWeightsError`] for bytes that it has not written.
pub fn read_safetensors(bytes: &[u8]) -> Result<FloatModel, ReadWeightsError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes)?;
    let tensors = SafeTensors::deserialize(bytes)?;
    let layout = metadata.metadata().as_ref().and_then(|metadata| metadata.get(LAYOUT));
    let layout = layout.ok_or_else(|| ReadWeightsError::Layout { problem: format!("no metadata `{LAYOUT}`") })?;
    let mut model: FloatModel =
        serde_json::from_str(layout).map_err(|error| ReadWeightsError::Layout { problem: error.to_string() })?;
    let length = |name: &str| tensors.tensor(name).map_or(0, |tensor| tensor.data().len() / 4);
    model.normalization.mean.resize(length("normalization.mean"), 0.0);
    model.normalization.gain.resize(length("normalization.gain"), 0.0);
    visit(&mut model, |name, shape, values| {
        let wrong = |problem| ReadWeightsError::Tensor { name: name.clone(), problem };
        let tensor = tensors.tensor(&name).map_err(|_| wrong("is missing"))?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            return Err(wrong("has another shape or type than the network"));
        }
        let numbers = tensor.data().chunks_exact(4).map(|bytes| bytes.try_into().map_or(f32::NAN, f32::from_le_bytes));
        values.clear();
        values.extend(numbers);
        Ok(())
    })?;
    Ok(model)
}

/// `model` with its sizes and names alone.
fn without_numbers(mut model: FloatModel) -> FloatModel {
    let normalization = &mut model.normalization;
    (normalization.mean, normalization.gain) = (Vec::new(), Vec::new());
    normalization.raw.iter_mut().for_each(|raw| (raw.mean, raw.gain) = (0.0, 0.0));
    for dense in layers_mut(&mut model) {
        (dense.weight, dense.bias) = (Vec::new(), Vec::new());
    }
    model
}

fn layers_mut(model: &mut FloatModel) -> impl Iterator<Item = &mut Dense> {
    let trunks = model
        .trunks
        .iter_mut()
        .flat_map(|trunk| trunk.branches.iter_mut().flat_map(ModalityBranch::all_layers_mut).chain(&mut trunk.layers));
    let heads = model.heads.iter_mut().flat_map(|head| {
        let reads = head.reads.iter_mut().map(|read| &mut read.dense);
        head.hidden.iter_mut().chain(&mut head.head).chain(&mut head.linear).chain(reads)
    });
    trunks.chain(heads)
}

/// Shows `each` every tensor of `model` with its name and shape, in the order of the file; what it leaves there is put into the model.
fn visit<E>(
    model: &mut FloatModel,
    mut each: impl FnMut(String, Vec<usize>, &mut Vec<f32>) -> Result<(), E>,
) -> Result<(), E> {
    let normalization = &mut model.normalization;
    let features = normalization.mean.len();
    each("normalization.mean".into(), vec![features], &mut normalization.mean)?;
    each("normalization.gain".into(), vec![features], &mut normalization.gain)?;
    let mut clip = vec![normalization.clip_sd];
    each("normalization.clip_sd".into(), vec![1], &mut clip)?;
    normalization.clip_sd = clip.first().copied().unwrap_or(normalization.clip_sd);
    if !normalization.raw.is_empty() {
        let mut scales = normalization.raw.iter().flat_map(|raw| [raw.mean, raw.gain]).collect();
        each("normalization.raw".into(), vec![normalization.raw.len(), 2], &mut scales)?;
        for (raw, scale) in normalization.raw.iter_mut().zip(scales.chunks_exact(2)) {
            (raw.mean, raw.gain) = (scale[0], scale[1]);
        }
    }
    let mut layer = |name: String, dense: &mut Dense| {
        each(format!("{name}.weight"), vec![dense.outputs, dense.inputs], &mut dense.weight)?;
        each(format!("{name}.bias"), vec![dense.outputs], &mut dense.bias)
    };
    let several = model.trunks.len() > 1;
    let tasks: Vec<String> = model.heads.iter().map(|head| head.task.clone()).collect();
    for (index, trunk) in model.trunks.iter_mut().enumerate() {
        let name = if several { format!("trunk.{index}") } else { "trunk".to_owned() };
        for branch in &mut trunk.branches {
            let convolutions = branch.front.iter_mut().flat_map(|front| &mut front.convolutions);
            for (index, convolution) in convolutions.enumerate() {
                let name = format!("{name}.{}.convolutions.{index}", branch.name);
                layer(format!("{name}.depthwise"), &mut convolution.depthwise)?;
                layer(format!("{name}.pointwise"), &mut convolution.pointwise)?;
            }
            for (depth, dense) in branch.layers.iter_mut().enumerate() {
                layer(format!("{name}.{}.{depth}", branch.name), dense)?;
            }
        }
        for (depth, dense) in trunk.layers.iter_mut().enumerate() {
            layer(format!("{name}.{depth}"), dense)?;
        }
    }
    for head in &mut model.heads {
        for (depth, dense) in head.hidden.iter_mut().enumerate() {
            layer(format!("{}.hidden.{depth}", head.task), dense)?;
        }
        for (name, dense) in [("head", &mut head.head), ("linear", &mut head.linear)] {
            if let Some(dense) = dense {
                layer(format!("{}.{name}", head.task), dense)?;
            }
        }
        for read in &mut head.reads {
            let other = tasks.get(read.task).map_or("", String::as_str);
            let of = match read.of {
                ReadOf::Output => "output",
                ReadOf::Embedding => "embedding",
            };
            layer(format!("{}.reads.{other}.{of}", head.task), &mut read.dense)?;
        }
    }
    for head in &mut model.heads {
        let mut target = vec![head.target.mean, head.target.sd];
        each(format!("{}.target", head.task), vec![2], &mut target)?;
        if let [mean, sd] = target[..] {
            head.target = TargetScale { mean, sd };
        }
        if head.decision != Decision::default() {
            let mut decision = vec![head.decision.temperature, head.decision.threshold];
            each(format!("{}.decision", head.task), vec![2], &mut decision)?;
            if let [temperature, threshold] = decision[..] {
                head.decision = Decision { temperature, threshold };
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::TaskKind;

    use super::*;
    use crate::config::Pooling;
    use crate::model::{Convolution, FrontEnd, Normalization, RawScale, ReadPath, TaskHead, Trunk};

    #[test]
    fn every_number_is_found_under_its_name() {
        let dense =
            |outputs, inputs| Dense { outputs, inputs, weight: vec![0.5; outputs * inputs], bias: vec![0.25; outputs] };
        let model = FloatModel {
            narrow: vec![],
            normalization: Normalization { mean: vec![1.0; 3], gain: vec![2.0; 3], clip_sd: 8.0, raw: vec![] },
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

    #[test]
    fn what_is_written_is_read_back_to_the_bit_and_damage_is_refused() {
        // Numbers whose decimal form is long, in every place that a model has.
        let mut next = 0.1f32;
        let mut number = || {
            next = (next * 7.3 + 0.017).fract() - 0.4;
            next
        };
        let mut dense = |outputs: usize, inputs: usize| Dense {
            outputs,
            inputs,
            weight: (0..outputs * inputs).map(|_| number()).collect(),
            bias: (0..outputs).map(|_| number()).collect(),
        };
        let branch = |layers| ModalityBranch { name: "0".into(), columns: 1..3, front: None, layers };
        let convolution =
            Convolution { depthwise: dense(4, 3), stride: 2, pointwise: dense(2, 4), pool: 2, pooling: Pooling::Mean };
        let raw = ModalityBranch {
            name: "1".into(),
            columns: 3..19,
            front: Some(FrontEnd { channels: 2, samples: 8, convolutions: vec![convolution] }),
            layers: vec![],
        };
        let head = |task: &str, trunk, hidden, head, linear| TaskHead {
            task: task.into(),
            kind: TaskKind::Binary,
            trunk,
            hidden,
            head,
            linear,
            reads: Vec::new(),
            target: TargetScale { mean: 1.0 / 3.0, sd: 0.1 },
            decision: Decision::default(),
        };
        let mut model = FloatModel {
            narrow: vec![],
            normalization: Normalization {
                mean: vec![0.1; 3],
                gain: vec![1.0 / 3.0; 3],
                clip_sd: 8.0,
                raw: [4, 7].map(|channel| RawScale { channel, samples: 8, mean: -3.0, gain: 1.0 / 384.0 }).to_vec(),
            },
            trunks: vec![
                Trunk { branches: vec![branch(vec![dense(2, 2)]), raw], layers: vec![dense(4, 4), dense(3, 4)] },
                Trunk::default(),
            ],
            heads: vec![
                head("trunk", 0, vec![dense(2, 3)], Some(dense(1, 2)), None),
                head("wear.a", 1, vec![], None, Some(dense(1, 3))),
            ],
        };
        model.heads[0].decision = Decision { temperature: 0.7, threshold: -0.3 };
        model.heads[1].reads.push(ReadPath { task: 0, of: ReadOf::Embedding, dense: dense(1, 2) });
        let bytes = safetensors(&model).unwrap();
        assert_eq!(read_safetensors(&bytes).unwrap(), model);
        assert!(read_safetensors(&bytes[..bytes.len() - 1]).is_err());
        let foreign = safetensors::serialize([] as [(&str, TensorView<'_>); 0], None).unwrap();
        assert!(matches!(read_safetensors(&foreign), Err(ReadWeightsError::Layout { .. })));
    }
}
