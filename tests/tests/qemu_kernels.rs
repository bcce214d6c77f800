//! The packed layouts' kernels, in assembly where there is one, equal the reference to the bit: run in QEMU over random and
//! extreme layers.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::kernels::WeightKind;
use trunkline_tests::kernels::{Extremity, Layer, Packing, run};
use trunkline_tests::qemu::Target;

const KINDS: [WeightKind; 3] = [WeightKind::I8, WeightKind::I16, WeightKind::I4];
const EXTREMITIES: [Extremity; 2] = [Extremity::Random, Extremity::Bound];
/// Each layout on the targets that it is for.
const LAYOUTS: [(Target, Packing); 3] =
    [(Target::Armv6m, Packing::M0), (Target::Rv32, Packing::M0), (Target::CortexM4f, Packing::M4)];

fn assert_equal_to_the_reference(layers: &[Layer]) {
    let expected: Vec<Vec<i16>> = layers.iter().map(Layer::expected).collect();
    // A test that shows nothing would pass as well.
    let ends =
        |end: fn(&Layer) -> i16| layers.iter().zip(&expected).filter(|(layer, out)| out.contains(&end(layer))).count();
    let (low, high) = (ends(|layer| layer.stage.low()), ends(|layer| layer.stage.high()));
    assert!(low > layers.len() / 8 && high > layers.len() / 16, "{low} and {high} of {} saturate", layers.len());
    for (target, packing) in LAYOUTS {
        for ((layer, expected), found) in layers.iter().zip(&expected).zip(run(target, packing, layers)) {
            assert_eq!(&found, expected, "{packing:?} on {target:?}: {layer:?}");
        }
    }
}

#[test]
fn layers_of_every_shape_and_stage_equal_the_reference() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut layers = Vec::new();
    for stage in Layer::stages(&mut rng) {
        for kind in KINDS {
            for (extremity, short) in EXTREMITIES.iter().flat_map(|extremity| [(*extremity, false), (*extremity, true)])
            {
                for _ in 0..4 {
                    let shape = [rng.random_range(1..=9), rng.random_range(1..=40)];
                    layers.push(Layer::new(&mut rng, kind, shape, extremity, short, stage));
                }
            }
        }
    }
    assert_equal_to_the_reference(&layers);
}

#[test]
fn every_width_equals_the_reference() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let stages = Layer::stages(&mut rng);
    let layers: Vec<Layer> = (1..=1024)
        .map(|columns| {
            let shape = [rng.random_range(1..=6), columns];
            let (kind, extremity) = (KINDS[columns % 3], *EXTREMITIES.choose(&mut rng).expect("two"));
            let (short, stage) = (rng.random(), *stages.choose(&mut rng).expect("stages"));
            Layer::new(&mut rng, kind, shape, extremity, short, stage)
        })
        .collect();
    assert_equal_to_the_reference(&layers);
}

#[test]
fn layers_of_many_rows_equal_the_reference() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let stages = Layer::stages(&mut rng);
    let mut layers = Vec::new();
    for kind in KINDS {
        for rows in [64, 127, 510, 1021] {
            let (short, stage) = (rng.random(), *stages.choose(&mut rng).expect("stages"));
            layers.push(Layer::new(&mut rng, kind, [rows, 30], Extremity::Random, short, stage));
        }
    }
    assert_equal_to_the_reference(&layers);
}
