//! A model found in its region and checked.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
#[path = "../footprint/mod.rs"]
mod footprint;

#[cfg(target_os = "none")]
use trunkline_shared::model::{image_len, validate};

#[cfg(target_os = "none")]
fn work(region: &'static [u8], arena: &mut [u32], window: &mut [i16]) -> Option<i16> {
    arena.fill(region.first().copied()?.into());
    window.fill(region.last().copied()?.into());
    let model = validate(region.get(..image_len(region).ok()?)?).ok()?;
    Some(model.window_len() as i16)
}

/// On a PC there is nothing to run: this lets the workspace build as a whole.
#[cfg(not(target_os = "none"))]
fn main() {
    println!("this program is linked by `cargo mcu-bench` for its size");
}
