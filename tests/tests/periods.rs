//! Tasks that answer every few windows: between their answers they cost nothing, and the last one stands.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::{Runtime, validate};
use trunkline_tests::artifact::random::{self, Size};

const WINDOWS: u32 = 13;

#[test]
fn a_task_answers_in_its_own_windows_and_keeps_its_answer_in_the_others() {
    let mut seldom = 0;
    for seed in 0..40 {
        let image =
            random::model(seed, Size { samples: 32, width: 16, tasks: 5 }).build().expect("random models are valid");
        let model = validate(&image).expect("what was written is valid");
        let mut arenas = [vec![0; model.arena_bytes() as usize / 4], vec![0; model.arena_bytes() as usize / 4]];
        let [arena, every] = &mut arenas;
        let mut runtime = Runtime::new(model.clone(), arena).expect("as large as stated");
        let mut every = Runtime::new(model.clone(), every).expect("as large as stated");
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut standing = vec![0; model.output_len()];
        for window in 0..WINDOWS {
            let samples = random::window(&mut rng, model.window_len());
            let fresh = every.infer_all(&samples).expect("right length").outputs.to_vec();
            let answer = runtime.infer(&samples).expect("right length");
            for (index, (task, range)) in model.tasks().enumerate() {
                let due = window % u32::from(task.period) == 0;
                assert_eq!(answer.due >> index & 1 == 1, due, "task {index} in window {window}");
                if due {
                    standing[range.clone()].copy_from_slice(&fresh[range]);
                } else {
                    seldom += 1;
                }
            }
            assert_eq!(answer.outputs, standing, "window {window} of model {seed}");
        }
    }
    assert!(seldom > 200, "{seldom}");
}
