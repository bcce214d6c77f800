//! The project file with the place of every key, so that a check made on the parsed project can name a line.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::suggest::suggest;

/// A TOML text whose syntax is right.
pub(super) struct Document<'t> {
    origin: &'t str,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Document<'t> {
    /// Parses the syntax alone.
    pub(super) fn parse(text: &'t str, origin: &'t str) -> Result<Self, ConfigError> {
        match DeTable::parse(text) {
            Ok(root) => Ok(Self { origin, text, root }),
            Err(error) => Err(ConfigError {
                origin: origin.to_owned(),
                line: Some(line_at(text, error.span().map_or(0, |span| span.start))),
                key: String::new(),
                problem: format!("not valid TOML: {}", error.message().replace('\n', ", ")),
                remedy: "mend the line; strings stand in quotes, tables in [brackets]".to_owned(),
            }),
        }
    }

    /// An error at `key`, on the line of that key or, where it is left out, of what would hold it.
    pub(super) fn error(&self, key: &str, problem: impl Into<String>, remedy: impl Into<String>) -> ConfigError {
        ConfigError {
            origin: self.origin.to_owned(),
            line: Some(self.line_of(key)),
            key: key.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// The error that deserialization gave, with its key and a remedy.
    pub(super) fn schema_error(&self, error: &toml::de::Error) -> ConfigError {
        let span = error.span().unwrap_or(0..0);
        let mut key = self.key_at(&span);
        let message = error.message().trim();
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let remedy = if key.starts_with("tune.space.") && !key.contains('"') {
            "write the key of the project in quotes: \"training.dropout\" = { values = [0.0, 0.1] }".to_owned()
        } else if let (true, [name, known @ ..]) = (message.starts_with("unknown"), quoted.as_slice()) {
            if known.is_empty() { "remove it: nothing is expected here".to_owned() } else { suggest(name, known) }
        } else if let (true, [name]) = (message.starts_with("missing field"), quoted.as_slice()) {
            if !key.is_empty() {
                key.push('.');
            }
            key.push_str(name);
            format!("add the key {name}")
        } else if message.starts_with("invalid type") || message.starts_with("invalid length") {
            "write a value of the expected type: text in quotes, numbers and true/false without, lists in [ ]"
                .to_owned()
        } else {
            "write one of the forms that the message names".to_owned()
        };
        ConfigError {
            origin: self.origin.to_owned(),
            line: Some(line_at(self.text, span.start)),
            key,
            problem: message.replace('\n', ", "),
            remedy,
        }
    }

    fn line_of(&self, key: &str) -> usize {
        let mut at = 0;
        let mut table = Some(self.root.get_ref());
        let mut value: Option<&Spanned<DeValue>> = None;
        for step in steps(key) {
            match step {
                Step::Key(name) => {
                    let Some((found, inner)) = table.and_then(|t| t.iter().find(|(k, _)| k.get_ref() == name)) else {
                        break;
                    };
                    at = found.span().start;
                    value = Some(inner);
                }
                Step::Index(index) => {
                    let Some(inner) = value.and_then(|v| v.get_ref().as_array()).and_then(|a| a.get(index)) else {
                        break;
                    };
                    at = inner.span().start;
                    value = Some(inner);
                }
            }
            table = value.and_then(|v| v.get_ref().as_table());
        }
        line_at(self.text, at)
    }

    /// Path of the innermost key or value that `span` lies in.
    fn key_at(&self, span: &Range<usize>) -> String {
        let mut best: Option<(usize, String)> = None;
        search_table(self.root.get_ref(), "", span, &mut best);
        best.map_or_else(String::new, |(_, path)| path)
    }
}

enum Step<'k> {
    Key(&'k str),
    Index(usize),
}

/// The steps of a path that the checks wrote: `a.b[3].c`, a name with dots in quotes: `a."b.c"`.
fn steps(key: &str) -> impl Iterator<Item = Step<'_>> {
    // Odd parts stand in quotes.
    key.split('"').enumerate().flat_map(|(part, text)| {
        let separators: &[char] = if part % 2 == 1 { &[] } else { &['.', '['] };
        let parts = text.split(separators).filter(|name| !name.is_empty());
        parts.map(move |name| match name.strip_suffix(']').filter(|_| part % 2 == 0) {
            Some(index) => Step::Index(index.parse().unwrap_or(usize::MAX)),
            None => Step::Key(name),
        })
    })
}

fn search_table(table: &DeTable, path: &str, span: &Range<usize>, best: &mut Option<(usize, String)>) {
    for (key, value) in table {
        let quote = if key.get_ref().contains('.') { "\"" } else { "" };
        let name = format!("{quote}{}{quote}", key.get_ref());
        let path = if path.is_empty() { name } else { format!("{path}.{name}") };
        consider(&key.span(), &path, span, best);
        search_value(value, &path, span, best);
    }
}

fn search_value(value: &Spanned<DeValue>, path: &str, span: &Range<usize>, best: &mut Option<(usize, String)>) {
    consider(&value.span(), path, span, best);
    if let Some(table) = value.get_ref().as_table() {
        search_table(table, path, span, best);
    } else if let Some(array) = value.get_ref().as_array() {
        for (index, item) in array.iter().enumerate() {
            search_value(item, &format!("{path}[{index}]"), span, best);
        }
    }
}

fn consider(place: &Range<usize>, path: &str, span: &Range<usize>, best: &mut Option<(usize, String)>) {
    let width = place.end.saturating_sub(place.start);
    let holds = place.start <= span.start && span.end <= place.end;
    if holds && best.as_ref().is_none_or(|(narrowest, _)| width <= *narrowest) {
        *best = Some((width, path.to_owned()));
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}
