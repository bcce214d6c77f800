//! Contenders of one task: a bar each, with the standard deviation over seeds as a whisker and the figure beside it.

use super::canvas::{ACCENT, Area, COOL};
use super::canvas::{Anchor, Drawn, FAINT, INK, MUTED, PlotError, draw, fill, line, mix, text_width, write};
use plotters::style::WHITE;

/// One contender.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Its name.
    pub label: String,
    /// Mean; not finite where there is no figure.
    pub mean: f64,
    /// Standard deviation, at least 0; `None` where there is none.
    pub sd: Option<f64>,
    /// Whether it is the joint model.
    pub joint: bool,
}

const ROW: i32 = 26;
const WIDTH: i32 = 460;
const VALUE_WIDTH: i32 = 104;

/// Horizontal bars of scores for which 1 is perfect; bars start at 0 and a score below 0 is drawn to the left, to -0.25 at most.
///
/// # Errors
/// [`PlotError`] if the drawing library fails.
pub fn bars(contenders: &[Bar]) -> Result<String, PlotError> {
    let height = (ROW * contenders.len() as i32 + 22).max(40);
    draw("contenders", (WIDTH as u32, height as u32), |area| draw_bars(area, contenders, height))
}

fn draw_bars(area: &Area<'_>, contenders: &[Bar], height: i32) -> Drawn {
    let left = contenders.iter().map(|bar| text_width(&bar.label)).max().unwrap_or(0) + 12;
    let right = WIDTH - VALUE_WIDTH;
    let lowest = contenders.iter().map(|bar| bar.mean).filter(|mean| mean.is_finite()).fold(0.0, f64::min).max(-0.25);
    let x = |value: f64| left + ((value.clamp(lowest, 1.0) - lowest) / (1.0 - lowest) * f64::from(right - left)) as i32;

    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        line(area, &[(x(tick), 2), (x(tick), height - 20)], FAINT, 1)?;
        write(area, &tick.to_string(), (x(tick), height - 9), MUTED, Anchor::Middle)?;
    }
    for (row, bar) in contenders.iter().enumerate() {
        let middle = ROW * row as i32 + ROW / 2;
        write(area, &bar.label, (left - 8, middle), if bar.joint { INK } else { MUTED }, Anchor::End)?;
        if !bar.mean.is_finite() {
            write(area, "no figure", (left + 6, middle), MUTED, Anchor::Start)?;
            continue;
        }
        let colour = if bar.joint { ACCENT } else { mix(COOL, WHITE, 0.25) };
        let (from, to) = (x(bar.mean.min(0.0)), x(bar.mean.max(0.0)));
        fill(area, [(from, middle - 8), (to, middle + 8)], colour)?;
        if let Some(sd) = bar.sd.filter(|sd| *sd > 0.0) {
            let ends = [x(bar.mean - sd), x(bar.mean + sd)];
            line(area, &[(ends[0], middle), (ends[1], middle)], INK, 1)?;
            for end in ends {
                line(area, &[(end, middle - 4), (end, middle + 4)], INK, 1)?;
            }
        }
        let sd = bar.sd.map_or_else(String::new, |sd| format!(" ± {sd:.3}"));
        let value = format!("{:.3}{sd}", bar.mean);
        write(area, &value, (WIDTH - 4, middle), INK, Anchor::End)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contender_has_its_figure() {
        let bar = |label: &str, mean| Bar { label: label.into(), mean, sd: Some(0.01), joint: label == "joint" };
        let svg = bars(&[bar("constant", -3.0), bar("joint", 0.912), bar("single", f64::NAN)]).unwrap();
        for expected in ["constant", "-3.000 ± 0.010", "0.912 ± 0.010", "no figure"] {
            assert!(svg.contains(expected), "{expected} not in {svg}");
        }
    }
}
