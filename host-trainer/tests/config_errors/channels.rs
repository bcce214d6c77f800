//! `[[channels]]` and `[[magnitudes]]`.

use trunkline_trainer::config::parse;

use super::{RIG, check, error};

#[test]
fn channels_are_checked() {
    check(&[
        ("name = \"p\"", "name = \"\"", "channels[0].name", "empty", "give a name"),
        ("name = \"p\"", "name = \" p\"", "channels[0].name", "spaces", "remove"),
        ("name = \"q\"", "name = \"p\"", "channels[1].name", "named \"p\"", "must differ"),
        ("name = \"pqr\"", "name = \"p\"", "magnitudes[0].name", "named \"p\"", "must differ"),
        ("rate_hz = 100.0", "rate_hz = 100.3", "channels[0].rate_hz", "200.6 samples", "whole number"),
        ("rate_hz = 100.0", "rate_hz = 0.0", "channels[0].rate_hz", "0 Hz", "millihertz"),
        ("rate_hz = 100.0", "rate_hz = 0.0001", "channels[0].rate_hz", "0.0001 Hz", "millihertz"),
        ("rate_hz = 100.0", "rate_hz = 10000.0", "channels[0].rate_hz", "20000 samples", "16384"),
        ("range = [0.0, 10.0]", "range = [10.0, 0.0]", "channels[0].range", "from 10 to 0", "LOW below HIGH"),
        ("range = [0.0, 10.0]", "range = [0.0, nan]", "channels[0].range", "NaN", "LOW below HIGH"),
        ("range = [0.0, 10.0]", "range = [0.0, inf]", "channels[0].range", "inf", "at most"),
        ("fft_size = 128", "fft_size = 100", "channels[0].fft_size", "no power of two", "(128)"),
        ("fft_size = 128", "fft_size = 256", "channels[0].fft_size", "exceeds the window of 200", "at most 128"),
        (
            "features = [\"mean\", \"band_energies(8)\"]",
            "features = [\"mean\", \"bandenergies(8)\"]",
            "channels[0].features[1]",
            "unknown feature",
            "did you mean",
        ),
        (
            "features = [\"mean\", \"band_energies(8)\"]",
            "features = [\"mean\", \"mean\"]",
            "channels[0].features[1]",
            "repeats",
            "remove",
        ),
        (
            "features = [\"mean\", \"band_energies(8)\"]",
            "features = [\"end_difference(101)\"]",
            "channels[0].features[0]",
            "at least 202 samples",
            "at most end_difference(100)",
        ),
        (
            "features = [\"mean\", \"band_energies(8)\"]",
            "features = [\"band_energy(10..60)\"]",
            "channels[0].features[0]",
            "half the sample rate, 50 Hz",
            "lower",
        ),
        (
            "file = \"p.txt\"\nrate_hz",
            "column = \"p\"\nfile = \"p.txt\"\nrate_hz",
            "channels[0].column",
            "only read with loader = \"table\"",
            "remove",
        ),
        (
            "file = \"p.txt\"\nrate_hz",
            "transform = \"rank\"\nfile = \"p.txt\"\nrate_hz",
            "channels[0].transform",
            "no transform",
            "table",
        ),
    ]);
    for (line, key) in
        [("file = \"p.txt\"\n", "file"), ("rate_hz = 100.0\n", "rate_hz"), ("range = [0.0, 10.0]\n", "range")]
    {
        assert_eq!(error(line, "").0.key, format!("channels[0].{key}"));
    }
    // A channel that no feature and no magnitude reads.
    assert_eq!(
        error("channels = [\"p\", \"q\", \"r\"]\nfeatures = [\"rms\"]", "features = [\"rms\"]").0.key,
        "magnitudes[0].channels"
    );
    let alone =
        RIG.replace("[[magnitudes]]\nname = \"pqr\"\nchannels = [\"p\", \"q\", \"r\"]\nfeatures = [\"rms\"]\n", "");
    assert_eq!(parse(&alone, "rig.toml").unwrap_err().key, "channels[2].features");
}

#[test]
fn magnitudes_are_of_three_different_input_channels_with_equal_codes() {
    check(&[
        (
            "channels = [\"p\", \"q\", \"r\"]",
            "channels = [\"p\", \"q\", \"s\"]",
            "magnitudes[0].channels[2]",
            "no input channel is named \"s\"",
            "known: p, q, r",
        ),
        (
            "channels = [\"p\", \"q\", \"r\"]",
            "channels = [\"p\", \"q\", \"q\"]",
            "magnitudes[0].channels[2]",
            "stands twice",
            "three different",
        ),
        ("features = [\"rms\"]", "features = []", "magnitudes[0].features", "nothing is computed", "list features"),
        (
            "features = [\"rms\"]",
            "features = [\"block_means(201)\"]",
            "magnitudes[0].features[0]",
            "200 samples",
            "at most",
        ),
    ]);
    let unequal = RIG.replace("range = [0.0, 10.0]\n[[magnitudes]]", "range = [0.0, 20.0]\n[[magnitudes]]");
    let error = parse(&unequal, "rig.toml").unwrap_err();
    assert_eq!(error.key, "magnitudes[0].channels[2]");
    assert!(error.problem.contains("\"r\" and \"p\" differ"), "{error}");
}
