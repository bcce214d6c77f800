//! `[model]`.

use trunkline_trainer::config::parse;

use super::{Case, RIG, check, refusal};

/// The case of `keys` in the place of a key of the section that may be left out.
fn model(keys: &'static str, key: &'static str, problem: &'static str, remedy: &'static str) -> Case {
    ("clip_sd = 8.0", keys, key, problem, remedy)
}

#[test]
fn the_trunk_and_the_initial_weights_are_checked() {
    check(&[
        ("trunk = [8, 4]", "trunk = [1025]", "model.trunk[0]", "1025 units", "1024"),
        ("trunk = [8, 4]", "trunk = []", "model.trunk", "no layer", "at least one width"),
        ("clip_sd = 8.0", "clip_sd = 6.0", "model.clip_sd", "no power of two", "8"),
        ("clip_sd = 8.0", "clip_sd = -8.0", "model.clip_sd", "no power of two", "8"),
        ("head_init = 0.1", "head_init = -0.1", "model.head_init", "outside", "range"),
    ]);
}

#[test]
fn branches_of_channels_are_checked() {
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

/// The keys of a convolutional branch over `p` and `q`, 200 samples each.
macro_rules! convolved {
    ($($keys:literal),*) => {
        concat!("branches = [{ name = \"a\", channels = [\"p\", \"q\"], convolutions = [", $("{ ", $keys, " },",)* "] }]")
    };
}

#[test]
fn convolutions_are_checked() {
    parse(&RIG.replace("clip_sd = 8.0", convolved!("kernel = 8, filters = 4, stride = 2, pool = 4")), "rig.toml")
        .unwrap();
    check(&[
        model(
            convolved!("kernel = 0, filters = 4"),
            "model.branches[0].convolutions[0].kernel",
            "kernel = 0",
            "1 to 255",
        ),
        model(
            convolved!("kernel = 256, filters = 4"),
            "model.branches[0].convolutions[0].kernel",
            "kernel = 256",
            "1 to 255",
        ),
        model(
            convolved!("kernel = 8, filters = 4, stride = 0"),
            "model.branches[0].convolutions[0].stride",
            "stride = 0",
            "1 to 255",
        ),
        model(
            convolved!("kernel = 8, filters = 1025"),
            "model.branches[0].convolutions[0].filters",
            "filters = 1025",
            "1 to 1024",
        ),
        model(
            convolved!("kernel = 8, filters = 4, multiplier = 0"),
            "model.branches[0].convolutions[0].multiplier",
            "multiplier = 0",
            "1 to 64",
        ),
        model(
            convolved!("kernel = 8, filters = 4, pool = 0"),
            "model.branches[0].convolutions[0].pool",
            "pool = 0",
            "1 to",
        ),
        model(
            convolved!("kernel = 201, filters = 4"),
            "model.branches[0].convolutions[0].kernel",
            "201 taps over 200 samples",
            "shorten it",
        ),
        model(
            convolved!("kernel = 8, filters = 4, stride = 4, pool = 50"),
            "model.branches[0].convolutions[0].pool",
            "50 positions, of which there are 49",
            "at most 49",
        ),
        model(
            convolved!("kernel = 8, filters = 4, stride = 4, pool = 8", "kernel = 7, filters = 4"),
            "model.branches[0].convolutions[1].kernel",
            "7 taps over 6 samples",
            "strides and pools before it",
        ),
        model(
            convolved!("kernel = 8, filters = 1024"),
            "model.branches",
            "198804 values at once, a device has room for 65532",
            "raise stride",
        ),
        model(
            convolved!("kernel = 128, filters = 64, multiplier = 64", "kernel = 64, filters = 1024, multiplier = 64"),
            "model.branches",
            "multiply-accumulates a window",
            "lower filters",
        ),
        model(
            convolved!(
                "kernel = 1, filters = 1",
                "kernel = 1, filters = 1",
                "kernel = 1, filters = 1",
                "kernel = 1, filters = 1",
                "kernel = 1, filters = 1",
                "kernel = 1, filters = 1",
                "kernel = 1, filters = 1",
                "kernel = 1, filters = 1",
                "kernel = 1, filters = 1"
            ),
            "model.branches[0].convolutions",
            "9 convolutions",
            "at most 8",
        ),
        model(
            "branches = [{ name = \"a\", channels = [\"p\"], convolutions = [{ kernel = 8, filters = 4 }] }, { name = \"b\", channels = [\"p\"], convolutions = [{ kernel = 8, filters = 4 }] }]",
            "model.branches[1].channels[0]",
            "two places",
            "at most one branch with convolutions",
        ),
        model(
            "branches = [{ name = \"a\", channels = [\"p\"], convolutions = [{ kernel = 8, filters = 4 }] }, { name = \"b\", channels = [\"p\", \"q\"], widths = [4] }]",
            "model.branches",
            "\"r\" is in no branch",
            "add it",
        ),
        model(
            "branches = [{ name = \"a\", channels = [\"p\"], convolutions = [{ kernel = 8, filters = 4, padding = 1 }] }]",
            "model.branches[0].convolutions[0].padding",
            "unknown",
            "",
        ),
    ]);
}

#[test]
fn convolutions_need_windows_of_one_rate_and_some_feature_beside_them() {
    let branch = ("clip_sd = 8.0", convolved!("kernel = 8, filters = 4"));
    let magnitude = ("[[magnitudes]]\nname = \"pqr\"\nchannels = [\"p\", \"q\", \"r\"]\nfeatures = [\"rms\"]\n", "");
    let without_r = ("[[channels]]\nname = \"r\"\nfile = \"r.txt\"\nrate_hz = 100.0\nrange = [0.0, 10.0]\n", "");
    let (rate, slow) =
        ("name = \"q\"\nfile = \"q.txt\"\nrate_hz = 100.0", "name = \"q\"\nfile = \"q.txt\"\nrate_hz = 50.0");
    let (key, problem, remedy) = refusal(&[branch, magnitude, without_r, (rate, slow)]);
    assert_eq!(key, "model.branches[0].channels[1]");
    assert!(problem.contains("\"q\" has 100 samples a window, \"p\" has 200"), "{problem}");
    assert!(remedy.contains("a branch of their own"), "{remedy}");

    let two = "branches = [{ name = \"a\", channels = [\"q\"], convolutions = [{ kernel = 8, filters = 4 }] }, \
               { name = \"b\", channels = [\"p\"], widths = [4] }, { name = \"c\", channels = [\"q\"], widths = [4] }]";
    let raw_q = ("features = [\"block_means(4)\"]\n", "");
    let (key, problem, remedy) = refusal(&[("clip_sd = 8.0", two), magnitude, without_r, raw_q]);
    assert_eq!(key, "model.branches[2].channels");
    assert!(problem.contains("no feature") && remedy.contains("convolutions"), "{problem}: {remedy}");

    let p = ("features = [\"mean\", \"band_energies(8)\"]\nfft_size = 128\n", "");
    let q = ("features = [\"block_means(4)\"]\n", "");
    let (key, problem, remedy) = refusal(&[branch, magnitude, without_r, p, q]);
    assert_eq!((key.as_str(), problem.as_str()), ("channels", "no feature is computed of any channel"));
    assert!(remedy.contains("rms"), "{remedy}");

    let table = "name = 't'\n[data]\nloader = 'table'\nfile = 't.csv'\n[split]\nmethod = 'random'\n[[channels]]\nname = 'x'\n\
                 [[tasks]]\nname = 'y'\nrole = 'other'\nkind = 'regression'\ntarget = { column = 'y' }\n\
                 [[model.branches]]\nname = 'b'\nchannels = ['x']\nconvolutions = [{ kernel = 1, filters = 1 }]\n";
    let error = parse(table, "t.toml").unwrap_err();
    assert_eq!(error.key, "model.branches[0].convolutions");
    assert!(error.problem.contains("single values") && error.remedy.contains("no raw windows"), "{error}");
}

#[test]
fn hidden_layers_and_groups_are_checked() {
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
    let headless = RIG.replace("weight = 1.0", "trunk_head = false").replace(
        "trunk = [8, 4]",
        "trunk = [8]\ngroups = [{ tasks = [\"wear\", \"power\"] }, { tasks = [\"reject\"] }]",
    );
    let error = parse(&headless, "rig.toml").unwrap_err();
    assert!(error.key == "model.groups[0].tasks[1]" && error.problem.contains("no head on a trunk"), "{error}");
}

#[test]
fn groups_to_be_found_are_checked() {
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
    let one_head = RIG
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
    let deep = RIG.replace("[model]", &((0..9).map(task).collect::<String>() + "[model]"));
    let error =
        |head: &str| parse(&deep.replace("trunk = [8, 4]", &format!("trunk = [8]\nhead = {head}")), "rig.toml").err();
    // Three views, a trunk layer, 12 heads of four hidden layers, 12 outputs: 64 tensors.
    assert_eq!(error("[4, 4, 4, 4]"), None);
    let error = error("[4, 4, 4, 4, 4]").unwrap();
    assert!(error.key == "model" && error.problem.contains("up to 76 tensors, a device runs 64"), "{error}");
    assert!(error.remedy.contains("model.head"), "{error}");
}

#[test]
fn a_linear_model_needs_every_linear_path_and_has_no_use_for_what_a_network_reads() {
    let linear = ("[model]", "[model]\nkind = \"linear\"");
    let quiet = ("input_noise = 0.3", "input_noise = 0.0");
    let closed = ("linear = { mode = \"zero\", scale = 1.0, l2 = 1e-3 }", "linear = { mode = \"trained\" }");
    let plain = ("loss = { name = \"huber\", delta = 0.5 }\n", "");
    let (key, problem, remedy) = refusal(&[linear, quiet, ("linear = { mode = \"zero\"", "linear = { mode = \"off\"")]);
    assert_eq!(key, "tasks[1].linear.mode");
    assert!(problem.contains("nothing but linear paths") && remedy.contains("network"), "{problem}; {remedy}");
    let set = |from: &'static str, to: &'static str| vec![linear, quiet, closed, plain, (from, to)];
    for (changes, key) in [
        (vec![linear], "training.input_noise"),
        (set("epochs = 10", "epochs = 10\ndropout = 0.1"), "training.dropout"),
        (set("epochs = 10", "epochs = 10\nmixup = 0.2"), "training.mixup"),
        (set("epochs = 10", "epochs = 10\nweighting = \"dwa\""), "training.weighting"),
        (set("epochs = 10", "epochs = 10\ngradient = \"pcgrad\""), "training.gradient"),
        (set("epochs = 10", "epochs = 10\ndistillation = {}"), "training.distillation"),
        (set("trunk = [8, 4]", "grouping = {}"), "model.grouping"),
        (set("trunk = [8, 4]", "head = [4]"), "model.head"),
        (vec![linear, quiet, closed], "tasks[1].loss"),
        (vec![linear, quiet, plain], "tasks[1].linear.mode"),
        (set("weight = 1.0", "weight = 2.0"), "tasks[1].weight"),
    ] {
        let (found, problem, remedy) = refusal(&changes);
        assert_eq!(found, key, "{problem}");
        assert!(problem.contains("closed form") && remedy.contains("network"), "{key}: {problem}; {remedy}");
    }
    let accepted =
        [linear, quiet, closed, plain].iter().fold(RIG.to_owned(), |text, (from, to)| text.replace(from, to));
    parse(&accepted, "rig.toml").unwrap();
}
