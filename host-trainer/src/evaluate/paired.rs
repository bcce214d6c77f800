//! Two contenders compared fold by fold: the mean of the paired differences and its t interval.
//!
//! Folds differ from each other more than methods do, seeds of one fold hardly: figures that share their test rows are therefore
//! subtracted before anything is averaged, and the spread over folds, not over seeds, tells how sure the mean is.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Probability below the upper end of the interval: it covers 95 %, two-sided.
const UPPER_PROBABILITY: f64 = 0.975;

/// The error of another contender minus that of the joint integer model: positive where the joint model is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// The error that is compared: `rmse`, `1-auc`, `1-macro_f1` or `1-mean_recall`.
    pub measure: String,
    /// Mean over the folds, each averaged over the seeds, in the unit of the error.
    pub mean: f64,
    /// Lower end of the 95 % interval; `None` with fewer than two folds.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval; `None` with fewer than two folds.
    pub high: Option<f64>,
    /// Folds behind it: those in which both errors are defined.
    pub folds: usize,
}

impl PairedDifference {
    /// Compares errors given a seed and fold (seeds x folds, `None` where the error is not defined); `None` if no fold has both.
    ///
    /// * `same_folds`: every seed tests the same rows in the same fold. Then each fold is averaged over the seeds, and n folds give
    ///   a t interval with n - 1 degrees of freedom. Otherwise every seed deals the same rows anew, which is no new evidence: the
    ///   squared standard error is that of one seed's folds, averaged over the seeds, with the degrees of freedom of the seed that
    ///   has the fewest folds.
    pub(super) fn of(
        measure: &str,
        joint: &[Vec<Option<f64>>],
        other: &[Vec<Option<f64>>],
        same_folds: bool,
    ) -> Option<Self> {
        let difference = |(joint, other): (&Option<f64>, &Option<f64>)| Some((*other)? - (*joint)?);
        let seeds: Vec<Vec<Option<f64>>> =
            (joint.iter().zip(other)).map(|(joint, other)| joint.iter().zip(other).map(difference).collect()).collect();
        let samples: Vec<Sample> = if same_folds {
            let folds = seeds.iter().map(Vec::len).max().unwrap_or(0);
            let fold = |fold: usize| {
                mean(&seeds.iter().filter_map(|seed| seed.get(fold).copied().flatten()).collect::<Vec<_>>())
            };
            Sample::of(&(0..folds).filter_map(fold).collect::<Vec<_>>()).into_iter().collect()
        } else {
            seeds.iter().filter_map(|seed| Sample::of(&seed.iter().flatten().copied().collect::<Vec<_>>())).collect()
        };

        let mean_difference = mean(&samples.iter().map(|sample| sample.mean).collect::<Vec<_>>())?;
        let folds = samples.iter().map(|sample| sample.folds).min()?;
        let squared_errors: Option<Vec<f64>> = samples.iter().map(|sample| sample.squared_error).collect();
        let half_width = squared_errors.and_then(|squared| Some(mean(&squared)?.sqrt() * t_quantile(folds - 1)?));
        Some(Self {
            measure: measure.to_owned(),
            mean: mean_difference,
            low: half_width.map(|half| mean_difference - half),
            high: half_width.map(|half| mean_difference + half),
            folds,
        })
    }
}

/// Differences of one deal of the rows to folds.
struct Sample {
    mean: f64,
    /// Squared standard error of the mean; `None` with a single fold.
    squared_error: Option<f64>,
    folds: usize,
}

impl Sample {
    fn of(differences: &[f64]) -> Option<Self> {
        let (mean, folds) = (mean(differences)?, differences.len());
        let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
        let squared_error = (folds > 1).then(|| squares / ((folds - 1) * folds) as f64);
        Some(Self { mean, squared_error, folds })
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() { None } else { Some(values.iter().sum::<f64>() / values.len() as f64) }
}

/// The 97.5 % point of Student's t; `None` without degrees of freedom.
fn t_quantile(degrees_of_freedom: usize) -> Option<f64> {
    let student = StudentsT::new(0.0, 1.0, degrees_of_freedom as f64).ok()?;
    Some(student.inverse_cdf(UPPER_PROBABILITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(seeds: &[&[f64]]) -> Vec<Vec<Option<f64>>> {
        seeds.iter().map(|folds| folds.iter().copied().map(Some).collect()).collect()
    }

    fn close(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-4)
    }

    #[test]
    fn t_points_are_those_of_the_printed_table() {
        for (degrees, expected) in [(1, 12.7062), (2, 4.3027), (4, 2.7764), (9, 2.2622), (29, 2.0452)] {
            assert!(close(t_quantile(degrees), expected), "{degrees}: {:?}", t_quantile(degrees));
        }
        assert_eq!(t_quantile(0), None);
    }

    #[test]
    fn the_interval_is_the_one_worked_by_hand() {
        // Differences 1, 2, 3, 4, 5: mean 3, sd sqrt(2.5), standard error sqrt(0.5) = 0.70711, times 2.77645 = 1.96324.
        let joint = errors(&[&[0.0; 5]]);
        let paired = PairedDifference::of("rmse", &joint, &errors(&[&[1.0, 2.0, 3.0, 4.0, 5.0]]), true).unwrap();
        assert_eq!((paired.mean, paired.folds, paired.measure.as_str()), (3.0, 5, "rmse"));
        assert!(close(paired.low, 1.03676) && close(paired.high, 4.96324), "{paired:?}");
    }

    #[test]
    fn seeds_of_the_same_folds_are_averaged_before_the_spread_is_taken() {
        // Fold means 1 and 3 whatever the seeds do: mean 2, standard error 1, times 12.7062.
        let other = errors(&[&[0.0, 5.0], &[2.0, 1.0]]);
        let paired = PairedDifference::of("rmse", &errors(&[&[0.0; 2], &[0.0; 2]]), &other, true).unwrap();
        assert!(paired.mean == 2.0 && close(paired.low, -10.7062) && close(paired.high, 14.7062), "{paired:?}");
    }

    #[test]
    fn dealing_the_same_rows_anew_narrows_nothing() {
        let one = PairedDifference::of("rmse", &errors(&[&[0.0; 3]]), &errors(&[&[1.0, 2.0, 6.0]]), false).unwrap();
        let other = errors(&[&[1.0, 2.0, 6.0], &[6.0, 1.0, 2.0], &[2.0, 6.0, 1.0]]);
        let three = PairedDifference::of("rmse", &errors(&[&[0.0; 3], &[0.0; 3], &[0.0; 3]]), &other, false).unwrap();
        assert_eq!((three.mean, three.folds), (one.mean, one.folds));
        assert!((three.high.unwrap() - one.high.unwrap()).abs() < 1e-12, "{three:?} {one:?}");
        let averaged = PairedDifference::of("rmse", &errors(&[&[0.0; 3], &[0.0; 3], &[0.0; 3]]), &other, true).unwrap();
        assert_eq!(averaged.low, averaged.high, "as if each fold were the same rows, the spread would vanish");
    }

    #[test]
    fn a_common_difficulty_of_a_fold_cancels() {
        let paired =
            PairedDifference::of("rmse", &errors(&[&[1.0, 10.0, 100.0]]), &errors(&[&[1.5, 10.5, 100.5]]), true);
        assert_eq!(paired.map(|paired| (paired.low, paired.high)), Some((Some(0.5), Some(0.5))));
    }

    #[test]
    fn folds_in_which_an_error_is_undefined_take_no_part_and_one_fold_gives_no_interval() {
        let mut joint = errors(&[&[0.0, 0.0, 0.0]]);
        joint[0][1] = None;
        let paired = PairedDifference::of("rmse", &joint, &errors(&[&[1.0, 50.0, 3.0]]), true).unwrap();
        assert_eq!((paired.mean, paired.folds), (2.0, 2));
        joint[0][2] = None;
        let paired = PairedDifference::of("rmse", &joint, &errors(&[&[1.0, 50.0, 3.0]]), true).unwrap();
        assert_eq!((paired.mean, paired.low, paired.high, paired.folds), (1.0, None, None, 1));
        joint[0][0] = None;
        assert_eq!(PairedDifference::of("rmse", &joint, &errors(&[&[1.0, 50.0, 3.0]]), true), None);
    }
}
