//! Artifacts for tests: a small fixed one, random ones, one taken apart to break a rule, and an oracle that computes the
//! network again with exact integers.

pub mod every_feature;
pub mod random_network;
pub mod sample;
