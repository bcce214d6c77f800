//! The firmware's defmt log, decoded by the format strings in its ELF file.

use std::fs;
use std::path::Path;

use defmt_decoder::{DecodeError, Table};

/// The lines in `bytes`, each `LEVEL message`; decoding ends at the first frame that is not whole.
///
/// # Panics
/// Where the ELF file has no defmt table, or a frame does not decode.
pub(super) fn decode(elf: &Path, bytes: &[u8]) -> Vec<String> {
    let elf = fs::read(elf).expect("the firmware was built");
    let table = Table::parse(&elf).expect("a readable defmt table").expect("firmware built with the feature defmt");
    let mut decoder = table.new_stream_decoder();
    decoder.received(bytes);
    let mut lines = Vec::new();
    loop {
        match decoder.decode() {
            Ok(frame) => {
                let level = frame.level().map_or("", |level| level.as_str());
                lines.push(format!("{level} {}", frame.display_message()));
            }
            Err(DecodeError::UnexpectedEof) => return lines,
            Err(DecodeError::Malformed) => panic!("a malformed defmt frame after {} lines", lines.len()),
        }
    }
}
