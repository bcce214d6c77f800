//! The way into the assembly for Armv6-M.
#![allow(unsafe_code)]

use super::Layer;
use crate::kernels::WeightKind;

core::arch::global_asm!(include_str!("armv6m.s"), options(raw));

/// What the assembly takes: four words in registers, the others on the stack, where they are its frame. `armv6m.s` names their
/// places, and sets those that begin as 0.
#[repr(C)]
struct Frame {
    stream: *const u32,
    room: *mut u32,
    input: *const i16,
    input_end: *const i16,
    x: *mut u32,
    first: u32,
    second: u32,
    entry: u32,
    output: *mut i16,
    zero: i32,
    finish: unsafe extern "C" fn(),
    end: *const u32,
    block: u32,
    minus_low: i32,
    minus_span: i32,
    high: i32,
}

unsafe extern "C" {
    fn trunkline_m0_i8(frame: Frame);
    fn trunkline_m0_i16(frame: Frame);
    fn trunkline_m0_i4(frame: Frame);
    /// Jumped to by these, never called.
    fn trunkline_m0_finish_short();
    fn trunkline_m0_finish_short_held();
    fn trunkline_m0_finish();
    fn trunkline_m0_finish_held();
}

/// Runs a layer.
pub(super) fn run(layer: Layer<'_>) {
    let Layer { kind, short, blocks, input, output, scratch, stage } = layer;
    let (low, high) = (i32::from(stage.low()), i32::from(stage.high()));
    let input = input.as_ptr_range();
    let room = scratch.as_mut_ptr();
    let blocks = blocks.as_ptr_range();
    let frame = Frame {
        stream: blocks.start,
        room,
        input: input.start,
        input_end: input.end,
        x: room,
        first: 0,
        second: 0,
        entry: 0,
        output: output.as_mut_ptr(),
        zero: i32::from(stage.zero) - low,
        finish: match (short, stage.accumulate) {
            (true, false) => trunkline_m0_finish_short,
            (true, true) => trunkline_m0_finish_short_held,
            (false, false) => trunkline_m0_finish,
            (false, true) => trunkline_m0_finish_held,
        },
        end: blocks.end,
        block: 0,
        minus_low: -low,
        minus_span: low - high,
        high,
    };
    let run = match kind {
        WeightKind::I8 => trunkline_m0_i8,
        WeightKind::I16 => trunkline_m0_i16,
        WeightKind::I4 => trunkline_m0_i4,
    };
    // SAFETY: the assembly keeps to the calling convention. It reads `input` four elements at a time from its start, a multiple of
    // four bytes, until its end: a multiple of four elements and at least four. For each four it writes four words of `scratch`,
    // which has a word an element. It reads `blocks` block by block until their end, each as long as `kind` and the number of
    // inputs make it: `Layer` holds a whole number of them, at least one, and four outputs for each, which are read and written
    // in turn. The slices outlive the call, and the exclusive ones overlap no other.
    unsafe { run(frame) }
}
