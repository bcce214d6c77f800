//! Methods of joint training side by side on the same folds.

mod methods;

pub use methods::{Applied, METHODS, Method, Overlay, method};
