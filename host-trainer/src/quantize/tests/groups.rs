//! Several trunks, hidden layers of heads, and tasks that read other tasks.

use trunkline_shared::model::LayerRole;
use trunkline_shared::model::build::WeightSpec;

use super::*;
use crate::config::ReadOf;
use crate::model::ReadPath;

/// The same tasks on two trunks, three of them with hidden layers of their own.
fn grouped_network(random: &mut ChaCha8Rng) -> FloatModel {
    let mut model = network(random);
    model.trunks.push(Trunk { branches: vec![], layers: vec![dense(random, 10, FEATURES, 0.8)] });
    let heads: [(usize, usize, &[usize]); 3] = [(0, 1, &[8]), (2, 0, &[]), (3, 1, &[6, 5])];
    for (task, trunk, widths) in heads {
        let mut width = if trunk == 0 { 12 } else { 10 };
        let head = &mut model.heads[task];
        head.trunk = trunk;
        for outputs in widths {
            head.hidden.push(dense(random, *outputs, width, 0.8));
            width = *outputs;
        }
        head.head = Some(dense(random, head.outputs(), width, 1.0));
    }
    model
}

/// The grouped network with tasks that read others: an embedding and an output, also of a task that stands later.
pub(super) fn cascade(random: &mut ChaCha8Rng) -> FloatModel {
    let mut model = grouped_network(random);
    let mut read = |by: usize, task: usize, of, inputs, size| {
        let outputs = model.heads[by].outputs();
        let read = ReadPath { task, of, dense: dense(random, outputs, inputs, size) };
        model.heads[by].reads.push(read);
    };
    read(3, 0, ReadOf::Embedding, 8, 0.5);
    read(3, 1, ReadOf::Output, 3, 0.02);
    read(0, 1, ReadOf::Output, 3, 0.02);
    read(2, 3, ReadOf::Output, 1, 0.5);
    model
}

#[test]
fn hidden_heads_and_a_second_trunk_stay_within_two_percent_on_average() {
    let errors: Vec<f32> = (0..20).flat_map(|seed| worst_errors_of(grouped_network, 16, seed)).collect();
    let mean = errors.iter().sum::<f32>() / errors.len() as f32;
    assert!(mean < 0.02, "{mean}");
}

#[test]
fn trunks_come_first_and_each_hidden_layer_has_a_tensor() {
    let mut random = ChaCha8Rng::seed_from_u64(23);
    let model = grouped_network(&mut random);
    let rows = rows(&mut random, &model, 50);
    let integers = quantized(&model, &rows, 16);
    let roles: Vec<LayerRole> = integers.layers.iter().map(|layer| layer.role).collect();
    let (trunk, head, linear) = (LayerRole::Trunk, LayerRole::Head, LayerRole::Linear);
    let expected =
        [trunk, trunk, trunk, head(0), head(3), head(3), head(0), linear(1), head(2), head(3), linear(0), linear(3)];
    assert_eq!(roles, expected);
    let views = integers.views.len();
    let elements: Vec<u16> = integers.tensors[views..].iter().map(|tensor| tensor.elements).collect();
    assert_eq!(elements, [24, 12, 10, 8, 6, 5, 4, 3, 1, 1]);
}

#[test]
fn what_tasks_read_of_others_stays_as_close() {
    let errors: Vec<f32> = (0..20).flat_map(|seed| worst_errors_of(cascade, 16, seed)).collect();
    let mean = errors.iter().sum::<f32>() / errors.len() as f32;
    assert!(mean < 0.02, "{mean}");
}

#[test]
fn a_task_is_whole_before_another_reads_it() {
    let mut random = ChaCha8Rng::seed_from_u64(29);
    let model = cascade(&mut random);
    assert_eq!(model.order(), [1, 0, 3, 2]);
    let rows = rows(&mut random, &model, 50);
    let integers = quantized(&model, &rows, 16);
    let outputs = integers.tensors.len() - 4;
    let written = |tensor: u8| integers.layers.iter().rposition(|layer| layer.output == tensor).unwrap();
    let mut reading = 0;
    for (index, layer) in integers.layers.iter().enumerate().filter(|(_, layer)| usize::from(layer.input) >= outputs) {
        assert!(index > written(layer.input) && layer.accumulate && matches!(layer.weights, WeightSpec::I16(_)));
        reading += 1;
    }
    assert_eq!(reading, 3);
    let elements: Vec<u16> = integers.tensors[outputs..].iter().map(|tensor| tensor.elements).collect();
    assert_eq!(elements, [4, 3, 1, 1]);
}

#[test]
fn reads_that_make_no_sense_are_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(31);
    let model = cascade(&mut random);
    let rows = rows(&mut random, &model, 10);
    let calibration = Calibration::measure(&model, rows.iter().map(Vec::as_slice)).unwrap();
    let refusal = |change: &dyn Fn(&mut FloatModel)| {
        let mut model = model.clone();
        change(&mut model);
        quantize(&model, &calibration, &[16; 4]).unwrap_err().to_string()
    };
    let inputs = refusal(&|model| model.heads[3].reads[1] = ReadPath { task: 0, ..model.heads[2].reads[0].clone() });
    assert!(inputs.contains("has 1 inputs, 4 expected"), "{inputs}");
    let circle = refusal(&|model| model.heads[3].reads[0] = ReadPath { task: 2, ..model.heads[2].reads[0].clone() });
    assert!(circle.contains("the tasks binary, value read each other in a circle"), "{circle}");
    assert!(refusal(&|model| model.heads[0].reads[0].task = 9).contains("what task \"both\" reads has 10 tasks"));
    let embedding = refusal(&|model| model.heads[0].reads[0].of = ReadOf::Embedding);
    assert!(embedding.contains("what task \"both\" reads has 0 hidden layers"), "{embedding}");
}
