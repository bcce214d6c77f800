//! How the tasks relate: learnt from their heads' weights, and used to let related heads support each other.

pub mod mtrl;
mod penalty;

use nalgebra::DMatrix;
pub(crate) use penalty::RelationPenalty;
use serde::{Deserialize, Serialize};

use crate::model::net::OutputBlock;

/// The learnt relation between tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRelation {
    /// The tasks that have a head on the trunk, in task order.
    pub tasks: Vec<String>,
    /// Their similarity (T x T): symmetric, 0..=1, unit diagonal (0 in rows and columns of a task whose head is zero).
    pub matrix: Vec<Vec<f64>>,
}

/// Similarity of tasks from the relation over outputs: Frobenius norms of its blocks, scaled to unit diagonal.
///
/// Softmax outputs have no meaning one by one, so only the strength of a block is read, never its sign.
pub fn task_similarity(relation: &DMatrix<f64>, blocks: &[OutputBlock]) -> Vec<Vec<f64>> {
    let norm = |a: &OutputBlock, b: &OutputBlock| relation.view((a.start, b.start), (a.len, b.len)).norm();
    let scaled = |a: &OutputBlock, b: &OutputBlock| {
        let scale = (norm(a, a) * norm(b, b)).sqrt();
        if scale > 0.0 { norm(a, b) / scale } else { 0.0 }
    };
    blocks.iter().map(|a| blocks.iter().map(|b| scaled(a, b)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_is_the_block_norm_scaled_to_unit_diagonal() {
        #[rustfmt::skip]
        let relation = DMatrix::from_row_slice(3, 3, &[
            3.0, 0.0, 1.2,
            0.0, 4.0, 1.6,
            1.2, 1.6, 2.0,
        ]);
        let blocks = [OutputBlock { start: 0, len: 2 }, OutputBlock { start: 2, len: 1 }];
        let similarity = task_similarity(&relation, &blocks);
        assert_eq!(similarity[0][0], 1.0);
        assert!((similarity[0][1] - 2.0 / 10f64.sqrt()).abs() < 1e-12);
        assert_eq!(similarity[0][1], similarity[1][0]);
    }
}
