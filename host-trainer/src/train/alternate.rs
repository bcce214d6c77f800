//! The alternation between gradient epochs on the network and the closed-form step on the relation.
//!
//! The deep form of multi-task relationship learning: `strength * tr(W O_e^-1 W')` over the heads' weights W joins the loss,
//! with `O_e = O + (epsilon / K) I` a constant of the graph; O starts at I / K and after the warm-up is solved anew every few
//! epochs until it comes to rest.

use candle_core::{Result, Tensor};
use nalgebra::DMatrix;

use super::log::AlternationRecord;
use super::relation::{RelationPenalty, TaskRelation, mtrl, task_similarity};
use crate::config::RelationConfig;
use crate::model::net::{Net, OutputBlock};

/// The relation of one run.
pub(crate) struct Alternation<'a> {
    config: &'a RelationConfig,
    blocks: Vec<OutputBlock>,
    relation: DMatrix<f64>,
    penalty: RelationPenalty,
    converged: bool,
    records: Vec<AlternationRecord>,
}

impl<'a> Alternation<'a> {
    /// Starts at I / K over the outputs of the net's heads; `None` for a net without heads.
    pub(crate) fn new(config: &'a RelationConfig, net: &Net) -> Result<Option<Self>> {
        let blocks: Vec<OutputBlock> = net.head_blocks().iter().map(|(_, block)| *block).collect();
        if blocks.is_empty() {
            return Ok(None);
        }
        let relation = mtrl::initial(blocks.iter().map(|block| block.len).sum());
        let precision = mtrl::precision(&relation, config.epsilon, &blocks);
        let penalty = RelationPenalty::new(&precision, config.strength);
        Ok(Some(Self { config, blocks, relation, penalty, converged: false, records: Vec::new() }))
    }

    /// `strength * tr(W O_e^-1 W')`, a scalar of the graph; `None` where the strength is 0 or there are no heads.
    pub(crate) fn penalty(&self, net: &Net) -> Result<Option<Tensor>> {
        match net.head_weights() {
            Some(weights) if self.config.strength != 0.0 => weights.apply_op1(self.penalty.clone()).map(Some),
            _ => Ok(None),
        }
    }

    /// Makes the closed-form step where it is due after epoch `epoch` (counted from 1).
    pub(crate) fn after_epoch(&mut self, epoch: usize, net: &Net) -> Result<()> {
        let since_warmup = epoch.checked_sub(self.config.warmup_epochs.max(1));
        let due = since_warmup.is_some_and(|epochs| epochs.is_multiple_of(self.config.every_epochs.max(1)));
        if self.converged || !due {
            return Ok(());
        }
        let gram = mtrl::gram(&head_matrix(net)?, &self.blocks);
        let relation = mtrl::solve(&gram);
        let precision = mtrl::precision(&relation, self.config.epsilon, &self.blocks);
        let movement = mtrl::movement(&self.relation, &relation);
        self.records.push(AlternationRecord { epoch, movement, penalty: mtrl::penalty(&gram, &precision) });
        self.penalty = RelationPenalty::new(&precision, self.config.strength);
        self.relation = relation;
        self.converged = movement < self.config.tolerance;
        Ok(())
    }

    /// The steps made and whether the relation came to rest.
    pub(crate) fn into_records(self) -> (Vec<AlternationRecord>, bool) {
        (self.records, self.converged)
    }
}

/// The relation between the tasks that the heads' present weights give; `None` without heads.
pub(crate) fn task_relation(net: &Net, names: &[String]) -> Result<Option<TaskRelation>> {
    let blocks: Vec<OutputBlock> = net.head_blocks().iter().map(|(_, block)| *block).collect();
    if blocks.is_empty() {
        return Ok(None);
    }
    let relation = mtrl::solve(&mtrl::gram(&head_matrix(net)?, &blocks));
    let tasks = net.head_blocks().iter().map(|(task, _)| names[*task].clone()).collect();
    Ok(Some(TaskRelation { tasks, matrix: task_similarity(&relation, &blocks) }))
}

/// The heads' weights (width, Kh) in f64.
fn head_matrix(net: &Net) -> Result<DMatrix<f64>> {
    let Some(weights) = net.head_weights() else { return Ok(DMatrix::zeros(0, 0)) };
    let (rows, columns) = weights.dims2()?;
    let values = weights.flatten_all()?.to_vec1::<f32>()?;
    Ok(DMatrix::from_row_iterator(rows, columns, values.into_iter().map(f64::from)))
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::TaskKind;

    use super::*;
    use crate::model::TargetScale;
    use crate::model::net::{LinearWiring, TaskWiring};

    fn net() -> Net {
        let task = |name: &str, kind, outputs| TaskWiring {
            task: name.into(),
            kind,
            outputs,
            head: true,
            linear: LinearWiring::None,
            target: TargetScale { mean: 0.0, sd: 1.0 },
        };
        let tasks = vec![task("a", TaskKind::MultiClass, 3), task("b", TaskKind::Regression, 1)];
        Net::new(4, &[6], tasks, 1.0, 1).unwrap()
    }

    #[test]
    fn the_graphs_penalty_equals_the_closed_form_one() {
        let net = net();
        let config = RelationConfig { strength: 0.5, warmup_epochs: 1, ..RelationConfig::default() };
        let mut alternation = Alternation::new(&config, &net).unwrap().unwrap();
        alternation.after_epoch(1, &net).unwrap();
        let graph = alternation.penalty(&net).unwrap().unwrap().to_scalar::<f32>().unwrap();
        let recorded = alternation.records[0].penalty;
        assert!((f64::from(graph) / (0.5 * recorded) - 1.0).abs() < 1e-4, "{graph} {recorded}");
    }

    #[test]
    fn steps_come_after_the_warm_up_and_end_when_the_relation_rests() {
        let net = net();
        let config = RelationConfig { warmup_epochs: 3, every_epochs: 2, ..RelationConfig::default() };
        let mut alternation = Alternation::new(&config, &net).unwrap().unwrap();
        (1..=9).for_each(|epoch| alternation.after_epoch(epoch, &net).unwrap());
        let (records, converged) = alternation.into_records();
        // The weights never change: the second step finds the relation where the first has put it.
        assert_eq!(records.iter().map(|record| record.epoch).collect::<Vec<_>>(), vec![3, 5]);
        assert!(converged && records[0].movement > 0.1 && records[1].movement < 1e-9);
    }

    #[test]
    fn without_strength_the_relation_is_learnt_all_the_same() {
        let net = net();
        let config = RelationConfig { strength: 0.0, warmup_epochs: 1, ..RelationConfig::default() };
        let mut alternation = Alternation::new(&config, &net).unwrap().unwrap();
        assert!(alternation.penalty(&net).unwrap().is_none());
        alternation.after_epoch(1, &net).unwrap();
        assert_eq!(alternation.records.len(), 1);
        let relation = task_relation(&net, &["a".into(), "b".into()]).unwrap().unwrap();
        assert_eq!(relation.tasks, ["a", "b"]);
        assert!((relation.matrix[0][0] - 1.0).abs() < 1e-12);
    }
}
