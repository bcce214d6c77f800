//! The features of a window of 1,024 points of vibration, for which others were measured as well.

use trunkline_shared::features::{Feature, Source};
use trunkline_shared::model::build::{GroupSpec, ImageBuilder, TransformSpec};

use super::subject::Subject;
use crate::artifact::random_network::random_network;
use crate::artifact::sample::{channel, group};

/// Points of a window and of its spectrum.
const POINTS: u16 = 1024;
/// Bands of the spectrum.
const BANDS: u16 = 16;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Features {
    /// Eight statistics of one axis.
    Statistics,
    /// The spectrum of one axis in 16 bands.
    Spectrum,
    /// Standard deviation and peak to peak of the magnitude of three axes.
    Magnitude,
    /// All of these.
    Whole,
}

const STATISTICS: [Feature; 8] = [
    Feature::Mean,
    Feature::StandardDeviation,
    Feature::RootMeanSquare,
    Feature::Minimum,
    Feature::Maximum,
    Feature::CrestFactor,
    Feature::Skewness,
    Feature::Kurtosis,
];

impl Features {
    /// All of them with their names.
    pub const ALL: [(&str, Features); 4] = [
        ("features_statistics", Features::Statistics),
        ("features_spectrum", Features::Spectrum),
        ("features_magnitude", Features::Magnitude),
        ("features_whole", Features::Whole),
    ];

    /// What they are, in words.
    pub fn words(self) -> &'static str {
        match self {
            Features::Statistics => "eight statistics",
            Features::Spectrum => "spectrum in 16 bands",
            Features::Magnitude => "magnitude of three axes: sd, peak to peak",
            Features::Whole => "all of them",
        }
    }

    /// A model that reads them, and a window of noise.
    pub fn subject(self) -> Subject {
        let plan = self.plan();
        let count = plan.iter().map(|group| group.borrow().features.iter().count()).sum();
        let axis = |name| channel(name, 2_048_000, POINTS, TransformSpec::None);
        let channels = ["x", "y", "z"].map(axis).into();
        let model: ImageBuilder = random_network("features", channels, plan, vec![0.0; count], vec![0.01; count]);
        Subject::with_noise(model.build().expect("a valid model"))
    }

    fn plan(self) -> Vec<GroupSpec> {
        let bands = (0..BANDS).map(|band| Feature::BandEnergy {
            first_bin: 1 + band * (POINTS / 2 - 1) / BANDS,
            end_bin: 1 + (band + 1) * (POINTS / 2 - 1) / BANDS,
        });
        let spread = [Feature::StandardDeviation, Feature::PeakToPeak];
        let magnitude = || group(Source::Magnitude([0, 1, 2]), 0, &spread);
        match self {
            Features::Statistics => vec![group(Source::Channel(0), 0, &STATISTICS)],
            Features::Spectrum => vec![group(Source::Channel(0), POINTS, &bands.collect::<Vec<_>>())],
            Features::Magnitude => vec![magnitude()],
            Features::Whole => {
                let axis: Vec<Feature> = STATISTICS.into_iter().chain(bands).collect();
                vec![group(Source::Channel(0), POINTS, &axis), magnitude()]
            }
        }
    }
}
