use trunkline_shared::features::MISSING;
use trunkline_shared::model::TaskKind;

use super::*;
use crate::data::{Labels, TaskLabels};
use crate::model::FloatModel;
use crate::train::{Silent, Task, TrainingSet, fit};

const ROWS: usize = 600;

/// Channels `a` and `b` of two features each, `b` with an indicator and optional; a magnitude of `a`, `b` and `c`.
fn blocks() -> Vec<FeatureBlock> {
    let block = |source: &str, channels: &[&str], columns, indicator| FeatureBlock {
        source: source.into(),
        channels: channels.iter().map(|name| (*name).to_owned()).collect(),
        columns,
        raw: None,
        indicator,
    };
    vec![block("a", &["a"], 0..2, None), block("b", &["b"], 2..5, Some(4)), block("abc", &["a", "b", "c"], 5..6, None)]
}

fn project(modality_dropout: f64, linear: &str, trunk: &str) -> Project {
    let text = format!(
        "name = 'test'\n[data]\nloader = 'table'\n[split]\nmethod = 'random'\n[[channels]]\nname = 'a'\n\
         [[channels]]\nname = 'b'\noptional = true\nmissing_indicator = true\n[[channels]]\nname = 'c'\n\
         [[tasks]]\nname = 'y'\nrole = 'other'\nkind = 'regression'\ntarget = {{ column = 'y' }}\nlinear = {{ mode = '{linear}' }}\n\
         [model]\ntrunk = {trunk}\n[training]\nepochs = 30\nlearning_rate = 5e-3\nmodality_dropout = {modality_dropout}\n\
         early_stopping = {{ validation = 0.0 }}\n"
    );
    toml::from_str(&text).unwrap()
}

/// What both channels measure, each with noise of its own: together they tell more, and each alone tells much.
struct World {
    features: FeatureMatrix,
    labels: TaskLabels,
    rows: Vec<usize>,
}

impl World {
    fn new() -> Self {
        let mut random = generator(99, Stream::Noise);
        let mut draw = || {
            let uniform: f32 = StandardUniform.sample(&mut random);
            2.0 * uniform - 1.0
        };
        let (mut data, mut values) = (Vec::new(), Vec::new());
        for _ in 0..ROWS {
            let signal = draw();
            let (a, b) = (signal + 0.5 * draw(), signal + 0.5 * draw());
            data.extend([a, a * a, b, b * b, 0.0, 0.0]);
            values.push(Some(signal));
        }
        let names = (0..6).map(|column| format!("f{column}")).collect();
        let labels = Labels::Values(values);
        Self {
            features: FeatureMatrix { rows: ROWS, columns: 6, names, blocks: blocks(), data },
            labels: TaskLabels::sample("y", TaskKind::Regression, 0, labels),
            rows: (0..ROWS).filter(|row| row % 2 == 0).collect(),
        }
    }

    fn set<'a>(&'a self, project: &'a Project) -> TrainingSet<'a> {
        let tasks = vec![Task { config: &project.tasks[0], labels: &self.labels }];
        TrainingSet { features: &self.features, tasks, rows: &self.rows, units: None, weights: None }
    }

    fn fit(&self, project: &Project) -> FloatModel {
        fit(project, &self.set(project), &project.model.trunk, 5, &Silent).unwrap().model
    }

    /// Mean squared error on the rows not trained on, with all channels or without `b`.
    fn error(&self, model: &FloatModel, without_b: bool) -> f64 {
        let Labels::Values(values) = &self.labels.labels else { unreachable!() };
        let rows: Vec<usize> = (0..ROWS).filter(|row| row % 2 == 1).collect();
        let error = |row: &usize| {
            let features =
                if without_b { self.features.row_without(*row, "b") } else { self.features.row(*row).to_vec() };
            f64::from(model.forward(&features)[0][0] - values[*row].unwrap()).powi(2)
        };
        rows.iter().map(error).sum::<f64>() / rows.len() as f64
    }
}

#[test]
fn a_row_without_a_channel_lacks_all_that_is_computed_from_it() {
    let row = World::new().features.row_without(3, "b");
    let gone: Vec<bool> = row.iter().map(|x| x.is_nan()).collect();
    assert_eq!(gone, [false, false, true, true, false, true]);
    assert_eq!(row[4], 1.0);
    assert!(MISSING.is_nan());
}

#[test]
fn masked_rows_hold_exactly_the_training_mean_and_the_indicator_of_a_missing_channel() {
    let (world, project) = (World::new(), project(0.4, "frozen", "[4]"));
    let problem = Problem::fit(&project, &world.set(&project), &world.rows, 5);
    let mut dropout = ModalityDropout::new(&problem).unwrap();
    let whole = problem.rows.z.data.clone();
    let (mut clean, mut noisy) = (whole.clone(), whole.iter().map(|z| z + 0.25).collect::<Vec<f32>>());
    let change = dropout.mask(world.rows.len(), &mut clean, Some(&mut noisy)).unwrap().unwrap();
    let change = change.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let LinearWiring::Frozen(frozen) = &problem.wiring[0].linear else { panic!("it is frozen") };
    let indicator = problem.normalization.standardize(4, 1.0);
    let mut masked = 0;
    for (row, change) in change.into_iter().enumerate() {
        let at = row * 6..row * 6 + 6;
        let (now, then) = (&clean[at.clone()], &whole[at.clone()]);
        if now == then {
            assert!(noisy[at].iter().zip(then).all(|(noisy, z)| *noisy == z + 0.25));
            assert_eq!(change, 0.0);
            continue;
        }
        masked += 1;
        assert_eq!(now, [then[0], then[1], 0.0, 0.0, indicator, 0.0]);
        assert_eq!(noisy[at.start + 2..at.end], now[2..]);
        let moved = frozen.apply(now)[0] - frozen.apply(then)[0];
        assert!((change - moved).abs() < 1e-5, "{change} {moved}");
        // As the model standardises a row that really lacks the channel.
        let lacking = problem.normalization.apply(&world.features.row_without(world.rows[row], "b"));
        assert_eq!(now, lacking);
    }
    let share = masked as f64 / world.rows.len() as f64;
    assert!((share - 0.4).abs() < 0.08, "{share}");
}

#[test]
fn indicators_are_standardised_for_the_rows_in_which_channels_are_left_out() {
    let (world, project) = (World::new(), project(0.2, "frozen", "[4]"));
    let problem = Problem::fit(&project, &world.set(&project), &world.rows, 5);
    // Never missing in the rows themselves: mean p, standard deviation sqrt(p (1 - p)).
    assert!((problem.normalization.mean[4] - 0.2).abs() < 1e-6);
    assert!((problem.normalization.standardize(4, 1.0) - 2.0).abs() < 1e-5);
    assert!((problem.normalization.standardize(4, 0.0) + 0.5).abs() < 1e-5);
}

#[test]
fn copies_for_the_closed_form_are_the_rows_that_lack_a_channel() {
    let (world, project) = (World::new(), project(0.3, "frozen", "[4]"));
    let problem = Problem::fit(&project, &world.set(&project), &world.rows, 5);
    let optional = problem.optional.as_ref().unwrap();
    let (all, copies) = optional.with_masked_copies(&problem.rows.z);
    assert_eq!((all.rows, all.data.len()), (problem.rows.z.rows + copies.len(), all.rows * 6));
    assert_eq!(all.data[..problem.rows.z.data.len()], problem.rows.z.data);
    for (copy, row) in copies.iter().enumerate() {
        assert_eq!(all.row(problem.rows.z.rows + copy)[2..4], [0.0, 0.0]);
        assert_eq!(all.row(problem.rows.z.rows + copy)[..2], problem.rows.z.row(*row)[..2]);
    }
    let share = copies.len() as f64 / problem.rows.z.rows as f64;
    assert!((share - 0.3).abs() < 0.08, "{share}");
    assert_eq!(optional.with_masked_copies(&problem.rows.z), (all, copies));
}

#[test]
fn without_the_option_an_optional_channel_changes_no_bit() {
    let world = World::new();
    let plain = project(0.0, "trained", "[8]");
    let mut named = plain.clone();
    named.channels[1].optional = false;
    assert_eq!(world.fit(&plain), world.fit(&named));
}

#[test]
fn a_model_that_has_learnt_to_do_without_a_channel_is_better_without_it() {
    let world = World::new();
    for (linear, trunk) in [("frozen", "[]"), ("off", "[16]"), ("trained", "[16]"), ("frozen", "[16]")] {
        let (plain, learnt) = (world.fit(&project(0.0, linear, trunk)), world.fit(&project(0.25, linear, trunk)));
        let (before, after) = (world.error(&plain, true), world.error(&learnt, true));
        assert!(after < 0.9 * before, "{linear} {trunk}: {before} {after}");
        // With all channels little is lost.
        let (before, after) = (world.error(&plain, false), world.error(&learnt, false));
        assert!(after < 1.25 * before, "{linear} {trunk}: {before} {after}");
    }
}

#[test]
fn equal_seeds_give_equal_models_and_others_do_not() {
    let world = World::new();
    let project = project(0.25, "frozen", "[8]");
    let fit = |seed| fit(&project, &world.set(&project), &[8], seed, &Silent).unwrap().model;
    assert_eq!(fit(1), fit(1));
    assert_ne!(fit(1), fit(2));
}
