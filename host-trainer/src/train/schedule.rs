//! Learning rate over the steps of a run.

use std::f64::consts::PI;

/// Linear warm-up to the peak, then half a cosine to 0 (Loshchilov & Hutter, "SGDR", ICLR 2017, without restarts).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Schedule {
    /// Learning rate at the end of the warm-up.
    pub(crate) peak: f64,
    /// Steps of warm-up.
    pub(crate) warmup_steps: usize,
    /// Steps in all.
    pub(crate) steps: usize,
}

impl Schedule {
    /// Learning rate of step `step`, counted from 0.
    pub(crate) fn rate(&self, step: usize) -> f64 {
        if step < self.warmup_steps {
            return self.peak * (step + 1) as f64 / self.warmup_steps as f64;
        }
        let rest = self.steps.saturating_sub(self.warmup_steps).max(1);
        let done = (step - self.warmup_steps).min(rest) as f64 / rest as f64;
        0.5 * self.peak * (1.0 + (PI * done).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_linearly_then_falls_by_half_a_cosine() {
        let schedule = Schedule { peak: 0.1, warmup_steps: 4, steps: 12 };
        let rates: Vec<f64> = (0..13).map(|step| schedule.rate(step)).collect();
        for (step, expected) in [(0, 0.025), (3, 0.1), (4, 0.1), (8, 0.05), (12, 0.0)] {
            assert!((rates[step] - expected).abs() < 1e-12, "{step}: {rates:?}");
        }
        assert!(rates[4..].windows(2).all(|pair| pair[1] < pair[0]));
    }

    #[test]
    fn a_warm_up_longer_than_the_run_stays_finite() {
        let schedule = Schedule { peak: 0.1, warmup_steps: 4, steps: 2 };
        assert!((0..8).all(|step| (0.0..=0.1).contains(&schedule.rate(step))));
    }
}
