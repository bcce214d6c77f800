//! What the record of an evaluation holds, and what its figures may rest on.

use trunkline_shared::model::validate;
use trunkline_trainer::config;
use trunkline_trainer::data::{ChannelData, Labels};
use trunkline_trainer::evaluate::{EvaluateError, Limits, Outcome, SCHEMA_VERSION, Unobserved, run};

use super::{PROJECT, ROWS, SAMPLES, dataset, outcome, project};

#[test]
fn the_record_holds_every_contender_and_joint_beats_the_constant() {
    let Outcome { record, cross_validation, resolved_project, .. } = outcome();
    assert_eq!(record.schema_version, SCHEMA_VERSION);
    assert_eq!((record.folds, record.folds_in_split, record.rows, record.test_rows), (3, 3, ROWS, ROWS));
    assert_eq!(record.seeds, [3, 4]);
    let json = serde_json::to_value(record).unwrap();
    let contenders = ["constant", "linear", "single", "single_same_size", "joint_f32", "joint_int8"];
    for (task, metrics) in [
        ("fault", &["accuracy", "ece", "macro_f1", "nll"][..]),
        ("pass", &["accuracy", "auc", "auc_pooled", "ece", "macro_f1", "nll", "precision", "recall"]),
        ("energy", &["mae", "r2", "rmse"]),
    ]
    .iter()
    .enumerate()
    .map(|(index, (name, metrics))| {
        assert_eq!(json["tasks"][index]["name"], *name);
        (&json["tasks"][index], *metrics)
    }) {
        for contender in contenders {
            let found: Vec<&String> = task[contender].as_object().unwrap().keys().collect();
            // A constant answer of the first class has no precision.
            let metrics = metrics.iter().filter(|metric| (contender, **metric) != ("constant", "precision"));
            let metrics: Vec<&str> = metrics.copied().collect();
            assert_eq!(found, metrics, "{contender}");
            for metric in metrics {
                assert!(task[contender][metric]["mean"].is_f64() && task[contender][metric]["sd"].is_f64());
                assert_eq!(task[contender][metric]["per_seed"].as_array().unwrap().len(), 2);
            }
        }
    }
    for key in ["delta_m_percent", "relation", "alternations", "model", "seconds", "config_sha256", "data_sha256"] {
        assert!(!json[key].is_null(), "{key}");
    }
    let mean =
        |task: usize, contender: &str, metric: &str| json["tasks"][task][contender][metric]["mean"].as_f64().unwrap();
    assert!(mean(0, "joint_int8", "macro_f1") > mean(0, "constant", "macro_f1") + 0.3);
    assert!(mean(1, "joint_int8", "auc") > 0.9);
    assert!(mean(2, "joint_int8", "r2") > 0.8);
    assert!((mean(2, "joint_int8", "r2") - mean(2, "joint_f32", "r2")).abs() < 0.01);

    // Every row was in exactly one test fold of each seed, whole machines together.
    for folds in &cross_validation.fold_of_row {
        assert!(folds.chunks(10).all(|machine| machine[0].is_some() && machine.iter().all(|fold| fold == &machine[0])));
    }
    assert_eq!(config::parse(resolved_project, "resolved.toml").unwrap(), project());
}

#[test]
fn each_optional_channel_is_taken_away_and_the_model_scored_once_more() {
    let text =
        PROJECT.replace("name = \"temperature\"", "name = \"temperature\"\noptional = true\nmissing_indicator = true");
    let text =
        text.replace("epochs = 25", "epochs = 25\nmodality_dropout = 0.2").replace("seeds = [3, 4]", "seeds = [3]");
    let project = config::parse(&text, "small.toml").unwrap();
    let outcome = run(&project, &dataset(), Limits::default(), &Unobserved).unwrap();
    let without: Vec<_> = outcome.record.tasks.iter().map(|task| &task.joint_int8_without).collect();
    assert!(without.iter().all(|channels| channels.keys().eq(["temperature"])));
    let mean = |task: usize, metric: &str| without[task]["temperature"][metric].mean;
    // The fault is in the vibration, the energy in the temperature.
    assert!(mean(0, "macro_f1") > outcome.record.tasks[0].joint_int8["macro_f1"].mean - 0.05);
    assert!(mean(2, "r2") < 0.5 && mean(2, "r2") > -0.2, "{}", mean(2, "r2"));
    assert!(outcome.record.tasks[2].joint_int8["r2"].mean > 0.8);
    let model = validate(&outcome.model.image).unwrap();
    let optional: Vec<bool> = model.header().channels.iter().map(|channel| channel.optional).collect();
    assert_eq!(optional, [false, true]);
    assert_eq!(config::parse(&outcome.resolved_project, "resolved.toml").unwrap(), project);
}

#[test]
fn an_evaluation_can_be_cut_short() {
    let limits = Limits { seeds: Some(1), folds: Some(1) };
    let outcome = run(&project(), &dataset(), limits, &Unobserved).unwrap();
    assert_eq!((outcome.record.folds, outcome.record.folds_in_split, outcome.record.seeds), (1, 3, vec![3]));
    assert!(outcome.record.test_rows < ROWS);
    let none = Limits { folds: Some(0), ..limits };
    assert!(matches!(run(&project(), &dataset(), none, &Unobserved), Err(EvaluateError::Nothing { .. })));
}

#[test]
fn test_rows_leave_no_trace_in_the_models_that_answer_them() {
    let limits = Limits { seeds: Some(1), folds: Some(1) };
    let before = run(&project(), &dataset(), limits, &Unobserved).unwrap().cross_validation;
    let tested: Vec<usize> = (0..ROWS).filter(|row| before.fold_of_row[0][*row].is_some()).collect();

    // Other labels for all test rows, and another window for one of them.
    let mut data = dataset();
    for task in &mut data.tasks {
        for row in &tested {
            match &mut task.labels {
                Labels::Classes(classes) => classes[*row] = Some(0),
                Labels::Values(values) => values[*row] = Some(-1e6),
            }
        }
    }
    for channel in &mut data.channels {
        if let ChannelData::Counts { counts, .. } = &mut channel.data {
            counts[tested[0] * SAMPLES..(tested[0] + 1) * SAMPLES].fill(32767);
        }
    }
    let after = run(&project(), &data, limits, &Unobserved).unwrap().cross_validation;
    for (contender, answers) in &before.predictions {
        for (task, before) in answers[0].tasks.iter().enumerate() {
            let after = &after.predictions[contender][0].tasks[task];
            assert!(tested[1..].iter().all(|row| before[*row] == after[*row]), "{contender:?}, task {task}");
        }
    }
}

/// The labels are a line in the load with noise of a known size.
#[test]
fn a_regression_by_likelihood_tells_its_standard_deviation_and_how_honest_it_is() {
    let text = PROJECT.replace("{ name = \"huber\", delta = 0.5 }", "{ name = \"gaussian-nll\" }");
    let project = config::parse(&text, "small.toml").unwrap();
    let mut dataset = dataset();
    let Labels::Values(values) = &mut dataset.tasks[2].labels else { panic!("energy is a value") };
    // A sum of twelve: all but a Gaussian, of standard deviation 4.
    let mut state = 77u32;
    let mut noise = || {
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        4.0 * ((0..12).map(|_| draw()).sum::<f32>() - 6.0)
    };
    values.iter_mut().flatten().for_each(|value| *value += noise());
    let record = run(&project, &dataset, Limits::default(), &Unobserved).unwrap().record;
    let found = record.tasks[2].uncertainty.as_ref().unwrap();
    let error = record.tasks[2].joint_f32["rmse"].mean;
    let sd = found.sd.mean;
    assert!((2.0..8.0).contains(&sd) && sd > 0.5 * error && sd < 1.5 * error, "{sd} beside an error of {error}");
    let shares = [found.within_1_sd.mean, found.within_1_96_sd.mean];
    assert!((0.45..0.85).contains(&shares[0]) && (0.8..=1.0).contains(&shares[1]), "{shares:?}");
    assert_eq!(found.sd.per_seed.len(), 2);
    assert!(record.tasks[..2].iter().all(|task| task.uncertainty.is_none()));
    assert!(outcome().record.tasks.iter().all(|task| task.uncertainty.is_none()), "the Huber loss has none");
    let words = trunkline_trainer::report::calibration::calibrations(&record.tasks);
    assert!(words.len() == 1 && words[0].contains(&format!("{sd:.3} Wh")), "{words:?}");
}
