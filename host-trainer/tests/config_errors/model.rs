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
