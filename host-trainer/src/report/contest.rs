//! How contenders and figures are called, and the one figure by which a task is read first.

use crate::evaluate::{Contender, Metrics, PairedDifference, Record, Summary, TaskRecord};

/// Those that the joint integer model is compared with, the fairest comparison first.
pub const OTHERS: [Contender; 4] =
    [Contender::SingleSameSize, Contender::Single, Contender::Linear, Contender::Constant];

/// Name of a contender for people.
pub fn label(contender: Contender) -> &'static str {
    match contender {
        Contender::Constant => "constant",
        Contender::Linear => "linear",
        Contender::Single => "single",
        Contender::SingleSameSize => "single, same size",
        Contender::JointF32 => "joint, float",
        Contender::JointInt8 => "joint, int8",
        Contender::Pooled => "one slope for all",
        Contender::Separate => "a model a group",
        Contender::Personal => "personal heads, float",
        Contender::PersonalInt8 => "personal heads, int8",
        Contender::ExtraTrees => "extra trees",
        Contender::Boosting => "boosted trees",
    }
}

/// Whether a contender is a form of the joint model.
pub fn is_joint(contender: Contender) -> bool {
    matches!(contender, Contender::JointF32 | Contender::JointInt8)
}

/// Metrics of contenders that do not stand in a task's record.
static ELSEWHERE: Metrics = Metrics::new();

/// A contender's metrics of a task; none for personal heads, which [`crate::evaluate::PersonalRecord`] has, and for
/// trees, which `compare.json` has.
pub fn metrics(task: &TaskRecord, contender: Contender) -> &Metrics {
    match contender {
        Contender::Constant => &task.constant,
        Contender::Linear => &task.linear,
        Contender::Single => &task.single,
        Contender::SingleSameSize => &task.single_same_size,
        Contender::JointF32 => &task.joint_f32,
        Contender::JointInt8 => &task.joint_int8,
        Contender::Pooled
        | Contender::Separate
        | Contender::Personal
        | Contender::PersonalInt8
        | Contender::ExtraTrees
        | Contender::Boosting => &ELSEWHERE,
    }
}

/// The channels without which the joint integer model was scored, in the order of their names.
pub fn without_channels(record: &Record) -> Vec<&str> {
    record.tasks.first().map_or_else(Vec::new, |task| task.joint_int8_without.keys().map(String::as_str).collect())
}

/// A contender's headline figure of a task; `None` where it is not defined.
pub fn figure(task: &TaskRecord, contender: Contender) -> Option<&Summary> {
    metrics(task, contender).get(headline(task).key)
}

/// How the joint integer model differs from `against`; `None` for the joint model itself and where no fold tells.
pub fn difference(task: &TaskRecord, against: Contender) -> Option<&PairedDifference> {
    match against {
        Contender::Constant => task.difference.constant.as_ref(),
        Contender::Linear => task.difference.linear.as_ref(),
        Contender::Single => task.difference.single.as_ref(),
        Contender::SingleSameSize => task.difference.single_same_size.as_ref(),
        Contender::JointF32
        | Contender::JointInt8
        | Contender::Pooled
        | Contender::Separate
        | Contender::Personal
        | Contender::PersonalInt8
        | Contender::ExtraTrees
        | Contender::Boosting => None,
    }
}

/// A difference for people: its mean and, where it can be had, its interval.
pub fn interval(difference: &PairedDifference) -> String {
    let mean = difference.mean;
    let ends = [difference.low, difference.high].into_iter().flatten();
    let digits = three_digits_of(ends.fold(mean.abs(), |most, end| most.max(end.abs()))).min(4);
    match (difference.low, difference.high) {
        (Some(low), Some(high)) => format!("{mean:+.digits$} [{low:+.digits$}, {high:+.digits$}]"),
        _ => format!("{mean:+.digits$} [no interval]"),
    }
}

/// The standard deviation over seeds; `None` with one seed, which has no spread.
pub fn spread(figure: &Summary) -> Option<f64> {
    (figure.per_seed.iter().flatten().count() > 1).then_some(figure.sd)
}

/// A metric as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its key in `metrics.json`.
    pub key: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// What it means, in a line.
    pub meaning: &'static str,
}

/// The metric by which a task is read first: higher is better, 1 is perfect.
pub fn headline(task: &TaskRecord) -> Metric {
    match task.kind.as_str() {
        "regression" => Metric {
            key: "r2",
            label: "R²",
            meaning: "share of the value's variation that is predicted: 1 is perfect, 0 is no better than the mean",
        },
        "binary" => Metric {
            key: "auc",
            label: "AUC",
            meaning: "chance that a positive case is ranked above a negative one: 1 is perfect, 0.5 is guessing",
        },
        _ => Metric {
            key: "macro_f1",
            label: "macro-F1",
            meaning: "hits and false alarms of every class weighed alike, rare ones too: 1 is perfect",
        },
    }
}

/// What a contender's answers are worth in everyday terms: the share of right classes, or the mean error in the task's unit.
pub fn in_practice(task: &TaskRecord, contender: Contender) -> Option<String> {
    let metrics = metrics(task, contender);
    if let Some(accuracy) = metrics.get("accuracy") {
        return Some(format!("{:.1} % right", accuracy.mean * 100.0));
    }
    let unit = if task.unit.is_empty() { String::new() } else { format!(" {}", task.unit) };
    metrics.get("mae").map(|error| format!("off by {}{unit}", three_digits(error.mean)))
}

/// A number with about three significant digits, no exponent.
fn three_digits(value: f64) -> String {
    let digits = three_digits_of(value);
    format!("{value:.digits$}")
}

/// Decimals that show about three significant digits of `value`.
fn three_digits_of(value: f64) -> usize {
    match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_shown_with_about_three_digits() {
        let shown = [1234.5, 19.308, 2.5367, 0.17694, 0.012345].map(three_digits);
        assert_eq!(shown, ["1234", "19.3", "2.54", "0.177", "0.01235"]);
    }

    #[test]
    fn a_difference_is_shown_with_its_interval_or_with_the_lack_of_one() {
        let mut paired =
            PairedDifference { measure: "rmse".into(), mean: 0.25, low: Some(-0.125), high: Some(1.5), folds: 3 };
        assert_eq!(interval(&paired), "+0.25 [-0.12, +1.50]");
        (paired.low, paired.high) = (None, None);
        assert_eq!(interval(&paired), "+0.250 [no interval]");
    }
}
