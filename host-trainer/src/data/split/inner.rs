//! How training rows are parted once more, where something is chosen inside them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Fold, deal_groups};
use crate::config::{Project, SplitMethod};
use crate::data::Dataset;

/// Least number of blocks that the training rows of a fold are cut into where the split is blocked and rows have no group.
pub(super) const LEAST_BLOCKS: usize = 16;

/// Which rows belong together (a number for each row of `dataset`) when something is chosen inside training rows, the epoch or a
/// penalty: rows that resemble each other must not judge each other there, as they do not in the outer folds.
///
/// The groups, where the data has them; else the folds of the split's column; else, where the split is blocked, blocks of consecutive
/// rows, of which every fold holds the same whole number. `None` where each row stands for itself.
pub fn units<'d>(project: &Project, dataset: &'d Dataset) -> Option<Cow<'d, [u32]>> {
    if project.split.method == SplitMethod::Within {
        // The outer split parts each group's rows, and so does every choice inside: the question is the same.
        return None;
    }
    if let Some(groups) = &dataset.groups {
        return Some(Cow::Borrowed(groups));
    }
    match project.split.method {
        SplitMethod::Random | SplitMethod::Grouped | SplitMethod::Within => None,
        SplitMethod::Folds => dataset.folds.as_deref().map(Cow::Borrowed),
        SplitMethod::Blocked => {
            let folds = project.split.folds;
            let blocks = folds * LEAST_BLOCKS.div_ceil(folds.saturating_sub(1).max(1));
            Some((0..dataset.rows).map(|row| (row * blocks / dataset.rows) as u32).collect())
        }
    }
}

/// Which rows are one piece of evidence (a number for each row of `dataset`) when it is asked how sure a score is: the groups wherever
/// they are known, for rows of one group resemble each other however they are split; else [`units`].
pub fn evidence_units<'d>(project: &Project, dataset: &'d Dataset) -> Option<Cow<'d, [u32]>> {
    dataset.groups.as_deref().map(Cow::Borrowed).or_else(|| units(project, dataset))
}

/// Parts training rows into rows to fit and rows to choose the epoch on, about `share` of them: whole units where `units` (of all
/// rows, see [`units`]) are known, else single rows. Both ascending. The second is empty if `share` is 0, or if a single unit (or row)
/// is all there is.
pub fn inner(train: &[usize], units: Option<&[u32]>, share: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let unit_of = |row: usize| units.map_or(row, |units| units[row] as usize);
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for row in train {
        *sizes.entry(unit_of(*row)).or_default() += 1;
    }
    let mut units: Vec<(usize, usize)> = sizes.into_iter().collect();
    let last = units.len().saturating_sub(1);
    units.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let wanted = share * train.len() as f64;
    let mut held = BTreeSet::new();
    let mut rows_held = 0;
    for (unit, size) in units.into_iter().take(last) {
        if rows_held as f64 >= wanted {
            break;
        }
        rows_held += size;
        held.insert(unit);
    }
    let (mut fit, mut validation): (Vec<usize>, Vec<usize>) =
        train.iter().partition(|row| !held.contains(&unit_of(**row)));
    fit.sort_unstable();
    validation.sort_unstable();
    (fit, validation)
}

/// Deals training rows to `folds` inner folds of whole units (as [`inner`] takes them), about equal in rows; to fewer where there are
/// fewer units, and to none where there are less than two. `seed` decides which units fall together.
pub fn inner_folds(train: &[usize], units: Option<&[u32]>, folds: usize, seed: u64) -> Vec<Fold> {
    let unit_of = |row: usize| units.map_or(row, |units| units[row] as usize);
    let distinct: Vec<usize> = train.iter().map(|row| unit_of(*row)).collect::<BTreeSet<_>>().into_iter().collect();
    let rank = |row: usize| distinct.partition_point(|unit| *unit < unit_of(row));
    let mut sizes = vec![0; distinct.len()];
    train.iter().for_each(|row| sizes[rank(*row)] += 1);
    let folds = folds.min(distinct.len());
    if folds < 2 {
        return Vec::new();
    }
    let fold_of_unit = deal_groups(&sizes, folds, seed);
    let part = |fold: usize| {
        let (test, train) = train.iter().partition(|row| fold_of_unit[rank(**row)] == fold);
        Fold { train, test }
    };
    (0..folds).map(part).collect()
}
