//! Strong models that no device of the kind would hold: what there is to be had from the same features.

use super::fold::{Answers, Fold};
use super::{Contender, EvaluateError, Predictions};
use crate::model::Normalization;
use crate::teachers::{Boosting, ExtraTrees, Teacher};
use crate::train::standardized;

/// Trees, with their number an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strong {
    /// Extremely randomised trees.
    ExtraTrees(usize),
    /// Gradient-boosted trees.
    Boosting(usize),
}

impl Strong {
    fn teacher(self) -> Box<dyn Teacher> {
        match self {
            Strong::ExtraTrees(trees) => Box::new(ExtraTrees { trees }),
            Strong::Boosting(trees) => Box::new(Boosting::new(trees)),
        }
    }

    fn contender(self) -> Contender {
        match self {
            Strong::ExtraTrees(_) => Contender::ExtraTrees,
            Strong::Boosting(_) => Contender::Boosting,
        }
    }
}

impl Fold<'_> {
    /// Fits trees to the task of index `index` on the training rows and asks them about the test rows.
    pub(super) fn strong_answers(&self, strong: Strong, index: usize) -> Result<Answers, EvaluateError> {
        let set = self.training_set(&[index]);
        let task = set.tasks[0];
        let what = || format!("{} for task `{}`", strong.contender().name(), task.labels.name);
        set.check(true).map_err(|source| self.failed(&what(), source))?;

        let normalization = Normalization::fit_features(set.features, set.rows, self.project.model.clip_sd);
        let rows = |rows: &[usize]| normalization.apply_rows(set.features, rows);
        let labels = set.labels(&task, set.rows);
        let scale = task.target_scale(&labels);
        let width = task.labels.outputs();
        let weights = set.weights_of(set.rows);
        let outputs = strong
            .teacher()
            .fit(&rows(set.rows), &standardized(&labels, scale), weights.as_deref(), task.labels.kind, width, self.seed)
            .and_then(|fitted| fitted.outputs(&rows(&self.test)))
            .map_err(|source| EvaluateError::Strong {
                seed: self.seed,
                what: format!("fold {}, {}", self.fold, what()).into(),
                source,
            })?;

        let mut predictions = Predictions::none(1, self.test.len());
        for (place, outputs) in outputs.chunks_exact(width).enumerate() {
            // Of a class task the scale is the identity.
            let outputs: Vec<f32> = outputs.iter().map(|output| output * scale.sd + scale.mean).collect();
            predictions.set(place, [outputs.into()]);
        }
        Ok(Answers { contender: strong.contender(), without: None, tasks: vec![index], predictions })
    }
}
