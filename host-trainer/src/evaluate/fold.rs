//! One fold of one seed: fit a contender on its training rows, ask it about its test rows.

use std::sync::{Arc, OnceLock};

use trunkline_shared::model::build::GoldenSpec;
use trunkline_shared::model::validate;

use super::baseline::constant_outputs;
use super::course::FitEnd;
use super::explanation::FoldEvidence;
use super::integer::{quantize_model, run_integers, run_integers_without};
use super::same_size::same_size_trunk;
use super::strong::Strong;
use super::{Answer, Contender, EvaluateError, Predictions};
use crate::artifact::{Parts, assemble};
use crate::config::Project;
use crate::data::Dataset;
use crate::features::{PlanSpec, Prepared};
use crate::model::FloatModel;
use crate::train::{Silent, Task, TrainError, Trained, TrainingLog, TrainingSet, fit, fit_linear_baseline};

/// A fold with everything that its models read.
#[derive(Debug, Clone)]
pub(crate) struct Fold<'a> {
    pub(crate) project: &'a Project,
    /// What errors call the project, where it is one of several.
    pub(crate) method: Option<&'a str>,
    pub(crate) dataset: &'a Dataset,
    pub(crate) plan: &'a PlanSpec,
    /// Which rows stay together when something is chosen inside the training rows.
    pub(crate) units: Option<&'a [u32]>,
    /// Index of the seed in the project.
    pub(crate) seed_index: usize,
    pub(crate) seed: u64,
    /// Index of the fold.
    pub(crate) fold: usize,
    pub(crate) train: Vec<usize>,
    pub(crate) test: Vec<usize>,
    pub(crate) prepared: Arc<Prepared>,
    /// What the joint network shows beyond its answers, once it is trained; `None` where nobody asks.
    pub(crate) evidence: Option<OnceLock<FoldEvidence>>,
}

/// One fit and what it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Joint network, in floating point and in integers.
    Joint,
    /// Full-size network for the task of that index.
    Single(usize),
    /// Small network for the task of that index.
    SingleSameSize(usize),
    /// Constant and linear baselines.
    Baselines,
    /// A model that no device would hold, for the task of that index.
    Strong(Strong, usize),
}

impl Work {
    /// All that every evaluation does for `tasks` tasks, the longest first.
    pub(crate) fn all(tasks: usize) -> impl Iterator<Item = Work> {
        [Work::Joint]
            .into_iter()
            .chain((0..tasks).map(Work::Single))
            .chain((0..tasks).map(Work::SingleSameSize))
            .chain([Work::Baselines])
    }
}

/// Answers of one contender to the test rows of a fold, for some tasks.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(super) contender: Contender,
    /// The channel that was missing in every window, if one was.
    pub(super) without: Option<String>,
    /// Index in the data set of each task of `predictions`.
    pub(super) tasks: Vec<usize>,
    /// One place a test row of the fold, in their order.
    pub(super) predictions: Predictions,
}

/// What `model` says of one row of `features`, task by task.
pub(super) fn model_answers(model: &FloatModel, features: &[f32]) -> Vec<Answer> {
    let outputs = model.forward(features).into_iter().zip(&model.heads);
    outputs.map(|(outputs, head)| Answer { outputs, threshold: head.decision.threshold }).collect()
}

/// What a piece of work gives.
pub(super) struct Done {
    pub(super) answers: Vec<Answers>,
    /// Where networks were trained: of whom, for which tasks, and how that ended.
    pub(super) end: Option<(Contender, Vec<usize>, FitEnd)>,
}

impl Fold<'_> {
    /// Does one piece of work.
    pub(super) fn run(&self, work: Work) -> Result<Done, EvaluateError> {
        let mut end = None;
        let answers = self.answers_to(work, |contender, tasks, log| {
            end = Some((contender, tasks.to_vec(), FitEnd::of(log, tasks.len(), self.project.training.epochs)));
        })?;
        Ok(Done { answers, end })
    }

    /// Does one piece of work, and shows the log of each training of networks to `trained`.
    fn answers_to(
        &self,
        work: Work,
        mut trained: impl FnMut(Contender, &[usize], &TrainingLog),
    ) -> Result<Vec<Answers>, EvaluateError> {
        let all: Vec<usize> = (0..self.dataset.tasks.len()).collect();
        let trunk = self.project.trunk();
        match work {
            Work::Joint => {
                let fitted = self.fit(&all, trunk, "the joint network")?;
                trained(Contender::JointF32, &all, &fitted.log);
                let mut answers = self.integer_answers(&fitted.model, &all)?;
                if let Some(config) = &self.project.personalize {
                    answers.extend(self.personal_answers(config, &fitted.model)?);
                }
                answers.push(self.answers(Contender::JointF32, all, &fitted.model));
                if let Some(evidence) = &self.evidence {
                    let (features, tasks) = (&self.prepared.features, &self.dataset.tasks);
                    let seeds = (self.project.training.seeds.len(), self.seed);
                    evidence.get_or_init(|| FoldEvidence::of(&fitted, features, tasks, &self.test, seeds));
                }
                Ok(answers)
            }
            Work::Single(task) => {
                let fitted = self.fit_single(task, trunk)?;
                trained(Contender::Single, &[task], &fitted.log);
                Ok(vec![self.answers(Contender::Single, vec![task], &fitted.model)])
            }
            Work::SingleSameSize(task) => {
                let tasks: Vec<_> = self.project.tasks.iter().zip(&self.dataset.tasks).collect();
                let small = same_size_trunk(&tasks, &self.prepared.features, &self.project.model);
                let fitted = self.fit_single(task, &small)?;
                trained(Contender::SingleSameSize, &[task], &fitted.log);
                Ok(vec![self.answers(Contender::SingleSameSize, vec![task], &fitted.model)])
            }
            Work::Baselines => {
                let linear = fit_linear_baseline(self.project, &self.training_set(&all), self.seed);
                let linear = linear.map_err(|source| self.failed("the linear baseline", source))?;
                Ok(vec![self.constant_answers(all.clone()), self.answers(Contender::Linear, all, &linear)])
            }
            Work::Strong(strong, task) => Ok(vec![self.strong_answers(strong, task)?]),
        }
    }

    pub(crate) fn training_set(&self, tasks: &[usize]) -> TrainingSet<'_> {
        let task = |task: &usize| Task { config: &self.project.tasks[*task], labels: &self.dataset.tasks[*task] };
        TrainingSet {
            features: &self.prepared.features,
            tasks: tasks.iter().map(task).collect(),
            rows: &self.train,
            units: self.units,
            weights: self.dataset.weights.as_deref(),
        }
    }

    pub(crate) fn fit(&self, tasks: &[usize], trunk: &[usize], what: &str) -> Result<Trained, EvaluateError> {
        let trained = fit(self.project, &self.training_set(tasks), trunk, self.seed, &Silent);
        trained.map_err(|source| self.failed(what, source))
    }

    pub(crate) fn fit_single(&self, task: usize, trunk: &[usize]) -> Result<Trained, EvaluateError> {
        let config = &self.project.tasks[task];
        let trunk = if config.trunk_head { trunk } else { &[] };
        self.fit(&[task], trunk, &format!("the network for task `{}` alone", config.name))
    }

    pub(crate) fn failed(&self, what: &str, source: TrainError) -> EvaluateError {
        let method = self.method.map_or_else(String::new, |method| format!("method {method}, "));
        EvaluateError::Train { seed: self.seed, what: format!("{method}fold {}, {what}", self.fold).into(), source }
    }

    pub(super) fn answers(&self, contender: Contender, tasks: Vec<usize>, model: &FloatModel) -> Answers {
        let features = &self.prepared.features;
        self.answers_by(contender, tasks, |row| model_answers(model, features.row(row)))
    }

    fn constant_answers(&self, tasks: Vec<usize>) -> Answers {
        let weights = self.dataset.weights.as_deref();
        let outputs: Vec<Answer> =
            self.dataset.tasks.iter().map(|task| constant_outputs(task, &self.train, weights).into()).collect();
        self.answers_by(Contender::Constant, tasks, |_| outputs.clone())
    }

    pub(super) fn answers_by(
        &self,
        contender: Contender,
        tasks: Vec<usize>,
        outputs: impl Fn(usize) -> Vec<Answer>,
    ) -> Answers {
        let mut predictions = Predictions::none(tasks.len(), self.test.len());
        for (place, row) in self.test.iter().enumerate() {
            predictions.set(place, outputs(*row));
        }
        Answers { contender, without: None, tasks, predictions }
    }

    /// Quantizes, lays out, validates and runs: the whole way that the model in the artifact goes. The answers to the windows as they
    /// are, and once more without each of the optional channels.
    fn integer_answers(&self, float: &FloatModel, tasks: &[usize]) -> Result<Vec<Answers>, EvaluateError> {
        let Prepared { codes, windows, .. } = self.prepared.as_ref();
        let image = self.image(float)?;
        let model = validate(&image)?;
        let answers = |without, predictions| Answers {
            contender: Contender::JointInt8,
            without,
            tasks: tasks.to_vec(),
            predictions,
        };
        let mut all = vec![answers(None, run_integers(&model, windows, &self.test)?)];
        for (channel, samples) in codes.optional() {
            let predictions = run_integers_without(&model, windows, &self.test, samples)?;
            all.push(answers(Some(channel.to_owned()), predictions));
        }
        Ok(all)
    }

    /// The artifact of `float`, calibrated on the training rows and without a host part.
    pub(super) fn image(&self, float: &FloatModel) -> Result<Vec<u8>, EvaluateError> {
        let Prepared { codes, features, .. } = self.prepared.as_ref();
        Ok(assemble(Parts {
            name: &self.project.name,
            window_ms: self.dataset.window_ms,
            codes,
            plan: self.plan,
            model: &quantize_model(self.project, float, features, &self.train)?,
            tasks: &self.dataset.tasks,
            periods: self.project.tasks.iter().map(|task| task.period()).collect(),
            golden: vec![GoldenSpec::Generated { seed: 1 }],
            host_part: Vec::new(),
        })?)
    }
}
