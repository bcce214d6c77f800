//! Expected calibration error: Naeini et al., AAAI 2015, as Guo et al., ICML 2017, measure it.

/// Bins of equal width.
const BINS: usize = 15;

/// Mean over the rows of |share of right answers - mean confidence| of the row's bin; `None` without rows.
///
/// The answer is the class of highest probability, the confidence its probability; the bins are 15 of equal width from 0 to 1. `rows`
/// are (true class, logarithms of the classes' probabilities). A decision threshold takes no part.
pub fn ece(rows: &[(u16, Vec<f64>)]) -> Option<f64> {
    let mut bins = [(0.0, 0.0); BINS];
    for (class, logs) in rows {
        let (answer, log) = logs
            .iter()
            .copied()
            .enumerate()
            .fold((0, f64::NEG_INFINITY), |best, log| if log.1 > best.1 { log } else { best });
        let confidence = log.exp();
        let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += if answer == usize::from(*class) { 1.0 } else { 0.0 };
        bin.1 += confidence;
    }
    let gaps: f64 = bins.iter().map(|(right, confidence)| f64::abs(right - confidence)).sum();
    (!rows.is_empty()).then(|| gaps / rows.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(class: u16, probability_of_second: f64) -> (u16, Vec<f64>) {
        (class, vec![(1.0 - probability_of_second).ln(), probability_of_second.ln()])
    }

    #[test]
    fn answers_as_sure_as_they_are_right_have_no_error() {
        let rows: Vec<_> = (0..4).map(|index| row(u16::from(index > 0), 0.75)).collect();
        assert!(ece(&rows).unwrap() < 1e-12);
        assert_eq!(ece(&[]), None);
    }

    #[test]
    fn the_error_is_the_gap_of_each_bin_weighed_by_its_rows() {
        // Two answers of 0.9, one of them wrong: |0.5 - 0.9|; two of 0.6, both right: |1 - 0.6|.
        let rows = [row(1, 0.9), row(0, 0.9), row(0, 0.4), row(1, 0.6)];
        assert!((ece(&rows).unwrap() - 0.4).abs() < 1e-12);
    }
}
