//! `personal.tlf`: the artifacts of all groups that have heads of their own, in one file beside the shared model.
//!
//! Four bytes `TLF2`, the SHA-256 of all that follows, then the list in postcard. Each artifact is whole: it was quantized, validated and
//! given its golden windows when the model was trained, so that an export years later gives the very bytes that were verified then,
//! without data or training.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::config::same_label;

/// First bytes of the file.
const MAGIC: [u8; 4] = *b"TLF2";

/// The groups of a fleet and their artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetFile {
    /// The column of groups.
    pub by: String,
    /// SHA-256 of the shared model that was trained with them, lower-case hex.
    pub shared_sha256: String,
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
    /// The checksum is not that of the list.
    #[error("its checksum is wrong: the file is damaged")]
    Damaged,
    /// It does not decode.
    #[error("the list of groups does not decode ({0})")]
    Encoding(#[from] postcard::Error),
}

impl FleetFile {
    /// The group of that name; numbers are compared as numbers.
    pub fn group(&self, name: &str) -> Option<&PersonalArtifact> {
        self.groups.iter().find(|group| same_label(&group.group, name))
    }

    /// As the bytes of the file.
    ///
    /// # Errors
    /// None for the types that it is made of; postcard's signature allows them.
    pub fn encode(&self) -> Result<Vec<u8>, FleetFileError> {
        let list = postcard::to_stdvec(self)?;
        Ok([&MAGIC[..], Sha256::digest(&list).as_slice(), &list].concat())
    }

    /// From the bytes of the file.
    ///
    /// # Errors
    /// [`FleetFileError`] for anything else. The artifacts in it are not looked at: [`trunkline_shared::model::validate`] does that.
    pub fn decode(bytes: &[u8]) -> Result<Self, FleetFileError> {
        let body = bytes.strip_prefix(&MAGIC).ok_or(FleetFileError::Magic)?;
        let (checksum, list) = body.split_at_checked(Sha256::output_size()).ok_or(FleetFileError::Damaged)?;
        if Sha256::digest(list).as_slice() != checksum {
            return Err(FleetFileError::Damaged);
        }
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
        let file = FleetFile {
            by: "machine".into(),
            shared_sha256: "00".into(),
            groups: vec![group("7", &[1, 2, 3]), group("8.0", &[])],
        };
        let bytes = file.encode().unwrap();
        assert_eq!(FleetFile::decode(&bytes), Ok(file.clone()));
        assert_eq!(FleetFile::decode(b"TLM1"), Err(FleetFileError::Magic));
        assert!((4..bytes.len()).all(|length| FleetFile::decode(&bytes[..length]) == Err(FleetFileError::Damaged)));
        for bit in 32..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(FleetFile::decode(&flipped), Err(FleetFileError::Damaged), "bit {bit}");
        }
        assert_eq!(FleetFile::decode(&[&bytes[..], &[0]].concat()), Err(FleetFileError::Damaged));
        assert_eq!((file.group("8").map(|group| group.rows), file.group("9")), (Some(10), None));
    }
}
