//! An artifact in memory, at an address that its numbers can be used at in place.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use trunkline_shared::model::{MAX_IMAGE_BYTES, Model, image_len, validate};

use super::exit::Exit;
use super::failure::Failure;

/// The bytes of an artifact, 4-aligned.
#[derive(Debug)]
pub(super) struct Image {
    origin: String,
    words: Vec<u32>,
    len: usize,
}

impl Image {
    /// A copy of `bytes`, which errors call `origin`.
    pub(super) fn new(bytes: &[u8], origin: impl Into<String>) -> Self {
        let mut words = vec![0; bytes.len().div_ceil(4)];
        if let Some(start) = bytemuck::cast_slice_mut::<u32, u8>(&mut words).get_mut(..bytes.len()) {
            start.copy_from_slice(bytes);
        }
        Self { origin: origin.into(), words, len: bytes.len() }
    }

    /// Reads a file, of which no more is taken than an artifact can hold.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let origin = path.display().to_string();
        let mut bytes = Vec::new();
        let limit = u64::from(MAX_IMAGE_BYTES) + 1;
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(|error| {
            Failure::new(Exit::Artifact, format!("{origin}: cannot be read"))
                .because(error)
                .remedy("give the path of a model.tlm, as `trunkline train` and `trunkline demo` write it")
        })?;
        Ok(Self::new(&bytes, origin))
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice::<u32, u8>(&self.words).get(..self.len).unwrap_or_default()
    }

    /// The model in it.
    pub(super) fn model(&self) -> Result<Model<'_>, Failure> {
        // The length first: "cut short" tells more than "the checksum differs".
        image_len(self.bytes()).and_then(|_| validate(self.bytes())).map_err(|error| {
            Failure::new(Exit::Artifact, format!("{}: not a usable model", self.origin)).because(error).remedy(
                "the file is damaged, cut short, or of another version: copy it again, or train it anew with this \
                 version of trunkline",
            )
        })
    }
}
