//! Tables for the terminal, one a file.

mod differences;
mod explained;
mod figures;
mod footprint;
mod grid;
mod grouping;
mod importance;
mod personal;
mod relation;
mod subsets;
mod warning;
mod without;

pub use differences::differences;
pub use explained::explained;
pub use figures::figures;
pub use footprint::footprint;
pub use grid::grid;
pub use grouping::grouping;
pub use importance::importance;
pub use personal::{PERSONAL_HEADER, personal, personal_rows};
pub use relation::relation;
pub use subsets::subsets;
pub use warning::warnings;
pub use without::without;
