//! Messages to frames and back.
//!
//! A frame is `0, COBS(postcard(message), CRC-16 little-endian), 0`. The zeros let a receiver that joins late, or that lost
//! bytes, find the next frame; the CRC (CRC-16/IBM-SDLC, as in HDLC) lets it notice damage. Between two frames there may be
//! one zero or several.

use core::fmt;

use crc::{CRC_16_IBM_SDLC, Crc};
use embedded_io::Write;
use heapless::String;
use trunkline_shared::model::Model;
use trunkline_shared::telemetry::{Hello, Message, PROTOCOL, Report};

use crate::refusal::Cause;
use crate::window::WindowStatus;

/// Longest postcard message.
pub const MESSAGE_BYTES: usize = 1024;
/// Longest frame, its zeros included.
pub const FRAME_BYTES: usize = cobs::max_encoding_length(MESSAGE_BYTES + CRC_BYTES) + 2;
/// Most outputs in one report.
pub const OUTPUTS_MAX: usize = (MESSAGE_BYTES - REPORT_OVERHEAD_BYTES) / 2;

const CRC_BYTES: usize = 2;
/// Variant, three u32 and a length, each at its longest.
const REPORT_OVERHEAD_BYTES: usize = 1 + 3 * 5 + 3;
/// Features in one message: few enough that its overhead fits too.
const FEATURES_PER_MESSAGE: usize = 240;
const NAME_BYTES: usize = 64;
const DETAIL_BYTES: usize = 192;

static CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_SDLC);

/// Why a frame could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameError {
    /// The bytes are no COBS frame, or too few to hold a checksum.
    Cobs,
    /// The checksum differs.
    Checksum {
        /// What the frame states.
        stated: u16,
        /// What its bytes give.
        computed: u16,
    },
    /// Sound bytes, but no message of this protocol version.
    Message,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cobs => f.write_str("the frame's byte stuffing is damaged"),
            Self::Checksum { stated, computed } => {
                write!(f, "the frame states checksum {stated:#06x} but its bytes give {computed:#06x}")
            }
            Self::Message => write!(f, "the frame holds no message of protocol version {PROTOCOL}"),
        }
    }
}

impl core::error::Error for FrameError {}

/// Reads one frame, without its zeros, in place.
///
/// # Errors
/// [`FrameError`] for whatever is not a whole, undamaged frame.
pub fn decode(frame: &mut [u8]) -> Result<Message<'_>, FrameError> {
    let len = cobs::decode_in_place(frame).map_err(|_| FrameError::Cobs)?;
    let bytes = frame.get(..len).ok_or(FrameError::Cobs)?;
    let (message, stated) = bytes.split_last_chunk::<CRC_BYTES>().ok_or(FrameError::Cobs)?;
    let (stated, computed) = (u16::from_le_bytes(*stated), CRC.checksum(message));
    if stated != computed {
        return Err(FrameError::Checksum { stated, computed });
    }
    match postcard::take_from_bytes(message) {
        Ok((Message::Hello(Hello { protocol, .. }), _)) if protocol != PROTOCOL => Err(FrameError::Message),
        Ok((decoded, [])) => Ok(decoded),
        _ => Err(FrameError::Message),
    }
}

/// Room for one message, as it is encoded and as it is sent.
#[derive(Debug)]
pub struct Frame {
    message: [u8; MESSAGE_BYTES + CRC_BYTES],
    stuffed: [u8; FRAME_BYTES],
}

impl Frame {
    /// An empty frame.
    pub const fn new() -> Self {
        Self { message: [0; MESSAGE_BYTES + CRC_BYTES], stuffed: [0; FRAME_BYTES] }
    }
}

impl Default for Frame {
    fn default() -> Self {
        Self::new()
    }
}

/// The sending side.
#[derive(Debug)]
pub struct Reporter<'f, P> {
    port: P,
    frame: &'f mut Frame,
}

impl<'f, P: Write> Reporter<'f, P> {
    /// A reporter on that port.
    pub fn new(port: P, frame: &'f mut Frame) -> Self {
        Self { port, frame }
    }

    /// Says which model runs; a name of more than 64 bytes is cut.
    ///
    /// # Errors
    /// What the port says.
    pub fn hello(&mut self, model: &Model<'_>) -> Result<(), P::Error> {
        let header = model.header();
        let name = header.name;
        self.send(&Message::Hello(Hello {
            protocol: PROTOCOL,
            model: cut(name, NAME_BYTES),
            model_crc: model.crc(),
            tasks: header.tasks.len() as u16,
            features: header.feature_count,
            outputs: model.output_len() as u16,
            window_samples: model.window_len() as u32,
        }))
    }

    /// Says why the model was refused; of the words at most 192 bytes.
    ///
    /// # Errors
    /// What the port says.
    pub fn refused(&mut self, cause: &Cause) -> Result<(), P::Error> {
        let mut detail = Detail(String::new());
        // Cannot fail: the text takes everything and keeps what fits.
        let _ = fmt::Write::write_fmt(&mut detail, format_args!("{cause}"));
        self.send(&Message::Refused { reason: cause.refusal(), detail: &detail.0 })
    }

    /// Sends one window's features, in as many messages as it takes.
    ///
    /// # Errors
    /// What the port says.
    pub fn features(&mut self, sequence: u32, features: &[f32]) -> Result<(), P::Error> {
        for (chunk, index) in features.chunks(FEATURES_PER_MESSAGE).zip(0_u16..) {
            let mut values = [[0; 4]; FEATURES_PER_MESSAGE];
            let values = little_endian(&mut values, chunk.iter().map(|feature| feature.to_le_bytes()));
            self.send(&Message::Features { sequence, first: index * FEATURES_PER_MESSAGE as u16, values })?;
        }
        Ok(())
    }

    /// Sends one window's outputs, at most [`OUTPUTS_MAX`].
    ///
    /// # Errors
    /// What the port says.
    pub fn report(&mut self, status: WindowStatus, outputs: &[i16]) -> Result<(), P::Error> {
        let mut bytes = [[0; 2]; OUTPUTS_MAX];
        let outputs = little_endian(&mut bytes, outputs.iter().map(|output| output.to_le_bytes()));
        let WindowStatus { sequence, missing, lost } = status;
        self.send(&Message::Report(Report { sequence, missing, lost, outputs }))
    }

    /// Frames and writes a message. By the constants every message above fits its frame; one that did not would be left out.
    fn send(&mut self, message: &Message<'_>) -> Result<(), P::Error> {
        let Some(stuffed) = encode(message, self.frame) else { return Ok(()) };
        self.port.write_all(stuffed)?;
        self.port.flush()
    }
}

/// Makes a message a frame, zeros included; `None` where it does not fit.
fn encode<'f>(message: &Message<'_>, frame: &'f mut Frame) -> Option<&'f [u8]> {
    let Frame { message: bytes, stuffed } = frame;
    let len = postcard::to_slice(message, bytes.get_mut(..MESSAGE_BYTES)?).ok()?.len();
    let (encoded, rest) = bytes.split_at_mut_checked(len)?;
    *rest.first_chunk_mut()? = CRC.checksum(encoded).to_le_bytes();
    let len = cobs::try_encode(bytes.get(..len + CRC_BYTES)?, stuffed.get_mut(1..)?).ok()?;
    *stuffed.first_mut()? = 0;
    *stuffed.get_mut(len + 1)? = 0;
    stuffed.get(..len + 2)
}

/// The bytes of as many numbers as there is room for.
fn little_endian<const N: usize>(room: &mut [[u8; N]], numbers: impl Iterator<Item = [u8; N]>) -> &[u8] {
    let mut written = 0;
    for (place, number) in room.iter_mut().zip(numbers) {
        *place = number;
        written += 1;
    }
    room.get(..written).unwrap_or_default().as_flattened()
}

/// The first characters of `text` that fit `room` bytes.
fn cut(text: &str, room: usize) -> &str {
    text.get(..text.floor_char_boundary(room)).unwrap_or_default()
}

/// Text that takes what fits and drops the rest.
struct Detail(String<DETAIL_BYTES>);

impl fmt::Write for Detail {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = DETAIL_BYTES.saturating_sub(self.0.len());
        // Fits by the cut.
        let _ = self.0.push_str(cut(text, room));
        Ok(())
    }
}
