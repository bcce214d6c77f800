//! Why no features can be computed.

use thiserror::Error;
use trunkline_shared::features::PlanError;
use trunkline_shared::quant::CodeError;

use crate::config::Problem;

/// A plan or channel code that the device would refuse.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FeatureError {
    /// A channel of the project is not in the data set.
    #[error("the data set has no channel \"{channel}\"; load it with the same project file")]
    NoChannel {
        /// The channel.
        channel: String,
    },
    /// A word of a feature list does not suit its source.
    #[error("features of \"{of}\": {}; {}", problem.problem, problem.remedy)]
    Word {
        /// Channel or magnitude.
        of: String,
        /// What is wrong.
        problem: Problem,
    },
    /// A group breaks a rule of the plan.
    #[error("features of \"{of}\": {error}; change its entry in the project file")]
    Plan {
        /// Channel or magnitude.
        of: String,
        /// The rule.
        error: PlanError,
    },
    /// More features than a plan can hold.
    #[error("{count} features, at most {limit} fit a plan; leave some out of the project file")]
    TooMany {
        /// Features.
        count: usize,
        /// Most features.
        limit: usize,
    },
    /// A column whose values no code can hold.
    #[error(
        "channel \"{channel}\": no 16-bit code for its training rows: {error}; give the column in another unit or with a transform"
    )]
    Code {
        /// The channel.
        channel: String,
        /// What the code breaks.
        error: CodeError,
    },
}
