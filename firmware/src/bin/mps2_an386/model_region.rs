//! The flash region that holds the model, see `memory/mps2_an386.x`.
#![allow(unsafe_code)]

use core::ptr::addr_of;

unsafe extern "C" {
    /// First byte of the region, by the linker script.
    static _model_start: u8;
    /// One past its last byte.
    static _model_end: u8;
}

/// The region's bytes.
pub(crate) fn model_region() -> &'static [u8] {
    // The linker script's symbols are addresses; nothing is read through them here.
    let start = addr_of!(_model_start);
    let len = addr_of!(_model_end) as usize - start as usize;
    // SAFETY: the linker script sets the region aside in code memory, which nothing writes while the firmware runs; it is
    // 4-aligned, readable in its whole length and holds plain bytes, all of whose values are valid.
    unsafe { core::slice::from_raw_parts(start, len) }
}
