//! Ranges of the activations of a float network on training rows.

use super::QuantizeError;
use crate::model::FloatModel;

/// What the quantizer must know about the activations.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Mean square of the standardised, clipped features.
    pub feature_mean_square: f64,
    /// Of the output of each layer of each trunk.
    pub trunks: Vec<Vec<ActivationRange>>,
    /// Of the output of each hidden layer of each task's head.
    pub hidden: Vec<Vec<ActivationRange>>,
    /// Of each task's output before its target scale.
    pub outputs: Vec<ActivationRange>,
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

impl Calibration {
    /// Runs `model` over feature rows (each of F numbers, NaN where missing), which should be training rows only.
    ///
    /// # Errors
    /// [`QuantizeError::NoCalibrationRows`] without rows, [`QuantizeError::Shape`] for a row of another length.
    pub fn measure<'a>(
        model: &FloatModel,
        rows: impl ExactSizeIterator<Item = &'a [f32]>,
    ) -> Result<Self, QuantizeError> {
        let count = rows.len() as f64;
        if rows.len() == 0 {
            return Err(QuantizeError::NoCalibrationRows);
        }
        let expected = model.normalization.mean.len();
        let none = ActivationRange::default();
        let mut features = none;
        let mut trunks: Vec<_> = model.trunks.iter().map(|trunk| vec![none; trunk.layers.len()]).collect();
        let mut hidden: Vec<_> = model.heads.iter().map(|head| vec![none; head.hidden.len()]).collect();
        let mut outputs = vec![none; model.heads.len()];
        for row in rows {
            if row.len() != expected {
                let place = "a calibration row".to_owned();
                return Err(QuantizeError::Shape { place, what: "features", expected, found: row.len() });
            }
            let z = model.normalization.apply(row);
            features.add(&z, count);
            let activations = model.activations(&z);
            let layers = activations.trunks.iter().flatten().chain(activations.hidden.iter().flatten());
            let ranges = trunks.iter_mut().flatten().chain(hidden.iter_mut().flatten());
            for (values, range) in layers.chain(&activations.outputs).zip(ranges.chain(&mut outputs)) {
                range.add(values, count);
            }
        }
        Ok(Self { feature_mean_square: features.mean_square, trunks, hidden, outputs })
    }
}
