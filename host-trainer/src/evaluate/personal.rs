//! Personal heads against the shared model, against one slope for all groups, and against a model a group: on the same rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trunkline_shared::model::{TaskKind, validate};

use super::fold::{Answers, Fold, model_answers};
use super::integer::run_integers;
use super::record::Metrics;
use super::score::{error_of, score_task};
use super::{Contender, CrossValidation, EvaluateError, PairedDifference, Predictions};
use crate::config::{PersonalizeConfig, Project};
use crate::data::{Dataset, TaskLabels};
use crate::fleet::{PersonalHeads, Shared, Sharing, UnseenAnswers, personalize};
use crate::model::FloatModel;

/// What personal heads are worth, as `metrics.json` holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonalRecord {
    /// The column of groups.
    pub by: String,
    /// Groups in the data.
    pub groups: usize,
    /// One entry a task, in task order.
    pub tasks: Vec<PersonalTaskRecord>,
}

/// One task's scores over the test rows of all groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonalTaskRecord {
    /// Name of the task.
    pub name: String,
    /// The shared model, which knows no groups: the joint float network, or the linear model.
    pub shared: Metrics,
    /// One slope for all groups, on the shared model, with own intercepts for values.
    pub pooled: Metrics,
    /// A ridge (logistic for classes) of each group's own rows, intercepts free.
    pub separate: Metrics,
    /// Personal heads with the relation over the groups, in floating point.
    pub personal: Metrics,
    /// The same in integers, each group's artifact as its device runs it.
    pub personal_int8: Metrics,
    /// Personal heads (float) against the others.
    pub better_than: PersonalDifferences,
}

/// Error of another contender minus that of personal heads: above 0 where personal heads are better. One difference a seed, each of
/// which deals the rows anew; the rows overlap between seeds, so the interval tells of the choice of rows, not of other groups.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PersonalDifferences {
    /// Than the shared model.
    pub shared: Option<PairedDifference>,
    /// Than one slope for all.
    pub pooled: Option<PairedDifference>,
    /// Than a model a group.
    pub separate: Option<PairedDifference>,
}

impl Fold<'_> {
    /// The answers of personal heads beside the joint model `shared`, and of what they compete with.
    pub(super) fn personal_answers(
        &self,
        config: &PersonalizeConfig,
        shared: &FloatModel,
    ) -> Result<Vec<Answers>, EvaluateError> {
        let all: Vec<usize> = (0..self.dataset.tasks.len()).collect();
        let groups = self.dataset.groups.as_deref().unwrap_or_default();
        let set = self.training_set(&all);
        let unseen = UnseenAnswers::new(self.project, &set, self.seed).map_err(|source| EvaluateError::Train {
            seed: self.seed,
            what: "the networks that personal heads are learnt beside".into(),
            source,
        })?;
        let beside = Shared { model: shared, unseen: &unseen };
        let learn = |sharing| personalize(self.project, config, beside, &set, groups, sharing, self.seed);
        let mut answers = Vec::new();
        for (contender, sharing) in [
            (Contender::Pooled, Sharing::Pooled),
            (Contender::Separate, Sharing::Separate),
            (Contender::Personal, Sharing::Related),
        ] {
            let heads = learn(sharing);
            let models = self.models(&heads, shared, groups);
            let features = &self.prepared.features;
            answers.push(self.answers_by(contender, all.clone(), |row| {
                model_answers(models.get(&groups[row]).unwrap_or(shared), features.row(row))
            }));
            if contender == Contender::Personal {
                let predictions = self.personal_integers(&models, shared, groups)?;
                answers.push(Answers {
                    contender: Contender::PersonalInt8,
                    without: None,
                    tasks: all.clone(),
                    predictions,
                });
            }
        }
        Ok(answers)
    }

    /// The model of each group among the test rows that has heads of its own.
    fn models(&self, heads: &PersonalHeads, shared: &FloatModel, groups: &[u32]) -> BTreeMap<u32, FloatModel> {
        let mut models = BTreeMap::new();
        for group in self.test.iter().map(|row| groups[*row]) {
            if !models.contains_key(&group)
                && let Some(model) = heads.model(shared, group)
            {
                models.insert(group, model);
            }
        }
        models
    }

    /// Each test row answered by the artifact of its group.
    fn personal_integers(
        &self,
        models: &BTreeMap<u32, FloatModel>,
        shared: &FloatModel,
        groups: &[u32],
    ) -> Result<Predictions, EvaluateError> {
        // Places of the test rows by the model that answers them; `None` is the shared one.
        let mut places: BTreeMap<Option<u32>, Vec<usize>> = BTreeMap::new();
        for (place, row) in self.test.iter().enumerate() {
            places.entry(Some(groups[*row]).filter(|group| models.contains_key(group))).or_default().push(place);
        }
        let mut predictions = Predictions::none(self.dataset.tasks.len(), self.test.len());
        for (group, places) in places {
            let model = group.and_then(|group| models.get(&group)).unwrap_or(shared);
            let rows: Vec<usize> = places.iter().map(|place| self.test[*place]).collect();
            let answers = run_integers(&validate(&self.image(model)?)?, &self.prepared.windows, &rows)?;
            for (to, from) in predictions.tasks.iter_mut().zip(answers.tasks) {
                for (place, outputs) in places.iter().zip(from) {
                    to[*place] = outputs;
                }
            }
        }
        Ok(predictions)
    }
}

/// The record of `validation`; `None` where the project has no personal heads. `metrics` gives those of a task and contender.
pub(super) fn personal_record(
    project: &Project,
    dataset: &Dataset,
    validation: &CrossValidation,
    metrics: impl Fn(usize, Contender) -> Metrics,
) -> Option<PersonalRecord> {
    let config = project.personalize.as_ref()?;
    let task = |(index, labels): (usize, &TaskLabels)| {
        let against = |other: Contender| difference(labels, index, validation, other);
        PersonalTaskRecord {
            name: labels.name.clone(),
            shared: metrics(index, Contender::JointF32),
            pooled: metrics(index, Contender::Pooled),
            separate: metrics(index, Contender::Separate),
            personal: metrics(index, Contender::Personal),
            personal_int8: metrics(index, Contender::PersonalInt8),
            better_than: PersonalDifferences {
                shared: against(Contender::JointF32),
                pooled: against(Contender::Pooled),
                separate: against(Contender::Separate),
            },
        }
    };
    Some(PersonalRecord {
        by: config.by.clone(),
        groups: dataset.group_names.len(),
        tasks: dataset.tasks.iter().enumerate().map(task).collect(),
    })
}

fn difference(
    labels: &TaskLabels,
    index: usize,
    validation: &CrossValidation,
    other: Contender,
) -> Option<PairedDifference> {
    let errors = |contender: Contender| -> Vec<Vec<Option<f64>>> {
        let seeds = validation.predictions.get(&contender).into_iter().flatten().zip(&validation.fold_of_row);
        let error = |(answers, folds): (&Predictions, &Vec<Option<usize>>)| {
            let scores = score_task(labels, answers.tasks.get(index)?, folds);
            match labels.kind {
                TaskKind::Regression => scores.get("r2").map(|r2| 1.0 - r2),
                kind => error_of(kind, |metric| scores.get(metric).copied()),
            }
        };
        // A seed has one fold: the seeds are the samples.
        vec![seeds.map(error).collect()]
    };
    let measure = match labels.kind {
        TaskKind::Regression => "1-r2",
        TaskKind::Binary => "1-auc",
        TaskKind::MultiClass => "1-macro_f1",
    };
    PairedDifference::of(measure, &errors(Contender::Personal), &errors(other), true)
}
