//! The project file: its types, a file a section, its parsing, and its checks.
//!
//! [`load`] reads a file, [`parse`] a text. What they give has passed every check that needs no data: whoever holds a [`Project`]
//! from them need not check it again. Whether files and columns are there is the loaders' affair ([`crate::data`]).

mod architecture;
mod calibration;
mod channel;
mod check;
mod data;
mod default;
mod distillation;
mod document;
mod error;
mod evaluate;
mod feature_text;
mod grouping;
mod loss;
mod model;
mod overlay;
mod personalize;
mod project;
mod quantization;
mod split;
mod suggest;
mod task;
mod training;
mod tune;

use std::io::ErrorKind;
use std::path::Path;

pub use architecture::{BranchConfig, ConvolutionConfig, GroupConfig, Pooling, ReadConfig, ReadOf};
pub use calibration::{CalibrationConfig, ThresholdConfig};
pub use channel::{ChannelConfig, MagnitudeConfig, TransformConfig};
pub use data::{DataConfig, Loader, PlantConfig};
pub use distillation::{DistillationConfig, TeacherConfig};
pub use error::{ConfigError, Problem};
pub use evaluate::{EvaluateConfig, SubsetConfig};
pub use feature_text::{FeatureText, SourceShape, feature_list};
pub use grouping::{GroupingBy, GroupingConfig};
pub use loss::{ClassWeighting, ClassWeights, LossConfig};
pub use model::{ModelConfig, ModelKind};
pub use personalize::PersonalizeConfig;
pub use project::Project;
pub use quantization::{QuantizationConfig, QuantizationMode, WeightsConfig};
pub use split::{LEAST_WITHIN, SplitConfig, SplitMethod};
pub(crate) use suggest::suggest;
pub use task::*;
pub use training::*;
pub use tune::*;

use document::Document;

/// Reads and checks the project file at `path`.
///
/// # Errors
/// A file that cannot be read, and all that [`parse`] refuses.
pub fn load(path: &Path) -> Result<Project, ConfigError> {
    let origin = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let (problem, remedy) = match error.kind() {
            ErrorKind::InvalidData => ("is not UTF-8 text".to_owned(), "a project file is TOML: save it as UTF-8"),
            _ => (
                format!("cannot be read: {error}"),
                "give --config the path of a project file (examples are in host-trainer/examples)",
            ),
        };
        ConfigError { origin: origin.clone(), line: None, key: String::new(), problem, remedy: remedy.to_owned() }
    })?;
    parse(&text, &origin)
}

/// Reads and checks a project file's `text`; `origin` is what errors call it.
///
/// # Errors
/// Broken TOML, an unknown or missing key, a value of the wrong type, and every value that makes no sense: see [`ConfigError`].
pub fn parse(text: &str, origin: &str) -> Result<Project, ConfigError> {
    let document = Document::parse(text, origin)?;
    let project: Project = toml::from_str(text).map_err(|error| document.schema_error(&error))?;
    check::check(&project)
        .map_err(|finding| document.error(&finding.key, finding.what.problem, finding.what.remedy))?;
    Ok(project)
}

impl Project {
    /// The project as a TOML text with every default written out; [`parse`] gives the same project back.
    ///
    /// # Errors
    /// None for a project that [`parse`] gave.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}
