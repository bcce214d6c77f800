//! The container: fixed header, sections, checksum. Nothing here looks into the sections.
//!
//! ```text
//! 0         24              24 + D        24 + D + H   (multiple of 4)      total - 4   total
//! ├─ fixed ─┼─ device header ─┼─ host part ─┼─ zero padding ─┼─ weight section ─┼─ CRC-32 ─┤
//! ```

use crc::{CRC_32_ISO_HDLC, Crc, Table};

use super::ModelError;
use crate::decode::Cursor;
use crate::rolled::rolled;

/// First four bytes of every artifact.
pub const MAGIC: [u8; 4] = *b"TLM1";

/// Version of the format that this code reads and writes; `FORMAT.md` says what changes it.
pub const VERSION: u16 = 3;

/// Bytes of the fixed header.
pub const FIXED_HEADER_BYTES: usize = 24;

/// Bytes of the checksum at the end.
pub(super) const CHECKSUM_BYTES: usize = 4;

/// Largest artifact: 512 KiB.
pub const MAX_IMAGE_BYTES: u32 = 512 * 1024;

/// Smallest total length that can be stated: both ends and nothing between.
pub const MIN_IMAGE_BYTES: u32 = (FIXED_HEADER_BYTES + CHECKSUM_BYTES) as u32;

const CRC32: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

/// CRC-32 (ISO-HDLC) of `bytes`, the artifact's checksum.
pub fn checksum(bytes: &[u8]) -> u32 {
    let mut digest = CRC32.digest();
    for byte in rolled(bytes.iter()) {
        digest.update(&[*byte]);
    }
    digest.finalize()
}

/// The fixed header's fields after magic, version and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lengths {
    pub(super) total: u32,
    pub(super) device_header: u32,
    pub(super) host_part: u32,
    pub(super) weights: u32,
}

impl Lengths {
    /// Where the weight section starts, or `None` where the sum overflows.
    pub(super) fn weights_start(&self) -> Option<u32> {
        (FIXED_HEADER_BYTES as u32)
            .checked_add(self.device_header)?
            .checked_add(self.host_part)?
            .checked_next_multiple_of(4)
    }

    /// The total length that the sections' lengths give, or `None` where the sum overflows.
    pub(super) fn sum(&self) -> Option<u32> {
        self.weights_start()?.checked_add(self.weights)?.checked_add(CHECKSUM_BYTES as u32)
    }
}

/// An artifact cut at its sections; the checksum holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sections<'a> {
    pub(super) device_header: &'a [u8],
    pub(super) host_part: &'a [u8],
    pub(super) weights: &'a [u32],
    pub(super) crc: u32,
}

/// Length in bytes of the artifact that starts at the beginning of `region`, a stretch of flash that may be longer.
///
/// Looks at the fixed header only; give the bytes of that length to [`super::validate`].
///
/// # Errors
/// [`ModelError::RegionTooShort`], [`ModelError::Magic`], [`ModelError::Version`], [`ModelError::Flags`] or
/// [`ModelError::TotalLength`].
pub fn image_len(region: &[u8]) -> Result<usize, ModelError> {
    let total = lengths(region)?.total;
    if total as usize > region.len() {
        return Err(ModelError::RegionTooShort { needed: total, found: clamp_len(region) });
    }
    Ok(total as usize)
}

/// Reads the fixed header and checks what can be said of it alone.
fn lengths(region: &[u8]) -> Result<Lengths, ModelError> {
    let fixed: &[u8; FIXED_HEADER_BYTES] = region
        .first_chunk()
        .ok_or(ModelError::RegionTooShort { needed: FIXED_HEADER_BYTES as u32, found: clamp_len(region) })?;
    let [m0, m1, m2, m3, v0, v1, f0, f1, words @ ..] = *fixed;
    let found = [m0, m1, m2, m3];
    if found != MAGIC {
        return Err(ModelError::Magic { found });
    }
    let found = u16::from_le_bytes([v0, v1]);
    if found != VERSION {
        return Err(ModelError::Version { expected: VERSION, found });
    }
    let found = u16::from_le_bytes([f0, f1]);
    if found != 0 {
        return Err(ModelError::Flags { found });
    }
    let [t0, t1, t2, t3, d0, d1, d2, d3, h0, h1, h2, h3, w0, w1, w2, w3] = words;
    let lengths = Lengths {
        total: u32::from_le_bytes([t0, t1, t2, t3]),
        device_header: u32::from_le_bytes([d0, d1, d2, d3]),
        host_part: u32::from_le_bytes([h0, h1, h2, h3]),
        weights: u32::from_le_bytes([w0, w1, w2, w3]),
    };
    if !(MIN_IMAGE_BYTES..=MAX_IMAGE_BYTES).contains(&lengths.total) {
        return Err(ModelError::TotalLength { low: MIN_IMAGE_BYTES, high: MAX_IMAGE_BYTES, found: lengths.total });
    }
    Ok(lengths)
}

/// Cuts `image` at its sections and checks the container: lengths, padding, checksum.
pub(super) fn split(image: &[u8]) -> Result<Sections<'_>, ModelError> {
    let lengths = lengths(image)?;
    if image.len() != lengths.total as usize {
        return Err(ModelError::Length { expected: lengths.total, found: clamp_len(image) });
    }
    let (body, stored) = image.split_last_chunk::<CHECKSUM_BYTES>().unwrap_or((&[], &[0; CHECKSUM_BYTES]));
    let stored = u32::from_le_bytes(*stored);
    let computed = checksum(body);
    if stored != computed {
        return Err(ModelError::Checksum { expected: computed, found: stored });
    }
    let sum = lengths.sum().unwrap_or(u32::MAX);
    if sum != lengths.total || !lengths.weights.is_multiple_of(4) {
        return Err(ModelError::Sections { expected: lengths.total, found: sum });
    }
    // The sum fits the total, so that no cut below falls outside.
    let mut cursor = Cursor::new(body);
    cursor.split(FIXED_HEADER_BYTES);
    let device_header = cursor.split(lengths.device_header as usize);
    let host_part = cursor.split(lengths.host_part as usize);
    while cursor.left() > lengths.weights as usize {
        if cursor.byte() != 0 {
            return Err(ModelError::Padding);
        }
    }
    let weights = bytemuck::try_cast_slice(cursor.split(cursor.left())).map_err(|_| ModelError::Misaligned)?;
    Ok(Sections { device_header, host_part, weights, crc: stored })
}

fn clamp_len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
