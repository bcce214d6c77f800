//! Plain aligned tables for the terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table};

/// A table with a line under its header: columns of numbers to the right, others to the left.
pub fn grid(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.into_iter().collect();
    let numeric = |column: usize| rows.iter().filter_map(|row| row.get(column)).all(|cell| is_number(cell));
    let right: Vec<bool> = (0..header.len()).map(numeric).collect();
    let mut table = Table::new();
    // Header line only; lines are never wrapped, so that a pipe gets one row a line.
    table.load_preset("     ──            ").set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    table.add_rows(rows);
    for (column, right) in table.column_iter_mut().zip(right) {
        column.set_cell_alignment(if right { CellAlignment::Right } else { CellAlignment::Left });
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

/// Whether a cell begins like a number; empty cells and a dash for "no figure" go with numbers.
fn is_number(cell: &str) -> bool {
    cell.trim_start_matches(['-', '+', '±']).chars().next().is_none_or(|first| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let text = grid(&["task", "F1"], [vec!["pump".into(), "0.991".into()], vec!["accumulator".into(), "1".into()]]);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(lines[0].len(), lines[2].len());
        assert_eq!(lines[2].len(), lines[3].len());
        assert!(lines[1].chars().all(|c| c == '─'), "{text}");
        assert!(lines[2].starts_with("pump ") && lines[2].ends_with(" 0.991"), "{text}");
    }
}
