//! A list of postcard items decoded one at a time from borrowed bytes: the header's tables cost no RAM on the device.

use core::marker::PhantomData;

use serde::{Deserialize, Serialize};

/// `len` items of `T`, each postcard-encoded, back to back in `bytes`.
///
/// Iteration decodes on the fly. A sequence that passed [`Seq::check`] decodes the same way for ever, because its bytes are
/// borrowed and immutable; on one that did not, iteration ends at the first item that does not decode.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Seq<'a, T> {
    len: u16,
    bytes: &'a [u8],
    #[serde(skip)]
    items: PhantomData<fn() -> T>,
}

impl<T> Clone for Seq<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Seq<'_, T> {}

impl<T> PartialEq for Seq<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.bytes == other.bytes
    }
}

impl<T> Default for Seq<'_, T> {
    fn default() -> Self {
        Self::from_parts(0, &[])
    }
}

impl<'a, T> Seq<'a, T> {
    /// A sequence over `bytes`, which should hold `len` postcard items and nothing else ([`Seq::check`] tells).
    pub const fn from_parts(len: u16, bytes: &'a [u8]) -> Self {
        Self { len, bytes, items: PhantomData }
    }

    /// The number of items stated.
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether no item is stated.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<'a, T: Deserialize<'a>> Seq<'a, T> {
    /// The items in order.
    pub fn iter(&self) -> SeqIter<'a, T> {
        SeqIter { left: self.len, bytes: self.bytes, items: PhantomData }
    }

    /// Item `index`, decoded by walking from the first.
    pub fn get(&self, index: usize) -> Option<T> {
        self.iter().nth(index)
    }

    /// Whether exactly the stated number of items decodes from exactly the bytes held.
    pub fn check(&self) -> bool {
        let mut iter = self.iter();
        let decoded = iter.by_ref().count();
        decoded == self.len() && iter.bytes.is_empty()
    }
}

/// Iterator over the items of a [`Seq`].
#[derive(Debug, Clone)]
pub struct SeqIter<'a, T> {
    left: u16,
    bytes: &'a [u8],
    items: PhantomData<fn() -> T>,
}

impl<'a, T: Deserialize<'a>> Iterator for SeqIter<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.left == 0 {
            return None;
        }
        match postcard::take_from_bytes(self.bytes) {
            Ok((item, rest)) => {
                self.left -= 1;
                self.bytes = rest;
                Some(item)
            }
            Err(_) => {
                self.left = 0;
                None
            }
        }
    }
}
