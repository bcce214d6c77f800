//! The FPU's square root.
#![allow(unsafe_code)]

use core::arch::naked_asm;

/// The square root of `value`, rounded to the nearest f32.
pub(in crate::features) fn sqrt(value: f32) -> f32 {
    // SAFETY: works on one register of the FPU alone.
    unsafe { root(value) }
}

/// # Safety
/// None is needed.
#[unsafe(naked)]
unsafe extern "C" fn root(value: f32) -> f32 {
    naked_asm!(".fpu fpv4-sp-d16", "vsqrt.f32 s0, s0", "bx lr")
}
