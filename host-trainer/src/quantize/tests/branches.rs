//! Trunks over a branch for each modality.

use trunkline_shared::model::LayerRole;
use trunkline_shared::model::build::LayerSpec;

use super::*;
use crate::model::ModalityBranch;

/// The same tasks on a trunk over three branches of the widths `widths`, the last of which reads a single feature.
pub(super) fn branched_network(random: &mut ChaCha8Rng, widths: [&[usize]; 3]) -> FloatModel {
    let mut model = network(random);
    let branch = |((first, features), widths): ((usize, usize), &[usize])| {
        let inputs = [features].into_iter().chain(widths.iter().copied());
        let layers = widths.iter().zip(inputs).map(|(outputs, inputs)| dense(random, *outputs, inputs, 0.9));
        let columns = first..first + features;
        ModalityBranch { name: format!("from {first}"), columns, front: None, layers: layers.collect() }
    };
    model.trunks[0].branches = [(0, 30), (30, 9), (39, 1)].into_iter().zip(widths).map(branch).collect();
    model.trunks[0].layers[0] = dense(random, 24, 17, 0.8);
    model
}

#[test]
fn branches_of_up_to_two_layers_err_by_less_than_two_percent_on_average() {
    let network = |random: &mut ChaCha8Rng| branched_network(random, [&[16, 9], &[6], &[2]]);
    let errors: Vec<f32> = (0..20).flat_map(|seed| worst_errors_of(network, 16, seed)).collect();
    // The largest error of 200 rows each; single ones are larger, where a row lies far outside of those that were measured.
    assert!(errors.iter().sum::<f32>() / 80.0 < 0.02, "{errors:?}");
}

/// Branches of one layer each are a first trunk layer that is mostly zeros.
#[test]
fn branches_lose_no_more_than_a_layer_with_zeros_in_their_place() {
    let widths: [&[usize]; 3] = [&[9], &[6], &[2]];
    let with_zeros = |random: &mut ChaCha8Rng| {
        let mut model = branched_network(random, widths);
        let mut whole = Dense::zeros(0, FEATURES);
        for branch in model.trunks[0].branches.drain(..) {
            for output in 0..branch.outputs() {
                let mut row = vec![0.0; FEATURES];
                row[branch.columns.clone()].copy_from_slice(branch.layers[0].row(output));
                whole.weight.extend(row);
                whole.bias.push(branch.layers[0].bias[output]);
                whole.outputs += 1;
            }
        }
        model.trunks[0].layers.insert(0, whole);
        model
    };
    let mean = |network: &dyn Fn(&mut ChaCha8Rng) -> FloatModel| {
        (0..20).flat_map(|seed| worst_errors_of(network, 16, seed)).sum::<f32>() / 80.0
    };
    let (branched, zeros) = (mean(&|random| branched_network(random, widths)), mean(&with_zeros));
    assert!(branched < 1.25 * zeros, "{branched} {zeros}");
}

#[test]
fn each_branch_has_its_view_and_the_trunk_adds_them_up_before_its_relu() {
    let mut random = ChaCha8Rng::seed_from_u64(29);
    let model = branched_network(&mut random, [&[16, 9], &[6], &[2]]);
    let rows = rows(&mut random, &model, 50);
    let integers = quantized(&model, &rows, 16);
    let views: Vec<(u16, u16)> = integers.views[..3]
        .iter()
        .map(|view| (view.first, integers.tensors[usize::from(view.tensor)].elements))
        .collect();
    assert_eq!(views, [(0, 30), (30, 9), (39, 1)]);
    let trunk: Vec<_> = integers.layers.iter().filter(|layer| layer.role == LayerRole::Trunk).collect();
    let shape = |layer: &&LayerSpec| (layer.biases.len(), layer.accumulate, layer.relu);
    let expected = [
        (16, false, true),
        (9, false, true),
        (6, false, true),
        (2, false, true),
        (24, false, false),
        (24, true, false),
        (24, true, true),
        (12, false, true),
    ];
    assert_eq!(trunk.iter().map(shape).collect::<Vec<_>>(), expected);
    let refusal = |change: &dyn Fn(&mut FloatModel)| {
        let (mut model, calibration) =
            (model.clone(), Calibration::measure(&model, rows.iter().map(Vec::as_slice)).unwrap());
        change(&mut model);
        quantize(&model, &calibration, &[16; 4]).unwrap_err().to_string()
    };
    assert!(refusal(&|model| model.trunks[0].branches[2].columns = 40..41).contains("41 features"));
    assert!(refusal(&|model| model.trunks[0].branches[1].layers.clear()).contains("1 branch layers, 0 expected"));
}
