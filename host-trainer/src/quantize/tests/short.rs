//! Multipliers of few significant bits.

use super::branches::branched_network;
use super::groups::cascade;
use super::*;
use crate::quantize::multiplier::is_short;

#[test]
fn every_multiplier_of_every_layer_is_short() {
    let branched = |random: &mut ChaCha8Rng| branched_network(random, [&[16, 9], &[6], &[2]]);
    let networks: [&dyn Fn(&mut ChaCha8Rng) -> FloatModel; 3] = [&network, &cascade, &branched];
    for (network, bits) in networks.into_iter().flat_map(|network| [(network, 8), (network, 16)]) {
        let mut random = ChaCha8Rng::seed_from_u64(37);
        let model = network(&mut random);
        let rows = rows(&mut random, &model, 50);
        for (index, layer) in quantized(&model, &rows, bits).layers.iter().enumerate() {
            assert!(layer.multipliers.iter().all(|multiplier| is_short(*multiplier)), "layer {index}: {layer:?}");
        }
    }
}
