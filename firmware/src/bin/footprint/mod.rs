//! What the programs have in common that `cargo mcu-bench` links to compare their sizes, and never runs: buffers, entry point and panic
//! handler. Each has a function `work` of its own.

#[path = "../mps2_an386/model_region.rs"]
mod model_region;

use core::hint::black_box;
use core::panic::PanicInfo;

#[cfg(target_arch = "arm")]
use cortex_m as _;
#[cfg(target_arch = "arm")]
use cortex_m_rt::entry;
#[cfg(target_arch = "riscv32")]
use riscv_rt::entry;
use static_cell::ConstStaticCell;

/// Words of memory to work in.
const WORDS: usize = 2048;
/// Samples of a window.
const SAMPLES: usize = 2048;

static ARENA: ConstStaticCell<[u32; WORDS]> = ConstStaticCell::new([0; WORDS]);
static WINDOW: ConstStaticCell<[i16; SAMPLES]> = ConstStaticCell::new([0; SAMPLES]);

#[entry]
fn main() -> ! {
    let (arena, window) = (black_box(ARENA.take()), black_box(WINDOW.take()));
    loop {
        black_box(crate::work(model_region::model_region(), arena, window));
    }
}

#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    loop {}
}
