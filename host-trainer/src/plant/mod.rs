//! Placeholder: plant.
