//! `[data]`, and what the loader named there expects of the other sections.

use trunkline_trainer::config::parse;

use super::{RIG, check, error};

#[test]
fn the_data_table_is_checked() {
    check(&[
        ("window_s = 2.0", "window_s = 0.0", "data.window_s", "a window of 0 s", "whole milliseconds"),
        ("window_s = 2.0", "window_s = nan", "data.window_s", "NaN", "whole milliseconds"),
        (
            "file = \"labels.csv\"",
            "file = \"\"",
            "data.file",
            "needs the file of labels",
            "relative to the data folder",
        ),
    ]);
    for (from, to, key) in [
        ("window_s = 2.0\n", "", "data.window_s"),
        ("file = \"labels.csv\"\n", "", "data.file"),
        ("window_s = 2.0\n", "window_s = 2.0\nheader = \"h\"\n", "data.header"),
        ("window_s = 2.0\n", "window_s = 2.0\nplant = {}\n", "data.plant"),
    ] {
        assert_eq!(error(from, to).0.key, key);
    }
    let weights = RIG.replace("window_s = 2.0", "window_s = 2.0\nrow_weight = \"times\"");
    parse(&weights, "rig.toml").unwrap();
    let personal = weights.replace("[model]", "[personalize]\nby = \"run\"\n[model]");
    let error = parse(&personal, "rig.toml").unwrap_err();
    assert!(error.key == "data.row_weight" && error.problem.contains("personal heads"), "{error}");
    let plant = include_str!("../../examples/plant.toml").replace("[data]", "[data]\nrow_weight = \"times\"");
    let error = parse(&plant, "plant.toml").unwrap_err();
    assert!(error.key == "data.row_weight" && error.problem.contains("only read with"), "{error}");
}

#[test]
fn a_window_is_a_whole_number_of_milliseconds() {
    for window in ["0.0004", "0.0015", "0.0", "-1.0", "nan"] {
        assert_eq!(error("window_s = 2.0", &format!("window_s = {window}")).0.key, "data.window_s", "{window}");
    }
    for window in ["0.01", "0.07", "0.29", "1.1", "2"] {
        // A short one may have too few samples for a feature, which is another finding.
        let text = RIG.replace("window_s = 2.0", &format!("window_s = {window}"));
        assert!(parse(&text, "rig.toml").err().is_none_or(|error| error.key != "data.window_s"), "{window}");
    }
}

#[test]
fn tables_take_single_values_only() {
    let table = |channel: &str| {
        let text = format!(
            "name = \"t\"\n[data]\nloader = \"table\"\nfile = \"t.csv\"\n[split]\nmethod = \"random\"\n[[channels]]\nname = \"a\"\n{channel}\n\
             [[tasks]]\nname = \"y\"\nrole = \"other\"\nkind = \"regression\"\ntarget = {{ column = \"y\" }}\n"
        );
        parse(&text, "t.toml")
    };
    table("features = [\"raw\"]").unwrap();
    for (channel, key) in [
        ("features = [\"sd\"]", "channels[0].features[0]"),
        ("file = \"a.txt\"", "channels[0].file"),
        ("rate_hz = 1.0", "channels[0].rate_hz"),
        ("fft_size = 64", "channels[0].fft_size"),
        ("range = [0, 1]\ntransform = \"rank\"", "channels[0].range"),
        ("input = false", "channels"),
        ("column = \"y\"", "tasks[0].target.column"),
    ] {
        assert_eq!(table(channel).unwrap_err().key, key);
    }
}

#[test]
fn the_simulated_plant_is_checked_against_its_own_sensors() {
    let default = trunkline_trainer::plant::DEFAULT_PROJECT;
    parse(default, "plant.toml").unwrap();
    let key = |from: &str, to: &str| {
        assert!(default.contains(from), "{from}");
        parse(&default.replacen(from, to, 1), "plant.toml").unwrap_err().key
    };
    assert_eq!(key("unit = \"A\"", "unit = \"V\""), "channels[3].unit");
    assert_eq!(key("[\"mean\", \"sd\"]", "[\"block_means(33)\"]"), "channels[3].features[0]");
    assert_eq!(key("unit = \"g\"", "unit = \"g\"\nfft_size = 4096"), "channels[0].fft_size");
    assert_eq!(key("group = \"machine\"", "group = \"day\""), "split.group");
    assert_eq!(key("machines = 24", "machines = 0"), "data.plant.machines");
    assert_eq!(key("unit = \"A\"", "unit = \"A\"\ninput = false\noptional = true"), "channels[3].optional");
    assert_eq!(
        key("[\"vib_x\", \"vib_y\", \"vib_z\"]", "[\"vib_x\", \"vib_y\", \"current\"]"),
        "magnitudes[0].channels[2]"
    );
}
