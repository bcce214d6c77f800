//! Chooses the kernels by target: `trunkline_kernels` is "m4" or "m0" where there is assembly, and not set elsewhere;
//! `trunkline_features` is "m4" likewise.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(trunkline_kernels, values(\"m4\", \"m0\"))");
    let target = env::var("TARGET").unwrap_or_default();
    // Features are f32: their assembly needs the FPU too.
    println!("cargo::rustc-check-cfg=cfg(trunkline_features, values(\"m4\"))");
    if target == "thumbv7em-none-eabihf" {
        println!("cargo::rustc-cfg=trunkline_features=\"m4\"");
    }
    if target.starts_with("thumbv7em") {
        println!("cargo::rustc-cfg=trunkline_kernels=\"m4\"");
    } else if target.starts_with("thumbv6m") {
        println!("cargo::rustc-cfg=trunkline_kernels=\"m0\"");
    }
}
