//! Depthwise-separable convolutions over raw samples, by plain loops: Howard et al., "MobileNets", arXiv 1704.04861, 2017.
//!
//! ```text
//!  samples [C][N] ─► depthwise: C m filters, linear ─► [P][C m] ─► pointwise: ReLU ─► [P][filters] ─► pool ─► [filters][P / pool]
//! ```
//!
//! What enters and what leaves is a row of samples a channel; in between a position stands together, as a layer of the network reads
//! it. The second convolution takes the filters of the first for its channels, and so on.

use serde::{Deserialize, Serialize};

use super::float::Dense;
use crate::config::{ConvolutionConfig, Pooling};

/// The shape of convolutions one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontShape {
    /// Channels.
    pub channels: usize,
    /// Samples a channel.
    pub samples: usize,
    /// The convolutions, at least one.
    pub convolutions: Vec<ConvolutionConfig>,
}

/// Convolutions one after the other over channels of equal length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrontEnd {
    /// Channels C.
    pub channels: usize,
    /// Samples N a channel.
    pub samples: usize,
    /// The convolutions, in order, at least one.
    pub convolutions: Vec<Convolution>,
}

/// One convolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Convolution {
    /// The taps of each filter (C m x kernel); filter f reads channel f / m.
    pub depthwise: Dense,
    /// Samples from one position to the next.
    pub stride: usize,
    /// ReLU units over the filters at a position (filters x C m).
    pub pointwise: Dense,
    /// Positions that become one.
    pub pool: usize,
    /// What they become.
    pub pooling: Pooling,
}

/// What a convolution works out on its way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConvolutionActivations {
    /// (P x C m).
    pub(crate) depthwise: Vec<f32>,
    /// (P x filters).
    pub(crate) pointwise: Vec<f32>,
    /// (filters x P / pool).
    pub(crate) pooled: Vec<f32>,
}

impl FrontShape {
    /// Every convolution with the channels and the samples a channel that it reads.
    pub fn each(&self) -> impl Iterator<Item = (&ConvolutionConfig, usize, usize)> {
        let (mut channels, mut samples) = (self.channels, self.samples);
        self.convolutions.iter().map(move |form| {
            let shape = (form, channels, samples);
            (channels, samples) = (form.filters, form.pooled(samples));
            shape
        })
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        let last = self.each().last();
        last.map_or(self.channels * self.samples, |(form, _, samples)| form.filters * form.pooled(samples))
    }
}

impl FrontEnd {
    /// Number of samples read, of all channels together.
    pub fn inputs(&self) -> usize {
        self.channels * self.samples
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.shape().outputs()
    }

    /// Its shape.
    pub fn shape(&self) -> FrontShape {
        let mut channels = self.channels;
        let form = |convolution: &Convolution| {
            let form = convolution.form(channels);
            channels = form.filters;
            form
        };
        let convolutions = self.convolutions.iter().map(form).collect();
        FrontShape { channels: self.channels, samples: self.samples, convolutions }
    }

    /// Its layers: depthwise and pointwise, convolution after convolution.
    pub(crate) fn layers(&self) -> impl Iterator<Item = &Dense> {
        self.convolutions.iter().flat_map(|convolution| [&convolution.depthwise, &convolution.pointwise])
    }

    /// The same, to be changed.
    pub(crate) fn layers_mut(&mut self) -> impl Iterator<Item = &mut Dense> {
        self.convolutions.iter_mut().flat_map(|convolution| [&mut convolution.depthwise, &mut convolution.pointwise])
    }

    /// Activations of each convolution for the samples `x` (C x N).
    pub(crate) fn activations(&self, x: &[f32]) -> Vec<ConvolutionActivations> {
        let mut all: Vec<ConvolutionActivations> = Vec::with_capacity(self.convolutions.len());
        for (convolution, (form, _, samples)) in self.convolutions.iter().zip(self.shape().each()) {
            let input = all.last().map_or(x, |last| last.pooled.as_slice());
            all.push(convolution.activations(form, samples, input));
        }
        all
    }

    /// The slopes by the samples (C x N) where those by the outputs are `upstream`.
    pub(crate) fn through(&self, activations: &[ConvolutionActivations], mut upstream: Vec<f32>) -> Vec<f32> {
        let shape = self.shape();
        let forms: Vec<_> = shape.each().collect();
        for ((convolution, form), activations) in self.convolutions.iter().zip(forms).zip(activations).rev() {
            upstream = convolution.through(form, activations, &upstream);
        }
        upstream
    }
}

impl Convolution {
    /// Its form where it reads `channels` channels.
    pub fn form(&self, channels: usize) -> ConvolutionConfig {
        ConvolutionConfig {
            kernel: self.depthwise.inputs,
            stride: self.stride,
            filters: self.pointwise.outputs,
            multiplier: self.depthwise.outputs / channels.max(1),
            pool: self.pool,
            pooling: self.pooling,
        }
    }

    fn activations(&self, form: &ConvolutionConfig, samples: usize, x: &[f32]) -> ConvolutionActivations {
        let rows = self.depthwise.outputs;
        let mut depthwise = Vec::with_capacity(form.positions(samples) * rows);
        for position in 0..form.positions(samples) {
            depthwise.extend((0..rows).map(|row| {
                let first = row / form.multiplier * samples + position * form.stride;
                let taps = self.depthwise.row(row).iter().zip(&x[first..][..form.kernel]);
                taps.fold(self.depthwise.bias[row], |sum, (weight, sample)| sum + weight * sample)
            }));
        }
        let mut pointwise: Vec<f32> =
            depthwise.chunks_exact(rows).flat_map(|position| self.pointwise.apply(position)).collect();
        pointwise.iter_mut().for_each(|value| *value = value.max(0.0));
        let pooled = Pool::of(form).apply(&pointwise);
        ConvolutionActivations { depthwise, pointwise, pooled }
    }

    fn through(
        &self,
        (form, channels, samples): (&ConvolutionConfig, usize, usize),
        activations: &ConvolutionActivations,
        upstream: &[f32],
    ) -> Vec<f32> {
        let mut slopes = Pool::of(form).through(&activations.pointwise, upstream);
        let active = slopes.iter_mut().zip(&activations.pointwise);
        active.filter(|(_, value)| **value <= 0.0).for_each(|(slope, _)| *slope = 0.0);
        let mut below = vec![0.0; channels * samples];
        for (position, slopes) in slopes.chunks_exact(self.pointwise.outputs).enumerate() {
            for (row, slope) in self.pointwise.through(slopes).into_iter().enumerate() {
                let first = row / form.multiplier * samples + position * form.stride;
                let to = below[first..][..form.kernel].iter_mut();
                to.zip(self.depthwise.row(row)).for_each(|(sum, weight)| *sum += slope * weight);
            }
        }
        below
    }
}

/// From positions (P x channels) to rows of samples (channels x P / size); a rest of positions is left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pool {
    /// Channels.
    pub(crate) channels: usize,
    /// Positions that become one.
    pub(crate) size: usize,
    /// What they become.
    pub(crate) pooling: Pooling,
}

impl Pool {
    /// That of a convolution of form `form`.
    pub(crate) fn of(form: &ConvolutionConfig) -> Self {
        Self { channels: form.filters, size: form.pool, pooling: form.pooling }
    }

    /// Samples of a channel that become of `values` values (P x channels).
    pub(crate) fn samples(&self, values: usize) -> usize {
        values / self.channels / self.size
    }

    /// The pools of `x` (P x channels).
    pub(crate) fn apply(&self, x: &[f32]) -> Vec<f32> {
        let samples = self.samples(x.len());
        let mut pooled = Vec::with_capacity(self.channels * samples);
        for channel in 0..self.channels {
            pooled.extend((0..samples).map(|sample| {
                let values = self.places(channel, sample).map(|place| x[place]);
                match self.pooling {
                    Pooling::Max => values.fold(f32::NEG_INFINITY, f32::max),
                    Pooling::Mean => values.sum::<f32>() / self.size as f32,
                }
            }));
        }
        pooled
    }

    /// The slopes by `x` (P x channels) where those by the pools are `upstream`. Of equal values the first is the largest.
    pub(crate) fn through(&self, x: &[f32], upstream: &[f32]) -> Vec<f32> {
        let samples = self.samples(x.len());
        let mut slopes = vec![0.0; x.len()];
        for (index, slope) in upstream.iter().enumerate() {
            let places = self.places(index / samples, index % samples);
            match self.pooling {
                Pooling::Max => {
                    let largest = places.reduce(|best, place| if x[place] > x[best] { place } else { best });
                    largest.into_iter().for_each(|place| slopes[place] = *slope);
                }
                Pooling::Mean => places.for_each(|place| slopes[place] = slope / self.size as f32),
            }
        }
        slopes
    }

    /// Where the values of pool `sample` of channel `channel` lie.
    fn places(&self, channel: usize, sample: usize) -> impl Iterator<Item = usize> + use<> {
        let Self { channels, size, .. } = *self;
        (sample * size..(sample + 1) * size).map(move |position| position * channels + channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(outputs: usize, inputs: usize, weight: &[f32], bias: &[f32]) -> Dense {
        Dense { outputs, inputs, weight: weight.to_vec(), bias: bias.to_vec() }
    }

    /// Two channels of five samples; two filters a channel, of two taps, every two samples.
    fn front() -> FrontEnd {
        let depthwise = dense(4, 2, &[1.0, 0.0, 1.0, -1.0, 2.0, 0.0, 0.0, 1.0], &[0.0, 0.5, 0.0, -1.0]);
        let pointwise = dense(2, 4, &[1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, -1.0], &[0.0, 1.0]);
        let convolution = Convolution { depthwise, stride: 2, pointwise, pool: 2, pooling: Pooling::Max };
        FrontEnd { channels: 2, samples: 5, convolutions: vec![convolution] }
    }

    const X: [f32; 10] = [1.0, 2.0, 4.0, 3.0, 9.0, 0.0, 5.0, 1.0, 1.0, 9.0];

    #[test]
    fn a_convolution_by_hand() {
        let front = front();
        let [found] = &front.activations(&X)[..] else { panic!("one convolution") };
        // Positions 0 and 1 read samples 0 1 and 2 3 of each channel; sample 4 is left out.
        assert_eq!(found.depthwise, [1.0, -0.5, 0.0, 4.0, 4.0, 1.5, 2.0, 0.0]);
        assert_eq!(found.pointwise, [0.5, 0.0, 5.5, 3.0]);
        assert_eq!(found.pooled, [5.5, 3.0]);
        assert_eq!((front.inputs(), front.outputs()), (10, 2));
        let mut mean = front.clone();
        mean.convolutions[0].pooling = Pooling::Mean;
        assert_eq!(mean.activations(&X)[0].pooled, [3.0, 1.5]);
        mean.convolutions[0].pool = 1;
        assert_eq!(mean.activations(&X)[0].pooled, [0.5, 5.5, 0.0, 3.0], "a pool of one turns rows and columns");
        assert_eq!(mean.outputs(), 4);
    }

    #[test]
    fn slopes_are_those_of_the_function() {
        for pooling in [Pooling::Max, Pooling::Mean] {
            let mut front = front();
            front.convolutions[0].pooling = pooling;
            let second = Convolution {
                depthwise: dense(4, 1, &[0.5, -1.0, 2.0, 0.3], &[0.2, 3.0, 0.0, 0.0]),
                stride: 1,
                pointwise: dense(1, 4, &[1.0, 0.7, 0.4, 1.0], &[0.1]),
                pool: 1,
                pooling,
            };
            front.convolutions.push(second);
            let activations = front.activations(&X);
            let slopes = front.through(&activations, vec![1.5]);
            for sample in 0..X.len() {
                let output = |step: f32| {
                    let mut x = X;
                    x[sample] += step;
                    1.5 * front.activations(&x)[1].pooled[0]
                };
                let numeric = (output(0.01) - output(-0.01)) / 0.02;
                assert!((numeric - slopes[sample]).abs() < 1e-3, "{pooling:?} {sample}: {numeric} {}", slopes[sample]);
            }
            assert!(slopes.iter().any(|slope| *slope != 0.0));
        }
    }
}
