//! `[quantization]`.

use super::check;

#[test]
fn the_quantization_is_checked() {
    check(&[
        ("linear_bits = 16", "linear_bits = 12", "quantization.linear_bits", "12 bits", "8 or 16"),
        ("golden_windows = 4", "golden_windows = 0", "quantization.golden_windows", "0 golden", "boot"),
    ]);
}
