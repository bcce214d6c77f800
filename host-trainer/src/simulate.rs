//! The firmware's application on the PC, with a simulated board: what the machine would report for recorded windows.

use std::convert::Infallible;

use embedded_hal::delay::DelayNs;
use embedded_io::{ErrorType, Write};
use heapless::spsc::Queue;
use trunkline_firmware::acquire::Sample;
use trunkline_firmware::app::{Memory, Mode, Running, boot};
use trunkline_firmware::board::{Board, Parts};
use trunkline_firmware::playback::{Playback, WindowSource, play_window};
use trunkline_firmware::report::{Frame, FrameError, decode};
use trunkline_shared::model::MAX_CHANNELS;
use trunkline_shared::telemetry::{Message, Refusal};

/// Scratch of the simulated board: more than any artifact can ask for.
const ARENA_WORDS: usize = 1 << 20;
/// Window of the simulated board: every channel at its longest.
const WINDOW_SAMPLES: usize = MAX_CHANNELS as usize * u16::MAX as usize;

/// One window as the device answered it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Number of the window since start.
    pub sequence: u32,
    /// Samples that the sensors failed to give.
    pub missing: u32,
    /// Samples that were taken but lost.
    pub lost: u32,
    /// The F features, NaN where missing; empty unless the device is in diagnostic mode and all of them have come, after a
    /// greeting that said how many there are.
    pub features: Vec<f32>,
    /// i16 outputs of all tasks, in task order.
    pub outputs: Vec<i16>,
}

/// What a device has sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transcript {
    /// Name and checksum of the model that was accepted.
    pub accepted: Option<(String, u32)>,
    /// Every refusal, in words too.
    pub refusals: Vec<(Refusal, String)>,
    /// The windows, in order.
    pub answers: Vec<Answer>,
    /// Frames that could not be read.
    pub damaged: Vec<FrameError>,
}

/// Why windows could not be replayed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimulateError {
    /// The firmware refused the model.
    #[error("the firmware refuses the model: {detail}")]
    Refused {
        /// Which check failed.
        reason: Refusal,
        /// The same in words.
        detail: String,
    },
    /// A window has not the model's length.
    #[error("window {index} has {found} samples, the model takes {expected}: encode it for this model")]
    WindowLength {
        /// Index of the window.
        index: usize,
        /// Samples that the model takes.
        expected: usize,
        /// Samples of the window.
        found: usize,
    },
}

/// Runs `windows` (raw i16 counts, each as the runtime takes it) through the firmware's application with the artifact `image`, in
/// diagnostic mode: through sampler, queue, window, runtime, frames and back.
///
/// # Errors
/// The firmware refuses the model, or a window does not suit it.
pub fn replay<'w>(image: &[u8], windows: impl IntoIterator<Item = &'w [i16]>) -> Result<Vec<Answer>, SimulateError> {
    // The model region starts at a multiple of 4, as flash does.
    let mut region = vec![0_u32; image.len().div_ceil(4)];
    bytemuck::cast_slice_mut(&mut region)[..image.len()].copy_from_slice(image);
    let mut arena = vec![0; ARENA_WORDS];
    let mut window = vec![0; WINDOW_SAMPLES];
    let mut recorded = vec![0; WINDOW_SAMPLES];
    let mut queue = Queue::<Sample, 256>::new();
    let mut frame = Frame::new();
    let mut sent = Vec::new();
    let board = SimulatedBoard {
        sensors: Playback::new(Staged::default(), &mut recorded),
        port: Wire(&mut sent),
        model_region: bytemuck::cast_slice(&region),
    };
    let memory = Memory { arena: &mut arena, window: &mut window, queue: &mut queue, frame: &mut frame };
    match boot(board, memory, Mode::Diagnostic) {
        Ok(Running { mut sampler, mut app }) => {
            let expected = sampler.sensors_mut().window_len();
            for (index, window) in windows.into_iter().enumerate() {
                let found = window.len();
                if found != expected {
                    return Err(SimulateError::WindowLength { index, expected, found });
                }
                sampler.sensors_mut().source_mut().0.extend_from_slice(window);
                play_window(&mut sampler, &mut app);
            }
        }
        Err(refused) => {
            let cause = refused.cause();
            return Err(SimulateError::Refused { reason: cause.refusal(), detail: cause.to_string() });
        }
    }
    Ok(receive(&sent).answers)
}

/// Reads everything that a device has sent, from its first byte on.
pub fn receive(bytes: &[u8]) -> Transcript {
    let mut transcript = Transcript::default();
    let mut features = Features::default();
    for frame in bytes.split(|&byte| byte == 0).filter(|frame| !frame.is_empty()) {
        match decode(&mut frame.to_vec()) {
            Ok(Message::Hello(hello)) => {
                transcript.accepted = Some((hello.model.into(), hello.model_crc));
                features = Features { count: Some(hello.features.into()), ..Features::default() };
            }
            Ok(Message::Refused { reason, detail }) => transcript.refusals.push((reason, detail.into())),
            Ok(Message::Features { sequence, first, values }) => features.add(sequence, first.into(), values),
            Ok(Message::Report(report)) => transcript.answers.push(Answer {
                sequence: report.sequence,
                missing: report.missing,
                lost: report.lost,
                features: features.take(report.sequence),
                outputs: report.outputs.chunks_exact(2).map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]])).collect(),
            }),
            Err(error) => transcript.damaged.push(error),
        }
    }
    transcript
}

/// The features of one window, as far as they have come.
#[derive(Default)]
struct Features {
    /// F, once a greeting has said it.
    count: Option<usize>,
    /// The window.
    sequence: u32,
    /// From the first on, without a gap.
    values: Vec<f32>,
}

impl Features {
    /// Adds a part; one of another window, or that does not follow on the last, drops what has come.
    fn add(&mut self, sequence: u32, first: usize, values: &[u8]) {
        if sequence != self.sequence || first != self.values.len() {
            self.sequence = sequence;
            self.values.clear();
        }
        if first == self.values.len() {
            self.values.extend(values.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        }
    }

    /// The features of that window where they are whole; none otherwise.
    fn take(&mut self, sequence: u32) -> Vec<f32> {
        let values = std::mem::take(&mut self.values);
        if sequence == self.sequence && Some(values.len()) == self.count { values } else { Vec::new() }
    }
}

struct SimulatedBoard<'b> {
    sensors: Playback<'b, Staged>,
    port: Wire<'b>,
    model_region: &'b [u8],
}

impl<'b> Board<'b> for SimulatedBoard<'b> {
    type Sensors = Playback<'b, Staged>;
    type Port = Wire<'b>;
    type Delay = NoDelay;

    fn into_parts(self) -> Parts<'b, Self::Sensors, Wire<'b>, NoDelay> {
        Parts { sensors: self.sensors, port: self.port, delay: NoDelay, model_region: self.model_region }
    }
}

/// The window to be played next.
#[derive(Default)]
struct Staged(Vec<i16>);

impl WindowSource for Staged {
    fn load(&mut self, window: &mut [i16]) -> bool {
        let staged = self.0.len() == window.len();
        if staged {
            window.copy_from_slice(&self.0);
        }
        self.0.clear();
        staged
    }
}

/// Keeps what is sent.
struct Wire<'b>(&'b mut Vec<u8>);

impl ErrorType for Wire<'_> {
    type Error = Infallible;
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Simulated time does not pass.
struct NoDelay;

impl DelayNs for NoDelay {
    fn delay_ns(&mut self, _ns: u32) {}
}
