//! A checked model, and its whole path from a raw window.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
#[path = "../footprint/mod.rs"]
mod footprint;

#[cfg(target_os = "none")]
use trunkline_shared::model::{Runtime, image_len, validate};

#[cfg(target_os = "none")]
fn work(region: &'static [u8], arena: &mut [u32], window: &mut [i16]) -> Option<i16> {
    arena.fill(region.first().copied()?.into());
    window.fill(region.last().copied()?.into());
    let model = validate(region.get(..image_len(region).ok()?)?).ok()?;
    let mut runtime = Runtime::new(model, arena).ok()?;
    runtime.infer(window).ok()?.outputs.first().copied()
}

/// On a PC there is nothing to run: this lets the workspace build as a whole.
#[cfg(not(target_os = "none"))]
fn main() {
    println!("this program is linked by `cargo mcu-bench` for its size");
}
