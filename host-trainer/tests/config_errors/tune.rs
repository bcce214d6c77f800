//! `[tune]`.

use trunkline_trainer::config::parse;

use super::RIG;

#[test]
fn a_search_is_checked_with_every_value_that_it_may_set() {
    let error = |tune: &str| {
        let error = parse(&format!("{RIG}[tune]\n{tune}\n"), "rig.toml").unwrap_err();
        assert!(error.line > Some(RIG.lines().count()), "{error}");
        error
    };
    parse(&format!("{RIG}[tune]\ntrials = 8\n"), "rig.toml").unwrap();
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
        ("model.branches", "{ values = [[]] }", "order the features anew", "compare-methods"),
        ("tasks.waer.weight", "{ low = 1.0, high = 2.0 }", "names no key of a task", "did you mean \"wear\"?"),
        ("tasks.wear.classes", "{ values = [[\"0\", \"1\"]] }", "must not change what a task is", "weight"),
        ("tasks.wear.wieght", "{ low = 1.0, high = 2.0 }", "unknown field", "did you mean \"weight\"?"),
    ] {
        let error = error(&format!("[tune.space]\n\"training.batch\" = {{ values = [8] }}\n\"{key}\" = {parameter}"));
        assert_eq!(error.key, format!("tune.space.\"{key}\""), "{error}");
        assert_eq!(error.line, Some(RIG.lines().count() + 4), "{error}");
        assert!(error.problem.contains(problem) && error.remedy.contains(remedy), "{error}");
    }
    let unquoted = error("[tune.space]\ntraining.dropout = { values = [0.1] }");
    assert!(unquoted.remedy.contains("in quotes"), "{unquoted}");
    let whole = "[tune.space]\n\"training.epochs\" = { low = 2, high = 10, integer = true }\n\"tasks.wear.weight\" = { values = [2.0] }";
    parse(&format!("{RIG}[tune]\n{whole}\n"), "rig.toml").unwrap();
}
