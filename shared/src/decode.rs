//! Reading an artifact's header: postcard's encoding, as `FORMAT.md` has it, in little flash.
//!
//! The writer is postcard, through serde. A reader through serde is compiled once for each type and each kind of field, with a way
//! out after every one; a cursor that remembers its failure is asked once an item, and its few functions serve all types.

/// What is left to read, until something does not decode.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    failed: bool,
}

/// What an artifact's header holds.
pub trait Decode<'a> {
    /// Reads a value. Where the bytes hold none, it is any value and the cursor has failed.
    fn decode(from: &mut Cursor<'a>) -> Self;
}

impl<'a> Cursor<'a> {
    /// Reads from the start of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, failed: false }
    }

    /// A value, or `None` where the cursor has failed, now or before.
    pub fn take<T: Decode<'a>>(&mut self) -> Option<T> {
        let value = T::decode(self);
        if self.failed { None } else { Some(value) }
    }

    /// The bytes that are left, or `None` where the cursor has failed.
    pub const fn rest(&self) -> Option<&'a [u8]> {
        if self.failed { None } else { Some(self.bytes) }
    }

    /// How many bytes are left.
    pub const fn left(&self) -> usize {
        self.bytes.len()
    }

    /// Notes that what was read is not what it should be. Whatever is read from now on is 0 or empty.
    #[inline(never)]
    pub fn fail(&mut self) {
        *self = Self { bytes: &[], failed: true };
    }

    /// A u8.
    #[inline(never)]
    pub fn byte(&mut self) -> u8 {
        match self.bytes.split_first() {
            Some((&first, rest)) => {
                self.bytes = rest;
                first
            }
            None => {
                self.fail();
                0
            }
        }
    }

    /// The next `count` bytes as they are.
    #[inline(never)]
    pub fn split(&mut self, count: usize) -> &'a [u8] {
        match self.bytes.split_at_checked(count) {
            Some((first, rest)) => {
                self.bytes = rest;
                first
            }
            None => {
                self.fail();
                &[]
            }
        }
    }

    /// A varint of at most `bits` bits: 7 bits a byte, lowest first, the top bit set on all but the last byte.
    #[inline(never)]
    fn varint(&mut self, bits: u32) -> u32 {
        // Most are short, and 7 bits fit everywhere.
        if let Some((&first, rest)) = self.bytes.split_first()
            && first < 0x80
        {
            self.bytes = rest;
            return first.into();
        }
        self.long_varint(bits)
    }

    /// Apart, so that short ones need no frame.
    #[inline(never)]
    fn long_varint(&mut self, bits: u32) -> u32 {
        let mut value = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = u32::from(self.byte());
            value |= (byte & 0x7f) << shift;
            // Behind the byte in which the last bit lies there is none.
            let fits = bits.saturating_sub(shift);
            if fits < 8 && byte >= 1 << fits {
                break;
            }
            if byte < 0x80 {
                return value;
            }
        }
        self.fail();
        0
    }

    /// A u16.
    pub fn u16(&mut self) -> u16 {
        self.varint(16) as u16
    }

    /// A u32, a length, or the index of an enum's variant.
    pub fn u32(&mut self) -> u32 {
        self.varint(32)
    }

    /// An i16, zigzag.
    pub fn i16(&mut self) -> i16 {
        let zigzag = self.u16();
        (zigzag >> 1) as i16 ^ -((zigzag & 1) as i16)
    }

    /// The variant of an enum without fields, `all` being its variants in order.
    pub fn variant<T: Copy, const N: usize>(&mut self, all: &[T; N]) -> T {
        match all.get(self.u32() as usize) {
            Some(&variant) => variant,
            None => {
                self.fail();
                const { assert!(N > 0) };
                all[0]
            }
        }
    }

    /// An i32, zigzag.
    pub fn i32(&mut self) -> i32 {
        let zigzag = self.u32();
        (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32)
    }

    /// An f32, any bits.
    #[inline(never)]
    pub fn f32(&mut self) -> f32 {
        self.split(4).try_into().map_or(0.0, f32::from_le_bytes)
    }

    /// A bool.
    #[inline(never)]
    pub fn bool(&mut self) -> bool {
        let byte = self.byte();
        if byte > 1 {
            self.fail();
        }
        byte == 1
    }

    /// Bytes, their number before them.
    #[inline(never)]
    pub fn bytes(&mut self) -> &'a [u8] {
        let count = self.u32();
        self.split(count as usize)
    }

    /// UTF-8, the number of its bytes before it.
    #[inline(never)]
    pub fn str(&mut self) -> &'a str {
        core::str::from_utf8(self.bytes()).unwrap_or_else(|_| {
            self.fail();
            ""
        })
    }
}

impl<'a> Decode<'a> for f32 {
    fn decode(from: &mut Cursor<'a>) -> Self {
        from.f32()
    }
}

impl<'a> Decode<'a> for &'a str {
    fn decode(from: &mut Cursor<'a>) -> Self {
        from.str()
    }
}

#[cfg(test)]
mod tests;
