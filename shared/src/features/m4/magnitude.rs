//! Lengths of vectors, two at a time.
#![allow(unsafe_code)]

use core::arch::naked_asm;

use crate::features::magnitude;

/// Two counts, of any alignment.
type Pair = [i16; 2];

/// [`magnitude::write_lengths`].
pub(in crate::features) fn write_lengths(axes: [&[i16]; 3], offset: f32, out: &mut [i16]) {
    let samples = axes.iter().fold(out.len(), |samples, axis| samples.min(axis.len()));
    let pairs = samples / 2;
    if pairs > 0 {
        let [x, y, z] = axes.map(|axis| axis.as_ptr().cast());
        // SAFETY: each of the slices has that many pairs, at least one, and `out` is apart from the others.
        unsafe { lengths(x, y, z, out.as_mut_ptr().cast(), pairs, offset) };
    }
    let last = axes.map(|axis| axis.get(2 * pairs..).unwrap_or(&[]));
    magnitude::write_lengths(last, offset, out.get_mut(2 * pairs..).unwrap_or(&mut []));
}

/// 44 instructions a pair, 38 without an offset.
///
/// The root is half of the length in counts of twice the scale, rounded halves up: `(floor(root) + 1) >> 1`. The conversion to 16
/// bits saturates at 65535, the addition again, so that the result does at 32767.
///
/// # Safety
/// `pairs` pairs, at least one, can be read behind `x`, `y` and `z` and written behind `out`.
#[unsafe(naked)]
unsafe extern "C" fn lengths(
    x: *const Pair,
    y: *const Pair,
    z: *const Pair,
    out: *mut Pair,
    pairs: usize,
    offset: f32,
) {
    // r0, r1, r2 axes, r3 out, r4 pairs, r5-r7 counts, r8 the smallest, r9 difference, r10 ones, r11 -0x7fff twice: no less than
    // every count but the mark of a missing sample, which r12 is twice; lr 0. s0 offset, s2-s7 counts, s8, s9 squares.
    naked_asm!(
        ".fpu fpv4-sp-d16",
        ".macro trunkline_lengths offset",
        "2:",
        "ldr r5, [r0], #4",
        "ldr r6, [r1], #4",
        "ldr r7, [r2], #4",
        "ssub16 r8, r5, r6",
        "sel r8, r6, r5",
        "ssub16 r9, r8, r7",
        "sel r8, r7, r8",
        "vmov s2, s3, r5, r6",
        "asr r5, r5, #16",
        "asr r6, r6, #16",
        "asr r9, r7, #16",
        "vmov s4, s5, r7, r5",
        "vmov s6, s7, r6, r9",
        ".irp low, s2, s3, s4",
        "vcvt.f32.s16 \\low, \\low, #0",
        ".endr",
        ".irp high, s5, s6, s7",
        "vcvt.f32.s32 \\high, \\high",
        ".endr",
        ".if \\offset",
        ".irp count, s2, s3, s4, s5, s6, s7",
        "vadd.f32 \\count, \\count, s0",
        ".endr",
        ".endif",
        "vmul.f32 s8, s2, s2",
        "vmul.f32 s9, s5, s5",
        "vmla.f32 s8, s3, s3",
        "vmla.f32 s9, s6, s6",
        "vmla.f32 s8, s4, s4",
        "vmla.f32 s9, s7, s7",
        "vsqrt.f32 s8, s8",
        "vsqrt.f32 s9, s9",
        "vcvt.u16.f32 s8, s8, #0",
        "vcvt.u16.f32 s9, s9, #0",
        "vmov r5, r6, s8, s9",
        "pkhbt r5, r5, r6, lsl #16",
        "uqadd16 r5, r5, r10",
        "uhadd16 r5, r5, lr",
        "ssub16 r9, r8, r11",
        "sel r5, r5, r12",
        "str r5, [r3], #4",
        "subs r4, r4, #1",
        "bne 2b",
        ".endm",
        "push {{r4-r11, lr}}",
        "ldr r4, [sp, #36]",
        "mov r10, #0x00010001",
        "mov r12, #0x80008000",
        "orr r11, r12, r10",
        "mov lr, #0",
        "vcmp.f32 s0, #0",
        "vmrs apsr_nzcv, fpscr",
        "beq 3f",
        "trunkline_lengths 1",
        "pop {{r4-r11, pc}}",
        "3:",
        "trunkline_lengths 0",
        "pop {{r4-r11, pc}}",
        ".purgem trunkline_lengths",
    )
}
