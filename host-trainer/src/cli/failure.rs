//! What went wrong, where, and what to do: one shape for every error that ends a command.

use std::error::Error;
use std::fmt;
use std::path::Path;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use super::exit::Exit;

/// An error on its way to the user.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    what: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
    place: Option<Box<Place>>,
    remedy: Option<String>,
}

/// A line of a text file.
#[derive(Debug)]
struct Place {
    source: NamedSource<String>,
    line: usize,
    label: LabeledSpan,
}

impl Failure {
    /// A failure of the given class.
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), cause: None, place: None, remedy: None }
    }

    /// A failure inside, while doing `what`.
    pub(crate) fn inside(what: &str, cause: impl Error + Send + Sync + 'static) -> Self {
        Self::new(Exit::Inside, format!("cannot {what}")).because(cause)
    }

    /// Adds the error that lies beneath; its own sources are shown as well.
    pub(crate) fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// Says what to do about it.
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Shows line `line` (from 1) of the file; `label` stands beneath it. Without such a line nothing is shown.
    pub(crate) fn at_line(mut self, path: &Path, text: String, line: usize, label: String) -> Self {
        let Some((start, len)) = line_span(&text, line) else { return self };
        self.place = Some(Box::new(Place {
            source: NamedSource::new(path.display().to_string(), text).with_language("TOML"),
            line,
            label: LabeledSpan::new(Some(label), start, len),
        }));
        self
    }

    /// Prints it on stderr and, for `--json`, as an object on stdout; gives the exit code.
    pub(crate) fn report(self, json: bool) -> Exit {
        let exit = self.exit;
        if json {
            let mut causes = Vec::new();
            let mut next = self.source();
            while let Some(error) = next {
                causes.push(error.to_string());
                next = error.source();
            }
            let error = serde_json::json!({ "error": {
                "code": exit as u8,
                "class": exit.name(),
                "message": self.what,
                "causes": causes,
                "line": self.place.as_ref().map(|place| place.line),
                "remedy": self.remedy,
            } });
            // The exit code tells the rest where stdout is gone.
            let _ = super::print_text(&format!("{error:#}"));
        }
        eprintln!("{:?}", miette::Report::new(self));
        exit
    }
}

/// Start and length in bytes of line `line` (from 1), without indentation and line end.
fn line_span(text: &str, line: usize) -> Option<(usize, usize)> {
    let mut start = 0;
    for (index, content) in text.split_inclusive('\n').enumerate() {
        if index + 1 == line {
            let indent = content.len() - content.trim_start().len();
            let trimmed = content.trim();
            return Some(if trimmed.is_empty() { (start, 0) } else { (start + indent, trimmed.len()) });
        }
        start += content.len();
    }
    None
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| cause.as_ref() as &(dyn Error + 'static))
    }
}

impl Diagnostic for Failure {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("trunkline::{}", self.exit.name())))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.remedy.as_ref().map(|remedy| Box::new(remedy) as Box<dyn fmt::Display + 'a>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.place.as_ref().map(|place| Box::new(std::iter::once(place.label.clone())) as Box<dyn Iterator<Item = _>>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_without_its_indentation_and_end() {
        let text = "a = 1\r\n  b = 2\n\nc";
        assert_eq!(line_span(text, 1).map(|(start, len)| &text[start..start + len]), Some("a = 1"));
        assert_eq!(line_span(text, 2).map(|(start, len)| &text[start..start + len]), Some("b = 2"));
        assert_eq!(line_span(text, 3).map(|(_, len)| len), Some(0));
        assert_eq!(line_span(text, 4).map(|(start, len)| &text[start..start + len]), Some("c"));
        assert_eq!(line_span(text, 5), None);
    }
}
