//! What `cargo mcu-bench` counts: whether the count is exact, what it has to stay below, and what it must not depend on.

use trunkline_tests::data_sets;
use trunkline_tests::mcu_bench::baseline::{Baseline, Change, changes};
use trunkline_tests::mcu_bench::case::{Case, cases};
use trunkline_tests::mcu_bench::device::{KNOWN_INSTRUCTIONS, count};
use trunkline_tests::mcu_bench::limits::verdicts;
use trunkline_tests::mcu_bench::markdown::markdown;
use trunkline_tests::mcu_bench::measure::measure;
use trunkline_tests::mcu_bench::report::{changes_text, limits};
use trunkline_tests::mcu_bench::trace::profile;
use trunkline_tests::mcu_bench::variation::{network, path};
use trunkline_tests::qemu::{Target, device_compiler};

/// Windows that try to make the count vary.
const WINDOWS: usize = 10_000;
/// Most that it may, as a share of the median.
const MOST_VARIATION: f64 = 0.05;

fn case(name: &str) -> Option<Case> {
    cases(|case| case == name).pop()
}

#[test]
fn a_loop_of_known_length_counts_what_it_has() {
    let case = case("t1_int8").expect("it needs no data");
    for target in Target::ALL {
        let counts = count(target, &case.subject);
        assert_eq!(counts.empty.instructions, 0.0, "{target:?}");
        // One instruction or two load the number of turns.
        let excess = counts.known_loop.instructions - KNOWN_INSTRUCTIONS;
        assert!((0.5..=2.5).contains(&excess), "{target:?} counts {excess} too many");
    }
}

#[test]
fn the_clock_counts_the_instructions_that_the_trace_shows() {
    for name in ["t1_int8", "t2_int4", "features_statistics"] {
        let case = case(name).expect("it needs no data");
        for target in Target::ALL {
            let counts = count(target, &case.subject);
            let counted = if name == "features_statistics" { counts.features } else { counts.network };
            let excess = profile(target, &case).instructions as f64 - counted.instructions;
            // The call between the marks; where floats are computed by software the trace misses two in a thousand.
            assert!(
                excess.abs() < 24.0 + 0.005 * counted.instructions,
                "{name} on {target:?}: the trace shows {excess} more"
            );
        }
    }
}

#[test]
fn every_limit_holds_and_no_count_has_grown() {
    let records = measure(&Target::ALL, |_| true);
    let (compiler, baseline) = (device_compiler(), Baseline::load());
    println!("{}", limits(&records));
    let broken: Vec<_> =
        verdicts(&records).into_iter().filter(|verdict| !verdict.holds() && !verdict.is_open()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    match baseline.0.get(&compiler) {
        Some(before) => {
            let changes = changes(before, &records);
            println!("{}", changes_text(&compiler, &changes));
            let grown: Vec<&Change> = changes.iter().filter(|change| change.is_growth()).collect();
            assert!(grown.is_empty(), "on purpose? then `cargo mcu-bench --save`: {grown:#?}");
        }
        // Another compiler's code counts otherwise: to be looked at.
        None => {
            for (other, before) in &baseline.0 {
                println!("{compiler} {}", changes_text(other, &changes(before, &records)));
            }
        }
    }
}

#[test]
fn the_readme_has_the_tables_of_the_baseline() {
    let readme = std::fs::read_to_string(data_sets::root().join("README.md")).expect("the project has a README");
    let is_there = |records: &Vec<_>| readme.contains(&markdown(records));
    assert!(
        Baseline::load().0.values().any(is_there),
        "README.md does not hold what `cargo mcu-bench --markdown` prints"
    );
}

#[test]
fn a_network_takes_the_same_whatever_its_inputs() {
    let case = case("t1_int8").expect("it needs no data");
    for target in Target::ALL {
        let spread = network(target, &case.subject, WINDOWS);
        println!("t1_int8 on {target:?}: {spread:?}");
        // Assembly: nothing but a tick of the clock at either end, over eight repeats. Compiled code has a few branches.
        let most = if target == Target::Rv32 { MOST_VARIATION * spread.median } else { 10.0 };
        assert!(spread.most - spread.least <= most, "{target:?}: {spread:?}");
    }
}

#[test]
fn a_window_takes_the_same_whatever_it_holds_and_no_more_where_samples_are_missing() {
    for name in ["plant", "hydraulic"] {
        let Some(case) = case(name) else { continue };
        let whole = path(Target::CortexM4f, &case.subject, WINDOWS, false);
        let missing = path(Target::CortexM4f, &case.subject, WINDOWS, true);
        println!("{name}: {whole:?}, with missing samples {missing:?}");
        assert!(whole.share() <= MOST_VARIATION, "{name}: {whole:?}");
        // What is missing whole is not computed, which only saves.
        assert!(missing.most <= (1.0 + MOST_VARIATION) * whole.median, "{name}: {missing:?} against {whole:?}");
    }
}
