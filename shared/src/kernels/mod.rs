//! Integer kernels: one operation a file, the portable reference kept for ever as the oracle of every fast one.

pub mod reference;
