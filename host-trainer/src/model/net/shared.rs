//! What the tasks share, for the methods that look at their gradients one by one.

use candle_core::Var;

use super::trunk::TrunkNet;
use super::{LinearWiring, Net, TaskWiring};

impl Net {
    /// The variables that tasks with a head share, the trunks', in a fixed order.
    pub fn shared_variables(&self) -> impl Iterator<Item = &Var> {
        self.trunks.iter().flat_map(TrunkNet::shared_variables)
    }

    /// The tasks that read a trunk, by their own head or through the tasks that they read, by index, in task order.
    pub fn trunk_tasks(&self) -> Vec<usize> {
        let is_used = |trunk: usize| self.trunks.get(trunk).is_some_and(TrunkNet::is_used);
        let mut reach: Vec<bool> =
            self.tasks.iter().map(|task| task.head.as_ref().is_some_and(|head| is_used(head.trunk))).collect();
        // No chain of reads is longer than there are tasks.
        for _ in &self.tasks {
            for (index, task) in self.tasks.iter().enumerate() {
                reach[index] |= task.reads.iter().any(|read| reach[read.task]);
            }
        }
        (0..self.tasks.len()).filter(|task| reach[*task]).collect()
    }

    /// Whether one of `tasks` (indices) trains anything beside the trunks: a linear path, or what it reads of others.
    pub fn trains_beside_trunk(&self, tasks: &[usize]) -> bool {
        let trains = |task: &TaskWiring| matches!(task.linear, LinearWiring::Trained { .. }) || !task.reads.is_empty();
        tasks.iter().any(|task| trains(&self.tasks[*task]))
    }

    /// A name for each of [`Net::variables`], in the same order.
    pub fn variable_names(&self) -> Vec<String> {
        let trunks = self.trunks.iter().enumerate();
        let layers = trunks.flat_map(|(index, trunk)| trunk.names().map(move |name| format!("trunk[{index}].{name}")));
        let stages = self.cascade.iter().flat_map(|cascade| cascade.variables().enumerate());
        let layers = layers.chain(stages.map(|(stage, _)| format!("reads[{stage}]")));
        let layers = layers.chain(self.linear.iter().map(|_| "linear".to_owned()));
        layers.flat_map(|layer| [format!("{layer}.weight"), format!("{layer}.bias")]).collect()
    }
}
