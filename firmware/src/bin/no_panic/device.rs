//! Calls what the application calls at boot and with every window.

use core::hint::black_box;

use cortex_m_rt::entry;
use heapless::spsc::Queue;
use trunkline_firmware::acquire::Sample;
use trunkline_firmware::app::{Memory, Mode, boot};
use trunkline_firmware::board::Sensors;
use trunkline_firmware::encoder::Encoder;
use trunkline_firmware::report::{Frame, Reporter};
use trunkline_firmware::window::WindowStatus;
use trunkline_shared::model::{ALL_TASKS, Runtime, image_len, validate};

use crate::board::{Unknown, model_region};

#[entry]
fn main() -> ! {
    static mut ARENA: [u32; 1] = [0];
    static mut WINDOW: [i16; 1] = [0];
    static mut QUEUE: Queue<Sample, 2> = Queue::new();
    static mut FRAME: Frame = Frame::new();

    black_box(answer(black_box(ARENA), black_box(WINDOW), FRAME));
    let memory = Memory { arena: black_box(ARENA), window: black_box(WINDOW), queue: QUEUE, frame: FRAME };
    match boot(Unknown, memory, black_box(Mode::Normal)) {
        Ok(running) => black_box(running).sampler.ticks_per_window(),
        Err(mut refused) => loop {
            refused.repeat();
        },
    };
    loop {
        black_box(());
    }
}

/// The way of a window: samples to counts, inference, report.
fn answer(arena: &mut [u32], window: &mut [i16], frame: &mut Frame) -> Option<()> {
    let region = model_region();
    let model = validate(region.get(..image_len(region).ok()?)?).ok()?;
    let network = model.network();
    let mut sensors = Encoder::new(Unknown);
    sensors.configure(model.header().channels).ok()?;
    for (count, channel) in window.iter_mut().zip(0..) {
        *count = sensors.read(channel).ok()?;
    }
    network.run(arena, black_box(ALL_TASKS));
    let mut runtime = Runtime::new(model, arena).ok()?;
    runtime.self_test(window).ok()?;
    let answer = runtime.infer(window).ok()?;
    let mut reporter = Reporter::new(Unknown, frame);
    let status = black_box(WindowStatus { sequence: 0, missing: 0, lost: 0 });
    reporter.features(status.sequence, answer.features).ok()?;
    reporter.report(status, answer.outputs).ok()?;
    #[cfg(feature = "reachable-panic")]
    black_box(window[black_box(0)]);
    Some(())
}
