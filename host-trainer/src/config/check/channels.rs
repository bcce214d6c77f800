//! `[[channels]]` and `[[magnitudes]]`.

use super::{Check, Finding, MOST_CHANNELS, distinct, fail, name, unused};
use crate::config::channel::{ChannelConfig, MagnitudeConfig, TransformConfig};
use crate::config::data::Loader;
use crate::config::error::Problem;
use crate::config::feature_text::{SourceShape, feature_list};
use crate::config::project::Project;
use crate::config::suggest::suggest;
use crate::plant::{CHANNELS, PlantChannel};

/// Most samples of a channel in a window.
const MOST_SAMPLES: f64 = 16_384.0;
/// Largest magnitude of a range's ends.
const LARGEST_VALUE: f64 = 1e12;
/// Least width of a range.
const LEAST_RANGE: f64 = 1e-6;
/// How far window_s * rate_hz may lie from a whole number.
const WHOLE_TOLERANCE: f64 = 1e-6;

pub(super) fn check(project: &Project) -> Check {
    let channels = &project.channels;
    let inputs = channels.iter().filter(|channel| channel.input).count();
    if inputs == 0 {
        return fail("channels", "no channel is an input", "add [[channels]] entries with what the model may read");
    }
    if channels.len() + project.magnitudes.len() > MOST_CHANNELS {
        return fail("channels", format!("more than {MOST_CHANNELS} channels and magnitudes"), "leave some out");
    }
    for (index, channel) in channels.iter().enumerate() {
        name(&format!("channels[{index}].name"), &channel.name)?;
    }
    for (index, magnitude) in project.magnitudes.iter().enumerate() {
        name(&format!("magnitudes[{index}].name"), &magnitude.name)?;
    }
    let channel_names = channels.iter().enumerate().map(|(i, c)| (format!("channels[{i}].name"), c.name.as_str()));
    let magnitude_names =
        project.magnitudes.iter().enumerate().map(|(i, m)| (format!("magnitudes[{i}].name"), m.name.as_str()));
    distinct(channel_names.chain(magnitude_names), "channel or magnitude")?;
    for (index, channel) in channels.iter().enumerate() {
        one_channel(project, channel, &format!("channels[{index}]"))?;
    }
    for (index, magnitude) in project.magnitudes.iter().enumerate() {
        one_magnitude(project, magnitude, &format!("magnitudes[{index}]"))?;
    }
    for (index, channel) in channels.iter().enumerate() {
        used(project, channel, &format!("channels[{index}]"))?;
    }
    if !channels.iter().any(|channel| channel.input && project.gives_features(channel)) {
        return fail(
            "channels",
            "no feature is computed of any channel",
            "list at least one, such as features = [\"rms\"]: linear paths and baselines read features, not raw samples",
        );
    }
    Ok(())
}

fn one_channel(project: &Project, channel: &ChannelConfig, key: &str) -> Check {
    match project.data.loader {
        Loader::Cycles => cycle_channel(project, channel, key),
        Loader::Table => table_channel(channel, key),
        Loader::Plant => plant_channel(channel, key),
    }
}

fn cycle_channel(project: &Project, channel: &ChannelConfig, key: &str) -> Check {
    if channel.file.as_deref().is_none_or(|file| file.trim().is_empty()) {
        return fail(
            format!("{key}.file"),
            "loader = \"cycles\" needs the channel's file",
            "add file = \"NAME\", one row a cycle",
        );
    }
    unused(&channel.column, format!("{key}.column"), "loader = \"table\"")?;
    if channel.transform != TransformConfig::None {
        return fail(
            format!("{key}.transform"),
            "a sensor behind an ADC has no transform",
            "remove the key; transforms are for columns of a table",
        );
    }
    range(channel, key)?;
    if let Some(rate_hz) = channel.rate_hz {
        rate(rate_hz, key)?;
    }
    if !channel.input {
        return Ok(());
    }
    if channel.range.is_none() {
        return fail(
            format!("{key}.range"),
            "an input channel needs the physical values at the ends of its ADC's range",
            "add range = [LOW, HIGH]; what lies outside is clamped, as on the device",
        );
    }
    let shape = cycle_shape(project, channel, key)?;
    features(&channel.features, key, &shape)
}

fn rate(rate_hz: f64, key: &str) -> Check {
    let rate_mhz = rate_hz * 1e3;
    if !(1.0..=1e9).contains(&rate_mhz) || (rate_mhz - rate_mhz.round()).abs() > WHOLE_TOLERANCE * rate_mhz {
        return fail(
            format!("{key}.rate_hz"),
            format!("a sample rate of {rate_hz} Hz"),
            "whole millihertz from 0.001 Hz to 1 MHz",
        );
    }
    Ok(())
}

fn cycle_shape(project: &Project, channel: &ChannelConfig, key: &str) -> Result<SourceShape, Finding> {
    let rate_key = format!("{key}.rate_hz");
    let Some(rate_hz) = channel.rate_hz else {
        return Err(Finding {
            key: rate_key,
            what: Problem::new("an input channel needs its sample rate", "add rate_hz = SAMPLES_A_SECOND"),
        });
    };
    let samples = project.data.window_s.unwrap_or_default() * rate_hz;
    let whole = samples.round();
    if (samples - whole).abs() > WHOLE_TOLERANCE * whole.max(1.0) || !(1.0..=MOST_SAMPLES).contains(&whole) {
        let problem = format!("window_s * rate_hz = {samples} samples");
        let remedy = format!("change one of the two so that the window holds a whole number from 1 to {MOST_SAMPLES}");
        return Err(Finding { key: rate_key, what: Problem::new(problem, remedy) });
    }
    Ok(SourceShape { samples: whole as usize, rate_hz, fft_size: channel.fft_size })
}

fn table_channel(channel: &ChannelConfig, key: &str) -> Check {
    unused(&channel.file, format!("{key}.file"), "loader = \"cycles\"")?;
    unused(&channel.rate_hz, format!("{key}.rate_hz"), "loader = \"cycles\"")?;
    unused(&channel.fft_size, format!("{key}.fft_size"), "loader = \"cycles\"")?;
    range(channel, key)?;
    if channel.transform == TransformConfig::Rank && channel.range.is_some() {
        return fail(
            format!("{key}.range"),
            "ranks lie between 0 and 1 whatever the column's range",
            "remove the range, or the transform",
        );
    }
    match channel.features.iter().position(|word| word.trim() != "raw") {
        Some(index) => fail(
            format!("{key}.features[{index}]"),
            format!("\"{}\" of a single value", channel.features[index]),
            "leave features out: a table's channel is its value",
        ),
        None => Ok(()),
    }
}

fn plant_channel(channel: &ChannelConfig, key: &str) -> Check {
    let files = "loader = \"cycles\" or \"table\"";
    unused(&channel.file, format!("{key}.file"), files)?;
    unused(&channel.column, format!("{key}.column"), files)?;
    unused(&channel.rate_hz, format!("{key}.rate_hz"), files)?;
    unused(&channel.range, format!("{key}.range"), files)?;
    if channel.transform != TransformConfig::None {
        return fail(format!("{key}.transform"), "a sensor behind an ADC has no transform", "remove the key");
    }
    let Some(known) = CHANNELS.iter().find(|known| known.name == channel.name) else {
        let names: Vec<&str> = CHANNELS.iter().map(|known| known.name).collect();
        let problem = format!("the simulated plant has no channel \"{}\"", channel.name);
        return fail(format!("{key}.name"), problem, suggest(&channel.name, &names));
    };
    if !channel.unit.is_empty() && channel.unit != known.unit {
        let problem = format!("\"{}\" of the simulated plant is in {}", channel.name, known.unit);
        return fail(format!("{key}.unit"), problem, format!("write unit = \"{}\"", known.unit));
    }
    features(&channel.features, key, &plant_shape(known, channel.fft_size))
}

fn plant_shape(channel: &PlantChannel, fft_size: Option<u16>) -> SourceShape {
    SourceShape { samples: channel.samples, rate_hz: channel.rate_hz, fft_size }
}

/// An input gives a feature or takes part in a magnitude; a column always gives its value.
fn used(project: &Project, channel: &ChannelConfig, key: &str) -> Check {
    if channel.optional && !channel.input {
        return fail(
            format!("{key}.optional"),
            format!("the model does not read \"{}\" at all", channel.name),
            "remove the key, or set input = true",
        );
    }
    let branches = &project.model.branches;
    let raw = || branches.iter().any(|branch| branch.reads_raw() && branch.channels.contains(&channel.name));
    if !channel.input || project.gives_features(channel) || raw() {
        return Ok(());
    }
    fail(
        format!("{key}.features"),
        format!("nothing is computed from \"{}\"", channel.name),
        "list features, such as [\"mean\", \"sd\"], or set input = false",
    )
}

/// Samples and rate of the input channel `channel` of a loader that has windows; `key` is that of its entry.
pub(super) fn source_shape(project: &Project, channel: &ChannelConfig, key: &str) -> Result<SourceShape, Finding> {
    let known = CHANNELS.iter().find(|known| project.data.loader == Loader::Plant && known.name == channel.name);
    match known {
        Some(known) => Ok(plant_shape(known, channel.fft_size)),
        None => cycle_shape(project, channel, key),
    }
}

fn features(words: &[String], key: &str, shape: &SourceShape) -> Check {
    if shape.fft_size.is_some() {
        shape.fft_points().map_err(|what| Finding { key: format!("{key}.fft_size"), what })?;
    }
    match feature_list(words, shape) {
        Ok(_) => Ok(()),
        Err((index, what)) => Err(Finding { key: format!("{key}.features[{index}]"), what }),
    }
}

fn range(channel: &ChannelConfig, key: &str) -> Check {
    let Some([low, high]) = channel.range else { return Ok(()) };
    let wide_enough = (LEAST_RANGE..).contains(&(high - low));
    if wide_enough && low.abs().max(high.abs()) <= LARGEST_VALUE {
        return Ok(());
    }
    fail(
        format!("{key}.range"),
        format!("a range from {low} to {high}"),
        format!(
            "[LOW, HIGH] with LOW below HIGH by at least {LEAST_RANGE:e}, both at most {LARGEST_VALUE:e} in magnitude"
        ),
    )
}

fn one_magnitude(project: &Project, magnitude: &MagnitudeConfig, key: &str) -> Check {
    if project.data.loader == Loader::Table {
        return fail(key, "a magnitude of single values", "magnitudes are of sampled channels; remove the entry");
    }
    let inputs: Vec<&ChannelConfig> = project.channels.iter().filter(|channel| channel.input).collect();
    let names: Vec<&str> = inputs.iter().map(|channel| channel.name.as_str()).collect();
    let mut axes = Vec::with_capacity(magnitude.channels.len());
    for (index, wanted) in magnitude.channels.iter().enumerate() {
        let key = format!("{key}.channels[{index}]");
        let Some(channel) = inputs.iter().find(|channel| channel.name == *wanted) else {
            return fail(key, format!("no input channel is named \"{wanted}\""), suggest(wanted, &names));
        };
        if magnitude.channels[..index].contains(wanted) {
            return fail(key, format!("\"{wanted}\" stands twice"), "name three different channels");
        }
        axes.push(*channel);
    }
    if magnitude.features.is_empty() {
        return fail(
            format!("{key}.features"),
            "nothing is computed from this magnitude",
            "list features, such as [\"rms\"]",
        );
    }
    let first = axes[0];
    let position = project.channels.iter().position(|channel| channel.name == first.name).unwrap_or_default();
    let shape = source_shape(project, first, &format!("channels[{position}]"))?;
    let shape = SourceShape { fft_size: magnitude.fft_size, ..shape };
    let same_sensor = |axis: &ChannelConfig| {
        let plant =
            |name: &str| CHANNELS.iter().find(|known| known.name == name).map(|known| (known.samples, known.range));
        match project.data.loader {
            Loader::Plant => plant(&axis.name) == plant(&first.name),
            Loader::Cycles | Loader::Table => axis.rate_hz == first.rate_hz && axis.range == first.range,
        }
    };
    if let Some(index) = axes.iter().position(|axis| !same_sensor(axis)) {
        return fail(
            format!("{key}.channels[{index}]"),
            format!("\"{}\" and \"{}\" differ in rate or range", axes[index].name, first.name),
            "the three axes of a magnitude need the same rate and range",
        );
    }
    features(&magnitude.features, key, &shape)
}
