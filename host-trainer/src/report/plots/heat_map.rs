//! The relation between tasks: a square of similarities, the stronger the darker.

use plotters::prelude::*;
use plotters::style::FontTransform;

use super::canvas::TEXT;
use super::canvas::{ACCENT, Anchor, Area, Drawn, INK, PlotError, draw, fill, mix, text_style, text_width, write};

const CELL: i32 = 52;

/// Draws `matrix` (T x T, entries in 0..=1) with the tasks' names on both sides.
///
/// # Errors
/// [`PlotError`] if the drawing library fails.
pub fn heat_map(tasks: &[String], matrix: &[Vec<f64>]) -> Result<String, PlotError> {
    let margin = tasks.iter().map(|task| text_width(task)).max().unwrap_or(0) + 12;
    let side = (margin + CELL * tasks.len() as i32 + 4) as u32;
    draw("the relation", (side, side), |area| draw_cells(area, tasks, matrix, margin))
}

fn draw_cells(area: &Area<'_>, tasks: &[String], matrix: &[Vec<f64>], margin: i32) -> Drawn {
    for (row, (task, values)) in tasks.iter().zip(matrix).enumerate() {
        let top = margin + CELL * row as i32;
        let middle = top + CELL / 2;
        write(area, task, (margin - 8, middle), INK, Anchor::End)?;
        let upright = ("sans-serif", TEXT).into_font().transform(FontTransform::Rotate270);
        let style = TextStyle { font: upright, ..text_style(TEXT, INK, Anchor::Start) };
        area.draw(&Text::new(task.clone(), (middle, margin - 8), style))?;
        for (column, &value) in values.iter().enumerate() {
            let left = margin + CELL * column as i32;
            let corners = [(left, top), (left + CELL - 2, top + CELL - 2)];
            fill(area, corners, mix(RGBColor(0xf6, 0xf7, 0xf8), ACCENT, value))?;
            let ink = if value > 0.7 { WHITE } else { INK };
            write(area, &format!("{value:.2}"), (left + CELL / 2, middle), ink, Anchor::Middle)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_printed() {
        let tasks = ["pump".to_owned(), "energy".to_owned()];
        let svg = heat_map(&tasks, &[vec![1.0, 0.25], vec![0.25, 1.0]]).unwrap();
        assert_eq!(svg.matches("0.25").count(), 2);
        assert_eq!(svg.matches("pump").count(), 2);
    }
}
