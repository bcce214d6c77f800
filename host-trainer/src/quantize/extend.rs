//! A further head on an integer network, of which nothing else changes.

use trunkline_shared::model::LayerRole;

use super::draft::{Draft, open};
use super::network::{OutputScale, QuantizedModel};
use super::range::MOST_RANGE_BITS;
use super::rows::ScaledRows;
use super::{Calibration, QuantizeError, prove};
use crate::model::{FloatModel, LayerPlace};

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
    let mut draft = Draft::new(float, calibration, &vec![linear_bits; float.heads.len()])?;
    let new = old.outputs.len();
    let Some(head) = float.heads.get(new) else {
        let (expected, found) = (new + 1, float.heads.len());
        return Err(QuantizeError::Shape { place: "the extended network".into(), what: "tasks", expected, found });
    };
    let kept = old.tensors.len() - new;
    draft.tensors = old.tensors[..kept].to_vec();
    // Nobody asks for the steps of tensors that are there already.
    draft.steps = vec![1.0; kept];
    draft.views.clone_from(&old.views);
    draft.raw_views.clone_from(&old.raw_views);
    let linear = match draft.reader(LayerPlace::Linear { task: new }) {
        Some(reader) => draft.view(&[reader], 0..float.feature_count())?.into_iter().next(),
        None => None,
    };
    let head_path = match (draft.reader(LayerPlace::Head { task: new }), trunk) {
        (Some(reader), Some(TrunkTensor { tensor, step })) => {
            let bits = old.tensors[usize::from(tensor)].range_bits;
            let rows = ScaledRows::new(reader.dense, reader.op, reader.kind, bits, step);
            let rows = rows.ok_or_else(|| draft.too_wide(Some(&reader)))?;
            open(tensor, &[reader], vec![rows]).into_iter().next()
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
    draft.steps.resize(draft.tensors.len(), 1.0);
    draft.tensor(head.outputs(), MOST_RANGE_BITS, 1.0)?;
    draft.outputs.push(OutputScale { scale: 1.0, offset: 0.0, threshold: 0 });
    let head_path = head_path.map(|open| (LayerRole::Head(new as u8), open));
    let linear = linear.map(|open| (LayerRole::Linear(new as u8), open));
    draft.task(new, head_path.into_iter().chain(linear).collect());
    let extended = QuantizedModel {
        mean: old.mean.clone(),
        gain: old.gain.clone(),
        tensors: draft.tensors,
        views: draft.views,
        raw_views: draft.raw_views,
        layers: draft.layers,
        outputs: draft.outputs,
    };
    prove::quantized_model(&extended)?;
    Ok(extended)
}
