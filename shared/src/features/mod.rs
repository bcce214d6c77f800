//! From a raw window to the feature vector, by the plan that the artifact carries.

mod plan;

pub use plan::{Feature, FeatureGroup, Source};
