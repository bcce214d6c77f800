//! From rows to an artifact, on a small synthetic data set made here: what is trained, quantized and laid out answers as the float
//! network does, and the same to the bit on any number of threads.

use std::sync::OnceLock;

use trunkline_shared::model::{Runtime, TaskKind, TaskRole, validate};
use trunkline_trainer::artifact::HostPart;
use trunkline_trainer::config::{self, Project};
use trunkline_trainer::data::{ChannelData, Dataset, DatasetChannel, Labels, TaskLabels};
use trunkline_trainer::evaluate::{
    EvaluateError, Limits, Outcome, SCHEMA_VERSION, Unobserved, run, run_integers, score_artifact,
};

const ROWS: usize = 180;
const SAMPLES: usize = 24;

const PROJECT: &str = r#"
name = "small machine"

[data]
loader = "cycles"
file = "labels.csv"
window_s = 0.24

[split]
method = "grouped"
folds = 3
group = "machine"

[[channels]]
name = "vibration"
unit = "g"
file = "vibration.tsv"
rate_hz = 100.0
range = [-8.0, 8.0]
features = ["sd", "min", "max", "block_means(4)"]

[[channels]]
name = "temperature"
unit = "degC"
file = "temperature.tsv"
rate_hz = 100.0
range = [0.0, 100.0]
features = ["mean", "slope"]

[[tasks]]
name = "fault"
role = "fault"
kind = "multi-class"
target = { column = "fault" }
classes = ["0", "1", "2"]
linear = { mode = "frozen" }

[[tasks]]
name = "pass"
role = "quality"
kind = "binary"
target = { column = "pass" }
classes = ["0", "1"]
linear = { mode = "trained", bits = 8 }

[[tasks]]
name = "energy"
role = "energy"
kind = "regression"
unit = "Wh"
target = { column = "energy" }
loss = { name = "huber", delta = 0.5 }
linear = { mode = "off" }

[model]
trunk = [10, 6]

[training]
seeds = [3, 4]
epochs = 25
batch = 16
learning_rate = 0.01
early_stopping = { validation = 0.0 }

[quantization]
golden_windows = 3
"#;

fn project() -> Project {
    config::parse(PROJECT, "small.toml").unwrap()
}

/// Vibration grows with the fault, temperature with the load; the part passes where both are small; energy follows the load.
fn dataset() -> Dataset {
    let mut state = 12345u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let (mut vibration, mut temperature) = (Vec::new(), Vec::new());
    let (mut fault, mut pass, mut energy) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..ROWS {
        let (class, load) = ((random() * 3.0) as u16, random());
        for _ in 0..SAMPLES {
            vibration.push(((random() - 0.5) * (1.0 + 2.0 * f32::from(class)) * 4096.0) as i16);
            temperature.push(((20.0 + 50.0 * load + random()) / 100.0 * 65534.0 - 32767.0) as i16);
        }
        // Some labels are missing, one task at a time.
        fault.push((row % 11 != 0).then_some(class));
        pass.push((row % 13 != 1).then_some(u16::from(class == 0 && load < 0.7)));
        energy.push((row % 7 != 2).then_some(40.0 + 25.0 * load + 5.0 * f32::from(class) * load));
    }
    let channel = |name: &str, unit: &str, counts, scale, offset| DatasetChannel {
        name: name.into(),
        unit: unit.into(),
        rate_mhz: 100_000,
        samples: SAMPLES,
        data: ChannelData::Counts { counts, scale, offset, saturated: 0 },
    };
    let task = |name: &str, role, kind, unit: &str, classes: &[&str], labels| TaskLabels {
        name: name.into(),
        role,
        kind,
        unit: unit.into(),
        class_names: classes.iter().map(|class| (*class).into()).collect(),
        labels,
    };
    Dataset {
        rows: ROWS,
        window_ms: 240,
        channels: vec![
            channel("vibration", "g", vibration, 8.0 / 32767.0, 0.0),
            channel("temperature", "degC", temperature, 50.0 / 32767.0, 50.0),
        ],
        tasks: vec![
            task("fault", TaskRole::Fault, TaskKind::MultiClass, "", &["0", "1", "2"], Labels::Classes(fault)),
            task("pass", TaskRole::Quality, TaskKind::Binary, "", &["0", "1"], Labels::Classes(pass)),
            task("energy", TaskRole::Energy, TaskKind::Regression, "Wh", &[], Labels::Values(energy)),
        ],
        groups: Some((0..ROWS as u32).map(|row| row / 10).collect()),
        group_names: (0..ROWS.div_ceil(10)).map(|group| group.to_string()).collect(),
        folds: None,
        subsets: Vec::new(),
        weights: None,
        hours: None,
        sha256: "ab".repeat(32),
    }
}

fn outcome_on(threads: usize) -> Outcome {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| run(&project(), &dataset(), Limits::default(), &Unobserved).unwrap())
}

/// One outcome for all tests that only look at it.
fn outcome() -> &'static Outcome {
    static OUTCOME: OnceLock<Outcome> = OnceLock::new();
    OUTCOME.get_or_init(|| outcome_on(2))
}

#[test]
fn the_artifact_is_the_same_to_the_byte_on_one_thread_and_on_two() {
    let (one, two) = (outcome_on(1), outcome());
    assert_eq!(one.model.image, two.model.image);
    assert_eq!(one.cross_validation, two.cross_validation);
    assert_eq!(one.resolved_project, two.resolved_project);
}

#[test]
fn the_artifact_passes_its_self_test_and_answers_as_the_float_network_does() {
    let spread = worst_difference(outcome());
    assert!(spread < 0.02, "{spread}");
}

/// Largest difference between the artifact's answers and the float network's, in spreads of the task's answers. The artifact passes
/// its self-test.
fn worst_difference(outcome: &Outcome) -> f32 {
    let model = &outcome.model;
    let artifact = validate(&model.image).unwrap();
    let mut arena = vec![0; artifact.arena_bytes() as usize / 4];
    let mut window = vec![0; artifact.window_len()];
    Runtime::new(artifact.clone(), &mut arena).unwrap().self_test(&mut window).unwrap();

    let features = &model.prepared.features;
    let rows: Vec<usize> = (0..ROWS).collect();
    let integers = run_integers(&artifact, &model.prepared.windows, &rows).unwrap();
    let mut worst = 0f32;
    for (task, answers) in integers.tasks.iter().enumerate() {
        let float = |row: usize| model.float.forward(&features.data[row * features.columns..][..features.columns]);
        let floats: Vec<Vec<f32>> = rows.iter().map(|row| float(*row)[task].clone()).collect();
        let values = || floats.iter().flatten().copied();
        let spread = values().fold(f32::MIN, f32::max) - values().fold(f32::MAX, f32::min);
        for (float, integer) in floats.iter().zip(answers) {
            let differences = float.iter().zip(&integer.as_ref().unwrap().outputs).map(|(a, b)| (a - b).abs() / spread);
            worst = differences.fold(worst, f32::max);
        }
    }
    worst
}

#[test]
fn hidden_heads_groups_and_cascades_run_as_they_were_trained() {
    let groups = "[model]\ngroups = [{ tasks = ['energy'], trunk = [5] }, { tasks = ['fault', 'pass'] }]\n";
    let hidden =
        "[model]\nhead = [8]\n[[tasks]]\nname = 'pass'\nhidden = [6, 4]\n[[tasks]]\nname = 'fault'\nhidden = []\n";
    // The fault has a frozen linear path; energy and fault stand on other trunks than the tasks that read them.
    let cascade = "[[tasks]]\nname = 'pass'\nreads = [{ task = 'energy', of = 'embedding' }, { task = 'fault' }]\n\
                   [[tasks]]\nname = 'energy'\nhidden = [6]\nreads = [{ task = 'fault' }]\n";
    let cut = Limits { seeds: Some(1), folds: Some(1) };
    for (overlay, trunks) in
        [(groups.to_owned(), 2), (hidden.to_owned(), 1), (cascade.to_owned(), 1), (groups.to_owned() + cascade, 2)]
    {
        let project = project().overlaid(&overlay, "overlay").unwrap();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(&project, &dataset(), cut, &Unobserved).unwrap())
        };
        let outcome = on(1);
        assert_eq!(outcome.model.image, on(2).model.image, "{overlay}");
        let difference = worst_difference(&outcome);
        assert!(difference < 0.02, "{overlay}: {difference}");
        assert_eq!(outcome.model.float.trunks.len(), trunks, "{overlay}");
        assert_eq!(config::parse(&outcome.resolved_project, "resolved.toml").unwrap(), project);
        let score = |task: usize, metric: &str| outcome.record.tasks[task].joint_int8[metric].mean;
        let scores = [score(0, "macro_f1"), score(1, "auc"), score(2, "r2")];
        assert!(scores.iter().all(|score| *score > 0.7), "{overlay}: {scores:?}");
    }
}

#[test]
fn a_network_larger_than_any_artifact_is_refused_before_training() {
    let project = project().overlaid("model.trunk = [400, 400]", "overlay").unwrap();
    let error = run(&project, &dataset(), Limits::default(), &Unobserved).unwrap_err();
    assert!(matches!(error, EvaluateError::TooLarge { limit: 131_072, .. }), "{error}");
    assert!(error.to_string().contains("model.trunk"), "{error}");
}

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
fn a_branch_for_each_channel_goes_the_whole_way_to_the_device() {
    let branches = "trunk = [10, 6]\n[[model.branches]]\nname = \"heat\"\nchannels = [\"temperature\"]\nwidths = [4]\n\
                    [[model.branches]]\nname = \"motion\"\nchannels = [\"vibration\"]\nwidths = [8, 5]\n";
    let text = PROJECT.replace("trunk = [10, 6]\n", branches).replace("seeds = [3, 4]", "seeds = [3]");
    let project = config::parse(&text, "small.toml").unwrap();
    let outcome = run(&project, &dataset(), Limits::default(), &Unobserved).unwrap();
    let features = &outcome.model.prepared.features;
    assert_eq!(features.names[..2], ["temperature.mean", "temperature.slope"]);
    let model = validate(&outcome.model.image).unwrap();
    let views: Vec<_> = model.views().map(|(view, span)| (view.first, span.elements)).collect();
    assert_eq!(views[..2], [(0, 2), (2, 7)]);
    for (task, metric) in [(0, "macro_f1"), (1, "auc"), (2, "r2")] {
        let record = &outcome.record.tasks[task];
        let (float, integer) = (record.joint_f32[metric].mean, record.joint_int8[metric].mean);
        assert!(integer > 0.7 && (float - integer).abs() < 0.02, "{metric}: {float} {integer}");
    }
    let other = run(&project, &dataset(), Limits::default(), &Unobserved).unwrap();
    assert_eq!(other.model.image, outcome.model.image);
    assert_eq!(config::parse(&outcome.resolved_project, "resolved.toml").unwrap(), project);
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
fn an_evaluation_can_be_cut_short() {
    let limits = Limits { seeds: Some(1), folds: Some(1) };
    let outcome = run(&project(), &dataset(), limits, &Unobserved).unwrap();
    assert_eq!((outcome.record.folds, outcome.record.folds_in_split, outcome.record.seeds), (1, 3, vec![3]));
    assert!(outcome.record.test_rows < ROWS);
    let none = Limits { folds: Some(0), ..limits };
    assert!(matches!(run(&project(), &dataset(), none, &Unobserved), Err(EvaluateError::Nothing { .. })));
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
