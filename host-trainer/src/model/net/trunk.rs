//! One trunk with the heads on it.

use candle_core::{Result, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::hidden::{HiddenHeads, Member};
use super::layer::{Branch, Layer};
use super::load::{Source, unmarked};
use super::modality::BranchNet;
use super::way::{Grids, Way};
use super::wiring::{BranchShape, OutputBlock, ReadWiring, TaskWiring, places, total};
use crate::config::ReadOf;
use crate::model::LayerPlace;
use crate::model::float::{Dense, Trunk};
use crate::model::init::{he_normal, lecun_normal};
use crate::model::rounding::FakeQuantize;

/// ReLU layers and the heads that stand on them: the linear ones as one product, those with hidden layers side by side.
pub(super) struct TrunkNet {
    /// What the first layer reads in place of the features.
    branches: Vec<BranchNet>,
    layers: Vec<Layer>,
    pub(super) heads: Option<Branch>,
    hidden: Option<HiddenHeads>,
}

impl TrunkNet {
    /// Trunk `index` of a network for `tasks`, with ReLU layers of the widths `widths` over `branches`, or over `inputs` features
    /// where there are none. Without a head on it, or without layers, it is left out, and so are its branches and heads.
    pub(super) fn new(
        index: usize,
        inputs: usize,
        branches: &[BranchShape],
        widths: &[usize],
        tasks: &[TaskWiring],
        head_init: f64,
        random: &mut ChaCha8Rng,
    ) -> Result<Self> {
        let hidden = |task: &TaskWiring| {
            task.head.as_ref().filter(|head| head.trunk == index && !widths.is_empty()).map(|head| head.hidden.clone())
        };
        let used = tasks.iter().any(|task| hidden(task).is_some());
        let branches = branches.iter().filter(|_| used).map(|shape| BranchNet::new(shape, random));
        let branches: Vec<BranchNet> = branches.collect::<Result<_>>()?;
        let fused = branches.iter().map(BranchNet::width).sum();
        let (mut width, mut layers) = (if branches.is_empty() { inputs } else { fused }, Vec::new());
        for outputs in widths.iter().copied().filter(|_| used) {
            layers.push(Layer::new(he_normal(random, width, width * outputs), vec![0.0; outputs])?);
            width = outputs;
        }
        let all = places(tasks, |_| true);
        let linear = places(tasks, |task| hidden(task).is_some_and(|hidden| hidden.is_empty()));
        let heads = if linear.is_empty() {
            None
        } else {
            let outputs = total(&linear);
            let weight = lecun_normal(random, width, width * outputs, head_init);
            Some(Branch::new(Layer::new(weight, vec![0.0; outputs])?, linear, &all))
        };
        let member = |(task, outputs): &(usize, OutputBlock)| {
            let hidden = hidden(&tasks[*task]).filter(|hidden| !hidden.is_empty())?;
            let reads = |reader: &TaskWiring| reader.reads.contains(&ReadWiring { task: *task, of: ReadOf::Embedding });
            let readers = all.iter().filter(|(reader, _)| reads(&tasks[*reader])).copied().collect();
            Some(Member { task: *task, hidden, outputs: *outputs, readers })
        };
        let members: Vec<Member> = all.iter().filter_map(member).collect();
        let hidden = if members.is_empty() {
            None
        } else {
            Some(HiddenHeads::new(&members, width, total(&all), head_init, random)?)
        };
        Ok(Self { branches, layers, heads, hidden })
    }

    /// Widths of the layers, those of the branches first.
    pub(super) fn widths(&self) -> impl Iterator<Item = usize> {
        self.branches.iter().flat_map(BranchNet::widths).chain(self.layers.iter().map(Layer::width))
    }

    /// Whether it has heads.
    pub(super) fn is_used(&self) -> bool {
        self.heads.is_some() || self.hidden.is_some()
    }

    /// The outputs (B, K) of its heads, 0 for other tasks, one tensor for the linear heads and one for the others: on the features `input`,
    /// which may have noise, and on raw samples of the rows `clean`. Its activations go their `way`.
    pub(super) fn outputs(&self, clean: &Tensor, input: &Tensor, way: &mut Way<'_>) -> Result<[Option<Tensor>; 2]> {
        if !self.is_used() {
            return Ok([None, None]);
        }
        let branches: Vec<Tensor> =
            self.branches.iter().map(|branch| branch.outputs(clean, input, way)).collect::<Result<_>>()?;
        let mut shared = if branches.is_empty() { way.rounded(input.clone())? } else { Tensor::cat(&branches, 1)? };
        for (index, layer) in self.layers.iter().enumerate() {
            shared = way.shared(layer.hidden(&shared, index > 0 || !branches.is_empty())?)?;
        }
        let linear = self.heads.as_ref().map(|heads| heads.outputs(&shared, true)).transpose()?;
        let hidden = self.hidden.as_ref().map(|heads| heads.outputs(&shared, way)).transpose()?.flatten();
        Ok([linear, hidden])
    }

    /// The grids on its way, trunk `index` of the network.
    pub(super) fn rounding(&self, index: usize, grids: &Grids<'_>) -> Result<Vec<FakeQuantize>> {
        let mut all = Vec::new();
        if !self.is_used() {
            return Ok(all);
        }
        for (branch, net) in self.branches.iter().enumerate() {
            all.extend(net.rounding(index, branch, grids)?);
        }
        let place = |layer| LayerPlace::Trunk { trunk: index, layer };
        if let (Some(first), true) = (self.layers.first(), self.branches.is_empty()) {
            all.push(grids.input(place(0), first.weight.dim(0)?)?);
        }
        for (layer, net) in self.layers.iter().enumerate() {
            all.push(grids.activations([(place(layer), net.width())].into_iter())?);
        }
        if let Some(hidden) = &self.hidden {
            all.extend(hidden.rounding(grids)?);
        }
        Ok(all)
    }

    /// Weights and biases of every layer: the branches', the trunk's, then the heads'.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&Var, &Var)> {
        let branches = self.branches.iter().flat_map(BranchNet::variables);
        let layers = self.layers.iter().chain(self.heads.iter().map(|heads| &heads.layer));
        let hidden = self.hidden.iter().flat_map(HiddenHeads::variables);
        branches.chain(layers.map(|layer| (&layer.weight, &layer.bias))).chain(hidden)
    }

    /// Takes the weights of trunk `index` of `source` and of the heads on it.
    pub(super) fn assign(&self, index: usize, source: &Source<'_>) -> Result<()> {
        let Some(trunk) = source.model.trunks.get(index) else { return Ok(()) };
        self.branches.iter().zip(&trunk.branches).try_for_each(|(branch, weights)| branch.assign(weights))?;
        self.layers.iter().zip(&trunk.layers).try_for_each(|(layer, dense)| layer.assign_whole(dense))?;
        for (heads, (task, block)) in self.heads.iter().flat_map(|heads| heads.blocks.iter().map(move |it| (heads, it)))
        {
            source.head(*task).map_or(Ok(()), |dense| heads.layer.assign(*block, &dense))?;
        }
        self.hidden.iter().try_for_each(|hidden| hidden.assign(source))
    }

    /// A mark for each element of each of [`TrunkNet::variables`]: whether it is task `task`'s own.
    pub(super) fn marks(&self, task: usize) -> impl Iterator<Item = Vec<bool>> {
        let branches = self.branches.iter().flat_map(BranchNet::variables);
        let layers = self.layers.iter().map(|layer| (&layer.weight, &layer.bias));
        let heads = self.heads.iter().flat_map(move |heads| heads.marks(task));
        let hidden = self.hidden.iter().flat_map(move |hidden| hidden.marks(task));
        unmarked(branches.chain(layers)).chain(heads).chain(hidden)
    }

    /// A name for each layer of [`TrunkNet::variables`].
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let layers = (0..self.layers.len()).map(|layer| format!("layers[{layer}]"));
        let hidden = self.hidden.iter().flat_map(HiddenHeads::variables).enumerate();
        let heads = self.heads.iter().map(|_| "heads".to_owned());
        let branches = self.branches.iter().enumerate();
        let branches =
            branches.flat_map(|(index, branch)| branch.names().map(move |name| format!("branches[{index}].{name}")));
        branches.chain(layers).chain(heads).chain(hidden.map(|(layer, _)| format!("hidden_heads[{layer}]")))
    }

    /// Weights and biases that all of its heads read through.
    pub(super) fn shared_variables(&self) -> impl Iterator<Item = &Var> {
        let branches = self.branches.iter().flat_map(BranchNet::variables);
        let layers = self.layers.iter().map(|layer| (&layer.weight, &layer.bias));
        branches.chain(layers).flat_map(|(weight, bias)| [weight, bias])
    }

    /// The layers as plain ones.
    pub(super) fn to_float(&self) -> Result<Trunk> {
        Ok(Trunk {
            branches: self.branches.iter().map(BranchNet::to_float).collect::<Result<_>>()?,
            layers: self.layers.iter().map(Layer::whole).collect::<Result<_>>()?,
        })
    }

    /// Hidden layers and last layer of the head of task `task`, if it stands on this trunk.
    pub(super) fn head(&self, task: usize) -> Result<Option<(Vec<Dense>, Dense)>> {
        if let Some(dense) = self.heads.as_ref().map(|heads| heads.dense(task)).transpose()?.flatten() {
            return Ok(Some((Vec::new(), dense)));
        }
        Ok(self.hidden.as_ref().map(|heads| heads.dense(task)).transpose()?.flatten())
    }

    /// The layer from the embedding of task `of`, whose head stands on this trunk, to task `by`, if there is one.
    pub(super) fn read(&self, by: usize, of: usize) -> Result<Option<Dense>> {
        self.hidden.as_ref().map_or(Ok(None), |heads| heads.read(by, of))
    }
}
