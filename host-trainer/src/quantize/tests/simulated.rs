//! The integer network in floating point, on the graph that is trained.

use candle_core::{Device, Tensor};

use super::branches::branched_network;
use super::groups::cascade;
use super::*;
use crate::model::net::{Grids, HeadWiring, LinearWiring, Net, ReadWiring, TaskWiring};
use crate::quantize::simulate;

/// The network of `model` with all of its layers trained.
fn net(model: &FloatModel) -> Net {
    let wiring = |head: &TaskHead| TaskWiring {
        task: head.task.clone(),
        kind: head.kind,
        outputs: head.outputs(),
        kept: head.outputs(),
        head: head
            .head
            .as_ref()
            .map(|_| HeadWiring { trunk: head.trunk, hidden: head.hidden.iter().map(|layer| layer.outputs).collect() }),
        reads: head.reads.iter().map(|read| ReadWiring { task: read.task, of: read.of }).collect(),
        linear: head
            .linear
            .as_ref()
            .map_or(LinearWiring::None, |start| LinearWiring::Trained { start: start.clone(), l2: 0.0 }),
        target: head.target,
    };
    Net::of_model(model, model.heads.iter().map(wiring).collect()).unwrap()
}

/// What training sees is what the device computes: every output within the counts that the paths to it are rounded by.
#[test]
fn the_graph_on_its_grids_answers_as_the_integers_do() {
    let branched = |random: &mut ChaCha8Rng| branched_network(random, [&[16, 9], &[6], &[2]]);
    let networks: [&dyn Fn(&mut ChaCha8Rng) -> FloatModel; 3] = [&network, &cascade, &branched];
    for network in networks {
        answers_as_the_integers_do(network, [16; 4]);
        answers_as_the_integers_do(network, [8, 16, 16, 8]);
    }
}

/// Checks it for a network that `network` gives, with linear paths of `bits` bits.
pub(super) fn answers_as_the_integers_do(network: &dyn Fn(&mut ChaCha8Rng) -> FloatModel, bits: [u8; 4]) {
    let mut random = ChaCha8Rng::seed_from_u64(41);
    let model = network(&mut random);
    let rows = rows(&mut random, &model, 200);
    let calibration = Calibration::measure(&model, rows.iter().map(Vec::as_slice)).unwrap();
    let integers = quantize(&model, &calibration, &bits).unwrap();
    let simulation = simulate(&model, &calibration, &bits, &[]).unwrap();
    // With its ranges given the same comes out.
    assert_eq!(simulate(&model, &calibration, &bits, &simulation.ranges).unwrap(), simulation);

    let net = net(&model);
    net.assign(&simulation.float).unwrap();
    let grids = Grids { inputs: &simulation.inputs, activations: &simulation.activations };
    let rounding = net.rounding(&grids).unwrap();
    let z: Vec<f32> = rows.iter().flat_map(|row| model.normalization.apply(row)).collect();
    let z = Tensor::from_vec(z, (rows.len(), model.normalization.width()), &Device::Cpu).unwrap();
    let rounded = net.forward_on(&z, &z, &[], Some(&rounding)).unwrap().to_vec2::<f32>().unwrap();
    net.assign(&model).unwrap();
    let float = net.forward(&z, &z, &[]).unwrap().to_vec2::<f32>().unwrap();
    // Differences from the integers in counts of the outputs.
    let (mut of_rounded, mut of_float) = (Vec::new(), Vec::new());
    for (row, (rounded, float)) in rows.iter().zip(rounded.iter().zip(&float)) {
        let mut outputs = rounded.iter().zip(float);
        for (task, values) in run(&integers, row).iter().enumerate() {
            let (head, scale) = (&model.heads[task], integers.outputs[task].scale);
            let counts = |output: &f32, value: &f32| (output * head.target.sd + head.target.mean - value).abs() / scale;
            for (value, (rounded, float)) in values.iter().zip(&mut outputs) {
                of_rounded.push(counts(rounded, value));
                of_float.push(counts(float, value));
            }
        }
    }
    let mean = |counts: &[f32]| counts.iter().sum::<f32>() / counts.len() as f32;
    let (close, far) = (mean(&of_rounded), mean(&of_float));
    // Beside the roundings of outputs, which others may read, a hidden count that falls to the other side of a half is worth several.
    assert!(close < 3.0 && far > 8.0 * close, "{bits:?}: {close} {far}");
}
