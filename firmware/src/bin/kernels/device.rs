//! Entry point: layer by layer from the one file to the other.

use core::panic::PanicInfo;

use bytemuck::{cast_slice, cast_slice_mut};
use cortex_m_rt::entry;
#[cfg(feature = "defmt")]
use defmt_semihosting as _;
use semihosting::fs::File;
use semihosting::io::{Read, Write};
use semihosting::println;
use semihosting::process::ExitCode;
use trunkline_shared::kernels::{OutputStage, WeightKind, m0, m4, padded};

/// Most words of a stream.
const STREAM_WORDS: usize = 64 * 1024;
/// Most inputs, and most outputs.
const WIDTH: usize = 1024;
/// Words of a layer before its stream.
const HEAD_WORDS: usize = 9;

#[entry]
fn main() -> ! {
    static mut STREAM: [u32; STREAM_WORDS] = [0; STREAM_WORDS];
    static mut INPUT: [u32; WIDTH / 2] = [0; WIDTH / 2];
    static mut OUTPUT: [u32; WIDTH / 2] = [0; WIDTH / 2];
    static mut SCRATCH: [u32; m0::scratch_words(WIDTH)] = [0; m0::scratch_words(WIDTH)];

    let mut layers = File::open(c"layers.u32").expect("the test writes the layers");
    let mut outputs = File::create(c"outputs.u32").expect("a file for the outputs");
    let mut head = [0; HEAD_WORDS];
    while layers.read_exact(cast_slice_mut(&mut head)).is_ok() {
        let [layout, kind, rows, columns, zero, range_bits, relu, accumulate, words] = head;
        let (rows, columns) = (rows as usize, columns as usize);
        let stream = &mut STREAM[..words as usize];
        let input = &mut INPUT[..padded(columns) / 2];
        let output = &mut OUTPUT[..padded(rows) / 2];
        for part in [&mut *stream, &mut *input, &mut *output] {
            layers.read_exact(cast_slice_mut(part)).expect("a whole layer");
        }
        let kind = [WeightKind::I8, WeightKind::I16, WeightKind::I4][kind as usize];
        let stage = OutputStage {
            zero: zero as i16,
            range_bits: range_bits as u8,
            relu: relu != 0,
            accumulate: accumulate != 0,
        };
        let (input, result) = (cast_slice(input), cast_slice_mut(output));
        let dense = [m0::dense, m4::dense][layout as usize];
        dense(kind, stream, rows, columns, input, result, SCRATCH, stage);
        outputs.write_all(cast_slice(output)).expect("room for the outputs");
    }
    ExitCode::SUCCESS.exit_process()
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    println!("{info}");
    ExitCode::FAILURE.exit_process()
}
