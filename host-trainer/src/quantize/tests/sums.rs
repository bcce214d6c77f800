//! Paths that cancel out: the sums on the way to an output are larger than the output.

use trunkline_shared::model::LayerRole;

use super::*;
use crate::config::ReadOf;
use crate::model::ReadPath;

/// One task on two features without a trunk: head and linear path are `head` and `linear` times the first feature less the second.
fn cancelling(head: f32, linear: f32) -> TaskHead {
    let path = |factor: f32| Dense { outputs: 1, inputs: 2, weight: vec![factor, -factor], bias: vec![0.0] };
    TaskHead {
        task: format!("{head} and {linear}"),
        kind: TaskKind::Regression,
        trunk: 0,
        hidden: vec![],
        head: Some(path(head)),
        linear: Some(path(linear)),
        reads: vec![],
        target: TargetScale { mean: 0.0, sd: 1.0 },
        decision: Decision::default(),
    }
}

fn model(heads: Vec<TaskHead>) -> FloatModel {
    let normalization = Normalization { mean: vec![0.0; 2], gain: vec![1.0; 2], clip_sd: 8.0, raw: vec![] };
    FloatModel { normalization, trunks: vec![Trunk { branches: vec![], layers: vec![] }], heads, narrow: vec![] }
}

fn grid() -> Vec<Vec<f32>> {
    (0..100).map(|row| vec![(row % 10) as f32 / 3.0 - 1.5, (row / 10) as f32 / 3.0 - 1.5]).collect()
}

/// Largest error of task `task` relative to its largest output.
fn error(float: &FloatModel, integers: &QuantizedModel, task: usize) -> f32 {
    let (mut worst, mut largest) = (0f32, 0f32);
    for row in grid() {
        let (expected, found) = (float.forward(&row)[task][0], run(integers, &row)[task][0]);
        (worst, largest) = (worst.max((expected - found).abs()), largest.max(expected.abs()));
    }
    worst / largest
}

fn measured(model: &FloatModel) -> Calibration {
    let rows = grid();
    Calibration::measure(model, rows.iter().map(Vec::as_slice)).unwrap()
}

#[test]
fn paths_that_cancel_out_are_added_up_without_a_limit_on_the_way() {
    let mut float = model(vec![cancelling(-37.0, 40.0), cancelling(2.0, 1.0)]);
    let read = Dense { outputs: 1, inputs: 1, weight: vec![-30.0], bias: vec![0.0] };
    let mut reader = cancelling(80.0, 12.0);
    reader.reads = vec![ReadPath { task: 1, of: ReadOf::Output, dense: read }];
    float.heads.push(reader);
    let calibration = measured(&float);
    let largest = float.forward(&[1.5, -1.5]);
    assert!((f64::from(37.0 / 3.0 * largest[0][0]) - calibration.sums[0]).abs() < 1e-3, "{calibration:?}");
    assert!((f64::from(92.0 / 2.0 * largest[2][0]) - calibration.sums[2]).abs() < 1e-2, "{calibration:?}");
    let integers = quantize(&float, &calibration, &[16; 3]).unwrap();
    for task in 0..3 {
        let error = error(&float, &integers, task);
        assert!(error < 0.02, "task {task}: {error}");
    }
}

#[test]
fn a_further_head_whose_paths_cancel_out_has_the_range_of_its_sums() {
    let old = model(vec![cancelling(2.0, 1.0)]);
    let integers = quantize(&old, &measured(&old), &[16]).unwrap();
    let float = model(vec![old.heads[0].clone(), cancelling(-37.0, 40.0)]);
    let head_reads = integers.layers.iter().find(|layer| layer.role == LayerRole::Head(0)).unwrap().input;
    let view = integers.views.iter().find(|view| view.tensor == head_reads).unwrap();
    let trunk = TrunkTensor { tensor: head_reads, step: 0.5f64.powi(i32::from(view.fraction_bits)) };
    let extended = extend(&integers, &float, &measured(&float), 16, Some(trunk)).unwrap();
    let error = error(&float, &extended, 1);
    assert!(error < 0.02, "{error}");
}

#[test]
fn sums_within_the_room_above_the_output_leave_its_scale_as_it_is() {
    let float = model(vec![cancelling(-0.5, 1.5)]);
    let mut calibration = measured(&float);
    let integers = quantize(&float, &calibration, &[16]).unwrap();
    calibration.sums = vec![calibration.outputs[0].max];
    assert_eq!(quantize(&float, &calibration, &[16]).unwrap(), integers);
}
