//! The points of a space in the order in which they are tried for one trial: promising ones, then any, then every one that is left.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;

use super::tpe::{Dimension, suggest, uniform};
use crate::config::ParameterConfig;

/// Points by chance before a finite space is gone through.
const BY_CHANCE: usize = 64;
/// Largest space that is gone through point by point.
const MOST_ENUMERATED: usize = 1 << 16;

/// A space of parameters, and what is known of it.
pub(super) struct Points<'a> {
    pub(super) space: &'a BTreeMap<String, ParameterConfig>,
    /// Points with their scores, of which low is good; none where the next point is to be by chance.
    pub(super) observed: Vec<(&'a [f64], f64)>,
}

impl Points<'_> {
    /// The points to try, best first. Finite; ends only after all of a space that has at most [`MOST_ENUMERATED`] points.
    pub(super) fn in_order<'r>(&'r self, random: &'r mut ChaCha8Rng) -> impl Iterator<Item = Vec<f64>> + 'r {
        let suggested = if self.observed.is_empty() {
            Vec::new()
        } else {
            let dimension = |parameter: &ParameterConfig| {
                parameter.values.as_ref().map_or(Dimension::Interval, |values| Dimension::Choice(values.len()))
            };
            let dimensions: Vec<Dimension> = self.space.values().map(dimension).collect();
            suggest(&dimensions, &self.observed, random)
        };
        let by_chance = (0..BY_CHANCE).map(|_| uniform(self.space.len(), random));
        suggested.into_iter().chain(by_chance).chain(self.all())
    }

    /// Points of the space, where they can be counted.
    pub(super) fn count(&self) -> Option<usize> {
        let mut counts = self.space.values().map(ParameterConfig::count);
        counts.try_fold(1_usize, |product, count| product.checked_mul(count?)).filter(|count| *count <= MOST_ENUMERATED)
    }

    fn all(&self) -> impl Iterator<Item = Vec<f64>> + '_ {
        (0..self.count().unwrap_or(0)).map(|index| {
            let mut rest = index;
            let place = |parameter: &ParameterConfig| {
                let count = parameter.count().unwrap_or(1);
                let cell = rest % count;
                rest /= count;
                (cell as f64 + 0.5) / count as f64
            };
            self.space.values().map(place).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::rand_core::SeedableRng;
    use toml::Value;

    use super::*;

    /// 4 x 3 x 5 settings.
    fn space() -> BTreeMap<String, ParameterConfig> {
        let choice = |count: i64| ParameterConfig::among((0..count).map(Value::Integer));
        let range = ParameterConfig { integer: true, step: Some(2.0), ..ParameterConfig::between(2.0, 10.0) };
        [("a".to_owned(), choice(4)), ("b".to_owned(), choice(3)), ("c".to_owned(), range)].into()
    }

    fn settings(space: &BTreeMap<String, ParameterConfig>, point: &[f64]) -> String {
        space.values().zip(point).map(|(parameter, place)| format!("{} ", parameter.at(*place))).collect()
    }

    #[test]
    fn a_finite_space_is_tried_to_its_last_point() {
        let space = space();
        assert_eq!(Points { space: &space, observed: Vec::new() }.count(), Some(60));
        let mut tried: Vec<(Vec<f64>, f64)> = Vec::new();
        let mut known = BTreeSet::new();
        for number in 0..60 {
            let mut random = ChaCha8Rng::seed_from_u64(1);
            random.set_stream(number);
            // After ten by chance the search is drawn to one corner, and must leave it again.
            let observed =
                if number < 10 { Vec::new() } else { tried.iter().map(|(p, score)| (&p[..], *score)).collect() };
            let points = Points { space: &space, observed };
            let found = points.in_order(&mut random).find(|point| !known.contains(&settings(&space, point)));
            let point = found.expect("60 settings, of which fewer are known");
            known.insert(settings(&space, &point));
            tried.push((point.clone(), point.iter().sum()));
        }
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let points = Points { space: &space, observed: Vec::new() };
        assert!(points.in_order(&mut random).all(|point| known.contains(&settings(&space, &point))));
    }

    #[test]
    fn a_space_with_a_continuous_key_cannot_be_counted() {
        let mut space = space();
        space.insert("d".to_owned(), ParameterConfig::between(0.0, 1.0));
        let points = Points { space: &space, observed: Vec::new() };
        assert_eq!(points.count(), None);
        assert_eq!(points.in_order(&mut ChaCha8Rng::seed_from_u64(1)).count(), BY_CHANCE);
    }
}
