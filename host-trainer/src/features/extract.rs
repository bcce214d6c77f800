//! From windows to the feature matrix, by the device's own code.

use rayon::prelude::*;
use trunkline_shared::features::{MISSING, Signal, Source, extract_group};
use trunkline_shared::quant::MISSING_COUNT;

use super::code::CodeBook;
use super::matrix::{FeatureMatrix, width};
use super::plan::PlanSpec;
use super::windows::Windows;

/// The features of every window, and after them the counts of the channels that branches convolve. Rows are computed in parallel and
/// do not depend on each other, so the result is the same to the bit on any number of threads.
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
    let width = width(columns, &plan.blocks);
    let mut data = vec![MISSING; windows.rows * width];
    data.par_chunks_mut(width.max(1)).enumerate().for_each_init(
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
                written += extract_group(&group.borrow(), signal, scratch, &mut features[written..columns]);
            }
            for raw in plan.blocks.iter().filter_map(|block| block.raw.as_ref()) {
                let counts = window[starts[usize::from(raw.channel)]..].iter();
                let counts = counts.map(|count| if *count == MISSING_COUNT { MISSING } else { f32::from(*count) });
                features[raw.columns.clone()].iter_mut().zip(counts).for_each(|(to, count)| *to = count);
            }
        },
    );
    FeatureMatrix { rows: windows.rows, columns, names: plan.names.clone(), blocks: plan.blocks.clone(), data }
}
