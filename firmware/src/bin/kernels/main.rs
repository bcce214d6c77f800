//! Runs layers that the tests wrote to a file through the kernels of the packed layouts, on the board mps2-an386 of QEMU or, built
//! for Armv6-M, on mps2-an385, or for RV32 on `virt`: what a target has in assembly, and the portable form of the others, are compared with the
//! reference on the PC.
//!
//! `layers.u32` in QEMU's working directory holds layer after layer, all of u32 little-endian words:
//!
//! | what | words |
//! |---|---|
//! | form: 0 fully connected in layout m0, 1 in layout m4, 2 depthwise in layout m4 | 1 |
//! | fully connected: weights (0 int8, 1 int16, 2 int4), rows, columns | 3 |
//! | depthwise: channels, samples, rows, kernel, stride | 5 |
//! | zero as i32, range bits, relu, accumulate | 4 |
//! | words of the stream, then these | 1, as many |
//! | input, two elements a word, padded to a multiple of four elements | |
//! | output held, likewise; of a depthwise convolution position by position | |
//!
//! Form 3 are samples to be standardised: their number, mean as i32, multiplier, range bits, then the samples, two a word, of which the
//! first is left out; as many outputs.
//!
//! The outputs, as they are afterwards, go to `outputs.u32`, layer after layer.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod device;

/// On a PC there is nothing to run: this lets the workspace build as a whole.
#[cfg(not(target_os = "none"))]
fn main() {
    println!("this program is firmware for tests in QEMU: `cargo test` builds and runs it");
}
