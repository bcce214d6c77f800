//! Entry point: layer by layer from the one file to the other.

use core::panic::PanicInfo;

use bytemuck::{cast_slice, cast_slice_mut};
// Its critical section: Armv6-M has no other atomic exchange.
#[cfg(target_arch = "arm")]
use cortex_m as _;
#[cfg(target_arch = "arm")]
use cortex_m_rt::entry;
#[cfg(feature = "defmt")]
use defmt_semihosting as _;
#[cfg(target_arch = "riscv32")]
use riscv_rt::entry;
use semihosting::fs::File;
use semihosting::io::{Read, Write};
use semihosting::println;
use semihosting::process::ExitCode;
use static_cell::ConstStaticCell;
use trunkline_shared::kernels::depthwise::{self, Shape};
use trunkline_shared::kernels::{self, OutputStage, WeightKind, m0, m4, padded};

/// Most words of a stream.
const STREAM_WORDS: usize = 64 * 1024;
/// Most inputs of a fully connected layer.
const WIDTH: usize = 1024;
/// Most words of the inputs of any layer, and of the outputs.
const ELEMENT_WORDS: usize = 64 * 1024;

/// What a layer is read to.
struct Buffers {
    stream: &'static mut [u32],
    input: &'static mut [u32],
    output: &'static mut [u32],
    scratch: &'static mut [u32],
}

static STREAM: ConstStaticCell<[u32; STREAM_WORDS]> = ConstStaticCell::new([0; STREAM_WORDS]);
static INPUT: ConstStaticCell<[u32; ELEMENT_WORDS]> = ConstStaticCell::new([0; ELEMENT_WORDS]);
static OUTPUT: ConstStaticCell<[u32; ELEMENT_WORDS]> = ConstStaticCell::new([0; ELEMENT_WORDS]);
static SCRATCH: ConstStaticCell<[u32; m0::scratch_words(WIDTH)]> = ConstStaticCell::new([0; m0::scratch_words(WIDTH)]);

#[entry]
fn main() -> ! {
    let (stream, input, output, scratch) = (STREAM.take(), INPUT.take(), OUTPUT.take(), SCRATCH.take());
    let mut buffers = Buffers { stream, input, output, scratch };
    let mut layers = File::open(c"layers.u32").expect("the test writes the layers");
    let mut outputs = File::create(c"outputs.u32").expect("a file for the outputs");
    let mut form = [0];
    while layers.read_exact(cast_slice_mut(&mut form)).is_ok() {
        let output = match form {
            [0] => dense(&mut layers, &mut buffers, m0::dense),
            [1] => dense(&mut layers, &mut buffers, m4::dense),
            [2] => depthwise(&mut layers, &mut buffers),
            _ => standardize(&mut layers, &mut buffers),
        };
        outputs.write_all(cast_slice(output)).expect("room for the outputs");
    }
    ExitCode::SUCCESS.exit_process()
}

type Dense = fn(WeightKind, &[u32], usize, usize, &[i16], &mut [i16], &mut [u32], OutputStage);

/// Reads a fully connected layer and runs it by `kernel`; its outputs.
fn dense<'b>(layers: &mut File, buffers: &'b mut Buffers, kernel: Dense) -> &'b [u32] {
    let [kind, rows, columns] = words(layers).map(|number| number as usize);
    let stage = stage(layers);
    let Buffers { stream, input, output, scratch } = buffers;
    let [stream, input, output] = read(layers, [stream, input, output], [padded(columns), padded(rows)]);
    let kind = [WeightKind::I8, WeightKind::I16, WeightKind::I4][kind];
    let result = cast_slice_mut(output);
    kernel(kind, stream, rows, columns, cast_slice(input), result, scratch, stage);
    output
}

/// Reads a depthwise convolution and runs it; its outputs.
fn depthwise<'b>(layers: &mut File, buffers: &'b mut Buffers) -> &'b [u32] {
    let [channels, samples, rows, kernel, stride] = words(layers).map(|number| number as usize);
    let shape = Shape { channels, samples, rows, kernel, stride };
    let stage = stage(layers);
    let Buffers { stream, input, output, .. } = buffers;
    let [stream, input, output] = read(layers, [stream, input, output], [padded(channels * samples), shape.outputs()]);
    depthwise::m4::depthwise(shape, stream, cast_slice(input), stage, cast_slice_mut(output));
    output
}

/// Reads samples and standardises them; the activations.
fn standardize<'b>(layers: &mut File, buffers: &'b mut Buffers) -> &'b [u32] {
    let [samples, mean, multiplier, range_bits] = words(layers);
    let samples = samples as usize;
    let (input, output) = (&mut buffers.input[..samples.div_ceil(2)], &mut buffers.output[..samples.div_ceil(2)]);
    layers.read_exact(cast_slice_mut(input)).expect("all samples");
    // From the second on, so that they lie at no multiple of four bytes.
    let (counts, inputs): (&[i16], &mut [i16]) =
        (&cast_slice(input)[1..samples], &mut cast_slice_mut(output)[1..samples]);
    kernels::standardize::standardize(counts, mean as i16, multiplier as i32, range_bits as u8, inputs);
    output
}

fn words<const N: usize>(layers: &mut File) -> [u32; N] {
    let mut words = [0; N];
    layers.read_exact(cast_slice_mut(&mut words)).expect("a whole layer");
    words
}

fn stage(layers: &mut File) -> OutputStage {
    let [zero, range_bits, relu, accumulate] = words(layers);
    OutputStage { zero: zero as i16, range_bits: range_bits as u8, relu: relu != 0, accumulate: accumulate != 0 }
}

/// Reads stream, inputs and outputs held, whose elements are multiples of two.
fn read<'b>(layers: &mut File, room: [&'b mut [u32]; 3], elements: [usize; 2]) -> [&'b mut [u32]; 3] {
    let ([length], [inputs, outputs]) = (words(layers), elements);
    let [stream, input, output] = room;
    [&mut stream[..length as usize], &mut input[..inputs / 2], &mut output[..outputs / 2]].map(|part| {
        layers.read_exact(cast_slice_mut(part)).expect("a whole layer");
        part
    })
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    println!("{info}");
    ExitCode::FAILURE.exit_process()
}
