//! The way of a model to its processor: train, pack, inspect, and back to the plain layout.

mod command;

use std::fs;

use command::{assert_code, json, run, stderr, stdout, write_project};

#[test]
fn a_model_is_packed_and_unpacked_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_project(folder.path(), 2);
    let result = folder.path().join("result");
    assert_code(&run(&["train", "--config", &config, "--out", result.to_str().unwrap()]), 0);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let model = result.join("model.tlm").to_str().unwrap().to_owned();
    let plain = fs::read(&model).unwrap();
    for layout in ["m4", "m0", "plain"] {
        let out = path(&format!("{layout}.tlm"));
        let packed = run(&["pack", &model, "--layout", layout, "--out", &out, "--json"]);
        assert_code(&packed, 0);
        assert_eq!(json(&packed)["layout"].as_str(), Some(layout));
        assert_eq!(json(&packed)["bytes"].as_u64(), Some(fs::metadata(&out).unwrap().len()));
        let inspected = run(&["inspect", &out, "--json"]);
        assert_eq!(json(&inspected)["layout"].as_str(), Some(layout));
        let back = path("back.tlm");
        assert_code(&run(&["pack", &out, "--layout", "plain", "--out", &back]), 0);
        assert_eq!(fs::read(&back).unwrap(), plain, "{layout}");
    }
    let text = stdout(&run(&["inspect", &path("m0.tlm")]));
    assert!(text.contains("layout m0"), "{text}");
}

#[test]
fn a_model_beyond_the_boards_memory_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_project(folder.path(), 2);
    let result = folder.path().join("result");
    assert_code(&run(&["train", "--config", &config, "--out", result.to_str().unwrap()]), 0);
    let model = result.join("model.tlm");
    let out = folder.path().join("packed.tlm");
    for limit in ["--max-arena", "--max-flash"] {
        let refused =
            run(&["pack", model.to_str().unwrap(), "--layout", "m0", "--out", out.to_str().unwrap(), limit, "100"]);
        assert_code(&refused, 5);
        assert!(stderr(&refused).contains(limit) && stderr(&refused).contains("100"), "{}", stderr(&refused));
        assert!(!out.exists());
    }
}
