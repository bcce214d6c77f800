//! Checks of a finished artifact: as the device makes them at boot, and the firmware's application against the runtime.

use trunkline_shared::model::{Model, Runtime};
use trunkline_trainer::features::Windows;
use trunkline_trainer::simulate;

use super::exit::Exit;
use super::failure::Failure;
use super::image::Image;

/// Runs the golden windows.
pub(super) fn self_test(model: &Model<'_>) -> Result<(), Failure> {
    let mut arena = arena(model);
    let mut window = vec![0i16; model.window_len()];
    runtime(model, &mut arena)?.self_test(&mut window).map_err(|error| {
        Failure::new(Exit::Verification, "the model does not answer its golden windows as it did where it was made")
            .because(error)
            .remedy("a device would refuse it at boot; train it anew, and report this if it happens again")
    })
}

/// Replays at most `most` of `windows`, evenly spread, through the firmware's application on the PC and compares features and
/// outputs with the runtime's, each to the bit. Gives the number of windows.
pub(super) fn replay(image: &Image, windows: &Windows, most: usize) -> Result<usize, Failure> {
    let model = image.model()?;
    let step = windows.rows.div_ceil(most).max(1);
    let rows: Vec<usize> = (0..windows.rows).step_by(step).collect();
    let answers = simulate::replay(image.bytes(), rows.iter().map(|&row| windows.row(row)))
        .map_err(|error| differs("the firmware cannot replay the windows").because(error))?;
    if answers.len() != rows.len() {
        return Err(differs(format!("the firmware answered {} of {} windows", answers.len(), rows.len())));
    }
    let mut arena = arena(&model);
    let mut runtime = runtime(&model, &mut arena)?;
    for (&row, answer) in rows.iter().zip(&answers) {
        let expected = runtime.infer(windows.row(row)).map_err(|error| Failure::inside("run the model", error))?;
        let bits = |features: &[f32]| features.iter().map(|feature| feature.to_bits()).collect::<Vec<u32>>();
        if answer.outputs != expected.outputs || bits(&answer.features) != bits(expected.features) {
            return Err(differs(format!("the firmware and the runtime differ on the window of row {row}")));
        }
    }
    Ok(rows.len())
}

fn differs(what: impl Into<String>) -> Failure {
    Failure::new(Exit::Verification, what).remedy("this is a defect of trunkline: report it with the project file")
}

fn arena(model: &Model<'_>) -> Vec<u32> {
    vec![0; model.arena_bytes().div_ceil(4) as usize]
}

fn runtime<'a, 'b>(model: &Model<'a>, arena: &'b mut [u32]) -> Result<Runtime<'a, 'b>, Failure> {
    Runtime::new(model.clone(), arena).map_err(|error| Failure::inside("run the model", error))
}
