//! Networks of other shapes than one trunk with a head a task go the whole way to the device too.

use trunkline_shared::model::validate;
use trunkline_trainer::config;
use trunkline_trainer::evaluate::{EvaluateError, Limits, Unobserved, run};

use super::{PROJECT, dataset, project, run_on, worst_difference};

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
        let outcome = run_on(1, &project, cut);
        assert_eq!(outcome.model.image, run_on(2, &project, cut).model.image, "{overlay}");
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
fn a_network_larger_than_any_artifact_is_refused_before_training() {
    let project = project().overlaid("model.trunk = [800, 800]", "overlay").unwrap();
    let error = run(&project, &dataset(), Limits::default(), &Unobserved).unwrap_err();
    assert!(matches!(error, EvaluateError::TooLarge { limit: 524_288, .. }), "{error}");
    assert!(error.to_string().contains("model.trunk"), "{error}");
}
