//! Defaults of keys, as serde asks for them.

/// Of a key that is on unless it is switched off.
pub(super) fn yes() -> bool {
    true
}

/// Whether a key that is younger than committed results has its default, and is left out of the resolved project.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
