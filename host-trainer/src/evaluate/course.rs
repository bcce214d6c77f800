//! How trainings ended: whether the networks that joining is compared with were trained long enough.

use serde::{Deserialize, Serialize};

use crate::train::{EpochRecord, TrainingLog};

/// A training loss that falls by no more than this share over the last tenth of the epochs has flattened.
const FLAT: f64 = 0.02;

/// How one training ended, for each of its tasks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FitEnd {
    /// Epochs behind the weights.
    epochs: usize,
    /// Most that there could have been.
    most: usize,
    /// For each task by which share its loss fell over the last tenth of the epochs; `None` with too few epochs to say.
    falls: Vec<Option<f64>>,
}

/// How the trainings of a contender ended for one task, over folds and seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrainingCourse {
    /// Trainings.
    pub fits: usize,
    /// Epochs behind the weights, quantization-aware ones left out, mean; 0 where all is in closed form.
    pub epochs: f64,
    /// Most that there could have been: `training.epochs`, times as many as a share of the labels takes.
    pub most_epochs: usize,
    /// By which share the task's training loss fell from the last tenth of these epochs but one to the last, mean; `None` where no
    /// training had epochs enough to say.
    pub last_fall: Option<f64>,
    /// Trainings that ended at the most epochs with a loss that still fell, by more than 2 %: they may have ended too soon.
    pub cut_short: usize,
}

impl FitEnd {
    /// What `log` says of a training of `tasks` tasks, of `most` epochs at most.
    pub(crate) fn of(log: &TrainingLog, tasks: usize, most: usize) -> Self {
        // Quantization-aware epochs follow those that had their chance to end, at a rate of their own.
        let chosen = log.chosen_epochs.saturating_sub(log.quantized_epochs);
        let epochs = &log.epochs[..chosen.min(log.epochs.len())];
        Self { epochs: chosen, most, falls: (0..tasks).map(|task| last_fall(epochs, task)).collect() }
    }
}

/// By which share the mean loss of `task` fell from the last tenth but one of `epochs` to the last.
fn last_fall(epochs: &[EpochRecord], task: usize) -> Option<f64> {
    let tenth = epochs.len().div_ceil(10);
    let mut tenths = epochs.rchunks_exact(tenth.max(1));
    let (last, before) = (tenths.next()?, tenths.next()?);
    let mean = |part: &[EpochRecord]| {
        let losses = part.iter().map(|epoch| epoch.losses.get(task).copied().map(f64::from));
        Some(losses.sum::<Option<f64>>()? / part.len() as f64)
    };
    let (before, last) = (mean(before)?, mean(last)?);
    Some(if before == 0.0 { 0.0 } else { (before - last) / before.abs() })
}

impl TrainingCourse {
    /// Over the trainings `ends`, each with the place of the task in it; `None` without any.
    pub(crate) fn over<'e>(ends: impl IntoIterator<Item = (&'e FitEnd, usize)>) -> Option<Self> {
        let (mut fits, mut epochs, mut most_epochs, mut cut_short) = (0, 0, 0, 0);
        let mut falls = Vec::new();
        for (end, place) in ends {
            let fall = end.falls.get(place).copied().flatten();
            fits += 1;
            epochs += end.epochs;
            most_epochs = most_epochs.max(end.most);
            cut_short += usize::from(end.epochs >= end.most && fall.is_some_and(|fall| fall > FLAT));
            falls.extend(fall);
        }
        (fits > 0).then(|| Self {
            fits,
            epochs: epochs as f64 / fits as f64,
            most_epochs,
            last_fall: (!falls.is_empty()).then(|| falls.iter().sum::<f64>() / falls.len() as f64),
            cut_short,
        })
    }
}

/// Which networks of one task may have been trained too little, in words, by (task, course); `None` where none was trained at all.
pub(crate) fn convergence<'c>(courses: impl IntoIterator<Item = (&'c str, &'c TrainingCourse)>) -> Option<String> {
    let trained: Vec<_> = courses.into_iter().filter(|(_, course)| course.last_fall.is_some()).collect();
    let most = trained.iter().map(|(_, course)| course.most_epochs).max()?;
    let short: Vec<String> = (trained.iter().filter(|(_, course)| course.cut_short > 0))
        .map(|(task, course)| format!("{task} ({} of {})", course.cut_short, course.fits))
        .collect();
    let fits: usize = trained.iter().map(|(_, course)| course.fits).sum();
    Some(if short.is_empty() {
        format!(
            "Networks of one task were trained to the end: of {fits} none reached the most epochs ({most}) with a training loss that \
             still fell by more than {:.0} % over their last tenth.",
            100.0 * FLAT
        )
    } else {
        format!(
            "Some networks of one task may not have converged, which flatters the joint one: they reached the most epochs ({most}) with a \
             training loss that still fell by more than {:.0} % over their last tenth. They are of {}.",
            100.0 * FLAT,
            short.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(losses: &[f32], chosen: usize) -> TrainingLog {
        let record =
            |(epoch, loss): (usize, &f32)| EpochRecord { epoch: epoch + 1, losses: vec![*loss], validation: None };
        let epochs = losses.iter().enumerate().map(record).collect();
        TrainingLog { epochs, chosen_epochs: chosen, ..TrainingLog::default() }
    }

    fn course(logs: &[(TrainingLog, usize)]) -> TrainingCourse {
        let ends: Vec<FitEnd> = logs.iter().map(|(log, most)| FitEnd::of(log, 1, *most)).collect();
        TrainingCourse::over(ends.iter().map(|end| (end, 0))).unwrap()
    }

    #[test]
    fn a_training_that_ends_at_its_cap_with_a_falling_loss_was_cut_short() {
        let falling: Vec<f32> = (0..20).map(|epoch| 0.9f32.powi(epoch)).collect();
        let flat = [1.0; 20];
        let of = course(&[(log(&falling, 20), 20), (log(&flat, 20), 20)]);
        assert_eq!((of.fits, of.epochs, of.most_epochs, of.cut_short), (2, 20.0, 20, 1));
        // Means of two epochs each, two epochs apart: 1 - 0.81, and 0.
        assert!((of.last_fall.unwrap() - 0.095).abs() < 1e-6);
        assert_eq!(course(&[(log(&falling, 20), 40)]).cut_short, 0, "stopped by choice");
    }

    #[test]
    fn only_epochs_behind_the_weights_count() {
        let mut losses = [1.0; 20];
        losses[10..].fill(0.1);
        assert_eq!(course(&[(log(&losses, 10), 10)]).last_fall, Some(0.0));
        let closed_form = course(&[(log(&[], 0), 60)]);
        assert_eq!((closed_form.epochs, closed_form.last_fall, closed_form.cut_short), (0.0, None, 0));
        assert_eq!(TrainingCourse::over([]), None);
    }

    #[test]
    fn the_words_name_the_tasks_that_may_have_ended_too_soon() {
        let good = TrainingCourse { fits: 25, epochs: 50.0, most_epochs: 60, last_fall: Some(0.001), cut_short: 0 };
        let short = TrainingCourse { cut_short: 3, ..good };
        let none = TrainingCourse { last_fall: None, ..good };
        assert!(
            convergence([("pump", &good)])
                .unwrap()
                .starts_with("Networks of one task were trained to the end: of 25 none")
        );
        assert!(convergence([("pump", &good), ("stable", &short)]).unwrap().ends_with("They are of stable (3 of 25)."));
        assert_eq!(convergence([("cooler", &none)]), None);
    }
}
