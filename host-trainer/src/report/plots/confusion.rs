//! Predicted against true classes: counts, shaded by their share of the true class.

use plotters::style::{RGBColor, WHITE};

use super::canvas::{Anchor, Area, COOL, Drawn, INK, MUTED, PlotError, draw, fill, mix, text_width, write};

const ROW: i32 = 40;

/// Draws `counts` (K x K, row = true class, column = predicted class).
///
/// # Errors
/// [`PlotError`] if the drawing library fails.
pub fn confusion(classes: &[String], counts: &[Vec<u64>]) -> Result<String, PlotError> {
    let names = classes.iter().map(|class| text_width(class)).max().unwrap_or(0);
    let (margin, column) = (names + 12, (names + 14).max(64));
    let width = margin + column * classes.len() as i32 + 4;
    let height = 42 + ROW * classes.len() as i32 + 4;
    draw("confusion", (width as u32, height as u32), |area| draw_counts(area, classes, counts, margin, column))
}

fn draw_counts(area: &Area<'_>, classes: &[String], counts: &[Vec<u64>], margin: i32, column: i32) -> Drawn {
    write(area, "true", (margin - 8, 28), MUTED, Anchor::End)?;
    write(area, "predicted", (margin, 10), MUTED, Anchor::Start)?;
    for (index, class) in classes.iter().enumerate() {
        write(area, class, (margin + column * index as i32 + column / 2, 28), INK, Anchor::Middle)?;
    }
    for (row, (class, values)) in classes.iter().zip(counts).enumerate() {
        let top = 42 + ROW * row as i32;
        write(area, class, (margin - 8, top + ROW / 2), INK, Anchor::End)?;
        let total = values.iter().sum::<u64>().max(1);
        for (index, &count) in values.iter().enumerate() {
            let left = margin + column * index as i32;
            let share = count as f64 / total as f64;
            fill(
                area,
                [(left, top), (left + column - 2, top + ROW - 2)],
                mix(RGBColor(0xf6, 0xf7, 0xf8), COOL, share),
            )?;
            let ink = if share > 0.6 { WHITE } else { INK };
            write(area, &count.to_string(), (left + column / 2, top + ROW / 2), ink, Anchor::Middle)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_is_printed() {
        let svg = confusion(&["good".to_owned(), "bad".to_owned()], &[vec![41, 1], vec![0, 7]]).unwrap();
        for expected in ["41", ">\n7\n<", "good", "predicted"] {
            assert!(svg.contains(expected), "{expected} not in {svg}");
        }
    }
}
