//! A whole fit: choose the number of epochs on held-out rows (whole units of the split), train on all rows, calibrate.

use std::sync::Arc;

use super::TrainError;
use super::alternate::task_relation;
use super::architecture::Architecture;
use super::calibrate::calibrate;
use super::distill::soft_targets;
use super::early_stopping::{EarlyStopping, Validation};
use super::fine_tune::FineTuning;
use super::log::{EpochRecord, TrainingLog};
use super::narrow::narrow_layers;
use super::objective::Objective;
use super::problem::{Problem, TrainingSet};
use super::progress::{Phase, Progress, Silent};
use super::quantization_aware::{Awareness, IntegerForm};
use super::run::{Outcome, RunPlan, Slowed, descend};
use crate::config::{ModelKind, Project, QuantizationMode, TaskConfig};
use crate::data::split;
use crate::grouping::find_groups;
use crate::model::FloatModel;
use crate::model::net::Net;
use crate::quantize::measure_ranges;

/// A trained model and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The model.
    pub model: FloatModel,
    /// The same network with the outputs that it had in training alone: each regression with the likelihood of a Gaussian has its
    /// log variance as its second output ([`super::loss::GaussianNll`]). `None` without such a task.
    pub all_outputs: Option<FloatModel>,
    /// Epochs, alternations, relation.
    pub log: TrainingLog,
}

/// Trains one model for all tasks of `set`, with ReLU layers of widths `trunk` (none: linear paths alone), by the `[model]` and
/// `[training]` sections of `project`. Tasks of several groups have a trunk a group, of the group's own widths where it has some.
///
/// With `[model.grouping]` the groups are found on the rows of `set` first. Equal arguments give equal bits.
///
/// With `early_stopping.validation` above 0 a first run on part of the rows finds the epoch with the best validation score; with `refit` a
/// second one trains on all rows for that many epochs. Without `refit`, where all labels of a task would be held out, there is no
/// validation: the model could not learn the task.
///
/// With `quantization.mode = "qat"` further epochs follow, on the numbers of the integer model; the weights that they leave are those before
/// the rounding.
///
/// # Errors
/// [`TrainError`], which says what is wrong with the set or where the training broke down.
pub fn fit(
    project: &Project,
    set: &TrainingSet<'_>,
    trunk: &[usize],
    seed: u64,
    progress: &dyn Progress,
) -> Result<Trained, TrainError> {
    let grouped = find_groups(project, set, trunk, seed)?;
    let (project, trunk) = grouped.as_ref().map_or((project, trunk), |found| (&found.project, found.trunk.as_slice()));
    let mut trained = fit_network(project, set, trunk, seed, progress)?;
    trained.log.grouping = grouped.as_ref().map(|found| found.grouping.clone());
    let fit_other = |other: &TrainingSet<'_>| Ok(fit_network(project, other, trunk, seed, &Silent)?.model);
    trained.log.calibration = calibrate(project, set, seed, &mut trained.model, fit_other)?;
    Ok(trained)
}

/// The training without what is fitted to a trained model's answers.
fn fit_network(
    project: &Project,
    set: &TrainingSet<'_>,
    trunk: &[usize],
    seed: u64,
    progress: &dyn Progress,
) -> Result<Trained, TrainError> {
    if project.model.kind == ModelKind::Linear {
        return Ok(Trained { model: fit_closed_form(project, set)?, all_outputs: None, log: TrainingLog::default() });
    }
    set.check(!trunk.is_empty())?;
    Fitter { project, set, start: Start::Drawn(trunk), seed, progress }.fit()
}

/// The linear baseline: the closed form of every task, without trunk and without training, calibrated as a network is.
///
/// # Errors
/// [`TrainError`], where the set is not fit for training.
pub fn fit_linear_baseline(project: &Project, set: &TrainingSet<'_>, seed: u64) -> Result<FloatModel, TrainError> {
    let mut model = fit_closed_form(project, set)?;
    calibrate(project, set, seed, &mut model, |other| fit_closed_form(project, other))?;
    Ok(model)
}

fn fit_closed_form(project: &Project, set: &TrainingSet<'_>) -> Result<FloatModel, TrainError> {
    set.check(true)?;
    let problem = Problem::fit_linear(set, project.model.clip_sd);
    let net = Net::new(set.features.columns, &[Vec::new()], problem.wiring.clone(), 0.0, 0)?;
    Ok(net.to_float(&problem.normalization)?)
}

/// A network's weights at one time.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    /// See [`Trained::model`].
    pub(super) model: FloatModel,
    /// See [`Trained::all_outputs`].
    pub(super) all_outputs: Option<FloatModel>,
}

impl Weights {
    /// The present ones of `net`, on the scales of `problem`.
    pub(super) fn of(net: &Net, problem: &Problem) -> candle_core::Result<Self> {
        let normalization = &problem.normalization;
        Ok(Self { model: net.to_float(normalization)?, all_outputs: net.to_float_with_all_outputs(normalization)? })
    }
}

/// The arguments of a fit.
pub(super) struct Fitter<'a> {
    pub(super) project: &'a Project,
    pub(super) set: &'a TrainingSet<'a>,
    pub(super) start: Start<'a>,
    pub(super) seed: u64,
    pub(super) progress: &'a dyn Progress,
}

/// What a training starts from.
#[derive(Clone, Copy)]
pub(super) enum Start<'a> {
    /// Weights that the seed draws, in a trunk of these widths, and linear paths in closed form.
    Drawn(&'a [usize]),
    /// A model that exists.
    Model(&'a FineTuning<'a>),
}

impl Fitter<'_> {
    /// Chooses the number of epochs on held-out rows, where the project asks for that, and trains.
    pub(super) fn fit(&self) -> Result<Trained, TrainError> {
        let set = self.set;
        let stopping = &self.project.training.early_stopping;
        let epochs = self.project.training.epochs;
        let labelled = |rows: &[usize]| set.labelled_part(rows).0.len();
        let inner = (stopping.validation > 0.0 && epochs > 0)
            .then(|| split::inner(set.rows, set.units, stopping.validation, self.seed))
            .filter(|(fitted, held_out)| !fitted.is_empty() && !held_out.is_empty())
            .filter(|(fitted, _)| stopping.refit || labelled(fitted) == labelled(set.rows));
        match inner {
            None => self.train(epochs),
            Some((fitted, held_out)) => {
                let chosen = self.choose(&fitted, &held_out, epochs)?;
                if !stopping.refit {
                    return Ok(chosen);
                }
                let mut trained = self.train(chosen.log.chosen_epochs)?;
                trained.log.validation_epochs = chosen.log.validation_epochs;
                Ok(trained)
            }
        }
    }

    /// Trains on `fitted` and keeps the weights with the best score on `held_out`.
    fn choose(&self, fitted: &[usize], held_out: &[usize], epochs: usize) -> Result<Trained, TrainError> {
        let (problem, net) = self.prepare(fitted)?;
        let held_out = problem.other_rows(self.set, held_out);
        let validation = Validation::new(&problem, &held_out)?;
        let mut stopper = EarlyStopping::new(&self.project.training.early_stopping);
        let start = validation.score(&net)?;
        stopper.observe(0, start, || Weights::of(&net, &problem))?;
        let plan = self.plan(Phase::Choose, epochs);
        let outcome = self.run(&net, &problem, plan, Some((&validation, &mut stopper)))?;
        let mut trained = self.finish(&net, &problem, fitted, &outcome)?;
        trained.log.validation_epochs = outcome.epochs;
        if let Some(best) = stopper.into_best() {
            Weights { model: trained.model, all_outputs: trained.all_outputs } = best.weights;
            trained.log.chosen_epochs = best.epoch;
        }
        if !self.project.training.early_stopping.refit {
            self.go_on_from_best(&net, &problem, fitted, &mut trained)?;
        }
        Ok(trained)
    }

    /// What follows the best epoch of the training that chose it, where its weights are kept: the quantization-aware epochs that the project
    /// asks for, and the choice of layers of 4 bits. `net` is that of `trained`.
    fn go_on_from_best(
        &self,
        net: &Net,
        problem: &Problem,
        rows: &[usize],
        trained: &mut Trained,
    ) -> Result<(), TrainError> {
        let before = trained.log.chosen_epochs;
        net.assign(trained.all_outputs.as_ref().unwrap_or(&trained.model))?;
        let Some(awareness) = self.awareness(net, rows, before) else {
            trained.model.narrow = narrow_layers(net, problem, &self.integer_form(rows))?;
            return Ok(());
        };
        let plan = RunPlan { awareness: Some(awareness), ..self.plan(Phase::Train, 0) };
        let outcome = self.run(net, problem, plan, None)?;
        let Trained { model, all_outputs, log } = self.finish(net, problem, rows, &outcome)?;
        (trained.model, trained.all_outputs) = (model, all_outputs);
        trained.log.epochs.truncate(before);
        let further = log.epochs.into_iter().map(|record| EpochRecord { epoch: record.epoch + before, ..record });
        trained.log.epochs.extend(further);
        trained.log.chosen_epochs = trained.log.epochs.len();
        (trained.log.quantized_epochs, trained.log.relation) = (log.quantized_epochs, log.relation);
        Ok(())
    }

    /// Trains on all rows for `epochs` epochs.
    fn train(&self, epochs: usize) -> Result<Trained, TrainError> {
        let (problem, net) = self.prepare(self.set.rows)?;
        let awareness = self.awareness(&net, self.set.rows, epochs);
        let outcome = self.run(&net, &problem, RunPlan { awareness, ..self.plan(Phase::Train, epochs) }, None)?;
        self.finish(&net, &problem, self.set.rows, &outcome)
    }

    /// What is fitted to `rows` in closed form, and the network that starts from it.
    pub(super) fn prepare(&self, rows: &[usize]) -> Result<(Problem, Net), TrainError> {
        let trunk = match self.start {
            Start::Drawn(trunk) => trunk,
            Start::Model(tuning) => return tuning.prepare(self.project, self.set, rows, self.seed),
        };
        let model = &self.project.model;
        let mut problem = Problem::fit(self.project, self.set, rows, self.seed);
        let tasks: Vec<&TaskConfig> = self.set.tasks.iter().map(|task| task.config).collect();
        let architecture = Architecture::new(model, &self.set.features.blocks, &tasks, trunk);
        architecture.wire(&mut problem.wiring);
        problem.soft_targets =
            soft_targets(self.project, self.set, rows, &problem, self.seed, |project, set, seed| {
                Ok(fit_network(project, set, trunk, seed, &Silent)?.model)
            })?;
        let inputs = self.set.features.columns;
        let Architecture { branches, trunks, .. } = &architecture;
        let net = Net::branched(inputs, branches, trunks, problem.wiring.clone(), model.head_init, self.seed)?;
        Ok((problem, net))
    }

    fn run(
        &self,
        net: &Net,
        problem: &Problem,
        plan: RunPlan<'_>,
        validation: Option<(&Validation, &mut EarlyStopping<'_>)>,
    ) -> Result<Outcome, TrainError> {
        let plan = RunPlan { epochs: if net.is_trainable() { plan.epochs } else { 0 }, ..plan };
        descend(net, problem, &self.objective(problem), &plan, validation, |_, _| Ok(()))
    }

    /// How to train `net` on, after `epochs` epochs on the rows `rows`, as an integer network; `None` where nobody asks for that, nothing is
    /// trained or what was there before any epoch was found best.
    fn awareness<'r>(&'r self, net: &Net, rows: &'r [usize], epochs: usize) -> Option<Awareness<'r>> {
        let config = &self.project.quantization;
        let asked = config.mode == QuantizationMode::Qat && epochs > 0 && net.is_trainable();
        asked.then(|| Awareness { epochs: config.qat_epochs, form: self.integer_form(rows) })
    }

    /// How a network that was trained on `rows` becomes an integer one.
    fn integer_form<'r>(&'r self, rows: &'r [usize]) -> IntegerForm<'r> {
        let (project, set) = (self.project, self.set);
        let config = &project.quantization;
        IntegerForm {
            config,
            linear_bits: set.tasks.iter().map(|task| config.linear_bits_of(task.config)).collect(),
            measure: Box::new(|model| measure_ranges(project, model, set.features, rows)),
        }
    }

    /// The losses on the rows of `problem`.
    pub(super) fn objective(&self, problem: &Problem) -> Arc<Objective> {
        let outputs: Vec<usize> = problem.wiring.iter().map(|task| task.outputs).collect();
        let objective = Objective::new(&problem.rows, &outputs, &problem.losses);
        Arc::new(objective.with_soft_targets(problem.soft_targets.clone()))
    }

    /// How to run for `epochs` epochs.
    pub(super) fn plan(&self, phase: Phase, epochs: usize) -> RunPlan<'_> {
        RunPlan {
            training: &self.project.training,
            task_weights: self.set.tasks.iter().map(|task| task.config.weight as f32).collect(),
            awareness: None,
            slowed: match self.start {
                Start::Drawn(_) => None,
                Start::Model(FineTuning { task, factor, .. }) => Some(Slowed { factor: *factor, all_but: *task }),
            },
            epochs,
            seed: self.seed,
            phase,
            progress: self.progress,
        }
    }

    /// The present network, trained on the rows `rows`, after the run that `outcome` tells of.
    fn finish(&self, net: &Net, problem: &Problem, rows: &[usize], outcome: &Outcome) -> Result<Trained, TrainError> {
        let names: Vec<String> = problem.wiring.iter().map(|task| task.task.clone()).collect();
        let log = TrainingLog {
            validation_epochs: Vec::new(),
            epochs: outcome.epochs.clone(),
            chosen_epochs: outcome.epochs.len(),
            quantized_epochs: outcome.quantized_epochs,
            alternations: outcome.alternations.clone(),
            relation_converged: outcome.relation_converged,
            relation: task_relation(net, &names)?,
            calibration: Vec::new(),
            grouping: None,
        };
        let Weights { mut model, all_outputs } = Weights::of(net, problem)?;
        model.narrow = match &outcome.narrow {
            Some(narrow) => narrow.clone(),
            None => narrow_layers(net, problem, &self.integer_form(rows))?,
        };
        Ok(Trained { model, all_outputs, log })
    }
}

#[cfg(test)]
mod tests;
