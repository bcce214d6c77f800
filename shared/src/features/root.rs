//! The square root, correctly rounded everywhere.

/// The square root of `value`, rounded to the nearest f32.
#[cfg(not(trunkline_features = "m4"))]
pub(super) fn sqrt(value: f32) -> f32 {
    libm::sqrtf(value)
}

#[cfg(trunkline_features = "m4")]
pub(super) use super::m4::root::sqrt;
