//! The way into the assembly for Armv7E-M: records of layers, as [`crate::model`] has them, run one after the other.
#![allow(unsafe_code)]

use super::Layer;
use crate::kernels::{OutputStage, WeightKind, positions};

core::arch::global_asm!(include_str!("armv7em.s"), options(raw));

/// Words of a layer's record. The assembly reads the first four.
pub(crate) const RECORD_WORDS: usize = 7;
/// Words of a tensor's record.
pub(crate) const TENSOR_WORDS: usize = 2;

/// What the assembly goes through.
#[repr(C)]
struct Arguments {
    records: *const [u32; RECORD_WORDS],
    records_end: *const [u32; RECORD_WORDS],
    tensors: *const [u32; TENSOR_WORDS],
    /// From where a record counts the bytes to its stream.
    section: *const u32,
    /// From where the tensor that a layer reads counts its elements.
    inputs: *const i16,
    /// Likewise the one that it writes.
    outputs: *mut i16,
    due: u32,
}

unsafe extern "C" {
    /// Runs layers up to the first that is not fully connected, or the end; gives its record.
    fn trunkline_m4_run(arguments: &Arguments) -> *const [u32; RECORD_WORDS];
}

/// Runs the layers of `records` that belong to no task or to one in `due`, up to the first that is not fully connected, and gives their
/// number.
///
/// # Safety
/// Up to there, each record is that of a packed layer: its tensors are in `tensors`, lie in `activations` whole slots long and apart
/// from each other, the one written with a range of 1 to 15 bits, and its stream lies in `section`. A validated model is like that.
#[inline]
pub(crate) unsafe fn run_records(
    records: &[[u32; RECORD_WORDS]],
    tensors: &[[u32; TENSOR_WORDS]],
    section: &[u32],
    activations: &mut [i16],
    due: u32,
) -> usize {
    let range = records.as_ptr_range();
    let activations = activations.as_mut_ptr();
    let arguments = Arguments {
        records: range.start,
        records_end: range.end,
        tensors: tensors.as_ptr(),
        section: section.as_ptr(),
        inputs: activations,
        outputs: activations,
        due,
    };
    // SAFETY: the assembly keeps to the calling convention, and touches what the caller has made sure of.
    let done = unsafe { trunkline_m4_run(&arguments) };
    (done as usize).wrapping_sub(range.start as usize) / size_of::<[u32; RECORD_WORDS]>()
}

/// Runs a layer.
pub(super) fn run(layer: Layer<'_>) {
    let Layer { kind, stream, rows, columns, input, output, stage } = layer;
    let OutputStage { zero, range_bits, relu, accumulate } = stage;
    let kind = match kind {
        WeightKind::I8 => 0,
        WeightKind::I16 => 1,
        WeightKind::I4 => 2,
    };
    // Elements up to the end of the last slot, or to one before it where 16 bits count no further.
    let elements = |count: usize| (count as u32).min(u16::MAX.into());
    let tensors = [[elements(columns) << 16, 0], [0, range_bits.into()]];
    let what = kind | u32::from(relu) << 24 | u32::from(accumulate) << 25;
    let zero = u32::from((if accumulate { 0 } else { zero }) as u16);
    let record = [what, 1 << 8, zero | elements(rows) << 16, 0, 0, 0, 0];
    let record = core::slice::from_ref(&record).as_ptr_range();
    for (input, output) in positions(input, columns, output, rows) {
        let arguments = Arguments {
            records: record.start,
            records_end: record.end,
            tensors: tensors.as_ptr(),
            section: stream.as_ptr(),
            inputs: input.as_ptr(),
            outputs: output.as_mut_ptr(),
            due: 0,
        };
        // SAFETY: the assembly keeps to the calling convention. It reads `input` four elements at a time from its start, a multiple of
        // four bytes, until its end: a multiple of four elements and at least four. It reads and writes `output` likewise, and for
        // each four elements of it one block of `stream`, as long as `kind` and the number of inputs make it: `Layer` holds that
        // many. The range is one of 1 to 15 bits. The slices outlive the call, and the exclusive one overlaps no other.
        unsafe { trunkline_m4_run(&arguments) };
    }
}
