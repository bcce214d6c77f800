//! The heads of one trunk that have hidden layers.
//!
//! The first hidden layers of all tasks are one product, since all of them read the trunk. From there on the tasks go their own ways,
//! side by side: one node a depth however many tasks.

use candle_core::{Result, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::blocks::{Blocks, Owner, block};
use super::layer::Layer;
use super::load::Source;
use super::way::{Grids, Way};
use super::wiring::OutputBlock;
use crate::config::ReadOf;
use crate::model::LayerPlace;
use crate::model::float::Dense;
use crate::model::init::{he_normal, lecun_normal};
use crate::model::rounding::FakeQuantize;

/// A task of the trunk with hidden layers.
pub(super) struct Member {
    /// Index of the task.
    pub(super) task: usize,
    /// Widths of its hidden layers, at least one.
    pub(super) hidden: Vec<usize>,
    /// Its columns among all outputs.
    pub(super) outputs: OutputBlock,
    /// The tasks that read its embedding, with their columns among all outputs.
    pub(super) readers: Vec<(usize, OutputBlock)>,
}

/// Heads with hidden layers.
pub(super) struct HiddenHeads {
    /// The first hidden layers of all members.
    first: Layer,
    /// Columns of each member in `first`, with its task.
    columns: Vec<(usize, OutputBlock)>,
    /// From each depth to the next, the shallowest first.
    depths: Vec<Depth>,
}

/// What reads the hidden activations of one depth.
struct Depth {
    /// Last layers of the heads that end here, and the layers of the tasks that read their embeddings.
    outputs: Option<Blocks>,
    /// Hidden layers of the heads that go on.
    hidden: Option<Blocks>,
}

impl HiddenHeads {
    /// For `members`, at least one, on a trunk of width `width`, among `outputs` outputs of all tasks.
    pub(super) fn new(
        members: &[Member],
        width: usize,
        outputs: usize,
        head_init: f64,
        random: &mut ChaCha8Rng,
    ) -> Result<Self> {
        let mut columns = activation_columns(members, 0);
        let units = columns.iter().map(|(_, block)| block.len).sum();
        let first = Layer::new(he_normal(random, width, width * units), vec![0.0; units])?;
        let first_columns = columns.iter().map(|(member, block)| (members[*member].task, *block)).collect();
        let mut depths = Vec::new();
        for depth in 0.. {
            let next = activation_columns(members, depth + 1);
            let (mut last, mut further) = (Vec::new(), Vec::new());
            for (member, from) in &columns {
                let Member { task, outputs, readers, .. } = &members[*member];
                match next.iter().find(|(other, _)| other == member) {
                    Some((_, to)) => further.push((Owner::Head(*task), block(*from, *to))),
                    None => {
                        last.push((Owner::Head(*task), block(*from, *outputs)));
                        let reads =
                            readers.iter().map(|(by, to)| (Owner::Read { by: *by, of: *task }, block(*from, *to)));
                        last.extend(reads);
                    }
                }
            }
            let outputs = Blocks::new(last, false, outputs, |owner, block| match owner {
                Owner::Head(_) => lecun_normal(random, block.inputs, block.weights(), head_init),
                Owner::Read { .. } => vec![0.0; block.weights()],
            })?;
            let units = next.iter().map(|(_, block)| block.len).sum();
            let hidden =
                Blocks::new(further, true, units, |_, block| he_normal(random, block.inputs, block.weights()))?;
            let ends = hidden.is_none();
            depths.push(Depth { outputs, hidden });
            if ends {
                break;
            }
            columns = next;
        }
        Ok(Self { first, columns: first_columns, depths })
    }

    /// The outputs (B, K) of the heads on the trunk's activations `shared`, 0 for other tasks; their own go their `way`.
    pub(super) fn outputs(&self, shared: &Tensor, way: &mut Way<'_>) -> Result<Option<Tensor>> {
        let mut activations = way.rounded(self.first.hidden(shared, true)?)?;
        let mut sum: Option<Tensor> = None;
        for depth in &self.depths {
            if let Some(last) = &depth.outputs {
                let outputs = last.apply(&activations)?;
                sum = Some(match sum {
                    Some(sum) => (sum + outputs)?,
                    None => outputs,
                });
            }
            if let Some(hidden) = &depth.hidden {
                activations = way.rounded(hidden.apply(&activations)?)?;
            }
        }
        Ok(sum)
    }

    /// The grids of their hidden layers, depth after depth.
    pub(super) fn rounding(&self, grids: &Grids<'_>) -> Result<Vec<FakeQuantize>> {
        let first = self.columns.iter().map(|(task, block)| (LayerPlace::Hidden { task: *task, layer: 0 }, block.len));
        let mut all = vec![grids.activations(first)?];
        for (index, hidden) in self.depths.iter().filter_map(|depth| depth.hidden.as_ref()).enumerate() {
            all.push(grids.activations(hidden.outputs().filter_map(|(owner, width)| match owner {
                Owner::Head(task) => Some((LayerPlace::Hidden { task, layer: index + 1 }, width)),
                Owner::Read { .. } => None,
            }))?);
        }
        Ok(all)
    }

    /// Weights and biases of every layer.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&Var, &Var)> {
        let blocks = self.depths.iter().flat_map(|depth| depth.outputs.iter().chain(&depth.hidden));
        std::iter::once((&self.first.weight, &self.first.bias)).chain(blocks.map(Blocks::variables))
    }

    /// Takes the weights of `source`.
    pub(super) fn assign(&self, source: &Source<'_>) -> Result<()> {
        for (task, block) in &self.columns {
            source.hidden(*task, 0).map_or(Ok(()), |dense| self.first.assign(*block, &dense))?;
        }
        let last = |owner| match owner {
            Owner::Head(task) => source.head(task),
            Owner::Read { by, of } => source.read(by, of, ReadOf::Embedding),
        };
        for (index, depth) in self.depths.iter().enumerate() {
            let further = |owner| match owner {
                Owner::Head(task) => source.hidden(task, index + 1),
                Owner::Read { .. } => None,
            };
            depth.outputs.iter().try_for_each(|blocks| blocks.assign(last))?;
            depth.hidden.iter().try_for_each(|blocks| blocks.assign(further))?;
        }
        Ok(())
    }

    /// A mark for each element of each of [`HiddenHeads::variables`]: whether it is task `task`'s own.
    pub(super) fn marks(&self, task: usize) -> impl Iterator<Item = Vec<bool>> {
        let first = self.columns.iter().find(|(owner, _)| *owner == task).map(|(_, block)| *block);
        let blocks = self.depths.iter().flat_map(|depth| depth.outputs.iter().chain(&depth.hidden));
        self.first.marks(first).into_iter().chain(blocks.flat_map(move |blocks| blocks.marks(task)))
    }

    /// Hidden layers and last layer of task `task`, if it is a member.
    pub(super) fn dense(&self, task: usize) -> Result<Option<(Vec<Dense>, Dense)>> {
        let Some((_, block)) = self.columns.iter().find(|(owner, _)| *owner == task) else { return Ok(None) };
        let mut hidden = vec![self.first.dense(*block)?];
        for depth in &self.depths {
            if let Some(last) =
                depth.outputs.as_ref().map(|blocks| blocks.dense(Owner::Head(task))).transpose()?.flatten()
            {
                return Ok(Some((hidden, last)));
            }
            hidden.extend(depth.hidden.as_ref().map(|blocks| blocks.dense(Owner::Head(task))).transpose()?.flatten());
        }
        Ok(None)
    }

    /// The layer from the embedding of task `of` to task `by`, if there is one.
    pub(super) fn read(&self, by: usize, of: usize) -> Result<Option<Dense>> {
        let mut ends = self.depths.iter().filter_map(|depth| depth.outputs.as_ref());
        ends.find_map(|blocks| blocks.dense(Owner::Read { by, of }).transpose()).transpose()
    }
}

/// Columns of the members that have a hidden layer `depth`, by index, among the activations of that depth.
fn activation_columns(members: &[Member], depth: usize) -> Vec<(usize, OutputBlock)> {
    let mut start = 0;
    let widths = members.iter().enumerate().filter_map(|(index, member)| Some((index, *member.hidden.get(depth)?)));
    let place = |(index, len)| {
        start += len;
        (index, OutputBlock { start: start - len, len })
    };
    widths.map(place).collect()
}
