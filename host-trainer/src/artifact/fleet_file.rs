//! `personal.tlf`: the artifacts of all groups that have heads of their own, in one file beside the shared model.
//!
//! Four bytes `TLF1`, then the list in postcard. Each artifact is whole: it was quantized, validated and given its golden windows when
//! the model was trained, so that an export years later gives the very bytes that were verified then, without data or training.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// First bytes of the file.
const MAGIC: [u8; 4] = *b"TLF1";

/// The groups of a fleet and their artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetFile {
    /// The column of groups.
    pub by: String,
    /// Every group of the training data, in its order there.
    pub groups: Vec<PersonalArtifact>,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalArtifact {
    /// Its name in the data.
    pub group: String,
    /// Its rows.
    pub rows: u32,
    /// The tasks that have a head of its own; none where the group takes the shared model.
    pub tasks: Vec<String>,
    /// Its artifact; empty where it takes the shared model.
    pub image: Vec<u8>,
}

/// A file of groups that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FleetFileError {
    /// It does not begin as such a file does.
    #[error("not a file of personal heads, or one of another version of trunkline")]
    Magic,
    /// It does not decode.
    #[error("the list of groups does not decode ({0})")]
    Encoding(#[from] postcard::Error),
}

impl FleetFile {
    /// The group of that name.
    pub fn group(&self, name: &str) -> Option<&PersonalArtifact> {
        self.groups.iter().find(|group| group.group == name)
    }

    /// As the bytes of the file.
    ///
    /// # Errors
    /// None for the types that it is made of; postcard's signature allows them.
    pub fn encode(&self) -> Result<Vec<u8>, FleetFileError> {
        Ok(postcard::to_extend(self, MAGIC.to_vec())?)
    }

    /// From the bytes of the file.
    ///
    /// # Errors
    /// [`FleetFileError`] for anything else. The artifacts in it are not looked at: [`trunkline_shared::model::validate`] does that.
    pub fn decode(bytes: &[u8]) -> Result<Self, FleetFileError> {
        let list = bytes.strip_prefix(&MAGIC).ok_or(FleetFileError::Magic)?;
        Ok(postcard::from_bytes(list)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes_and_nothing_else_does() {
        let group = |group: &str, image: &[u8]| PersonalArtifact {
            group: group.into(),
            rows: 10,
            tasks: if image.is_empty() { vec![] } else { vec!["wear".into()] },
            image: image.to_vec(),
        };
        let file = FleetFile { by: "machine".into(), groups: vec![group("7", &[1, 2, 3]), group("8", &[])] };
        let bytes = file.encode().unwrap();
        assert_eq!(FleetFile::decode(&bytes), Ok(file.clone()));
        assert_eq!(FleetFile::decode(b"TLM1"), Err(FleetFileError::Magic));
        assert!((4..bytes.len()).all(|length| FleetFile::decode(&bytes[..length]).is_err()));
        assert_eq!((file.group("8").map(|group| group.rows), file.group("9")), (Some(10), None));
    }
}
