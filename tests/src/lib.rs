//! What the tests that cross crates share.

pub mod artifact;
pub mod bench;
pub mod data_sets;
pub mod depthwise;
pub mod kernels;
pub mod mcu_bench;
pub mod parity;
pub mod qemu;
pub mod trained;
