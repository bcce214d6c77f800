//! The data folder: files read whole, each with its digest, so that a result can name the data it came from.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::DataError;

/// Most names shown of what a folder holds.
const MOST_LISTED: usize = 30;

/// A data folder and what was read from it.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    digests: Vec<(String, String)>,
}

/// A file's text, without byte order mark.
#[derive(Debug)]
pub(super) struct TextFile {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), digests: Vec::new() }
    }

    /// Reads the file `name`, which `key` of the project file names.
    pub(super) fn read(&mut self, name: &str, key: &str) -> Result<TextFile, DataError> {
        let path = self.root.join(name);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(source) => {
                return Err(DataError::Unreadable { path, key: key.to_owned(), holds: listing(&self.root), source });
            }
        };
        if !self.digests.iter().any(|(known, _)| known == name) {
            self.digests.push((name.to_owned(), hex(&Sha256::digest(&bytes))));
        }
        match String::from_utf8(bytes) {
            Ok(mut text) => {
                if text.starts_with('\u{feff}') {
                    text.drain(..'\u{feff}'.len_utf8());
                }
                Ok(TextFile { path, text })
            }
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let line = error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count() + 1;
                Err(DataError::NotText { path, line })
            }
        }
    }

    /// SHA-256 of the list that `sha256sum FILES` prints for the files read, sorted by name: `HEX  NAME` a line.
    pub(super) fn sha256(&self) -> String {
        let mut digests = self.digests.clone();
        digests.sort();
        let mut hash = Sha256::new();
        for (name, digest) in digests {
            hash.update(format!("{digest}  {name}\n"));
        }
        hex(&hash.finalize())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn listing(root: &Path) -> String {
    let Ok(entries) = std::fs::read_dir(root) else {
        return format!("the data folder {} cannot be read either: check --data", root.display());
    };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    if names.is_empty() {
        return format!("the data folder {} is empty", root.display());
    }
    let more = names.len().saturating_sub(MOST_LISTED);
    names.truncate(MOST_LISTED);
    let mut text = format!("the data folder holds {}", names.join(", "));
    if more > 0 {
        // Writing to a String cannot fail.
        let _ = write!(text, " and {more} more");
    }
    text
}
