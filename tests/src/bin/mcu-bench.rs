//! `cargo mcu-bench`, see [`trunkline_tests::mcu_bench`].

fn main() {
    trunkline_tests::mcu_bench::cli::run();
}
