//! A contender's answers turned to metrics and to errors on every draw of test units.

use std::collections::BTreeMap;

use super::record::Against;
use crate::data::{Dataset, TaskLabels};
use crate::evaluate::bootstrap::{Draw, Interval, UnitErrors, draws};
use crate::evaluate::{
    Contender, Dealt, Measure, Metrics, Predictions, delta_m_percent, fold_errors, score_over_seeds,
};

/// Seed of the draws: the same ones for every contender and every run.
const SEED_OF_DRAWS: u64 = 1;

/// The test rows as units that are drawn together.
#[derive(Debug)]
pub(super) struct Jury<'a> {
    dataset: &'a Dataset,
    dealt: &'a Dealt,
    unit_of_row: Vec<u32>,
    /// Units with a test row.
    pub(super) units: usize,
    draws: Vec<Draw>,
}

/// What the jury found of one contender.
#[derive(Debug)]
pub(super) struct Judged {
    /// For each task.
    pub(super) scores: Vec<Metrics>,
    tasks: Vec<TaskErrors>,
}

/// One task's errors; `None` where an error is not defined.
#[derive(Debug)]
struct TaskErrors {
    /// On the rows as they are, and on each draw.
    error: OnDraws,
    /// What is left of chance, the same; `None` for values.
    above_chance: Option<OnDraws>,
    /// Of each seed and fold.
    of_folds: Vec<Vec<Option<f64>>>,
}

#[derive(Debug)]
struct OnDraws {
    value: Option<f64>,
    draws: Vec<Option<f64>>,
}

impl<'a> Jury<'a> {
    /// Units of the rows that `dealt` tests, and `count` draws of them.
    pub(super) fn new(dataset: &'a Dataset, dealt: &'a Dealt, count: usize) -> Self {
        let tested = |row: usize| dealt.fold_of_row.iter().any(|folds| folds[row].is_some());
        let unit = |row: usize| dealt.units.as_ref().map_or(row as u32, |units| units[row]);
        // Units that are not tested take no place among the drawn.
        let mut places = BTreeMap::new();
        (0..dataset.rows).filter(|row| tested(*row)).for_each(|row| {
            places.insert(unit(row), 0);
        });
        places.values_mut().zip(0u32..).for_each(|(place, number)| *place = number);
        let unit_of_row = (0..dataset.rows).map(|row| places.get(&unit(row)).copied().unwrap_or(0)).collect();
        let count = if places.len() < 2 { 0 } else { count };
        let draws = draws(places.len(), dealt.seeds.len(), count, SEED_OF_DRAWS);
        Self { dataset, dealt, unit_of_row, units: places.len(), draws }
    }

    /// Judges the answers of `contender`, one entry a seed.
    pub(super) fn judge(&self, contender: Contender, seeds: &[Predictions]) -> Judged {
        let each = self.dataset.tasks.iter().enumerate();
        let (scores, tasks) = each.map(|(index, labels)| self.judge_task(contender, seeds, index, labels)).unzip();
        Judged { scores, tasks }
    }

    fn judge_task(
        &self,
        contender: Contender,
        seeds: &[Predictions],
        index: usize,
        labels: &TaskLabels,
    ) -> (Metrics, TaskErrors) {
        let answers: Vec<_> = seeds.iter().map(|answers| &answers.tasks[index]).zip(&self.dealt.fold_of_row).collect();
        let metrics =
            score_over_seeds(labels, None, answers.iter().map(|(answers, _)| *answers), &self.dealt.fold_of_row);
        let errors: Vec<UnitErrors> = answers
            .iter()
            .map(|(answers, folds)| UnitErrors::new(labels, answers, folds, &self.unit_of_row, self.units))
            .collect();
        let measure = Measure::against(contender, labels.kind);
        let measure = if measure == Measure::MeanRecall { Measure::MacroF1 } else { measure };
        let of_folds = answers
            .iter()
            .map(|(answers, folds)| fold_errors(labels, answers, folds, self.dealt.folds_evaluated, measure, false));
        let chance =
            |errors: &UnitErrors, units: &[u16]| errors.against_chance(units).map(|(error, chance)| chance - error);
        let has_chance = errors.iter().any(|errors| chance(errors, &vec![1; self.units]).is_some());
        let task = TaskErrors {
            error: self.on_draws(&errors, UnitErrors::error),
            above_chance: has_chance.then(|| self.on_draws(&errors, chance)),
            of_folds: of_folds.collect(),
        };
        (metrics, task)
    }

    /// The mean of `statistic` over the seeds: on the units as they are, and on each draw of units and seeds.
    fn on_draws(&self, seeds: &[UnitErrors], statistic: impl Fn(&UnitErrors, &[u16]) -> Option<f64>) -> OnDraws {
        let mean = |units: &[u16], times: &[u16]| {
            let (mut sum, mut count) = (0.0, 0.0);
            for (errors, times) in seeds.iter().zip(times).filter(|(_, times)| **times > 0) {
                if let Some(value) = statistic(errors, units) {
                    sum += value * f64::from(*times);
                    count += f64::from(*times);
                }
            }
            (count > 0.0).then_some(sum / count)
        };
        OnDraws {
            value: mean(&vec![1; self.units], &vec![1; seeds.len()]),
            draws: self.draws.iter().map(|draw| mean(&draw.units, &draw.seeds)).collect(),
        }
    }
}

impl Judged {
    /// This contender against `other`.
    pub(super) fn against(&self, other: &Judged) -> Against {
        let pairs = || self.tasks.iter().zip(&other.tasks);
        let value = delta_m_percent(&Vec::from_iter(pairs().map(|(own, other)| (own.error.value, other.error.value))));
        let on_draw = |draw: usize| {
            let errors = pairs().map(|(own, other)| (own.error.draws[draw], other.error.draws[draw]));
            delta_m_percent(&errors.collect::<Vec<_>>())
        };
        let draws = self.tasks.first().map_or(0, |task| task.error.draws.len());
        let (seeds, folds) =
            self.tasks.first().map_or((0, 0), |task| (task.of_folds.len(), task.of_folds.first().map_or(0, Vec::len)));
        let on_fold = |seed: usize, fold: usize| {
            let errors = pairs().map(|(own, other)| (own.of_folds[seed][fold], other.of_folds[seed][fold]));
            delta_m_percent(&errors.collect::<Vec<_>>())
        };
        Against {
            delta_m: value.map(|value| Interval::of(value, (0..draws).map(on_draw))),
            delta_m_of_folds: (0..seeds).map(|seed| (0..folds).map(|fold| on_fold(seed, fold)).collect()).collect(),
            tasks: pairs().map(|(own, other)| other.error.minus(&own.error)).collect(),
        }
    }

    /// For each task how much better than `constant` this contender is.
    pub(super) fn skill(&self, constant: &Judged) -> Vec<Option<Interval>> {
        let each = self.tasks.iter().zip(&constant.tasks);
        each.map(|(own, constant)| match &own.above_chance {
            Some(above) => above.value.map(|value| Interval::of(value, above.draws.iter().copied())),
            None => constant.error.minus(&own.error),
        })
        .collect()
    }
}

impl OnDraws {
    fn minus(&self, other: &OnDraws) -> Option<Interval> {
        let draws = self.draws.iter().zip(&other.draws).map(|(one, other)| Some((*one)? - (*other)?));
        Some(Interval::of(self.value? - other.value?, draws))
    }
}
