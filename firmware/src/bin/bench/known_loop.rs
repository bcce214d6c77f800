//! A loop whose instructions are known: what the count is tried on.
#![allow(unsafe_code)]

use core::arch::asm;

/// Runs 2 `turns` instructions, `turns` at least 1, and those that load `turns` and call.
#[inline(always)]
pub(crate) fn run(turns: u32) {
    #[cfg(target_arch = "arm")]
    // SAFETY: counts a register of its own down; touches no memory and no stack, and says so of the flags.
    unsafe {
        asm!("2:", "subs {turns}, {turns}, #1", "bne 2b", turns = inout(reg) turns => _, options(nomem, nostack));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: counts a register of its own down; touches no memory and no stack.
    unsafe {
        asm!("2:", "addi {turns}, {turns}, -1", "bnez {turns}, 2b", turns = inout(reg) turns => _, options(nomem, nostack));
    }
}
