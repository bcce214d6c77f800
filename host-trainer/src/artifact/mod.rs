//! The files that a training leaves: `model.tlm` with its host part, float weights, and how any file is written.

mod assemble;
mod fleet_file;
mod host_part;
mod save;
mod weights;

pub(crate) use assemble::task_spec;
pub use assemble::{Parts, assemble, golden_windows};
pub use fleet_file::{FleetFile, FleetFileError, PersonalArtifact};
pub use host_part::{HOST_PART_VERSION, HostPart, HostPartError, PersonalPart, TaskMetrics};
pub use save::{SaveError, sync_folder, write_atomically};
pub use weights::{ReadWeightsError, WeightsError, read_safetensors, safetensors};

use sha2::{Digest, Sha256};

/// SHA-256 of `bytes`, lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn sha256_of_the_standards_example() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(super::sha256_hex(b"abc"), expected);
    }
}
