//! What the tests that cross crates share.

pub mod artifact;
pub mod bench;
pub mod data_sets;
pub mod kernels;
pub mod parity;
pub mod qemu;
