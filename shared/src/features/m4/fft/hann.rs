//! From the complex transform of M values to the power of the real one's Hann-weighted bins.

use core::arch::naked_asm;

use crate::features::fft::{Complex, Hann};
use crate::features::sine::{QUARTER, SINES};

/// Writes or adds `64 |H[k]|^2`, as the portable function of that name.
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
