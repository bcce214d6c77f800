//! Modality dropout: Neverova et al., "ModDrop: Adaptive Multi-Modal Gesture Recognition", PAMI 38, 2016.
//!
//! In each training row of each step every optional channel is missing with the same probability. What is computed from it,
//! magnitudes included, takes the training mean, 0 after standardisation, as the device has it then; its indicator becomes 1. The
//! closed-form linear paths are fitted with such rows as well, and the outputs of frozen ones follow the masks.

use candle_core::{Device, Result, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardUniform};

use super::problem::Problem;
use crate::config::Project;
use crate::features::{FeatureBlock, FeatureMatrix};
use crate::model::init::{Stream, generator};
use crate::model::net::LinearWiring;
use crate::model::{Dense, Normalization, Standardized};

/// The channels that may be missing, and what then becomes of the standardised features.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OptionalChannels {
    /// Probability that one is missing.
    probability: f32,
    seed: u64,
    /// Of each channel the columns that change with it, and their new values.
    channels: Vec<Vec<(usize, f32)>>,
}

impl OptionalChannels {
    /// The optional channels that `features` are computed from, missing by streams of `seed`; `None` where modality dropout is off.
    ///
    /// A channel's indicator in `normalization`, which has been fitted to `rows`, is standardised anew for the share of rows in which
    /// the channel will be missing: among the rows alone it may never be.
    pub(crate) fn new(
        project: &Project,
        features: &FeatureMatrix,
        rows: &[usize],
        seed: u64,
        normalization: &mut Normalization,
    ) -> Option<Self> {
        let probability = project.training.modality_dropout;
        for indicator in optional_blocks(project, features).flatten().filter_map(|block| block.indicator) {
            standardize_indicator(features, rows, indicator, probability, normalization);
        }
        Self::on_scales(project, features, seed, normalization)
    }

    /// The same on the scales of `normalization` as they are.
    pub(crate) fn on_scales(
        project: &Project,
        features: &FeatureMatrix,
        seed: u64,
        normalization: &Normalization,
    ) -> Option<Self> {
        let missing = |block: &FeatureBlock, column: usize| {
            if block.indicator == Some(column) { normalization.standardize(column, 1.0) } else { 0.0 }
        };
        let changes = |blocks: Vec<&FeatureBlock>| -> Vec<(usize, f32)> {
            let columns = blocks.into_iter().flat_map(|block| block.all_columns().map(move |column| (block, column)));
            columns.map(|(block, column)| (column, missing(block, column))).collect()
        };
        let channels: Vec<Vec<(usize, f32)>> = optional_blocks(project, features).map(changes).collect();
        let probability = project.training.modality_dropout as f32;
        (!channels.is_empty()).then_some(Self { probability, seed, channels })
    }

    /// The rows of `z` and, after them, each row once more in which a draw leaves channels out, so masked; and which rows these are.
    pub(crate) fn with_masked_copies(&self, z: &Standardized) -> (Standardized, Vec<usize>) {
        let mut random = generator(self.seed, Stream::MaskedCopies);
        let mut all = z.clone();
        let mut copies = Vec::new();
        for row in 0..z.rows {
            let missing = self.draw(&mut random);
            if !missing.is_empty() {
                let start = all.data.len();
                all.data.extend_from_slice(z.row(row));
                self.mask(&missing, &mut all.data[start..]);
                copies.push(row);
            }
        }
        all.rows += copies.len();
        (all, copies)
    }

    /// Draws the channels that are missing in a row.
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<usize> {
        // Every channel takes its number, whether others are missing or not.
        let mut missing = |_: &usize| Distribution::<f32>::sample(&StandardUniform, random) < self.probability;
        (0..self.channels.len()).filter(|channel| missing(channel)).collect()
    }

    /// Puts the features of a row at what they are without the channels `missing`, and their raw samples if the row has them.
    fn mask(&self, missing: &[usize], row: &mut [f32]) {
        for (column, value) in missing.iter().flat_map(|channel| &self.channels[*channel]) {
            row.get_mut(*column).into_iter().for_each(|slot| *slot = *value);
        }
    }
}

/// What is computed from each optional channel; nothing where modality dropout is off.
fn optional_blocks<'a>(
    project: &'a Project,
    features: &'a FeatureMatrix,
) -> impl Iterator<Item = Vec<&'a FeatureBlock>> {
    let dropped = project.training.modality_dropout > 0.0;
    let optional = project.channels.iter().filter(move |channel| channel.optional && dropped);
    optional.map(|channel| features.blocks.iter().filter(|block| block.channels.contains(&channel.name)).collect())
}

/// Puts mean and gain of an indicator at the share of rows in which it is 1 once channels are left out.
fn standardize_indicator(
    features: &FeatureMatrix,
    rows: &[usize],
    column: usize,
    probability: f64,
    normalization: &mut Normalization,
) {
    let missing = rows.iter().filter(|row| features.row(**row)[column] > 0.5).count();
    let share = missing as f64 / rows.len().max(1) as f64;
    let share = share + (1.0 - share) * probability;
    let sd = (share * (1.0 - share)).sqrt();
    normalization.mean[column] = share as f32;
    normalization.gain[column] = if sd > 0.0 { (1.0 / sd) as f32 } else { 0.0 };
}

/// Masks the batches of a run.
pub(crate) struct ModalityDropout<'p> {
    channels: &'p OptionalChannels,
    /// Frozen linear paths with the first output of each.
    frozen: Vec<(usize, &'p Dense)>,
    /// Outputs K of all tasks.
    outputs: usize,
    random: ChaCha8Rng,
}

impl<'p> ModalityDropout<'p> {
    /// For the rows of `problem`; `None` where modality dropout is off.
    pub(crate) fn new(problem: &'p Problem) -> Option<Self> {
        let channels = problem.optional.as_ref()?;
        let (mut frozen, mut outputs) = (Vec::new(), 0);
        for task in &problem.wiring {
            if let LinearWiring::Frozen(dense) = &task.linear {
                frozen.push((outputs, dense));
            }
            outputs += task.outputs;
        }
        Some(Self { channels, frozen, outputs, random: generator(channels.seed, Stream::Modality) })
    }

    /// Leaves channels out of the `rows` rows of a batch: alike in `clean` and, after its noise, in `noisy`, which may have fewer columns.
    /// Gives what that changes in the outputs of the frozen linear paths (B, K), which are worked out for whole rows;
    /// `None` where it is nothing.
    ///
    /// # Errors
    /// From candle, where a tensor cannot be made.
    pub(crate) fn mask(
        &mut self,
        rows: usize,
        clean: &mut [f32],
        mut noisy: Option<&mut [f32]>,
    ) -> Result<Option<Tensor>> {
        let columns = clean.len() / rows.max(1);
        let mut change = vec![0.0; rows * self.outputs];
        let mut changed = false;
        for (index, row) in clean.chunks_exact_mut(columns.max(1)).enumerate() {
            let missing = self.channels.draw(&mut self.random);
            if missing.is_empty() {
                continue;
            }
            let whole = row.to_vec();
            self.channels.mask(&missing, row);
            if let Some(noisy) = &mut noisy {
                let columns = noisy.len() / rows;
                self.channels.mask(&missing, &mut noisy[index * columns..][..columns]);
            }
            for (start, dense) in &self.frozen {
                for output in 0..dense.outputs {
                    let moves = dense.row(output).iter().zip(row.iter().zip(&whole));
                    change[index * self.outputs + start + output] =
                        moves.map(|(w, (now, then))| w * (now - then)).sum();
                }
                changed = true;
            }
        }
        changed.then(|| Tensor::from_vec(change, (rows, self.outputs), &Device::Cpu)).transpose()
    }
}

#[cfg(test)]
mod tests;
