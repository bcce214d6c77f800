//! From counts to the first three stages.

use core::arch::naked_asm;

use crate::features::fft::Complex;
use crate::features::sine::{QUARTER, SINES};

/// What makes every count that is not missing at least 0.
const BIAS: i32 = 0x7fff;
/// 2^23, whose bits and, below them, those of an integer u are the f32 of 2^23 + u.
const WHOLE: f32 = 8_388_608.0;

/// Reads the segment in bit-reversed order, and does the first three stages.
pub(super) fn three_stages(segment: &[i16], mean_count: i16, bins: &mut [Complex]) {
    let groups = bins.len() / 8;
    if groups == 0 || segment.len() != 2 * bins.len() {
        return;
    }
    let mean = i32::from(mean_count) + BIAS;
    let lanes = mean as u32 * 0x0001_0001;
    // SAFETY: the segment has two counts a bin, and the bins are a power of two, at least 8.
    unsafe {
        eights(segment.as_ptr().cast(), bins.as_mut_ptr(), groups, lanes, WHOLE + mean as f32, SINES[QUARTER / 2])
    };
}

/// Reads pairs of counts, less their mean, in bit-reversed order, and does the first three stages on eight of them at a time.
///
/// 130 instructions for eight. The bits of a count plus 2^15 - 1, below those of 2^23, are the f32 of their sum.
///
/// # Safety
/// There are `8 groups` pairs behind `pairs`, of any alignment, and as many bins; `groups` is a power of two.
#[unsafe(naked)]
unsafe extern "C" fn eights(
    pairs: *const [i16; 2],
    bins: *mut Complex,
    groups: usize,
    mean: u32,
    bias: f32,
    root_of_half: f32,
) {
    // r0 pairs, r1 bins, r2 groups, r3 the mean twice, r4 unused bits of a group's index, r5 and r6 bytes of an eighth and of half
    // the pairs, r7 group, r8 first pair, r9 2^23, r10 2^15 - 1 twice, r11 and r12 counts.
    // s0-s7 and s16-s23 four values each, s8-s15 between stages and results, s24 and s25 product, s26 bias, s27 root of half.
    naked_asm!(
        ".fpu fpv4-sp-d16",
        // Missing counts alone stay negative when 2^15 - 1 is added.
        ".macro trunkline_read re, im, address:vararg",
        "ldr r11, [\\address]",
        "sadd16 r11, r11, r10",
        "sel r11, r11, r3",
        "pkhbt r12, r11, r9",
        "pkhtb r11, r9, r11, asr #16",
        "vmov \\re, \\im, r12, r11",
        "vsub.f32 \\re, \\re, s26",
        "vsub.f32 \\im, \\im, s26",
        ".endm",
        ".macro trunkline_four a_re, a_im, b_re, b_im, c_re, c_im, d_re, d_im",
        "trunkline_read \\a_re, \\a_im, r8",
        "trunkline_read \\b_re, \\b_im, r8, r6",
        "add r8, r8, r5, lsl #1",
        "trunkline_read \\c_re, \\c_im, r8",
        "trunkline_read \\d_re, \\d_im, r8, r6",
        "vadd.f32 s8, \\a_re, \\b_re",
        "vadd.f32 s9, \\a_im, \\b_im",
        "vsub.f32 s10, \\a_re, \\b_re",
        "vsub.f32 s11, \\a_im, \\b_im",
        "vadd.f32 s12, \\c_re, \\d_re",
        "vadd.f32 s13, \\c_im, \\d_im",
        "vsub.f32 s14, \\c_re, \\d_re",
        "vsub.f32 s15, \\c_im, \\d_im",
        "vadd.f32 \\a_re, s8, s12",
        "vadd.f32 \\a_im, s9, s13",
        "vadd.f32 \\b_re, s10, s15",
        "vsub.f32 \\b_im, s11, s14",
        "vsub.f32 \\c_re, s8, s12",
        "vsub.f32 \\c_im, s9, s13",
        "vsub.f32 \\d_re, s10, s15",
        "vadd.f32 \\d_im, s11, s14",
        ".endm",
        // (1 - i) times the root of half.
        ".macro trunkline_eighth re, im",
        "vmul.f32 s24, s27, \\re",
        "vmul.f32 s25, s27, \\im",
        "vmla.f32 s24, s27, \\im",
        "vmls.f32 s25, s27, \\re",
        ".endm",
        "push {{r4-r11, lr}}",
        "vpush {{s16-s27}}",
        "vmov.f32 s26, s0",
        "vmov.f32 s27, s1",
        "clz r4, r2",
        "add r4, r4, #1",
        "lsl r5, r2, #2",
        "lsl r6, r2, #4",
        "mov r7, #0",
        "mov r9, #0x4b000000",
        "mvn r10, #0x80008000",
        "2:",
        "rbit r8, r7",
        "lsr r8, r8, r4",
        "add r8, r0, r8, lsl #2",
        "trunkline_four s0, s1, s2, s3, s4, s5, s6, s7",
        "sub r8, r8, r5",
        "trunkline_four s16, s17, s18, s19, s20, s21, s22, s23",
        "vsub.f32 s8, s0, s16",
        "vsub.f32 s9, s1, s17",
        "vadd.f32 s0, s0, s16",
        "vadd.f32 s1, s1, s17",
        "trunkline_eighth s18, s19",
        "vsub.f32 s10, s2, s24",
        "vsub.f32 s11, s3, s25",
        "vadd.f32 s2, s2, s24",
        "vadd.f32 s3, s3, s25",
        "vsub.f32 s12, s4, s21",
        "vadd.f32 s13, s5, s20",
        "vadd.f32 s4, s4, s21",
        "vsub.f32 s5, s5, s20",
        "trunkline_eighth s22, s23",
        "vsub.f32 s14, s6, s25",
        "vadd.f32 s15, s7, s24",
        "vadd.f32 s6, s6, s25",
        "vsub.f32 s7, s7, s24",
        "vstmia r1!, {{s0-s15}}",
        "add r7, r7, #1",
        "cmp r7, r2",
        "bne 2b",
        "vpop {{s16-s27}}",
        "pop {{r4-r11, pc}}",
        ".purgem trunkline_read",
        ".purgem trunkline_four",
        ".purgem trunkline_eighth",
    )
}
