//! What a person reads: tables for the terminal and one page of plots.

pub mod calibration;
pub mod compare_page;
pub mod contest;
pub mod evidence;
mod explanation;
mod frame;
pub mod page;
pub mod plots;
pub mod tables;
pub mod tuning;
pub mod verdict;
