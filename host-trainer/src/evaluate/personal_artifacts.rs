//! The artifact of each group: the model of all rows with the heads of that group.

use trunkline_shared::model::validate;

use super::refit::lay_out;
use super::side_by_side::side_by_side;
use super::{EvaluateError, FinalModel};
use crate::artifact::{FleetFile, HostPart, PersonalArtifact, PersonalPart, sha256_hex};
use crate::config::{PersonalizeConfig, Project};
use crate::data::Dataset;
use crate::features::FeatureSource;
use crate::fleet::{Shared, Sharing, UnseenAnswers, personalize};
use crate::train::{Task, TrainingSet};

/// Learns the heads of all groups on all rows of `dataset` beside `shared`, and lays out an artifact for each group that has some.
/// `host_part` is written into each, with its group filled in.
///
/// # Errors
/// [`EvaluateError`]: quantization or layout.
pub fn personal_artifacts(
    project: &Project,
    config: &PersonalizeConfig,
    dataset: &Dataset,
    source: &FeatureSource<'_>,
    shared: &FinalModel,
    host_part: &HostPart,
) -> Result<FleetFile, EvaluateError> {
    let rows: Vec<usize> = (0..dataset.rows).collect();
    let tasks = project.tasks.iter().zip(&dataset.tasks).map(|(config, labels)| Task { config, labels });
    let features = &shared.prepared.features;
    let set = TrainingSet { features, tasks: tasks.collect(), rows: &rows, units: None, weights: None };
    let groups = dataset.groups.as_deref().unwrap_or_default();
    let unseen = UnseenAnswers::new(project, &set, host_part.seed).map_err(|source| EvaluateError::Train {
        seed: host_part.seed,
        what: "the networks that personal heads are learnt beside".into(),
        source,
    })?;
    let beside = Shared { model: &shared.float, unseen: &unseen };
    let heads = personalize(project, config, beside, &set, groups, Sharing::Related, host_part.seed);
    let mut sizes = vec![0u32; dataset.group_names.len()];
    for group in groups {
        if let Some(size) = sizes.get_mut(*group as usize) {
            *size += 1;
        }
    }
    let numbered: Vec<(u32, &String)> = (0..).zip(&dataset.group_names).collect();
    let artifact = |(number, name): &(u32, &String)| -> Result<PersonalArtifact, EvaluateError> {
        let rows_of_group = sizes.get(*number as usize).copied().unwrap_or(0);
        let own = heads.tasks.iter().zip(&dataset.tasks).filter(|(task, _)| task.groups.contains_key(number));
        let tasks: Vec<String> = own.map(|(_, task)| task.name.clone()).collect();
        let mut artifact =
            PersonalArtifact { group: (*name).clone(), rows: rows_of_group, tasks: tasks.clone(), image: Vec::new() };
        let Some(model) = heads.model(&shared.float, *number) else { return Ok(artifact) };
        let part = PersonalPart { by: config.by.clone(), group: (*name).clone(), rows: rows_of_group, tasks };
        let host_part = HostPart {
            rows: dataset.rows as u32,
            relation: shared.log.relation.clone(),
            personal: Some(part),
            ..host_part.clone()
        };
        artifact.image = lay_out(project, dataset, &source.plan, &shared.prepared, &model, &host_part)?;
        validate(&artifact.image)?;
        Ok(artifact)
    };
    let groups = side_by_side(&numbered, artifact)?;
    Ok(FleetFile { by: config.by.clone(), shared_sha256: sha256_hex(&shared.image), groups })
}
