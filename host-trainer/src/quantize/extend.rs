//! A further head on an integer network, of which nothing else changes.

use trunkline_shared::model::{LayerRole, WeightKind};

use super::build::{Draft, Open};
use super::network::{OutputScale, QuantizedModel};
use super::range::{MOST_RANGE_BITS, Reader};
use super::rows::{ScaledRows, bound_bits};
use super::{Calibration, QuantizeError, check, prove};
use crate::model::FloatModel;

/// The tensor that holds a trunk's output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrunkTensor {
    /// Its index.
    pub tensor: u8,
    /// Network units a count.
    pub step: f64,
}

/// `old` with the last head of `float`, which is linear, as one more task; `linear_bits` (8 or 16) is the width of its linear path's
/// weights. Tensors, views and layers of `old` stay as they are, so that its outputs do too, in every bit; only the indices of its
/// output tensors may rise.
///
/// * `float`: the network of `old` and the new head; `calibration` has measured it on training rows.
/// * `trunk`: what the head reads; not needed where the new task has only a linear path.
///
/// # Errors
/// [`QuantizeError`]: as [`super::quantize`], and where the head does not fit the range that the trunk's tensor has.
pub fn extend(
    old: &QuantizedModel,
    float: &FloatModel,
    calibration: &Calibration,
    linear_bits: u8,
    trunk: Option<TrunkTensor>,
) -> Result<QuantizedModel, QuantizeError> {
    let clip_bits = check::float_model(float, calibration)?;
    let kinds = check::linear_kinds(float, &vec![linear_bits; float.heads.len()])?;
    let (Some(head), Some(kind)) = (float.heads.get(old.outputs.len()), kinds.last().copied()) else {
        let (expected, found) = (old.outputs.len() + 1, float.heads.len());
        return Err(QuantizeError::Shape { place: "the extended network".into(), what: "tasks", expected, found });
    };
    let kept = old.tensors.len() - old.outputs.len();
    let mut draft = Draft {
        model: float,
        calibration,
        clip_bits,
        tensors: old.tensors[..kept].to_vec(),
        views: old.views.clone(),
        layers: Vec::new(),
        outputs: Vec::new(),
    };
    let linear = match &head.linear {
        Some(dense) => {
            let reader = Reader { place: format!("the linear path of task \"{}\"", head.task), dense };
            draft.view(&[reader], kind, 0..float.feature_count())?.into_iter().next()
        }
        None => None,
    };
    let head_path = match (&head.head, trunk) {
        (Some(dense), Some(TrunkTensor { tensor, step })) => {
            let bits = old.tensors[usize::from(tensor)].range_bits;
            let rows =
                ScaledRows::new(dense, WeightKind::I8, bits, step).ok_or_else(|| QuantizeError::Accumulator {
                    place: format!("the head of task \"{}\"", head.task),
                    inputs: dense.inputs,
                    bound_bits: bound_bits(WeightKind::I8),
                })?;
            Some(Open { input: tensor, rows })
        }
        (Some(_), None) => return Err(QuantizeError::NoPath { task: head.task.clone() }),
        (None, _) => None,
    };
    // The tasks' outputs stay the last tensors: a new view moves them up.
    let moved = (draft.tensors.len() - kept) as u8;
    let place = |tensor: u8| if usize::from(tensor) < kept { tensor } else { tensor + moved };
    draft.tensors.extend(&old.tensors[kept..]);
    draft.layers.extend(old.layers.iter().cloned().map(|mut layer| {
        (layer.input, layer.output) = (place(layer.input), place(layer.output));
        layer
    }));
    draft.outputs.clone_from(&old.outputs);
    let new = old.outputs.len();
    draft.tensor(head.outputs(), MOST_RANGE_BITS)?;
    draft.outputs.push(OutputScale { scale: 1.0, offset: 0.0, threshold: 0 });
    let head_path = head_path.map(|open| (LayerRole::Head(new as u8), open));
    let linear = linear.map(|open| (LayerRole::Linear(new as u8), open));
    draft.task(new, head_path.into_iter().chain(linear).collect());
    let extended = QuantizedModel {
        mean: old.mean.clone(),
        gain: old.gain.clone(),
        tensors: draft.tensors,
        views: draft.views,
        layers: draft.layers,
        outputs: draft.outputs,
    };
    prove::quantized_model(&extended)?;
    Ok(extended)
}
