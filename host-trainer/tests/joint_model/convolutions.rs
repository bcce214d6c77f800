//! Convolutions over raw samples go the whole way to the device, and learn what no feature tells.

use trunkline_shared::model::{LayerOp, Runtime, TaskKind, TaskRole, WeightKind, validate};
use trunkline_trainer::config::{self, Project};
use trunkline_trainer::data::{self, ChannelData, Dataset, DatasetChannel, Labels, TaskLabels};
use trunkline_trainer::evaluate::{Limits, Outcome, Unobserved, run};
use trunkline_trainer::simulate;

use super::{PROJECT, run_on, worst_difference};

const PLANT: &str = include_str!("../../examples/plant_raw.toml");

/// Whether the firmware's application answers the windows of `outcome` as the runtime does, in every bit.
fn replayed(outcome: &Outcome) -> bool {
    let model = validate(&outcome.model.image).unwrap();
    let windows = &outcome.model.prepared.windows;
    let rows = || (0..windows.rows).step_by(7);
    let answers = simulate::replay(&outcome.model.image, rows().map(|row| windows.row(row))).unwrap();
    let mut arena = vec![0; model.arena_bytes().div_ceil(4) as usize];
    let mut runtime = Runtime::new(model, &mut arena).unwrap();
    let mut equal = answers.len() == rows().count();
    for (row, answer) in rows().zip(answers) {
        let expected = runtime.infer(windows.row(row)).unwrap();
        let bits = |features: &[f32]| features.iter().map(|feature| feature.to_bits()).collect::<Vec<_>>();
        equal &= answer.outputs == expected.outputs && bits(&answer.features) == bits(expected.features);
    }
    equal
}

fn filters(outcome: &Outcome) -> usize {
    let model = validate(&outcome.model.image).unwrap();
    model.layers().filter(|(layer, _)| matches!(layer.op, LayerOp::Depthwise { .. })).count()
}

#[test]
fn the_plant_with_raw_vibration_trains_to_the_same_bytes_on_any_number_of_threads() {
    let small = "training.seeds = [1]\ntraining.epochs = 2\nsplit.folds = 2\n\
                 data.plant = { machines = 6, windows_per_machine = 24 }\n";
    let project = config::parse(PLANT, "plant_raw.toml").unwrap().overlaid(small, "small").unwrap();
    let dataset = data::load(&project, None).unwrap();
    let train = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&project, &dataset, Limits::default(), &Unobserved).unwrap())
    };
    let (one, three) = (train(1), train(3));
    assert_eq!(one.model.image, three.model.image);
    assert_eq!(one.cross_validation, three.cross_validation);
    let difference = worst_difference(&one);
    assert!(difference < 0.02, "{difference}");
    assert!(replayed(&one));
    assert!(filters(&one) > 0);
    assert_eq!(config::parse(&one.resolved_project, "resolved.toml").unwrap(), project);
}

/// The rig of the other tests with its vibration and temperature convolved in one branch.
fn small(more: &str) -> Project {
    let branch = "trunk = [10, 6]\n[[model.branches]]\nname = \"raw\"\nchannels = [\"temperature\", \"vibration\"]\nwidths = [6]\n\
                  convolutions = [{ kernel = 4, stride = 2, filters = 6, multiplier = 2, pool = 2 }, \
                  { kernel = 2, filters = 5, pool = 4, pooling = \"mean\" }]\n";
    let text = PROJECT.replace("trunk = [10, 6]\n", branch).replace("seeds = [3, 4]", "seeds = [3]");
    config::parse(&text, "small.toml").unwrap().overlaid(more, "more").unwrap()
}

#[test]
fn every_way_to_train_takes_convolutions_to_the_device() {
    let cut = Limits { seeds: Some(1), folds: Some(1) };
    let groups = "[model]\ngroups = [{ tasks = ['energy'], trunk = [5] }, { tasks = ['fault', 'pass'] }]\n";
    let aware = "quantization = { mode = 'qat', qat_epochs = 4, weights = 'int4' }\n";
    let all = "training = { mixup = 0.2, dropout = 0.1, input_noise = 0.1, gradient = 'pcgrad', weighting = 'famo', \
               modality_dropout = 0.2, calibration = { folds = 2 } }\n\
               quantization = { mode = 'qat', qat_epochs = 4, weights = 'mixed' }\n\
               [[channels]]\nname = 'vibration'\noptional = true\nmissing_indicator = true\n";
    for (more, tolerance, trunks) in [("", 0.02, 1), (groups, 0.02, 2), (aware, 0.4, 1), (all, 0.4, 1)] {
        let project = small(more);
        let outcome = run_on(1, &project, cut);
        assert_eq!(outcome.model.image, run_on(2, &project, cut).model.image, "{more}");
        let difference = worst_difference(&outcome);
        assert!(difference < tolerance, "{more}: {difference}");
        assert!(replayed(&outcome), "{more}");
        assert_eq!(filters(&outcome), 2 * trunks, "{more}");
        let score = |task: usize, metric: &str| outcome.record.tasks[task].joint_int8[metric].mean;
        let scores = [score(0, "macro_f1"), score(1, "auc"), score(2, "r2")];
        assert!(scores.iter().all(|score| *score > 0.6), "{more}: {scores:?}");
        let sources: Vec<_> = outcome.record.tasks[0].importance.iter().flat_map(|it| &it.sources).collect();
        assert_eq!(sources.iter().map(|it| it.source.as_str()).collect::<Vec<_>>(), ["vibration", "temperature"]);
        if project.quantization.weights == config::WeightsConfig::Int4 {
            let model = validate(&outcome.model.image).unwrap();
            let kinds: Vec<_> = model.layers().filter(|(layer, _)| layer.op != LayerOp::Dense).collect();
            let units = kinds.iter().filter(|(layer, _)| matches!(layer.op, LayerOp::Pointwise { .. }));
            assert!(units.clone().count() == 2 && units.clone().all(|(_, layer)| layer.kind == WeightKind::I4));
        }
    }
}

const WINDOW: usize = 128;
const WINDOWS: usize = 480;

/// Impacts that ring down against ones that build up, a few a window at random places, in noise: a window of the second kind is one of
/// the first, read backwards.
///
/// Read backwards a window has the same values in another order, and the same power at every frequency: no statistic and no spectrum can
/// tell the two. The waveform does.
fn impacts() -> Dataset {
    let mut state = 2u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let (mut counts, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..WINDOWS {
        let mut window = vec![0.0f32; WINDOW];
        for _ in 0..3 {
            let (start, size) = ((random() * WINDOW as f32) as usize, 0.5 + random());
            for (time, sample) in window.iter_mut().skip(start).take(40).enumerate() {
                *sample += size * (-(time as f32) / 7.0).exp() * (time as f32 * 1.1).sin();
            }
        }
        window.iter_mut().for_each(|sample| *sample += 0.1 * (random() + random() - 1.0));
        let backwards = random() < 0.5;
        if backwards {
            window.reverse();
        }
        counts.extend(window.iter().map(|sample| (sample * 8000.0) as i16));
        labels.push(Some(u16::from(backwards)));
    }
    let channel = DatasetChannel {
        name: "vibration".into(),
        unit: "g".into(),
        rate_mhz: 1_000_000,
        samples: WINDOW,
        data: ChannelData::Counts { counts, scale: 4.0 / 32767.0, offset: 0.0, saturated: 0 },
    };
    let task = TaskLabels {
        name: "direction".into(),
        role: TaskRole::Fault,
        kind: TaskKind::Binary,
        unit: String::new(),
        class_names: vec!["down".into(), "up".into()],
        labels: Labels::Classes(labels),
    };
    Dataset {
        rows: WINDOWS,
        window_ms: 128,
        channels: vec![channel],
        tasks: vec![task],
        groups: Some((0..WINDOWS as u32).map(|row| row / 20).collect()),
        group_names: (0..WINDOWS / 20).map(|group| group.to_string()).collect(),
        folds: None,
        subsets: Vec::new(),
        weights: None,
        hours: None,
        sha256: "cd".repeat(32),
    }
}

const IMPACTS: &str = r#"
name = "impacts"
[data]
loader = "cycles"
file = "labels.csv"
window_s = 0.128
[split]
method = "grouped"
folds = 3
group = "run"
[[channels]]
name = "vibration"
unit = "g"
file = "vibration.tsv"
rate_hz = 1000.0
range = [-4.0, 4.0]
features = ["mean", "sd", "min", "max", "peak_to_peak", "crest_factor", "skewness", "kurtosis", "block_means(4)",
    "spectral_centroid", "band_energies(16)"]
[[tasks]]
name = "direction"
role = "fault"
kind = "binary"
target = { column = "direction" }
classes = ["down", "up"]
[model]
trunk = [12]
[training]
seeds = [1]
epochs = 40
batch = 16
learning_rate = 0.01
early_stopping = { validation = 0.0 }
"#;

#[test]
fn a_convolution_tells_what_no_statistic_and_no_spectrum_tells() {
    let dataset = impacts();
    let features = config::parse(IMPACTS, "impacts.toml").unwrap();
    let branch = "[[model.branches]]\nname = 'waveform'\nchannels = ['vibration']\n\
                  convolutions = [{ kernel = 24, stride = 2, filters = 8, multiplier = 4, pool = 53 }]\n";
    let raw = config::parse(&format!("{IMPACTS}{branch}"), "impacts.toml").unwrap();
    let [features, raw] =
        [features, raw].map(|project| run(&project, &dataset, Limits::default(), &Unobserved).unwrap());
    let auc = |outcome: &Outcome| {
        let task = &outcome.record.tasks[0];
        [task.joint_f32["auc"].mean, task.joint_int8["auc"].mean]
    };
    let ([told, told_by_integers], [guessed, _]) = (auc(&raw), auc(&features));
    println!("{told} {told_by_integers} {guessed}");
    assert!(told > 0.9 && told_by_integers > 0.9, "{told} {told_by_integers}");
    assert!(guessed < 0.65, "features alone: {guessed}");
}
