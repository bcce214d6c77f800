//! `[evaluate]`: what the evaluation tells beside the figures on all rows.

use serde::{Deserialize, Serialize};

/// `[evaluate]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluateConfig {
    /// Parts of the test rows on which every metric is given once more.
    pub subsets: Vec<SubsetConfig>,
}

/// One `[[evaluate.subsets]]` entry: the rows whose cell in a column has one of the values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubsetConfig {
    /// Name, unique among the subsets.
    pub name: String,
    /// Column of the label file or table.
    pub column: String,
    /// Values as they stand in the column (numbers compare as numbers).
    pub values: Vec<String>,
}
