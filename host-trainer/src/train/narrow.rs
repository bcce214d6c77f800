//! Which layers get weights of 4 bits.
//!
//! With `quantization.weights = "mixed"` the choice is that of Pandey et al., "A Practical Mixed Precision Algorithm for Post-Training
//! Quantization", arXiv 2302.05397, 2023: how sensitive a layer is shows when it alone is rounded, and then layers are taken in the order of
//! their sensitivity as long as the whole bears it. Sensitivity is measured by what counts in the end, the tasks' losses on the training
//! rows, per byte that the layer saves.

use super::TrainError;
use super::early_stopping::Validation;
use super::problem::Problem;
use super::quantization_aware::{IntegerForm, Rounder};
use crate::config::{ReadOf, WeightsConfig};
use crate::model::net::Net;
use crate::model::{FloatModel, LayerPlace};

/// The layers of `net` with weights of 4 bits, as it is now.
///
/// # Errors
/// [`TrainError::Quantize`] where the network has no integer form, [`TrainError::Tensor`].
pub(crate) fn narrow_layers(
    net: &Net,
    problem: &Problem,
    form: &IntegerForm<'_>,
) -> Result<Vec<LayerPlace>, TrainError> {
    match form.config.weights {
        WeightsConfig::Int8 => Ok(Vec::new()),
        WeightsConfig::Int4 => Ok(candidates(&net.to_float(&problem.normalization)?)),
        WeightsConfig::Mixed => bearable(net, problem, form),
    }
}

/// The layers that may have 4 bits: all but linear paths, whose width the project file says, filters over time, which are few, and what
/// reads an output, which needs 16.
fn candidates(model: &FloatModel) -> Vec<LayerPlace> {
    let may = |place: &LayerPlace| match *place {
        LayerPlace::Pointwise { .. }
        | LayerPlace::Branch { .. }
        | LayerPlace::Trunk { .. }
        | LayerPlace::Hidden { .. }
        | LayerPlace::Head { .. } => true,
        LayerPlace::Linear { .. } | LayerPlace::Depthwise { .. } => false,
        LayerPlace::Read { task, read } => model.heads[task].reads[read].of == ReadOf::Embedding,
    };
    model.places().into_iter().filter(may).collect()
}

/// As many layers as the tasks bear, the least sensitive first.
fn bearable(net: &Net, problem: &Problem, form: &IntegerForm<'_>) -> Result<Vec<LayerPlace>, TrainError> {
    let model = net.to_float(&problem.normalization)?;
    let rows = Validation::new(problem, &problem.rows)?;
    let mut rounder = Rounder::new(net, problem, form, Vec::new())?;
    let mut shares = |narrow: Vec<LayerPlace>| -> Result<Vec<f64>, TrainError> {
        rounder.set_narrow(narrow)?;
        let rounded = rounder.round()?;
        let shares = rows.shares(net, Some(&rounded.rounding));
        rounded.undo(net)?;
        Ok(shares?)
    };
    let wide = shares(Vec::new())?;
    let rise = |narrow: &[f64]| {
        let rises = wide.iter().zip(narrow).map(|(wide, narrow)| (narrow - wide) / wide.abs());
        rises.fold(f64::NEG_INFINITY, f64::max)
    };
    let mut order = Vec::new();
    for place in candidates(&model) {
        let saved = model.layer(place).map_or(0, |dense| dense.weight.len()) as f64 / 2.0;
        order.push((rise(&shares(vec![place])?) / saved, place));
    }
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut chosen = Vec::new();
    for (_, place) in order {
        chosen.push(place);
        if rise(&shares(chosen.clone())?) > form.config.mixed_tolerance {
            chosen.pop();
        }
    }
    Ok(chosen)
}
