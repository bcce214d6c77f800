//! What is measured: a model, and what it is given.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::build::ImageBuilder;
use trunkline_shared::model::{Layout, Model, Runtime, WeightKind, validate};

/// A model with an input.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The artifact in the plain layout.
    pub image: Vec<u8>,
    /// A raw window.
    pub window: Vec<i16>,
}

impl Subject {
    /// A model and a random window for it.
    pub fn with_noise(image: Vec<u8>) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let window = (0..validated(&image).window_len()).map(|_| rng.random_range(-20_000..20_000)).collect();
        Self { image, window }
    }

    /// The artifact in another layout.
    pub fn packed(&self, layout: Layout) -> Vec<u8> {
        let builder = ImageBuilder { layout, ..ImageBuilder::from_model(&validated(&self.image)) };
        builder.build().expect("a model fits every layout")
    }

    /// `sets` times random inputs of the network, the views' tensors one after the other.
    pub fn inputs(&self, sets: usize) -> Vec<i16> {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let model = validated(&self.image);
        let bits: Vec<u8> = model.views().flat_map(|(_, span)| vec![span.range_bits; span.elements.into()]).collect();
        let mut draw = |&bits: &u8| rng.random_range(i16::MIN >> (15 - bits)..=i16::MAX >> (15 - bits));
        (0..sets).flat_map(|_| bits.iter().map(&mut draw).collect::<Vec<i16>>()).collect()
    }

    /// What the device is to answer: the outputs of the network alone to [`Subject::inputs`], then those to the window.
    pub fn answers(&self) -> Vec<i16> {
        let model = validated(&self.image);
        let network = model.network();
        let mut work = vec![0; network.work_words()];
        let inputs = self.inputs(1);
        let mut rest = inputs.as_slice();
        for (view, _) in model.views() {
            let tensor = network.tensor_mut(view.tensor, &mut work);
            let (inputs, others) = rest.split_at(tensor.len());
            tensor.copy_from_slice(inputs);
            rest = others;
        }
        network.run(&mut work, trunkline_shared::model::ALL_TASKS);
        let mut answers: Vec<i16> =
            model.tasks().flat_map(|(task, _)| network.tensor(task.output, &work).to_vec()).collect();
        let mut arena = vec![0; model.arena_bytes() as usize / 4];
        let mut runtime = Runtime::new(model, &mut arena).expect("the arena is as large as stated");
        answers.extend(runtime.infer_all(&self.window).expect("a whole window").outputs);
        answers
    }

    /// Multiply-accumulates of the network.
    pub fn macs(&self) -> u64 {
        let model = validated(&self.image);
        model.layers().map(|(_, layer)| (layer.rows() * layer.columns()) as u64).sum()
    }

    /// Bytes of the layers' numbers in `layout`: weights, biases and multipliers.
    pub fn weight_bytes(&self, layout: Layout) -> u64 {
        let model = validated(&self.image);
        let bytes = |kind: WeightKind, rows: usize, columns: usize| match layout.packing() {
            Some(packing) => 4 * packing.words(kind, rows, columns),
            None => rows * (kind.row_bytes(columns) + 8),
        };
        model.layers().map(|(layer, resolved)| bytes(layer.weights, resolved.rows(), resolved.columns()) as u64).sum()
    }
}

/// The model in an artifact that this program has made.
pub(super) fn validated(image: &[u8]) -> Model<'_> {
    validate(image).expect("the writer's artifacts are valid")
}
