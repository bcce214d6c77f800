//! Recorded windows of both data sets, with the model that `trunkline train` makes of them (but for its host part): the device
//! answers as the PC does, to the bit.

use std::sync::OnceLock;

use trunkline_tests::data_sets;
use trunkline_tests::parity::{assert_same, expected};
use trunkline_tests::qemu::{self, Target, run};
use trunkline_tests::trained::{Trained, hydraulic_project, plant_project, trained};

const WINDOWS: usize = 1000;

fn device_answers_like_the_pc(target: Target, recorded: &Trained) {
    let Trained { image, windows, window_len } = recorded;
    let windows = windows.get(..WINDOWS * window_len).expect("a thousand windows");
    let answers = run(target, image, qemu::Recording::Counts(windows));
    assert_eq!(answers.len(), WINDOWS);
    assert_same(&answers, &expected(image, windows));
}

fn plant() -> &'static Trained {
    static PLANT: OnceLock<Trained> = OnceLock::new();
    PLANT.get_or_init(|| trained(&plant_project(), None))
}

/// The hydraulic test rig, where its data set is at hand.
fn hydraulic() -> Option<&'static Trained> {
    static HYDRAULIC: OnceLock<Trained> = OnceLock::new();
    let folder = data_sets::folder("hydraulic")?;
    Some(HYDRAULIC.get_or_init(|| trained(&hydraulic_project(), Some(&folder))))
}

#[test]
fn cortex_m4f_answers_a_thousand_windows_of_the_plant_like_the_pc() {
    device_answers_like_the_pc(Target::CortexM4f, plant());
}

#[test]
fn armv6m_answers_a_thousand_windows_of_the_plant_like_the_pc() {
    device_answers_like_the_pc(Target::Armv6m, plant());
}

#[test]
fn cortex_m4f_answers_a_thousand_windows_of_the_hydraulic_rig_like_the_pc() {
    if let Some(recorded) = hydraulic() {
        device_answers_like_the_pc(Target::CortexM4f, recorded);
    }
}

#[test]
fn armv6m_answers_a_thousand_windows_of_the_hydraulic_rig_like_the_pc() {
    if let Some(recorded) = hydraulic() {
        device_answers_like_the_pc(Target::Armv6m, recorded);
    }
}
