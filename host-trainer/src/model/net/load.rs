//! A network that starts from weights that are there already, and which of its weights are whose.

use candle_core::{Result, Var};

use super::Net;
use super::wiring::{BranchShape, TaskWiring};
use crate::config::ReadOf;
use crate::model::FrontEnd;
use crate::model::float::{Dense, FloatModel};

/// The weights of a model, as the layers of a network for `tasks` take them: with the outputs that only a training has.
pub(super) struct Source<'m> {
    pub(super) model: &'m FloatModel,
    tasks: &'m [TaskWiring],
}

impl Source<'_> {
    /// Hidden layer `depth` of the head of task `task`.
    pub(super) fn hidden(&self, task: usize, depth: usize) -> Option<Dense> {
        self.model.heads.get(task)?.hidden.get(depth).cloned()
    }

    /// The last layer of the head of task `task`.
    pub(super) fn head(&self, task: usize) -> Option<Dense> {
        Some(self.model.heads.get(task)?.head.clone()?.with_outputs(self.tasks[task].outputs))
    }

    /// The linear path of task `task`.
    pub(super) fn linear(&self, task: usize) -> Option<Dense> {
        Some(self.model.heads.get(task)?.linear.clone()?.with_outputs(self.tasks[task].outputs))
    }

    /// The layer from task `of` to task `by`.
    pub(super) fn read(&self, by: usize, of: usize, what: ReadOf) -> Option<Dense> {
        let read = self.model.heads.get(by)?.reads.iter().find(|read| read.task == of && read.of == what)?;
        Some(read.dense.clone().with_outputs(self.tasks[by].outputs))
    }
}

impl Net {
    /// The network of `model`, to train it on: every layer has the model's weights. `tasks` say the rest, in the order of the model's
    /// heads, whose shapes they have: which linear paths are trained, from weights that they bring along, and how many outputs a training
    /// has beyond the model's.
    ///
    /// # Errors
    /// From candle, where model and tasks do not fit each other; what [`Net::new`] refuses.
    pub fn of_model(model: &FloatModel, tasks: Vec<TaskWiring>) -> Result<Self> {
        if model.heads.len() != tasks.len() || model.layers().any(|dense| dense.outputs == 0 || dense.inputs == 0) {
            candle_core::bail!(
                "a network of {} tasks from a model of {}, or empty layers",
                tasks.len(),
                model.heads.len()
            );
        }
        // All trunks have the same branches; one that is left out has none.
        let branches = model.trunks.iter().map(|trunk| &trunk.branches).find(|branches| !branches.is_empty());
        let branches = branches.into_iter().flatten().map(|branch| BranchShape {
            name: branch.name.clone(),
            columns: branch.columns.clone(),
            front: branch.front.as_ref().map(FrontEnd::shape),
            widths: widths(&branch.layers),
        });
        let trunks: Vec<Vec<usize>> = model.trunks.iter().map(|trunk| widths(&trunk.layers)).collect();
        // What is drawn at first is written over.
        let net = Self::branched(model.feature_count(), &branches.collect::<Vec<_>>(), &trunks, tasks, 0.0, 0)?;
        net.assign_shared(model)?;
        Ok(net)
    }

    /// Takes the weights of `model`, a model of this network, in every layer that is trained.
    ///
    /// # Errors
    /// From candle, where model and network do not fit each other.
    pub(crate) fn assign(&self, model: &FloatModel) -> Result<()> {
        self.assign_shared(model)?;
        let source = Source { model, tasks: &self.tasks };
        for (branch, (task, block)) in
            self.linear.iter().flat_map(|branch| branch.blocks.iter().map(move |it| (branch, it)))
        {
            source.linear(*task).map_or(Ok(()), |dense| branch.layer.assign(*block, &dense))?;
        }
        Ok(())
    }

    /// The same in every layer but the linear paths.
    fn assign_shared(&self, model: &FloatModel) -> Result<()> {
        let source = Source { model, tasks: &self.tasks };
        self.trunks.iter().enumerate().try_for_each(|(index, trunk)| trunk.assign(index, &source))?;
        self.cascade.iter().try_for_each(|cascade| cascade.assign(&source))
    }

    /// A mark for each element of each of [`Net::variables`]: whether it is task `task`'s own, in its head, its linear path or what it
    /// reads of others.
    pub fn own_elements(&self, task: usize) -> Vec<Vec<bool>> {
        let trunks = self.trunks.iter().flat_map(|trunk| trunk.marks(task));
        let cascade = self.cascade.iter().flat_map(|cascade| cascade.marks(task));
        let linear = self.linear.iter().flat_map(|linear| linear.marks(task));
        trunks.chain(cascade).chain(linear).collect()
    }
}

fn widths(layers: &[Dense]) -> Vec<usize> {
    layers.iter().map(|layer| layer.outputs).collect()
}

/// No element of `variables` is marked.
pub(super) fn unmarked<'v>(variables: impl Iterator<Item = (&'v Var, &'v Var)>) -> impl Iterator<Item = Vec<bool>> {
    variables.flat_map(|(weight, bias)| [weight, bias]).map(|var| vec![false; var.elem_count()])
}
