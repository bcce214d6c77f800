//! The feature plan of a project: what the artifact carries, and a name for every number it gives.

use trunkline_shared::features::{ChannelShape, Feature, Source};
use trunkline_shared::model::build::{GroupSpec, OwnedSeq};

use super::error::FeatureError;
use super::matrix::{FeatureBlock, RawColumns};
use crate::config::{BranchConfig, Project, SourceShape, feature_list};
use crate::data::{ChannelData, Dataset, DatasetChannel};

/// An owned, checked feature plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanSpec {
    /// The groups in the order of the feature vector, as [`trunkline_shared::model::build::ImageBuilder::plan`] takes them.
    pub groups: Vec<GroupSpec>,
    /// Name of each feature (F), such as `PS1.block_mean[3]`; a table's channel gives its own name.
    pub names: Vec<String>,
    /// What the features are computed from: one entry a group, then one for each channel of which raw samples alone are read.
    pub blocks: Vec<FeatureBlock>,
}

/// Where a group's samples come from, and what is asked of them.
struct Request<'p> {
    name: &'p str,
    channels: &'p [String],
    source: Source,
    channel: &'p DatasetChannel,
    fft_size: Option<u16>,
    words: &'p [String],
    missing_indicator: bool,
}

impl PlanSpec {
    /// The plan that the project's channels and then its magnitudes ask for. With branches, first what the first branch reads in
    /// that order, then what the second one reads, and so on: the features of a branch stand side by side, and so do the raw samples of
    /// a branch with convolutions, channel after channel as it names them.
    ///
    /// # Errors
    /// A channel that `dataset` does not have, features that do not suit its length or rate, too many features.
    pub fn new(project: &Project, dataset: &Dataset) -> Result<Self, FeatureError> {
        let find = |name: &str| {
            let index = dataset.channels.iter().position(|channel| channel.name == name);
            // Project files have at most 255 channels.
            index
                .map(|index| (index as u8, &dataset.channels[index]))
                .ok_or(FeatureError::NoChannel { channel: name.to_owned() })
        };
        let raw = ["raw".to_owned()];
        let mut requests = Vec::new();
        let mut plan = Self { groups: Vec::new(), names: Vec::new(), blocks: Vec::new() };
        for config in project.channels.iter().filter(|config| config.input) {
            let (index, channel) = find(&config.name)?;
            let single = channel.samples == 1 && config.features.is_empty();
            let request = Request {
                name: &config.name,
                channels: std::slice::from_ref(&config.name),
                source: Source::Channel(index),
                channel,
                fft_size: config.fft_size,
                words: if single { &raw } else { &config.features },
                missing_indicator: config.missing_indicator,
            };
            requests.push(request);
        }
        for config in &project.magnitudes {
            let [(x, channel), (y, _), (z, _)] =
                [find(&config.channels[0])?, find(&config.channels[1])?, find(&config.channels[2])?];
            let request = Request {
                name: &config.name,
                channels: &config.channels,
                source: Source::Magnitude([x, y, z]),
                channel,
                fft_size: config.fft_size,
                words: &config.features,
                missing_indicator: false,
            };
            requests.push(request);
        }
        let branch_of = |request: &Request| {
            let of_features = |branch: &BranchConfig| !branch.reads_raw();
            let reads = |branch: &BranchConfig| request.channels.iter().all(|name| branch.channels.contains(name));
            project.model.branches.iter().position(|branch| of_features(branch) && reads(branch))
        };
        requests.sort_by_key(branch_of);
        for request in &requests {
            plan.push(request, dataset)?;
        }
        let mut end = plan.names.len();
        let branches = project.model.branches.iter().filter(|branch| branch.reads_raw());
        for name in branches.flat_map(|branch| &branch.channels) {
            let (channel, DatasetChannel { samples, .. }) = find(name)?;
            plan.push_raw(name, RawColumns { channel, columns: end..end + samples });
            end += samples;
        }
        let (count, limit) = (plan.names.len(), usize::from(u16::MAX));
        if count > limit { Err(FeatureError::TooMany { count, limit }) } else { Ok(plan) }
    }

    /// F, the length of the feature vector.
    pub fn feature_count(&self) -> usize {
        self.names.len()
    }

    /// The raw samples of the channel named `name`, which stand beside its features if it has some.
    fn push_raw(&mut self, name: &str, raw: RawColumns) {
        let own = |block: &&mut FeatureBlock| block.channels.len() == 1 && block.source == *name;
        if let Some(block) = self.blocks.iter_mut().find(own) {
            block.raw = Some(raw);
            return;
        }
        let features = self.names.len();
        self.blocks.push(FeatureBlock {
            source: name.to_owned(),
            channels: vec![name.to_owned()],
            columns: features..features,
            raw: Some(raw),
            indicator: None,
        });
    }

    fn push(&mut self, request: &Request, dataset: &Dataset) -> Result<(), FeatureError> {
        let Request { name, channel, .. } = request;
        let shape = SourceShape {
            samples: channel.samples,
            rate_hz: f64::from(channel.rate_mhz) / 1e3,
            fft_size: request.fft_size,
        };
        let word_error = |problem| FeatureError::Word { of: (*name).to_owned(), problem };
        let mut features = feature_list(request.words, &shape).map_err(|(_, problem)| word_error(problem))?;
        if request.missing_indicator {
            features.push(Feature::MissingIndicator);
        }
        if features.is_empty() {
            // Read by a magnitude alone.
            return Ok(());
        }
        let spectral = features.iter().any(Feature::is_spectral);
        let fft_size = if spectral { shape.fft_points().map_err(word_error)? } else { 0 };
        let bin_hz = shape.rate_hz / f64::from(fft_size.max(1));
        let first = self.names.len();
        for feature in &features {
            self.names.extend(names(name, feature, channel.samples, bin_hz));
        }
        let count = features.len();
        let limit = usize::from(u16::MAX);
        let features = OwnedSeq::new(&features).ok_or(FeatureError::TooMany { count, limit })?;
        let group = GroupSpec { source: request.source, fft_size, features };
        let shape_of = |index: u8| dataset.channels.get(usize::from(index)).and_then(channel_shape);
        group.borrow().check(shape_of).map_err(|error| FeatureError::Plan { of: (*name).to_owned(), error })?;
        self.groups.push(group);
        let columns = first..self.names.len();
        // It stands last.
        let indicator = request.missing_indicator.then(|| columns.end - 1);
        let (source, channels) = ((*name).to_owned(), request.channels.to_vec());
        self.blocks.push(FeatureBlock { source, channels, columns, raw: None, indicator });
        Ok(())
    }
}

/// `None` for a window longer than a header can state. Codes of columns are not fitted yet and do not matter here: only magnitudes
/// compare them, and columns form none.
fn channel_shape(channel: &DatasetChannel) -> Option<ChannelShape> {
    let (scale, offset) = match channel.data {
        ChannelData::Counts { scale, offset, .. } => (scale, offset),
        ChannelData::Values(_) => (1.0, 0.0),
    };
    Some(ChannelShape { samples: u16::try_from(channel.samples).ok()?, rate_mhz: channel.rate_mhz, scale, offset })
}

/// The names of the numbers that one feature gives.
fn names(source: &str, feature: &Feature, samples: usize, bin_hz: f64) -> Vec<String> {
    let word = match feature {
        Feature::Mean => "mean",
        Feature::StandardDeviation => "sd",
        Feature::RootMeanSquare => "rms",
        Feature::Minimum => "min",
        Feature::Maximum => "max",
        Feature::PeakToPeak => "peak_to_peak",
        Feature::CrestFactor => "crest_factor",
        Feature::Skewness => "skewness",
        Feature::Kurtosis => "kurtosis",
        Feature::Slope => "slope",
        Feature::First => "first",
        Feature::Last => "last",
        Feature::SpectralCentroid => "spectral_centroid",
        Feature::MissingIndicator => "missing",
        Feature::EndDifference { samples } => return vec![format!("{source}.end_difference({samples})")],
        Feature::BandEnergy { first_bin, end_bin } => {
            let (low_hz, high_hz) = (f64::from(*first_bin) * bin_hz, f64::from(*end_bin) * bin_hz);
            return vec![format!("{source}.band_energy[{}..{} Hz]", hertz(low_hz), hertz(high_hz))];
        }
        Feature::BlockMeans { blocks } => {
            return (0..*blocks).map(|block| format!("{source}.block_mean[{block}]")).collect();
        }
        Feature::Raw { .. } if samples == 1 => return vec![source.to_owned()],
        Feature::Raw { step } => {
            return (0..samples)
                .step_by(usize::from(*step).max(1))
                .map(|sample| format!("{source}.raw[{sample}]"))
                .collect();
        }
    };
    vec![format!("{source}.{word}")]
}

/// A frequency to a thousandth of a hertz, without idle zeros.
fn hertz(frequency_hz: f64) -> f64 {
    (frequency_hz * 1e3).round() / 1e3
}
