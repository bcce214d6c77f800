//! Gives each board's binary its memory map and the linker scripts of its run-time crates.

use std::path::PathBuf;
use std::{env, fs, io};

/// Each binary, `src/bin/NAME/main.rs`, and the board whose memory map it has, `memory/NAME.x`.
const BINARIES: [(&str, &str); 2] = [("mps2_an386", "mps2_an386"), ("kernels", "mps2_an386")];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=memory");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return Ok(());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    for (binary, board) in BINARIES {
        // cortex-m-rt's link.x includes `memory.x`, looked up along the search path: a folder for each board.
        let folder = out.join(board);
        fs::create_dir_all(&folder)?;
        fs::copy(format!("memory/{board}.x"), folder.join("memory.x"))?;
        println!("cargo::rustc-link-arg-bin={binary}=-L{}", folder.display());
        println!("cargo::rustc-link-arg-bin={binary}=-Tlink.x");
        if env::var_os("CARGO_FEATURE_DEFMT").is_some() {
            println!("cargo::rustc-link-arg-bin={binary}=-Tdefmt.x");
        }
    }
    Ok(())
}
