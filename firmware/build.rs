//! Gives each board's binary its memory map and the linker scripts of its run-time crates.

use std::path::PathBuf;
use std::{env, fs, io};

/// The boards: each is a binary `src/bin/NAME/main.rs` with a memory map `memory/NAME.x`.
const BOARDS: [&str; 1] = ["mps2_an386"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=memory");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return Ok(());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    for board in BOARDS {
        // cortex-m-rt's link.x includes `memory.x`, looked up along the search path: a folder for each board.
        let folder = out.join(board);
        fs::create_dir_all(&folder)?;
        fs::copy(format!("memory/{board}.x"), folder.join("memory.x"))?;
        println!("cargo::rustc-link-arg-bin={board}=-L{}", folder.display());
        println!("cargo::rustc-link-arg-bin={board}=-Tlink.x");
        if env::var_os("CARGO_FEATURE_DEFMT").is_some() {
            println!("cargo::rustc-link-arg-bin={board}=-Tdefmt.x");
        }
    }
    Ok(())
}
