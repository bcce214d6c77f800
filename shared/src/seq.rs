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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Seq;

    /// 7, 300 and 0 as postcard's variable-length integers.
    const BYTES: [u8; 4] = [7, 0xac, 0x02, 0];

    #[test]
    fn items_decode_in_order() {
        let seq: Seq<'_, u16> = Seq::from_parts(3, &BYTES);
        assert_eq!(seq.iter().collect::<Vec<_>>(), [7, 300, 0]);
        assert_eq!((seq.len(), seq.is_empty(), seq.check()), (3, false, true));
        assert_eq!((seq.get(1), seq.get(3)), (Some(300), None));
    }

    #[test]
    fn empty_sequence_is_the_default() {
        let seq: Seq<'_, u16> = Seq::default();
        assert!(seq.is_empty() && seq.check() && seq.iter().next().is_none());
    }

    #[test]
    fn more_or_fewer_bytes_than_stated_items_fail_the_check() {
        for len in [0, 1, 2, 4, u16::MAX] {
            assert!(!Seq::<u16>::from_parts(len, &BYTES).check(), "{len} items stated");
        }
        assert!(!Seq::<u16>::from_parts(3, &BYTES[..3]).check());
    }

    #[test]
    fn iteration_ends_at_the_first_item_that_does_not_decode() {
        let cut: Seq<'_, u16> = Seq::from_parts(3, &BYTES[..2]);
        assert_eq!(cut.iter().collect::<Vec<_>>(), [7]);
        let wrong: Seq<'_, bool> = Seq::from_parts(3, &[1, 2, 1]);
        assert_eq!(wrong.iter().collect::<Vec<_>>(), [true]);
    }

    #[test]
    fn sequences_nest_and_borrow_through_postcard() {
        let inner: Seq<'_, &str> = Seq::from_parts(2, &[1, b'a', 2, b'b', b'c']);
        let mut buffer = [0; 16];
        let bytes = postcard::to_slice(&inner, &mut buffer).expect("fits");
        let back: Seq<'_, &str> = postcard::from_bytes(bytes).expect("decodes");
        assert_eq!(back, inner);
        assert!(back.check());
        assert_eq!(back.iter().collect::<Vec<_>>(), ["a", "bc"]);
    }

    proptest! {
        #[test]
        fn any_bytes_iterate_to_at_most_the_stated_items(len: u16, bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let seq: Seq<'_, (u16, &str)> = Seq::from_parts(len, &bytes);
            let items = seq.iter().count();
            prop_assert!(items <= seq.len());
            prop_assert!(!seq.check() || items == seq.len());
        }
    }
}
