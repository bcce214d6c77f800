//! The joint network: as plain numbers ([`FloatModel`]) and as a candle graph ([`net`]).

pub(crate) mod block_diagonal;
mod cascade;
pub(crate) mod convolution;
pub(crate) mod convolve;
mod decision;
mod float;
mod forward;
pub(crate) mod fully_connected;
mod gradient;
pub(crate) mod init;
pub mod net;
mod normalization;
mod place;
pub(crate) mod product;
pub(crate) mod rounding;
mod softmax;

pub(crate) use cascade::read_order;
pub use convolution::{Convolution, FrontEnd, FrontShape};
pub use decision::{Decision, log_probabilities};
pub use float::{Dense, FloatModel, ModalityBranch, Normalization, RawScale, ReadPath, TargetScale, TaskHead, Trunk};
pub(crate) use forward::BranchActivations;
pub use normalization::Standardized;
pub use place::LayerPlace;
pub(crate) use softmax::softmax;
