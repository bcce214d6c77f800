//! `[training]`.

use trunkline_trainer::config::parse;

use super::{RIG, check};

#[test]
fn the_training_is_checked() {
    check(&[
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
    ]);
}

#[test]
fn a_gradient_method_needs_two_tasks_on_a_trunk() {
    let with = RIG.replace("input_noise = 0.3", "gradient = \"pcgrad\"");
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
fn calibration_and_thresholds_are_checked() {
    let with = |folds: &str, threshold: &str| {
        let classes = "classes = [\"no\", \"yes\"]";
        let text = RIG.replace(classes, &format!("{classes}\nthreshold = {threshold}"));
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
