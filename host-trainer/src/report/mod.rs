//! Placeholder: report.
