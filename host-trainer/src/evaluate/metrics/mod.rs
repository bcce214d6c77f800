//! Scores of predictions against labels: one metric a file. All take pairs (truth, prediction), so that lengths cannot differ,
//! and give `None` where the metric is not defined on these rows.

mod accuracy;
mod auc;
mod cost;
mod ece;
mod macro_f1;
mod mae;
mod mean_recall;
mod nll;
mod precision_recall;
mod r2;
mod rmse;

pub use accuracy::accuracy;
pub use auc::{auc, auc_fold_mean};
pub use cost::mean_cost;
pub use ece::ece;
pub use macro_f1::{macro_f1, macro_f1_of_counts};
pub use mae::mae;
pub use mean_recall::mean_recall;
pub use nll::nll;
pub use precision_recall::{precision, recall};
pub use r2::r2;
pub use rmse::rmse;
