//! From a model back to its parts: the inverse of the writer.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;

use serde::Serialize;

use super::{
    ChannelSpec, CodeSpec, GoldenSpec, GroupSpec, ImageBuilder, LayerSpec, OwnedSeq, TaskSpec, TransformSpec,
    WeightSpec,
};
use crate::decode::Decode;
use crate::features::FeatureGroup;
use crate::model::Model;
use crate::model::header::{Channel, Golden, GoldenWindow, Task, Tensor};
use crate::model::layer::ResolvedLayer;
use crate::model::op::LayerOp;
use crate::model::record::Layer;
use crate::quant::Transform;
use crate::seq::Seq;

impl ImageBuilder {
    /// The parts of `model`; [`ImageBuilder::build`] lays them out as the same bytes again, if this version's writer has made them.
    pub fn from_model(model: &Model<'_>) -> Self {
        let header = model.header();
        Self {
            name: header.name.to_owned(),
            window_ms: header.window_ms,
            channels: header.channels.iter().map(|channel| ChannelSpec::from(&channel)).collect(),
            plan: header.plan.iter().map(|group| GroupSpec::from(&group)).collect(),
            means: model.means().to_vec(),
            gains: model.gains().to_vec(),
            layout: header.layout,
            tensors: model
                .tensors()
                .map(|span| Tensor { elements: span.elements, range_bits: span.range_bits })
                .collect(),
            views: header.views.iter().collect(),
            raw_views: header.raw_views.iter().collect(),
            layers: model.layers().flat_map(|(layer, resolved)| layer_specs(model, &layer, &resolved)).collect(),
            tasks: header.tasks.iter().map(|task| TaskSpec::from(&task)).collect(),
            golden: header.golden.iter().map(|golden| golden_spec(&golden)).collect(),
            host_part: model.host_part().to_vec(),
        }
    }
}

impl From<&Channel<'_>> for ChannelSpec {
    fn from(channel: &Channel<'_>) -> Self {
        Self {
            name: channel.name.to_owned(),
            unit: channel.unit.to_owned(),
            rate_mhz: channel.rate_mhz,
            samples: channel.samples,
            code: CodeSpec {
                transform: match &channel.code.transform {
                    Transform::None => TransformSpec::None,
                    Transform::SignedLog { unit } => TransformSpec::SignedLog { unit: *unit },
                    Transform::Rank(knots) => TransformSpec::Rank(owned(knots)),
                },
                scale: channel.code.scale,
                offset: channel.code.offset,
            },
            optional: channel.optional,
        }
    }
}

impl From<&FeatureGroup<'_>> for GroupSpec {
    fn from(group: &FeatureGroup<'_>) -> Self {
        Self { source: group.source, fft_size: group.fft_size, features: owned(&group.features) }
    }
}

impl From<&Task<'_>> for TaskSpec {
    fn from(task: &Task<'_>) -> Self {
        Self {
            name: task.name.to_owned(),
            role: task.role,
            kind: task.kind,
            unit: task.unit.to_owned(),
            classes: task.classes.iter().map(str::to_owned).collect(),
            scale: task.scale,
            offset: task.offset,
            threshold: task.threshold,
            period: task.period,
        }
    }
}

/// One layer for each tensor that `layer` writes.
fn layer_specs(model: &Model<'_>, layer: &Layer, resolved: &ResolvedLayer<'_>) -> Vec<LayerSpec> {
    let outputs = model.tensors().skip(layer.output.into()).take(layer.tensors.into());
    let mut first = 0;
    (0..layer.tensors)
        .zip(outputs)
        .map(|(step, span)| {
            let rows = match layer.op {
                LayerOp::Dense => first..first + usize::from(span.elements),
                LayerOp::Depthwise { .. } | LayerOp::Pointwise { .. } => 0..resolved.rows(),
                LayerOp::Pool { .. } => 0..0,
            };
            first = rows.end;
            let weight = |row, column| resolved.weight(row, column) as i16;
            let weights: Vec<i16> =
                rows.clone().flat_map(|row| (0..resolved.columns()).map(move |column| weight(row, column))).collect();
            LayerSpec {
                op: layer.op,
                role: layer.role.after(step),
                input: layer.input,
                output: layer.output + step,
                weights: WeightSpec::of(layer.weights, &weights),
                biases: rows.clone().map(|row| resolved.bias(row)).collect(),
                multipliers: rows.map(|row| resolved.multiplier(row)).collect(),
                zero: layer.zero,
                relu: layer.relu,
                accumulate: layer.accumulate,
            }
        })
        .collect()
}

fn golden_spec(golden: &Golden<'_>) -> GoldenSpec {
    match golden.window {
        GoldenWindow::Recorded(bytes) => {
            let counts = bytes.chunks_exact(2).map(|bytes| bytes.try_into().map_or(0, i16::from_le_bytes));
            GoldenSpec::Recorded(counts.collect())
        }
        GoldenWindow::Generated { seed } => GoldenSpec::Generated { seed },
    }
}

/// As many items as a sequence held: they fit one again.
fn owned<'a, T: Serialize + Decode<'a>>(items: &Seq<'a, T>) -> OwnedSeq<T> {
    OwnedSeq::new(&items.iter().collect::<Vec<_>>()).unwrap_or_default()
}
