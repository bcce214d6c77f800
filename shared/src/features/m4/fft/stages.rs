//! Stages in the middle, two or three at a time.
//!
//! The values `i` and `half - i` from a block's start have factors of the same sines and cosines, so that they take turns, each
//! through all blocks.

use core::arch::naked_asm;

use crate::features::fft::Complex;
use crate::features::sine::{QUARTER, SINES};

/// Does the stages whose butterflies span `half` and `2 half` values, a power of two from 4 on; returns 2.
pub(super) fn two(bins: &mut [Complex], half: usize) -> u32 {
    let blocks = bins.len().checked_div(4 * half).unwrap_or(0);
    if blocks > 0 {
        // SAFETY: that many blocks of `4 half` are there.
        unsafe { two_stages(bins.as_mut_ptr(), half, blocks, &SINES) };
    }
    2
}

/// Does the stages whose butterflies span `half`, `2 half` and `4 half` values, a power of two from 4 on; returns 3.
pub(super) fn three(bins: &mut [Complex], half: usize) -> u32 {
    let blocks = bins.len().checked_div(8 * half).unwrap_or(0);
    if blocks > 0 {
        // SAFETY: that many blocks of `8 half` are there.
        unsafe { three_stages(bins.as_mut_ptr(), half, blocks, &SINES) };
    }
    3
}

/// The stages whose butterflies span `half` and `2 half` values.
///
/// Four values, `half` apart, need the factors `a` and `b` (of half the angle), and -i times `b`: 46 instructions for four.
///
/// # Safety
/// Behind `bins` are `4 half blocks` values; `half` is a power of two in 4..=512, and `blocks` is not 0.
#[unsafe(naked)]
unsafe extern "C" fn two_stages(bins: *mut Complex, half: usize, blocks: usize, sines: &[f32; QUARTER + 1]) {
    // r0 value i and r1 value `half - i` of the first block, r2 blocks, r3 sine of 0, r4 cosine of 0, r5 angle of `a` in bytes of
    // sines, r6 its step, r7 bytes of `half` values, r8 blocks left, r9-r12 four values, lr address.
    // s0-s7 four values, s8 and s9 product, s10 and s11 cosine and sine of `a`, s12 and s13 those of `b`.
    naked_asm!(
        ".fpu fpv4-sp-d16",
        ".macro trunkline_rotate re, im, cos, sin",
        "vmul.f32 s8, \\cos, \\re",
        "vmul.f32 s9, \\cos, \\im",
        "vmla.f32 s8, \\sin, \\im",
        "vmls.f32 s9, \\sin, \\re",
        ".endm",
        ".macro trunkline_two_stages first, b_cos, b_sin",
        "mov r9, \\first",
        "add r10, r9, r7",
        "add r11, r10, r7",
        "add r12, r11, r7",
        "mov r8, r2",
        "3:",
        "vldmia r9, {{s0, s1}}",
        "vldmia r10, {{s2, s3}}",
        "vldmia r11, {{s4, s5}}",
        "vldmia r12, {{s6, s7}}",
        "trunkline_rotate s2, s3, s10, s11",
        "vsub.f32 s2, s0, s8",
        "vsub.f32 s3, s1, s9",
        "vadd.f32 s0, s0, s8",
        "vadd.f32 s1, s1, s9",
        "trunkline_rotate s6, s7, s10, s11",
        "vsub.f32 s6, s4, s8",
        "vsub.f32 s7, s5, s9",
        "vadd.f32 s4, s4, s8",
        "vadd.f32 s5, s5, s9",
        "trunkline_rotate s4, s5, \\b_cos, \\b_sin",
        "vsub.f32 s4, s0, s8",
        "vsub.f32 s5, s1, s9",
        "vadd.f32 s0, s0, s8",
        "vadd.f32 s1, s1, s9",
        "trunkline_rotate s6, s7, \\b_cos, \\b_sin",
        "vsub.f32 s6, s2, s9",
        "vadd.f32 s7, s3, s8",
        "vadd.f32 s2, s2, s9",
        "vsub.f32 s3, s3, s8",
        "vstmia r9, {{s0, s1}}",
        "vstmia r10, {{s2, s3}}",
        "vstmia r11, {{s4, s5}}",
        "vstmia r12, {{s6, s7}}",
        "add r9, r9, r7, lsl #2",
        "add r10, r10, r7, lsl #2",
        "add r11, r11, r7, lsl #2",
        "add r12, r12, r7, lsl #2",
        "subs r8, r8, #1",
        "bne 3b",
        ".endm",
        "push {{r4-r11, lr}}",
        "lsl r7, r1, #3",
        // Half a turn of `a` is 2048 sines of 4 bytes.
        "mov r6, #8192",
        "udiv r6, r6, r1",
        "add r1, r0, r7",
        "add r4, r3, #4096",
        "mov r5, #0",
        "2:",
        "add lr, r3, r5",
        "vldr s11, [lr]",
        "sub lr, r4, r5",
        "vldr s10, [lr]",
        "add lr, r3, r5, lsr #1",
        "vldr s13, [lr]",
        "sub lr, r4, r5, lsr #1",
        "vldr s12, [lr]",
        "trunkline_two_stages r0, s12, s13",
        // i = 0 has no counterpart, half of `half` is its own.
        "cmp r0, r1",
        "beq 4f",
        "cmp r5, #0",
        "beq 5f",
        "vneg.f32 s10, s10",
        "trunkline_two_stages r1, s13, s12",
        "5:",
        "add r0, r0, #8",
        "sub r1, r1, #8",
        "add r5, r5, r6",
        "b 2b",
        "4:",
        "pop {{r4-r11, pc}}",
        ".purgem trunkline_rotate",
        ".purgem trunkline_two_stages",
    )
}

/// The stages whose butterflies span `half`, `2 half` and `4 half` values.
///
/// Eight values, `half` apart, need the factors `a`, `b` (of half the angle), `c` (of a quarter), `d` (an eighth of a turn
/// further), and -i times `b`, `c` and `d`: 122 instructions for eight.
///
/// # Safety
/// Behind `bins` are `8 half blocks` values; `half` is a power of two in 4..=256, and `blocks` is not 0.
#[unsafe(naked)]
unsafe extern "C" fn three_stages(bins: *mut Complex, half: usize, blocks: usize, sines: &[f32; QUARTER + 1]) {
    // r0 value i and r1 value `half - i` of the first block, r2 blocks, r3 angle of `a` in bytes of sines, r4-r11 eight values or
    // addresses, r12 bytes of `half` values, lr blocks left. On the stack: the step of the angle, the sines.
    // s0-s15 eight values, s16 and s17 product, s18-s25 cosine and sine of `a`, `b`, `c`, `d`.
    naked_asm!(
        ".fpu fpv4-sp-d16",
        ".macro trunkline_rotate re, im, cos, sin",
        "vmul.f32 s16, \\cos, \\re",
        "vmul.f32 s17, \\cos, \\im",
        "vmla.f32 s16, \\sin, \\im",
        "vmls.f32 s17, \\sin, \\re",
        ".endm",
        ".macro trunkline_plain a_re, a_im, b_re, b_im, cos, sin",
        "trunkline_rotate \\b_re, \\b_im, \\cos, \\sin",
        "vsub.f32 \\b_re, \\a_re, s16",
        "vsub.f32 \\b_im, \\a_im, s17",
        "vadd.f32 \\a_re, \\a_re, s16",
        "vadd.f32 \\a_im, \\a_im, s17",
        ".endm",
        ".macro trunkline_turned a_re, a_im, b_re, b_im, cos, sin",
        "trunkline_rotate \\b_re, \\b_im, \\cos, \\sin",
        "vsub.f32 \\b_re, \\a_re, s17",
        "vadd.f32 \\b_im, \\a_im, s16",
        "vadd.f32 \\a_re, \\a_re, s17",
        "vsub.f32 \\a_im, \\a_im, s16",
        ".endm",
        ".macro trunkline_three_stages first, b_cos, b_sin, c_cos, c_sin, d_cos, d_sin",
        "mov r4, \\first",
        "add r5, r4, r12",
        "add r6, r5, r12",
        "add r7, r6, r12",
        "add r8, r7, r12",
        "add r9, r8, r12",
        "add r10, r9, r12",
        "add r11, r10, r12",
        "mov lr, r2",
        "3:",
        "vldmia r4, {{s0, s1}}",
        "vldmia r5, {{s2, s3}}",
        "vldmia r6, {{s4, s5}}",
        "vldmia r7, {{s6, s7}}",
        "vldmia r8, {{s8, s9}}",
        "vldmia r9, {{s10, s11}}",
        "vldmia r10, {{s12, s13}}",
        "vldmia r11, {{s14, s15}}",
        "trunkline_plain s0, s1, s2, s3, s18, s19",
        "trunkline_plain s4, s5, s6, s7, s18, s19",
        "trunkline_plain s8, s9, s10, s11, s18, s19",
        "trunkline_plain s12, s13, s14, s15, s18, s19",
        "trunkline_plain s0, s1, s4, s5, \\b_cos, \\b_sin",
        "trunkline_turned s2, s3, s6, s7, \\b_cos, \\b_sin",
        "trunkline_plain s8, s9, s12, s13, \\b_cos, \\b_sin",
        "trunkline_turned s10, s11, s14, s15, \\b_cos, \\b_sin",
        "trunkline_plain s0, s1, s8, s9, \\c_cos, \\c_sin",
        "trunkline_plain s2, s3, s10, s11, \\d_cos, \\d_sin",
        "trunkline_turned s4, s5, s12, s13, \\c_cos, \\c_sin",
        "trunkline_turned s6, s7, s14, s15, \\d_cos, \\d_sin",
        "vstmia r4, {{s0, s1}}",
        "vstmia r5, {{s2, s3}}",
        "vstmia r6, {{s4, s5}}",
        "vstmia r7, {{s6, s7}}",
        "vstmia r8, {{s8, s9}}",
        "vstmia r9, {{s10, s11}}",
        "vstmia r10, {{s12, s13}}",
        "vstmia r11, {{s14, s15}}",
        ".irp value, r4, r5, r6, r7, r8, r9, r10, r11",
        "add \\value, \\value, r12, lsl #3",
        ".endr",
        "subs lr, lr, #1",
        "bne 3b",
        ".endm",
        "push {{r4-r11, lr}}",
        "vpush {{s16-s25}}",
        "lsl r12, r1, #3",
        // Half a turn of `a` is 2048 sines of 4 bytes.
        "mov r4, #8192",
        "udiv r4, r4, r1",
        "push {{r3, r4}}",
        "add r1, r0, r12",
        "mov r3, #0",
        "2:",
        "ldr r4, [sp]",
        "add r5, r4, r3",
        "vldr s19, [r5]",
        "add r5, r4, r3, lsr #1",
        "vldr s21, [r5]",
        "add r5, r4, r3, lsr #2",
        "vldr s23, [r5]",
        "add r5, r5, #2048",
        "vldr s25, [r5]",
        "add r4, r4, #4096",
        "sub r5, r4, r3",
        "vldr s18, [r5]",
        "sub r5, r4, r3, lsr #1",
        "vldr s20, [r5]",
        "sub r5, r4, r3, lsr #2",
        "vldr s22, [r5]",
        "sub r5, r5, #2048",
        "vldr s24, [r5]",
        "trunkline_three_stages r0, s20, s21, s22, s23, s24, s25",
        // i = 0 has no counterpart, half of `half` is its own.
        "cmp r0, r1",
        "beq 4f",
        "cmp r3, #0",
        "beq 5f",
        "vneg.f32 s18, s18",
        "trunkline_three_stages r1, s21, s20, s25, s24, s23, s22",
        "5:",
        "ldr r4, [sp, #4]",
        "add r0, r0, #8",
        "sub r1, r1, #8",
        "add r3, r3, r4",
        "b 2b",
        "4:",
        "add sp, sp, #8",
        "vpop {{s16-s25}}",
        "pop {{r4-r11, pc}}",
        ".purgem trunkline_rotate",
        ".purgem trunkline_plain",
        ".purgem trunkline_turned",
        ".purgem trunkline_three_stages",
    )
}
