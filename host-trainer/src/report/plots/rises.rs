//! Rises of an error: a bar each with its interval as a whisker, zero marked, on one scale.

use super::canvas::{ACCENT, Area, COOL};
use super::canvas::{Anchor, Drawn, FAINT, INK, MUTED, PlotError, draw, fill, line, mix, text_width, write};
use plotters::style::WHITE;

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Rise {
    /// What it is of.
    pub label: String,
    /// Mean.
    pub mean: f64,
    /// Ends of its interval; `None` where there is none.
    pub interval: Option<(f64, f64)>,
}

const ROW: i32 = 22;
const WIDTH: i32 = 460;
const VALUE_WIDTH: i32 = 80;

/// Horizontal bars around 0; those whose interval excludes 0 are filled in strong colour.
///
/// # Errors
/// [`PlotError`] if the drawing library fails.
pub fn rises(rises: &[Rise]) -> Result<String, PlotError> {
    let height = ROW * rises.len().max(1) as i32 + 8;
    draw("rises of an error", (WIDTH as u32, height as u32), |area| draw_rises(area, rises, height))
}

fn draw_rises(area: &Area<'_>, rises: &[Rise], height: i32) -> Drawn {
    let left = rises.iter().map(|rise| text_width(&rise.label)).max().unwrap_or(0) + 12;
    let right = WIDTH - VALUE_WIDTH;
    let ends = |rise: &Rise| rise.interval.map_or([rise.mean; 2], |(low, high)| [low, high]);
    let finite = || rises.iter().flat_map(|rise| [rise.mean].into_iter().chain(ends(rise))).filter(|v| v.is_finite());
    let highest = finite().fold(f64::MIN_POSITIVE, f64::max);
    // An interval that reaches far below 0 would leave no room for the bars.
    let lowest = finite().fold(0.0, f64::min).max(-0.4 * highest);
    let share = |value: f64| (value.clamp(lowest, highest) - lowest) / (highest - lowest);
    let x = |value: f64| left + (share(value) * f64::from(right - left)) as i32;

    line(area, &[(x(0.0), 2), (x(0.0), height - 4)], FAINT, 1)?;
    for (row, rise) in rises.iter().enumerate() {
        let middle = ROW * row as i32 + ROW / 2 + 2;
        let sure = rise.interval.is_some_and(|(low, _)| low > 0.0);
        write(area, &rise.label, (left - 8, middle), if sure { INK } else { MUTED }, Anchor::End)?;
        if !rise.mean.is_finite() {
            continue;
        }
        let colour = if sure { ACCENT } else { mix(COOL, WHITE, 0.5) };
        let (from, to) = (x(rise.mean.min(0.0)), x(rise.mean.max(0.0)));
        fill(area, [(from, middle - 7), (to.max(from + 1), middle + 7)], colour)?;
        if let Some((low, high)) = rise.interval {
            line(area, &[(x(low), middle), (x(high), middle)], INK, 1)?;
            for end in [low, high] {
                line(area, &[(x(end), middle - 3), (x(end), middle + 3)], INK, 1)?;
            }
        }
        write(area, &format!("{:.3}", rise.mean), (WIDTH - 4, middle), INK, Anchor::End)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bar_has_its_figure_and_odd_numbers_are_drawn_all_the_same() {
        let rise = |label: &str, mean, interval| Rise { label: label.into(), mean, interval };
        let odd = [rise("a", 0.25, Some((0.1, 0.4))), rise("b", -0.5, Some((-9.0, 0.1))), rise("c", f64::NAN, None)];
        let svg = rises(&odd).unwrap();
        for expected in ["0.250", "-0.500", ">\nc\n<"] {
            assert!(svg.contains(expected), "{expected} not in {svg}");
        }
        assert!(rises(&[]).is_ok() && rises(&[rise("zero", 0.0, None)]).is_ok());
    }
}
