//! What the tasks share, for the methods that look at their gradients one by one.

use candle_core::Var;

use super::trunk::TrunkNet;
use super::{LinearWiring, Net};

impl Net {
    /// The variables that tasks with a head share, the trunks', in a fixed order.
    pub fn shared_variables(&self) -> impl Iterator<Item = &Var> {
        self.trunks.iter().flat_map(TrunkNet::shared_variables)
    }

    /// The tasks that read a trunk, by index, in task order.
    pub fn trunk_tasks(&self) -> Vec<usize> {
        let is_used = |trunk: usize| self.trunks.get(trunk).is_some_and(TrunkNet::is_used);
        let reads = |task: &usize| self.tasks[*task].head.as_ref().is_some_and(|head| is_used(head.trunk));
        (0..self.tasks.len()).filter(reads).collect()
    }

    /// Whether one of `tasks` (indices) has a trained linear path.
    pub fn trains_linear(&self, tasks: &[usize]) -> bool {
        tasks.iter().any(|task| matches!(self.tasks[*task].linear, LinearWiring::Trained { .. }))
    }

    /// A name for each of [`Net::variables`], in the same order.
    pub fn variable_names(&self) -> Vec<String> {
        let trunks = self.trunks.iter().enumerate();
        let layers = trunks.flat_map(|(index, trunk)| trunk.names().map(move |name| format!("trunk[{index}].{name}")));
        let layers = layers.chain(self.linear.iter().map(|_| "linear".to_owned()));
        layers.flat_map(|layer| [format!("{layer}.weight"), format!("{layer}.bias")]).collect()
    }
}
