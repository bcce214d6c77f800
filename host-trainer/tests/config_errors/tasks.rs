//! `[[tasks]]`.

use trunkline_trainer::config::parse;

use super::{RIG, check, error};

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
        ("weight = 1.0", "period = 0", "tasks[1].period", "0 windows", "use 1"),
        ("weight = 1.0", "weight = nan", "tasks[1].weight", "NaN", "above 0"),
        ("scale = 1.0", "scale = -1.0", "tasks[1].linear.scale", "-1 lies outside", "range"),
        ("l2 = 1e-3", "l2 = -1.0", "tasks[1].linear.l2", "-1 lies outside", "range"),
    ]);
    let (error, _) = error("linear = { mode = \"zero\"", "trunk_head = false\nlinear = { mode = \"off\"");
    assert_eq!(error.key, "tasks[1].trunk_head");
    let none = RIG.split("[[tasks]]").next().unwrap();
    assert_eq!(parse(none, "rig.toml").unwrap_err().key, "tasks");
}

#[test]
fn losses_with_their_keys_stay_what_they_are_when_written_out() {
    for (classes, loss) in [
        (r#"classes = ["0", "1", "2"]"#, r#"{ name = "cross-entropy", smoothing = 0.1, class_weights = "balanced" }"#),
        (r#"classes = ["0", "1", "2"]"#, r#"{ name = "focal", gamma = 2.0, class_weights = [1.0, 2.0, 0.5] }"#),
        (r#"classes = ["no", "yes"]"#, r#"{ name = "binary-cross-entropy" }"#),
    ] {
        let project = parse(&RIG.replace(classes, &format!("{classes}\nloss = {loss}")), "rig.toml").unwrap();
        let text = project.to_toml().unwrap();
        assert_eq!(parse(&text, "again.toml").unwrap(), project, "{text}");
    }
    let plain = RIG.replace(
        r#"classes = ["no", "yes"]"#,
        "loss = { name = \"binary-cross-entropy\" }\nclasses = [\"no\", \"yes\"]",
    );
    let text = parse(&plain, "rig.toml").unwrap().to_toml().unwrap();
    assert!(!text.contains("smoothing") && !text.contains("class_weights"), "{text}");
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
    let reject = RIG.replace("[model]", "reads = [{ task = \"power\" }]\n[model]");
    let chain = reject.replace("weight = 1.0", "reads = [{ task = \"wear\", of = \"output\" }]");
    parse(&chain, "rig.toml").unwrap();
    let circle = reject.replace("weight = 1.0", "reads = [{ task = \"reject\" }]");
    let error = parse(&circle, "rig.toml").unwrap_err();
    assert_eq!((error.key.as_str(), error.line), ("tasks[1].reads", Some(46)));
    assert!(error.problem.contains("in a circle: power reads reject reads power"), "{error}");
}
