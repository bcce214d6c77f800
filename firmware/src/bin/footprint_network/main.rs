//! A checked model, and its network over inputs in their tensor.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
#[path = "../footprint/mod.rs"]
mod footprint;

#[cfg(target_os = "none")]
use trunkline_shared::model::{ALL_TASKS, image_len, validate};

#[cfg(target_os = "none")]
fn work(region: &'static [u8], arena: &mut [u32], window: &mut [i16]) -> Option<i16> {
    arena.fill(region.first().copied()?.into());
    window.fill(region.last().copied()?.into());
    let network = validate(region.get(..image_len(region).ok()?)?).ok()?.network();
    network.tensor_mut(0, arena).iter_mut().zip(window).for_each(|(input, sample)| *input = *sample);
    network.run(arena, ALL_TASKS);
    network.tensor(1, arena).first().copied()
}

/// On a PC there is nothing to run: this lets the workspace build as a whole.
#[cfg(not(target_os = "none"))]
fn main() {
    println!("this program is linked by `cargo mcu-bench` for its size");
}
