//! Precision and recall of the second of two classes.

/// Share of right ones among the rows that are said to be of class 1; `None` where there is none.
///
/// `pairs` are (true class, predicted class).
pub fn precision(pairs: &[(u16, u16)]) -> Option<f64> {
    share(pairs.iter().filter(|(_, predicted)| *predicted == 1).map(|(truth, _)| *truth))
}

/// Share of the rows of class 1 that are found; `None` where there is none.
pub fn recall(pairs: &[(u16, u16)]) -> Option<f64> {
    share(pairs.iter().filter(|(truth, _)| *truth == 1).map(|(_, predicted)| *predicted))
}

/// Share of ones.
fn share(classes: impl Iterator<Item = u16> + Clone) -> Option<f64> {
    let count = classes.clone().count();
    (count > 0).then(|| classes.filter(|class| *class == 1).count() as f64 / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_shares_of_the_hits() {
        let pairs = [(1, 1), (0, 1), (1, 0), (1, 1), (0, 0)];
        assert_eq!((precision(&pairs), recall(&pairs)), (Some(2.0 / 3.0), Some(2.0 / 3.0)));
        assert_eq!((precision(&[(1, 0)]), recall(&[(1, 0)])), (None, Some(0.0)));
        assert_eq!((precision(&[(0, 1)]), recall(&[(0, 1)])), (Some(0.0), None));
    }
}
