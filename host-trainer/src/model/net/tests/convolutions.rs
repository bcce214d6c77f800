//! Branches that convolve raw samples.

use super::*;
use crate::config::{ConvolutionConfig, Pooling};
use crate::model::{FrontShape, RawScale};

const SAMPLES: usize = 30;

/// Two convolutions over two channels, and layers of `widths` over them; the features beside them.
fn raw_branches(pooling: Pooling, widths: &[usize]) -> Vec<BranchShape> {
    let form = |kernel, stride, filters, multiplier, pool| ConvolutionConfig {
        kernel,
        stride,
        filters,
        multiplier,
        pool,
        pooling,
    };
    let front =
        FrontShape { channels: 2, samples: SAMPLES, convolutions: vec![form(5, 2, 6, 2, 2), form(3, 1, 4, 1, 1)] };
    let end = FEATURES + 2 * SAMPLES;
    vec![
        BranchShape { name: "raw".into(), columns: FEATURES..end, front: Some(front), widths: widths.to_vec() },
        BranchShape { name: "features".into(), columns: 0..FEATURES, front: None, widths: vec![] },
    ]
}

/// Rows of features and of two channels' samples, as they are.
fn raw_identity() -> Normalization {
    let scale = |channel| RawScale { channel, samples: SAMPLES, mean: 0.0, gain: 1.0 };
    Normalization { raw: vec![scale(0), scale(1)], ..identity() }
}

fn raw_input() -> Tensor {
    let width = raw_identity().width();
    let data: Vec<f32> = (0..6 * width).map(|i| ((i * i) as f32 * 0.37).sin() * 2.0).collect();
    Tensor::from_vec(data, (6, width), &Device::Cpu).unwrap()
}

/// Tasks of which one reads another through its frozen linear path.
fn cascade_on_one() -> Vec<TaskWiring> {
    let mut tasks = tasks();
    tasks[1].reads.push(ReadWiring { task: 0, of: ReadOf::Output });
    tasks
}

#[test]
fn graph_and_plain_loops_agree_and_a_model_is_taken_up_again() {
    let (one, two) = (&[vec![7, 4]][..], &[vec![7, 4], vec![9]][..]);
    for (trunks, tasks) in [(one, tasks()), (two, grouped()), (one, cascade_on_one())] {
        for (pooling, widths) in [(Pooling::Max, &[5][..]), (Pooling::Mean, &[])] {
            let branches = raw_branches(pooling, widths);
            let net = Net::branched(FEATURES, &branches, trunks, tasks.clone(), 1.0, 3).unwrap();
            fill(&net);
            compare_on(&raw_input(), &raw_identity(), &net, &tasks);
            let model = net.to_float(&raw_identity()).unwrap();
            let front = model.trunks[0].branches[0].front.as_ref().unwrap();
            assert_eq!(front.shape(), *branches[0].front.as_ref().unwrap());
            let again = Net::of_model(&model, net.tasks.clone()).unwrap().to_float(&raw_identity()).unwrap();
            assert_eq!(again.trunks, model.trunks);
            let names = net.variable_names();
            assert_eq!(names.len(), net.variables().len());
            assert_eq!(names[3], "trunk[0].branches[0].convolutions[0].pointwise.bias");
        }
    }
}

#[test]
fn gradients_through_convolutions_are_those_of_finite_differences() {
    for pooling in [Pooling::Max, Pooling::Mean] {
        let net = Net::branched(FEATURES, &raw_branches(pooling, &[5]), &[vec![7]], tasks(), 1.0, 3).unwrap();
        fill(&net);
        let loss = || {
            let outputs = net.forward(&raw_input(), &raw_input(), &[]).unwrap();
            outputs.sqr().unwrap().mean_all().unwrap()
        };
        let gradients = loss().backward().unwrap();
        for ((_, var), name) in net.variables().into_iter().zip(net.variable_names()) {
            let found = gradients.get(var).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let start = var.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let length = found.iter().map(|slope| slope * slope).sum::<f32>().sqrt();
            assert!(length > 0.0, "{name}");
            // Along the gradient itself: there the slope is its length.
            let at = |step: f32| {
                let along = start.iter().zip(&found).map(|(value, slope)| value + step * slope / length);
                var.set(&Tensor::from_vec(along.collect::<Vec<_>>(), var.shape(), &Device::Cpu).unwrap()).unwrap();
                f64::from(loss().to_scalar::<f32>().unwrap())
            };
            let numeric = (at(2e-3) - at(-2e-3)) / 4e-3;
            at(0.0);
            assert!((numeric / f64::from(length) - 1.0).abs() < 0.03, "{pooling:?} {name}: {numeric} {length}");
        }
    }
}

#[test]
fn a_convolution_reads_its_own_samples_alone() {
    let net = Net::branched(FEATURES, &raw_branches(Pooling::Max, &[5]), &[vec![7]], tasks(), 1.0, 3).unwrap();
    let model = net.to_float(&raw_identity()).unwrap();
    let row = raw_input().to_vec2::<f32>().unwrap().swap_remove(0);
    let with = |change: &dyn Fn(&mut [f32])| {
        let mut row = row.clone();
        change(&mut row);
        let activations = model.activations(&row);
        (activations.branches[0][0].layers[0].clone(), activations.outputs)
    };
    let (branch, outputs) = with(&|_| ());
    let (same, moved) = with(&|row| row[0] += 1.0);
    assert_eq!(branch, same);
    assert_ne!(outputs, moved, "the trunk reads the features beside it");
    assert_ne!(branch, with(&|row| row[FEATURES + SAMPLES + 3] += 1.0).0);
}
