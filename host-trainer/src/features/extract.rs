//! From windows to the feature matrix, by the device's own code.

use rayon::prelude::*;
use trunkline_shared::features::{MISSING, Signal, Source, extract_group};

use super::code::CodeBook;
use super::matrix::FeatureMatrix;
use super::plan::PlanSpec;
use super::windows::Windows;

/// The features of every window. Rows are computed in parallel and do not depend on each other, so the result is the same to the bit
/// on any number of threads.
pub fn extract(plan: &PlanSpec, codes: &CodeBook, windows: &Windows) -> FeatureMatrix {
    let columns = plan.feature_count();
    let mut starts = Vec::with_capacity(codes.channels.len());
    let mut start = 0;
    for channel in &codes.channels {
        starts.push(start);
        start += usize::from(channel.samples);
    }
    let samples_of = |source: Source| {
        let (Source::Channel(index) | Source::Magnitude([index, ..])) = source;
        codes.channels.get(usize::from(index)).map_or(0, |channel| usize::from(channel.samples))
    };
    let scratch_words =
        plan.groups.iter().map(|group| group.borrow().scratch_words(samples_of(group.source))).max().unwrap_or(0);
    let mut data = vec![MISSING; windows.rows * columns];
    data.par_chunks_mut(columns.max(1)).enumerate().for_each_init(
        || vec![0; scratch_words],
        |scratch, (row, features)| {
            let window = windows.row(row);
            let signal = |index: u8| {
                let channel = codes.channels.get(usize::from(index))?;
                let start = starts[usize::from(index)];
                let counts = window.get(start..start + usize::from(channel.samples))?;
                Some(Signal::new(counts, channel.code.scale, channel.code.offset, channel.rate_mhz))
            };
            let mut written = 0;
            for group in &plan.groups {
                written += extract_group(&group.borrow(), signal, scratch, &mut features[written..]);
            }
        },
    );
    FeatureMatrix { rows: windows.rows, columns, names: plan.names.clone(), blocks: plan.blocks.clone(), data }
}
