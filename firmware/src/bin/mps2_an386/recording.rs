//! The recording on the host, read through semihosting: counts or values.

use core::ffi::CStr;

use semihosting::fs::File;
use semihosting::io::Read;
use trunkline_firmware::board::Sensors;
use trunkline_firmware::encoder::Encoder;
use trunkline_firmware::playback::{NoSample, Playback, WindowSource};
use trunkline_shared::model::Channel;
use trunkline_shared::seq::Seq;

const COUNTS_FILE: &CStr = c"windows.i16";
const VALUES_FILE: &CStr = c"values.f32";
/// Bytes that one semihosting call fetches.
const BLOCK_BYTES: usize = 4096;

/// The recording as sensors.
#[expect(clippy::large_enum_variant, reason = "the board has one, and no heap")]
pub(crate) enum Recorded {
    /// Of counts.
    Counts(Playback<'static, Recording>),
    /// Of values, which are encoded here.
    Values(Encoder<'static, Playback<'static, Recording, f32>>),
}

impl Recorded {
    /// Opens the recording of counts or, where there is none, that of values; each buffer has room for one window.
    pub(crate) fn open(counts: &'static mut [i16], values: &'static mut [f32]) -> Self {
        let recording = Recording::open(COUNTS_FILE);
        if recording.0.is_some() {
            Self::Counts(Playback::new(recording, counts))
        } else {
            Self::Values(Encoder::new(Playback::new(Recording::open(VALUES_FILE), values)))
        }
    }

    /// Whole windows in the file, for the model whose channels were configured.
    pub(crate) fn windows(&mut self) -> u64 {
        let (bytes, window_bytes) = match self {
            Self::Counts(playback) => (playback.source_mut().bytes(), size_of::<i16>() * playback.window_len()),
            Self::Values(encoder) => {
                let playback = encoder.sensors_mut();
                (playback.source_mut().bytes(), size_of::<f32>() * playback.window_len())
            }
        };
        bytes / window_bytes.max(1) as u64
    }
}

impl Sensors<'static> for Recorded {
    type Error = NoSample;

    fn configure(&mut self, channels: Seq<'static, Channel<'static>>) -> Result<(), u8> {
        match self {
            Self::Counts(playback) => Sensors::configure(playback, channels),
            Self::Values(encoder) => encoder.configure(channels),
        }
    }

    fn read(&mut self, channel: u8) -> Result<i16, NoSample> {
        match self {
            Self::Counts(playback) => Sensors::read(playback, channel),
            Self::Values(encoder) => encoder.read(channel),
        }
    }
}

/// A file of raw windows, one after the other, little-endian.
pub(crate) struct Recording(Option<File>);

impl Recording {
    /// Opens the recording; one that is not there has no window.
    fn open(name: &CStr) -> Self {
        Self(File::open(name).ok())
    }

    /// Length of the file.
    fn bytes(&self) -> u64 {
        self.0.as_ref().and_then(|file| file.metadata().ok()).map_or(0, |metadata| metadata.len())
    }

    /// Fills `window` with the file's next samples, of `N` bytes each. Says whether there were enough.
    fn load<const N: usize, T>(&mut self, window: &mut [T], from_bytes: impl Fn([u8; N]) -> T) -> bool {
        let Some(file) = self.0.as_mut() else {
            return false;
        };
        let mut block = [0; BLOCK_BYTES];
        for samples in window.chunks_mut(BLOCK_BYTES / N) {
            let bytes = &mut block[..N * samples.len()];
            if file.read_exact(bytes).is_err() {
                return false;
            }
            for (sample, bytes) in samples.iter_mut().zip(bytes.as_chunks().0) {
                *sample = from_bytes(*bytes);
            }
        }
        true
    }
}

impl WindowSource for Recording {
    fn load(&mut self, window: &mut [i16]) -> bool {
        self.load(window, i16::from_le_bytes)
    }
}

impl WindowSource<f32> for Recording {
    fn load(&mut self, window: &mut [f32]) -> bool {
        self.load(window, f32::from_le_bytes)
    }
}
