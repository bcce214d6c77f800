//! Exact integer sums over the samples of a window, all in one pass.
//!
//! Bounds, for n <= [`super::MAX_SAMPLES`] = 2^15 samples with |count| < 2^15: the sums of counts, squares, cubes and fourth
//! powers stay below 2^30, 2^45, 2^60 and 2^75 in magnitude, those of indices, squared indices and index times count below 2^30,
//! 2^45 and 2^45.

use crate::quant::MISSING_COUNT;

#[cfg(trunkline_features = "m4")]
use crate::features::m4::sums as kernel;
#[cfg(not(trunkline_features = "m4"))]
use crate::features::sums as kernel;

/// Samples after which the next kind of sum gets its turn, so that memory is passed over once.
const BLOCK: usize = 1024;

/// Samples for which the way to the fast kernel is longer than the sum.
const FEW: usize = 24;

/// Which sums a plan needs beside those of [`Level`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// [`Powers`].
    pub(super) powers: bool,
    /// [`Ramp`].
    pub(super) ramp: bool,
}

/// Every sum over one window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) level: Level,
    pub(super) powers: Powers,
    pub(super) ramp: Ramp,
}

/// What most statistics are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    /// Samples that are not missing; the rest is over these.
    pub(super) valid: u32,
    /// Sum of the counts.
    pub(super) sum: i32,
    /// Sum of their squares.
    pub(super) squares: i64,
    /// The smallest; more than any count where there is none.
    pub(super) minimum: i32,
    /// The largest; less than any count where there is none.
    pub(super) maximum: i32,
}

/// Sums of third and fourth powers, which few plans need.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Powers {
    pub(super) cubes: i64,
    pub(super) fourths: i128,
}

/// Sums over the places `i` = 0, 1, ... of the samples that are not missing, for a straight line through them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ramp {
    pub(super) indices: i32,
    pub(super) index_squares: i64,
    /// Sum of `i * count`.
    pub(super) products: i64,
}

impl Default for Level {
    fn default() -> Self {
        Self { valid: 0, sum: 0, squares: 0, minimum: i32::MAX, maximum: i32::MIN }
    }
}

impl Level {
    /// The sums over `counts`, at most [`super::MAX_SAMPLES`] of them.
    pub(super) fn of(counts: &[i16]) -> Self {
        if counts.len() > FEW {
            return Sums::of(counts, Wanted::default()).level;
        }
        let mut level = Self::default();
        add_level(&mut level, counts);
        level
    }
}

impl Sums {
    /// The sums over `counts`, at most [`super::MAX_SAMPLES`] of them; those not `wanted` stay 0.
    pub(super) fn of(counts: &[i16], wanted: Wanted) -> Self {
        let mut sums = Self::default();
        sums.add_all(wanted, counts);
        sums
    }

    /// Adds all of `counts`, at most [`super::MAX_SAMPLES`] of them, to empty sums; those not `wanted` stay 0.
    #[inline(never)]
    pub(super) fn add_all(&mut self, wanted: Wanted, counts: &[i16]) {
        let (head, words, tail) = bytemuck::pod_align_to::<i16, u32>(counts);
        self.add(wanted, 0, head);
        let mut start = head.len();
        for block in words.chunks(BLOCK / 2) {
            kernel::add_words(self, wanted, start, block);
            start += 2 * block.len();
        }
        self.add(wanted, start, tail);
    }

    /// Adds `counts`, the first of which stands at the place `start`.
    pub(super) fn add(&mut self, wanted: Wanted, start: usize, counts: &[i16]) {
        if counts.is_empty() {
            return;
        }
        add_level(&mut self.level, counts);
        if wanted.powers {
            add_powers(&mut self.powers, counts);
        }
        if wanted.ramp {
            add_ramp(&mut self.ramp, start, counts);
        }
    }
}

/// [`Sums::add`] of two counts a word, the earlier in the low half.
#[cfg(not(trunkline_features = "m4"))]
fn add_words(sums: &mut Sums, wanted: Wanted, start: usize, words: &[u32]) {
    sums.add(wanted, start, halves(words));
}

/// The counts that words hold, two in each.
pub(super) fn halves(words: &[u32]) -> &[i16] {
    // Never fails: a word is two counts, and aligned more strictly.
    bytemuck::try_cast_slice(words).unwrap_or(&[])
}

/// Adds `counts` to the sums.
#[inline(never)]
fn add_level(sums: &mut Level, counts: &[i16]) {
    let mut level = *sums;
    for &count in counts {
        if count != MISSING_COUNT {
            let count = i32::from(count);
            level.valid += 1;
            level.sum += count;
            level.squares += i64::from(count * count);
            level.minimum = level.minimum.min(count);
            level.maximum = level.maximum.max(count);
        }
    }
    *sums = level;
}

/// Adds `counts` to the sums.
///
/// A square is `2^15 h + l`, so that every product fits 32 bits and no wide multiplication is needed.
#[inline(never)]
fn add_powers(sums: &mut Powers, counts: &[i16]) {
    let (mut high_cubes, mut low_cubes) = (0i64, 0i64);
    let (mut high_fourths, mut mixed_fourths, mut low_fourths) = (0u64, 0u64, 0u64);
    for &count in counts {
        if count != MISSING_COUNT {
            let count = i32::from(count);
            let square = count * count;
            let (high, low) = (square >> 15, square & 0x7fff);
            high_cubes += i64::from(high * count);
            low_cubes += i64::from(low * count);
            high_fourths += u64::from((high * high) as u32);
            mixed_fourths += u64::from((high * low) as u32);
            low_fourths += u64::from((low * low) as u32);
        }
    }
    sums.cubes += (high_cubes << 15) + low_cubes;
    sums.fourths += (i128::from(high_fourths) << 30) + (i128::from(mixed_fourths) << 16) + i128::from(low_fourths);
}

/// Adds `counts`, the first of which stands at the place `start`, to the sums.
fn add_ramp(sums: &mut Ramp, start: usize, counts: &[i16]) {
    let mut ramp = *sums;
    for (index, &count) in (start as i32..).zip(counts) {
        if count != MISSING_COUNT {
            ramp.indices += index;
            ramp.index_squares += i64::from(index * index);
            ramp.products += i64::from(index * i32::from(count));
        }
    }
    *sums = ramp;
}
