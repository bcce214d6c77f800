//! Every mistake in a project file is answered with its line, its key, what is wrong, and what to do.

use trunkline_trainer::config::{ConfigError, parse};

/// A project without mistakes. Each case below changes one line of it.
const CYCLES: &str = r#"name = "rig"
[data]
loader = "cycles"
file = "labels.csv"
window_s = 2.0
[split]
method = "grouped"
group = "run"
folds = 5
[[channels]]
name = "p"
file = "p.txt"
rate_hz = 100.0
range = [0.0, 10.0]
features = ["mean", "band_energies(8)"]
fft_size = 128
[[channels]]
name = "q"
file = "q.txt"
rate_hz = 100.0
range = [0.0, 10.0]
features = ["block_means(4)"]
[[channels]]
name = "r"
file = "r.txt"
rate_hz = 100.0
range = [0.0, 10.0]
[[magnitudes]]
name = "pqr"
channels = ["p", "q", "r"]
features = ["rms"]
[[tasks]]
name = "wear"
role = "fault"
kind = "multi-class"
target = { column = "wear" }
classes = ["0", "1", "2"]
class_names = ["new", "used", "worn"]
[[tasks]]
name = "power"
role = "energy"
kind = "regression"
unit = "W"
target = { channel = "p", statistic = "mean", factor = 2.0 }
loss = { name = "huber", delta = 0.5 }
weight = 1.0
linear = { mode = "zero", scale = 1.0, l2 = 1e-3 }
[[tasks]]
name = "reject"
role = "quality"
kind = "binary"
target = { column = "reject" }
classes = ["no", "yes"]
[model]
trunk = [8, 4]
clip_sd = 8.0
head_init = 0.1
[training]
seeds = [1, 2]
epochs = 10
batch = 16
learning_rate = 1e-3
weight_decay = 0.1
warmup_epochs = 2
input_noise = 0.3
[training.early_stopping]
validation = 0.2
patience = 5
[training.relation]
strength = 1e-3
epsilon = 1e-3
every_epochs = 1
tolerance = 1e-2
[quantization]
linear_bits = 16
golden_windows = 4
"#;

/// The error after replacing the first `from` (which may span lines); the line expected is where `to` starts.
fn error(from: &str, to: &str) -> (ConfigError, usize) {
    let start = CYCLES.find(from).unwrap_or_else(|| panic!("the text has no {from:?}"));
    let line = CYCLES[..start].matches('\n').count() + 1;
    match parse(&CYCLES.replacen(from, to, 1), "rig.toml") {
        Err(error) => (error, line),
        Ok(_) => panic!("{to:?} was accepted"),
    }
}

/// (text, its replacement, key, part of the problem, part of the remedy), the error standing on the text's line.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

fn check(cases: &[Case]) {
    for (from, to, key, problem, remedy) in cases {
        let (error, line) = error(from, to);
        assert_eq!(error.key, *key, "{to}: {error}");
        assert_eq!(error.line, Some(line), "{to}: {error}");
        assert!(error.problem.contains(problem), "{to}: {error}");
        assert!(error.remedy.contains(remedy), "{to}: {error}");
    }
}

#[test]
fn the_text_itself_is_accepted() {
    parse(CYCLES, "rig.toml").unwrap();
}

#[test]
fn an_error_reads_as_one_line_with_file_line_key_problem_and_remedy() {
    let (error, _) = error("trunk = [8, 4]", "trunk = [8, 0]");
    assert_eq!(error.to_string(), "rig.toml:55: model.trunk[1]: a layer of 0 units; 1 to 1024");
}

#[test]
fn broken_syntax_unknown_keys_and_wrong_types_are_named() {
    check(&[
        ("clip_sd = 8.0", "clip_sd = ", "", "not valid TOML", "mend the line"),
        (
            "rate_hz = 100.0\nrange",
            "ratehz = 100.0\nrange",
            "channels[0].ratehz",
            "unknown field",
            "did you mean \"rate_hz\"?",
        ),
        ("epochs = 10", "epoch = 10", "training.epoch", "unknown field", "did you mean \"epochs\"?"),
        ("patience = 5", "patienc = 5", "training.early_stopping.patienc", "unknown field", "\"patience\""),
        ("[quantization]", "[quantisation]", "quantisation", "unknown field", "\"quantization\""),
        ("epochs = 10", "epochs = \"ten\"", "training.epochs", "invalid type", "numbers and true/false"),
        ("epochs = 10", "epochs = -1", "training.epochs", "invalid value", "one of the forms"),
        ("trunk = [8, 4]", "trunk = [8, 4.5]", "model.trunk[1]", "invalid type", "expected type"),
        ("range = [0.0, 10.0]", "range = [0.0]", "channels[0].range", "invalid length", "expected type"),
        ("loader = \"cycles\"", "loader = \"cycle\"", "data.loader", "unknown variant", "did you mean \"cycles\"?"),
        ("kind = \"binary\"", "kind = \"bianry\"", "tasks[2].kind", "unknown variant", "did you mean \"binary\"?"),
        ("role = \"fault\"", "role = \"faults\"", "tasks[0].role", "unknown variant", "did you mean \"fault\"?"),
        (
            "target = { column = \"wear\" }",
            "target = { colum = \"wear\" }",
            "tasks[0].target.colum",
            "unknown field",
            "\"column\"",
        ),
        (
            "target = { column = \"wear\" }",
            "target = { channel = \"p\" }",
            "tasks[0].target",
            "either",
            "one of the forms",
        ),
        ("statistic = \"mean\"", "statistic = \"median\"", "tasks[1].target.statistic", "unknown variant", "mean"),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"huber\" }",
            "tasks[1].loss",
            "huber needs its knee",
            "",
        ),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"mse\", delta = 0.5 }",
            "tasks[1].loss",
            "only huber",
            "",
        ),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"focal\" }",
            "tasks[1].loss",
            "focal needs its exponent",
            "",
        ),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"mse\", gamma = 2.0 }",
            "tasks[1].loss",
            "only focal",
            "",
        ),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"focal\", gamma = 2.0, smoothing = 0.1 }",
            "tasks[1].loss",
            "have a smoothing",
            "",
        ),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"mse\", class_weights = \"balanced\" }",
            "tasks[1].loss",
            "only losses of classes",
            "",
        ),
        ("mode = \"zero\"", "mode = \"none\"", "tasks[1].linear.mode", "unknown variant", "off"),
    ]);
}

#[test]
fn a_missing_key_is_named_with_its_table() {
    let (error, line) = error("[[tasks]]\nname = \"wear\"\n", "[[tasks]]\n");
    assert_eq!((error.key.as_str(), error.line), ("tasks[0].name", Some(line)), "{error}");
    assert_eq!(error.remedy, "add the key name");
}

#[test]
fn the_data_table_is_checked() {
    check(&[
        ("window_s = 2.0", "window_s = 0.0", "data.window_s", "a window of 0 s", "whole milliseconds"),
        ("window_s = 2.0", "window_s = nan", "data.window_s", "NaN", "whole milliseconds"),
        (
            "file = \"labels.csv\"",
            "file = \"\"",
            "data.file",
            "needs the file of labels",
            "relative to the data folder",
        ),
    ]);
    for (from, to, key) in [
        ("window_s = 2.0\n", "", "data.window_s"),
        ("file = \"labels.csv\"\n", "", "data.file"),
        ("window_s = 2.0\n", "window_s = 2.0\nheader = \"h\"\n", "data.header"),
        ("window_s = 2.0\n", "window_s = 2.0\nplant = {}\n", "data.plant"),
    ] {
        assert_eq!(error(from, to).0.key, key);
    }
    let weights = CYCLES.replace("window_s = 2.0", "window_s = 2.0\nrow_weight = \"times\"");
    parse(&weights, "rig.toml").unwrap();
    let personal = weights.replace("[model]", "[personalize]\nby = \"run\"\n[model]");
    let error = parse(&personal, "rig.toml").unwrap_err();
    assert!(error.key == "data.row_weight" && error.problem.contains("personal heads"), "{error}");
    let plant = include_str!("../examples/plant.toml").replace("[data]", "[data]\nrow_weight = \"times\"");
    let error = parse(&plant, "plant.toml").unwrap_err();
    assert!(error.key == "data.row_weight" && error.problem.contains("only read with"), "{error}");
}

#[test]
fn the_split_is_checked() {
    check(&[
        ("folds = 5", "folds = 1", "split.folds", "1 folds", "at least 2"),
        (
            "group = \"run\"\nfolds = 5",
            "column = \"f\"\ngroup = \"run\"\nfolds = 5",
            "split.column",
            "only read with",
            "\"folds\"",
        ),
    ]);
    check(&[(
        "method = \"grouped\"\ngroup = \"run\"",
        "group = \"run\"\nmethod = \"random\"",
        "split.group",
        "parts the rows of a group",
        "choose method = \"grouped\", or remove the key",
    )]);
    assert_eq!(error("group = \"run\"\n", "").0.key, "split.group");
    assert_eq!(error("method = \"grouped\"", "method = \"folds\"").0.key, "split.column");
}

#[test]
fn channels_are_checked() {
    check(&[
        ("name = \"p\"", "name = \"\"", "channels[0].name", "empty", "give a name"),
        ("name = \"p\"", "name = \" p\"", "channels[0].name", "spaces", "remove"),
        ("name = \"q\"", "name = \"p\"", "channels[1].name", "named \"p\"", "must differ"),
        ("name = \"pqr\"", "name = \"p\"", "magnitudes[0].name", "named \"p\"", "must differ"),
        ("rate_hz = 100.0", "rate_hz = 100.3", "channels[0].rate_hz", "200.6 samples", "whole number"),
        ("rate_hz = 100.0", "rate_hz = 0.0", "channels[0].rate_hz", "0 Hz", "millihertz"),
        ("rate_hz = 100.0", "rate_hz = 0.0001", "channels[0].rate_hz", "0.0001 Hz", "millihertz"),
        ("rate_hz = 100.0", "rate_hz = 10000.0", "channels[0].rate_hz", "20000 samples", "16384"),
        ("range = [0.0, 10.0]", "range = [10.0, 0.0]", "channels[0].range", "from 10 to 0", "LOW below HIGH"),
        ("range = [0.0, 10.0]", "range = [0.0, nan]", "channels[0].range", "NaN", "LOW below HIGH"),
        ("range = [0.0, 10.0]", "range = [0.0, inf]", "channels[0].range", "inf", "at most"),
        ("fft_size = 128", "fft_size = 100", "channels[0].fft_size", "no power of two", "(128)"),
        ("fft_size = 128", "fft_size = 256", "channels[0].fft_size", "exceeds the window of 200", "at most 128"),
        (
            "features = [\"mean\", \"band_energies(8)\"]",
            "features = [\"mean\", \"bandenergies(8)\"]",
            "channels[0].features[1]",
            "unknown feature",
            "did you mean",
        ),
        (
            "features = [\"mean\", \"band_energies(8)\"]",
            "features = [\"mean\", \"mean\"]",
            "channels[0].features[1]",
            "repeats",
            "remove",
        ),
        (
            "features = [\"mean\", \"band_energies(8)\"]",
            "features = [\"end_difference(101)\"]",
            "channels[0].features[0]",
            "at least 202 samples",
            "at most end_difference(100)",
        ),
        (
            "features = [\"mean\", \"band_energies(8)\"]",
            "features = [\"band_energy(10..60)\"]",
            "channels[0].features[0]",
            "half the sample rate, 50 Hz",
            "lower",
        ),
        (
            "file = \"p.txt\"\nrate_hz",
            "column = \"p\"\nfile = \"p.txt\"\nrate_hz",
            "channels[0].column",
            "only read with loader = \"table\"",
            "remove",
        ),
        (
            "file = \"p.txt\"\nrate_hz",
            "transform = \"rank\"\nfile = \"p.txt\"\nrate_hz",
            "channels[0].transform",
            "no transform",
            "table",
        ),
    ]);
    for (line, key) in
        [("file = \"p.txt\"\n", "file"), ("rate_hz = 100.0\n", "rate_hz"), ("range = [0.0, 10.0]\n", "range")]
    {
        assert_eq!(error(line, "").0.key, format!("channels[0].{key}"));
    }
    // A channel that no feature and no magnitude reads.
    assert_eq!(
        error("channels = [\"p\", \"q\", \"r\"]\nfeatures = [\"rms\"]", "features = [\"rms\"]").0.key,
        "magnitudes[0].channels"
    );
    let alone =
        CYCLES.replace("[[magnitudes]]\nname = \"pqr\"\nchannels = [\"p\", \"q\", \"r\"]\nfeatures = [\"rms\"]\n", "");
    assert_eq!(parse(&alone, "rig.toml").unwrap_err().key, "channels[2].features");
}

#[test]
fn magnitudes_are_of_three_different_input_channels_with_equal_codes() {
    check(&[
        (
            "channels = [\"p\", \"q\", \"r\"]",
            "channels = [\"p\", \"q\", \"s\"]",
            "magnitudes[0].channels[2]",
            "no input channel is named \"s\"",
            "known: p, q, r",
        ),
        (
            "channels = [\"p\", \"q\", \"r\"]",
            "channels = [\"p\", \"q\", \"q\"]",
            "magnitudes[0].channels[2]",
            "stands twice",
            "three different",
        ),
        ("features = [\"rms\"]", "features = []", "magnitudes[0].features", "nothing is computed", "list features"),
        (
            "features = [\"rms\"]",
            "features = [\"block_means(201)\"]",
            "magnitudes[0].features[0]",
            "200 samples",
            "at most",
        ),
    ]);
    let unequal = CYCLES.replace("range = [0.0, 10.0]\n[[magnitudes]]", "range = [0.0, 20.0]\n[[magnitudes]]");
    let error = parse(&unequal, "rig.toml").unwrap_err();
    assert_eq!(error.key, "magnitudes[0].channels[2]");
    assert!(error.problem.contains("\"r\" and \"p\" differ"), "{error}");
}

#[test]
fn tasks_are_checked() {
    check(&[
        ("name = \"power\"", "name = \"wear\"", "tasks[1].name", "named \"wear\"", "must differ"),
        (
            "target = { column = \"wear\" }",
            "target = { column = \"\" }",
            "tasks[0].target.column",
            "no column",
            "header",
        ),
        (
            "target = { column = \"wear\" }",
            "target = { channel = \"p\", statistic = \"mean\" }",
            "tasks[0].target.statistic",
            "a statistic is a value",
            "regression",
        ),
        (
            "channel = \"p\", statistic",
            "channel = \"pp\", statistic",
            "tasks[1].target.channel",
            "no channel is named \"pp\"",
            "did you mean \"p\"?",
        ),
        ("factor = 2.0", "factor = 0.0", "tasks[1].target.factor", "a factor of 0", "but 0"),
        ("classes = [\"0\", \"1\", \"2\"]", "classes = [\"0\", \"1\"]", "tasks[0].classes", "at least three", "binary"),
        (
            "classes = [\"0\", \"1\", \"2\"]",
            "classes = [\"0\", \"1\", \"1.0\"]",
            "tasks[0].classes[2]",
            "\"1.0\" stands twice",
            "as numbers",
        ),
        (
            "classes = [\"0\", \"1\", \"2\"]",
            "classes = [\"0\", \"1\", \"2|0\"]",
            "tasks[0].classes[2]",
            "\"0\" stands twice",
            "differ",
        ),
        (
            "classes = [\"no\", \"yes\"]",
            "classes = [\"no\", \"yes\", \"perhaps\"]",
            "tasks[2].classes",
            "two classes, here are 3",
            "[NEGATIVE, POSITIVE]",
        ),
        (
            "class_names = [\"new\", \"used\", \"worn\"]",
            "class_names = [\"new\", \"used\"]",
            "tasks[0].class_names",
            "2 names for 3",
            "one a class",
        ),
        (
            "class_names = [\"new\", \"used\", \"worn\"]",
            "class_names = [\"new\", \"used\", \"used\"]",
            "tasks[0].class_names[2]",
            "named \"used\"",
            "differ",
        ),
        ("unit = \"W\"", "classes = [\"a\"]", "tasks[1].classes", "no classes", "remove"),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"cross-entropy\" }",
            "tasks[1].loss",
            "does not suit a regression",
            "huber",
        ),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"huber\", delta = 0.0 }",
            "tasks[1].loss.delta",
            "outside",
            "range",
        ),
        (
            "classes = [\"0\", \"1\", \"2\"]",
            "loss = { name = \"gaussian-nll\" }\nclasses = [\"0\", \"1\", \"2\"]",
            "tasks[0].loss",
            "does not suit a multi-class",
            "focal",
        ),
        (
            "classes = [\"no\", \"yes\"]",
            "loss = { name = \"cross-entropy\" }\nclasses = [\"no\", \"yes\"]",
            "tasks[2].loss",
            "does not suit a binary",
            "binary-cross-entropy",
        ),
        (
            "classes = [\"no\", \"yes\"]",
            "loss = { name = \"focal\", gamma = -1.0 }\nclasses = [\"no\", \"yes\"]",
            "tasks[2].loss.gamma",
            "outside",
            "range",
        ),
        (
            "classes = [\"0\", \"1\", \"2\"]",
            "loss = { name = \"cross-entropy\", smoothing = 1.0 }\nclasses = [\"0\", \"1\", \"2\"]",
            "tasks[0].loss.smoothing",
            "outside",
            "range",
        ),
        (
            "classes = [\"0\", \"1\", \"2\"]",
            "loss = { name = \"cross-entropy\", class_weights = [1.0, 2.0] }\nclasses = [\"0\", \"1\", \"2\"]",
            "tasks[0].loss.class_weights",
            "2 weights for 3 classes",
            "balanced",
        ),
        (
            "classes = [\"no\", \"yes\"]",
            "loss = { name = \"focal\", gamma = 2.0, class_weights = [1.0, 0.0] }\nclasses = [\"no\", \"yes\"]",
            "tasks[2].loss.class_weights[1]",
            "a weight of 0",
            "above 0",
        ),
        (
            "unit = \"W\"",
            "threshold = { precision = 0.9 }\nunit = \"W\"",
            "tasks[1].threshold",
            "a regression task has no threshold",
            "remove",
        ),
        (
            "classes = [\"no\", \"yes\"]",
            "threshold = { precision = 0.9 }\nclasses = [\"no\", \"yes\"]",
            "tasks[2].threshold",
            "has not seen",
            "[training.calibration]",
        ),
        ("weight = 1.0", "weight = 0.0", "tasks[1].weight", "a weight of 0", "above 0"),
        ("weight = 1.0", "weight = nan", "tasks[1].weight", "NaN", "above 0"),
        ("scale = 1.0", "scale = -1.0", "tasks[1].linear.scale", "-1 lies outside", "range"),
        ("l2 = 1e-3", "l2 = -1.0", "tasks[1].linear.l2", "-1 lies outside", "range"),
    ]);
    let (error, _) = error("linear = { mode = \"zero\"", "trunk_head = false\nlinear = { mode = \"off\"");
    assert_eq!(error.key, "tasks[1].trunk_head");
    let none = CYCLES.split("[[tasks]]").next().unwrap();
    assert_eq!(parse(none, "rig.toml").unwrap_err().key, "tasks");
}

#[test]
fn branches_of_channels_are_checked() {
    let model = |keys: &'static str, key, problem, remedy| ("clip_sd = 8.0", keys, key, problem, remedy);
    check(&[
        model(
            "branches = [{ name = \"a\", channels = [\"p\"], widths = [4] }]",
            "model.branches",
            "single branch",
            "two or more",
        ),
        model(
            "branches = [{ name = \"a\", channels = [\"p\", \"q\"], widths = [4] }, { name = \"a\", channels = [\"r\"], widths = [4] }]",
            "model.branches[1].name",
            "second branch",
            "differ",
        ),
        model(
            "branches = [{ name = \"a\", channels = [], widths = [4] }, { name = \"b\", channels = [\"r\"], widths = [4] }]",
            "model.branches[0].channels",
            "reads nothing",
            "at least one",
        ),
        model(
            "branches = [{ name = \"a\", channels = [\"p\", \"x\"], widths = [4] }, { name = \"b\", channels = [\"r\"], widths = [4] }]",
            "model.branches[0].channels[1]",
            "no input channel",
            "p",
        ),
        model(
            "branches = [{ name = \"a\", channels = [\"p\", \"q\"], widths = [4] }, { name = \"b\", channels = [\"q\"], widths = [4] }]",
            "model.branches[1].channels[0]",
            "two places",
            "exactly one branch",
        ),
        model(
            "branches = [{ name = \"a\", channels = [\"p\", \"q\"], widths = [] }, { name = \"b\", channels = [\"r\"], widths = [4] }]",
            "model.branches[0].widths",
            "without layers",
            "at least one",
        ),
        model(
            "branches = [{ name = \"a\", channels = [\"p\"], widths = [4] }, { name = \"b\", channels = [\"r\"], widths = [4] }]",
            "model.branches",
            "\"q\" is in no branch",
            "add it",
        ),
        model(
            "branches = [{ name = \"a\", channels = [\"p\", \"q\"], widths = [4] }, { name = \"b\", channels = [\"r\"], widths = [4] }]",
            "model.branches[0].channels",
            "some channels of magnitude \"pqr\"",
            "into one branch",
        ),
    ]);
}

#[test]
fn hidden_layers_and_groups_are_checked() {
    let model = |keys: &'static str, key, problem, remedy| ("clip_sd = 8.0", keys, key, problem, remedy);
    check(&[
        model("head = [8, 0]", "model.head[1]", "0 units", "1024"),
        model("head = [1, 1, 1, 1, 1, 1, 1, 1, 1]", "model.head", "9 layers", "at most 8"),
        ("weight = 1.0", "hidden = [2000]\nweight = 1.0", "tasks[1].hidden[0]", "2000 units", "1024"),
        ("weight = 1.0", "hidden = [4]\ntrunk_head = false", "tasks[1].hidden", "has none", "trunk_head = true"),
        model("groups = [{ tasks = [\"wear\", \"power\", \"reject\"] }]", "model.groups", "single", "two or more"),
        model(
            "groups = [{ tasks = [\"wear\", \"power\"] }, { tasks = [] }]",
            "model.groups[1].tasks",
            "without tasks",
            "at least one",
        ),
        model(
            "groups = [{ tasks = [\"wear\", \"power\"] }, { tasks = [\"rejekt\"] }]",
            "model.groups[1].tasks[0]",
            "no task is named \"rejekt\"",
            "reject",
        ),
        model(
            "groups = [{ tasks = [\"wear\", \"power\"] }, { tasks = [\"reject\", \"power\"] }]",
            "model.groups[1].tasks[1]",
            "two places",
            "exactly one group",
        ),
        model(
            "groups = [{ tasks = [\"wear\"] }, { tasks = [\"reject\"] }]",
            "model.groups",
            "\"power\" is in no group",
            "trunk_head = false",
        ),
        model(
            "groups = [{ tasks = [\"wear\", \"power\"], trunk = [] }, { tasks = [\"reject\"] }]",
            "model.groups[0].trunk",
            "no layer",
            "leave the key out",
        ),
        model(
            "groups = [{ tasks = [\"wear\", \"power\"], trunk = [0] }, { tasks = [\"reject\"] }]",
            "model.groups[0].trunk[0]",
            "0 units",
            "1024",
        ),
        model(
            "groups = [{ tasks = [\"wear\", \"power\"], widths = [8] }, { tasks = [\"reject\"] }]",
            "model.groups[0].widths",
            "unknown",
            "trunk",
        ),
    ]);
    let headless = CYCLES.replace("weight = 1.0", "trunk_head = false").replace(
        "trunk = [8, 4]",
        "trunk = [8]\ngroups = [{ tasks = [\"wear\", \"power\"] }, { tasks = [\"reject\"] }]",
    );
    let error = parse(&headless, "rig.toml").unwrap_err();
    assert!(error.key == "model.groups[0].tasks[1]" && error.problem.contains("no head on a trunk"), "{error}");
}

#[test]
fn reads_of_other_tasks_are_checked() {
    let reads = |keys: &'static str, key, problem, remedy| ("weight = 1.0", keys, key, problem, remedy);
    check(&[
        reads("reads = [{ task = \"waer\" }]", "tasks[1].reads[0].task", "no task is named \"waer\"", "wear"),
        reads("reads = [{ task = \"power\" }]", "tasks[1].reads[0].task", "cannot read itself", "another task"),
        reads(
            "reads = [{ task = \"wear\" }, { task = \"wear\", of = \"output\" }]",
            "tasks[1].reads[1]",
            "read twice",
            "remove one",
        ),
        reads(
            "reads = [{ task = \"wear\", of = \"embedding\" }]",
            "tasks[1].reads[0].of",
            "no hidden layer",
            "of = \"output\"",
        ),
        reads("reads = [{ task = \"wear\", of = \"logits\" }]", "tasks[1].reads[0].of", "unknown variant", "embedding"),
    ]);
    let reject = CYCLES.replace("[model]", "reads = [{ task = \"power\" }]\n[model]");
    let chain = reject.replace("weight = 1.0", "reads = [{ task = \"wear\", of = \"output\" }]");
    parse(&chain, "rig.toml").unwrap();
    let circle = reject.replace("weight = 1.0", "reads = [{ task = \"reject\" }]");
    let error = parse(&circle, "rig.toml").unwrap_err();
    assert_eq!((error.key.as_str(), error.line), ("tasks[1].reads", Some(46)));
    assert!(error.problem.contains("in a circle: power reads reject reads power"), "{error}");
}

#[test]
fn groups_to_be_found_are_checked() {
    let model = |keys: &'static str, key, problem, remedy| ("clip_sd = 8.0", keys, key, problem, remedy);
    check(&[
        model(
            "grouping = {}\ngroups = [{ tasks = [\"wear\", \"power\"] }, { tasks = [\"reject\"] }]",
            "model.grouping",
            "model.groups names them already",
            "remove one",
        ),
        model("grouping = { max_groups = 1 }", "model.grouping.max_groups", "1 lies outside", "choose"),
        model("grouping = { seeds = 0 }", "model.grouping.seeds", "0 lies outside", "choose"),
        model("grouping = { by = \"guess\" }", "model.grouping.by", "guess", "transference"),
        model("grouping = { groups = 2 }", "model.grouping.groups", "unknown", "max_groups"),
    ]);
    let one_head = CYCLES
        .replace("classes = [\"0\", \"1\", \"2\"]", "classes = [\"0\", \"1\", \"2\"]\ntrunk_head = false")
        .replace("classes = [\"no\", \"yes\"]", "classes = [\"no\", \"yes\"]\ntrunk_head = false")
        .replace("trunk = [8, 4]", "trunk = [8, 4]\ngrouping = {}");
    let error = parse(&one_head, "rig.toml").unwrap_err();
    assert!(error.key == "model.grouping" && error.problem.contains("head on the trunk: 1"), "{error}");
}

#[test]
fn what_a_device_cannot_run_is_refused_before_training() {
    let task = |index: usize| {
        format!(
            "[[tasks]]\nname = \"t{index}\"\nrole = \"other\"\nkind = \"regression\"\ntarget = {{ column = \"reject\" }}\n"
        )
    };
    let deep = CYCLES.replace("[model]", &((0..9).map(task).collect::<String>() + "[model]"));
    let error =
        |head: &str| parse(&deep.replace("trunk = [8, 4]", &format!("trunk = [8]\nhead = {head}")), "rig.toml").err();
    // Three views, a trunk layer, 12 heads of four hidden layers, 12 outputs: 64 tensors.
    assert_eq!(error("[4, 4, 4, 4]"), None);
    let error = error("[4, 4, 4, 4, 4]").unwrap();
    assert!(error.key == "model" && error.problem.contains("up to 76 tensors, a device runs 64"), "{error}");
    assert!(error.remedy.contains("model.head"), "{error}");
}

#[test]
fn model_training_and_quantization_are_checked() {
    check(&[
        ("trunk = [8, 4]", "trunk = [1025]", "model.trunk[0]", "1025 units", "1024"),
        ("trunk = [8, 4]", "trunk = []", "model.trunk", "no layer", "at least one width"),
        ("clip_sd = 8.0", "clip_sd = 6.0", "model.clip_sd", "no power of two", "8"),
        ("clip_sd = 8.0", "clip_sd = -8.0", "model.clip_sd", "no power of two", "8"),
        ("head_init = 0.1", "head_init = -0.1", "model.head_init", "outside", "range"),
        ("seeds = [1, 2]", "seeds = []", "training.seeds", "no seed", "artifact"),
        ("seeds = [1, 2]", "seeds = [1, 1]", "training.seeds[1]", "twice", "differ"),
        ("epochs = 10", "epochs = 0", "training.epochs", "outside", "range"),
        ("batch = 16", "batch = 0", "training.batch", "outside", "range"),
        ("learning_rate = 1e-3", "learning_rate = 0.0", "training.learning_rate", "a rate of 0", "2e-3"),
        ("weight_decay = 0.1", "weight_decay = -0.1", "training.weight_decay", "outside", "range"),
        ("warmup_epochs = 2", "warmup_epochs = 11", "training.warmup_epochs", "11 of 10", "at most"),
        ("input_noise = 0.3", "input_noise = inf", "training.input_noise", "outside", "range"),
        ("input_noise = 0.3", "dropout = 1.0", "training.dropout", "outside", "range"),
        ("input_noise = 0.3", "modality_dropout = 0.95", "training.modality_dropout", "outside", "range"),
        ("input_noise = 0.3", "modality_dropout = 0.1", "training.modality_dropout", "no channel", "optional = true"),
        (
            "input_noise = 0.3",
            "weighting = \"uncertain\"",
            "training.weighting",
            "unknown variant",
            "did you mean \"uncertainty\"?",
        ),
        ("input_noise = 0.3", "gradient = \"pc-grad\"", "training.gradient", "unknown variant", "\"pcgrad\"?"),
        ("input_noise = 0.3", "mixup = 11.0", "training.mixup", "outside", "range"),
        ("input_noise = 0.3", "mixup = 0.001", "training.mixup", "alpha of 0.001", "0.01 to 10"),
        ("input_noise = 0.3", "distillation.trees = 0", "training.distillation.trees", "outside", "range"),
        ("input_noise = 0.3", "distillation.members = 0", "training.distillation.members", "outside", "range"),
        ("input_noise = 0.3", "distillation.folds = 1", "training.distillation.folds", "outside", "range"),
        ("input_noise = 0.3", "distillation.weight = 1.5", "training.distillation.weight", "outside", "range"),
        (
            "input_noise = 0.3",
            "distillation.temperature = 0.0",
            "training.distillation.temperature",
            "outside",
            "range",
        ),
        (
            "input_noise = 0.3",
            "distillation.tasks = [\"waer\"]",
            "training.distillation.tasks[0]",
            "no task is named",
            "did you mean \"wear\"",
        ),
        (
            "input_noise = 0.3",
            "distillation.tasks = [\"wear\", \"wear\"]",
            "training.distillation.tasks[1]",
            "stands twice",
            "once",
        ),
        ("validation = 0.2", "validation = 1.0", "training.early_stopping.validation", "outside", "range"),
        ("patience = 5", "patience = 0", "training.early_stopping.patience", "outside", "range"),
        ("strength = 1e-3", "strength = -1.0", "training.relation.strength", "outside", "range"),
        ("epsilon = 1e-3", "epsilon = 0.0", "training.relation.epsilon", "outside", "range"),
        ("every_epochs = 1", "every_epochs = 0", "training.relation.every_epochs", "outside", "range"),
        ("tolerance = 1e-2", "tolerance = nan", "training.relation.tolerance", "outside", "range"),
        ("linear_bits = 16", "linear_bits = 12", "quantization.linear_bits", "12 bits", "8 or 16"),
        ("golden_windows = 4", "golden_windows = 0", "quantization.golden_windows", "0 golden", "boot"),
    ]);
}

#[test]
fn a_gradient_method_needs_two_tasks_on_a_trunk() {
    let with = CYCLES.replace("input_noise = 0.3", "gradient = \"pcgrad\"");
    parse(&with, "rig.toml").unwrap();
    let one_left = with.replace("unit = \"W\"", "trunk_head = false").replace(
        "classes = [\"no\", \"yes\"]",
        "classes = [\"no\", \"yes\"]\ntrunk_head = false\nlinear = { mode = \"frozen\" }",
    );
    let error = parse(&one_left, "rig.toml").unwrap_err();
    assert_eq!(error.key, "training.gradient");
    assert!(error.problem.contains("trunk: 1") && error.remedy.contains("\"sum\""), "{error}");
}

#[test]
fn a_search_is_checked_with_every_value_that_it_may_set() {
    let error = |tune: &str| {
        let error = parse(&format!("{CYCLES}[tune]\n{tune}\n"), "rig.toml").unwrap_err();
        assert!(error.line > Some(CYCLES.lines().count()), "{error}");
        error
    };
    parse(&format!("{CYCLES}[tune]\ntrials = 8\n"), "rig.toml").unwrap();
    for (tune, key, problem, remedy) in [
        ("trials = 0", "tune.trials", "outside", "range"),
        ("rungs = 0", "tune.rungs", "outside", "range"),
        ("eta = 1", "tune.eta", "outside", "range"),
        ("inner_folds = 1", "tune.inner_folds", "outside", "range"),
        ("max_macs = 0", "tune.max_macs", "nothing fits", "limit"),
        ("sampler = \"tep\"", "tune.sampler", "unknown variant", "did you mean \"tpe\"?"),
        ("space = {}", "tune.space", "nothing to search", "name keys"),
    ] {
        let error = error(tune);
        assert_eq!(error.key, key, "{error}");
        assert!(error.problem.contains(problem) && error.remedy.contains(remedy), "{error}");
    }
    for (key, parameter, problem, remedy) in [
        ("training.dropuot", "{ values = [0.1] }", "unknown field", "did you mean \"dropout\"?"),
        ("training.dropout", "{ values = [0.1, 2.0] }", "the value 2.0 cannot be", "range"),
        ("training.dropout", "{ low = 0.0, high = 1.5 }", "the value 1.5 cannot be", "range"),
        ("training.epochs", "{ low = 5, high = 10 }", "the value 5.0 cannot be", "expected type"),
        ("training.dropout", "{ values = [] }", "no values", "at least one"),
        ("training.dropout", "{ low = 0.1 }", "neither a choice nor a range", "values"),
        ("training.dropout", "{ low = 0.2, high = 0.1 }", "no range", "low must lie below high"),
        ("training.learning_rate", "{ low = 0.0, high = 0.1, log = true }", "no logarithm", "above 0"),
        ("training.dropout", "{ values = [0.1], log = true }", "no meaning", "low and high"),
        ("training.dropout", "{ low = 0.0, high = 0.5, step = 0.0 }", "a step of 0", "above 0"),
        ("training.epochs", "{ low = 5.5, high = 10, integer = true }", "whole numbers", "whole low"),
        ("training.seeds", "{ values = [[1], [2]] }", "must not change what is asked", "model, training"),
        ("data.window_s", "{ low = 1.0, high = 2.0 }", "must not change what is asked", "model, training"),
        ("tasks.waer.weight", "{ low = 1.0, high = 2.0 }", "names no key of a task", "did you mean \"wear\"?"),
        ("tasks.wear.classes", "{ values = [[\"0\", \"1\"]] }", "must not change what a task is", "weight"),
        ("tasks.wear.wieght", "{ low = 1.0, high = 2.0 }", "unknown field", "did you mean \"weight\"?"),
    ] {
        let error = error(&format!("[tune.space]\n\"training.batch\" = {{ values = [8] }}\n\"{key}\" = {parameter}"));
        assert_eq!(error.key, format!("tune.space.\"{key}\""), "{error}");
        assert_eq!(error.line, Some(CYCLES.lines().count() + 4), "{error}");
        assert!(error.problem.contains(problem) && error.remedy.contains(remedy), "{error}");
    }
    let unquoted = error("[tune.space]\ntraining.dropout = { values = [0.1] }");
    assert!(unquoted.remedy.contains("in quotes"), "{unquoted}");
    let whole = "[tune.space]\n\"training.epochs\" = { low = 2, high = 10, integer = true }\n\"tasks.wear.weight\" = { values = [2.0] }";
    parse(&format!("{CYCLES}[tune]\n{whole}\n"), "rig.toml").unwrap();
}

#[test]
fn tables_take_single_values_only() {
    let table = |channel: &str| {
        let text = format!(
            "name = \"t\"\n[data]\nloader = \"table\"\nfile = \"t.csv\"\n[split]\nmethod = \"random\"\n[[channels]]\nname = \"a\"\n{channel}\n\
             [[tasks]]\nname = \"y\"\nrole = \"other\"\nkind = \"regression\"\ntarget = {{ column = \"y\" }}\n"
        );
        parse(&text, "t.toml")
    };
    table("features = [\"raw\"]").unwrap();
    for (channel, key) in [
        ("features = [\"sd\"]", "channels[0].features[0]"),
        ("file = \"a.txt\"", "channels[0].file"),
        ("rate_hz = 1.0", "channels[0].rate_hz"),
        ("fft_size = 64", "channels[0].fft_size"),
        ("range = [0, 1]\ntransform = \"rank\"", "channels[0].range"),
        ("input = false", "channels"),
        ("column = \"y\"", "tasks[0].target.column"),
    ] {
        assert_eq!(table(channel).unwrap_err().key, key);
    }
}

#[test]
fn the_simulated_plant_is_checked_against_its_own_sensors() {
    let default = trunkline_trainer::plant::DEFAULT_PROJECT;
    parse(default, "plant.toml").unwrap();
    let key = |from: &str, to: &str| {
        assert!(default.contains(from), "{from}");
        parse(&default.replacen(from, to, 1), "plant.toml").unwrap_err().key
    };
    assert_eq!(key("unit = \"A\"", "unit = \"V\""), "channels[3].unit");
    assert_eq!(key("[\"mean\", \"sd\"]", "[\"block_means(33)\"]"), "channels[3].features[0]");
    assert_eq!(key("unit = \"g\"", "unit = \"g\"\nfft_size = 4096"), "channels[0].fft_size");
    assert_eq!(key("group = \"machine\"", "group = \"day\""), "split.group");
    assert_eq!(key("machines = 24", "machines = 0"), "data.plant.machines");
    assert_eq!(key("unit = \"A\"", "unit = \"A\"\ninput = false\noptional = true"), "channels[3].optional");
    assert_eq!(
        key("[\"vib_x\", \"vib_y\", \"vib_z\"]", "[\"vib_x\", \"vib_y\", \"current\"]"),
        "magnitudes[0].channels[2]"
    );
}

#[test]
fn a_file_that_is_not_there_is_said_to_be_missing() {
    let error = trunkline_trainer::config::load(std::path::Path::new("/no/such/project.toml")).unwrap_err();
    assert!(error.to_string().starts_with("/no/such/project.toml: cannot be read"), "{error}");
    assert!(error.remedy.contains("--config"));
}

#[test]
fn a_window_is_a_whole_number_of_milliseconds() {
    for window in ["0.0004", "0.0015", "0.0", "-1.0", "nan"] {
        assert_eq!(error("window_s = 2.0", &format!("window_s = {window}")).0.key, "data.window_s", "{window}");
    }
    for window in ["0.01", "0.07", "0.29", "1.1", "2"] {
        // A short one may have too few samples for a feature, which is another finding.
        let text = CYCLES.replace("window_s = 2.0", &format!("window_s = {window}"));
        assert!(parse(&text, "rig.toml").err().is_none_or(|error| error.key != "data.window_s"), "{window}");
    }
}

#[test]
fn a_project_file_that_is_not_utf_8_is_told_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rig.toml");
    std::fs::write(&path, b"name = \"\xe9\"\n").unwrap();
    let error = trunkline_trainer::config::load(&path).unwrap_err();
    assert_eq!((error.problem.as_str(), error.remedy.contains("UTF-8")), ("is not UTF-8 text", true));
}

#[test]
fn losses_with_their_keys_stay_what_they_are_when_written_out() {
    for (classes, loss) in [
        (r#"classes = ["0", "1", "2"]"#, r#"{ name = "cross-entropy", smoothing = 0.1, class_weights = "balanced" }"#),
        (r#"classes = ["0", "1", "2"]"#, r#"{ name = "focal", gamma = 2.0, class_weights = [1.0, 2.0, 0.5] }"#),
        (r#"classes = ["no", "yes"]"#, r#"{ name = "binary-cross-entropy" }"#),
    ] {
        let project = parse(&CYCLES.replace(classes, &format!("{classes}\nloss = {loss}")), "rig.toml").unwrap();
        let text = project.to_toml().unwrap();
        assert_eq!(parse(&text, "again.toml").unwrap(), project, "{text}");
    }
    let plain = CYCLES.replace(
        r#"classes = ["no", "yes"]"#,
        "loss = { name = \"binary-cross-entropy\" }\nclasses = [\"no\", \"yes\"]",
    );
    let text = parse(&plain, "rig.toml").unwrap().to_toml().unwrap();
    assert!(!text.contains("smoothing") && !text.contains("class_weights"), "{text}");
}

#[test]
fn calibration_and_thresholds_are_checked() {
    let with = |folds: &str, threshold: &str| {
        let classes = "classes = [\"no\", \"yes\"]";
        let text = CYCLES.replace(classes, &format!("{classes}\nthreshold = {threshold}"));
        parse(
            &text.replace("[training.relation]", &format!("[training.calibration]\n{folds}\n[training.relation]")),
            "rig.toml",
        )
    };
    let costs = "{ false_alarm_cost = 1.0, miss_cost = 10.0 }";
    let project = with("", costs).unwrap();
    assert_eq!(project.training.calibration.as_ref().unwrap().folds, 3);
    assert_eq!(parse(&project.to_toml().unwrap(), "again.toml").unwrap(), project);
    with("folds = 5", "{ precision = 0.9 }").unwrap();
    for (folds, threshold, key, problem) in [
        ("folds = 1", costs, "training.calibration.folds", "outside"),
        ("fold = 3", costs, "training.calibration.fold", "unknown"),
        ("", "{ precision = 0.0 }", "tasks[2].threshold.precision", "a precision of 0"),
        ("", "{ precision = 1.5 }", "tasks[2].threshold.precision", "a precision of 1.5"),
        ("", "{ false_alarm_cost = 0.0, miss_cost = 1.0 }", "tasks[2].threshold.false_alarm_cost", "a cost of 0"),
        ("", "{ false_alarm_cost = 1.0, miss_cost = nan }", "tasks[2].threshold.miss_cost", "a cost of NaN"),
        ("", "{ false_alarm_cost = 1.0 }", "tasks[2].threshold", "a threshold is either"),
        ("", "{ precision = 0.9, miss_cost = 1.0 }", "tasks[2].threshold", "a threshold is either"),
    ] {
        let error = with(folds, threshold).unwrap_err();
        assert!(error.key == key && error.problem.contains(problem), "{threshold}: {error}");
    }
}

#[test]
fn subsets_need_a_name_of_their_own_and_values() {
    let subset = |name: &str, values: &str| {
        format!("[[evaluate.subsets]]\nname = \"{name}\"\ncolumn = \"wear\"\nvalues = {values}\n")
    };
    let refused = |text: &str| parse(&format!("{CYCLES}\n{text}"), "rig.toml").unwrap_err();
    assert_eq!(refused(&subset("new", "[]")).key, "evaluate.subsets[0].values");
    assert_eq!(refused(&subset(" ", "[\"0\"]")).key, "evaluate.subsets[0].name");
    let twice = format!("{0}{0}", subset("new", "[\"0\"]"));
    assert_eq!(refused(&twice).key, "evaluate.subsets[1].name");
    assert!(parse(&format!("{CYCLES}\n{}", subset("new", "[\"0\"]")), "rig.toml").is_ok());
}

/// As [`error`], but for several replacements: the key, the problem and the remedy.
fn refusal(replacements: &[(&str, &str)]) -> (String, String, String) {
    let replaced = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "the text has no {from:?}");
        text.replacen(from, to, 1)
    };
    let text = replacements.iter().fold(CYCLES.to_owned(), replaced);
    match parse(&text, "rig.toml") {
        Err(error) => (error.key, error.problem, error.remedy),
        Ok(_) => panic!("accepted: {replacements:?}"),
    }
}

const GROUPED: &str = "method = \"grouped\"\ngroup = \"run\"";

#[test]
fn a_split_within_groups_says_which_rows_train() {
    let cases = [
        ("method = \"within\"\nrows = 5", "split.group", "needs the column of groups", "add group"),
        ("method = \"within\"\ngroup = \"run\"", "split.share", "either the share or the number", "rows = 10"),
        ("method = \"within\"\ngroup = \"run\"\nrows = 5\nshare = 0.1", "split.share", "either", "share = 0.1"),
        ("method = \"within\"\ngroup = \"run\"\nshare = 1.0", "split.share", "outside", "range"),
        ("method = \"within\"\ngroup = \"run\"\nrows = 0", "split.rows", "outside", "range"),
        ("method = \"within\"\ngroup = \"run\"\nrows = 5\nleast = 2", "split.least", "only read", "split.share"),
        ("method = \"within\"\ngroup = \"run\"\nrows = 5\ncolumn = \"f\"", "split.column", "only read", "folds"),
        ("method = \"grouped\"\ngroup = \"run\"\nshare = 0.1", "split.share", "only read", "within"),
        ("method = \"grouped\"\ngroup = \"run\"\nrows = 5", "split.rows", "only read", "within"),
        ("method = \"grouped\"\ngroup = \"run\"\nleast = 5", "split.least", "only read", "within"),
    ];
    for (split, key, problem, remedy) in cases {
        let (found, what, todo) = refusal(&[(GROUPED, split)]);
        assert_eq!(found, key, "{split}: {what}");
        assert!(what.contains(problem) && todo.contains(remedy), "{split}: {what}; {todo}");
    }
}

#[test]
fn personal_heads_are_judged_within_groups_and_their_keys_make_sense() {
    let within = (GROUPED, "method = \"within\"\ngroup = \"run\"\nrows = 5");
    let section = |text: &'static str| ("[model]", text);
    let (key, problem, remedy) = refusal(&[section("[personalize]\nby = \"run\"\n[model]")]);
    assert!(
        key == "split.method" && problem.contains("not trained on") && remedy.contains("within"),
        "{key}: {problem}"
    );
    let cases = [
        ("by = \"machine\"", "personalize.by", "grouped by another column", "the same column"),
        ("by = \"run\"\nmin_rows = 1", "personalize.min_rows", "outside 2", "range"),
        ("by = \"run\"\nstrengths = []", "personalize.strengths", "0 strengths", "such as"),
        ("by = \"run\"\nstrengths = [0.1, 0.0]", "personalize.strengths[1]", "outside", "range"),
        ("by = \"run\"\nepsilon = 0.0", "personalize.epsilon", "outside", "range"),
        ("by = \"run\"\nalternations = 0", "personalize.alternations", "outside 1", "range"),
    ];
    for (keys, key, problem, remedy) in cases {
        let text = format!("[personalize]\n{keys}\n[model]");
        let (found, what, todo) = refusal(&[within, ("[model]", &text)]);
        assert_eq!(found, key, "{keys}: {what}");
        assert!(what.contains(problem) && todo.contains(remedy), "{keys}: {what}; {todo}");
    }
}

#[test]
fn a_linear_model_needs_every_linear_path() {
    let (key, problem, remedy) = refusal(&[
        ("[model]", "[model]\nkind = \"linear\""),
        ("linear = { mode = \"zero\"", "linear = { mode = \"off\""),
    ]);
    assert_eq!(key, "tasks[1].linear.mode");
    assert!(problem.contains("nothing but linear paths") && remedy.contains("network"), "{problem}; {remedy}");
}
