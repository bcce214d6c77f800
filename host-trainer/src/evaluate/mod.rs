//! Placeholder: evaluate.
