//! The slope of an output by every standardised feature and raw sample, by plain loops: what an attribution is made of.

use super::float::{Dense, FloatModel};
use super::forward::Activations;
use crate::config::ReadOf;

impl FloatModel {
    /// Derivative of output `output` of task `task` by each column of the standardised row `z`, features and raw samples; for a regression
    /// on the scale of training, for classes before calibration. Where a ReLU has its kink, the slope below it.
    pub(crate) fn gradient(&self, z: &[f32], task: usize, output: usize) -> Vec<f32> {
        let mut slopes = Slopes { model: self, activations: &self.activations(z), by_feature: vec![0.0; z.len()] };
        let mut upstream = vec![0.0; self.heads[task].outputs()];
        upstream[output] = 1.0;
        slopes.of_outputs(task, &upstream);
        slopes.by_feature
    }
}

/// Slopes gathered on the way back from an output to the features.
struct Slopes<'m> {
    model: &'m FloatModel,
    activations: &'m Activations,
    by_feature: Vec<f32>,
}

impl Slopes<'_> {
    /// Adds those that task `task` passes on, whose outputs have the slopes `upstream`.
    fn of_outputs(&mut self, task: usize, upstream: &[f32]) {
        let head = &self.model.heads[task];
        if let Some(linear) = &head.linear {
            add(&mut self.by_feature, &linear.through(upstream));
        }
        if let Some(last) = &head.head {
            self.of_embedding(task, last.through(upstream));
        }
        // Tasks never read each other in a circle.
        for read in &head.reads {
            let upstream = read.dense.through(upstream);
            match read.of {
                ReadOf::Output => self.of_outputs(read.task, &upstream),
                ReadOf::Embedding => self.of_embedding(read.task, upstream),
            }
        }
    }

    /// The same from the slopes of what the head's last layer reads.
    fn of_embedding(&mut self, task: usize, upstream: Vec<f32>) {
        let (model, activations) = (self.model, self.activations);
        let head = &model.heads[task];
        let upstream = through_relu_layers(&head.hidden, &activations.hidden[task], upstream);
        let Some(trunk) = model.trunks.get(head.trunk) else { return add(&mut self.by_feature, &upstream) };
        let upstream = through_relu_layers(&trunk.layers, &activations.trunks[head.trunk], upstream);
        if trunk.branches.is_empty() {
            return add(&mut self.by_feature, &upstream);
        }
        for ((branch, place), activations) in
            trunk.branches.iter().zip(trunk.places()).zip(&activations.branches[head.trunk])
        {
            let mut upstream = through_relu_layers(&branch.layers, &activations.layers, upstream[place].to_vec());
            if let Some(front) = &branch.front {
                upstream = front.through(&activations.convolutions, upstream);
            }
            add(&mut self.by_feature[branch.columns.start..], &upstream);
        }
    }
}

fn add(sums: &mut [f32], values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

impl Dense {
    /// From the slopes of the layer's outputs to those of its inputs.
    pub(super) fn through(&self, upstream: &[f32]) -> Vec<f32> {
        let mut below = vec![0.0; self.inputs];
        for (output, slope) in upstream.iter().enumerate().filter(|(_, slope)| **slope != 0.0) {
            below.iter_mut().zip(self.row(output)).for_each(|(sum, weight)| *sum += slope * weight);
        }
        below
    }
}

/// From the slopes of the last layer's activations to those of what the first layer reads.
fn through_relu_layers(layers: &[Dense], activations: &[Vec<f32>], mut upstream: Vec<f32>) -> Vec<f32> {
    for (layer, activations) in layers.iter().zip(activations).rev() {
        upstream
            .iter_mut()
            .zip(activations)
            .filter(|(_, activation)| **activation <= 0.0)
            .for_each(|(slope, _)| *slope = 0.0);
        upstream = layer.through(&upstream);
    }
    upstream
}
