//! Every tensor is written before it is read, by one writer or by one and then others that accumulate onto it.

use super::layers;
use crate::model::header::{DeviceHeader, Layer, LayerRole, View};
use crate::model::tensor::{MAX_TENSORS, TensorTable};
use crate::model::{ModelError, layer};

pub(super) fn check(header: &DeviceHeader<'_>, tensors: &TensorTable, section: &[u8]) -> Result<(), ModelError> {
    let mut written = Written([false; MAX_TENSORS]);
    for (index, view) in (0u8..).zip(header.views.iter()) {
        check_view(index, &view, header.feature_count, tensors, &mut written)?;
    }
    let mut trunk = true;
    // A count of at most MAX_TASKS.
    let tasks = header.tasks.len() as u8;
    for (index, layer) in (0u8..).zip(header.layers.iter()) {
        let resolved = layer::resolve(index, &layer, tensors, section)?;
        check_order(index, &layer, tasks, &mut trunk)?;
        check_flow(index, &layer, &mut written)?;
        layers::check(index, &resolved)?;
    }
    match (0u8..).zip(written.0).take(usize::from(tensors.len())).find(|(_, written)| !written) {
        Some((tensor, _)) => Err(ModelError::TensorUnwritten { tensor }),
        None => Ok(()),
    }
}

struct Written([bool; MAX_TENSORS]);

impl Written {
    fn get(&self, tensor: u8) -> bool {
        self.0.get(usize::from(tensor)).copied().unwrap_or(false)
    }

    fn set(&mut self, tensor: u8) {
        if let Some(written) = self.0.get_mut(usize::from(tensor)) {
            *written = true;
        }
    }
}

fn check_view(
    index: u8,
    view: &View,
    features: u16,
    tensors: &TensorTable,
    written: &mut Written,
) -> Result<(), ModelError> {
    let Some(span) = tensors.get(view.tensor) else {
        return Err(ModelError::ViewTensor { view: index, tensors: tensors.len(), found: view.tensor });
    };
    let (first, elements) = (view.first, span.elements);
    if first.checked_add(elements).is_none_or(|end| end > features) {
        return Err(ModelError::ViewFeatures { view: index, features, first, elements });
    }
    if view.fraction_bits > 14 {
        return Err(ModelError::ViewFraction { view: index, found: view.fraction_bits });
    }
    if written.get(view.tensor) {
        return Err(ModelError::ViewRewrites { view: index });
    }
    written.set(view.tensor);
    Ok(())
}

fn check_order(index: u8, layer: &Layer, tasks: u8, trunk: &mut bool) -> Result<(), ModelError> {
    match layer.role {
        LayerRole::Trunk if *trunk => Ok(()),
        LayerRole::Trunk => Err(ModelError::LayerOrder { layer: index }),
        LayerRole::Head(task) | LayerRole::Linear(task) if task < tasks => {
            *trunk = false;
            Ok(())
        }
        LayerRole::Head(found) | LayerRole::Linear(found) => Err(ModelError::LayerTask { layer: index, tasks, found }),
    }
}

fn check_flow(index: u8, layer: &Layer, written: &mut Written) -> Result<(), ModelError> {
    if layer.input == layer.output {
        return Err(ModelError::LayerInPlace { layer: index });
    }
    if !written.get(layer.input) {
        return Err(ModelError::LayerReadsUnwritten { layer: index, tensor: layer.input });
    }
    if layer.accumulate && !written.get(layer.output) {
        return Err(ModelError::LayerAccumulatesUnwritten { layer: index, tensor: layer.output });
    }
    if !layer.accumulate && written.get(layer.output) {
        return Err(ModelError::LayerRewrites { layer: index, tensor: layer.output });
    }
    if layer.accumulate && layer.zero != 0 {
        return Err(ModelError::LayerZero { layer: index, found: layer.zero });
    }
    written.set(layer.output);
    Ok(())
}
