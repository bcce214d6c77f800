//! The order in which tasks that read each other are worked out.

/// The tasks in an order in which each comes after all that it reads (`reads[task]` holds indices), otherwise as they stand.
///
/// # Errors
/// A circle: tasks each of which reads the next, and the last the first.
pub(crate) fn read_order(reads: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut order: Vec<usize> = Vec::with_capacity(reads.len());
    while order.len() < reads.len() {
        let waits = |task: &usize| reads[*task].iter().any(|read| !order.contains(read));
        match (0..reads.len()).find(|task| !order.contains(task) && !waits(task)) {
            Some(task) => order.push(task),
            None => return Err(circle(reads, &order)),
        }
    }
    Ok(order)
}

/// A circle among the tasks that are not in `done`, each of which reads another such task.
fn circle(reads: &[Vec<usize>], done: &[usize]) -> Vec<usize> {
    let mut path: Vec<usize> = (0..reads.len()).find(|task| !done.contains(task)).into_iter().collect();
    while let Some(next) = path.last().and_then(|last| reads.get(*last)?.iter().find(|read| !done.contains(read))) {
        if let Some(start) = path.iter().position(|task| task == next) {
            return path.split_off(start);
        }
        path.push(*next);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_task_comes_after_all_that_it_reads_and_otherwise_as_it_stands() {
        assert_eq!(read_order(&[vec![], vec![], vec![]]), Ok(vec![0, 1, 2]));
        assert_eq!(read_order(&[vec![2], vec![], vec![1], vec![0, 1]]), Ok(vec![1, 2, 0, 3]));
    }

    #[test]
    fn a_circle_is_named_without_what_only_leads_to_it() {
        assert_eq!(read_order(&[vec![1], vec![2], vec![3], vec![1], vec![]]), Err(vec![1, 2, 3]));
        assert_eq!(read_order(&[vec![], vec![1]]), Err(vec![1]));
    }
}
