//! Runs layers that the tests wrote to a file through the kernels of the packed layouts, on the board mps2-an386 of QEMU or, built
//! for Armv6-M, on mps2-an385: what a target has in assembly, and the portable form of the others, are compared with the
//! reference on the PC.
//!
//! `layers.u32` in QEMU's working directory holds layer after layer, all of u32 little-endian words:
//!
//! | what | words |
//! |---|---|
//! | layout: 0 m0, 1 m4 | 1 |
//! | weights: 0 int8, 1 int16, 2 int4 | 1 |
//! | rows, columns | 2 |
//! | zero as i32, range bits, relu, accumulate | 4 |
//! | words of the stream, then these | 1, as many |
//! | input, two elements a word, padded to a multiple of four elements | |
//! | output held, likewise | |
//!
//! The outputs, as they are afterwards, go to `outputs.u32`, layer after layer.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod device;

/// On a PC there is nothing to run: this lets the workspace build as a whole.
#[cfg(not(target_os = "none"))]
fn main() {
    println!("this program is firmware for tests in QEMU: build it for thumbv7em-none-eabihf or thumbv6m-none-eabi");
}
