//! The words of `features = [...]`, such as `"sd"`, `"block_means(6)"` or `"band_energy(50..200)"`, and what they become for a
//! source of a given length and rate.

use trunkline_shared::features::Feature;

use super::error::Problem;
use super::suggest::suggest;

/// Least points of the FFT.
pub(super) const LEAST_FFT_SIZE: u16 = 16;
/// Most points of the FFT.
pub(super) const MOST_FFT_SIZE: u16 = 4096;

/// What a feature is computed from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SourceShape {
    /// Samples a window.
    pub samples: usize,
    /// Samples a second; 0 for a table column.
    pub rate_hz: f64,
    /// Points of the FFT, if the project file says so.
    pub fft_size: Option<u16>,
}

impl SourceShape {
    /// Points of the FFT: as stated, or the largest power of two in the window, at most 4096.
    ///
    /// # Errors
    /// A stated size that is no power of two in 16..=4096 or exceeds the window; a window below 16 samples.
    pub fn fft_points(&self) -> Result<u16, Problem> {
        let room = self.samples.min(usize::from(MOST_FFT_SIZE));
        let largest = if room == 0 { 0 } else { 1 << room.ilog2() };
        match self.fft_size {
            None if largest < usize::from(LEAST_FFT_SIZE) => Err(Problem::new(
                format!("a spectral feature needs at least {LEAST_FFT_SIZE} samples, the window has {}", self.samples),
                "lengthen data.window_s or take features of time only",
            )),
            None => Ok(largest as u16),
            Some(size) if !size.is_power_of_two() || !(LEAST_FFT_SIZE..=MOST_FFT_SIZE).contains(&size) => {
                Err(Problem::new(
                    format!("fft_size = {size} is no power of two in {LEAST_FFT_SIZE}..={MOST_FFT_SIZE}"),
                    format!("leave it out for the largest that fits the window ({largest})"),
                ))
            }
            Some(size) if usize::from(size) > self.samples => Err(Problem::new(
                format!("fft_size = {size} exceeds the window of {} samples", self.samples),
                format!("at most {largest} here"),
            )),
            Some(size) => Ok(size),
        }
    }
}

/// One word of a feature list, read but not yet fitted to a source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FeatureText {
    /// Needs nothing more of the source than a check of its parameters.
    Single(Feature),
    /// `band_energies(n)`: n equal bands from bin 1 to the Nyquist frequency.
    Bands(u16),
    /// `band_energy(low..high)`, in Hz.
    Band {
        /// Lower end, inclusive.
        low_hz: f64,
        /// Upper end, exclusive.
        high_hz: f64,
    },
}

/// The words without parameters.
const PLAIN: [(&str, Feature); 14] = [
    ("mean", Feature::Mean),
    ("sd", Feature::StandardDeviation),
    ("rms", Feature::RootMeanSquare),
    ("min", Feature::Minimum),
    ("max", Feature::Maximum),
    ("peak_to_peak", Feature::PeakToPeak),
    ("crest_factor", Feature::CrestFactor),
    ("skewness", Feature::Skewness),
    ("kurtosis", Feature::Kurtosis),
    ("slope", Feature::Slope),
    ("first", Feature::First),
    ("last", Feature::Last),
    ("raw", Feature::Raw { step: 1 }),
    ("spectral_centroid", Feature::SpectralCentroid),
];

/// The words with parameters.
const WITH_PARAMETER: [&str; 5] =
    ["end_difference(k)", "block_means(n)", "raw(step)", "band_energies(n)", "band_energy(low_hz..high_hz)"];

impl FeatureText {
    /// Reads one word.
    ///
    /// # Errors
    /// An unknown name, a missing or unreadable parameter.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let (name, argument) = match text.split_once('(') {
            Some((name, rest)) => match rest.strip_suffix(')') {
                Some(argument) => (name.trim(), Some(argument.trim())),
                None => return Err(Problem::new(format!("\"{text}\" has no closing parenthesis"), "add it")),
            },
            None => (text, None),
        };
        if let (None, Some((_, feature))) = (argument, PLAIN.iter().find(|(plain, _)| *plain == name)) {
            return Ok(Self::Single(*feature));
        }
        let count = || whole(text, argument);
        match name {
            "end_difference" => Ok(Self::Single(Feature::EndDifference { samples: count()? })),
            "block_means" => Ok(Self::Single(Feature::BlockMeans { blocks: count()? })),
            "raw" => Ok(Self::Single(Feature::Raw { step: count()? })),
            "band_energies" => Ok(Self::Bands(count()?)),
            "band_energy" => band(text, argument),
            _ if PLAIN.iter().any(|(plain, _)| *plain == name) => {
                Err(Problem::new(format!("\"{name}\" takes no parameter"), format!("write \"{name}\"")))
            }
            _ => {
                let known: Vec<&str> = PLAIN.iter().map(|(plain, _)| *plain).chain(WITH_PARAMETER).collect();
                let remedy = match WITH_PARAMETER.iter().find(|word| word.split('(').next() == Some(name)) {
                    Some(word) => format!("write \"{word}\""),
                    None => suggest(name, &known),
                };
                Err(Problem::new(format!("unknown feature \"{name}\""), remedy))
            }
        }
    }

    /// The plan's features for a source of this shape.
    ///
    /// # Errors
    /// A parameter that the window's length or rate does not allow.
    pub fn resolve(&self, shape: &SourceShape) -> Result<Vec<Feature>, Problem> {
        let samples = shape.samples;
        match *self {
            Self::Single(Feature::EndDifference { samples: k }) if usize::from(k) > samples / 2 => Err(Problem::new(
                format!(
                    "end_difference({k}) needs a window of at least {} samples, it has {samples}",
                    2 * usize::from(k)
                ),
                format!("at most end_difference({})", samples / 2),
            )),
            Self::Single(Feature::BlockMeans { blocks }) if usize::from(blocks) > samples => Err(Problem::new(
                format!("block_means({blocks}) on a window of {samples} samples"),
                format!("at most block_means({samples})"),
            )),
            Self::Single(Feature::Raw { step }) if usize::from(step) > samples => Err(Problem::new(
                format!("raw({step}) steps over the whole window of {samples} samples"),
                "write \"first\" for the first sample alone",
            )),
            Self::Single(feature) => {
                if feature.is_spectral() {
                    shape.fft_points()?;
                }
                Ok(vec![feature])
            }
            Self::Bands(bands) => {
                let half = shape.fft_points()? / 2;
                let bins = half - 1;
                if bands > bins {
                    return Err(Problem::new(
                        format!("band_energies({bands}) of a spectrum of {bins} bins"),
                        format!("at most band_energies({bins}), or a larger fft_size"),
                    ));
                }
                let edge = |band: u16| 1 + (u32::from(band) * u32::from(bins) / u32::from(bands)) as u16;
                Ok((0..bands).map(|b| Feature::BandEnergy { first_bin: edge(b), end_bin: edge(b + 1) }).collect())
            }
            Self::Band { low_hz, high_hz } => {
                let points = shape.fft_points()?;
                let bin_hz = shape.rate_hz / f64::from(points);
                if high_hz > shape.rate_hz / 2.0 {
                    return Err(Problem::new(
                        format!(
                            "band_energy({low_hz}..{high_hz}) reaches past half the sample rate, {} Hz",
                            shape.rate_hz / 2.0
                        ),
                        "lower its upper end",
                    ));
                }
                let first_bin = ((low_hz / bin_hz).ceil() as u16).max(1);
                let end_bin = ((high_hz / bin_hz).ceil() as u16).min(points / 2);
                if first_bin >= end_bin {
                    return Err(Problem::new(
                        format!(
                            "band_energy({low_hz}..{high_hz}) holds no bin of the spectrum: bins are {bin_hz} Hz apart"
                        ),
                        "widen the band or take a larger fft_size",
                    ));
                }
                Ok(vec![Feature::BandEnergy { first_bin, end_bin }])
            }
        }
    }
}

/// The plan's features for a list of words, in order.
///
/// # Errors
/// The index of the first word that does not read, does not fit the source, or repeats an earlier one, and what is wrong.
pub fn feature_list(words: &[String], shape: &SourceShape) -> Result<Vec<Feature>, (usize, Problem)> {
    let mut features = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let resolved =
            FeatureText::parse(word).and_then(|text| text.resolve(shape)).map_err(|problem| (index, problem))?;
        if resolved.iter().any(|feature| features.contains(feature)) {
            return Err((
                index,
                Problem::new(format!("\"{word}\" repeats an earlier feature of the list"), "remove one of the two"),
            ));
        }
        features.extend(resolved);
    }
    Ok(features)
}

/// The whole number above 0 in parentheses.
fn whole(text: &str, argument: Option<&str>) -> Result<u16, Problem> {
    match argument.unwrap_or_default().parse::<u16>() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(Problem::new(
            format!("\"{text}\" needs a whole number from 1 to 65535 in parentheses"),
            format!("such as \"{}(4)\"", text.split('(').next().unwrap_or(text)),
        )),
    }
}

fn band(text: &str, argument: Option<&str>) -> Result<FeatureText, Problem> {
    let ends = argument
        .and_then(|a| a.split_once(".."))
        .and_then(|(low, high)| Some((low.trim().parse::<f64>().ok()?, high.trim().parse::<f64>().ok()?)));
    match ends {
        Some((low_hz, high_hz)) if low_hz >= 0.0 && low_hz < high_hz && high_hz.is_finite() => {
            Ok(FeatureText::Band { low_hz, high_hz })
        }
        _ => Err(Problem::new(
            format!("\"{text}\" needs two rising frequencies in Hz"),
            "such as \"band_energy(50..200)\"",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(samples: usize, rate_hz: f64) -> SourceShape {
        SourceShape { samples, rate_hz, fft_size: None }
    }

    fn problem(text: &str, shape: &SourceShape) -> Problem {
        FeatureText::parse(text).and_then(|feature| feature.resolve(shape)).unwrap_err()
    }

    #[test]
    fn every_word_reads_as_its_feature() {
        let shape = shape(64, 64.0);
        for (word, feature) in PLAIN {
            assert_eq!(FeatureText::parse(word).unwrap().resolve(&shape).unwrap(), [feature], "{word}");
        }
        let parameters = [
            ("end_difference(2)", Feature::EndDifference { samples: 2 }),
            (" block_means( 6 ) ", Feature::BlockMeans { blocks: 6 }),
            ("raw(3)", Feature::Raw { step: 3 }),
            ("band_energy(4..8)", Feature::BandEnergy { first_bin: 4, end_bin: 8 }),
        ];
        for (word, feature) in parameters {
            assert_eq!(FeatureText::parse(word).unwrap().resolve(&shape).unwrap(), [feature], "{word}");
        }
    }

    #[test]
    fn equal_bands_cover_every_bin_once() {
        for (samples, bands) in [(64, 31), (64, 7), (4096, 16), (100, 1)] {
            let features = FeatureText::Bands(bands).resolve(&shape(samples, 1000.0)).unwrap();
            assert_eq!(features.len(), usize::from(bands));
            let mut next = 1;
            for feature in features {
                let Feature::BandEnergy { first_bin, end_bin } = feature else { panic!("{feature:?}") };
                assert_eq!(first_bin, next);
                assert!(end_bin > first_bin);
                next = end_bin;
            }
            assert_eq!(next, shape(samples, 1000.0).fft_points().unwrap() / 2);
        }
    }

    #[test]
    fn parameters_beyond_the_window_are_refused_with_the_largest_that_fits() {
        let short = shape(15, 1.0);
        assert_eq!(problem("end_difference(8)", &short).remedy, "at most end_difference(7)");
        assert_eq!(problem("block_means(16)", &short).remedy, "at most block_means(15)");
        assert!(problem("raw(16)", &short).problem.contains("whole window"));
        assert!(problem("spectral_centroid", &short).problem.contains("at least 16 samples"));
        let long = shape(1000, 1000.0);
        assert_eq!(problem("band_energies(256)", &long).remedy, "at most band_energies(255), or a larger fft_size");
        assert!(problem("band_energy(100..501)", &long).problem.contains("half the sample rate, 500 Hz"));
        assert!(problem("band_energy(100..100.1)", &long).problem.contains("holds no bin"));
    }

    #[test]
    fn fft_sizes_are_powers_of_two_within_the_window() {
        let stated = |fft_size| SourceShape { samples: 1000, rate_hz: 1.0, fft_size };
        assert_eq!(stated(None).fft_points(), Ok(512));
        assert_eq!(stated(Some(256)).fft_points(), Ok(256));
        for bad in [0, 8, 100, 1024, 8192] {
            assert!(stated(Some(bad)).fft_points().is_err(), "{bad}");
        }
        assert_eq!(shape(1 << 20, 1.0).fft_points(), Ok(MOST_FFT_SIZE));
        assert!(shape(0, 1.0).fft_points().is_err());
    }

    #[test]
    fn a_repeated_feature_is_refused_where_it_stands() {
        let words = |list: &[&str]| list.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        assert_eq!(feature_list(&words(&["mean", "raw", "raw(1)"]), &shape(8, 1.0)).unwrap_err().0, 2);
        assert_eq!(feature_list(&words(&["mean", "raw(2)", "raw(1)"]), &shape(8, 1.0)).unwrap().len(), 3);
    }

    #[test]
    fn unreadable_words_are_refused_with_a_remedy() {
        let any = shape(64, 64.0);
        assert!(problem("kurtossis", &any).remedy.starts_with("did you mean \"kurtosis\"?"));
        assert_eq!(problem("mean(3)", &any).remedy, "write \"mean\"");
        assert_eq!(problem("block_means", &any).remedy, "such as \"block_means(4)\"");
        for bad in [
            "raw(0)",
            "raw(-1)",
            "raw(x)",
            "raw(70000)",
            "raw(3",
            "band_energy(8..4)",
            "band_energy(a..b)",
            "band_energy",
            "",
        ] {
            problem(bad, &any);
        }
    }
}
