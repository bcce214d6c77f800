//! `[tune]`: what a search may change, how much it may try, and what its results must fit into.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::Project;

/// `[tune]`: a search by successive halving. A project without the section is searched with these defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TuneConfig {
    /// Configurations tried; the first is the project as it stands.
    pub trials: usize,
    /// Where configurations come from.
    pub sampler: SamplerConfig,
    /// Rungs of the halving: the last trains for all epochs, each one before for 1/`eta` of the next one's.
    pub rungs: usize,
    /// Of the configurations on a rung, the best 1/`eta` climb to the next.
    pub eta: usize,
    /// Folds inside the training rows that score a configuration.
    pub inner_folds: usize,
    /// Seed of the configurations and of the inner folds.
    pub seed: u64,
    /// SHA-256 of the data by whose labels an earlier search chose the present settings; `trunkline tune` writes it. Where a training
    /// reads the same data, the report says that its figures are flattered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen_on: Option<String>,
    /// Most bytes of weights, biases and scales together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_weights_bytes: Option<u64>,
    /// Most multiply-accumulates a window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_macs: Option<u64>,
    /// Most bytes of working memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_arena_bytes: Option<u64>,
    /// What may change: a key of the project, in quotes, such as `"training.learning_rate"` or `"tasks.pump.linear.scale"`, and what
    /// it may be.
    pub space: BTreeMap<String, ParameterConfig>,
}

impl Default for TuneConfig {
    fn default() -> Self {
        Self {
            trials: 32,
            sampler: SamplerConfig::Tpe,
            rungs: 3,
            eta: 3,
            inner_folds: 3,
            seed: 1,
            chosen_on: None,
            max_weights_bytes: None,
            max_macs: None,
            max_arena_bytes: None,
            space: default_space(),
        }
    }
}

/// What suits most projects: rate, regularisation, and the size of the trunk.
fn default_space() -> BTreeMap<String, ParameterConfig> {
    let logarithmic = |low, high| ParameterConfig { log: true, ..ParameterConfig::between(low, high) };
    let widths = |widths: &[i64]| Value::Array(widths.iter().copied().map(Value::Integer).collect());
    let trunks = [&[16][..], &[24, 16], &[32, 16], &[48, 32], &[64, 32]];
    let strengths = [0.0, 1e-4, 1e-3, 1e-2, 1e-1];
    [
        ("training.learning_rate", logarithmic(5e-4, 8e-3)),
        ("training.weight_decay", logarithmic(0.01, 1.0)),
        ("training.input_noise", ParameterConfig::between(0.0, 0.5)),
        ("training.dropout", ParameterConfig::among([0.0, 0.1, 0.2].map(Value::Float))),
        ("training.relation.strength", ParameterConfig::among(strengths.map(Value::Float))),
        ("model.trunk", ParameterConfig::among(trunks.map(widths))),
    ]
    .map(|(key, parameter)| (key.to_owned(), parameter))
    .into()
}

/// Where configurations come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SamplerConfig {
    /// Each by itself, by chance.
    Random,
    /// From where earlier ones did well (Bergstra et al., NIPS 2011).
    Tpe,
}

/// What one key may be: one of `values`, or a number from `low` to `high`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterConfig {
    /// The values to choose among.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Value>>,
    /// Least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Largest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// Whether equal ratios, not equal differences, are equally likely.
    #[serde(default, skip_serializing_if = "is_false")]
    pub log: bool,
    /// Whether the key takes whole numbers.
    #[serde(default, skip_serializing_if = "is_false")]
    pub integer: bool,
    /// Numbers are `low` plus multiples of this; 1 for whole numbers if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl ParameterConfig {
    /// Any number from `low` to `high`.
    pub fn between(low: f64, high: f64) -> Self {
        Self { low: Some(low), high: Some(high), ..Self::default() }
    }

    /// One of `values`.
    pub fn among(values: impl IntoIterator<Item = Value>) -> Self {
        Self { values: Some(values.into_iter().collect()), ..Self::default() }
    }

    /// The value at `place`, 0 to 1, of the parameter's range; places are equally likely.
    pub fn at(&self, place: f64) -> Value {
        if let Some(values) = &self.values {
            let index = (place * values.len() as f64) as usize;
            return values.get(index.min(values.len().saturating_sub(1))).cloned().unwrap_or(Value::Boolean(false));
        }
        let (low, high) = (self.low.unwrap_or(0.0), self.high.unwrap_or(1.0));
        let between = |place: f64| {
            if self.log { (low.ln() + place * (high / low).ln()).exp() } else { low + place * (high - low) }
        };
        let number = match self.spacing() {
            None => four_digits(between(place)).clamp(low, high),
            Some(step) => {
                let last = ((high - low) / step + 1e-9).floor();
                let index =
                    if self.log { ((between(place) - low) / step).round() } else { (place * (last + 1.0)).floor() };
                low + index.clamp(0.0, last) * step
            }
        };
        if self.integer { Value::Integer(number.round() as i64) } else { Value::Float(number) }
    }

    /// How many values it may have, each with an equal part of the range; `None` where they cannot be counted.
    pub(crate) fn count(&self) -> Option<usize> {
        if let Some(values) = &self.values {
            return Some(values.len());
        }
        let (low, high, step) = (self.low?, self.high?, self.spacing().filter(|_| !self.log)?);
        Some(((high - low) / step + 1e-9).floor() as usize + 1)
    }

    /// Distance of neighbouring numbers; `None` where any number will do.
    pub(crate) fn spacing(&self) -> Option<f64> {
        self.step.or(self.integer.then_some(1.0))
    }

    /// The values that a check must look at: all of a choice, the ends of a range.
    pub(crate) fn ends(&self) -> Vec<Value> {
        match &self.values {
            Some(values) => values.clone(),
            None => vec![self.at(0.0), self.at(1.0)],
        }
    }
}

/// To five significant digits: what people write into a file.
fn four_digits(number: f64) -> f64 {
    format!("{number:.4e}").parse().unwrap_or(number)
}

impl Project {
    /// Whether a search has chosen the settings by the labels of the data whose SHA-256 is `data_sha256`.
    pub fn is_chosen_on(&self, data_sha256: &str) -> bool {
        self.tune.as_ref().and_then(|tune| tune.chosen_on.as_deref()) == Some(data_sha256)
    }

    /// The project without its `[tune]`: all that a training depends on.
    pub fn without_search(&self) -> Project {
        Project { tune: None, ..self.clone() }
    }

    /// Settings of keys as an overlay for [`Project::overlaid`]. A key of a task begins with `tasks.` and the task's name.
    pub fn overlay_of(&self, settings: &[(&str, Value)]) -> String {
        let mut overlay = Table::new();
        let mut tasks: BTreeMap<&str, Table> = BTreeMap::new();
        for (key, value) in settings {
            match key.strip_prefix("tasks.").and_then(|rest| self.task_of(rest)) {
                Some((name, rest)) => {
                    let entry = tasks.entry(name).or_default();
                    entry.insert("name".to_owned(), Value::String(name.to_owned()));
                    set(entry, rest, value.clone());
                }
                None => set(&mut overlay, key, value.clone()),
            }
        }
        if !tasks.is_empty() {
            overlay.insert("tasks".to_owned(), Value::Array(tasks.into_values().map(Value::Table).collect()));
        }
        overlay.to_string()
    }

    /// The task whose name `rest` begins with, and what follows its dot.
    pub(crate) fn task_of<'k>(&self, rest: &'k str) -> Option<(&str, &'k str)> {
        let following = |name: &'_ str| rest.strip_prefix(name)?.strip_prefix('.');
        let tasks = self.tasks.iter().map(|task| task.name.as_str());
        tasks.filter_map(|name| Some((name, following(name)?))).max_by_key(|(name, _)| name.len())
    }
}

/// Sets `a.b.c` in `table`, making the tables on the way.
fn set(table: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = table.entry(head).or_insert_with(|| Value::Table(Table::new()));
            if !inner.is_table() {
                *inner = Value::Table(Table::new());
            }
            if let Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_covered_from_end_to_end() {
        let rate = ParameterConfig { log: true, ..ParameterConfig::between(1e-4, 1e-2) };
        assert_eq!([0.0, 0.5, 1.0].map(|place| rate.at(place)), [1e-4, 1e-3, 1e-2].map(Value::Float));
        let width = ParameterConfig { integer: true, step: Some(8.0), ..ParameterConfig::between(16.0, 47.0) };
        let widths: Vec<Value> = (0..100).map(|place| width.at(f64::from(place) / 100.0)).collect();
        for expected in [16, 24, 32, 40] {
            assert_eq!(widths.iter().filter(|width| **width == Value::Integer(expected)).count(), 25);
        }
        assert_eq!(width.at(1.0), Value::Integer(40));
        let doubling = ParameterConfig { log: true, integer: true, ..ParameterConfig::between(1.0, 64.0) };
        assert_eq!([0.0, 0.5, 1.0].map(|place| doubling.at(place)), [1, 8, 64].map(Value::Integer));
        let choice = ParameterConfig::among([Value::Boolean(false), Value::Boolean(true)]);
        assert_eq!([0.0, 0.49, 0.5, 1.0].map(|place| choice.at(place).as_bool().unwrap()), [false, false, true, true]);
    }

    #[test]
    fn settings_become_an_overlay_that_knows_tasks_by_name() {
        let mut project = super::super::parse(include_str!("../../examples/plant.toml"), "plant.toml").unwrap();
        project.tasks[0].name = "a.b".to_owned();
        project.tasks[1].name = "a".to_owned();
        let settings = [
            ("tasks.a.b.linear.scale", Value::Float(0.5)),
            ("tasks.a.weight", Value::Float(2.0)),
            ("tasks.a.b.weight", Value::Float(3.0)),
            ("training.relation.strength", Value::Float(0.0)),
            ("model.trunk", Value::Array(vec![Value::Integer(8)])),
        ];
        let changed = project.overlaid(&project.overlay_of(&settings), "trial").unwrap();
        assert_eq!((changed.tasks[0].linear.scale, changed.tasks[0].weight), (0.5, 3.0));
        assert_eq!(changed.tasks[1].weight, 2.0);
        assert_eq!((changed.training.relation.strength, changed.model.trunk), (0.0, vec![8]));
    }
}
