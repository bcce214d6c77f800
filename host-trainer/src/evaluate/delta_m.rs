//! Delta_m: what joining the tasks changes, over all tasks (Maninis et al., CVPR 2019; Vandenhende et al., PAMI 2021).

/// Mean of `100 (baseline - joint) / baseline` in percent over `errors` of (joint, baseline), each lower-is-better: positive
/// where the joint model is better.
///
/// Tasks whose baseline is 0, or that lack either error, have no ratio and take no part ([`relative_gain_percent`] tells
/// which); `None` if no task is left.
pub fn delta_m_percent(errors: &[(Option<f64>, Option<f64>)]) -> Option<f64> {
    let gains: Vec<f64> =
        errors.iter().filter_map(|(joint, baseline)| relative_gain_percent(*joint, *baseline)).collect();
    if gains.is_empty() { None } else { Some(gains.iter().sum::<f64>() / gains.len() as f64) }
}

/// One task's term of [`delta_m_percent`]; `None` where the baseline is 0.
pub fn relative_gain_percent(joint: Option<f64>, baseline: Option<f64>) -> Option<f64> {
    let (joint, baseline) = (joint?, baseline?);
    if baseline > 0.0 { Some(100.0 * (baseline - joint) / baseline) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delta_m_is_the_mean_relative_gain_positive_where_joint_is_better() {
        let errors = [(Some(0.8), Some(1.0)), (Some(0.55), Some(0.5))];
        assert!((delta_m_percent(&errors).unwrap() - 5.0).abs() < 1e-12);
    }

    #[test]
    fn a_baseline_of_zero_has_no_ratio() {
        assert_eq!(relative_gain_percent(Some(0.1), Some(0.0)), None);
        assert_eq!(delta_m_percent(&[(Some(0.1), Some(0.0)), (Some(0.9), Some(1.0))]).map(f64::round), Some(10.0));
        assert_eq!(delta_m_percent(&[(Some(0.1), Some(0.0)), (None, Some(1.0))]), None);
        assert_eq!(delta_m_percent(&[]), None);
    }
}
