//! Early warning as a maintenance planner sees it: lead time before a fault, and false alarms a machine and month.
//!
//! From labels and answers row by row it takes the following, with class 0 as healthy.
//! - **Event**: an unbroken stretch of rows of one machine labelled with one fault class, whose last row is the *onset*: the true crossing
//!   lies up to one interval later, so lead times err on the low side. A stretch that the record's end cuts off has no known onset and
//!   is left out.
//! - **Alarm**: raised at the second of two consecutive rows that name a fault, whichever; released at the second of two consecutive rows
//!   that name none. So a single odd window raises nothing, and an alarm that flickers is one alarm. The repair after an onset resets it.
//! - **Detection**: an alarm that stands in some row of the event. Its lead time runs from the raise to the onset, counted at most from the
//!   event's first row: an alarm yet earlier earns no more.
//! - **False alarm**: one that ends without having met a row that is labelled as a fault. Rows without label decide nothing.

use serde::{Deserialize, Serialize};

use crate::data::{Dataset, Labels};

/// Consecutive rows that raise or release an alarm.
pub const CONFIRMING_ROWS: u32 = 2;
/// Hours of a mean month.
pub const MONTH_H: f64 = 730.5;

/// Lead time and false alarms over a fleet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EarlyWarning {
    /// Faults with a known onset.
    pub events: usize,
    /// Of them those with an alarm before the onset.
    pub detected: usize,
    /// Of the detected those whose last answer before the onset is the right class.
    pub named: usize,
    /// Mean hours from alarm to onset over the detected; `None` if there are none.
    pub lead_mean_h: Option<f64>,
    /// Median of the same.
    pub lead_median_h: Option<f64>,
    /// Alarms that no fault followed.
    pub false_alarms: usize,
    /// Machines times months observed: the sum over machines of first to last answered row.
    pub machine_months: f64,
    /// False alarms a machine and month; `None` where nothing was observed.
    pub false_alarms_per_machine_month: Option<f64>,
}

/// One row of one machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarningRow {
    /// Machine.
    pub machine: u32,
    /// Hours since the start of the machine's record.
    pub hour: f64,
    /// True class, 0 healthy; `None` if not known.
    pub label: Option<u16>,
    /// Class that the model said.
    pub answer: u16,
}

impl EarlyWarning {
    /// Judges answers to the class task `task` of a data set: `answers` has one class a row (N), `None` where the row was not answered
    /// (it is then left out). `None` if the data set has no hours or groups, or the task no classes.
    pub fn of(dataset: &Dataset, task: usize, answers: &[Option<u16>]) -> Option<Self> {
        let (hours, machines) = (dataset.hours.as_ref()?, dataset.groups.as_ref()?);
        let Labels::Classes(labels) = &dataset.tasks.get(task)?.labels else { return None };
        let rows = machines.iter().zip(hours).zip(labels).zip(answers);
        let rows: Vec<WarningRow> = rows
            .filter_map(|(((&machine, &hour), &label), &answer)| {
                Some(WarningRow { machine, hour, label, answer: answer? })
            })
            .collect();
        Some(Self::judge(&rows))
    }

    /// Judges rows that stand machine by machine in time.
    pub fn judge(rows: &[WarningRow]) -> Self {
        let mut tally = Tally::default();
        for record in rows.chunk_by(|row, next| row.machine == next.machine) {
            tally.machine(record);
        }
        tally.finish()
    }

    /// The findings in words, one sentence each.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if let (Some(mean), Some(median)) = (self.lead_mean_h, self.lead_median_h) {
            sentences.push(format!(
                "{} of {} faults were announced before they came, {} of them by their right name, {mean:.0} hours ahead on average \
                 (median {median:.0}).",
                self.detected, self.events, self.named
            ));
        } else if self.events > 0 {
            sentences.push(format!("None of {} faults was announced before it came.", self.events));
        }
        if let Some(rate) = self.false_alarms_per_machine_month {
            sentences.push(format!(
                "{} false alarms in {:.0} machine-months: {rate:.2} a machine and month. An alarm takes {CONFIRMING_ROWS} consecutive \
                 windows that name a fault.",
                self.false_alarms, self.machine_months
            ));
        }
        sentences
    }
}

/// An alarm that stands or is about to.
#[derive(Default)]
struct Alarm {
    /// Hour of the raise while it stands.
    raised: Option<f64>,
    /// Whether it has met a labelled fault.
    justified: bool,
    /// Consecutive rows against the present state.
    against: u32,
}

#[derive(Default)]
struct Tally {
    events: usize,
    named: usize,
    leads_h: Vec<f64>,
    false_alarms: usize,
    observed_h: f64,
}

impl Tally {
    /// Adds the rows of one machine.
    fn machine(&mut self, rows: &[WarningRow]) {
        if let [first, .., last] = rows {
            self.observed_h += last.hour - first.hour;
        }
        let mut alarm = Alarm::default();
        // First hour of the event that the rows are in, and the raise of the alarm that stood in it last.
        let mut event: Option<(u16, f64)> = None;
        let mut caught: Option<f64> = None;
        for (index, row) in rows.iter().enumerate() {
            self.step(&mut alarm, row);
            let Some(label) = row.label else { continue };
            if label == 0 {
                continue;
            }
            let begin = match event {
                Some((class, begin)) if class == label => begin,
                _ => {
                    caught = None;
                    row.hour
                }
            };
            event = Some((label, begin));
            if let Some(raised) = alarm.raised {
                alarm.justified = true;
                let from = if raised > begin { raised } else { begin };
                caught = Some(caught.map_or(from, |earlier: f64| earlier.min(from)));
            }
            let next = rows[index + 1..].iter().find_map(|row| row.label);
            if next.is_some_and(|next| next != label) {
                self.events += 1;
                if let Some(from) = caught {
                    self.leads_h.push(row.hour - from);
                    self.named += usize::from(row.answer == label);
                }
                (event, caught) = (None, None);
                alarm = Alarm::default();
            }
        }
        self.release(&alarm);
    }

    /// Takes one answer into the state of the alarm.
    fn step(&mut self, alarm: &mut Alarm, row: &WarningRow) {
        if (row.answer != 0) == alarm.raised.is_some() {
            alarm.against = 0;
            return;
        }
        alarm.against += 1;
        if alarm.against < CONFIRMING_ROWS {
            return;
        }
        if alarm.raised.is_some() {
            self.release(alarm);
            *alarm = Alarm::default();
        } else {
            *alarm = Alarm { raised: Some(row.hour), ..Alarm::default() };
        }
    }

    fn release(&mut self, alarm: &Alarm) {
        self.false_alarms += usize::from(alarm.raised.is_some() && !alarm.justified);
    }

    fn finish(mut self) -> EarlyWarning {
        self.leads_h.sort_by(f64::total_cmp);
        let detected = self.leads_h.len();
        let machine_months = self.observed_h / MONTH_H;
        let middle = |leads: &[f64]| (leads[(detected - 1) / 2] + leads[detected / 2]) / 2.0;
        EarlyWarning {
            events: self.events,
            detected,
            named: self.named,
            lead_mean_h: (detected > 0).then(|| self.leads_h.iter().sum::<f64>() / detected as f64),
            lead_median_h: (detected > 0).then(|| middle(&self.leads_h)),
            false_alarms: self.false_alarms,
            machine_months,
            false_alarms_per_machine_month: (machine_months > 0.0).then(|| self.false_alarms as f64 / machine_months),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows ten hours apart; labels and answers as digits, `.` an unknown label.
    fn machine(number: u32, labels: &str, answers: &str) -> Vec<WarningRow> {
        let rows = labels.chars().zip(answers.chars()).zip(0u16..);
        rows.map(|((label, answer), row)| WarningRow {
            machine: number,
            hour: f64::from(row) * 10.0,
            label: label.to_digit(10).map(|label| label as u16),
            answer: answer.to_digit(10).expect("a digit") as u16,
        })
        .collect()
    }

    fn judge(labels: &str, answers: &str) -> EarlyWarning {
        EarlyWarning::judge(&machine(0, labels, answers))
    }

    #[test]
    fn lead_time_runs_from_the_second_confirming_row_to_the_last_row_of_the_event() {
        let warning = judge("0001111100", "0000111100");
        assert_eq!((warning.events, warning.detected, warning.named), (1, 1, 1));
        assert_eq!(warning.lead_mean_h, Some(20.0));
        assert_eq!(warning.false_alarms, 0);
    }

    #[test]
    fn a_single_odd_row_raises_nothing_and_a_flickering_alarm_is_one() {
        assert_eq!(judge("0000000000", "0010020100").false_alarms, 0);
        assert_eq!(judge("0000000000", "0110101100").false_alarms, 1);
        assert_eq!(judge("0000000000", "0110011000").false_alarms, 2);
    }

    #[test]
    fn an_alarm_that_stands_when_the_event_begins_is_no_false_one_but_earns_no_longer_lead() {
        let warning = judge("0000111000", "0111111000");
        assert_eq!((warning.detected, warning.false_alarms), (1, 0));
        assert_eq!(warning.lead_mean_h, Some(20.0));
    }

    #[test]
    fn an_alarm_of_the_wrong_class_detects_without_naming() {
        let warning = judge("0033330", "0022220");
        assert_eq!((warning.events, warning.detected, warning.named), (1, 1, 0));
    }

    #[test]
    fn the_repair_resets_the_alarm() {
        let warning = judge("00111000000", "00111110000");
        assert_eq!((warning.detected, warning.false_alarms), (1, 1));
    }

    #[test]
    fn an_event_without_known_onset_counts_neither_as_fault_nor_as_false_alarm() {
        let warning = judge("0000111", "0000111");
        assert_eq!((warning.events, warning.detected, warning.false_alarms), (0, 0, 0));
    }

    #[test]
    fn unknown_labels_break_no_event() {
        let warning = judge("001.100", "0011100");
        assert_eq!((warning.events, warning.detected), (1, 1));
    }

    #[test]
    fn adjoining_events_of_two_classes_are_two() {
        let warning = judge("00112200", "00112200");
        assert_eq!((warning.events, warning.detected), (2, 2));
    }

    #[test]
    fn machines_do_not_share_alarms_and_their_time_adds_up() {
        let mut rows = machine(0, "00000", "00001");
        rows.extend(machine(1, "00000", "10000"));
        let warning = EarlyWarning::judge(&rows);
        assert_eq!(warning.false_alarms, 0);
        assert!((warning.machine_months - 80.0 / MONTH_H).abs() < 1e-12);
        assert_eq!(warning.false_alarms_per_machine_month, Some(0.0));
    }

    #[test]
    fn median_of_an_even_number_of_leads_is_their_midpoint() {
        let warning = judge("0111100011110", "0111100001110");
        assert_eq!(warning.detected, 2);
        assert_eq!((warning.lead_mean_h, warning.lead_median_h), (Some(15.0), Some(15.0)));
    }

    #[test]
    fn nothing_observed_gives_no_rate() {
        let warning = EarlyWarning::judge(&[]);
        assert_eq!((warning.lead_mean_h, warning.false_alarms_per_machine_month), (None, None));
        assert!(warning.sentences().is_empty());
    }
}
