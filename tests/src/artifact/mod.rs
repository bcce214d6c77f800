//! Artifacts for tests: a small fixed one, random ones, one taken apart to break a rule, and an oracle that computes the
//! network again with exact integers.

pub mod convolutional;
pub mod every_feature;
mod front;
pub mod layers;
pub mod mutate;
pub mod oracle;
pub mod parts;
pub mod random;
pub mod random_network;
pub mod sample;
