//! The real FFT, several stages at a time in the FPU's registers.
//!
//! Each operation and its order are those of the portable code: a stage's butterflies do not depend on each other, so that any
//! of them can be done in any order. VMLA and its kin round the product and the sum, as two instructions would.
#![allow(unsafe_code)]

use core::arch::naked_asm;

use crate::features::fft::{self, Complex, Hann};
use crate::features::sine::{QUARTER, SINES};

/// [`fft::transform`].
pub(in crate::features) fn transform(segment: &[i16], mean_count: i16, bins: &mut [Complex]) {
    // Stages are done two at a time; where their number is odd, three first.
    let mut half = if bins.len().trailing_zeros() % 2 == 1 { 8 } else { 4 };
    if half == 8 {
        first_three_stages(segment, mean_count, bins);
    } else {
        fft::fours(segment, mean_count, bins);
    }
    while 4 * half <= bins.len() {
        // SAFETY: `half` and the number of bins are powers of two, so that the blocks of `4 half` are whole.
        unsafe { two_stages(bins.as_mut_ptr(), half, bins.len() / (4 * half), &SINES) };
        half *= 4;
    }
}

/// Counts, a count's lane and an f32 of whole numbers: `2^23 + u` has the bits of 2^23 and, below, u.
const BIAS: i32 = 0x7fff;
const WHOLE: f32 = 8_388_608.0;

fn first_three_stages(segment: &[i16], mean_count: i16, bins: &mut [Complex]) {
    let groups = bins.len() / 8;
    if groups == 0 || segment.len() != 2 * bins.len() {
        return;
    }
    let mean = i32::from(mean_count) + BIAS;
    let lanes = mean as u32 * 0x0001_0001;
    // SAFETY: the segment has two counts a bin, and the bins are a power of two, at least 8.
    unsafe {
        three_stages(segment.as_ptr().cast(), bins.as_mut_ptr(), groups, lanes, WHOLE + mean as f32, SINES[QUARTER / 2])
    };
}

/// Reads pairs of counts, less their mean, in bit-reversed order, and does the first three stages on eight of them at a time.
///
/// 130 instructions for eight. The bits of a count plus 2^15 - 1, below those of 2^23, are the f32 of their sum.
///
/// # Safety
/// There are `8 groups` pairs behind `pairs`, of any alignment, and as many bins; `groups` is a power of two.
#[unsafe(naked)]
unsafe extern "C" fn three_stages(
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

/// The stages whose butterflies span `half` and `2 half` values.
///
/// Four values, `half` apart, need the factors `a` and `b` (of half the angle), and -i times `b`. The values `i` and `half - i` from
/// a block's start have factors of the same sines and cosines, so that they take turns, each through all blocks: 46
/// instructions for four.
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

/// [`fft::add_hann_power`].
pub(in crate::features) fn add_hann_power(bins: &[Complex], power: &mut [f32], fresh: bool) -> Option<()> {
    let (bin_count, middle) = (bins.len(), bins.len() / 2);
    let turns = middle.checked_sub(2)? / 3;
    let (low_end, high_start) = (3 * turns + 1, (bin_count - 3 * turns).min(power.len()));
    if fresh {
        power.get_mut(low_end..high_start)?.fill(0.0);
    }
    let mut hann = Hann::new(bins)?;
    hann.add_pair(bins, power, 1)?;
    if turns > 0 {
        let step = 2 * QUARTER / bin_count;
        let (low_power, high_power) = power.split_at_mut_checked(middle)?;
        let mut walk = Walk {
            low: bins.get(2..low_end + 1)?.as_ptr(),
            high: bins.get(high_start - 1..bin_count - 1)?.as_ptr_range().end,
            low_power: low_power.get_mut(1..low_end)?.as_mut_ptr(),
            high_power: high_power.get_mut(high_start - middle..bin_count - middle)?.as_mut_ptr_range().end,
            sin: SINES.get(2 * step..)?.as_ptr(),
            cos: SINES.get(..=QUARTER.checked_sub(2 * step)?)?.last()?,
            step: 4 * step,
            turns,
            add: usize::from(!fresh),
            hann,
        };
        // SAFETY: each slice holds the values of all turns, taken from their start, where the name says `high` from their end; the
        // sines and cosines are those of less than a quarter of a turn.
        unsafe { pairs(&mut walk) };
        hann = walk.hann;
    }
    for bin in low_end + 1..middle {
        hann.add_pair(bins, power, bin)?;
    }
    hann.finish(bins, power)
}

/// What [`Hann::add_pair`] needs for three bins a turn, and their counterparts.
#[repr(C)]
struct Walk {
    low: *const Complex,
    high: *const Complex,
    low_power: *mut f32,
    high_power: *mut f32,
    sin: *const f32,
    cos: *const f32,
    /// Bytes from one bin's sine to the next one's.
    step: usize,
    turns: usize,
    /// 1 to add to the power, 0 to write it.
    add: usize,
    hann: Hann,
}

/// Three bins and their counterparts a turn: 36 instructions for two, 40 where their power is added.
///
/// # Safety
/// All that `turns` turns take, at least one, can be read and written where the pointers say: upwards from `low`, `low_power` and
/// `sin`, downwards to `high` and `high_power`, downwards from `cos`.
#[unsafe(naked)]
unsafe extern "C" fn pairs(walk: &mut Walk) {
    // r0 the bins before, r1 low, r2 high, r3 low power, r4 high power, r5 sine, r6 cosine, r7 step, r8 turns, r9 whether to add.
    // s0-s3, s8 and s9 three low bins by turns, s4-s7, s10 and s11 three high ones, s12 2, s13 sine, s14 cosine, s16-s19 what is
    // read, s20-s23 its sum and difference, s24-s27 products.
    naked_asm!(
        ".fpu fpv4-sp-d16",
        ".macro trunkline_weigh before_re, before_im, here_re, here_im, after_re, after_im",
        "vadd.f32 \\before_re, \\before_re, \\after_re",
        "vadd.f32 \\before_im, \\before_im, \\after_im",
        "vnmls.f32 \\before_re, \\here_re, s12",
        "vnmls.f32 \\before_im, \\here_im, s12",
        "vmul.f32 \\before_re, \\before_re, \\before_re",
        "vmla.f32 \\before_re, \\before_im, \\before_im",
        ".endm",
        ".macro trunkline_pair add, a_re, a_im, b_re, b_im, c_re, c_im, d_re, d_im, e_re, e_im, f_re, f_im",
        "vldmia r1!, {{s16, s17}}",
        "vldmdb r2!, {{s18, s19}}",
        "vldr s13, [r5]",
        "add r5, r5, r7",
        "vldr s14, [r6]",
        "sub r6, r6, r7",
        "vadd.f32 s20, s16, s18",
        "vadd.f32 s21, s17, s19",
        "vsub.f32 s22, s16, s18",
        "vsub.f32 s23, s17, s19",
        "vmul.f32 s24, s14, s21",
        "vmul.f32 s25, s13, s22",
        "vmul.f32 s26, s13, s21",
        "vmul.f32 s27, s14, s22",
        "vadd.f32 \\c_re, s20, s24",
        "vsub.f32 \\f_re, s20, s24",
        "vsub.f32 \\c_im, s23, s26",
        "vadd.f32 \\f_im, s23, s26",
        "vsub.f32 \\c_re, \\c_re, s25",
        "vadd.f32 \\f_re, \\f_re, s25",
        "vsub.f32 \\c_im, \\c_im, s27",
        "vadd.f32 \\f_im, \\f_im, s27",
        "trunkline_weigh \\a_re, \\a_im, \\b_re, \\b_im, \\c_re, \\c_im",
        "trunkline_weigh \\d_re, \\d_im, \\e_re, \\e_im, \\f_re, \\f_im",
        ".if \\add",
        "vldr s16, [r3]",
        "vldr s18, [r4, #-4]",
        "vadd.f32 \\a_re, \\a_re, s16",
        "vadd.f32 \\d_re, \\d_re, s18",
        ".endif",
        "vstmia r3!, {{\\a_re}}",
        "vstmdb r4!, {{\\d_re}}",
        ".endm",
        "push {{r4-r9, lr}}",
        "vpush {{s16-s27}}",
        "ldm r0!, {{r1-r9}}",
        "vldmia r0, {{s0-s7}}",
        "vmov.f32 s12, #2.0",
        "cmp r9, #0",
        "bne 3f",
        "2:",
        "trunkline_pair 0, s0, s1, s2, s3, s8, s9, s4, s5, s6, s7, s10, s11",
        "trunkline_pair 0, s2, s3, s8, s9, s0, s1, s6, s7, s10, s11, s4, s5",
        "trunkline_pair 0, s8, s9, s0, s1, s2, s3, s10, s11, s4, s5, s6, s7",
        "subs r8, r8, #1",
        "bne 2b",
        "b 4f",
        "3:",
        "trunkline_pair 1, s0, s1, s2, s3, s8, s9, s4, s5, s6, s7, s10, s11",
        "trunkline_pair 1, s2, s3, s8, s9, s0, s1, s6, s7, s10, s11, s4, s5",
        "trunkline_pair 1, s8, s9, s0, s1, s2, s3, s10, s11, s4, s5, s6, s7",
        "subs r8, r8, #1",
        "bne 3b",
        "4:",
        "vstmia r0, {{s0-s7}}",
        "vpop {{s16-s27}}",
        "pop {{r4-r9, pc}}",
        ".purgem trunkline_weigh",
        ".purgem trunkline_pair",
    )
}
