//! What every weighting and every gradient method promises.

use super::*;
use crate::config::{GradientConfig, WeightingConfig};
use crate::train::{probe_gradients, step_by_step};

const WEIGHTINGS: [WeightingConfig; 5] = [
    WeightingConfig::Fixed,
    WeightingConfig::Equal,
    WeightingConfig::Uncertainty,
    WeightingConfig::Dwa,
    WeightingConfig::Famo,
];
const GRADIENTS: [GradientConfig; 6] = [
    GradientConfig::Sum,
    GradientConfig::Pcgrad,
    GradientConfig::Cagrad,
    GradientConfig::Mgda,
    GradientConfig::Upgrad,
    GradientConfig::AlignedMtl,
];

fn with(weighting: WeightingConfig, gradient: GradientConfig) -> Project {
    let mut project = project();
    project.training.weighting = weighting;
    project.training.gradient = gradient;
    project.training.relation.strength = 1e-2;
    project
}

#[test]
fn every_variable_gets_a_finite_gradient_under_every_pair_of_methods() {
    let world = World::new();
    for weighting in WEIGHTINGS {
        for gradient in GRADIENTS {
            let gradients = probe_gradients(&with(weighting, gradient), &world.set(), &[12, 8], 1).unwrap();
            let names: Vec<&str> = gradients.iter().map(|gradient| gradient.variable.as_str()).collect();
            let layers = ["trunk[0].layers[0]", "trunk[0].layers[1]", "trunk[0].heads", "linear"];
            let expected = layers.map(|layer| [format!("{layer}.weight"), format!("{layer}.bias")]).concat();
            assert_eq!(names, expected);
            for found in gradients {
                assert!(found.is_finite() && found.largest > Some(0.0), "{weighting:?} {gradient:?} {found:?}");
            }
        }
    }
}

#[test]
fn every_method_lowers_the_losses_and_repeats_itself_to_the_bit() {
    let world = World::new();
    let weightings = WEIGHTINGS.map(|weighting| (weighting, GradientConfig::Sum));
    let gradients = GRADIENTS.map(|gradient| (WeightingConfig::Fixed, gradient));
    let both =
        [(WeightingConfig::Famo, GradientConfig::Upgrad), (WeightingConfig::Uncertainty, GradientConfig::Pcgrad)];
    for (weighting, gradient) in weightings.into_iter().chain(gradients).chain(both) {
        let mut project = with(weighting, gradient);
        project.training.epochs = 20;
        let run = |threads| in_pool(threads, || fit(&project, &world.set(), &[12, 8], 5, &Silent).unwrap());
        let trained = run(1);
        assert_eq!(trained, run(3), "{weighting:?} {gradient:?}");
        let (first, last) = (&trained.log.epochs[0].losses, &trained.log.epochs[19].losses);
        assert!(
            first.iter().zip(last).all(|(first, last)| last < first),
            "{weighting:?} {gradient:?} {first:?} {last:?}"
        );
    }
}

#[test]
fn every_method_takes_a_course_of_its_own() {
    let world = World::new();
    let model =
        |weighting, gradient| fit(&with(weighting, gradient), &world.set(), &[12, 8], 5, &Silent).unwrap().model;
    let mut models = vec![model(WeightingConfig::Fixed, GradientConfig::Sum)];
    models.extend(WEIGHTINGS[2..].iter().map(|weighting| model(*weighting, GradientConfig::Sum)));
    models.extend(GRADIENTS[1..].iter().map(|gradient| model(WeightingConfig::Fixed, *gradient)));
    for (index, model) in models.iter().enumerate() {
        assert!(!models[..index].contains(model), "method {index}");
    }
}

#[test]
fn equal_weights_leave_out_what_the_project_file_says() {
    let mut world = World::new();
    let fitted = |world: &World, weighting| {
        fit(&with(weighting, GradientConfig::Sum), &world.set(), &[12, 8], 5, &Silent).unwrap().model
    };
    let plain = fitted(&world, WeightingConfig::Fixed);
    world.configs[0].weight = 3.0;
    assert_eq!(fitted(&world, WeightingConfig::Equal), plain);
    assert_ne!(fitted(&world, WeightingConfig::Fixed), plain);
}

#[test]
fn a_gradient_method_over_a_single_task_is_the_plain_sum() {
    let world = World::new();
    let alone = |gradient| {
        let mut set = world.set();
        set.tasks.truncate(1);
        fit(&with(WeightingConfig::Fixed, gradient), &set, &[12, 8], 5, &Silent).unwrap().model
    };
    for gradient in GRADIENTS {
        assert_eq!(alone(gradient), alone(GradientConfig::Sum), "{gradient:?}");
    }
}

#[test]
fn tasks_beside_the_trunk_keep_learning_and_stay_out_of_the_gramian() {
    let mut world = World::new();
    world.configs[0].trunk_head = false;
    let project = with(WeightingConfig::Fixed, GradientConfig::Upgrad);
    let trained = fit(&project, &world.set(), &[12, 8], 5, &Silent).unwrap();
    let losses = |epoch: usize| trained.log.epochs[epoch].losses[0];
    assert!(losses(trained.log.epochs.len() - 1) < losses(0));
    let rows: Vec<u32> = (0..60).collect();
    let gradients = step_by_step(&project, &world.set(), &[12, 8], 5, |training| training.task_gradients(&rows));
    assert_eq!(gradients.unwrap().unwrap().tasks(), [1, 2]);
}

#[test]
fn the_methods_weights_act_on_the_trunk_alone() {
    let world = World::new();
    let heads = |gradient| {
        let rows: Vec<u32> = (0..60).collect();
        let project = with(WeightingConfig::Fixed, gradient);
        let found = step_by_step(&project, &world.set(), &[12, 8], 5, |training| training.gradients(&rows)).unwrap();
        found.into_iter().filter(|gradient| !gradient.variable.contains("layers")).collect::<Vec<_>>()
    };
    for gradient in GRADIENTS {
        for (found, plain) in heads(gradient).iter().zip(heads(GradientConfig::Sum)) {
            let (a, b) = (found.largest.unwrap(), plain.largest.unwrap());
            assert!((a - b).abs() <= 1e-5 * b, "{gradient:?} {found:?} {plain:?}");
        }
    }
}
