//! New trials: drawn, laid over the project, and laid out before anything is trained, so that what is too large costs nothing.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use toml::Value;

use super::TuneError;
use super::evaluation::{excess, of_settings};
use super::points::Points;
use super::step::{Course, PROJECT_ITSELF};
use super::study::{State, TrialRow};
use crate::config::{Project, SamplerConfig, TuneConfig};
use crate::data::Dataset;
use crate::evaluate::{EvaluateError, Footprint, untrained_footprint};
use crate::features::FeatureSource;

/// What trials are drawn from.
pub(super) struct Proposer<'a> {
    /// The project without its `[tune]`.
    pub(super) project: &'a Project,
    pub(super) config: &'a TuneConfig,
    pub(super) course: Course,
    pub(super) dataset: &'a Dataset,
    pub(super) source: &'a FeatureSource<'a>,
    /// Rows of the search.
    pub(super) rows: &'a [usize],
}

/// Trials to add.
#[derive(Debug, Default)]
pub(super) struct Proposed {
    pub(super) trials: Vec<TrialRow>,
    /// Why no further trial can be drawn.
    pub(super) closed: Option<String>,
}

impl Proposer<'_> {
    /// Trials `first` to `first + count - 1`, or fewer where the space is used up. They follow from complete trials of `state`, their
    /// numbers and the seed alone.
    ///
    /// # Errors
    /// What no settings would mend.
    pub(super) fn propose(&self, state: &State, first: usize, count: usize) -> Result<Proposed, TuneError> {
        let mut proposed = Proposed::default();
        for number in first..first + count {
            if number == PROJECT_ITSELF {
                proposed.trials.push(self.project_itself()?);
                continue;
            }
            match self.draw(state, &proposed.trials, number)? {
                Ok(trial) => proposed.trials.push(trial),
                Err(why) => {
                    proposed.closed = Some(why);
                    break;
                }
            }
        }
        Ok(proposed)
    }

    fn project_itself(&self) -> Result<TrialRow, TuneError> {
        let (footprint, refusal) = match self.footprint(self.project)? {
            Ok(footprint) => (footprint, excess(self.config, &footprint)),
            Err(why) => (Footprint::default(), Some(why)),
        };
        Ok(TrialRow { number: PROJECT_ITSELF, point: None, overlay: String::new(), footprint, refusal })
    }

    /// A trial that is new and within the limits; else why there is none.
    fn draw(&self, state: &State, before: &[TrialRow], number: usize) -> Result<Result<TrialRow, String>, TuneError> {
        let mut random = ChaCha8Rng::seed_from_u64(self.config.seed);
        random.set_stream(number as u64);
        let points = Points { space: &self.config.space, observed: self.observed(state, number) };
        let (mut drawn, mut why) = (0, None);
        for point in points.in_order(&mut random) {
            drawn += 1;
            let overlay = self.overlay(&point);
            if state.trials.iter().chain(before).any(|trial| trial.overlay == overlay) {
                continue;
            }
            let project = match self.project.overlaid(&overlay, "trial") {
                Ok(project) if project == *self.project => continue,
                Ok(project) => project,
                Err(error) => {
                    why = Some(format!("{}: {}", error.key, error.problem));
                    continue;
                }
            };
            match self.footprint(&project)? {
                Ok(footprint) => match excess(self.config, &footprint) {
                    None => return Ok(Ok(TrialRow { number, point: Some(point), overlay, footprint, refusal: None })),
                    Some(above) => why = Some(above),
                },
                Err(unusable) => why = Some(unusable),
            }
        }
        Ok(Err(match (why, points.count()) {
            (None, Some(count)) => format!("all {count} settings of the space have been tried"),
            (None, None) => format!("{drawn} draws gave only settings that have been tried"),
            (Some(why), Some(_)) => format!("all settings left in the space are refused, the last because {why}"),
            (Some(why), None) => format!("{drawn} draws gave no further trial, the last refusal: {why}"),
        }))
    }

    /// Points and scores that trial `number` is drawn by; none where it is drawn by chance.
    fn observed<'s>(&self, state: &'s State, number: usize) -> Vec<(&'s [f64], f64)> {
        if self.config.sampler == SamplerConfig::Random || number < self.course.first_batch() {
            return Vec::new();
        }
        let score = |trial: &TrialRow| state.score(0, trial.number).unwrap_or(f64::INFINITY);
        state.trials.iter().filter_map(|trial| Some((trial.point.as_deref()?, score(trial)))).collect()
    }

    fn overlay(&self, point: &[f64]) -> String {
        let parameters = self.config.space.iter().zip(point);
        let settings: Vec<(&str, Value)> =
            parameters.map(|((key, parameter), place)| (key.as_str(), parameter.at(*place))).collect();
        self.project.overlay_of(&settings)
    }

    /// What the project's model costs; else why the device cannot take it.
    fn footprint(&self, project: &Project) -> Result<Result<Footprint, String>, EvaluateError> {
        match untrained_footprint(project, self.dataset, self.source, self.rows) {
            Ok(footprint) => Ok(Ok(footprint)),
            Err(error) if of_settings(&error) => Ok(Err(error.to_string())),
            Err(error) => Err(error),
        }
    }
}
