//! What the artifact says to the workstation and the device skips: relation, provenance, scores. Encoded by postcard.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::train::relation::TaskRelation;

/// Version of the host part's layout.
pub const HOST_PART_VERSION: u16 = 2;

/// Where a model comes from and what it learnt about its tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostPart {
    /// [`HOST_PART_VERSION`].
    pub version: u16,
    /// Version of Trunkline that made the model.
    pub trunkline_version: String,
    /// SHA-256 of the resolved project file.
    pub config_sha256: String,
    /// SHA-256 of everything read from the data.
    pub data_sha256: String,
    /// Seed of this very model.
    pub seed: u64,
    /// Rows that this very model was trained on: all of the data set, so that no score on them means anything.
    pub rows: u32,
    /// Folds, and seeds, of the evaluation that gave `metrics`.
    pub folds: u32,
    /// Seeds of that evaluation.
    pub seeds: Vec<u64>,
    /// Relation between the tasks that have heads on the trunk.
    pub relation: Option<TaskRelation>,
    /// Scores of models like this one, in integers, on rows that they had not seen.
    pub metrics: Vec<TaskMetrics>,
    /// Whose heads these are; `None` in the model that all groups share.
    pub personal: Option<PersonalPart>,
}

/// The group that a model's heads are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalPart {
    /// The column of groups.
    pub by: String,
    /// The group.
    pub group: String,
    /// Its rows in the training data.
    pub rows: u32,
    /// The tasks that have a head of the group's own; the others have the shared one.
    pub tasks: Vec<String>,
}

/// A task's scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskMetrics {
    /// Name of the task.
    pub task: String,
    /// Name, mean over seeds and standard deviation of each metric.
    pub metrics: Vec<(String, f64, f64)>,
}

/// A host part that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HostPartError {
    /// Its layout is of another version.
    #[error(
        "the artifact's host part has version {found}, this trunkline reads {HOST_PART_VERSION}: use the trunkline that made it"
    )]
    Version {
        /// The version found.
        found: u16,
    },
    /// It does not decode.
    #[error("the artifact's host part does not decode ({0}): train the model anew")]
    Encoding(#[from] postcard::Error),
}

impl HostPart {
    /// As bytes.
    ///
    /// # Errors
    /// None for the types that it is made of; postcard's signature allows them.
    pub fn encode(&self) -> Result<Vec<u8>, HostPartError> {
        Ok(postcard::to_stdvec(self)?)
    }

    /// From the bytes that [`trunkline_shared::model::Model::host_part`] gives.
    ///
    /// # Errors
    /// [`HostPartError`] for another version and for bytes that are no host part.
    pub fn decode(bytes: &[u8]) -> Result<Self, HostPartError> {
        let (found, _) = postcard::take_from_bytes::<u16>(bytes)?;
        if found != HOST_PART_VERSION {
            return Err(HostPartError::Version { found });
        }
        Ok(postcard::from_bytes(bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> HostPart {
        HostPart {
            version: HOST_PART_VERSION,
            trunkline_version: "0.1.0".into(),
            config_sha256: "c".repeat(64),
            data_sha256: "d".repeat(64),
            seed: u64::MAX,
            rows: 2205,
            folds: 5,
            seeds: vec![1, 2],
            relation: Some(TaskRelation {
                tasks: vec!["a".into(), "b".into()],
                matrix: vec![vec![1.0, 0.5], vec![0.5, 1.0]],
            }),
            metrics: vec![TaskMetrics { task: "a".into(), metrics: vec![("r2".into(), 0.8, 0.01)] }],
            personal: None,
        }
    }

    #[test]
    fn what_is_encoded_decodes() {
        assert_eq!(HostPart::decode(&part().encode().unwrap()), Ok(part()));
    }

    #[test]
    fn other_versions_and_broken_bytes_are_refused() {
        let other = HostPart { version: 1, ..part() }.encode().unwrap();
        assert_eq!(HostPart::decode(&other), Err(HostPartError::Version { found: 1 }));
        let bytes = part().encode().unwrap();
        assert!((0..bytes.len()).all(|length| HostPart::decode(&bytes[..length]).is_err()));
    }
}
