//! What is done by instructions of Armv7E-M and its single-precision FPU; the same bits as the portable code beside it.
//!
//! Two counts share a register. The functions in assembly read and write nothing but what their arguments point to, and take as
//! many instructions for one window as for any other of its length.

pub(super) mod fft;
pub(super) mod magnitude;
pub(super) mod root;
pub(super) mod sums;
