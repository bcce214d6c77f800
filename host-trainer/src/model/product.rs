//! Matrix products of f32 slices, on the calling thread.
//!
//! candle's own product asks the operating system for the number of processors at every call (by reading `/proc/cpuinfo` where
//! `RAYON_NUM_THREADS` is not set), which costs more than the product of one batch. This one is nalgebra's, which does not know of
//! threads at all: the bits of its result depend on its operands alone.

use std::borrow::Cow;

use nalgebra::{DMatrixView, DMatrixViewMut};

/// A row-major matrix, or its transpose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operand<'a> {
    values: &'a [f32],
    /// Rows and columns as stored.
    stored: (usize, usize),
    transposed: bool,
}

impl<'a> Operand<'a> {
    /// `values` as `rows` x `columns`, row after row.
    ///
    /// # Panics
    /// If there are fewer values than that.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self { values: &values[..rows * columns], stored: (rows, columns), transposed: false }
    }

    /// The transpose.
    pub(crate) fn transposed(self) -> Self {
        Self { transposed: !self.transposed, ..self }
    }

    /// Rows and columns.
    fn shape(&self) -> (usize, usize) {
        let (rows, columns) = self.stored;
        if self.transposed { (columns, rows) } else { (rows, columns) }
    }

    /// The elements, row after row, as a matrix of its own.
    pub(crate) fn into_row_major(self) -> Vec<f32> {
        self.row_major().into_owned()
    }

    /// The elements, row after row. A transpose is copied: nalgebra 0.35 writes out of bounds in small products of views whose
    /// rows are not adjacent in memory.
    fn row_major(&self) -> Cow<'a, [f32]> {
        if !self.transposed {
            return Cow::Borrowed(self.values);
        }
        let (rows, columns) = self.stored;
        let mut copy = vec![0.0; self.values.len()];
        // In tiles, so that reading and writing both stay within a few lines of the cache.
        for (band, values) in self.values.chunks(TILE * columns.max(1)).enumerate() {
            for start in (0..columns).step_by(TILE) {
                for column in start..(start + TILE).min(columns) {
                    let to = &mut copy[column * rows + band * TILE..];
                    let from = values.iter().skip(column).step_by(columns);
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                }
            }
        }
        Cow::Owned(copy)
    }
}

/// Rows and columns of a tile of a transposition.
const TILE: usize = 16;

/// `left * right`, row-major.
///
/// # Panics
/// If the inner dimensions differ.
pub(crate) fn product(left: Operand<'_>, right: Operand<'_>) -> Vec<f32> {
    let ((rows, inner), (_, columns)) = (left.shape(), right.shape());
    let mut values = vec![0.0; rows * columns];
    assert_eq!(inner, right.shape().0, "inner dimensions of a product");
    let (left, right) = (left.row_major(), right.row_major());
    // Row-major is column-major transposed: (left right)' = right' left'.
    let mut result = DMatrixViewMut::from_slice(&mut values, columns, rows);
    let (left, right) = (DMatrixView::from_slice(&left, inner, rows), DMatrixView::from_slice(&right, columns, inner));
    result.gemm(1.0, &right, &left, 0.0);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_all_shapes_and_transposes_equal_plain_sums() {
        let value = |i: usize| ((i * 37 % 23) as f32 - 11.0) * 0.125;
        for (m, k, n) in [(1, 1, 1), (2, 3, 4), (7, 1, 9), (32, 183, 48), (48, 32, 17), (6, 700, 1)] {
            let a: Vec<f32> = (0..m * k).map(value).collect();
            let b: Vec<f32> = (0..k * n).map(|i| value(i + 5)).collect();
            let a_transposed: Vec<f32> = (0..k * m).map(|i| a[(i % m) * k + i / m]).collect();
            let b_transposed: Vec<f32> = (0..n * k).map(|i| b[(i % k) * n + i / k]).collect();
            let plain: Vec<f32> =
                (0..m * n).map(|i| (0..k).map(|j| a[(i / n) * k + j] * b[j * n + i % n]).sum()).collect();
            for left in [Operand::new(&a, m, k), Operand::new(&a_transposed, k, m).transposed()] {
                for right in [Operand::new(&b, k, n), Operand::new(&b_transposed, n, k).transposed()] {
                    let found = product(left, right);
                    assert!(found.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-3), "{m} {k} {n}");
                }
            }
        }
    }

    #[test]
    fn an_empty_sum_is_zero() {
        assert_eq!(product(Operand::new(&[], 2, 0), Operand::new(&[], 0, 3)), vec![0.0; 6]);
    }
}
