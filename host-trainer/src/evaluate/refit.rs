//! The model of the artifact: trained on all rows with the first seed.

use std::sync::Arc;

use trunkline_shared::model::validate;

use super::integer::quantize_model;
use super::{EvaluateError, Footprint, Observer, footprint};
use crate::artifact::{HostPart, Parts, assemble, golden_windows};
use crate::config::Project;
use crate::data::{Dataset, split};
use crate::features::{FeatureSource, PlanSpec, Prepared};
use crate::model::FloatModel;
use crate::train::{Task, TrainingLog, TrainingSet, fit};

/// A model ready for the device, and what it was made of.
#[derive(Debug, Clone)]
pub struct FinalModel {
    /// The bytes of `model.tlm`.
    pub image: Vec<u8>,
    /// The float network behind it.
    pub float: FloatModel,
    /// How it was trained.
    pub log: TrainingLog,
    /// Windows and features of all rows in the model's codes.
    pub prepared: Arc<Prepared>,
    /// What it costs on the device.
    pub footprint: Footprint,
}

/// Trains on all rows of `dataset` with `seed` and lays out the artifact. `host_part` is written into it, with the relation learnt
/// and the number of rows filled in.
///
/// # Errors
/// [`EvaluateError`]: training, quantization or layout.
pub fn refit(
    project: &Project,
    dataset: &Dataset,
    source: &FeatureSource<'_>,
    seed: u64,
    host_part: HostPart,
    observer: &dyn Observer,
) -> Result<FinalModel, EvaluateError> {
    let rows: Vec<usize> = (0..dataset.rows).collect();
    let prepared = source.prepare(&rows)?;
    let tasks = project.tasks.iter().zip(&dataset.tasks).map(|(config, labels)| Task { config, labels });
    let units = split::units(project, dataset);
    let set = TrainingSet {
        features: &prepared.features,
        tasks: tasks.collect(),
        rows: &rows,
        units: units.as_deref(),
        weights: dataset.weights.as_deref(),
    };
    let trained = fit(project, &set, project.trunk(), seed, observer.training())
        .map_err(|source| EvaluateError::Train { seed, what: "the model of all rows".into(), source })?;

    let relation = trained.log.relation.clone();
    let host_part = HostPart { seed, rows: dataset.rows as u32, relation, ..host_part };
    let image = lay_out(project, dataset, &source.plan, &prepared, &trained.model, &host_part)?;
    let footprint = footprint(&validate(&image)?, image.len());
    Ok(FinalModel { image, float: trained.model, log: trained.log, prepared, footprint })
}

/// The artifact of `float`, a model of all tasks of `dataset`, quantized on all rows: `prepared` and `plan` are what it reads.
///
/// # Errors
/// [`EvaluateError`]: quantization or layout.
pub fn lay_out(
    project: &Project,
    dataset: &Dataset,
    plan: &PlanSpec,
    prepared: &Prepared,
    float: &FloatModel,
    host_part: &HostPart,
) -> Result<Vec<u8>, EvaluateError> {
    let rows: Vec<usize> = (0..dataset.rows).collect();
    Ok(assemble(Parts {
        name: &project.name,
        window_ms: dataset.window_ms,
        codes: &prepared.codes,
        plan,
        model: &quantize_model(project, float, &prepared.features, &rows)?,
        tasks: &dataset.tasks,
        periods: project.tasks.iter().map(|task| task.period()).collect(),
        golden: golden_windows(&prepared.windows, project.quantization.golden_windows),
        host_part: host_part.encode()?,
    })?)
}
