//! The weight section as it grows: every block at a multiple of 4, equal blocks stored once.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

#[derive(Debug, Default)]
pub(super) struct WeightSection {
    bytes: Vec<u8>,
    offsets: BTreeMap<Vec<u8>, u32>,
}

impl WeightSection {
    /// The offset of `block`, which is appended where no equal block is there yet.
    pub(super) fn intern(&mut self, block: Vec<u8>) -> u32 {
        let offset = self.bytes.len() as u32;
        *self.offsets.entry(block).or_insert_with_key(|block| {
            self.bytes.extend_from_slice(block);
            self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
            offset
        })
    }

    /// The offset of a block of words.
    pub(super) fn intern_words(&mut self, words: impl IntoIterator<Item = u32>) -> u32 {
        self.intern(words.into_iter().flat_map(u32::to_le_bytes).collect())
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::WeightSection;

    #[test]
    fn equal_blocks_share_one_aligned_place() {
        let mut section = WeightSection::default();
        assert_eq!(section.intern(vec![1, 2, 3]), 0);
        assert_eq!(section.intern(vec![4]), 4);
        assert_eq!(section.intern(vec![1, 2, 3]), 0);
        assert_eq!(section.into_bytes(), [1, 2, 3, 0, 4, 0, 0, 0]);
    }
}
