use std::collections::BTreeSet;

use super::inner::LEAST_BLOCKS;
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
    assert_eq!(
        evidence_units(&project, &data).as_deref(),
        Some(&groups[..]),
        "rows of a group are one piece of evidence"
    );
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
                fold.train.is_sorted() && fold.test.is_sorted() && fold.train.len() + fold.test.len() == train.len()
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
