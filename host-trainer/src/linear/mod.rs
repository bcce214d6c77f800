//! Placeholder: linear.
