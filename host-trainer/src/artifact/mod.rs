//! Placeholder: artifact.
