//! The label law of the early warning.

use super::wear::Crossing;

/// Classes of the fault task: none of the faults, then [`super::Mode::ALL`].
pub(super) const FAULT_CLASSES: [&str; 4] = ["healthy", "unbalance", "misalignment", "bearing"];
/// Classes of the reject task.
pub(super) const REJECT_CLASSES: [&str; 2] = ["pass", "reject"];

/// Class of a window: the fault whose severity crosses the alarm limit next, if it does so later than the window but within the
/// horizon, else healthy. The fault is thus named **before** it is one.
pub(super) fn warning(hour: f64, crossings: &[Crossing], horizon_h: f64) -> u16 {
    crossings
        .iter()
        .find(|crossing| crossing.hour > hour && crossing.hour <= hour + horizon_h)
        .map_or(0, |crossing| 1 + crossing.mode.index() as u16)
}

#[cfg(test)]
mod tests {
    use super::super::machine::Mode;
    use super::*;

    #[test]
    fn warning_is_set_only_within_the_horizon_before_a_crossing() {
        let crossings =
            [Crossing { hour: 200.0, mode: Mode::Bearing }, Crossing { hour: 300.0, mode: Mode::Unbalance }];
        let class = |hour| warning(hour, &crossings, 50.0);
        assert_eq!(class(149.9), 0);
        assert_eq!(class(150.0), 3);
        assert_eq!(class(199.9), 3);
        assert_eq!(class(200.0), 0, "the crossing itself is no longer early");
        assert_eq!(class(250.0), 1);
        assert_eq!(class(300.0), 0);
    }

    #[test]
    fn nearest_of_two_coming_faults_names_the_class() {
        let crossings =
            [Crossing { hour: 210.0, mode: Mode::Misalignment }, Crossing { hour: 220.0, mode: Mode::Unbalance }];
        assert_eq!(warning(200.0, &crossings, 50.0), 2);
        assert_eq!(warning(215.0, &crossings, 50.0), 1);
    }
}
