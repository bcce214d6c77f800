//! The sections of the page that are tables.

use maud::{Markup, html};

use crate::evaluate::{Contender, EarlyWarning, Record};
use crate::report::contest::{
    OTHERS, difference, figure, headline, in_practice, interval, is_joint, label, spread, without_channels,
};
use crate::report::tables::{PERSONAL_HEADER, personal_rows};

/// Every contender's headline figure of every task.
pub(super) fn table(record: &Record) -> Markup {
    html! {
        h2 { "Figures" }
        p {
            "Means over the seeds, with their standard deviation where there are several; on the right what the model on the \
             device is worth in practice, on average over the windows. Which differences count, the next table says."
        }
        div.scroll { table {
            thead { tr {
                th { "task" } th.text { "figure" }
                @for contender in Contender::ALL { th { (label(contender)) } }
                th { "in practice" }
            } }
            tbody { @for task in &record.tasks { tr {
                td { (task.name) }
                td.text { (headline(task).label) }
                @for contender in Contender::ALL {
                    td.joint[is_joint(contender)] {
                        @match figure(task, contender) {
                            Some(figure) => {
                                (format!("{:.3}", figure.mean))
                                @if let Some(sd) = spread(figure) { " " small { (format!("±{sd:.3}")) } }
                            }
                            None => "–"
                        }
                    }
                }
                td { (in_practice(task, Contender::JointInt8).unwrap_or_default()) }
            } } }
        } }
    }
}

/// The same figures on each named subset of the test rows.
pub(super) fn subsets(record: &Record) -> Markup {
    let names = record.tasks.first().into_iter().flat_map(|task| task.subsets.keys());
    html! {
        @for name in names {
            h2 { "Figures: " (name) " only" }
            p { "The same models, scored on these test rows alone." }
            div.scroll { table {
                thead { tr { th { "task" } th.text { "figure" } @for contender in Contender::ALL { th { (label(contender)) } } } }
                tbody { @for task in &record.tasks { tr {
                    td { (task.name) }
                    td.text { (headline(task).label) }
                    @for contender in Contender::ALL {
                        td.joint[is_joint(contender)] {
                            @let metrics = task.subsets.get(name).and_then(|subset| subset.get(contender.name()));
                            (or_dash(metrics.and_then(|metrics| Some(metrics.get(headline(task).key)?.mean)), 3))
                        }
                    }
                } } }
            } }
        }
    }
}

/// How far each other model errs more than the joint one, with its interval.
pub(super) fn differences(record: &Record) -> Markup {
    html! {
        h2 { "Differences" }
        p {
            "Error of each other model minus that of the joint model on the device, fold by fold: the mean and its 95 % interval, \
             above 0 where the joint model is better. The error is the root mean squared error, 1 - AUC for two classes and \
             1 - macro-F1 for more; against a constant answer to more than two classes it is 1 - mean recall."
        }
        div.scroll { table {
            thead { tr { th { "task" } @for other in OTHERS { th { (label(other)) } } } }
            tbody { @for task in &record.tasks { tr {
                td { (task.name) }
                @for other in OTHERS { td { (difference(task, other).map_or_else(|| "–".to_owned(), interval)) } }
            } } }
        } }
    }
}

/// What the joint model is worth without each optional channel.
pub(super) fn without(record: &Record) -> Markup {
    let channels = without_channels(record);
    html! {
        @if !channels.is_empty() {
            h2 { "Without a channel" }
            p {
                "The joint model on the device, asked once more about the same windows with every sample of one optional channel \
                 missing: what it is worth on a machine that lacks the sensor, or where it has failed."
            }
            div.scroll { table {
                thead { tr {
                    th { "task" } th.text { "figure" } th { "all channels" }
                    @for channel in &channels { th { "without " (channel) } }
                } }
                tbody { @for task in &record.tasks {
                    @let key = headline(task).key;
                    tr {
                        td { (task.name) }
                        td.text { (headline(task).label) }
                        td.joint { (or_dash(task.joint_int8.get(key).map(|figure| figure.mean), 3)) }
                        @for channel in &channels {
                            @let metrics = task.joint_int8_without.get(*channel);
                            td { (or_dash(metrics.and_then(|metrics| metrics.get(key)).map(|figure| figure.mean), 3)) }
                        }
                    }
                } }
            } }
        }
    }
}

/// Personal heads against the shared model, one slope for all, and a model a group.
pub(super) fn personal(record: &Record) -> Markup {
    html! {
        @if let Some(personal) = &record.personal {
            h2 { "Personal heads" }
            p {
                "Each of the " (personal.groups) " groups (" (personal.by) ") has small heads of its own beside the shared model; what "
                "groups have in common is learnt as a relation over them. Scores on rows of known groups that were not trained on: the "
                "shared model, one slope for all with own intercepts (pooled), a linear model of each group's rows (separate), personal "
                "heads in floating point and in integers. What personal heads gain stands with its paired 95 % interval over the seeds, "
                "which deal the rows anew: it tells of the choice of rows, not of groups never seen."
            }
            div.scroll { table {
                thead { tr { @for head in PERSONAL_HEADER { th { (head) } } } }
                tbody { @for row in personal_rows(personal) { tr { @for cell in row { td { (cell) } } } } }
            } }
        }
    }
}

/// How early the faults of a task are announced, and how often in vain.
pub(super) fn warning(record: &Record) -> Markup {
    let joint = Contender::JointInt8.name();
    html! {
        @for task in record.tasks.iter().filter(|task| !task.early_warning.is_empty()) {
            h2 { "Early warning: " (task.name) }
            @for sentence in task.early_warning.get(joint).map_or_else(Vec::new, EarlyWarning::sentences) { p { (sentence) } }
            div.scroll { table {
                thead { tr {
                    th { "model" } th { "faults announced" } th { "by their right name" } th { "hours ahead, mean" }
                    th { "median" } th { "false alarms" } th { "a machine and month" }
                } }
                tbody { @for contender in Contender::ALL { @if let Some(warning) = task.early_warning.get(contender.name()) {
                    tr {
                        td { (label(contender)) }
                        td { (warning.detected) " of " (warning.events) }
                        td { (warning.named) }
                        td { (or_dash(warning.lead_mean_h, 0)) }
                        td { (or_dash(warning.lead_median_h, 0)) }
                        td { (warning.false_alarms) }
                        td { (or_dash(warning.false_alarms_per_machine_month, 2)) }
                    }
                } } }
            } }
        }
    }
}

fn or_dash(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}
