//! What happens to activations between the layers: dropout, and the grids that a device has for them.

use std::slice::Iter;

use candle_core::{Device, Result, Tensor, bail};

use super::Net;
use super::wiring::places;
use crate::model::LayerPlace;
use crate::model::rounding::{FakeQuantize, Grid};

/// Where a network's activations are put on grids, in the order in which they are worked out.
pub(crate) struct Rounding {
    /// What each trunk reads, its layers and the hidden layers of its heads, trunk after trunk.
    trunks: Vec<FakeQuantize>,
    /// The features as linear paths read them, once for each grid that some of them have: with 1 in the columns of their outputs (K) and 0
    /// in the others.
    linear: Vec<(FakeQuantize, Tensor)>,
}

/// The grids of an integer network, by layer.
pub(crate) struct Grids<'g> {
    /// Of what a layer reads.
    pub(crate) inputs: &'g [(LayerPlace, Grid)],
    /// Of what a layer writes that another reads, but for the tasks' outputs.
    pub(crate) activations: &'g [(LayerPlace, Grid)],
}

impl Grids<'_> {
    /// `columns` features as the layer at `place` reads them.
    pub(super) fn input(&self, place: LayerPlace, columns: usize) -> Result<FakeQuantize> {
        Ok(FakeQuantize { columns: std::iter::repeat_n(find(self.inputs, place)?, columns).collect() })
    }

    /// `columns` columns as the part at index `part` of the layer at `place` reads them, of one that has a part a branch.
    pub(super) fn part(&self, place: LayerPlace, part: usize, columns: usize) -> Result<FakeQuantize> {
        match self.inputs.iter().filter(|(known, _)| *known == place).nth(part) {
            Some((_, grid)) => Ok(FakeQuantize { columns: std::iter::repeat_n(*grid, columns).collect() }),
            None => bail!("no grid for part {part} of {place:?}"),
        }
    }

    /// The outputs of layers side by side, each with its width.
    pub(super) fn activations(&self, layers: impl Iterator<Item = (LayerPlace, usize)>) -> Result<FakeQuantize> {
        let mut columns = Vec::new();
        for (place, width) in layers {
            columns.extend(std::iter::repeat_n(find(self.activations, place)?, width));
        }
        Ok(FakeQuantize { columns: columns.into() })
    }
}

fn find(grids: &[(LayerPlace, Grid)], place: LayerPlace) -> Result<Grid> {
    match grids.iter().find(|(known, _)| *known == place) {
        Some((_, grid)) => Ok(*grid),
        None => bail!("no grid for {place:?}"),
    }
}

/// The way of one batch through a network.
pub(super) struct Way<'w> {
    masks: Iter<'w, Tensor>,
    grids: Iter<'w, FakeQuantize>,
}

impl<'w> Way<'w> {
    pub(super) fn new(masks: &'w [Tensor], rounding: Option<&'w Rounding>) -> Self {
        let grids: &[FakeQuantize] = rounding.map_or(&[], |rounding| &rounding.trunks);
        Self { masks: masks.iter(), grids: grids.iter() }
    }

    /// The next two grids, of a convolution, which rounds by itself; `None` where nothing is rounded.
    pub(super) fn pair(&mut self) -> Option<[Grid; 2]> {
        self.grids.next().and_then(|grids| grids.columns.first_chunk()).copied()
    }

    /// `x` on the next grid, while there are any.
    pub(super) fn rounded(&mut self, x: Tensor) -> Result<Tensor> {
        self.grids.next().map_or(Ok(x.clone()), |grid| grid.apply(&x))
    }

    /// The activations `x` on their grid, some of them dropped.
    pub(super) fn shared(&mut self, x: Tensor) -> Result<Tensor> {
        let x = self.rounded(x)?;
        self.masks.next().map_or(Ok(x.clone()), |mask| &x * mask)
    }
}

impl Net {
    /// Where its activations go on the grids of `grids`.
    ///
    /// # Errors
    /// From candle, where a layer has no grid.
    pub(crate) fn rounding(&self, grids: &Grids<'_>) -> Result<Rounding> {
        let mut trunks = Vec::new();
        for (index, trunk) in self.trunks.iter().enumerate() {
            trunks.extend(trunk.rounding(index, grids)?);
        }
        let all = places(&self.tasks, |_| true);
        let mut linear: Vec<(FakeQuantize, Vec<f32>)> = Vec::new();
        if let Some(branch) = &self.linear {
            let inputs = branch.layer.weight.dim(0)?;
            for (task, block) in &branch.blocks {
                let grid = grids.input(LayerPlace::Linear { task: *task }, inputs)?;
                let known = linear.iter().position(|(known, _)| known.columns == grid.columns);
                let at = known.unwrap_or_else(|| {
                    linear.push((grid, vec![0.0; self.output_count()]));
                    linear.len() - 1
                });
                linear[at].1[all[*task].1.start..][..block.len].fill(1.0);
            }
        }
        let linear = linear.into_iter().map(|(grid, mask)| {
            let outputs = mask.len();
            Ok((grid, Tensor::from_vec(mask, (1, outputs), &Device::Cpu)?))
        });
        Ok(Rounding { trunks, linear: linear.collect::<Result<_>>()? })
    }

    /// The outputs (B, K) of the trained linear paths on the features `clean` (B, F); `None` without any.
    pub(super) fn linear_outputs(&self, clean: &Tensor, rounding: Option<&Rounding>) -> Result<Option<Tensor>> {
        let Some(linear) = &self.linear else { return Ok(None) };
        let Some(rounding) = rounding else { return linear.outputs(clean, false).map(Some) };
        let part = |(grid, mask): &(FakeQuantize, Tensor)| {
            let outputs = linear.outputs(&grid.apply(clean)?, false)?;
            if rounding.linear.len() == 1 { Ok(outputs) } else { outputs.broadcast_mul(mask) }
        };
        rounding.linear.iter().map(part).reduce(|sum, part| sum? + part?).transpose()
    }
}
