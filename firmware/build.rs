//! Gives each board's binary its memory map and the linker scripts of its run-time crates.

use std::path::PathBuf;
use std::{env, fs, io};

/// A kind of processor.
struct Processor {
    arch: &'static str,
    /// The binaries for it alone, `src/bin/NAME/main.rs`.
    own: &'static [&'static str],
    /// The memory map of all its binaries, `memory/NAME.x`.
    memory: &'static str,
    /// cortex-m-rt's `link.x` includes `memory.x`; riscv-rt's wants it before.
    scripts: &'static [&'static str],
}

/// Those for every processor.
const COMMON: [&str; 6] =
    ["kernels", "bench", "footprint_base", "footprint_validator", "footprint_network", "footprint_runtime"];

const PROCESSORS: [Processor; 2] = [
    Processor { arch: "arm", own: &["mps2_an386", "no_panic"], memory: "mps2_an386", scripts: &["link.x"] },
    Processor { arch: "riscv32", own: &[], memory: "virt_rv32", scripts: &["memory.x", "link.x"] },
];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=memory");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return Ok(());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    for Processor { own, memory, scripts, .. } in PROCESSORS.iter().filter(|processor| processor.arch == arch) {
        // `memory.x` is looked up along the search path: a folder for each map.
        let folder = out.join(memory);
        fs::create_dir_all(&folder)?;
        fs::copy(format!("memory/{memory}.x"), folder.join("memory.x"))?;
        for binary in COMMON.iter().chain(*own) {
            println!("cargo::rustc-link-arg-bin={binary}=-L{}", folder.display());
            for script in *scripts {
                println!("cargo::rustc-link-arg-bin={binary}=-T{script}");
            }
            if env::var_os("CARGO_FEATURE_DEFMT").is_some() {
                println!("cargo::rustc-link-arg-bin={binary}=-Tdefmt.x");
            }
        }
    }
    Ok(())
}
