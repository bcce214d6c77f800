//! `[quantization]`.

use trunkline_trainer::config::parse;

use super::{RIG, check};

#[test]
fn the_quantization_is_checked() {
    check(&[
        ("linear_bits = 16", "linear_bits = 12", "quantization.linear_bits", "12 bits", "8 or 16"),
        ("golden_windows = 4", "mode = \"both\"", "quantization.mode", "unknown variant", "ptq"),
        ("golden_windows = 4", "weights = \"int2\"", "quantization.weights", "unknown variant", "int4"),
        ("golden_windows = 4", "qat_epochs = 5", "quantization.qat_epochs", "not asked for", "qat"),
        ("golden_windows = 4", "qat_epochs = 0\nmode = \"qat\"", "quantization.qat_epochs", "outside", "range"),
        ("golden_windows = 4", "mixed_tolerance = 0.1", "quantization.mixed_tolerance", "no choice", "mixed"),
        (
            "golden_windows = 4",
            "mixed_tolerance = -0.1\nweights = \"mixed\"",
            "quantization.mixed_tolerance",
            "outside",
            "range",
        ),
        ("golden_windows = 4", "golden_windows = 0", "quantization.golden_windows", "0 golden", "boot"),
    ]);
}

/// The key at fault in the rig's file after each of `replacements`, everywhere.
fn key(replacements: &[(&str, &str)]) -> String {
    let replaced = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "the text has no {from:?}");
        text.replace(from, to)
    };
    parse(&replacements.iter().fold(RIG.to_owned(), replaced), "rig.toml").expect_err("refused").key
}

#[test]
fn what_has_nothing_to_act_on_is_refused() {
    let alone = ("role = ", "trunk_head = false\nrole = ");
    assert_eq!(key(&[alone, ("golden_windows = 4", "weights = \"int4\"")]), "quantization.weights");
    let aware = ("golden_windows = 4", "mode = \"qat\"");
    let frozen = [
        ("\nlinear = { mode = \"zero\", scale = 1.0, l2 = 1e-3 }", ""),
        ("kind = \"", "linear = { mode = \"frozen\" }\nkind = \""),
    ];
    assert_eq!(key(&[alone, frozen[0], frozen[1], aware]), "quantization.mode");
    let linear = [
        ("clip_sd = 8.0", "kind = \"linear\""),
        ("input_noise = 0.3", ""),
        ("\nloss = { name = \"huber\", delta = 0.5 }", ""),
    ];
    let linear = [linear[0], linear[1], linear[2], frozen[0]];
    assert_eq!(key(&[linear[0], linear[1], linear[2], linear[3], aware]), "quantization.mode");
    let mixed = ("golden_windows = 4", "weights = \"mixed\"");
    assert_eq!(key(&[linear[0], linear[1], linear[2], linear[3], mixed]), "quantization.weights");
}
