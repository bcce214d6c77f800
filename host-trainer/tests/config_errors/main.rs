//! Every mistake in a project file is answered with its line, its key, what is wrong, and what to do.
//! A module a section of the file.

mod channels;
mod data;
mod evaluate;
mod model;
mod personalize;
mod quantization;
mod split;
mod tasks;
mod text;
mod training;
mod tune;

use trunkline_trainer::config::{ConfigError, parse};

/// A project without mistakes. Each case changes one line of it.
const RIG: &str = include_str!("rig.toml");

/// The keys of its split that [`refusal`] replaces by those of a split within groups.
const GROUPED: &str = "method = \"grouped\"\ngroup = \"run\"";

/// The error after replacing the first `from` (which may span lines); the line expected is where `to` starts.
fn error(from: &str, to: &str) -> (ConfigError, usize) {
    let start = RIG.find(from).unwrap_or_else(|| panic!("the text has no {from:?}"));
    let line = RIG[..start].matches('\n').count() + 1;
    match parse(&RIG.replacen(from, to, 1), "rig.toml") {
        Err(error) => (error, line),
        Ok(_) => panic!("{to:?} was accepted"),
    }
}

/// (text, its replacement, key, part of the problem, part of the remedy), the error standing on the text's line.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

fn check(cases: &[Case]) {
    for (from, to, key, problem, remedy) in cases {
        let (error, line) = error(from, to);
        assert_eq!(error.key, *key, "{to}: {error}");
        assert_eq!(error.line, Some(line), "{to}: {error}");
        assert!(error.problem.contains(problem), "{to}: {error}");
        assert!(error.remedy.contains(remedy), "{to}: {error}");
    }
}

/// As [`error`], but for several replacements: the key, the problem and the remedy.
fn refusal(replacements: &[(&str, &str)]) -> (String, String, String) {
    let replaced = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "the text has no {from:?}");
        text.replacen(from, to, 1)
    };
    let text = replacements.iter().fold(RIG.to_owned(), replaced);
    match parse(&text, "rig.toml") {
        Err(error) => (error.key, error.problem, error.remedy),
        Ok(_) => panic!("accepted: {replacements:?}"),
    }
}

#[test]
fn the_text_itself_is_accepted() {
    parse(RIG, "rig.toml").unwrap();
}
