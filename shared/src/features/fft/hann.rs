//! From the complex transform of M values to the power of the real one's Hann-weighted bins.

use super::{Complex, butterfly};
use crate::features::sine::{QUARTER, SINES};

/// Walks over the real transform's bins from both ends, because they are computed in pairs `k` and `M - k`; at the high end over
/// their conjugates, whose power is the same.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(in crate::features) struct Hann {
    low: Slide,
    high: Slide,
}

/// `2 X` of two neighbouring bins, the later of which is to be weighted next.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Slide {
    before: Complex,
    here: Complex,
}

impl Slide {
    /// `64 |H|^2` of the bin before `after`, which is next.
    fn weigh(&mut self, after: Complex) -> f32 {
        let [re, im] = [0, 1].map(|part: usize| {
            let [before, here, after] =
                [self.before, self.here, after].map(|bin| if part == 0 { bin[0] } else { bin[1] });
            2.0 * here - (before + after)
        });
        *self = Self { before: self.here, here: after };
        re * re + im * im
    }
}

impl Hann {
    /// At bins 0 and M.
    pub(in crate::features) fn new(bins: &[Complex]) -> Option<Self> {
        let &[re, im] = bins.first()?;
        let none = [0.0; 2];
        // Bin 0 is left out. Bin M, at half the rate, is real.
        let high = Slide { before: none, here: [2.0 * (re - im), 0.0] };
        Some(Self { low: Slide { before: none, here: none }, high })
    }

    /// Comes to bins `bin` and `M - bin`, and adds the power of those it was at.
    pub(in crate::features) fn add_pair(&mut self, bins: &[Complex], power: &mut [f32], bin: usize) -> Option<()> {
        let step = 2 * QUARTER / bins.len();
        let (&cos, &sin) = (SINES.get(QUARTER.checked_sub(bin * step)?)?, SINES.get(bin * step)?);
        let mirrored = bins.len().checked_sub(bin)?;
        let (sum, difference) = butterfly(*bins.get(bin)?, *bins.get(mirrored)?);
        let ([sum_re, sum_im], [difference_re, difference_im]) = (sum, difference);
        let low = [sum_re + cos * sum_im - sin * difference_re, difference_im - sin * sum_im - cos * difference_re];
        let high = [sum_re - cos * sum_im + sin * difference_re, difference_im + sin * sum_im + cos * difference_re];
        let (low, high) = (self.low.weigh(low), self.high.weigh(high));
        // Bins 0 and M have no place.
        if bin > 1 {
            *power.get_mut(bin - 1)? += low;
            *power.get_mut(mirrored + 1)? += high;
        }
        Some(())
    }

    /// Comes to the bin in the middle from both sides.
    pub(in crate::features) fn finish(mut self, bins: &[Complex], power: &mut [f32]) -> Option<()> {
        let middle = bins.len() / 2;
        let &[re, im] = bins.get(middle)?;
        *power.get_mut(middle.checked_sub(1)?)? += self.low.weigh([2.0 * re, -2.0 * im]);
        *power.get_mut(middle + 1)? += self.high.weigh([2.0 * re, 2.0 * im]);
        let [re, im] = self.high.before;
        *power.get_mut(middle)? += self.low.weigh([re, -im]);
        *power.first_mut()? = 0.0;
        Some(())
    }
}
