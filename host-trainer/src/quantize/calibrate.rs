//! Ranges of the activations of a float network on training rows.

use super::QuantizeError;
use crate::model::FloatModel;

/// What the quantizer must know about the activations.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Mean square of the standardised, clipped features.
    pub feature_mean_square: f64,
    /// Of each trunk layer's output.
    pub trunk: Vec<ActivationRange>,
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
        let mut features = ActivationRange::default();
        let mut trunk = vec![ActivationRange::default(); model.trunk.len()];
        let mut outputs = vec![ActivationRange::default(); model.heads.len()];
        for row in rows {
            if row.len() != expected {
                let place = "a calibration row".to_owned();
                return Err(QuantizeError::Shape { place, what: "features", expected, found: row.len() });
            }
            let z = model.normalization.apply(row);
            features.add(&z, count);
            let mut activation = z.clone();
            for (layer, range) in model.trunk.iter().zip(&mut trunk) {
                activation = layer.apply(&activation);
                activation.iter_mut().for_each(|value| *value = value.max(0.0));
                range.add(&activation, count);
            }
            for (head, range) in model.heads.iter().zip(&mut outputs) {
                let paths = head.head.iter().map(|head| head.apply(&activation));
                let paths = paths.chain(head.linear.iter().map(|linear| linear.apply(&z)));
                let sum = paths.reduce(|a, b| a.iter().zip(&b).map(|(a, b)| a + b).collect());
                range.add(&sum.unwrap_or_default(), count);
            }
        }
        Ok(Self { feature_mean_square: features.mean_square, trunk, outputs })
    }
}
