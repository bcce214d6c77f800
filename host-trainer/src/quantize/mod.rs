//! Placeholder: quantize.
