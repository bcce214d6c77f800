//! The real data sets, which are not part of the project: where they are, and what a test says that does not find one.

use std::path::{Path, PathBuf};

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of the data set `name`, in `TRUNKLINE_DATA` or beside the project; `None` where it is absent, which is said in
/// the words that `tests/run` counts.
pub fn folder(name: &str) -> Option<PathBuf> {
    let sets = std::env::var_os("TRUNKLINE_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let folder = sets.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("data absent: {name}");
    None
}
