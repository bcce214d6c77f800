//! Two samples at a time on Armv7E-M.
#![allow(unsafe_code)]

use core::arch::naked_asm;

use crate::kernels::OutputStage;
use crate::kernels::depthwise::m4::Limits;

/// Two samples, of any alignment.
type Pair = [i16; 2];

/// What does not change from sample to sample.
#[repr(C)]
struct Constants {
    minus_mean: i32,
    multiplier: i32,
    limits: Limits,
}

/// Standardises as many samples as there are pairs of both lengths, and gives those that are left.
pub(super) fn pairs<'a>(
    counts: &'a [i16],
    mean: i16,
    multiplier: i32,
    range_bits: u8,
    inputs: &'a mut [i16],
) -> (&'a [i16], &'a mut [i16]) {
    let even = counts.len().min(inputs.len()) & !1;
    let (Some((pairs, counts)), Some((to, inputs))) =
        (counts.split_at_checked(even), inputs.split_at_mut_checked(even))
    else {
        return (&[], &mut []);
    };
    let stage = OutputStage { zero: 0, range_bits, relu: false, accumulate: false };
    let constants = Constants { minus_mean: -i32::from(mean), multiplier, limits: Limits::new(stage) };
    let pairs = pairs.as_ptr_range();
    if even > 0 {
        // SAFETY: from the start of `pairs` to their end lies a whole number of pairs, at least one, and `to` is as long and apart.
        unsafe { standardize(pairs.start.cast(), pairs.end.cast(), to.as_mut_ptr().cast(), &constants) };
    }
    (counts, inputs)
}

/// 18 instructions a pair.
///
/// SXTAH takes the mean away, SMMLAR with `zero - low` scales and rounds, and two results in a word are limited as
/// [`crate::kernels::depthwise::m4`] has it. A lane that becomes 0 with its top bit turned over is a missing sample: USUB16 of 1
/// borrows for it alone, and SEL takes 0.
///
/// # Safety
/// Pairs can be read from `counts` to `end`, at least one, and as many be written behind `inputs`.
#[unsafe(naked)]
unsafe extern "C" fn standardize(counts: *const Pair, end: *const Pair, inputs: *mut Pair, constants: &Constants) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r3, {{r3-r7}}", // minus mean, multiplier, zero, above, back
        "mov r8, #0x80008000",
        "mov r9, #0x00010001",
        "mov r10, #0",
        "1:",
        "ldr r11, [r0], #4",
        "sxtah r12, r3, r11",
        "sxtah lr, r3, r11, ror #16",
        "lsl r12, r12, #14",
        "lsl lr, lr, #14",
        "smmlar r12, r12, r4, r5",
        "smmlar lr, lr, r4, r5",
        "usat r12, #16, r12",
        "usat lr, #16, lr",
        "pkhbt r12, r12, lr, lsl #16",
        "uqadd16 r12, r12, r6",
        "usub16 r12, r12, r7",
        "eor r11, r11, r8",
        "usub16 r11, r11, r9",
        "sel r12, r12, r10",
        "str r12, [r2], #4",
        "cmp r0, r1",
        "bne 1b",
        "pop {{r4-r11, pc}}",
    )
}
