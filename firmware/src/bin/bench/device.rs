//! Entry point, buffers, and what is counted.

use core::hint::black_box;
use core::panic::PanicInfo;

use bytemuck::cast_slice_mut;
#[cfg(target_arch = "arm")]
use cortex_m_rt::entry;
#[cfg(target_arch = "riscv32")]
use riscv_rt::entry;
use semihosting::experimental::env;
use semihosting::println;
use semihosting::process::ExitCode;
use static_cell::ConstStaticCell;
use trunkline_shared::model::{ALL_TASKS, Model, Network, Runtime, TaskSet, image_len, validate};

use crate::model_region::model_region;
use crate::{clock, cost, files, known_loop, marker};

/// 128 KiB of scratch.
const ARENA_WORDS: usize = 32 * 1024;
/// Longest window, all channels together, in words: what begins a word is read fastest.
const WINDOW_WORDS: usize = 32 * 1024;
/// Most elements of the views' tensors together.
const INPUT_ELEMENTS: usize = 8 * 1024;
/// Bytes of the semihosting command line.
const COMMAND_LINE_BYTES: usize = 64;
/// Turns of the loop that the count is tried on.
const KNOWN_TURNS: u32 = 5_000;

static ARENA: ConstStaticCell<[u32; ARENA_WORDS]> = ConstStaticCell::new([0; ARENA_WORDS]);
static WINDOW: ConstStaticCell<[u32; WINDOW_WORDS]> = ConstStaticCell::new([0; WINDOW_WORDS]);
static INPUTS: ConstStaticCell<[i16; INPUT_ELEMENTS]> = ConstStaticCell::new([0; INPUT_ELEMENTS]);

#[entry]
fn main() -> ! {
    clock::start();
    let region = model_region();
    let len = image_len(region).expect("the host puts a model there");
    let model = validate(&region[..len]).unwrap_or_else(|error| panic!("{error}"));
    let elements = model.views().map(|(_, span)| usize::from(span.elements)).sum::<usize>();
    let (arena, window, inputs) = (ARENA.take(), cast_slice_mut(WINDOW.take()), INPUTS.take());
    let (window, inputs) = (&mut window[..model.window_len()], &mut inputs[..elements]);
    match request() {
        Request::Costs => costs(&model, arena, window, inputs),
        Request::Each(Extent::Network, repeats) => networks(&model, arena, inputs, repeats),
        Request::Each(_, repeats) => windows(&model, arena, window, repeats),
        Request::Trace(extent) => trace(&model, arena, window, inputs, extent),
    }
    ExitCode::SUCCESS.exit_process()
}

/// How much of the way.
enum Extent {
    /// From the quantized inputs to the outputs.
    Network,
    /// From the raw window to the outputs.
    Window,
    /// From the raw window to the features.
    Features,
}

/// What the host asks for.
enum Request {
    /// Everything about the first input.
    Costs,
    /// Every input, so many times each.
    Each(Extent, u32),
    /// The first input once, between marks.
    Trace(Extent),
}

fn request() -> Request {
    let args = env::args::<COMMAND_LINE_BYTES>().expect("a short command line");
    // The first one is the program's name.
    let mut words = (&args).skip(1).map(|word| word.expect("UTF-8"));
    let what = words.next();
    let extent = match words.next() {
        Some("network") => Extent::Network,
        Some("features") => Extent::Features,
        _ => Extent::Window,
    };
    match what {
        Some("each") => Request::Each(extent, words.next().and_then(|word| word.parse().ok()).unwrap_or(1)),
        Some("trace") => Request::Trace(extent),
        _ => Request::Costs,
    }
}

/// The network with its inputs, and the memory that it works in.
struct Inputs<'a> {
    model: &'a Model<'a>,
    network: Network<'a>,
    inputs: &'a [i16],
    work: &'a mut [u32],
}

impl Inputs<'_> {
    /// Puts the inputs in their tensors.
    fn enter(&mut self) {
        let mut rest = self.inputs;
        for (view, _) in self.model.views() {
            let tensor = self.network.tensor_mut(view.tensor, self.work);
            let (inputs, others) = rest.split_at(tensor.len());
            tensor.copy_from_slice(inputs);
            rest = others;
        }
    }

    fn run(&mut self, due: TaskSet) {
        self.network.run(self.work, due);
    }
}

fn costs(model: &Model<'_>, arena: &mut [u32], window: &mut [i16], inputs: &mut [i16]) {
    assert!(files::fill(&mut files::open(c"inputs.i16"), inputs), "a whole set of inputs");
    assert!(files::fill(&mut files::open(c"windows.i16"), window), "a whole window");
    let mut outputs = files::create(c"outputs.i16");

    cost::print("empty", &mut (), |()| (), |()| ());
    cost::print("known_loop", &mut (), |()| (), |()| known_loop::run(KNOWN_TURNS));

    let network = model.network();
    println!("work_bytes {} 1 0", 4 * network.work_words());
    let work = &mut arena[..network.work_words()];
    let mut network = Inputs { model, network, inputs, work };
    cost::print("network", &mut network, Inputs::enter, |network| network.run(ALL_TASKS));
    network.enter();
    network.run(ALL_TASKS);
    for (task, _) in model.tasks() {
        files::append(&mut outputs, network.network.tensor(task.output, network.work));
    }
    cost::print("trunk", &mut network, Inputs::enter, |network| network.run(0));
    for task in 0..model.header().tasks.len() {
        cost::print("due", &mut network, Inputs::enter, |network| network.run(1 << task));
    }

    let mut runtime = Runtime::new(model.clone(), arena).expect("a large arena");
    cost::print("features", &mut runtime, |_| (), |runtime| _ = black_box(runtime.features(window)));
    cost::print("window", &mut runtime, |_| (), |runtime| _ = black_box(runtime.infer_all(window)));
    files::append(&mut outputs, runtime.infer_all(window).expect("a whole window").outputs);
}

fn networks(model: &Model<'_>, arena: &mut [u32], inputs: &mut [i16], repeats: u32) {
    let (mut sets, mut counts) = (files::open(c"inputs.i16"), files::create(c"counts.u32"));
    while files::fill(&mut sets, inputs) {
        let network = model.network();
        let work = &mut arena[..network.work_words()];
        let mut network = Inputs { model, network, inputs, work };
        let count = cost::counted(repeats, &mut network, Inputs::enter, |network| network.run(ALL_TASKS));
        files::append(&mut counts, &[count as u32]);
    }
}

fn windows(model: &Model<'_>, arena: &mut [u32], window: &mut [i16], repeats: u32) {
    let (mut windows, mut counts) = (files::open(c"windows.i16"), files::create(c"counts.u32"));
    let mut runtime = Runtime::new(model.clone(), arena).expect("a large arena");
    while files::fill(&mut windows, window) {
        let count = cost::counted(repeats, &mut runtime, |_| (), |runtime| _ = black_box(runtime.infer_all(window)));
        files::append(&mut counts, &[count as u32]);
    }
}

fn trace(model: &Model<'_>, arena: &mut [u32], window: &mut [i16], inputs: &mut [i16], extent: Extent) {
    assert!(files::fill(&mut files::open(c"inputs.i16"), inputs), "a whole set of inputs");
    assert!(files::fill(&mut files::open(c"windows.i16"), window), "a whole window");
    if let Extent::Network = extent {
        let network = model.network();
        let work = &mut arena[..network.work_words()];
        let mut network = Inputs { model, network, inputs, work };
        network.enter();
        return marker::mark(|| network.run(ALL_TASKS));
    }
    let mut runtime = Runtime::new(model.clone(), arena).expect("a large arena");
    marker::mark(|| match extent {
        Extent::Features => _ = black_box(runtime.features(window)),
        _ => _ = black_box(runtime.infer_all(window)),
    });
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    println!("{info}");
    ExitCode::FAILURE.exit_process()
}
