//! `[[model.branches]].convolutions`: whether they fit the windows that they run over.

use trunkline_shared::kernels::padded;
use trunkline_shared::model::{MAX_ACTIVATIONS, MAX_CONVOLUTION_MACS};

use super::architecture::{MOST_LAYERS, WIDEST_LAYER};
use super::channels::source_shape;
use super::{Check, Finding, fail};
use crate::config::architecture::{BranchConfig, ConvolutionConfig};
use crate::config::data::Loader;
use crate::config::error::Problem;
use crate::config::feature_text::SourceShape;
use crate::config::project::Project;

/// Longest kernel and largest stride.
const LONGEST_KERNEL: usize = 255;
/// Most depthwise filters a channel.
const MOST_FILTERS_A_CHANNEL: usize = 64;
/// Most values that a device holds at once.
const MOST_VALUES: usize = MAX_ACTIVATIONS as usize;

/// What convolutions ask of a device.
#[derive(Clone, Copy, Default)]
struct Cost {
    /// Values that are there from the beginning: the raw samples.
    samples: usize,
    /// Most values that one layer reads and writes.
    layer: usize,
    /// Multiply-accumulates a window, as the device counts them.
    macs: usize,
}

/// Every branch with convolutions; its channels are known to be inputs.
pub(super) fn check(project: &Project) -> Check {
    let model = &project.model;
    let mut all = Cost::default();
    for (index, branch) in model.branches.iter().enumerate().filter(|(_, branch)| branch.reads_raw()) {
        let cost = one_branch(project, branch, &format!("model.branches[{index}]"))?;
        let layer = all.layer.max(cost.layer);
        all = Cost { samples: all.samples + cost.samples, layer, macs: all.macs + cost.macs };
    }
    let found = model.grouping.as_ref().map_or(0, |grouping| grouping.max_groups);
    let macs = all.macs * found.max(model.groups.len()).max(1);
    for (found, what, limit) in [
        (all.samples + all.layer, "values at once", MOST_VALUES),
        (macs, "multiply-accumulates a window", MAX_CONVOLUTION_MACS as usize),
    ] {
        if found > limit {
            return fail(
                "model.branches",
                format!("the convolutions need {found} {what}, a device has room for {limit}"),
                "raise stride, lower filters or multiplier, or name fewer channels",
            );
        }
    }
    Ok(())
}

fn one_branch(project: &Project, branch: &BranchConfig, key: &str) -> Result<Cost, Finding> {
    if project.data.loader == Loader::Table {
        return Err(finding(
            format!("{key}.convolutions"),
            "a convolution over single values",
            "a table has no raw windows: remove the key, or load windows with loader = \"cycles\"",
        ));
    }
    let first = shape_of(project, &branch.channels[0])?;
    for (position, name) in branch.channels.iter().enumerate() {
        let shape = shape_of(project, name)?;
        if (shape.samples, shape.rate_hz) != (first.samples, first.rate_hz) {
            return Err(finding(
                format!("{key}.channels[{position}]"),
                format!(
                    "\"{name}\" has {} samples a window, \"{}\" has {}",
                    shape.samples, branch.channels[0], first.samples
                ),
                "a convolution runs over channels of the same rate: give the others a branch of their own",
            ));
        }
    }
    let count = branch.convolutions.len();
    if count > MOST_LAYERS {
        let key = format!("{key}.convolutions");
        return Err(finding(key, format!("{count} convolutions"), format!("at most {MOST_LAYERS}")));
    }
    let (mut channels, mut samples) = (branch.channels.len(), first.samples);
    let mut all = Cost { samples: channels * samples, ..Cost::default() };
    for (index, convolution) in branch.convolutions.iter().enumerate() {
        let cost = one_convolution(convolution, channels, samples, &format!("{key}.convolutions[{index}]"))?;
        all = Cost { layer: all.layer.max(cost.layer), macs: all.macs + cost.macs, ..all };
        (channels, samples) = (convolution.filters, convolution.pooled(samples));
    }
    Ok(all)
}

fn finding(key: String, problem: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { key, what: Problem::new(problem, remedy) }
}

/// Samples and rate of the input channel `name`.
fn shape_of(project: &Project, name: &str) -> Result<SourceShape, Finding> {
    let index = project.channels.iter().position(|channel| channel.name == name).unwrap_or_default();
    source_shape(project, &project.channels[index], &format!("channels[{index}]"))
}

fn one_convolution(
    convolution: &ConvolutionConfig,
    channels: usize,
    samples: usize,
    key: &str,
) -> Result<Cost, Finding> {
    let ConvolutionConfig { kernel, stride, filters, multiplier, pool, .. } = *convolution;
    let limits = [
        ("kernel", kernel, LONGEST_KERNEL),
        ("stride", stride, LONGEST_KERNEL),
        ("filters", filters, WIDEST_LAYER),
        ("multiplier", multiplier, MOST_FILTERS_A_CHANNEL),
        ("pool", pool, MOST_VALUES),
    ];
    for (name, value, most) in limits {
        if !(1..=most).contains(&value) {
            return Err(finding(format!("{key}.{name}"), format!("{name} = {value}"), format!("1 to {most}")));
        }
    }
    if kernel > samples {
        return Err(finding(
            format!("{key}.kernel"),
            format!("a kernel of {kernel} taps over {samples} samples"),
            "shorten it, or lower the strides and pools before it",
        ));
    }
    let positions = convolution.positions(samples);
    if pool > positions {
        return Err(finding(
            format!("{key}.pool"),
            format!("a pool of {pool} positions, of which there are {positions}"),
            format!("at most {positions}: or lower the strides and pools before it"),
        ));
    }
    let rows = channels * multiplier;
    let [filtered, units] = [rows, filters].map(|width| positions * padded(width));
    Ok(Cost { samples: 0, layer: filtered + units, macs: filtered * kernel + units * rows })
}
