//! Boot and main loop: find, check and try the model, then a report for every window.

use embedded_hal::delay::DelayNs;
use embedded_io::Write;
use heapless::spsc::{Consumer, QueueView};
use trunkline_shared::model::{Model, ModelError, Runtime, image_len, validate};

use crate::acquire::{Sample, Sampler};
use crate::board::{Board, Parts, Sensors};
use crate::log;
use crate::refusal::Cause;
use crate::report::{Frame, OUTPUTS_MAX, Reporter};
use crate::window::{Placed, WindowAssembler};

/// Time between two reports of the same refusal.
pub const REFUSAL_PERIOD_MS: u32 = 1000;

/// The static buffers, whose sizes the board chooses. A model that does not fit is refused by name.
pub struct Memory<'m> {
    /// Scratch of the runtime, see `Model::arena_bytes`.
    pub arena: &'m mut [u32],
    /// Room for one window, in samples.
    pub window: &'m mut [i16],
    /// Samples between sampler and application: as many as come in while one window is answered, and one more.
    pub queue: &'m mut QueueView<Sample>,
    /// Room for one message on its way out.
    pub frame: &'m mut Frame,
}

/// What is reported beside the outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Normal,
    /// The features of every window, ahead of its report.
    Diagnostic,
}

/// What [`App::poll`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The queue is empty: wait for samples.
    Waiting,
    /// A window was answered; there may be more in the queue.
    Answered,
}

/// A board that has accepted its model.
pub struct Running<'m, S, P> {
    /// The sampling side, for a timer interrupt.
    pub sampler: Sampler<'m, S>,
    /// The answering side, for the main loop.
    pub app: App<'m, P>,
}

/// A model at work.
pub struct App<'m, P> {
    queue: Consumer<'m, Sample>,
    window: WindowAssembler<'m>,
    runtime: Runtime<'m, 'm>,
    reporter: Reporter<'m, P>,
    mode: Mode,
}

/// A board that has refused its model: it stays alive and says so.
pub struct Refused<'m, P, D> {
    cause: Cause,
    reporter: Reporter<'m, P>,
    delay: D,
}

/// How a board has started: with its model, or having refused it.
pub type Boot<'m, B> = Result<
    Running<'m, <B as Board<'m>>::Sensors, <B as Board<'m>>::Port>,
    Refused<'m, <B as Board<'m>>::Port, <B as Board<'m>>::Delay>,
>;

/// Finds the model in the board's model region, checks it, runs its golden windows and reports the outcome.
///
/// # Errors
/// The model was refused; that is reported once, [`Refused::repeat`] does it again.
pub fn boot<'m, B: Board<'m>>(board: B, memory: Memory<'m>, mode: Mode) -> Boot<'m, B> {
    let Parts { mut sensors, port, delay, model_region } = board.into_parts();
    let Memory { arena, window, queue, frame } = memory;
    let mut reporter = Reporter::new(port, frame);
    let prepared =
        find_model(model_region).map_err(Cause::Invalid).and_then(|model| prepare(model, arena, window, &mut sensors));
    let (runtime, window) = match prepared {
        Ok(prepared) => prepared,
        Err(cause) => {
            let mut refused = Refused { cause, reporter, delay };
            log::refused(cause.refusal());
            refused.report();
            return Err(refused);
        }
    };
    let model = runtime.model();
    log::accepted(model.header().name, model.crc());
    // A port that cannot take the greeting does not keep the machine from being watched; the log line above says it too.
    let _ = reporter.hello(model);
    let (producer, consumer) = queue.split();
    let channels = model.header().channels;
    let sampler = Sampler::new(sensors, producer, channels);
    let window = WindowAssembler::new(channels, window);
    Ok(Running { sampler, app: App { queue: consumer, window, runtime, reporter, mode } })
}

fn find_model(region: &[u8]) -> Result<Model<'_>, ModelError> {
    // `image_len` has found the region to be that long.
    validate(region.get(..image_len(region)?).unwrap_or(region))
}

/// Fits a model to this board's memory and sensors and runs its golden windows; gives back what of the window buffer it uses.
fn prepare<'m, S: Sensors<'m>>(
    model: Model<'m>,
    arena: &'m mut [u32],
    window: &'m mut [i16],
    sensors: &mut S,
) -> Result<(Runtime<'m, 'm>, &'m mut [i16]), Cause> {
    let (needed, available) = (model.output_len() as u32, OUTPUTS_MAX as u32);
    if needed > available {
        return Err(Cause::Outputs { needed, available });
    }
    let (needed, available) = (model.window_len() as u32, window.len() as u32);
    let window = window.get_mut(..model.window_len()).ok_or(Cause::Window { needed, available })?;
    let (needed, available) = (model.arena_bytes(), 4 * arena.len() as u32);
    let mut runtime = Runtime::new(model, arena).map_err(|_| Cause::Arena { needed, available })?;
    runtime.self_test(window).map_err(Cause::SelfTest)?;
    let channels = runtime.model().header().channels;
    sensors.configure(channels).map_err(|channel| Cause::Sensor { channel })?;
    Ok((runtime, window))
}

impl<P: Write> App<'_, P> {
    /// Empties the queue up to the end of a window, answers that window and reports it.
    pub fn poll(&mut self) -> Progress {
        while let Some(&sample) = self.queue.peek() {
            match self.window.offer(sample) {
                Placed::Filling => {
                    self.queue.dequeue();
                }
                Placed::Complete => {
                    self.queue.dequeue();
                    self.answer();
                    self.window.next(None);
                    return Progress::Answered;
                }
                Placed::Later => {
                    self.answer();
                    self.window.next(Some(sample));
                    return Progress::Answered;
                }
            }
        }
        Progress::Waiting
    }

    fn answer(&mut self) {
        let status = self.window.status();
        // The window is as long as the model's from `boot` on.
        let Ok(answer) = self.runtime.infer(self.window.counts()) else {
            return;
        };
        log::window(status);
        let features = match self.mode {
            Mode::Normal => Ok(()),
            Mode::Diagnostic => self.reporter.features(status.sequence, answer.features),
        };
        if features.and_then(|()| self.reporter.report(status, answer.outputs)).is_err() {
            log::port_failed(status.sequence);
        }
    }
}

impl<P: Write, D: DelayNs> Refused<'_, P, D> {
    /// Why.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// Waits [`REFUSAL_PERIOD_MS`], then reports the refusal once more; a board calls it for ever.
    pub fn repeat(&mut self) {
        self.delay.delay_ms(REFUSAL_PERIOD_MS);
        self.report();
    }

    fn report(&mut self) {
        // A port that fails is tried again the next time.
        let _ = self.reporter.refused(&self.cause);
    }
}
