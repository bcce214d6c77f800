//! Progress on stderr: bars on a terminal, a plain line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use trunkline_trainer::evaluate::Observer;
use trunkline_trainer::train::{EpochReport, Phase, Progress};
use trunkline_trainer::tune;

/// Least time between plain lines.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Tells a person how far the work is.
#[derive(Debug)]
pub(super) struct Console {
    /// `None` where stderr is no terminal.
    bars: Option<MultiProgress>,
    /// Models of the evaluation, each on one fold with one seed.
    models: ProgressBar,
    /// Epochs of the model for the artifact.
    epochs: ProgressBar,
    started: Instant,
    last_line: Mutex<Instant>,
}

impl Console {
    /// Begins.
    pub(super) fn new() -> Self {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        let bar = |template: &str| {
            let Some(bars) = &bars else { return ProgressBar::hidden() };
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bars.add(ProgressBar::no_length().with_style(style))
        };
        Self {
            models: bar("{msg:24} {wide_bar} {pos}/{len} models, {eta} left"),
            epochs: bar("{msg:16} {wide_bar} {pos}/{len} epochs"),
            bars,
            started: Instant::now(),
            last_line: Mutex::new(Instant::now()),
        }
    }

    /// Says what begins now.
    pub(super) fn stage(&self, what: &str) {
        let line = format!("[{:5.1} s] {what}", self.started.elapsed().as_secs_f64());
        match &self.bars {
            // A closed terminal is no reason to stop.
            Some(bars) => drop(bars.println(line)),
            None => eprintln!("{line}"),
        }
    }

    /// Takes the bars away.
    pub(super) fn finish(&self) {
        self.models.finish_and_clear();
        self.epochs.finish_and_clear();
    }

    /// A plain line, unless bars show it or the last line is fresh.
    fn line(&self, text: impl FnOnce() -> String) {
        if self.bars.is_some() {
            return;
        }
        if let Ok(mut last) = self.last_line.lock()
            && last.elapsed() >= LINE_EVERY
        {
            *last = Instant::now();
            self.stage(&text());
        }
    }
}

impl Observer for Console {
    fn jobs(&self, jobs: usize) {
        self.models.set_message("cross-validation");
        self.models.set_length(jobs as u64);
    }

    fn job_done(&self) {
        self.models.inc(1);
        self.line(|| {
            let (done, all) = (self.models.position(), self.models.length().unwrap_or(0));
            format!("{done} of {all} models, about {:.0} s left", self.models.eta().as_secs_f64())
        });
    }

    fn training(&self) -> &dyn Progress {
        self
    }
}

impl Progress for Console {
    fn epoch(&self, report: &EpochReport<'_>) {
        let phase = match report.phase {
            Phase::Choose => "choosing epochs",
            Phase::Train => "final training",
        };
        self.epochs.set_message(phase);
        self.epochs.set_length(report.epochs as u64);
        self.epochs.set_position(report.epoch as u64);
        self.line(|| format!("{phase}: epoch {} of {}", report.epoch, report.epochs));
    }
}

impl tune::Observer for Console {
    fn progress(&self, progress: &tune::Progress<'_>) {
        let best = progress.best.map_or(String::new(), |(trial, score)| format!("best {score:.4} (trial {trial})"));
        self.models.set_message(best.clone());
        self.models.set_length(progress.known as u64);
        self.models.set_position(progress.done as u64);
        let tune::Progress { search, trials, trials_in_all, rung, rungs, done, known, .. } = progress;
        self.line(|| {
            format!(
                "{search}: {trials} of {trials_in_all} trials, rung {rung} of {rungs}, {done} of {known} fits; {best}"
            )
        });
    }
}
