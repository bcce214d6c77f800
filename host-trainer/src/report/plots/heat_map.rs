//! Squares of numbers between tasks: similarities, the stronger the darker, and effects, in one colour where they help and in another
//! where they hurt.

use plotters::prelude::*;
use plotters::style::FontTransform;

use super::canvas::TEXT;
use super::canvas::{
    ACCENT, Anchor, Area, COOL, Drawn, INK, PlotError, draw, fill, mix, text_style, text_width, write,
};

const CELL: i32 = 52;
/// A cell without any colour.
const BLANK: RGBColor = RGBColor(0xf6, 0xf7, 0xf8);

/// How an entry looks: its text, its colour, and how strong that is, 0 to 1.
type Look<'l> = &'l dyn Fn(f64) -> (String, RGBColor, f64);

/// Draws `matrix` (T x T, entries in 0..=1) with the tasks' names on both sides.
///
/// # Errors
/// [`PlotError`] if the drawing library fails.
pub fn heat_map(tasks: &[String], matrix: &[Vec<f64>]) -> Result<String, PlotError> {
    square("the relation", tasks, matrix, &|value| (format!("{value:.2}"), ACCENT, value))
}

/// Draws `matrix` (T x T, shares, printed in percent) with the tasks' names on both sides: warm above 0, cool below, as strong as the
/// entry is beside the largest one between two different tasks.
///
/// # Errors
/// [`PlotError`] if the drawing library fails.
pub fn effect_map(tasks: &[String], matrix: &[Vec<f64>]) -> Result<String, PlotError> {
    let rows = matrix.iter().enumerate();
    let between = rows.flat_map(|(row, values)| values.iter().enumerate().filter(move |(column, _)| *column != row));
    let largest = between.map(|(_, value)| value.abs()).fold(0.0, f64::max);
    square("the effects between tasks", tasks, matrix, &|value| {
        let strength = if largest > 0.0 { (value.abs() / largest).min(1.0) } else { 0.0 };
        (format!("{:.2}", 100.0 * value), if value < 0.0 { COOL } else { ACCENT }, strength)
    })
}

fn square(what: &'static str, tasks: &[String], matrix: &[Vec<f64>], look: Look<'_>) -> Result<String, PlotError> {
    let margin = tasks.iter().map(|task| text_width(task)).max().unwrap_or(0) + 12;
    let side = (margin + CELL * tasks.len() as i32 + 4) as u32;
    draw(what, (side, side), |area| draw_cells(area, tasks, matrix, margin, look))
}

fn draw_cells(area: &Area<'_>, tasks: &[String], matrix: &[Vec<f64>], margin: i32, look: Look<'_>) -> Drawn {
    for (row, (task, values)) in tasks.iter().zip(matrix).enumerate() {
        let top = margin + CELL * row as i32;
        let middle = top + CELL / 2;
        write(area, task, (margin - 8, middle), INK, Anchor::End)?;
        let upright = ("sans-serif", TEXT).into_font().transform(FontTransform::Rotate270);
        let style = TextStyle { font: upright, ..text_style(TEXT, INK, Anchor::Start) };
        area.draw(&Text::new(task.clone(), (middle, margin - 8), style))?;
        for (column, value) in values.iter().enumerate() {
            let (text, colour, strength) = look(*value);
            let left = margin + CELL * column as i32;
            let corners = [(left, top), (left + CELL - 2, top + CELL - 2)];
            fill(area, corners, mix(BLANK, colour, strength))?;
            let ink = if strength > 0.7 { WHITE } else { INK };
            write(area, &text, (left + CELL / 2, middle), ink, Anchor::Middle)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks() -> [String; 2] {
        ["pump".to_owned(), "energy".to_owned()]
    }

    #[test]
    fn every_entry_is_printed() {
        let svg = heat_map(&tasks(), &[vec![1.0, 0.25], vec![0.25, 1.0]]).unwrap();
        assert_eq!(svg.matches("0.25").count(), 2);
        assert_eq!(svg.matches("pump").count(), 2);
    }

    #[test]
    fn effects_are_printed_in_percent_and_harm_has_another_colour() {
        let svg = effect_map(&tasks(), &[vec![0.3, 0.0125], vec![-0.025, 0.4]]).unwrap();
        assert!(["30.00", "1.25", "-2.50", "40.00"].iter().all(|text| svg.contains(text)));
        // The strongest harm and the two strongest helps in full colour, in the order of the cells.
        let filled = |colour: &str| svg.matches(&format!("fill=\"{colour}\"")).count();
        assert_eq!((filled("#3F7CAC"), filled("#D1622B")), (1, 2));
        assert!(effect_map(&tasks(), &[vec![0.0; 2], vec![0.0; 2]]).is_ok());
    }
}
