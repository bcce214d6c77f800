//! The artifact: its bytes, its answers, where it says that it comes from, and how it is scored anew.

use trunkline_shared::model::validate;
use trunkline_trainer::artifact::HostPart;
use trunkline_trainer::data::{ChannelData, Dataset};
use trunkline_trainer::evaluate::{Limits, Outcome, Unobserved, run, run_integers, score_artifact};

use super::{ROWS, dataset, outcome, project, run_on, worst_difference};

#[test]
fn the_artifact_is_the_same_to_the_byte_on_one_thread_and_on_two() {
    let (one, two) = (run_on(1, &project(), Limits::default()), outcome());
    assert_eq!(one.model.image, two.model.image);
    assert_eq!(one.cross_validation, two.cross_validation);
    assert_eq!(one.resolved_project, two.resolved_project);
}

#[test]
fn the_artifact_passes_its_self_test_and_answers_as_the_float_network_does() {
    let spread = worst_difference(outcome());
    assert!(spread < 0.02, "{spread}");
}

#[test]
fn temperatures_and_thresholds_are_carried_in_the_artifact_and_leave_the_counts_as_they_are() {
    let limits = Limits { seeds: Some(1), folds: Some(1) };
    let overlay = "[training.calibration]\nfolds = 3\n[[tasks]]\nname = \"pass\"\nthreshold = { false_alarm_cost = 1.0, miss_cost = 20.0 }";
    let calibrated = project().overlaid(overlay, "calibrated").unwrap();
    let [plain, calibrated] =
        [project(), calibrated].map(|project| run(&project, &dataset(), limits, &Unobserved).unwrap());
    let [before, after] = [&plain, &calibrated].map(|outcome| validate(&outcome.model.image).unwrap());
    let rows: Vec<usize> = (0..ROWS).collect();
    let [raw, scaled] =
        [&before, &after].map(|model| run_integers(model, &plain.model.prepared.windows, &rows).unwrap());
    let tasks: Vec<_> = before.header().tasks.iter().zip(after.header().tasks.iter()).collect();
    for (index, (before, after)) in tasks.into_iter().enumerate() {
        let decision = calibrated.model.float.heads[index].decision;
        assert!((after.scale * decision.temperature / before.scale - 1.0).abs() < 1e-6);
        assert_eq!(after.threshold, (decision.threshold / after.scale).floor() as i16);
        for (raw, scaled) in raw.tasks[index].iter().flatten().zip(scaled.tasks[index].iter().flatten()) {
            let counts = |outputs: &[f32], scale: f32, offset: f32| -> Vec<f32> {
                outputs.iter().map(|output| ((output - offset) / scale).round()).collect()
            };
            let expected = counts(&raw.outputs, before.scale, before.offset);
            assert_eq!(counts(&scaled.outputs, after.scale, after.offset), expected);
        }
    }
    let record = &calibrated.record.tasks[1];
    let threshold = record.calibration.as_ref().unwrap().threshold.unwrap();
    assert_eq!(calibrated.model.float.heads[1].decision.threshold, threshold.logit);
    assert!(threshold.cost.is_some() && record.joint_int8.contains_key("cost"));
    assert!(plain.record.tasks[1].calibration.is_none() && !plain.record.tasks[1].joint_int8.contains_key("cost"));
}

#[test]
fn the_host_part_tells_where_the_model_comes_from() {
    let Outcome { record, model, .. } = outcome();
    let part = HostPart::decode(validate(&model.image).unwrap().host_part()).unwrap();
    assert_eq!((part.config_sha256, part.data_sha256), (record.config_sha256.clone(), record.data_sha256.clone()));
    assert_eq!((part.seed, part.rows, part.seeds), (3, ROWS as u32, vec![3, 4]));
    assert_eq!(part.relation, record.relation);
    let f1 = &part.metrics[0].metrics[1];
    assert_eq!((part.metrics[0].task.as_str(), f1.0.as_str()), ("fault", "macro_f1"));
    assert_eq!(f1.1, record.tasks[0].joint_int8["macro_f1"].mean);
}

#[test]
fn scores_on_the_models_own_rows_are_called_so() {
    let Outcome { model, .. } = outcome();
    let artifact = validate(&model.image).unwrap();
    let mut data = dataset();
    let scores = score_artifact(&artifact, &data).unwrap();
    assert!(scores.training_rows && scores.rows == ROWS);
    assert!(scores.tasks[2].metrics["r2"] > 0.8 && scores.tasks[0].metrics["accuracy"] > 0.8);

    data.sha256 = "cd".repeat(32);
    assert!(!score_artifact(&artifact, &data).unwrap().training_rows);

    let refusal = |change: &dyn Fn(&mut Dataset)| {
        let mut data = dataset();
        change(&mut data);
        score_artifact(&artifact, &data).unwrap_err().to_string()
    };
    assert!(refusal(&|data| data.channels[1].name = "pressure".into()).contains("vibration, pressure"));
    assert!(refusal(&|data| data.channels[0].rate_mhz = 1).contains("channel `vibration` has 24 samples"));
    assert!(refusal(&|data| data.tasks[1].class_names[0] = "bad".into()).contains("task `pass`"));
    let other_range = |data: &mut Dataset| {
        if let ChannelData::Counts { scale, .. } = &mut data.channels[0].data {
            *scale *= 2.0;
        }
    };
    assert!(refusal(&other_range).contains("another range"));
}
