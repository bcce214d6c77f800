//! How many instructions have run, by what each processor has: exact under QEMU's `-icount shift=0`, where an instruction is a
//! nanosecond.

#[cfg(target_arch = "arm")]
mod core_clock {
    use cortex_m::Peripherals;
    use cortex_m::peripheral::SYST;
    use cortex_m::peripheral::syst::SystClkSource;

    /// The system timer of the MPS2 boards counts at 25 MHz: 40 ns a tick.
    pub(super) const INSTRUCTIONS_A_TICK: u32 = 40;
    /// The system timer has 24 bits.
    pub(super) const MASK: u32 = 0x00ff_ffff;

    pub(super) fn start() {
        if let Some(mut core) = Peripherals::take() {
            core.SYST.set_clock_source(SystClkSource::Core);
            core.SYST.set_reload(MASK);
            core.SYST.clear_current();
            core.SYST.enable_counter();
        }
    }

    pub(super) fn ticks() -> u32 {
        // It counts down.
        MASK - SYST::get_current()
    }
}

#[cfg(target_arch = "riscv32")]
mod core_clock {
    use riscv::register::minstret;

    pub(super) const INSTRUCTIONS_A_TICK: u32 = 1;
    pub(super) const MASK: u32 = u32::MAX;

    pub(super) fn start() {}

    pub(super) fn ticks() -> u32 {
        minstret::read() as u32
    }
}

use core_clock::{INSTRUCTIONS_A_TICK, MASK};

/// Starts the count. Once, before everything else.
pub(crate) fn start() {
    core_clock::start();
}

/// Instructions that `repeats` times `body` take, the loop's own among them: to within 40 on Arm, exactly on RISC-V; fewer than
/// 2^24 times 40 and 2^32.
#[inline(never)]
pub(crate) fn instructions(repeats: u32, mut body: impl FnMut()) -> u64 {
    let start = core_clock::ticks();
    for _ in 0..repeats {
        body();
    }
    let ticks = core_clock::ticks().wrapping_sub(start) & MASK;
    u64::from(ticks) * u64::from(INSTRUCTIONS_A_TICK)
}
