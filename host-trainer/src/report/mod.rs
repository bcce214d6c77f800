//! What a person reads: tables for the terminal and one page of plots.

pub mod plots;
