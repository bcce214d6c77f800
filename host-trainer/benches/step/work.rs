//! The work of a step: rows, labels, batches and settings.

use trunkline_shared::model::{TaskKind, TaskRole};
use trunkline_trainer::config::{GradientConfig, Project, TaskConfig, WeightingConfig};
use trunkline_trainer::data::{Labels, TaskLabels};
use trunkline_trainer::features::FeatureMatrix;
use trunkline_trainer::train::{Task, TrainingSet};

/// Features F.
pub(crate) const FEATURES: usize = 32;
/// Widths of the trunk.
pub(crate) const TRUNK: [usize; 2] = [64, 32];
/// Width of each head's hidden layer.
pub(crate) const HEAD: usize = 16;
/// Classes of the first two tasks.
pub(crate) const CLASSES: [usize; 2] = [4, 3];
/// Rows of a step.
pub(crate) const BATCH: usize = 64;
/// Learning rate.
pub(crate) const RATE: f64 = 1e-3;
/// Seed of the initial weights.
pub(crate) const SEED: u64 = 1;
/// Rows.
const ROWS: usize = 9984;

/// Rows and labels, without any chance.
pub(crate) struct Work {
    features: FeatureMatrix,
    configs: Vec<TaskConfig>,
    pub(crate) labels: Vec<TaskLabels>,
    rows: Vec<usize>,
    order: Vec<u32>,
}

impl Work {
    pub(crate) fn new() -> Self {
        let value = |i: usize| ((i.wrapping_mul(2_654_435_761) >> 7) % 2001) as f32 / 1000.0 - 1.0;
        let data: Vec<f32> = (0..ROWS * FEATURES).map(value).collect();
        let x = |row: usize, column: usize| data[row * FEATURES + column];
        let class = |classes: usize| {
            let of = |row: usize| Some((((x(row, classes) + x(row, 1)) * 0.5 + 1.0) * classes as f32 / 2.0) as u16);
            Labels::Classes((0..ROWS).map(of).map(|class| class.map(|class| class.min(classes as u16 - 1))).collect())
        };
        let labels = |name: &str, kind, classes: usize, labels| TaskLabels {
            name: name.into(),
            role: TaskRole::Other,
            kind,
            unit: String::new(),
            class_names: (0..classes).map(|class| class.to_string()).collect(),
            labels,
        };
        let products = Labels::Values((0..ROWS).map(|row| Some(x(row, 0) * x(row, 2) + x(row, 3))).collect());
        let labels = vec![
            labels("four", TaskKind::MultiClass, CLASSES[0], class(CLASSES[0])),
            labels("three", TaskKind::MultiClass, CLASSES[1], class(CLASSES[1])),
            labels("value", TaskKind::Regression, 0, products),
        ];
        let config = |labels: &TaskLabels| {
            let kind = if labels.kind == TaskKind::Regression { "regression" } else { "multi-class" };
            let text = format!(
                "name = '{name}'\nrole = 'other'\nkind = '{kind}'\ntarget = {{ column = '{name}' }}\nlinear = {{ mode = 'off' }}",
                name = labels.name
            );
            toml::from_str(&text).expect("a task")
        };
        Self {
            configs: labels.iter().map(config).collect(),
            labels,
            rows: (0..ROWS).collect(),
            // 4099 is a prime: every row once an epoch.
            order: (0..ROWS as u32).map(|i| (i * 4099) % ROWS as u32).collect(),
            features: FeatureMatrix {
                rows: ROWS,
                columns: FEATURES,
                names: (0..FEATURES).map(|column| format!("f{column}")).collect(),
                blocks: Vec::new(),
                data,
            },
        }
    }

    pub(crate) fn set(&self) -> TrainingSet<'_> {
        let tasks = self.configs.iter().zip(&self.labels).map(|(config, labels)| Task { config, labels }).collect();
        TrainingSet { features: &self.features, tasks, rows: &self.rows, units: None, weights: None }
    }

    /// Rows of step `step`.
    pub(crate) fn batch(&self, step: usize) -> &[u32] {
        &self.order[step * BATCH % ROWS..][..BATCH]
    }

    /// Plain Adam, equal weights, nothing else.
    pub(crate) fn project(&self, gradient: GradientConfig) -> Project {
        let text = "name = 'T1'\n[data]\nloader = 'table'\n[split]\nmethod = 'random'\n";
        let mut project: Project = toml::from_str(text).expect("a project");
        project.model.head = vec![HEAD];
        project.model.head_init = 1.0;
        project.training.weighting = WeightingConfig::Equal;
        project.training.gradient = gradient;
        project.training.weight_decay = 0.0;
        project.training.relation.strength = 0.0;
        project
    }
}
