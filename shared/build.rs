//! Chooses the kernels by target: `trunkline_kernels` is "m4" or "m0" where there is assembly, and not set elsewhere.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(trunkline_kernels, values(\"m4\", \"m0\"))");
    let target = env::var("TARGET").unwrap_or_default();
    if target.starts_with("thumbv7em") {
        println!("cargo::rustc-cfg=trunkline_kernels=\"m4\"");
    } else if target.starts_with("thumbv6m") {
        println!("cargo::rustc-cfg=trunkline_kernels=\"m0\"");
    }
}
