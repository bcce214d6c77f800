//! Which rows train and which test. Every row is tested once; the same seed gives the same folds on any machine.

mod inner;
#[cfg(test)]
mod tests;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::dataset::Dataset;
use super::error::DataError;
use crate::config::{LEAST_WITHIN, Project, SplitMethod};

pub use inner::{evidence_units, inner, inner_folds, units};

/// One fold's rows, both ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Rows to fit everything on.
    pub train: Vec<usize>,
    /// Rows to test on.
    pub test: Vec<usize>,
}

/// The folds of the project's split. `seed` decides which rows or groups fall together (random and grouped only).
///
/// # Errors
/// Fewer rows, groups or distinct fold values than folds: every fold has at least one test row.
pub fn folds(project: &Project, dataset: &Dataset, seed: u64) -> Result<Vec<Fold>, DataError> {
    let rows = dataset.rows;
    if project.split.method == SplitMethod::Within {
        return within(project, dataset, seed).map(|fold| vec![fold]);
    }
    let folds = project.split.folds;
    let enough = |found: usize, what: &'static str, remedy: &'static str| {
        if found < folds { Err(DataError::Folds { found, what, folds, remedy }) } else { Ok(()) }
    };
    let fold_of_row: Vec<usize> = match project.split.method {
        SplitMethod::Random => {
            enough(rows, "rows", "lower split.folds")?;
            let mut order: Vec<usize> = (0..rows).collect();
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            let mut fold_of_row = vec![0; rows];
            for (position, row) in order.into_iter().enumerate() {
                fold_of_row[row] = position % folds;
            }
            fold_of_row
        }
        SplitMethod::Blocked => {
            enough(rows, "rows", "lower split.folds")?;
            (0..rows).map(|row| row * folds / rows).collect()
        }
        SplitMethod::Grouped => {
            let groups = dataset.groups.as_deref().unwrap_or_default();
            let sizes = group_sizes(groups);
            enough(sizes.len(), "groups", "lower split.folds, or choose a finer split.group")?;
            let fold_of_group = deal_groups(&sizes, folds, seed);
            groups.iter().map(|group| fold_of_group[*group as usize]).collect()
        }
        SplitMethod::Folds | SplitMethod::Within => {
            let column = dataset.folds.as_deref().unwrap_or_default();
            column.iter().map(|fold| *fold as usize).collect()
        }
    };
    let count = fold_of_row.iter().max().map_or(0, |last| last + 1);
    if count < 2 {
        let (what, remedy) = ("distinct fold value", "split.column needs at least two values");
        return Err(DataError::Folds { found: count, what, folds: 2, remedy });
    }
    let rows_where = |keep: &dyn Fn(usize) -> bool| (0..rows).filter(|row| keep(fold_of_row[*row])).collect();
    Ok((0..count)
        .map(|fold| Fold { train: rows_where(&|other| other != fold), test: rows_where(&|other| other == fold) })
        .collect())
}

/// Of each group some rows by chance to train, the rest to test; a group with no row to spare only trains.
fn within(project: &Project, dataset: &Dataset, seed: u64) -> Result<Fold, DataError> {
    let split = &project.split;
    let groups = dataset.groups.as_deref().unwrap_or_default();
    let mut rows_of = vec![Vec::new(); group_sizes(groups).len()];
    for (row, group) in groups.iter().enumerate() {
        rows_of[*group as usize].push(row);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut fold = Fold { train: Vec::new(), test: Vec::new() };
    for mut rows in rows_of {
        rows.shuffle(&mut random);
        let share = split.share.map(|share| (share * rows.len() as f64).round() as usize);
        let wanted = split.rows.or(share.map(|share| share.max(split.least.unwrap_or(LEAST_WITHIN)))).unwrap_or(0);
        let (train, test) = rows.split_at(wanted.min(rows.len()));
        fold.train.extend_from_slice(train);
        fold.test.extend_from_slice(test);
    }
    if fold.train.is_empty() || fold.test.is_empty() {
        let remedy = "every group keeps all of its rows for training: lower split.rows, split.share or split.least";
        return Err(DataError::Folds { found: 0, what: "test rows", folds: 1, remedy });
    }
    fold.train.sort_unstable();
    fold.test.sort_unstable();
    Ok(fold)
}

/// Rows of each group; groups are numbered without gaps.
fn group_sizes(groups: &[u32]) -> Vec<usize> {
    let mut sizes = vec![0; groups.iter().max().map_or(0, |last| *last as usize + 1)];
    for group in groups {
        sizes[*group as usize] += 1;
    }
    sizes
}

/// Fold of each group: in order of falling size (equal ones by chance), each to the fold with the fewest rows so far.
fn deal_groups(sizes: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    order.sort_by_key(|group| std::cmp::Reverse(sizes[*group]));
    let mut rows = vec![0; folds];
    let mut fold_of_group = vec![0; sizes.len()];
    for group in order {
        let smallest = (0..folds).min_by_key(|fold| rows[*fold]).unwrap_or(0);
        rows[smallest] += sizes[group];
        fold_of_group[group] = smallest;
    }
    fold_of_group
}
