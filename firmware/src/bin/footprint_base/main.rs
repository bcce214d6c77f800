//! Nothing but what every program has: buffers that it touches.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
#[path = "../footprint/mod.rs"]
mod footprint;

#[cfg(target_os = "none")]
fn work(region: &'static [u8], arena: &mut [u32], window: &mut [i16]) -> Option<i16> {
    arena.fill(region.first().copied()?.into());
    window.fill(region.last().copied()?.into());
    window.first().copied()
}

/// On a PC there is nothing to run: this lets the workspace build as a whole.
#[cfg(not(target_os = "none"))]
fn main() {
    println!("this program is linked by `cargo mcu-bench` for its size");
}
