//! Sums over pairs of counts.
//!
//! Missing samples enter the sums as the count that marks them, -2^15, and are taken out afterwards by their number. That is
//! known from a second sum, in which each count is lowered by one: the mark alone wraps, and adds 2^16. Lowered and wrapped it
//! is also larger than every other, so that it is never the minimum; as it is, it is never the maximum.
#![allow(unsafe_code)]

use core::arch::naked_asm;

use crate::features::sums::{Sums, Wanted, halves};

/// Words that one turn of the loops takes.
const TURN: usize = 4;
type Turn = [u32; TURN];

/// [`Sums::add`] of two counts a word, the earlier in the low half; at most 2^15 counts.
pub(in crate::features) fn add_words(sums: &mut Sums, wanted: Wanted, start: usize, words: &[u32]) {
    let (turns, rest) = words.as_chunks();
    if !turns.is_empty() {
        add_turns(sums, wanted, start, turns);
    }
    sums.add(wanted, start + 2 * TURN * turns.len(), halves(rest));
}

fn add_turns(sums: &mut Sums, wanted: Wanted, start: usize, turns: &[Turn]) {
    let range = turns.as_ptr_range();
    let samples = (2 * TURN * turns.len()) as i32;
    let mut raw = RawLevel { sum: 0, lowered: 0, squares: 0, least: [i16::MAX; 2], largest: [i16::MIN; 2] };
    // SAFETY: the range is that of a slice that is not empty.
    unsafe { level(&mut raw, range.start, range.end) };
    let missing = (raw.lowered - raw.sum + samples) >> 16;
    let level = &mut sums.level;
    level.valid += (samples - missing) as u32;
    level.sum += raw.sum + (missing << 15);
    level.squares += raw.squares - (i64::from(missing) << 30);
    if missing < samples {
        let [low, high] = raw.least.map(i32::from);
        level.minimum = level.minimum.min(low.min(high) + 1);
        let [low, high] = raw.largest.map(i32::from);
        level.maximum = level.maximum.max(low.max(high));
    }
    if wanted.powers {
        let mut raw = RawPowers { cubes: 0, low: 0, high: 0, above: 0 };
        // SAFETY: as above.
        unsafe { powers(&mut raw, range.start, range.end) };
        sums.powers.cubes += raw.cubes + (i64::from(missing) << 45);
        let fourths = (i128::from(raw.above) << 32) + i128::from(raw.low);
        sums.powers.fourths += fourths - (i128::from(missing) << 60);
    }
    if wanted.ramp {
        let first = start as i16;
        let mut raw = RawRamp { places: [first, first.wrapping_add(1)], indices: 0, index_squares: 0, products: 0 };
        // SAFETY: as above.
        unsafe { ramp(&mut raw, range.start, range.end) };
        sums.ramp.indices += raw.indices;
        sums.ramp.index_squares += raw.index_squares;
        sums.ramp.products += raw.products;
    }
}

/// Sums over all counts as they are.
#[repr(C)]
struct RawLevel {
    sum: i32,
    /// Sum of the counts less one, wrapped.
    lowered: i32,
    squares: i64,
    /// Smallest count less one, wrapped; of the earlier and of the later count of each pair.
    least: [i16; 2],
    largest: [i16; 2],
}

/// 8.75 instructions a pair.
///
/// # Safety
/// `turns..end` is the range of a slice that is not empty.
#[unsafe(naked)]
unsafe extern "C" fn level(sums: &mut RawLevel, turns: *const Turn, end: *const Turn) {
    // r0 end, r1 turns, r2 sum, r3 lowered, r4:r5 squares, r6 least, r7 largest, r8 ones, r9-r12 counts, lr difference.
    naked_asm!(
        ".macro trunkline_level counts",
        "smlad r2, \\counts, r8, r2",
        "smlald r4, r5, \\counts, \\counts",
        "ssub16 lr, \\counts, r7",
        "sel r7, \\counts, r7",
        "ssub16 \\counts, \\counts, r8",
        "smlad r3, \\counts, r8, r3",
        "ssub16 lr, r6, \\counts",
        "sel r6, \\counts, r6",
        ".endm",
        "push {{r0, r4-r11, lr}}",
        "mov lr, r2",
        "ldm r0, {{r2-r7}}",
        "mov r0, lr",
        "mov r8, #0x00010001",
        "2:",
        "ldm r1!, {{r9-r12}}",
        "trunkline_level r9",
        "trunkline_level r10",
        "trunkline_level r11",
        "trunkline_level r12",
        "cmp r1, r0",
        "bne 2b",
        "pop {{r0}}",
        "stm r0, {{r2-r7}}",
        "pop {{r4-r11, pc}}",
        ".purgem trunkline_level",
    )
}

/// Sums of powers of all counts as they are.
#[repr(C)]
struct RawPowers {
    cubes: i64,
    /// Sum of the fourth powers: `low + 2^32 above`.
    low: u32,
    /// 0 between turns.
    high: u32,
    above: u64,
}

/// 9.5 instructions a pair.
///
/// The fourth powers of a turn, each at most 2^60, and what was left below 2^32 fit 64 bits.
///
/// # Safety
/// `turns..end` is the range of a slice that is not empty.
#[unsafe(naked)]
unsafe extern "C" fn powers(sums: &mut RawPowers, turns: *const Turn, end: *const Turn) {
    // r0 count, r1 turns, r2 end, r3:r4 cubes, r5:r6 fourth powers, r7:r8 above, r9-r12 counts, lr square.
    naked_asm!(
        ".macro trunkline_powers counts",
        "smulbb lr, \\counts, \\counts",
        "sxth r0, \\counts",
        "smlal r3, r4, lr, r0",
        "umlal r5, r6, lr, lr",
        "smultt lr, \\counts, \\counts",
        "asr \\counts, \\counts, #16",
        "smlal r3, r4, lr, \\counts",
        "umlal r5, r6, lr, lr",
        ".endm",
        "push {{r0, r4-r11, lr}}",
        "ldm r0, {{r3-r8}}",
        "2:",
        "ldm r1!, {{r9-r12}}",
        "trunkline_powers r9",
        "trunkline_powers r10",
        "trunkline_powers r11",
        "trunkline_powers r12",
        "adds r7, r7, r6",
        "adc r8, r8, #0",
        "mov r6, #0",
        "cmp r1, r2",
        "bne 2b",
        "pop {{r0}}",
        "stm r0, {{r3-r8}}",
        "pop {{r4-r11, pc}}",
        ".purgem trunkline_powers",
    )
}

/// Sums over the places of the counts that are not missing.
#[repr(C)]
struct RawRamp {
    /// Those of the next pair.
    places: [i16; 2],
    indices: i32,
    index_squares: i64,
    products: i64,
}

/// 6.75 instructions a pair.
///
/// # Safety
/// `turns..end` is the range of a slice that is not empty.
#[unsafe(naked)]
unsafe extern "C" fn ramp(sums: &mut RawRamp, turns: *const Turn, end: *const Turn) {
    // r0 0x7fff twice: a sum with it is negative for the mark of a missing sample alone. r1 turns, r2 end, r3 places, r4 indices,
    // r5:r6 index squares, r7:r8 products, r9 and r10 counts, r11 0, r12 ones, lr places that count.
    naked_asm!(
        ".macro trunkline_ramp counts",
        "sadd16 lr, \\counts, r0",
        "sel lr, r3, r11",
        "smlald r7, r8, \\counts, lr",
        "smlald r5, r6, lr, lr",
        "smlad r4, lr, r12, r4",
        "add r3, r3, #0x00020002",
        ".endm",
        "push {{r0, r4-r11, lr}}",
        "ldm r0, {{r3-r8}}",
        "mvn r0, #0x80008000",
        "mov r11, #0",
        "mov r12, #0x00010001",
        "2:",
        "ldm r1!, {{r9, r10}}",
        "trunkline_ramp r9",
        "trunkline_ramp r10",
        "ldm r1!, {{r9, r10}}",
        "trunkline_ramp r9",
        "trunkline_ramp r10",
        "cmp r1, r2",
        "bne 2b",
        "pop {{r0}}",
        "stm r0, {{r3-r8}}",
        "pop {{r4-r11, pc}}",
        ".purgem trunkline_ramp",
    )
}
