//! Arm MPS2 board with image AN386 (Cortex-M4F), as QEMU's machine `mps2-an386` emulates it; the same binary, built for
//! Armv6-M, runs on `mps2-an385` too.
//!
//! The sensors are a recording: QEMU's working directory holds `windows.i16`, raw windows of i16 little-endian counts one after
//! the other, each as the runtime takes it, or else `values.f32`, the same as f32 little-endian values in the channels' units,
//! NaN where missing, which the board encodes. They are played through sampler, queue and application as fast as these go; the
//! board then leaves QEMU. The reports go to UART 0. With the semihosting argument `diagnostic` the features are reported too.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod device;
#[cfg(target_os = "none")]
mod model_region;
#[cfg(target_os = "none")]
mod recording;
#[cfg(target_os = "none")]
mod uart;

/// On a PC there is nothing to run: this lets the workspace build as a whole.
#[cfg(not(target_os = "none"))]
fn main() {
    println!("this program is firmware for the board mps2-an386: build it for thumbv7em-none-eabihf");
}
