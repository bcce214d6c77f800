//! Exit codes: a script can tell what to do next from the number alone.

use std::process::ExitCode;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All done.
    Done = 0,
    /// Failed inside: training diverged, no space for the output, a defect.
    Inside = 1,
    /// An option or argument does not fit, `--out` among them (clap uses the same code).
    Usage = 2,
    /// The project file is missing or wrong.
    Project = 3,
    /// The data is missing or does not fit the project file.
    Data = 4,
    /// The model file is missing, damaged or of another version.
    Artifact = 5,
    /// A verification failed: two engines that must agree to the bit do not.
    Verification = 6,
}

/// The table for `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  failed inside (training diverged, no space for the output)
  2  usage: an option or argument does not fit, --out among them
  3  the project file is missing or wrong
  4  the data is missing or does not fit the project file
  5  the model file is missing, damaged or of another version
  6  verification failed: results that must be equal to the bit differ";

impl Exit {
    /// Short name, part of the diagnostic's code and of the JSON error.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Inside => "inside",
            Exit::Usage => "usage",
            Exit::Project => "project",
            Exit::Data => "data",
            Exit::Artifact => "artifact",
            Exit::Verification => "verification",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_help() {
        for exit in
            [Exit::Done, Exit::Inside, Exit::Usage, Exit::Project, Exit::Data, Exit::Artifact, Exit::Verification]
        {
            assert!(HELP.lines().any(|line| line.starts_with(&format!("  {}  ", exit as u8))), "{exit:?}");
        }
    }
}
