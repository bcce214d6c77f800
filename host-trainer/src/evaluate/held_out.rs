//! The joint model on any choice of training and test rows: what cross-validation does on a fold of the split, and a search on
//! folds inside one.

use trunkline_shared::model::validate;

use super::baseline::constant_outputs;
use super::fold::Fold;
use super::{Answer, Contender, EvaluateError, Footprint, Predictions, footprint, run_integers};
use crate::config::{Project, QuantizationConfig, QuantizationMode};
use crate::data::{Dataset, split};
use crate::features::FeatureSource;
use crate::model::FloatModel;

/// A joint model asked about rows that it has not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    /// Answers of the integer model, one place a test row.
    pub answers: Predictions,
    /// Those of the network in floating point that it was made of.
    pub float: Predictions,
    /// What it costs on the device.
    pub footprint: Footprint,
}

/// Trains the joint model of `project` on `rows.train` with `seed`, quantizes it, lays it out and runs it on `rows.test` as the device
/// would. `source` gives the features of a project with the same channels.
///
/// # Errors
/// [`EvaluateError`]: training, quantization or layout.
pub fn held_out(
    project: &Project,
    dataset: &Dataset,
    source: &FeatureSource<'_>,
    rows: &split::Fold,
    seed: u64,
) -> Result<HeldOut, EvaluateError> {
    let units = split::units(project, dataset);
    let fold = fold(project, dataset, source, rows, units.as_deref(), seed)?;
    let trained = fit_joint(&fold)?;
    let image = fold.image(&trained)?;
    let model = validate(&image)?;
    let answers = run_integers(&model, &fold.prepared.windows, &fold.test)?;
    let float = fold.answers(Contender::JointF32, all_tasks(&fold), &trained).predictions;
    Ok(HeldOut { answers, float, footprint: footprint(&model, image.len()) })
}

/// What the joint model of `project` would cost on the device, from its layout before the first gradient step. Weights and
/// multiply-accumulates are those of the trained model, but where weights are `mixed`, whose widths are chosen by what is learnt; its
/// working memory may differ where training moves the range of a tensor.
///
/// # Errors
/// [`EvaluateError`]: more than the format can hold, or labels and paths that cannot be trained.
pub fn untrained_footprint(
    project: &Project,
    dataset: &Dataset,
    source: &FeatureSource<'_>,
    train: &[usize],
) -> Result<Footprint, EvaluateError> {
    let mut project = project.clone();
    project.training.epochs = 0;
    project.training.early_stopping.validation = 0.0;
    project.quantization = QuantizationConfig { mode: QuantizationMode::Ptq, ..project.quantization };
    let rows = split::Fold { train: train.to_vec(), test: Vec::new() };
    let units = split::units(&project, dataset);
    let fold = fold(&project, dataset, source, &rows, units.as_deref(), 0)?;
    let image = fold.image(&fit_joint(&fold)?)?;
    Ok(footprint(&validate(&image)?, image.len()))
}

/// The best answers to `rows.test` that look at no input, fitted on `rows.train`.
pub fn constant_answers(dataset: &Dataset, rows: &split::Fold) -> Predictions {
    let constant = |task| constant_outputs(task, &rows.train, dataset.weights.as_deref()).into();
    let constants: Vec<Answer> = dataset.tasks.iter().map(constant).collect();
    let mut answers = Predictions::none(dataset.tasks.len(), rows.test.len());
    (0..rows.test.len()).for_each(|place| answers.set(place, constants.clone()));
    answers
}

fn fold<'a>(
    project: &'a Project,
    dataset: &'a Dataset,
    source: &'a FeatureSource<'_>,
    rows: &split::Fold,
    units: Option<&'a [u32]>,
    seed: u64,
) -> Result<Fold<'a>, EvaluateError> {
    let prepared = source.prepare(&rows.train)?;
    let (train, test) = (rows.train.clone(), rows.test.clone());
    let plan = &source.plan;
    Ok(Fold {
        method: None,
        project,
        dataset,
        plan,
        units,
        seed_index: 0,
        seed,
        fold: 0,
        train,
        test,
        prepared,
        evidence: None,
    })
}

fn fit_joint(fold: &Fold<'_>) -> Result<FloatModel, EvaluateError> {
    Ok(fold.fit(&all_tasks(fold), fold.project.trunk(), "the joint network")?.model)
}

fn all_tasks(fold: &Fold<'_>) -> Vec<usize> {
    (0..fold.dataset.tasks.len()).collect()
}
