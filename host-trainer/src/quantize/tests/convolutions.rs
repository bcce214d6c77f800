//! Branches that convolve raw samples.

use trunkline_shared::kernels::WeightKind;
use trunkline_shared::model::{LayerOp, RawView};

use super::simulated::answers_as_the_integers_do;
use super::*;
use crate::config::Pooling;
use crate::model::{Convolution, FrontEnd, LayerPlace, ModalityBranch};

const SAMPLES: usize = 90;

/// The same tasks on a trunk that reads two convolutions over three channels, and the features beside them.
fn convolved(random: &mut ChaCha8Rng, pooling: Pooling, widths: &[usize]) -> FloatModel {
    let mut model = network(random);
    let mut convolution =
        |channels, (kernel, stride, filters, multiplier, pool): (usize, usize, usize, usize, usize)| Convolution {
            depthwise: dense(random, channels * multiplier, kernel, 1.5),
            stride,
            pointwise: dense(random, filters, channels * multiplier, 1.5),
            pool,
            pooling,
        };
    // 90 samples, 42 positions, 14 pools, 12 positions, 3 pools.
    let convolutions = vec![convolution(3, (7, 2, 6, 2, 3)), convolution(6, (3, 1, 5, 1, 4))];
    let front = FrontEnd { channels: 3, samples: SAMPLES, convolutions };
    let inputs = [front.outputs()].into_iter().chain(widths.iter().copied());
    let layers: Vec<Dense> =
        widths.iter().zip(inputs).map(|(outputs, inputs)| dense(random, *outputs, inputs, 0.9)).collect();
    let columns = FEATURES..FEATURES + front.inputs();
    let raw = ModalityBranch { name: "raw".into(), columns, front: Some(front), layers };
    let beside = ModalityBranch { name: "features".into(), columns: 0..FEATURES, front: None, layers: vec![] };
    model.trunks[0].layers[0] = dense(random, 24, raw.outputs() + FEATURES, 0.8);
    model.trunks[0].branches = vec![raw, beside];
    let scale = |(channel, mean, gain)| RawScale { channel, samples: SAMPLES, mean, gain };
    // Gains of 8 significant bits, from a window that fills the range to one of a few counts.
    model.normalization.raw =
        [(0, -311.0, 0.000_244_140_63), (1, 12_000.0, 0.001_953_125), (2, 3.0, 0.75)].map(scale).to_vec();
    model
}

const SHAPES: [(Pooling, &[usize]); 3] = [(Pooling::Max, &[9]), (Pooling::Mean, &[8, 5]), (Pooling::Max, &[])];

#[test]
fn convolutions_err_by_less_than_two_percent_on_average() {
    for (pooling, widths) in SHAPES {
        let network = |random: &mut ChaCha8Rng| convolved(random, pooling, widths);
        let errors: Vec<f32> = (0..10).flat_map(|seed| worst_errors_of(network, 16, seed)).collect();
        let mean = errors.iter().sum::<f32>() / errors.len() as f32;
        assert!(mean < 0.02, "{pooling:?} {widths:?}: {mean} of {errors:?}");
    }
}

#[test]
fn the_graph_on_its_grids_answers_as_the_integers_do() {
    for (pooling, widths) in SHAPES {
        for bits in [[16; 4], [8, 16, 16, 8]] {
            let network = |random: &mut ChaCha8Rng| convolved(random, pooling, widths);
            answers_as_the_integers_do(&network, bits);
            // And where the units over the filters have weights of 4 bits.
            let narrow = |random: &mut ChaCha8Rng| {
                let mut model = network(random);
                let units = |convolution| LayerPlace::Pointwise { trunk: 0, branch: 0, convolution };
                model.narrow = vec![units(0), units(1), LayerPlace::Trunk { trunk: 0, layer: 1 }];
                model
            };
            answers_as_the_integers_do(&narrow, bits);
        }
    }
}

#[test]
fn samples_enter_by_raw_views_of_the_very_gain_and_layers_have_their_ops() {
    let mut random = ChaCha8Rng::seed_from_u64(29);
    let mut model = convolved(&mut random, Pooling::Mean, &[9]);
    model.narrow = vec![LayerPlace::Pointwise { trunk: 0, branch: 0, convolution: 1 }];
    let rows = rows(&mut random, &model, 50);
    let integers = quantized(&model, &rows, 16);
    let [x, y, z] = integers.raw_views[..] else { panic!("{:?}", integers.raw_views) };
    let bits = integers.tensors[usize::from(x.tensor)].range_bits;
    for (view, scale) in [x, y, z].iter().zip(&model.normalization.raw) {
        assert_eq!((view.tensor, view.channel, f32::from(view.mean)), (x.tensor, scale.channel, scale.mean));
        let counts = f64::from(view.multiplier) / f64::from(1 << 18);
        assert_eq!(counts, f64::from(scale.gain) * f64::from(1u32 << (bits - 3)), "{view:?}");
    }
    assert!(bits == 15 && integers.tensors[usize::from(x.tensor)].elements == 270, "{bits}");
    assert!(!integers.views.iter().any(|view| view.tensor == x.tensor));
    let ops: Vec<_> = integers.layers[..7].iter().map(|layer| (layer.op, layer.weights.kind())).collect();
    let pool = |channels, size| LayerOp::Pool { kind: trunkline_shared::kernels::PoolKind::Mean, channels, size };
    assert_eq!(
        ops,
        [
            (LayerOp::Depthwise { channels: 3, kernel: 7, stride: 2 }, WeightKind::I8),
            (LayerOp::Pointwise { channels: 6 }, WeightKind::I8),
            (pool(6, 3), WeightKind::I8),
            (LayerOp::Depthwise { channels: 6, kernel: 3, stride: 1 }, WeightKind::I8),
            (LayerOp::Pointwise { channels: 6 }, WeightKind::I4),
            (pool(5, 4), WeightKind::I8),
            (LayerOp::Dense, WeightKind::I8),
        ]
    );
    // A second trunk reads the same samples through the same views.
    let mut two = model.clone();
    two.trunks.push(two.trunks[0].clone());
    two.heads[2].trunk = 1;
    let both = quantized(&two, &rows, 16);
    let views: Vec<RawView> = both.raw_views.clone();
    assert_eq!(views, [x, y, z]);
    let filters = |model: &QuantizedModel| {
        model.layers.iter().filter(|layer| matches!(layer.op, LayerOp::Depthwise { .. })).count()
    };
    assert_eq!((filters(&integers), filters(&both)), (2, 4));
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let mut random = ChaCha8Rng::seed_from_u64(31);
    let model = convolved(&mut random, Pooling::Max, &[9]);
    let rows = rows(&mut random, &model, 20);
    let calibration = Calibration::measure(&model, rows.iter().map(Vec::as_slice)).unwrap();
    let refusal = |change: &dyn Fn(&mut ModalityBranch)| {
        let mut model = model.clone();
        change(&mut model.trunks[0].branches[0]);
        quantize(&model, &calibration, &[16; 4]).unwrap_err().to_string()
    };
    let front = |change: fn(&mut FrontEnd)| refusal(&|branch| branch.front.iter_mut().for_each(change));
    assert!(refusal(&|branch| branch.columns = 40..300).contains("270 raw samples, 260 expected"));
    assert!(front(|front| front.samples = 80).contains("240 raw samples, 270 expected"));
    assert!(
        front(|front| front.convolutions[0].stride = 0).contains("convolution 0 of branch \"raw\" has 0 samples from")
    );
    assert!(front(|front| front.convolutions[1].pool = 13).contains("0 positions after pooling"));
    assert!(front(|front| front.convolutions[1].depthwise.weight[0] = f32::NAN).contains("not finite"));
    assert!(front(|front| front.convolutions.truncate(1)).contains("2 convolutions, 1 expected"));
}
