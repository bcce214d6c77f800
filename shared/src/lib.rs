//! What the workstation and the device must agree on to the bit.
//!
//! ```text
//!  raw window (i16 counts)          one slice, channel after channel
//!    │  features::extract_group     feature plan from the artifact, f32
//!    ▼
//!  features (f32)
//!    │  quant::quantize_feature     standardise, clip, round half up; raw samples by kernels::standardize, in integers
//!    ▼
//!  input views (i16)
//!    │  kernels, by layout          trunk once, then every head and linear path
//!    ▼
//!  outputs (i16, one tensor a task) ──► telemetry
//! ```
//!
//! Everything here is `no_std` and allocates nothing; `unsafe` is only where instructions of one processor are written out.
//! [`model::validate`] turns untrusted bytes into a [`model::Model`]; a [`model::Runtime`] made from that model and a large enough
//! arena runs without failing.
//!
//! Modules import each other in one direction only: `quant` ← `kernels` ← `model` ← `telemetry`; `features` uses `quant` alone.
#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

#[cfg(target_endian = "big")]
compile_error!("the artifact's weights are little-endian and used in place: build for a little-endian target");

#[cfg(feature = "builder")]
extern crate alloc;

pub mod decode;
pub mod features;
pub mod kernels;
pub mod model;
pub mod quant;
mod rolled;
pub mod seq;
pub mod telemetry;
