//! Ranges of the activations of a float network on training rows.

use super::QuantizeError;
use crate::model::{BranchActivations, Dense, FloatModel, ModalityBranch, Trunk};

/// What the quantizer must know about the activations.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Mean square of the standardised, clipped features.
    pub feature_mean_square: f64,
    /// Of each branch of each trunk.
    pub branches: Vec<Vec<BranchRanges>>,
    /// Of the output of each layer of each trunk. The largest magnitude of a first layer on branches is that of the sums over the
    /// first so many branches too: they are held in the same tensor.
    pub trunks: Vec<Vec<ActivationRange>>,
    /// Of the output of each hidden layer of each task's head.
    pub hidden: Vec<Vec<ActivationRange>>,
    /// Of each task's output before its target scale.
    pub outputs: Vec<ActivationRange>,
    /// Largest magnitude of each task's output on the way to it, while head, linear path and what the task reads are added up in this
    /// order: they are held in the same tensor.
    pub sums: Vec<f64>,
}

/// Spread of what a branch works out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BranchRanges {
    /// Of each of its convolutions.
    pub convolutions: Vec<ConvolutionRanges>,
    /// Of the output of each of its layers.
    pub layers: Vec<ActivationRange>,
}

/// Spread of what a convolution works out.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ConvolutionRanges {
    /// Of its filters' outputs.
    pub depthwise: ActivationRange,
    /// Of its units' outputs.
    pub pointwise: ActivationRange,
    /// Of these after pooling.
    pub pooled: ActivationRange,
}

/// Spread of one tensor over rows and elements.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ActivationRange {
    /// Largest magnitude.
    pub max: f64,
    /// Mean square.
    pub mean_square: f64,
}

impl ActivationRange {
    fn add(&mut self, values: &[f32], rows: f64) {
        let elements = values.len() as f64;
        for value in values {
            let value = f64::from(*value);
            self.max = self.max.max(value.abs());
            self.mean_square += value * value / (elements * rows);
        }
    }
}

impl BranchRanges {
    /// Nothing yet of `branch`.
    fn none_of(branch: &ModalityBranch) -> Self {
        let convolutions = branch.front.as_ref().map_or(0, |front| front.convolutions.len());
        Self {
            convolutions: vec![ConvolutionRanges::default(); convolutions],
            layers: vec![ActivationRange::default(); branch.layers.len()],
        }
    }

    fn add(&mut self, activations: &BranchActivations, rows: f64) {
        for (ranges, values) in self.convolutions.iter_mut().zip(&activations.convolutions) {
            ranges.depthwise.add(&values.depthwise, rows);
            ranges.pointwise.add(&values.pointwise, rows);
            ranges.pooled.add(&values.pooled, rows);
        }
        self.layers.iter_mut().zip(&activations.layers).for_each(|(range, values)| range.add(values, rows));
    }
}

impl Calibration {
    /// Runs `model` over rows as [`FloatModel::forward`] takes them, which should be training rows only.
    ///
    /// # Errors
    /// [`QuantizeError::NoCalibrationRows`] without rows, [`QuantizeError::Shape`] for a row that is too short.
    pub fn measure<'a>(
        model: &FloatModel,
        rows: impl ExactSizeIterator<Item = &'a [f32]>,
    ) -> Result<Self, QuantizeError> {
        let count = rows.len() as f64;
        if rows.len() == 0 {
            return Err(QuantizeError::NoCalibrationRows);
        }
        let expected = model.normalization.width();
        let none = ActivationRange::default();
        let mut features = none;
        let of_branches = |trunk: &Trunk| trunk.branches.iter().map(BranchRanges::none_of).collect();
        let mut branches: Vec<Vec<_>> = model.trunks.iter().map(of_branches).collect();
        let partial: Vec<Vec<Dense>> = model.trunks.iter().map(partial_layers).collect();
        let mut trunks: Vec<_> = model.trunks.iter().map(|trunk| vec![none; trunk.layers.len()]).collect();
        let mut hidden: Vec<_> = model.heads.iter().map(|head| vec![none; head.hidden.len()]).collect();
        let mut outputs = vec![none; model.heads.len()];
        let mut sums = vec![0.0f64; model.heads.len()];
        for row in rows {
            if row.len() < expected {
                let place = "a calibration row".to_owned();
                return Err(QuantizeError::Shape { place, what: "features", expected, found: row.len() });
            }
            let z = model.normalization.apply(row);
            features.add(&z[..model.feature_count()], count);
            let activations = model.activations(&z);
            for (trunk, layers) in partial.iter().enumerate().filter(|(_, layers)| !layers.is_empty()) {
                let input = model.trunks[trunk].input(&activations.branches[trunk], &z, model.feature_count());
                for value in layers.iter().flat_map(|layer| layer.apply(&input)) {
                    trunks[trunk][0].max = trunks[trunk][0].max.max(f64::from(value).abs());
                }
            }
            for (ranges, activations) in branches.iter_mut().flatten().zip(activations.branches.iter().flatten()) {
                ranges.add(activations, count);
            }
            let layers = activations.trunks.iter().flatten().chain(activations.hidden.iter().flatten());
            let ranges = trunks.iter_mut().flatten().chain(hidden.iter_mut().flatten());
            for (values, range) in layers.chain(&activations.outputs).zip(ranges.chain(&mut outputs)) {
                range.add(values, count);
            }
            sums.iter_mut().zip(&activations.sums).for_each(|(largest, sum)| *largest = largest.max(f64::from(*sum)));
        }
        Ok(Self { feature_mean_square: features.mean_square, branches, trunks, hidden, outputs, sums })
    }
}

/// The first layer of a trunk cut down to its first branch, its first two, and so on to all but the last one.
fn partial_layers(trunk: &Trunk) -> Vec<Dense> {
    let ends = trunk.places().map(|place| place.end).take(trunk.branches.len().saturating_sub(1));
    trunk.layers.first().map_or_else(Vec::new, |layer| ends.map(|end| layer.part(0..end, true)).collect())
}
