//! The depthwise convolution of layout m4 equals the reference to the bit: its assembly on Armv7E-M, its portable form on Armv6-M, in
//! QEMU over random and extreme layers.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::kernels::depthwise::Shape;
use trunkline_tests::depthwise::{Layer, run};
use trunkline_tests::kernels::{self, Extremity};
use trunkline_tests::qemu::Target;

const EXTREMITIES: [Extremity; 2] = [Extremity::Random, Extremity::Bound];

fn assert_equal_to_the_reference(layers: &[Layer]) {
    let expected: Vec<Vec<i16>> = layers.iter().map(Layer::expected).collect();
    // A test that shows nothing would pass as well.
    let ends =
        |end: fn(&Layer) -> i16| layers.iter().zip(&expected).filter(|(layer, out)| out.contains(&end(layer))).count();
    let (low, high) = (ends(|layer| layer.stage.low()), ends(|layer| layer.stage.high()));
    assert!(low > layers.len() / 8 && high > layers.len() / 16, "{low} and {high} of {} saturate", layers.len());
    for target in Target::ALL {
        for ((layer, expected), found) in layers.iter().zip(&expected).zip(run(target, layers)) {
            assert_eq!(&found, expected, "{target:?}: {layer:?}");
        }
    }
}

/// Every kernel of 1 to 64 taps with every stride of 1 to 8: channels at multiples of four bytes and off them, outputs of a channel
/// in pairs and alone, one position and many.
#[test]
fn every_kernel_and_stride_equals_the_reference() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let stages = stages(&mut rng);
    let mut layers = Vec::new();
    for kernel in 1..=64 {
        for stride in 1..=8 {
            for channels in [1, 2, 3] {
                let samples = kernel + rng.random_range(0..=40);
                let rows = channels * rng.random_range(1..=4);
                let shape = Shape { channels, samples, rows, kernel, stride };
                let (extremity, stage) =
                    (*EXTREMITIES.choose(&mut rng).expect("two"), *stages.choose(&mut rng).expect("stages"));
                layers.push(Layer::new(&mut rng, shape, extremity, stage));
            }
        }
    }
    assert_equal_to_the_reference(&layers);
}

#[test]
fn every_stage_equals_the_reference() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut layers = Vec::new();
    for stage in stages(&mut rng) {
        for extremity in EXTREMITIES {
            for (filters, kernel) in [(1, 5), (2, 8), (2, 12), (3, 7)] {
                let shape = Shape { channels: 2, samples: kernel + 9, rows: 2 * filters, kernel, stride: 2 };
                layers.push(Layer::new(&mut rng, shape, extremity, stage));
            }
        }
    }
    assert_equal_to_the_reference(&layers);
}

#[test]
fn long_windows_of_many_channels_equal_the_reference() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let stages = stages(&mut rng);
    let shapes =
        [(3, 1024, 2, 16, 4), (3, 1023, 2, 16, 4), (16, 61, 1, 8, 2), (1, 4096, 8, 255, 255), (40, 64, 1, 3, 1)];
    let layers: Vec<Layer> = shapes
        .iter()
        .flat_map(|shape| EXTREMITIES.map(|extremity| (*shape, extremity)))
        .map(|((channels, samples, filters, kernel, stride), extremity)| {
            let shape = Shape { channels, samples, rows: channels * filters, kernel, stride };
            let stage = *stages.choose(&mut rng).expect("stages");
            Layer::new(&mut rng, shape, extremity, stage)
        })
        .collect();
    assert_equal_to_the_reference(&layers);
}

/// Those that do not accumulate.
fn stages(rng: &mut ChaCha8Rng) -> Vec<trunkline_shared::kernels::OutputStage> {
    kernels::Layer::stages(rng).into_iter().filter(|stage| !stage.accumulate).collect()
}
