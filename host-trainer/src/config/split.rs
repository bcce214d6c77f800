//! Which rows train and which test.

use serde::{Deserialize, Serialize};

/// `[split]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitConfig {
    /// How rows are dealt to folds.
    pub method: SplitMethod,
    /// Number of folds (random, grouped, blocked).
    #[serde(default = "five")]
    pub folds: usize,
    /// Folds: the column that holds the fold's number.
    #[serde(default)]
    pub column: Option<String>,
    /// Column of groups: never parted by method = "grouped" nor, with any method, when the epoch or a penalty is chosen; the folds of
    /// method = "folds" must not part them either; not for method = "random", which would.
    #[serde(default)]
    pub group: Option<String>,
    /// Within: the share of each group's rows that trains, at least `least` of them; the rest tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Within, with `share`: the least number of a group's rows that train; 4 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<usize>,
    /// Within, instead of `share`: the number of each group's rows that train.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
}

fn five() -> usize {
    5
}

/// Rows of a group that train at least, where `split.least` is left out.
pub const LEAST_WITHIN: usize = 4;

/// How rows are dealt to folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitMethod {
    /// Each row by chance.
    Random,
    /// Whole groups by chance.
    Grouped,
    /// Consecutive blocks in file order.
    Blocked,
    /// As a column says.
    Folds,
    /// Some rows of every group train and the rest of its rows test, by chance and anew for each seed: how well a model does on
    /// machines that it knows, once few of their rows are labelled.
    Within,
}
