//! How deep the stack goes: what lies below it is painted before a call and looked at after it.
#![allow(unsafe_code)]

use core::arch::asm;
use core::ptr::{read_volatile, write_volatile};

/// What no frame is likely to hold.
const PAINT: u32 = 0xa5c3_96e1;
/// Words below the caller that are painted: more than any call takes, and far from the static data on every board.
const PAINTED_WORDS: usize = 16 * 1024;

/// Bytes of stack that `body` takes, its own frame included.
#[inline(never)]
pub(crate) fn used(body: impl FnOnce()) -> usize {
    // This function keeps its frame, which lies above; nothing below is in use, as no interrupt is on.
    let top = pointer();
    for depth in 1..=PAINTED_WORDS {
        let address = (top - 4 * depth) as *mut u32;
        // SAFETY: 4-aligned and within the stack's memory, which no static data share; below the stack pointer nothing lives.
        unsafe { write_volatile(address, PAINT) };
    }
    called(body);
    let untouched = |depth: &usize| {
        let address = (top - 4 * depth) as *const u32;
        // SAFETY: as above; it was written there.
        unsafe { read_volatile(address) == PAINT }
    };
    let clean = (1..=PAINTED_WORDS).rev().take_while(untouched).count();
    4 * (PAINTED_WORDS - clean)
}

#[inline(never)]
fn called(body: impl FnOnce()) {
    body();
}

/// The stack pointer.
#[inline(always)]
fn pointer() -> usize {
    let pointer: usize;
    // SAFETY: copies a register.
    unsafe {
        #[cfg(target_arch = "arm")]
        asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
        #[cfg(target_arch = "riscv32")]
        asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}
