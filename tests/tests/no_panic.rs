//! Nothing that a device does with a model, or with what its sensors give, can panic: the linker is asked.

use trunkline_tests::qemu::{Program, Target, build_errors, program};

#[test]
fn no_panic_can_be_reached_from_a_models_bytes_to_a_report() {
    for target in Target::BOARDS {
        program(target, Program::NoPanic);
    }
}

#[test]
fn a_panic_that_can_be_reached_stops_the_linker() {
    for target in Target::BOARDS {
        let errors = build_errors(target, Program::NoPanic, "reachable-panic");
        let symbol = "undefined symbol: a_panic_can_be_reached_see_firmware_src_bin_no_panic_main_rs";
        assert!(errors.contains(symbol), "{errors}");
    }
}
