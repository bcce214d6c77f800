//! Entry point, static buffers and main loop.

use core::panic::PanicInfo;

use cortex_m::Peripherals;
use cortex_m_rt::entry;
#[cfg(feature = "defmt")]
use defmt_semihosting as _;
use embedded_hal::delay::DelayNs;
use heapless::spsc::Queue;
use semihosting::experimental::env;
use semihosting::process::ExitCode;
use trunkline_firmware::acquire::Sample;
use trunkline_firmware::app::{Memory, Mode, Running, boot};
use trunkline_firmware::board::{Board, Parts};
use trunkline_firmware::playback::play_window;
use trunkline_firmware::report::Frame;

use crate::model_region::model_region;
use crate::recording::Recorded;
use crate::uart::Uart;

/// 128 KiB of scratch.
const ARENA_WORDS: usize = 32 * 1024;
/// Longest window, all channels together.
const WINDOW_SAMPLES: usize = 64 * 1024;
/// More than all channels give at once.
const QUEUE_SAMPLES: usize = 256;
/// Frequency of the system timer's reference clock.
const SYSTEM_CLOCK_HZ: u32 = 25_000_000;
/// Bytes of the semihosting command line.
const COMMAND_LINE_BYTES: usize = 128;

struct Mps2An386 {
    sensors: Recorded,
    uart: Uart,
    delay: SysTick,
}

impl Board<'static> for Mps2An386 {
    type Sensors = Recorded;
    type Port = Uart;
    type Delay = SysTick;

    fn into_parts(self) -> Parts<'static, Recorded, Uart, SysTick> {
        Parts { sensors: self.sensors, port: self.uart, delay: self.delay, model_region: model_region() }
    }
}

/// The system timer as a delay.
struct SysTick(cortex_m::delay::Delay);

impl DelayNs for SysTick {
    fn delay_ns(&mut self, ns: u32) {
        self.0.delay_us(ns.div_ceil(1000));
    }
}

#[entry]
fn main() -> ! {
    static mut ARENA: [u32; ARENA_WORDS] = [0; ARENA_WORDS];
    static mut WINDOW: [i16; WINDOW_SAMPLES] = [0; WINDOW_SAMPLES];
    static mut COUNTS: [i16; WINDOW_SAMPLES] = [0; WINDOW_SAMPLES];
    static mut VALUES: [f32; WINDOW_SAMPLES] = [0.0; WINDOW_SAMPLES];
    static mut QUEUE: Queue<Sample, QUEUE_SAMPLES> = Queue::new();
    static mut FRAME: Frame = Frame::new();

    let Some(core) = Peripherals::take() else {
        leave(ExitCode::FAILURE);
    };
    let board = Mps2An386 {
        sensors: Recorded::open(COUNTS, VALUES),
        uart: Uart::start(),
        delay: SysTick(cortex_m::delay::Delay::new(core.SYST, SYSTEM_CLOCK_HZ)),
    };
    let memory = Memory { arena: ARENA, window: WINDOW, queue: QUEUE, frame: FRAME };
    match boot(board, memory, mode()) {
        Ok(Running { mut sampler, mut app }) => {
            for _ in 0..sampler.sensors_mut().windows() {
                play_window(&mut sampler, &mut app);
            }
            leave(ExitCode::SUCCESS)
        }
        Err(mut refused) => loop {
            refused.repeat();
        },
    }
}

fn mode() -> Mode {
    let diagnostic = env::args::<COMMAND_LINE_BYTES>().is_ok_and(|args| (&args).any(|arg| arg == Ok("diagnostic")));
    if diagnostic { Mode::Diagnostic } else { Mode::Normal }
}

fn leave(code: ExitCode) -> ! {
    code.exit_process()
}

#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    #[cfg(feature = "defmt")]
    defmt::error!(
        "panic at {=str}:{=u32}",
        _info.location().map_or("?", |at| at.file()),
        _info.location().map_or(0, |at| at.line())
    );
    leave(ExitCode::FAILURE)
}
