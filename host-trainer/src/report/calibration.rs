//! How a task's outputs were calibrated and its threshold chosen, and how honest the standard deviations are that it learnt, in words.

use crate::config::ThresholdConfig;
use crate::evaluate::TaskRecord;

/// One paragraph a calibrated task: on which rows, with what result there, and on the test rows; and one a task that gives standard
/// deviations: how many test rows lie within them.
pub fn calibrations(tasks: &[TaskRecord]) -> Vec<String> {
    tasks.iter().flat_map(|task| [calibration(task), uncertainty(task)]).flatten().collect()
}

fn calibration(task: &TaskRecord) -> Option<String> {
    let calibration = task.calibration.as_ref()?;
    let test = |name: &str| task.joint_int8.get(name).map(|metric| metric.mean);
    let mut text = format!(
        "{}: temperature {:.2}, fitted to {} training rows that were answered by models that had not seen them (NLL {} before, {} \
         after). On test rows: NLL {}, calibration error {}.",
        task.name,
        calibration.temperature,
        calibration.rows,
        shown(calibration.nll_before),
        shown(calibration.nll_after),
        shown(test("nll")),
        shown(test("ece")),
    );
    if let Some(threshold) = &calibration.threshold {
        let rule = match threshold.rule {
            ThresholdConfig::Cost { false_alarm_cost, miss_cost } => {
                format!("least cost (false alarm {false_alarm_cost}, miss {miss_cost})")
            }
            ThresholdConfig::Precision { precision } => format!("a precision of at least {precision}"),
        };
        let outcome = |precision, recall, cost: Option<f64>| {
            let cost = cost.map_or_else(String::new, |cost| format!(", cost {cost:.3} a row"));
            format!("precision {}, recall {}{cost}", shown(precision), shown(recall))
        };
        text.push_str(&format!(
            " Threshold at logit {:+.2}, chosen on the same rows for {rule}: {} there; {} on test rows.",
            threshold.logit,
            outcome(threshold.precision, threshold.recall, threshold.cost),
            outcome(test("precision"), test("recall"), test("cost")),
        ));
    }
    Some(text)
}

fn uncertainty(task: &TaskRecord) -> Option<String> {
    let uncertainty = task.uncertainty.as_ref()?;
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let unit = if task.unit.is_empty() { String::new() } else { format!(" {}", task.unit) };
    Some(format!(
        "{}: the float network gives a standard deviation with every value, {:.3}{unit} on average over test rows. Of these rows {} lie \
         within one of their own and {} within 1.96; of a Gaussian 68.3 % and 95.0 % do, and fewer where the network is too sure.",
        task.name,
        uncertainty.sd.mean,
        percent(uncertainty.within_1_sd.mean),
        percent(uncertainty.within_1_96_sd.mean),
    ))
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "not defined".to_owned(), |value| format!("{value:.3}"))
}
