//! Whether the learnt relation between the tasks is a finding or an accident of one training.

use serde::{Deserialize, Serialize};

use crate::train::relation::TaskRelation;

/// The relation over several trainings: other seeds, other training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelationStability {
    /// Trainings.
    pub runs: usize,
    /// The tasks, in the order of rows and columns.
    pub tasks: Vec<String>,
    /// Mean similarity (T x T).
    pub mean: Vec<Vec<f64>>,
    /// Its sample standard deviation (T x T); 0 with one training.
    pub sd: Vec<Vec<f64>>,
    /// The pair of tasks that was the most similar one in most trainings; `None` with fewer than two tasks.
    pub strongest: Option<StrongestPair>,
}

/// The pair that came out on top most often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrongestPair {
    /// The two tasks.
    pub tasks: [String; 2],
    /// Trainings in which no other pair was more similar.
    pub runs: usize,
}

impl RelationStability {
    /// Over `relations`, all of the same tasks; `None` without any.
    pub fn of(relations: &[&TaskRelation]) -> Option<Self> {
        let tasks = relations.first()?.tasks.clone();
        let relations: Vec<_> = relations.iter().filter(|relation| relation.tasks == tasks).collect();
        let runs = relations.len();
        let table = |f: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            (0..tasks.len()).map(|row| (0..tasks.len()).map(|column| f(row, column)).collect()).collect()
        };
        let entries = |row: usize, column: usize| relations.iter().map(move |relation| relation.matrix[row][column]);
        let mean = table(&|row, column| entries(row, column).sum::<f64>() / runs as f64);
        let sd = table(&|row, column| {
            let squares: f64 = entries(row, column).map(|value| (value - mean[row][column]).powi(2)).sum();
            (squares / (runs - 1).max(1) as f64).sqrt()
        });
        let pairs: Vec<(usize, usize)> =
            (0..tasks.len()).flat_map(|row| (row + 1..tasks.len()).map(move |column| (row, column))).collect();
        let on_top = |pair: &(usize, usize)| {
            let of = |relation: &TaskRelation, pair: &(usize, usize)| relation.matrix[pair.0][pair.1];
            let top = |relation: &&&TaskRelation| pairs.iter().all(|other| of(relation, other) <= of(relation, pair));
            relations.iter().filter(|relation| top(relation)).count()
        };
        // The first of those that were on top equally often.
        let strongest = pairs
            .iter()
            .rev()
            .max_by_key(|pair| on_top(pair))
            .map(|pair| StrongestPair { tasks: [tasks[pair.0].clone(), tasks[pair.1].clone()], runs: on_top(pair) });
        Some(Self { runs, mean, sd, strongest, tasks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(ab: f64, ac: f64, bc: f64) -> TaskRelation {
        TaskRelation {
            tasks: ["a", "b", "c"].map(str::to_owned).to_vec(),
            matrix: vec![vec![1.0, ab, ac], vec![ab, 1.0, bc], vec![ac, bc, 1.0]],
        }
    }

    #[test]
    fn mean_spread_and_the_pair_on_top_are_taken_over_the_runs() {
        let runs = [relation(0.2, 0.1, 0.9), relation(0.4, 0.1, 0.3), relation(0.6, 0.1, 0.8)];
        let stability = RelationStability::of(&runs.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(stability.runs, 3);
        assert!((stability.mean[0][1] - 0.4).abs() < 1e-12 && (stability.sd[1][0] - 0.2).abs() < 1e-12);
        assert!(stability.mean[2][2] == 1.0 && stability.sd[0][2] < 1e-12);
        assert_eq!(stability.strongest, Some(StrongestPair { tasks: ["b".into(), "c".into()], runs: 2 }));
    }

    #[test]
    fn one_run_has_no_spread_and_none_no_stability() {
        let stability = RelationStability::of(&[&relation(0.2, 0.1, 0.0)]).unwrap();
        assert_eq!((stability.sd[0][1], stability.strongest.map(|pair| pair.runs)), (0.0, Some(1)));
        assert_eq!(RelationStability::of(&[]), None);
    }
}
