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
use crate::model::net::{LinearHeads, Net, OutputBlock};

/// The relations of one run: one a trunk, over its linear heads.
pub(crate) struct Alternation<'a> {
    config: &'a RelationConfig,
    trunks: Vec<TrunkRelation>,
    converged: bool,
    records: Vec<AlternationRecord>,
}

/// The relation between the outputs of one trunk's linear heads.
struct TrunkRelation {
    columns: Columns,
    relation: DMatrix<f64>,
    penalty: RelationPenalty,
}

impl<'a> Alternation<'a> {
    /// Starts at I / K over the outputs of each trunk's linear heads; `None` for a net without such heads.
    pub(crate) fn new(config: &'a RelationConfig, net: &Net) -> Result<Option<Self>> {
        let start = |heads: LinearHeads<'_>| {
            let columns = Columns::of(&heads)?;
            let relation = mtrl::initial(columns.chosen.len());
            let precision = mtrl::precision(&relation, config.epsilon, &columns.blocks);
            Ok(TrunkRelation { penalty: columns.penalty(&precision, config.strength), columns, relation })
        };
        let trunks: Vec<TrunkRelation> = net.linear_heads().map(start).collect::<Result<_>>()?;
        Ok((!trunks.is_empty()).then(|| Self { config, trunks, converged: false, records: Vec::new() }))
    }

    /// `strength * tr(W O_e^-1 W')` summed over the trunks, a scalar of the graph; `None` where the strength is 0 or there are no
    /// linear heads.
    pub(crate) fn penalty(&self, net: &Net) -> Result<Option<Tensor>> {
        if self.config.strength == 0.0 {
            return Ok(None);
        }
        let penalties =
            net.linear_heads().zip(&self.trunks).map(|(heads, trunk)| heads.weights.apply_op1(trunk.penalty.clone()));
        penalties.reduce(|sum, penalty| sum? + penalty?).transpose()
    }

    /// Makes the closed-form step where it is due after epoch `epoch` (counted from 1). With several trunks the record holds the
    /// largest movement and the sum of the penalties.
    pub(crate) fn after_epoch(&mut self, epoch: usize, net: &Net) -> Result<()> {
        let since_warmup = epoch.checked_sub(self.config.warmup_epochs.max(1));
        let due = since_warmup.is_some_and(|epochs| epochs.is_multiple_of(self.config.every_epochs.max(1)));
        if self.converged || !due {
            return Ok(());
        }
        let (mut movement, mut penalty) = (0.0f64, 0.0);
        for (heads, trunk) in net.linear_heads().zip(&mut self.trunks) {
            let columns = &trunk.columns;
            let gram = mtrl::gram(&columns.weights(&heads)?, &columns.blocks);
            let relation = mtrl::solve(&gram);
            let precision = mtrl::precision(&relation, self.config.epsilon, &columns.blocks);
            movement = movement.max(mtrl::movement(&trunk.relation, &relation));
            penalty += mtrl::penalty(&gram, &precision);
            trunk.penalty = columns.penalty(&precision, self.config.strength);
            trunk.relation = relation;
        }
        self.records.push(AlternationRecord { epoch, movement, penalty });
        self.converged = movement < self.config.tolerance;
        Ok(())
    }

    /// The steps made and whether the relation came to rest.
    pub(crate) fn into_records(self) -> (Vec<AlternationRecord>, bool) {
        (self.records, self.converged)
    }
}

/// The relation between the tasks that the present weights of the linear heads give, 0 between tasks of different trunks; `None`
/// without such heads.
pub(crate) fn task_relation(net: &Net, names: &[String]) -> Result<Option<TaskRelation>> {
    let mut members: Vec<usize> = net.linear_heads().flat_map(|heads| heads.blocks).map(|(task, _)| task).collect();
    if members.is_empty() {
        return Ok(None);
    }
    members.sort_unstable();
    let mut matrix = vec![vec![0.0; members.len()]; members.len()];
    for heads in net.linear_heads() {
        let columns = Columns::of(&heads)?;
        let relation = mtrl::solve(&mtrl::gram(&columns.weights(&heads)?, &columns.blocks));
        let similarity = task_similarity(&relation, &columns.blocks);
        let places: Vec<usize> = members
            .iter()
            .enumerate()
            .filter(|(_, member)| heads.blocks.iter().any(|(task, _)| task == *member))
            .map(|(place, _)| place)
            .collect();
        for (row, place) in similarity.iter().zip(&places) {
            places.iter().zip(row).for_each(|(column, value)| matrix[*place][*column] = *value);
        }
    }
    let tasks = members.iter().map(|task| names[*task].clone()).collect();
    Ok(Some(TaskRelation { tasks, matrix }))
}

/// The columns of a trunk's linear heads that the relation is over: those of the outputs that the models keep. What a loss needs beside
/// them in training, a logarithm of a variance, is no answer to relate.
struct Columns {
    /// Columns of the heads' weights.
    chosen: Vec<usize>,
    /// Number of columns of the heads' weights.
    all: usize,
    /// Places of the tasks' outputs among the chosen columns.
    blocks: Vec<OutputBlock>,
}

impl Columns {
    fn of(heads: &LinearHeads<'_>) -> Result<Self> {
        let (mut chosen, mut blocks) = (Vec::new(), Vec::new());
        for (_, block) in &heads.blocks {
            blocks.push(OutputBlock { start: chosen.len(), len: block.len });
            chosen.extend(block.start..block.start + block.len);
        }
        Ok(Self { chosen, all: heads.weights.dims2()?.1, blocks })
    }

    /// The chosen columns of the heads' weights (width, K) in f64.
    fn weights(&self, heads: &LinearHeads<'_>) -> Result<DMatrix<f64>> {
        let (rows, columns) = heads.weights.dims2()?;
        let values = heads.weights.flatten_all()?.to_vec1::<f32>()?;
        let all = DMatrix::from_row_iterator(rows, columns, values.into_iter().map(f64::from));
        Ok(all.select_columns(&self.chosen))
    }

    /// The penalty of `precision` (K x K), times `strength`, on all columns of the heads' weights: 0 on those that are not chosen.
    fn penalty(&self, precision: &DMatrix<f64>, strength: f64) -> RelationPenalty {
        let mut all = DMatrix::zeros(self.all, self.all);
        for (row, row_of_all) in self.chosen.iter().enumerate() {
            for (column, column_of_all) in self.chosen.iter().enumerate() {
                all[(*row_of_all, *column_of_all)] = precision[(row, column)];
            }
        }
        RelationPenalty::new(&all, strength)
    }
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::TaskKind;

    use super::*;
    use crate::model::TargetScale;
    use crate::model::net::{HeadWiring, LinearWiring, TaskWiring};

    fn net() -> Net {
        let task = |name: &str, kind, outputs| TaskWiring {
            task: name.into(),
            kind,
            outputs,
            kept: outputs,
            head: Some(HeadWiring::default()),
            reads: Vec::new(),
            linear: LinearWiring::None,
            target: TargetScale { mean: 0.0, sd: 1.0 },
        };
        let tasks = vec![task("a", TaskKind::MultiClass, 3), task("b", TaskKind::Regression, 1)];
        Net::new(4, &[vec![6]], tasks, 1.0, 1).unwrap()
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

    /// The value's second output is the logarithm of its variance, which no model keeps.
    #[test]
    fn the_relation_is_over_the_outputs_that_the_models_keep() {
        let task = |name: &str, outputs| TaskWiring {
            task: name.into(),
            kind: TaskKind::Regression,
            outputs,
            kept: 1,
            head: Some(HeadWiring::default()),
            reads: Vec::new(),
            linear: LinearWiring::None,
            target: TargetScale { mean: 0.0, sd: 1.0 },
        };
        let net = Net::new(4, &[vec![6]], vec![task("a", 2), task("b", 1)], 1.0, 1).unwrap();
        let weights = net.linear_heads().next().unwrap().weights.to_vec2::<f32>().unwrap();
        let kept = DMatrix::from_fn(6, 2, |row, task| f64::from(weights[row][2 * task]));
        let cosine = kept.column(0).dot(&kept.column(1)) / kept.column(0).norm() / kept.column(1).norm();
        let root = mtrl::solve(&kept.tr_mul(&kept));
        let relation = task_relation(&net, &["a".into(), "b".into()]).unwrap().unwrap();
        let expected = root[(0, 1)].abs() / (root[(0, 0)] * root[(1, 1)]).sqrt();
        assert!(cosine.abs() > 1e-3 && (relation.matrix[0][1] - expected).abs() < 1e-12, "{relation:?}");

        let config = RelationConfig { strength: 0.5, warmup_epochs: 1, ..RelationConfig::default() };
        let mut alternation = Alternation::new(&config, &net).unwrap().unwrap();
        alternation.after_epoch(1, &net).unwrap();
        let penalty = alternation.penalty(&net).unwrap().unwrap();
        let recorded = alternation.records[0].penalty;
        assert!((f64::from(penalty.to_scalar::<f32>().unwrap()) / (0.5 * recorded) - 1.0).abs() < 1e-4);
        let gradients = penalty.backward().unwrap();
        let slopes = gradients.get(net.linear_heads().next().unwrap().weights).unwrap().to_vec2::<f32>().unwrap();
        assert!(slopes.iter().all(|row| row[1] == 0.0 && row[0] != 0.0), "{slopes:?}");
    }

    #[test]
    fn heads_of_different_trunks_and_hidden_heads_have_no_relation() {
        let task = |name: &str, outputs, trunk, hidden: &[usize]| TaskWiring {
            task: name.into(),
            kind: TaskKind::MultiClass,
            outputs,
            kept: outputs,
            head: Some(HeadWiring { trunk, hidden: hidden.to_vec() }),
            reads: Vec::new(),
            linear: LinearWiring::None,
            target: TargetScale { mean: 0.0, sd: 1.0 },
        };
        let tasks = vec![task("a", 3, 1, &[]), task("b", 2, 0, &[]), task("c", 2, 1, &[4]), task("d", 4, 1, &[])];
        let net = Net::new(4, &[vec![6], vec![5]], tasks, 1.0, 1).unwrap();
        let names: Vec<String> = ["a", "b", "c", "d"].map(String::from).into();
        let relation = task_relation(&net, &names).unwrap().unwrap();
        assert_eq!(relation.tasks, ["a", "b", "d"]);
        let matrix = &relation.matrix;
        assert!((0..3).all(|task| (matrix[task][task] - 1.0).abs() < 1e-12));
        assert_eq!((matrix[0][1], matrix[1][0], matrix[1][2]), (0.0, 0.0, 0.0));
        assert!(matrix[0][2] > 0.0 && (matrix[0][2] - matrix[2][0]).abs() < 1e-12);

        let config = RelationConfig { strength: 0.5, warmup_epochs: 1, ..RelationConfig::default() };
        let mut alternation = Alternation::new(&config, &net).unwrap().unwrap();
        alternation.after_epoch(1, &net).unwrap();
        let graph = alternation.penalty(&net).unwrap().unwrap().to_scalar::<f32>().unwrap();
        assert!((f64::from(graph) / (0.5 * alternation.records[0].penalty) - 1.0).abs() < 1e-4);
    }
}
