//! `trunkline inspect`: what is in an artifact, and whether it answers its golden windows.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use trunkline_shared::features::Source;
use trunkline_shared::model::build::ImageBuilder;
use trunkline_shared::model::{LayerOp, LayerRole, Model, PoolKind, VERSION};
use trunkline_shared::quant::Transform;
use trunkline_trainer::artifact::HostPart;
use trunkline_trainer::config::{kind_name, role_name};
use trunkline_trainer::report::tables::grid;

use super::failure::Failure;
use super::image::Image;
use super::pack::layout_name;
use super::tensors::tensor_names;
use super::verify::self_test;
use super::{print_json, print_text};

/// Show what is in a model file and check it as the device does at boot.
#[derive(Debug, Args)]
#[command(long_about = "\
Show what is in a model file: channels, features, layers, tasks, sizes, where it comes from. The file passes the device's own \
validator, and its golden windows are run as the device runs them at boot.

Example:  trunkline inspect result/model.tlm
          trunkline inspect result/model.tlm --json | jq .tasks[].name

Next:     trunkline evaluate --model result/model.tlm --config result/project.toml --data DIR")]
pub(super) struct Arguments {
    /// The artifact, a model.tlm.
    #[arg(value_name = "FILE")]
    model: PathBuf,
}

/// The artifact in figures.
#[derive(Debug, Serialize)]
struct Inspection {
    name: String,
    format_version: u16,
    layout: &'static str,
    crc32: String,
    sizes: Sizes,
    window: Window,
    channels: Vec<Channel>,
    raw_views: Vec<Raw>,
    layers: Vec<Layer>,
    tasks: Vec<Task>,
    golden_windows: usize,
    self_test: &'static str,
    /// `None` where another version of trunkline made it.
    provenance: Option<HostPart>,
}

#[derive(Debug, Serialize)]
struct Window {
    length_ms: u32,
    samples: usize,
    features: usize,
}

#[derive(Debug, Serialize)]
struct Channel {
    name: String,
    unit: String,
    rate_hz: f64,
    samples: u16,
    features: usize,
    transform: &'static str,
    scale: f32,
    offset: f32,
    optional: bool,
}

/// A channel whose samples enter the network as they are.
#[derive(Debug, Serialize)]
struct Raw {
    channel: String,
    /// Mean in counts, which becomes 0.
    mean: i16,
    /// Output counts a sample count.
    factor: f64,
    /// Limit of the outputs.
    range_bits: u8,
}

#[derive(Debug, Serialize)]
struct Layer {
    role: String,
    /// What it computes.
    op: String,
    /// What its input tensor holds.
    reads: String,
    inputs: usize,
    outputs: usize,
    weight_bits: u32,
    input_range_bits: u8,
    output_range_bits: u8,
    accumulates: bool,
    /// Multiply-accumulates.
    macs: u64,
}

#[derive(Debug, Serialize)]
struct Task {
    name: String,
    role: &'static str,
    kind: &'static str,
    unit: String,
    classes: Vec<String>,
    scale: f32,
    offset: f32,
    /// Count above which a binary task's answer is its second class.
    threshold: i16,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let file = Image::read(&arguments.model)?;
    let model = file.model()?;
    self_test(&model)?;
    let inspection = inspect(&model, file.bytes().len());
    if json { print_json(&inspection) } else { print_text(&text(&inspection)) }
}

#[derive(Debug, Serialize)]
struct Sizes {
    /// The whole file.
    bytes: usize,
    /// Its weight section: weights, biases, multipliers, means and gains.
    weight_section_bytes: usize,
    /// Its host part, which the device skips.
    host_part_bytes: usize,
    /// Working memory of a run.
    arena_bytes: u32,
    /// Multiply-accumulates a window.
    macs: u64,
}

fn inspect(model: &Model<'_>, bytes: usize) -> Inspection {
    let header = model.header();
    let samples = |index: usize| header.channels.get(index).map_or(0, |channel| usize::from(channel.samples));
    let features = |index: usize| -> usize {
        let own = |source| matches!(source, Source::Channel(channel) if usize::from(channel) == index);
        let groups = header.plan.iter().filter(|group| own(group.source));
        groups.flat_map(|group| group.features.iter()).map(|feature| feature.count(samples(index))).sum()
    };
    let parts = ImageBuilder::from_model(model);
    let tensors = tensor_names(&parts);
    let shape = |tensor: u8| parts.tensors[usize::from(tensor)];
    let task_name = |index: u8| header.tasks.get(usize::from(index)).map_or_else(String::new, |task| task.name.into());
    Inspection {
        name: header.name.into(),
        format_version: VERSION,
        layout: layout_name(header.layout),
        crc32: format!("{:08x}", model.crc()),
        sizes: Sizes {
            bytes,
            weight_section_bytes: model.weights().len(),
            host_part_bytes: model.host_part().len(),
            arena_bytes: model.arena_bytes(),
            macs: model.layers().map(|(_, layer)| layer.macs()).sum(),
        },
        window: Window { length_ms: header.window_ms, samples: model.window_len(), features: model.feature_count() },
        channels: (header.channels.iter().enumerate())
            .map(|(index, channel)| Channel {
                name: channel.name.into(),
                unit: channel.unit.into(),
                rate_hz: f64::from(channel.rate_mhz) / 1000.0,
                samples: channel.samples,
                features: features(index),
                transform: match channel.code.transform {
                    Transform::None => "none",
                    Transform::SignedLog { .. } => "signed-log",
                    Transform::Rank(_) => "rank",
                },
                scale: channel.code.scale,
                offset: channel.code.offset,
                optional: channel.optional,
            })
            .collect(),
        raw_views: (parts.raw_views.iter())
            .map(|view| Raw {
                channel: header
                    .channels
                    .get(view.channel.into())
                    .map_or_else(String::new, |channel| channel.name.into()),
                mean: view.mean,
                factor: f64::from(view.multiplier) / f64::from(1 << 18),
                range_bits: shape(view.tensor).range_bits,
            })
            .collect(),
        layers: parts
            .layers
            .iter()
            .map(|layer| Layer {
                role: match layer.role {
                    LayerRole::Trunk => "trunk".into(),
                    LayerRole::Head(task) => format!("head of {}", task_name(task)),
                    LayerRole::Linear(task) => format!("linear path of {}", task_name(task)),
                },
                op: op_name(layer.op),
                reads: tensors[usize::from(layer.input)].clone(),
                inputs: shape(layer.input).elements.into(),
                outputs: shape(layer.output).elements.into(),
                weight_bits: layer.weights.kind().bits(),
                input_range_bits: shape(layer.input).range_bits,
                output_range_bits: shape(layer.output).range_bits,
                accumulates: layer.accumulate,
                macs: layer.macs(shape(layer.input).elements),
            })
            .collect(),
        tasks: header
            .tasks
            .iter()
            .map(|task| Task {
                name: task.name.into(),
                role: role_name(task.role),
                kind: kind_name(task.kind),
                unit: task.unit.into(),
                classes: task.classes.iter().map(str::to_owned).collect(),
                threshold: task.threshold,
                scale: task.scale,
                offset: task.offset,
            })
            .collect(),
        golden_windows: header.golden.iter().count(),
        self_test: "passed",
        provenance: HostPart::decode(model.host_part()).ok(),
    }
}

/// A table of the raw views, where there are any.
fn raw_views(views: &[Raw]) -> String {
    if views.is_empty() {
        return String::new();
    }
    let rows = views.iter().map(|view| {
        vec![
            view.channel.clone(),
            view.mean.to_string(),
            format!("{:.4e}", view.factor),
            format!("±2^{}", view.range_bits),
        ]
    });
    format!("{}\n\n", grid(&["samples of", "mean", "per count", "range"], rows))
}

fn text(inspection: &Inspection) -> String {
    let Inspection {
        name, format_version, layout, crc32, sizes, window, channels, layers, tasks, golden_windows, ..
    } = inspection;
    let raw_views = raw_views(&inspection.raw_views);
    let provenance = inspection.provenance.as_ref().map_or_else(unreadable, provenance);
    let channels = grid(
        &["channel", "unit", "rate Hz", "samples", "features", "transform", "per count", "at count 0", ""],
        channels.iter().map(|channel| {
            vec![
                channel.name.clone(),
                channel.unit.clone(),
                channel.rate_hz.to_string(),
                channel.samples.to_string(),
                channel.features.to_string(),
                channel.transform.into(),
                format!("{:.4e}", channel.scale),
                format!("{:.4}", channel.offset),
                if channel.optional { "optional".into() } else { String::new() },
            ]
        }),
    );
    let layers = grid(
        &["layer", "op", "reads", "inputs", "outputs", "weights", "MACs", "input range", "output range", ""],
        layers.iter().map(|layer| {
            vec![
                layer.role.clone(),
                layer.op.clone(),
                layer.reads.clone(),
                layer.inputs.to_string(),
                layer.outputs.to_string(),
                if layer.macs == 0 { String::new() } else { format!("int{}", layer.weight_bits) },
                layer.macs.to_string(),
                format!("±2^{}", layer.input_range_bits),
                format!("±2^{}", layer.output_range_bits),
                if layer.accumulates { "added".into() } else { String::new() },
            ]
        }),
    );
    let tasks = grid(
        &["task", "role", "kind", "answer"],
        tasks.iter().map(|task| {
            let answer = if task.classes.is_empty() { task.unit.clone() } else { task.classes.join(", ") };
            vec![task.name.clone(), task.role.into(), task.kind.into(), answer]
        }),
    );
    let Sizes { bytes, weight_section_bytes, host_part_bytes, arena_bytes, macs } = sizes;
    format!(
        "{name}: format {format_version}, layout {layout}, CRC-32 {crc32}, {golden_windows} golden windows, all answered to the bit\n\
         {bytes} bytes, {weight_section_bytes} of them weight section, {host_part_bytes} host part; \
         {arena_bytes} bytes of RAM, {macs} multiply-accumulates a window\n\
         window: {} ms, {} samples, {} features\n\n{channels}\n\n{raw_views}{layers}\n\n{tasks}\n\n{provenance}",
        window.length_ms, window.samples, window.features
    )
}

/// What a layer computes, in a word or two.
fn op_name(op: LayerOp) -> String {
    match op {
        LayerOp::Dense => "dense".to_owned(),
        LayerOp::Depthwise { kernel, stride, .. } => format!("depthwise {kernel}/{stride}"),
        LayerOp::Pointwise { .. } => "pointwise".to_owned(),
        LayerOp::Pool { kind: PoolKind::Max, size, .. } => format!("max pool {size}"),
        LayerOp::Pool { kind: PoolKind::Mean, size, .. } => format!("mean pool {size}"),
    }
}

fn unreadable() -> String {
    "made by another version of trunkline, whose notes on its origin this one cannot read".to_owned()
}

fn provenance(part: &HostPart) -> String {
    let scores = grid(
        &["score on unseen rows", "figure", "mean", "sd"],
        part.metrics.iter().flat_map(|task| {
            task.metrics
                .iter()
                .map(|(name, mean, sd)| vec![task.task.clone(), name.clone(), format!("{mean:.4}"), format!("{sd:.4}")])
        }),
    );
    let seeds: Vec<String> = part.seeds.iter().map(u64::to_string).collect();
    let whose = part.personal.as_ref().map_or_else(String::new, |own| {
        format!("Heads of {} {} ({} rows): {}.\n", own.by, own.group, own.rows, own.tasks.join(", "))
    });
    let (scores, whence) = if part.metrics.is_empty() {
        (
            String::new(),
            "there are no scores on unseen rows of models like it: it was tuned for a further task".to_owned(),
        )
    } else {
        let seeds = seeds.join(", ");
        (
            format!("{scores}\n\n"),
            format!("the scores are of models like it, over {} folds and the seeds {seeds}", part.folds),
        )
    };
    format!(
        "{scores}{whose}The model itself was trained on all {} rows with seed {}; {whence}.\ntrunkline {}\nproject {}\ndata    {}",
        part.rows, part.seed, part.trunkline_version, part.config_sha256, part.data_sha256
    )
}
