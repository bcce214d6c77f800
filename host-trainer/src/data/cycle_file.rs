//! One file a channel, one row a cycle, values parted by tabs or spaces.

use super::csv_table::{number, present};
use super::error::DataError;
use super::folder::TextFile;

/// The samples of every cycle.
#[derive(Debug)]
pub(super) struct CycleFile {
    /// Number of cycles.
    pub(super) rows: usize,
    /// Samples a cycle.
    pub(super) samples: usize,
    /// rows x samples; NaN is a missing sample.
    pub(super) values: Vec<f64>,
}

impl CycleFile {
    /// Reads the rows of `file`, which `key` of the project file names. With tabs an empty cell is a missing sample.
    pub(super) fn parse(file: &TextFile, key: &str) -> Result<Self, DataError> {
        let lines: Vec<&str> = file
            .text
            .trim_end_matches(['\n', '\r', ' '])
            .lines()
            .map(|line| line.trim_end_matches([' ', '\r']))
            .collect();
        let tabs = lines.first().is_some_and(|line| line.contains('\t'));
        let mut parsed = Self { rows: 0, samples: 0, values: Vec::new() };
        for (index, line) in lines.iter().enumerate() {
            let before = parsed.values.len();
            if tabs {
                parsed.push_cells(file, index + 1, line.split('\t'))?;
            } else {
                parsed.push_cells(file, index + 1, line.split_whitespace())?;
            }
            let found = parsed.values.len() - before;
            if index == 0 {
                parsed.samples = found;
            } else if found != parsed.samples {
                let path = file.path.clone();
                return Err(DataError::Ragged { path, line: index + 1, found, expected: parsed.samples, hint: "" });
            }
            parsed.rows += 1;
        }
        if parsed.values.is_empty() {
            return Err(DataError::Empty { path: file.path.clone(), key: key.to_owned() });
        }
        Ok(parsed)
    }

    fn push_cells<'l>(
        &mut self,
        file: &TextFile,
        line: usize,
        cells: impl Iterator<Item = &'l str>,
    ) -> Result<(), DataError> {
        for (index, cell) in cells.enumerate() {
            let value = match present(cell) {
                None => f64::NAN,
                Some(text) => number(text).ok_or_else(|| DataError::NotANumber {
                    path: file.path.clone(),
                    line,
                    column: (index + 1).to_string(),
                    text: text.to_owned(),
                })?,
            };
            self.values.push(value);
        }
        Ok(())
    }

    /// The samples of one cycle.
    pub(super) fn cycle(&self, row: usize) -> &[f64] {
        &self.values[row * self.samples..(row + 1) * self.samples]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CycleFile, DataError> {
        CycleFile::parse(&TextFile { path: "c.txt".into(), text: text.to_owned() }, "channels[0].file")
    }

    #[test]
    fn tabs_spaces_and_line_ends_of_any_kind_are_read() {
        for text in ["1\t2\t3\n4\t5\t6\n", "1 2  3\r\n4 5 6\r\n", " 1 2 3\n4 5 6 \n\n"] {
            let file = parse(text).unwrap();
            assert_eq!((file.rows, file.samples), (2, 3), "{text:?}");
            assert_eq!(file.cycle(1), [4.0, 5.0, 6.0]);
        }
    }

    #[test]
    fn an_empty_cell_between_tabs_is_a_missing_sample() {
        let file = parse("1\t\t3\n4\t?\tNaN\n").unwrap();
        assert!(file.cycle(0)[1].is_nan() && file.cycle(1)[1].is_nan() && file.cycle(1)[2].is_nan());
        let last = parse("1\t2\n3\t\n").unwrap();
        assert!(last.cycle(1)[0] == 3.0 && last.cycle(1)[1].is_nan(), "the last sample of the last row");
    }

    #[test]
    fn ragged_rows_words_and_empty_files_are_refused_by_line() {
        assert!(matches!(parse("1 2\n3\n").unwrap_err(), DataError::Ragged { line: 2, found: 1, expected: 2, .. }));
        assert!(matches!(parse("1 2\n\n3 4\n").unwrap_err(), DataError::Ragged { line: 2, found: 0, .. }));
        let error = parse("1 2\n3 4,5\n").unwrap_err();
        assert!(error.to_string().starts_with("c.txt:2: column 2: \"4,5\" is not a finite number"), "{error}");
        assert!(matches!(parse("\n\n").unwrap_err(), DataError::Empty { .. }));
        assert!(parse("").is_err());
    }
}
