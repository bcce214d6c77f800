//! What cannot be quantized.

use super::*;

#[test]
fn what_cannot_be_quantized_is_refused_with_place_and_remedy() {
    let mut random = ChaCha8Rng::seed_from_u64(19);
    let model = network(&mut random);
    let rows = rows(&mut random, &model, 10);
    let calibration = Calibration::measure(&model, rows.iter().map(Vec::as_slice)).unwrap();
    let refusal = |change: &dyn Fn(&mut FloatModel), bits: &[u8]| {
        let mut model = model.clone();
        change(&mut model);
        quantize(&model, &calibration, bits).unwrap_err().to_string()
    };
    let bits = [16; 4];
    let nan = refusal(&|model| model.trunks[0].layers[1].weight[3] = f32::NAN, &bits);
    assert!(nan.starts_with("trunk layer 1 holds a number that is not finite"), "{nan}");
    assert!(refusal(&|model| model.normalization.clip_sd = 6.0, &bits).contains("power of two"));
    assert!(refusal(&|model| model.heads[1].linear = None, &bits).contains("\"linear\" has neither"));
    assert!(refusal(&|model| model.trunks[0].layers[1].inputs = 23, &bits).contains("has 23 inputs, 24 expected"));
    assert!(refusal(&|_| {}, &[16, 12, 16, 16]).contains("set linear_bits to 8 or 16"));
    assert!(refusal(&|_| {}, &[16]).contains("1 entries, 4 expected"));
    assert_eq!(Calibration::measure(&model, [].iter().copied()), Err(QuantizeError::NoCalibrationRows));
}

#[test]
fn too_many_inputs_for_the_accumulator_bound_are_refused() {
    let inputs = 60_000;
    let path = Dense { outputs: 1, inputs, weight: vec![1.0; inputs], bias: vec![0.0] };
    let target = TargetScale { mean: 0.0, sd: 1.0 };
    let model = FloatModel {
        narrow: vec![],
        normalization: Normalization { mean: vec![0.0; inputs], gain: vec![1.0; inputs], clip_sd: 1024.0, raw: vec![] },
        trunks: vec![],
        heads: vec![TaskHead {
            task: "t".into(),
            kind: TaskKind::Binary,
            trunk: 0,
            hidden: vec![],
            head: None,
            linear: Some(path),
            reads: vec![],
            target,
            decision: Decision::default(),
        }],
    };
    let row = vec![1.0; inputs];
    let calibration = Calibration::measure(&model, [row.as_slice()].into_iter()).unwrap();
    let error = quantize(&model, &calibration, &[8]).map(|_| ()).unwrap_err();
    assert!(matches!(error, QuantizeError::Accumulator { .. }), "{error}");
}
