//! The recording on the host, read through semihosting.

use core::ffi::CStr;

use semihosting::fs::File;
use semihosting::io::Read;
use trunkline_firmware::playback::WindowSource;

const FILE_NAME: &CStr = c"windows.i16";
/// Bytes that one semihosting call fetches.
const BLOCK_BYTES: usize = 4096;

/// A file of raw windows, one after the other, i16 little-endian.
pub(crate) struct Recording(Option<File>);

impl Recording {
    /// Opens the recording; one that is not there has no window.
    pub(crate) fn open() -> Self {
        Self(File::open(FILE_NAME).ok())
    }

    /// Samples in the file.
    pub(crate) fn samples(&self) -> u64 {
        self.0.as_ref().and_then(|file| file.metadata().ok()).map_or(0, |metadata| metadata.len() / 2)
    }
}

impl WindowSource for Recording {
    fn load(&mut self, window: &mut [i16]) -> bool {
        let Some(file) = self.0.as_mut() else {
            return false;
        };
        let mut block = [0; BLOCK_BYTES];
        for counts in window.chunks_mut(BLOCK_BYTES / 2) {
            let bytes = &mut block[..2 * counts.len()];
            if file.read_exact(bytes).is_err() {
                return false;
            }
            for (count, bytes) in counts.iter_mut().zip(bytes.chunks_exact(2)) {
                *count = i16::from_le_bytes([bytes[0], bytes[1]]);
            }
        }
        true
    }
}
