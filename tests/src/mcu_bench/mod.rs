//! `cargo mcu-bench`: what a model costs on each core, counted in QEMU.
//!
//! ```text
//! case: which model, and how much of its way
//!   ├── networks, features, trained models ──► subject: artifact and input
//!   ├── device: the program `bench` counts instructions and stack
//!   ├── trace: every block that ran, for cycles (by a model) and profiles
//!   ├── footprint: flash by the difference between links
//!   └── record ──► limits, baseline, report, markdown
//! ```

pub mod baseline;
pub mod case;
pub mod cli;
mod cycles;
pub mod device;
pub mod features;
pub mod footprint;
pub mod limits;
pub mod markdown;
pub mod measure;
pub mod networks;
pub mod peers;
pub mod record;
pub mod report;
pub mod shares;
pub mod subject;
pub mod trace;
pub mod variation;
