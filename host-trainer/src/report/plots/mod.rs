//! One plot a file, each a function from plain numbers to a self-contained SVG text.

mod axes;
mod bars;
mod canvas;
mod confusion;
mod convergence;
mod curves;
mod footprint;
mod heat_map;
mod intervals;
mod pareto;
mod rises;
mod scatter;
mod shares;

pub use bars::{Bar, bars};
pub use canvas::PlotError;
pub use confusion::confusion;
pub use convergence::convergence;
pub use curves::{Curve, curves};
pub use footprint::{Part, footprint};
pub use heat_map::{effect_map, heat_map};
pub use intervals::intervals;
pub use pareto::{TrialPoint, pareto};
pub use rises::{Rise, rises};
pub use scatter::scatter;
pub use shares::shares;
