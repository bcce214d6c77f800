//! Outputs beside the plain loops, gradients beside finite differences.

use candle_core::Var;

use super::*;
use crate::config::Pooling;
use crate::model::init::{Stream, generator, he_normal};
use crate::model::{Convolution, Dense, FrontEnd};

const ROWS: usize = 3;

/// Three channels of 29 samples, 7 taps, two filters a channel, every third sample, five units, pools of three.
fn op(pooling: Pooling) -> Convolve {
    let form = ConvolutionConfig { kernel: 7, stride: 3, filters: 5, multiplier: 2, pool: 3, pooling };
    Convolve { channels: 3, samples: 29, form, input_gradient: true, grids: None }
}

fn random(stream: Stream, shape: &[usize]) -> Var {
    let values = he_normal(&mut generator(5, stream), 2, shape.iter().product());
    Var::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// Samples, filters and units with their biases.
fn operands() -> [Var; 5] {
    [
        random(Stream::Noise, &[ROWS, 3 * 29]),
        random(Stream::Weights, &[7, 6]),
        random(Stream::Dropout, &[6]),
        random(Stream::Batches, &[6, 5]),
        random(Stream::Mixup, &[5]),
    ]
}

fn apply(op: Convolve, [x, filters, filter_biases, units, unit_biases]: &[Var; 5]) -> Result<Tensor> {
    op.apply(x, [filters, filter_biases], [units, unit_biases])
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn outputs_are_those_of_the_plain_loops() {
    for pooling in [Pooling::Max, Pooling::Mean] {
        let (op, operands) = (op(pooling), operands());
        let dense = |weight: &Var, bias: &Var| {
            let (inputs, outputs) = weight.dims2().unwrap();
            Dense { outputs, inputs, weight: values(&weight.t().unwrap()), bias: values(bias) }
        };
        let [x, filters, filter_biases, units, unit_biases] = &operands;
        let convolution = Convolution {
            depthwise: dense(filters, filter_biases),
            stride: 3,
            pointwise: dense(units, unit_biases),
            pool: 3,
            pooling,
        };
        let front = FrontEnd { channels: 3, samples: 29, convolutions: vec![convolution] };
        let found = apply(op, &operands).unwrap().to_vec2::<f32>().unwrap();
        for (found, x) in found.iter().zip(x.to_vec2::<f32>().unwrap()) {
            let expected = &front.activations(&x)[0].pooled;
            // 8 positions, two pools of a rest of two.
            assert_eq!((found.len(), expected.len()), (10, 10));
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
        }
    }
}

/// The slope of `loss` by each element of each operand, by central differences of `step`.
fn differences(operands: &[Var; 5], step: f32, loss: impl Fn() -> f64) -> Vec<Vec<f64>> {
    let of = |var: &Var| {
        let start = values(var);
        let set = |values: Vec<f32>| var.set(&Tensor::from_vec(values, var.shape(), &Device::Cpu).unwrap()).unwrap();
        let slope = |element: usize| {
            let at = |step: f32| {
                let mut moved = start.clone();
                moved[element] += step;
                set(moved);
                loss()
            };
            (at(step) - at(-step)) / f64::from(2.0 * step)
        };
        let slopes = (0..start.len()).map(slope).collect();
        set(start.clone());
        slopes
    };
    operands.iter().map(of).collect()
}

#[test]
fn gradients_are_those_of_finite_differences() {
    for pooling in [Pooling::Max, Pooling::Mean] {
        let (op, operands) = (op(pooling), operands());
        let factors = random(Stream::Conflicts, &[ROWS, 10]);
        let product = || (apply(op, &operands).unwrap() * factors.as_tensor()).unwrap();
        let gradients = product().sum_all().unwrap().backward().unwrap();
        // Summed in f64, so that a small step is told from rounding.
        let loss = || values(&product()).into_iter().map(f64::from).sum();
        let expected = differences(&operands, 1e-3, loss);
        let (mut compared, mut off) = (0, 0);
        for (var, expected) in operands.iter().zip(expected) {
            for (found, expected) in values(gradients.get(var).unwrap()).into_iter().zip(expected) {
                compared += 1;
                // A kink of ReLU or of a pool within the step is another slope.
                off += usize::from((f64::from(found) - expected).abs() > 0.01 * expected.abs().max(1.0));
            }
        }
        assert!(compared == 3 * 87 + 42 + 6 + 30 + 5 && off <= compared / 50, "{pooling:?}: {off} of {compared}");
    }
}

#[test]
fn on_grids_every_part_is_rounded_and_gradients_stop_at_their_limits() {
    let coarse = Grid { step: 0.25, low: -8.0, high: 7.0 };
    let units = Grid { step: 0.5, low: 0.0, high: 7.0 };
    for pooling in [Pooling::Max, Pooling::Mean] {
        let (plain, operands) = (op(pooling), operands());
        let rounded = Convolve { grids: Some([coarse, units]), ..plain };
        let outputs = values(&apply(rounded, &operands).unwrap());
        assert!(outputs.iter().all(|value| (value / 0.5).fract() == 0.0 && (0.0..=3.5).contains(value)), "{outputs:?}");
        assert!(outputs.iter().any(|value| *value > 0.0));
        let gradients = apply(rounded, &operands).unwrap().sum_all().unwrap().backward().unwrap();
        let slopes = |var: &Var| values(gradients.get(var).unwrap());
        assert!(slopes(&operands[1]).iter().all(|slope| slope.is_finite()) && slopes(&operands[1])[0] != 0.0);
        // Within limits that nothing reaches, a fine grid is as good as none, forward and back.
        let fine = Grid { step: 1.0 / 4096.0, low: -32768.0 * 8.0, high: 32768.0 * 8.0 };
        let close = Convolve { grids: Some([fine, Grid { low: 0.0, ..fine }]), ..plain };
        let (a, b) = (apply(plain, &operands).unwrap(), apply(close, &operands).unwrap());
        let (a_slopes, b_slopes) = (a.sum_all().unwrap().backward().unwrap(), b.sum_all().unwrap().backward().unwrap());
        let near = |a: &Tensor, b: &Tensor| values(a).iter().zip(values(b)).all(|(a, b)| (a - b).abs() < 0.02);
        assert!(near(&a, &b));
        for var in &operands {
            assert!(near(a_slopes.get(var).unwrap(), b_slopes.get(var).unwrap()), "{pooling:?}");
        }
        // Beyond its limits, here all but 0, a unit no longer moves.
        let tight = Convolve { grids: Some([fine, Grid { step: 1e-6, low: 0.0, high: 0.0 }]), ..plain };
        let gradients = apply(tight, &operands).unwrap().sum_all().unwrap().backward().unwrap();
        assert!(values(gradients.get(&operands[1]).unwrap()).iter().all(|slope| *slope == 0.0));
    }
}

#[test]
fn an_input_that_nobody_trains_gets_no_gradient_and_misfits_are_refused() {
    let (op, operands) = (op(Pooling::Max), operands());
    let loss = apply(Convolve { input_gradient: false, ..op }, &operands).unwrap().sum_all().unwrap();
    let gradients = loss.backward().unwrap();
    assert!(gradients.get(&operands[0]).is_none() && gradients.get(&operands[1]).is_some());
    for form in [
        ConvolutionConfig { kernel: 6, ..op.form },
        ConvolutionConfig { filters: 4, ..op.form },
        ConvolutionConfig { multiplier: 1, ..op.form },
        ConvolutionConfig { pool: 9, ..op.form },
    ] {
        assert!(apply(Convolve { form, ..op }, &operands).is_err(), "{form:?}");
    }
    assert!(apply(Convolve { samples: 28, ..op }, &operands).is_err());
}
