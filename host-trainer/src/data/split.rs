//! Which rows train and which test. Every row is tested once; the same seed gives the same folds on any machine.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::dataset::Dataset;
use super::error::DataError;
use crate::config::{LEAST_WITHIN, Project, SplitMethod};

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

/// Least number of blocks that the training rows of a fold are cut into where the split is blocked and rows have no group.
const LEAST_BLOCKS: usize = 16;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn project(method: &str, folds: usize) -> Project {
        let text = format!(
            "name = \"t\"\n[data]\nloader = \"table\"\nfile = \"t.csv\"\n[split]\nmethod = \"{method}\"\nfolds = {folds}\n{}\n\
             [[channels]]\nname = \"a\"\n[[tasks]]\nname = \"y\"\nrole = \"other\"\nkind = \"regression\"\ntarget = {{ column = \"y\" }}\n",
            match method {
                "folds" => "column = \"f\"",
                "grouped" => "group = \"g\"",
                _ => "",
            }
        );
        config::parse(&text, "t.toml").unwrap()
    }

    fn dataset(groups: &[u32], folds: Option<Vec<u32>>) -> Dataset {
        Dataset {
            rows: groups.len(),
            window_ms: 0,
            channels: Vec::new(),
            tasks: Vec::new(),
            groups: Some(groups.to_vec()),
            group_names: Vec::new(),
            folds,
            subsets: Vec::new(),
            weights: None,
            hours: None,
            sha256: String::new(),
        }
    }

    /// Every row in exactly one test part and in all other training parts, both ascending; no part empty.
    fn assert_partition(folds: &[Fold], rows: usize) {
        let mut tested = vec![0; rows];
        for fold in folds {
            assert!(!fold.test.is_empty() && !fold.train.is_empty());
            assert!(fold.test.is_sorted() && fold.train.is_sorted());
            assert!(fold.test.iter().all(|row| fold.train.binary_search(row).is_err()));
            assert_eq!(fold.test.len() + fold.train.len(), rows);
            fold.test.iter().for_each(|row| tested[*row] += 1);
        }
        assert!(tested.iter().all(|times| *times == 1));
    }

    #[test]
    fn every_method_tests_every_row_once_and_repeats_with_its_seed() {
        let groups: Vec<u32> = (0..103).map(|row| row / 7).collect();
        let dataset = dataset(&groups, Some((0..103).map(|row| row % 3).collect()));
        for method in ["random", "grouped", "blocked", "folds"] {
            let project = project(method, 4);
            let first = folds(&project, &dataset, 1).unwrap();
            assert_partition(&first, 103);
            assert_eq!(first.len(), if method == "folds" { 3 } else { 4 });
            assert_eq!(first, folds(&project, &dataset, 1).unwrap());
            let by_chance = matches!(method, "random" | "grouped");
            assert_eq!(first != folds(&project, &dataset, 2).unwrap(), by_chance, "{method}");
        }
    }

    #[test]
    fn groups_stay_whole_and_folds_are_of_equal_size_as_far_as_groups_allow() {
        // Sizes 40, 20, 10, 10, 10, 10, 10, 10: three folds of 40.
        let sizes = [40, 20, 10, 10, 10, 10, 10, 10];
        let groups: Vec<u32> = (0..).zip(sizes).flat_map(|(group, size)| std::iter::repeat_n(group, size)).collect();
        for fold in folds(&project("grouped", 3), &dataset(&groups, None), 5).unwrap() {
            assert_eq!(fold.test.len(), 40);
            assert!(fold.test.iter().all(|row| fold.train.iter().all(|other| groups[*row] != groups[*other])));
        }
    }

    #[test]
    fn within_each_group_a_share_trains_and_the_rest_tests_anew_for_each_seed() {
        let groups: Vec<u32> = (0..203).map(|row| row / 100).collect();
        let data = dataset(&groups, None);
        let mut project = project("grouped", 2);
        project.split.method = SplitMethod::Within;
        project.split.share = Some(0.05);
        let rows_of = |fold: &Fold, group: u32| fold.train.iter().filter(|row| groups[**row] == group).count();
        let [fold] = &folds(&project, &data, 1).unwrap()[..] else { panic!("one fold") };
        assert_eq!([0, 1, 2].map(|group| rows_of(fold, group)), [5, 5, 3], "the group of three has nothing to test");
        assert_eq!(fold.train.len() + fold.test.len(), 203);
        assert!(fold.test.is_sorted() && fold.test.iter().all(|row| fold.train.binary_search(row).is_err()));
        assert_ne!(*fold, folds(&project, &data, 2).unwrap()[0]);
        (project.split.share, project.split.rows) = (None, Some(10));
        assert_eq!(rows_of(&folds(&project, &data, 1).unwrap()[0], 1), 10);
        assert_eq!(units(&project, &data), None);
        project.split.rows = Some(100);
        assert!(folds(&project, &data, 1).unwrap_err().to_string().contains("split.rows"));
    }

    #[test]
    fn blocks_are_consecutive() {
        for fold in folds(&project("blocked", 4), &dataset(&[0; 10], None), 0).unwrap() {
            assert_eq!(fold.test.len(), fold.test[fold.test.len() - 1] - fold.test[0] + 1);
        }
    }

    #[test]
    fn too_few_rows_groups_or_fold_values_are_refused() {
        let refused = |method, dataset: &Dataset| folds(&project(method, 4), dataset, 0).unwrap_err().to_string();
        assert!(refused("random", &dataset(&[0; 3], None)).starts_with("3 rows cannot fill 4 folds"));
        assert!(refused("blocked", &dataset(&[0; 3], None)).starts_with("3 rows cannot fill 4 folds"));
        assert!(refused("grouped", &dataset(&[0, 0, 1, 1, 2, 2], None)).starts_with("3 groups cannot fill 4 folds"));
        let one = dataset(&[0; 6], Some(vec![0; 6]));
        assert!(refused("folds", &one).contains("split.column needs at least two values"));
    }

    #[test]
    fn the_inner_split_holds_out_whole_groups_of_about_the_share() {
        let groups: Vec<u32> = (0..200).map(|row| row / 10).collect();
        let train: Vec<usize> = (0..200).filter(|row| row % 3 != 0).collect();
        for seed in 0..20 {
            let (fit, validation) = inner(&train, Some(&groups), 0.2, seed);
            assert!((26..=34).contains(&validation.len()), "{}", validation.len());
            let mut all = [fit.as_slice(), &validation].concat();
            all.sort_unstable();
            assert_eq!(all, train);
            assert!(fit.iter().all(|row| validation.iter().all(|other| groups[*row] != groups[*other])));
            assert_eq!(inner(&train, Some(&groups), 0.2, seed), (fit, validation));
        }
    }

    #[test]
    fn groups_come_before_folds_and_blocks_as_units() {
        let groups: Vec<u32> = (0..60).map(|row| row / 7).collect();
        let dealt: Vec<u32> = (0..60).map(|row| row / 20).collect();
        let mut data = dataset(&groups, Some(dealt.clone()));
        for method in ["random", "grouped", "blocked", "folds"] {
            assert_eq!(units(&project(method, 5), &data).as_deref(), Some(groups.as_slice()), "{method}");
        }
        data.groups = None;
        assert_eq!(units(&project("random", 5), &data), None);
        assert_eq!(units(&project("folds", 5), &data).as_deref(), Some(dealt.as_slice()));
    }

    #[test]
    fn a_blocked_split_is_chosen_inside_by_whole_blocks_that_no_fold_parts() {
        let data = Dataset { groups: None, ..dataset(&[0; 1003], None) };
        for count in [2, 3, 5, 40] {
            let project = project("blocked", count);
            let units = units(&project, &data).unwrap();
            assert!(units.is_sorted());
            for fold in folds(&project, &data, 0).unwrap() {
                let of = |rows: &[usize]| rows.iter().map(|row| units[*row]).collect::<BTreeSet<u32>>();
                assert!(of(&fold.test).is_disjoint(&of(&fold.train)));
                assert!((LEAST_BLOCKS..40).contains(&of(&fold.train).len()), "{count}");
                let (fit, validation) = inner(&fold.train, Some(&units), 0.2, 3);
                assert!(!validation.is_empty() && of(&fit).is_disjoint(&of(&validation)));
            }
        }
    }

    #[test]
    fn inner_folds_part_the_training_rows_by_whole_units() {
        let groups: Vec<u32> = (0..200).map(|row| row / 10).collect();
        let train: Vec<usize> = (0..200).filter(|row| row % 3 != 0).collect();
        let folds = inner_folds(&train, Some(&groups), 4, 9);
        let mut tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
        tested.sort_unstable();
        assert_eq!((folds.len(), &tested), (4, &train));
        for Fold { train: fitted, test } in &folds {
            assert!((30..=37).contains(&test.len()), "{}", test.len());
            assert!(fitted.iter().all(|row| test.iter().all(|other| groups[*row] != groups[*other])));
            assert_eq!(fitted.len() + test.len(), train.len());
        }
        assert_eq!(inner_folds(&train, Some(&groups), 4, 9), folds);
        assert_eq!(inner_folds(&[1, 2, 3], None, 5, 9).len(), 3);
        assert!(inner_folds(&[1, 2, 3], Some(&[0; 4]), 5, 9).is_empty());
    }

    #[test]
    fn the_inner_split_always_leaves_rows_to_fit() {
        let train = [3, 5, 8];
        assert_eq!(inner(&train, None, 0.0, 1), (train.to_vec(), Vec::new()));
        assert_eq!(inner(&train, Some(&[7; 9]), 0.5, 1), (train.to_vec(), Vec::new()));
        let (fit, validation) = inner(&train, None, 0.9, 1);
        assert_eq!((fit.len(), validation.len()), (1, 2));
        assert_eq!(inner(&[], None, 0.5, 1), (Vec::new(), Vec::new()));
    }

    #[test]
    fn inner_folds_test_every_training_row_once_and_part_no_unit() {
        let groups: Vec<u32> = (0..200).map(|row| row / 9).collect();
        let train: Vec<usize> = (0..200).filter(|row| row / 9 % 4 != 0).collect();
        for units in [Some(groups.as_slice()), None] {
            let folds = inner_folds(&train, units, 3, 5);
            let mut tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
            tested.sort_unstable();
            assert_eq!(tested, train);
            for fold in &folds {
                assert!(
                    fold.train.is_sorted()
                        && fold.test.is_sorted()
                        && fold.train.len() + fold.test.len() == train.len()
                );
                assert!(fold.test.len().abs_diff(train.len() / 3) <= 9, "{}", fold.test.len());
                let parted = |row: &usize| fold.train.iter().any(|other| groups[*row] == groups[*other]);
                assert!(units.is_none() || !fold.test.iter().any(parted));
            }
            assert_eq!(inner_folds(&train, units, 3, 5), folds);
            assert_ne!(inner_folds(&train, units, 3, 6), folds);
        }
        assert_eq!(inner_folds(&[0, 1, 20], Some(&groups), 3, 1).len(), 2, "as many folds as units");
    }
}
