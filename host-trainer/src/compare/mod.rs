//! Methods of joint training side by side on the same folds.

mod methods;

pub use methods::{AS_CONFIGURED, Applied, METHODS, Method, Overlay, method};
