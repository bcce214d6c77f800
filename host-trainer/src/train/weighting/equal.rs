//! The same weight for every task.

use super::Weighting;

/// Weight 1 for every task, whatever the project file says: the plain sum that other methods are compared with.
#[derive(Debug, Clone)]
pub struct Equal {
    tasks: usize,
}

impl Equal {
    /// For `tasks` tasks.
    pub fn new(tasks: usize) -> Self {
        Self { tasks }
    }
}

impl Weighting for Equal {
    fn weights(&mut self, _losses: &[Option<f32>], _rate: f64) -> Vec<f32> {
        vec![1.0; self.tasks]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_counts_once() {
        assert_eq!(Equal::new(3).weights(&[Some(9.0), None, Some(0.1)], 0.1), vec![1.0; 3]);
    }
}
