//! Methods of joint training side by side on the same folds, with what joining is compared with.
//!
//! ```text
//!  Project ─► METHODS: keys laid over it ─┐
//!  Dataset ─► folds of every seed ────────┴► fits side by side ─► Judged: metrics, errors on every draw of test units
//!                                                                   └─► Comparison ─► words, Markdown, page, compare.json
//! ```
//!
//! Nothing is chosen here: every method is fitted on training rows alone and reported, whatever its figures. Of so many differences some
//! exclude 0 by chance; the findings tell only of those whose intervals hold for all of their kind at once.

mod columns;
mod evidence;
mod integer_forms;
mod judge;
mod markdown;
mod methods;
mod overlays;
mod record;
mod run;
mod shares;
mod words;

pub use integer_forms::INTEGER_FORMS;
pub(crate) use markdown::{LABEL_CURVES, gain, interval, intervals, label, shown};
pub use markdown::{label_markdown, markdown};
pub use methods::{AS_CONFIGURED, Applied, METHODS, Method, Overlay, method};
pub use record::{Against, Column, Comparison, GroupLabels, LabelShare, SCHEMA_VERSION, Skipped, TaskInfo};
pub use run::{FRACTIONS, Plan, TREES, compare};
pub(crate) use words::over;
pub use words::words;
