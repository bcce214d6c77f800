//! Counts the instructions that a model takes, and the stack, for `cargo mcu-bench`: in QEMU, on the boards mps2-an386 (Cortex-M4F),
//! mps2-an385 (code for Armv6-M) or `virt` (RV32), with `-icount shift=0`.
//!
//! The model lies in its region, QEMU's working directory holds little-endian i16:
//!
//! | file | what |
//! |---|---|
//! | `inputs.i16` | what the network starts from: the elements of the views' tensors in the order of the views, set after set |
//! | `windows.i16` | raw windows, one after the other |
//!
//! Without an argument the program takes the first of each, prints a line for everything that it counted, as `cost` says, and
//! writes `outputs.i16`: the outputs of all tasks by the network alone, then by the whole path. With the arguments `each network N` or `each window N` it
//! counts every input, N times over each, and writes the counts to `counts.u32`. With `trace network`, `trace window` or `trace
//! features` it does that once, between the marks of `marker`.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod clock;
#[cfg(target_os = "none")]
mod cost;
#[cfg(target_os = "none")]
mod device;
#[cfg(target_os = "none")]
mod files;
#[cfg(target_os = "none")]
mod known_loop;
#[cfg(target_os = "none")]
mod marker;
#[cfg(target_os = "none")]
#[path = "../mps2_an386/model_region.rs"]
mod model_region;
#[cfg(target_os = "none")]
mod stack;

/// On a PC there is nothing to run: this lets the workspace build as a whole.
#[cfg(not(target_os = "none"))]
fn main() {
    println!("this program is firmware for QEMU: `cargo mcu-bench` builds and runs it");
}
