//! What quantization-aware training promises.

use super::*;
use crate::config::{GradientConfig, GroupConfig, QuantizationMode, WeightingConfig, WeightsConfig};
use crate::model::LayerPlace;
use crate::quantize::{Calibration, simulate};
use crate::train::quantization_aware::Rounder;

fn aware(epochs: usize) -> Project {
    let mut project = project();
    project.quantization.mode = QuantizationMode::Qat;
    project.quantization.qat_epochs = epochs;
    project
}

/// Two trunks, hidden heads, a cascade, a variance that only a training has, and all that a step can do.
fn everything() -> (World, Project) {
    let (mut world, mut project) = (World::new(), aware(3));
    world.configs[0].hidden = Some(vec![6, 4]);
    world.configs[0].linear.bits = Some(8);
    world.configs[2].loss = Some(LossConfig::GaussianNll);
    world.configs[2].reads = vec![
        ReadConfig { task: "flag".into(), of: ReadOf::Output },
        ReadConfig { task: "class".into(), of: ReadOf::Embedding },
    ];
    let group = |task: &str, trunk| GroupConfig { tasks: vec![task.into()], trunk };
    project.model.groups = vec![group("class", None), group("value", Some(vec![7]))];
    project.training.dropout = 0.1;
    project.training.mixup = 0.2;
    (project.training.weighting, project.training.gradient) = (WeightingConfig::Famo, GradientConfig::Pcgrad);
    (world, project)
}

#[test]
fn further_epochs_follow_those_that_a_training_without_them_has() {
    let world = World::new();
    let plain = fit(&project(), &world.set(), &[12, 8], 3, &Silent).unwrap();
    let trained = fit(&aware(5), &world.set(), &[12, 8], 3, &Silent).unwrap();
    assert_eq!((trained.log.chosen_epochs, trained.log.quantized_epochs), (17, 5));
    assert_eq!(trained.log.epochs[..12], plain.log.epochs);
    assert_ne!(trained.model, plain.model);
    assert!(world.value_error(&trained.model) < 40.0);
}

#[test]
fn rounding_puts_every_layer_on_its_integers_and_undoing_it_brings_back_every_bit() {
    let (world, project) = everything();
    let set = world.set();
    let fitter = Fitter { project: &project, set: &set, start: Start::Drawn(&[12, 8]), seed: 3, progress: &Silent };
    let (problem, net) = fitter.prepare(set.rows).unwrap();
    let weights = || Weights::of(&net, &problem).unwrap();
    let (form, before) = (fitter.integer_form(set.rows), weights());
    let rounder = Rounder::new(&net, &problem, &form, Vec::new()).unwrap();
    let rounded = rounder.round().unwrap();
    let during = weights();
    for place in before.model.places() {
        let (before, during) = (before.model.layer(place).unwrap(), during.model.layer(place).unwrap());
        let zero = before.weight.iter().all(|weight| *weight == 0.0);
        // What is frozen is no layer of the network.
        let frozen = place == LayerPlace::Linear { task: 1 };
        assert_eq!(before.weight == during.weight, zero || frozen, "{place:?}");
    }
    // The variance that only a training has is no output of the integer network.
    let variance =
        |weights: &Weights| weights.all_outputs.as_ref().unwrap().heads[2].head.as_ref().unwrap().row(1).to_vec();
    assert_eq!(variance(&during), variance(&before));
    rounded.undo(&net).unwrap();
    let after = weights();
    assert_eq!((after.model, after.all_outputs), (before.model, before.all_outputs));
}

/// Mean squared error of the value by weights on the integers that the model becomes, over four seeds.
fn integer_error(world: &World, project: &Project) -> f64 {
    let rows = || world.rows.iter().map(|row| world.features.row(*row));
    let error = |seed| {
        let model = fit(project, &world.set(), &[12, 8], seed, &Silent).unwrap().model;
        assert_eq!(model.narrow.is_empty(), project.quantization.weights == WeightsConfig::Int8);
        let calibration = Calibration::measure(&model, rows().collect::<Vec<_>>().into_iter()).unwrap();
        world.value_error(&simulate(&model, &calibration, &[16; 3], &[]).unwrap().float)
    };
    (1..=4).map(error).sum::<f64>() / 4.0
}

#[test]
fn weights_of_four_bits_lose_less_by_a_training_that_knows_of_them() {
    let world = World::new();
    let (mut plain, mut aware) = (project(), aware(20));
    let wide = integer_error(&world, &plain);
    plain.quantization.weights = WeightsConfig::Int4;
    aware.quantization.weights = WeightsConfig::Int4;
    let (rounded, learnt) = (integer_error(&world, &plain), integer_error(&world, &aware));
    assert!(learnt < rounded, "8 bits {wide}, 4 bits {rounded}, known of {learnt}");
}

#[test]
fn layers_get_four_bits_as_long_as_the_tasks_bear_it() {
    let world = World::new();
    let narrow = |tolerance, mode| {
        let mut project = project();
        project.quantization.mode = mode;
        (project.quantization.weights, project.quantization.mixed_tolerance) = (WeightsConfig::Mixed, tolerance);
        fit(&project, &world.set(), &[12, 8], 2, &Silent).unwrap().model.narrow
    };
    let [none, some, all] = [0.0, 0.05, 10.0].map(|tolerance| narrow(tolerance, QuantizationMode::Ptq));
    assert_eq!(all.len(), 5, "two layers of the trunk and three heads");
    assert!(none.len() <= some.len() && none.len() < all.len(), "{none:?} {some:?}");
    assert!(some.iter().all(|place| all.contains(place)));
    // The last epochs know of the same ones.
    assert_eq!(narrow(0.05, QuantizationMode::Qat), some);
}

#[test]
fn every_shape_and_method_repeats_itself_to_the_bit_on_any_number_of_threads() {
    let (world, project) = everything();
    let run = |threads| in_pool(threads, || fit(&project, &world.set(), &[12, 8], 5, &Silent).unwrap());
    let trained = run(1);
    assert_eq!(trained, run(3));
    let outputs = trained.model.forward(world.features.row(0));
    assert_eq!(outputs.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1, 1]);
    assert!(outputs.iter().flatten().all(|output| output.is_finite()));
    let all = trained.all_outputs.unwrap().forward(world.features.row(0));
    assert_eq!((all[2].len(), all[2][0]), (2, outputs[2][0]));
}

#[test]
fn a_model_that_is_kept_without_a_second_training_goes_on_from_its_best_epoch() {
    let world = World::new();
    let kept = |mut project: Project| {
        project.training.early_stopping = EarlyStoppingConfig { validation: 0.3, refit: false, ..Default::default() };
        fit(&project, &world.set(), &[12, 8], 4, &Silent).unwrap()
    };
    let (plain, trained) = (kept(project()), kept(aware(2)));
    let best = plain.log.chosen_epochs;
    assert!(best > 0 && !plain.log.validation_epochs.is_empty());
    assert_eq!((trained.log.chosen_epochs, trained.log.quantized_epochs), (best + 2, 2));
    let epochs: Vec<usize> = trained.log.epochs.iter().map(|record| record.epoch).collect();
    assert_eq!(epochs, (1..=best + 2).collect::<Vec<_>>());
    assert_ne!(trained.model, plain.model);
}

#[test]
fn a_network_without_an_integer_form_is_refused_before_its_quantized_epochs() {
    let (world, mut project) = (World::new(), aware(1));
    project.model.clip_sd = 6.0;
    let error = fit(&project, &world.set(), &[8], 3, &Silent).unwrap_err();
    assert!(error.to_string().contains("quantization-aware training: model.clip_sd is 6"), "{error}");
}
