//! A list of postcard items decoded one at a time from borrowed bytes: the header's tables cost no RAM on the device.

use core::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::decode::{Cursor, Decode};

/// `len` items of `T`, each postcard-encoded, back to back in `bytes`.
///
/// Iteration decodes on the fly. A sequence that passed [`Seq::check`] decodes the same way for ever, because its bytes are
/// borrowed and immutable; on one that did not, iteration ends at the first item that does not decode.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Seq<'a, T> {
    #[serde(borrow)]
    items: Items<'a>,
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

/// What a sequence of any type consists of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Items<'a> {
    len: u16,
    bytes: &'a [u8],
}

impl<'a> Items<'a> {
    /// The number of items stated.
    pub(crate) const fn len(&self) -> u16 {
        self.len
    }

    /// At the first item.
    pub(crate) const fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self.bytes)
    }

    /// Whether exactly the stated number of items decodes from exactly the bytes held; `skip` passes over one.
    #[inline(never)]
    pub(crate) fn check(&self, skip: fn(&mut Cursor<'a>)) -> bool {
        let mut cursor = self.cursor();
        for _ in 0..self.len {
            skip(&mut cursor);
        }
        cursor.rest().is_some_and(<[u8]>::is_empty)
    }
}

impl<T> Clone for Seq<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Seq<'_, T> {}

impl<T> PartialEq for Seq<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl<T> Default for Seq<'_, T> {
    fn default() -> Self {
        Self::from_parts(0, &[])
    }
}

impl<'a> Decode<'a> for Items<'a> {
    #[inline(never)]
    fn decode(from: &mut Cursor<'a>) -> Self {
        Self { len: from.u16(), bytes: from.bytes() }
    }
}

impl<'a, T> Decode<'a> for Seq<'a, T> {
    fn decode(from: &mut Cursor<'a>) -> Self {
        Self { items: Decode::decode(from), of: PhantomData }
    }
}

impl<'a, T> Seq<'a, T> {
    /// A sequence over `bytes`, which should hold `len` postcard items and nothing else ([`Seq::check`] tells).
    pub const fn from_parts(len: u16, bytes: &'a [u8]) -> Self {
        Self { items: Items { len, bytes }, of: PhantomData }
    }

    /// The number of items stated.
    pub const fn len(&self) -> usize {
        self.items.len as usize
    }

    /// The same bytes, of which less is read: `U` decodes wherever `T` does.
    pub(crate) const fn same_items<U>(self) -> Seq<'a, U> {
        Seq { items: self.items, of: PhantomData }
    }

    /// The items without their type.
    pub(crate) const fn items(&self) -> &Items<'a> {
        &self.items
    }

    /// Whether no item is stated.
    pub const fn is_empty(&self) -> bool {
        self.items.len == 0
    }
}

impl<'a, T: Decode<'a>> Seq<'a, T> {
    /// The items in order.
    pub fn iter(&self) -> SeqIter<'a, T> {
        SeqIter { left: self.items.len, cursor: self.items.cursor(), of: PhantomData }
    }

    /// Gives every item with its index to `visit`, until that fails. For a sequence that passed [`Seq::check`].
    #[inline]
    pub(crate) fn try_each<E>(&self, mut visit: impl FnMut(u8, &T) -> Result<(), E>) -> Result<(), E> {
        let mut cursor = self.items.cursor();
        for index in 0..self.items.len() {
            visit(index as u8, &T::decode(&mut cursor))?;
        }
        Ok(())
    }

    /// Item `index`, decoded by walking from the first.
    pub fn get(&self, index: usize) -> Option<T> {
        let mut cursor = self.items.cursor();
        for _ in 0..self.items.len().min(index as u16) {
            T::decode(&mut cursor);
        }
        if index < self.len() { cursor.take() } else { None }
    }

    /// Whether exactly the stated number of items decodes from exactly the bytes held.
    pub fn check(&self) -> bool {
        self.items.check(skip::<T>)
    }
}

/// Passes over a value.
pub(crate) fn skip<'a, T: Decode<'a>>(from: &mut Cursor<'a>) {
    T::decode(from);
}

/// Iterator over the items of a [`Seq`].
#[derive(Debug, Clone)]
pub struct SeqIter<'a, T> {
    left: u16,
    cursor: Cursor<'a>,
    of: PhantomData<fn() -> T>,
}

impl<'a, T: Decode<'a>> Iterator for SeqIter<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        // A cursor that has failed stays so: nothing follows.
        self.cursor.take()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Seq;
    use crate::decode::{Cursor, Decode};

    impl<'a> Decode<'a> for u16 {
        fn decode(from: &mut Cursor<'a>) -> Self {
            from.u16()
        }
    }

    impl<'a> Decode<'a> for bool {
        fn decode(from: &mut Cursor<'a>) -> Self {
            from.bool()
        }
    }

    impl<'a, A: Decode<'a>, B: Decode<'a>> Decode<'a> for (A, B) {
        fn decode(from: &mut Cursor<'a>) -> Self {
            (A::decode(from), B::decode(from))
        }
    }

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
    fn sequences_nest_and_borrow() {
        let inner: Seq<'_, &str> = Seq::from_parts(2, &[1, b'a', 2, b'b', b'c']);
        let mut buffer = [0; 16];
        let bytes = postcard::to_slice(&inner, &mut buffer).expect("fits");
        let back: Seq<'_, &str> = Cursor::new(bytes).take().expect("decodes");
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
