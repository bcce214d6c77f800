//! The project file: its types, its parsing, and its checks.

mod types;

pub use types::*;
