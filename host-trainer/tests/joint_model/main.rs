//! From rows to an artifact, on a small synthetic data set made here: what is trained, quantized and laid out answers as the float
//! network does, and the same to the bit on any number of threads.

mod artifact;
mod convolutions;
mod record;
mod shapes;

use std::sync::OnceLock;

use trunkline_shared::model::{Runtime, TaskKind, TaskRole, validate};
use trunkline_trainer::config::{self, Project};
use trunkline_trainer::data::{ChannelData, Dataset, DatasetChannel, Labels, TaskLabels};
use trunkline_trainer::evaluate::{Limits, Outcome, Unobserved, run, run_integers};

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

fn run_on(threads: usize, project: &Project, limits: Limits) -> Outcome {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| run(project, &dataset(), limits, &Unobserved).unwrap())
}

/// One outcome for all tests that only look at it.
fn outcome() -> &'static Outcome {
    static OUTCOME: OnceLock<Outcome> = OnceLock::new();
    OUTCOME.get_or_init(|| run_on(2, &project(), Limits::default()))
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
    let rows: Vec<usize> = (0..features.rows).collect();
    let integers = run_integers(&artifact, &model.prepared.windows, &rows).unwrap();
    let mut worst = 0f32;
    for (task, answers) in integers.tasks.iter().enumerate() {
        let float = |row: usize| model.float.forward(features.row(row));
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
