//! A contender's answers turned to metrics and to errors on every draw of test units.

use std::collections::BTreeMap;

use super::record::Against;
use crate::data::{Dataset, TaskLabels};
use crate::evaluate::bootstrap::{Draw, LEAST_UNITS, Resampled, UnitErrors, draws};
use crate::evaluate::{
    Contender, Dealt, DeltaM, Measure, Metrics, Predictions, error_floor, fold_errors, score_over_seeds,
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
    /// For each task the least error of a baseline in Delta_m.
    floors: Vec<f64>,
}

/// What the jury found of one contender.
#[derive(Debug)]
pub(super) struct Judged {
    /// For each task.
    pub(super) scores: Vec<Metrics>,
    tasks: Vec<TaskErrors>,
}

/// One task's errors.
#[derive(Debug)]
struct TaskErrors {
    error: Resampled,
    /// What is left of chance; `None` for values.
    above_chance: Option<Resampled>,
    /// Of each seed and fold; `None` where it is not defined.
    of_folds: Vec<Vec<Option<f64>>>,
    /// The least error of a baseline in Delta_m.
    floor: f64,
}

/// One contender against another, on every draw: positive where the one is better.
#[derive(Debug)]
pub(super) struct Contest {
    delta_m: Resampled,
    delta_m_tasks: usize,
    delta_m_of_folds: Vec<Vec<Option<f64>>>,
    /// For each task the error of the other less that of the one.
    pub(super) tasks: Vec<Resampled>,
}

impl<'a> Jury<'a> {
    /// Units of the rows that `dealt` tests, and `count` draws of them; none of fewer than [`LEAST_UNITS`].
    pub(super) fn new(dataset: &'a Dataset, dealt: &'a Dealt, count: usize) -> Self {
        let tested = |row: usize| dealt.fold_of_row.iter().any(|folds| folds[row].is_some());
        let unit = |row: usize| dealt.evidence_units.as_ref().map_or(row as u32, |units| units[row]);
        // Units that are not tested take no place among the drawn.
        let mut places = BTreeMap::new();
        (0..dataset.rows).filter(|row| tested(*row)).for_each(|row| {
            places.insert(unit(row), 0);
        });
        places.values_mut().zip(0u32..).for_each(|(place, number)| *place = number);
        let unit_of_row = (0..dataset.rows).map(|row| places.get(&unit(row)).copied().unwrap_or(0)).collect();
        let count = if places.len() < LEAST_UNITS { 0 } else { count };
        let draws = draws(places.len(), dealt.seeds.len(), count, SEED_OF_DRAWS);
        let floors = dataset.tasks.iter().map(|task| error_floor(task, &dealt.fold_of_row)).collect();
        Self { dataset, dealt, unit_of_row, units: places.len(), draws, floors }
    }

    /// Draws behind each interval; 0 where there are too few units for any.
    pub(super) fn draws(&self) -> usize {
        self.draws.len()
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
            error: Resampled::of(&errors, &self.draws, UnitErrors::error),
            above_chance: has_chance.then(|| Resampled::of(&errors, &self.draws, chance)),
            of_folds: of_folds.collect(),
            floor: self.floors[index],
        };
        (metrics, task)
    }
}

impl Judged {
    /// This contender against `other`.
    pub(super) fn against(&self, other: &Judged) -> Contest {
        let errors: Vec<&Resampled> =
            self.tasks.iter().zip(&other.tasks).flat_map(|(own, other)| [&own.error, &other.error]).collect();
        let pairs = |values: &[Option<f64>]| values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>();
        let values: Vec<Option<f64>> = errors.iter().map(|error| error.value).collect();
        let floors: Vec<f64> = self.tasks.iter().map(|task| task.floor).collect();
        let delta_m = DeltaM::new(&pairs(&values), &floors);

        let (seeds, folds) =
            self.tasks.first().map_or((0, 0), |task| (task.of_folds.len(), task.of_folds.first().map_or(0, Vec::len)));
        let on_fold = |seed: usize, fold: usize| {
            let each = self.tasks.iter().zip(&other.tasks);
            let errors: Vec<_> =
                each.map(|(own, other)| (own.of_folds[seed][fold], other.of_folds[seed][fold])).collect();
            delta_m.percent(&errors)
        };
        Contest {
            delta_m: Resampled::combined(&errors, |values| delta_m.percent(&pairs(values))),
            delta_m_tasks: delta_m.tasks(),
            delta_m_of_folds: (0..seeds).map(|seed| (0..folds).map(|fold| on_fold(seed, fold)).collect()).collect(),
            tasks: errors.chunks_exact(2).map(|pair| pair[1].minus(pair[0])).collect(),
        }
    }

    /// For each task how much better than `constant` this contender is.
    pub(super) fn skill(&self, constant: &Judged) -> Vec<Resampled> {
        let each = self.tasks.iter().zip(&constant.tasks);
        each.map(|(own, constant)| match &own.above_chance {
            Some(above) => above.clone(),
            None => constant.error.minus(&own.error),
        })
        .collect()
    }
}

impl Contest {
    /// With the intervals of each task that hold by itself and, where `critical` is given, of those that hold for the whole family that
    /// it was found on.
    pub(super) fn record(&self, critical: Option<f64>) -> Against {
        let simultaneous = critical.map(|critical| self.tasks.iter().map(|task| task.interval_at(critical)).collect());
        Against {
            delta_m: self.delta_m.interval(),
            delta_m_tasks: self.delta_m_tasks,
            delta_m_of_folds: self.delta_m_of_folds.clone(),
            tasks: self.tasks.iter().map(Resampled::interval).collect(),
            simultaneous: simultaneous.unwrap_or_default(),
        }
    }
}
