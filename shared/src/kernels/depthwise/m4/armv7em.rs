//! The way into the assembly for Armv7E-M.
#![allow(unsafe_code)]

use super::{Layer, Limits};
use crate::kernels::padded;

core::arch::global_asm!(include_str!("armv7em.s"), options(raw));

/// What the assembly takes: four words in registers, the others on the stack, where they are a part of its frame. `armv7em.s` names
/// their places. Addresses of code are those of its labels.
#[repr(C)]
struct Arguments {
    stream: *const u32,
    /// Outputs of the first position, and of the last.
    first: *mut i16,
    last: *mut i16,
    /// How taps of rows of two channels are taken.
    split: unsafe extern "C" fn(),
    limits: Limits,
    /// Bytes from one position's outputs to the next's.
    step: usize,
    /// Bytes from where two positions have ended their samples to where the next two begin, modulo 2^32.
    advance: usize,
    /// Bytes from one position's samples to the next's.
    stride: usize,
    /// How taps of rows of one channel are taken.
    same: unsafe extern "C" fn(),
    /// What comes after the taps that are taken by four.
    exit: unsafe extern "C" fn(),
    rows: usize,
    /// Rows a channel.
    filters: usize,
    /// Bytes of a channel.
    samples: usize,
    input: *const i16,
    /// Bytes from the stream of two rows to the end of the taps that are taken by four, and to that of all.
    whole: usize,
    taps: usize,
}

unsafe extern "C" {
    fn trunkline_m4_depthwise(arguments: Arguments);
    /// Jumped to by it, never called.
    fn trunkline_m4_taps_apart();
    fn trunkline_m4_taps_together();
    fn trunkline_m4_taps_rest();
    fn trunkline_m4_taps_eight();
    fn trunkline_m4_taps_four();
    fn trunkline_m4_taps_finish();
}

/// Runs a layer.
pub(super) fn run(layer: Layer<'_>) {
    let Layer { shape, positions, stream, input, stage, output } = layer;
    let (kernel, whole) = (shape.kernel, shape.kernel & !3);
    let (stride, step) = (2 * shape.stride, 2 * padded(shape.rows));
    let first = output.as_mut_ptr();
    let last = first.wrapping_byte_add(positions.wrapping_sub(1).wrapping_mul(step));
    // A single position is computed twice, and comes after what is then its last.
    let (stride, step, last) = if positions == 1 { (0, 0, first.wrapping_sub(1)) } else { (stride, step, last) };
    let is_aligned = (shape.stride | shape.samples).is_multiple_of(2);
    let arguments = Arguments {
        stream: stream.as_ptr(),
        first,
        last,
        split: trunkline_m4_taps_apart,
        limits: Limits::new(stage),
        step,
        advance: stride.wrapping_sub(kernel).wrapping_mul(2),
        stride,
        same: match kernel % 8 {
            0 if is_aligned => trunkline_m4_taps_eight,
            4 if is_aligned => trunkline_m4_taps_four,
            _ if whole == 0 => trunkline_m4_taps_rest,
            _ => trunkline_m4_taps_together,
        },
        exit: if whole == kernel { trunkline_m4_taps_finish } else { trunkline_m4_taps_rest },
        rows: shape.rows,
        filters: shape.rows.checked_div(shape.channels).unwrap_or(1),
        samples: 2 * shape.samples,
        input: input.as_ptr(),
        whole: 8 + 4 * whole,
        taps: 8 + 4 * kernel,
    };
    // SAFETY: the assembly keeps to the calling convention. It reads `stream`, which holds the words of each two rows: biases, as many
    // taps as `kernel`, multipliers. For each two of the positions it reads `kernel` samples of the channels of two rows, that of the
    // last row in place of one that fills up a pair: they end within `input`, as `Layer` holds a shape of so many positions. It writes
    // two outputs of each position, which are there, as positions are padded to four. Only where `same` is one of two labels are
    // samples read as words at multiples of four bytes, and then they lie there. The slices outlive the call, and the exclusive one
    // overlaps no other.
    unsafe { trunkline_m4_depthwise(arguments) }
}
