//! A [`Seq`] that owns its bytes.

use alloc::vec::Vec;
use core::marker::PhantomData;

use serde::Serialize;

use super::postcard_bytes;
use crate::decode::Decode;
use crate::seq::Seq;

/// Postcard items, encoded and counted: what a [`Seq`] borrows from.
pub struct OwnedSeq<T> {
    len: u16,
    bytes: Vec<u8>,
    items: PhantomData<fn() -> T>,
}

impl<T: Serialize> OwnedSeq<T> {
    /// Encodes `items`; `None` where they are more than 65535.
    pub fn new(items: &[T]) -> Option<Self> {
        let len = u16::try_from(items.len()).ok()?;
        Some(Self { len, bytes: items.iter().flat_map(postcard_bytes).collect(), items: PhantomData })
    }
}

impl<T> OwnedSeq<T> {
    /// The sequence.
    pub fn borrow(&self) -> Seq<'_, T> {
        Seq::from_parts(self.len, &self.bytes)
    }
}

impl<T> Default for OwnedSeq<T> {
    fn default() -> Self {
        Self { len: 0, bytes: Vec::new(), items: PhantomData }
    }
}

impl<T> Clone for OwnedSeq<T> {
    fn clone(&self) -> Self {
        Self { len: self.len, bytes: self.bytes.clone(), items: PhantomData }
    }
}

impl<T> PartialEq for OwnedSeq<T> {
    fn eq(&self, other: &Self) -> bool {
        self.borrow() == other.borrow()
    }
}

impl<T: core::fmt::Debug + for<'a> Decode<'a>> core::fmt::Debug for OwnedSeq<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.borrow().iter()).finish()
    }
}
