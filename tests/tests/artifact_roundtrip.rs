//! What the writer writes, the validator accepts, and the runtime answers as exact integers would.

use trunkline_shared::model::{Runtime, image_len, validate};
use trunkline_tests::artifact::sample;

#[test]
fn a_written_artifact_is_read_back_and_passes_its_self_test() {
    let builder = sample::small();
    let image = builder.build().expect("the sample is valid");
    assert_eq!(image_len(&image), Ok(image.len()));
    let model = validate(&image).expect("what was written is valid");
    assert_eq!(model.window_len(), 3 * 64 + 4 + 1);
    assert_eq!(model.feature_count(), 12);
    assert_eq!(model.output_len(), 5);
    assert_eq!(model.host_part(), b"opaque");
    let mut arena = vec![0; model.arena_bytes() as usize / 4];
    let mut window = vec![0; model.window_len()];
    let mut runtime = Runtime::new(model, &mut arena).expect("the arena is as large as stated");
    assert_eq!(runtime.self_test(&mut window), Ok(()));
    println!("{} bytes, {:?}", image.len(), runtime.infer(&window));
}
