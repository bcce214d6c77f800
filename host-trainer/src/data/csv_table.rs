//! A CSV file with named columns: delimiter sniffed, every cell kept as text until a column is asked for.

use std::path::PathBuf;

use csv::{ReaderBuilder, StringRecord};

use super::error::DataError;
use super::folder::TextFile;
use crate::config::suggest;

/// Delimiters tried, the first winning ties.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// A table of text cells, (rows x columns).
#[derive(Debug)]
pub(super) struct CsvTable {
    pub(super) path: PathBuf,
    names: Vec<String>,
    records: Vec<StringRecord>,
    lines: Vec<usize>,
}

/// One column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column<'t> {
    table: &'t CsvTable,
    index: usize,
}

impl CsvTable {
    /// Splits `file`, whose first line holds the names unless `names` are given.
    pub(super) fn parse(file: TextFile, names: Option<Vec<String>>, key: &str) -> Result<Self, DataError> {
        let TextFile { path, text } = file;
        let mut reader =
            ReaderBuilder::new().delimiter(sniff(&text)).has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut records = Vec::new();
        let mut lines = Vec::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                // The text is UTF-8 and lengths are free: nothing is left that could fail, but a newer csv may know better.
                Err(error) => {
                    let line = error.position().map_or(0, |position| position.line() as usize);
                    return Err(DataError::NotText { path, line });
                }
            };
            lines.push(record.position().map_or(0, |position| position.line() as usize));
            records.push(record);
        }
        let names = match names {
            Some(names) => names,
            None if records.is_empty() => return Err(DataError::Empty { path, key: key.to_owned() }),
            None => {
                lines.remove(0);
                records.remove(0).iter().map(|name| name.trim().to_owned()).collect()
            }
        };
        if records.is_empty() {
            return Err(DataError::Empty { path, key: key.to_owned() });
        }
        if let Some((record, line)) = records.iter().zip(&lines).find(|(record, _)| record.len() != names.len()) {
            let hint =
                if text.contains('"') { ", or close a quote (\") that was left open at or above it" } else { "" };
            return Err(DataError::Ragged { path, line: *line, found: record.len(), expected: names.len(), hint });
        }
        Ok(Self { path, names, records, lines })
    }

    /// Number of rows, the header not counted.
    pub(super) fn rows(&self) -> usize {
        self.records.len()
    }

    /// The column named `name`, which `key` of the project file asks for.
    pub(super) fn column(&self, name: &str, key: &str) -> Result<Column<'_>, DataError> {
        let mut found = self.names.iter().enumerate().filter(|(_, known)| *known == name.trim());
        let (problem, remedy) = match (found.next(), found.next()) {
            (Some((index, _)), None) => return Ok(Column { table: self, index }),
            (Some(_), Some(_)) => ("two columns are named", "rename one of them in the header".to_owned()),
            (None, _) => ("no column is named", suggest(name, &self.names)),
        };
        Err(DataError::Column {
            path: self.path.clone(),
            column: name.to_owned(),
            problem,
            key: key.to_owned(),
            remedy,
        })
    }
}

impl<'t> Column<'t> {
    /// Line and trimmed text of each row; `None` where it is missing.
    pub(super) fn cells(self) -> impl Iterator<Item = (usize, Option<&'t str>)> {
        self.table
            .records
            .iter()
            .zip(&self.table.lines)
            .map(move |(record, line)| (*line, present(record.get(self.index).unwrap_or_default())))
    }

    /// The numbers; NaN where one is missing.
    pub(super) fn numbers(self) -> Result<Vec<f32>, DataError> {
        self.cells()
            .map(|(line, cell)| match cell {
                None => Ok(f32::NAN),
                Some(text) => number(text).map(|value| value as f32).ok_or_else(|| DataError::NotANumber {
                    path: self.table.path.clone(),
                    line,
                    column: self.name().to_owned(),
                    text: text.to_owned(),
                }),
            })
            .collect()
    }

    pub(super) fn name(self) -> &'t str {
        &self.table.names[self.index]
    }

    pub(super) fn table(self) -> &'t CsvTable {
        self.table
    }
}

/// The trimmed text of a cell that is not missing: empty, `?`, `NA` and `NaN` (any case) are.
pub(super) fn present(cell: &str) -> Option<&str> {
    let text = cell.trim();
    let missing = text.is_empty() || text == "?" || text.eq_ignore_ascii_case("na") || text.eq_ignore_ascii_case("nan");
    (!missing).then_some(text)
}

/// A finite number of f32's range.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| (*value as f32).is_finite())
}

/// The delimiter that the first line holds most often outside quotes.
fn sniff(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default().bytes();
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for byte in line {
        quoted ^= byte == b'"';
        if let (false, Some(index)) = (quoted, DELIMITERS.iter().position(|delimiter| *delimiter == byte)) {
            counts[index] += 1;
        }
    }
    let mut best = 0;
    for index in 1..DELIMITERS.len() {
        if counts[index] > counts[best] {
            best = index;
        }
    }
    DELIMITERS[best]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<CsvTable, DataError> {
        CsvTable::parse(TextFile { path: "t.csv".into(), text: text.to_owned() }, None, "data.file")
    }

    #[test]
    fn each_delimiter_is_found_and_quotes_are_kept_together() {
        for text in ["a,\"b;x\"\n1,2\n", "a;\"b;x\"\r\n1;2\r\n", "a\t\"b;x\"\n1\t2"] {
            let table = table(text).unwrap();
            assert_eq!(table.column("b;x", "k").unwrap().numbers().unwrap(), [2.0], "{text}");
        }
        assert_eq!(table("only\n7\n").unwrap().column("only", "k").unwrap().numbers().unwrap(), [7.0]);
    }

    #[test]
    fn missing_cells_are_nan_in_every_spelling() {
        let table = table("a,b\n,1\n?,1\nNA,1\nnan,1\n 2.5 ,1\n").unwrap();
        let numbers = table.column("a", "k").unwrap().numbers().unwrap();
        assert!(numbers[..4].iter().all(|value| value.is_nan()));
        assert_eq!(numbers[4], 2.5);
    }

    #[test]
    fn errors_name_line_column_and_remedy() {
        let ragged = table("a,b\n1,2\n1,2,3\n").unwrap_err();
        assert!(matches!(ragged, DataError::Ragged { line: 3, found: 3, expected: 2, .. }));
        let unclosed = table("a,b,c\n1,\"2,3\n4,5,6\n").unwrap_err().to_string();
        assert!(unclosed.starts_with("t.csv:2: 2 values where 3") && unclosed.contains("close a quote"), "{unclosed}");
        assert!(!ragged.to_string().contains("quote"));
        let good = table("temp,speed\n1,x\n").unwrap();
        assert_eq!(
            good.column("speed", "k").unwrap().numbers().unwrap_err().to_string(),
            "t.csv:2: column speed: \"x\" is not a finite number; write it with a decimal point, or leave it empty (or NaN, NA, ?) if it is missing"
        );
        assert_eq!(
            good.column("sped", "tasks[0].target.column").unwrap_err().to_string(),
            "t.csv:1: no column is named \"sped\", which tasks[0].target.column names; did you mean \"speed\"? known: temp, speed"
        );
        let twice = table("a,a\n1,2\n").unwrap();
        assert!(twice.column("a", "k").unwrap_err().to_string().contains("two columns are named"));
        assert!(matches!(table("a,b\n").unwrap_err(), DataError::Empty { .. }));
        assert!(matches!(table("").unwrap_err(), DataError::Empty { .. }));
        assert!(matches!(
            table("a\ninf\n").unwrap().column("a", "k").unwrap().numbers().unwrap_err(),
            DataError::NotANumber { .. }
        ));
    }
}
