//! One task's heads of all groups: the alternation between the weights and the relation over the groups, and what it is measured
//! against.
//!
//! Zhang & Yeung, "A Convex Formulation for Learning Task Relationships in Multi-Task Learning", UAI 2010:
//! `min sum_i L_i / n_i + l tr(W O_e^-1 W')`, `tr O = 1`, with `l = strength / G`, so that at `O = I / G` a strength means what it
//! means to a ridge of one group.
//!
//! For classes L is the log loss. Its curvature is bounded (1/4 for a logit, 1/2 for softmax outputs one by one: Böhning,
//! "Multinomial logistic regression algorithm", Ann. Inst. Statist. Math. 44, 1992), so that it is minimised by a few least-squares
//! problems of the same Gramians, which are decomposed once.

use nalgebra::{DMatrix, DVector};

use super::group::{Fitted, Group};
use super::relation::Relation;
use super::sample::{Sample, Target, probability};
use super::solve::Fleet;

/// Relative movement of the relation at which the alternation has come to rest.
const RELATION_AT_REST: f64 = 1e-3;
/// Relative movement of the weights at which a task of classes has come to rest.
const WEIGHTS_AT_REST: f64 = 1e-3;
/// Most least-squares problems for one relation (classes).
const MOST_SWEEPS: usize = 30;

/// What groups share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// A relation over the groups, learnt.
    Related,
    /// Nothing: a ridge (logistic for classes) a group.
    Separate,
    /// Their slopes, which are the same for all; the intercepts of values are their own.
    Pooled,
}

/// How the relation is learnt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alternation {
    /// e in `O_e = O + (e/G) I`.
    pub epsilon: f64,
    /// Most closed-form steps on the relation.
    pub steps: usize,
}

/// The heads of all groups for one task.
#[derive(Debug, Clone, PartialEq)]
pub struct Heads {
    /// For each group its K outputs.
    pub groups: Vec<Vec<Fitted>>,
    /// The relation at the end; [`Relation::unknown`] where none was learnt.
    pub relation: Relation,
}

/// One task of a fleet, ready to be solved for any strength.
#[derive(Debug)]
pub struct Problem<'s> {
    samples: &'s [Sample],
    outputs: usize,
    fleet: Fleet,
}

impl<'s> Problem<'s> {
    /// From the groups' samples, all of the same inputs d and outputs K, each with at least one row.
    pub fn new(samples: &'s [Sample]) -> Self {
        let (inputs, outputs) = samples.first().map_or((0, 1), |sample| (sample.inputs.ncols(), sample.outputs()));
        let free = |sample: &Sample| matches!(sample.target, Target::Values(_));
        let groups = samples.iter().map(|sample| Group::new(sample.inputs.clone(), free(sample))).collect();
        Self { samples, outputs, fleet: Fleet::new(groups, inputs) }
    }

    /// The heads at `strength` above 0.
    pub fn solve(&self, sharing: Sharing, strength: f64, alternation: Alternation) -> Heads {
        let count = self.samples.len();
        let mut weights = vec![DMatrix::zeros(self.fleet.inputs(), count); self.outputs];
        let mut relation = Relation::unknown(count, alternation.epsilon);
        if sharing != Sharing::Related {
            self.settle(&mut weights, |moments, _| match sharing {
                Sharing::Pooled => self.fleet.pooled(moments, strength / self.curvature()),
                _ => self.fleet.separate(moments, strength / self.curvature()),
            });
            return Heads { groups: self.heads(&weights), relation };
        }
        let l = strength / (self.curvature() * count as f64);
        for step in 0..=alternation.steps {
            self.settle(&mut weights, |moments, start| self.fleet.related(moments, l, &relation, start));
            if step == alternation.steps {
                break;
            }
            let next = Relation::learn(&stacked(&weights), alternation.epsilon);
            let at_rest = relation.movement(&next) < RELATION_AT_REST;
            relation = next;
            if at_rest {
                break;
            }
        }
        Heads { groups: self.heads(&weights), relation }
    }

    /// Bound of the loss's curvature: of 1/2 the log loss's against a squared error's 1.
    fn curvature(&self) -> f64 {
        match self.samples.first().map(|sample| &sample.target) {
            Some(Target::Classes { offset, .. }) if offset.ncols() == 1 => 0.25,
            Some(Target::Classes { .. }) => 0.5,
            Some(Target::Values(_)) | None => 1.0,
        }
    }

    /// Brings the weights (K times d x G) to rest, `solve` giving those of one output from its moments and a guess.
    fn settle(&self, weights: &mut [DMatrix<f64>], solve: impl Fn(&DMatrix<f64>, DMatrix<f64>) -> DMatrix<f64>) {
        let values = self.samples.iter().all(|sample| matches!(sample.target, Target::Values(_)));
        for _ in 0..if values { 1 } else { MOST_SWEEPS } {
            let responses = self.responses(weights);
            let (mut moved, mut size) = (0.0, 0.0);
            for (weights, targets) in weights.iter_mut().zip(&responses) {
                let next = solve(&self.fleet.moments(targets), weights.clone());
                moved += (&next - &*weights).norm_squared();
                size += next.norm_squared();
                *weights = next;
            }
            if moved <= WEIGHTS_AT_REST * WEIGHTS_AT_REST * size {
                break;
            }
        }
    }

    /// What each output of each group should be by least squares (K times G times n).
    fn responses(&self, weights: &[DMatrix<f64>]) -> Vec<Vec<DVector<f64>>> {
        let curvature = self.curvature();
        let mut responses = vec![Vec::with_capacity(self.samples.len()); weights.len()];
        for (index, (sample, group)) in self.samples.iter().zip(&self.fleet.groups).enumerate() {
            match &sample.target {
                Target::Values(values) => responses[0].push(values.clone()),
                Target::Classes { labels, offset } => {
                    let own = self.outputs_of(group, weights, index);
                    let logits = offset + &own;
                    let rows: Vec<Vec<f64>> = logits.row_iter().map(|row| row.iter().copied().collect()).collect();
                    for (output, responses) in responses.iter_mut().enumerate() {
                        let class = if weights.len() == 1 { 1 } else { output };
                        let response = |row: usize| {
                            let truth = if usize::from(labels[row]) == class { 1.0 } else { 0.0 };
                            own[(row, output)] + (truth - probability(&rows[row], class)) / curvature
                        };
                        responses.push(DVector::from_fn(labels.len(), |row, _| response(row)));
                    }
                }
            }
        }
        responses
    }

    /// Outputs of group `index` on its own rows (n x K), intercepts that are free left out.
    fn outputs_of(&self, group: &Group, weights: &[DMatrix<f64>], index: usize) -> DMatrix<f64> {
        let mut outputs = DMatrix::zeros(group.rows(), weights.len());
        for (mut column, weights) in outputs.column_iter_mut().zip(weights) {
            let fitted = Fitted { weights: weights.column(index).clone_owned(), intercept: 0.0 };
            column.copy_from(&group.outputs(&fitted));
        }
        outputs
    }

    fn heads(&self, weights: &[DMatrix<f64>]) -> Vec<Vec<Fitted>> {
        let groups = self.samples.iter().zip(&self.fleet.groups).enumerate();
        groups
            .map(|(index, (sample, group))| {
                let none = DVector::zeros(sample.rows());
                let values = match &sample.target {
                    Target::Values(values) => values,
                    Target::Classes { .. } => &none,
                };
                let own = weights.iter().map(|weights| weights.column(index).clone_owned());
                own.map(|weights| group.with_intercept(weights, values)).collect()
            })
            .collect()
    }
}

/// The outputs' weights below each other (K d x G): the relation is over groups, whatever they tell.
fn stacked(weights: &[DMatrix<f64>]) -> DMatrix<f64> {
    let (inputs, groups) = weights.first().map_or((0, 0), DMatrix::shape);
    DMatrix::from_fn(inputs * weights.len(), groups, |row, column| weights[row / inputs][(row % inputs, column)])
}

#[cfg(test)]
mod tests;
