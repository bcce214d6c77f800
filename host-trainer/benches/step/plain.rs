//! The yardstick: the same step as plain loops over slices, without a graph and without an allocation.

use trunkline_trainer::data::Labels;
use trunkline_trainer::model::{Dense, FloatModel, Standardized};

use crate::work::{BATCH, HEAD, RATE, Work};

/// A layer with its gradient, activations and moments.
struct Layer {
    inputs: usize,
    outputs: usize,
    relu: bool,
    /// Weights (in x out), then biases (out).
    values: Vec<f32>,
    gradient: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    /// Outputs (B x out).
    y: Vec<f32>,
    /// Gradient by the outputs (B x out).
    dy: Vec<f32>,
}

/// Which columns of wider rows a layer reads.
#[derive(Clone, Copy)]
struct Columns {
    start: usize,
    of: usize,
}

impl Layer {
    /// Several layers of the same input side by side.
    fn new(parts: &[&Dense], relu: bool) -> Self {
        let (inputs, outputs) = (parts[0].inputs, parts.iter().map(|part| part.outputs).sum::<usize>());
        let mut values = vec![0.0; (inputs + 1) * outputs];
        let rows = parts.iter().flat_map(|part| (0..part.outputs).map(|output| (part.row(output), part.bias[output])));
        for (output, (row, bias)) in rows.enumerate() {
            row.iter().enumerate().for_each(|(input, weight)| values[input * outputs + output] = *weight);
            values[inputs * outputs + output] = bias;
        }
        let zeros = vec![0.0; values.len()];
        Self {
            inputs,
            outputs,
            relu,
            gradient: zeros.clone(),
            first: zeros.clone(),
            second: zeros,
            values,
            y: vec![0.0; BATCH * outputs],
            dy: vec![0.0; BATCH * outputs],
        }
    }

    fn all(&self) -> Columns {
        Columns { start: 0, of: self.inputs }
    }

    fn forward(&mut self, x: &[f32], at: Columns) {
        let (weights, bias) = self.values.split_at(self.inputs * self.outputs);
        for (x, y) in x.chunks_exact(at.of).zip(self.y.chunks_exact_mut(self.outputs)) {
            y.copy_from_slice(bias);
            for (x, weights) in x[at.start..][..self.inputs].iter().zip(weights.chunks_exact(self.outputs)) {
                y.iter_mut().zip(weights).for_each(|(y, weight)| *y += x * weight);
            }
            if self.relu {
                y.iter_mut().for_each(|y| *y = y.max(0.0));
            }
        }
    }

    /// Turns `dy` into the gradient by the sums, then into the gradients of weights and biases and, where asked for, of x.
    fn backward(&mut self, x: &[f32], at: Columns, dx: Option<&mut [f32]>) {
        if self.relu {
            self.dy.iter_mut().zip(&self.y).for_each(|(dy, y)| *dy = if *y > 0.0 { *dy } else { 0.0 });
        }
        self.gradient.fill(0.0);
        let (weight_gradient, bias_gradient) = self.gradient.split_at_mut(self.inputs * self.outputs);
        for (x, dy) in x.chunks_exact(at.of).zip(self.dy.chunks_exact(self.outputs)) {
            let x = &x[at.start..][..self.inputs];
            for (x, gradient) in x.iter().zip(weight_gradient.chunks_exact_mut(self.outputs)) {
                gradient.iter_mut().zip(dy).for_each(|(gradient, dy)| *gradient += x * dy);
            }
            bias_gradient.iter_mut().zip(dy).for_each(|(gradient, dy)| *gradient += dy);
        }
        if let Some(dx) = dx {
            for (dx, dy) in dx.chunks_exact_mut(at.of).zip(self.dy.chunks_exact(self.outputs)) {
                let dx = &mut dx[at.start..][..self.inputs];
                for (dx, weights) in dx.iter_mut().zip(self.values.chunks_exact(self.outputs)) {
                    *dx = dot(weights, dy);
                }
            }
        }
    }

    fn adam(&mut self, step: i32) {
        let (one, two) = (0.9f32, 0.999f32);
        let rate = (RATE / (1.0 - 0.9f64.powi(step))) as f32;
        let root = (1.0 / (1.0 - 0.999f64.powi(step))) as f32;
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((value, gradient), (first, second)) in self.values.iter_mut().zip(&self.gradient).zip(moments) {
            *first = one * *first + (1.0 - one) * gradient;
            *second = two * *second + (1.0 - two) * gradient * gradient;
            *value -= rate * *first / ((*second * root).sqrt() + 1e-8);
        }
    }
}

/// With sums side by side, which the compiler can turn into vectors.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.iter().sum::<f32>() + tail
}

/// Network, moments and buffers.
pub(crate) struct PlainLoops {
    trunk: [Layer; 2],
    /// The hidden layers of all heads side by side.
    hidden: Layer,
    /// The last layer of each head.
    last: [Layer; 3],
    rows: Standardized,
    /// Labels of every row and task (n x T), standardised.
    labels: Vec<[f32; 3]>,
    x: Vec<f32>,
    steps: i32,
}

impl PlainLoops {
    /// From the initial weights of `model`, on the standardised `rows`.
    pub(crate) fn new(model: &FloatModel, rows: &Standardized, work: &Work) -> Self {
        let label = |task: usize, row: usize| match &work.labels[task].labels {
            Labels::Classes(classes) => classes[row].map_or(f32::NAN, f32::from),
            Labels::Values(values) => {
                let target = model.heads[task].target;
                values[row].map_or(f32::NAN, |value| (value - target.mean) / target.sd)
            }
        };
        let hidden: Vec<&Dense> = model.heads.iter().map(|head| &head.hidden[0]).collect();
        let last = |task: usize| Layer::new(&[model.heads[task].head.as_ref().expect("a head")], false);
        let [first, second] = [0, 1].map(|layer| Layer::new(&[&model.trunks[0].layers[layer]], true));
        Self {
            trunk: [first, second],
            hidden: Layer::new(&hidden, true),
            last: [last(0), last(1), last(2)],
            labels: (0..rows.rows).map(|row| [label(0, row), label(1, row), label(2, row)]).collect(),
            rows: rows.clone(),
            x: vec![0.0; BATCH * rows.columns],
            steps: 0,
        }
    }

    /// One step on `rows`; returns the losses before it.
    pub(crate) fn step(&mut self, rows: &[u32]) -> [f32; 3] {
        for (x, row) in self.x.chunks_exact_mut(self.rows.columns).zip(rows) {
            x.copy_from_slice(self.rows.row(*row as usize));
        }
        let ([first, second], hidden) = (&mut self.trunk, &mut self.hidden);
        first.forward(&self.x, first.all());
        second.forward(&first.y, second.all());
        hidden.forward(&second.y, hidden.all());
        let mut losses = [0.0; 3];
        for (task, last) in self.last.iter_mut().enumerate() {
            let columns = Columns { start: task * HEAD, of: hidden.outputs };
            last.forward(&hidden.y, columns);
            let labels = rows.iter().map(|row| self.labels[*row as usize][task]);
            losses[task] = if last.outputs == 1 { squared_error(last, labels) } else { cross_entropy(last, labels) };
            last.backward(&hidden.y, columns, Some(&mut hidden.dy));
        }
        hidden.backward(&second.y, hidden.all(), Some(&mut second.dy));
        second.backward(&first.y, second.all(), Some(&mut first.dy));
        first.backward(&self.x, first.all(), None);
        self.steps += 1;
        for layer in [first, second, hidden].into_iter().chain(&mut self.last) {
            layer.adam(self.steps);
        }
        losses
    }
}

/// Mean squared error of the layer's outputs; writes its gradient.
fn squared_error(layer: &mut Layer, labels: impl Iterator<Item = f32>) -> f32 {
    let mut sum = 0.0;
    for ((y, dy), label) in layer.y.iter().zip(&mut layer.dy).zip(labels) {
        let error = y - label;
        *dy = 2.0 * error / BATCH as f32;
        sum += f64::from(error * error);
    }
    (sum / BATCH as f64) as f32
}

/// Mean cross-entropy of the layer's outputs; writes its gradient.
fn cross_entropy(layer: &mut Layer, labels: impl Iterator<Item = f32>) -> f32 {
    let (mut total, scale) = (0.0, 1.0 / BATCH as f32);
    let rows = layer.y.chunks_exact(layer.outputs).zip(layer.dy.chunks_exact_mut(layer.outputs));
    for ((logits, gradient), label) in rows.zip(labels) {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for (power, logit) in gradient.iter_mut().zip(logits) {
            *power = (logit - largest).exp();
            sum += *power;
        }
        gradient.iter_mut().for_each(|power| *power *= scale / sum);
        gradient[label as usize] -= scale;
        total += f64::from(sum.ln() + largest - logits[label as usize]);
    }
    (total / BATCH as f64) as f32
}
