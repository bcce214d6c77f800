//! How far the relation moved at each closed-form step, on a logarithmic scale, against the tolerance.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axes::mesh;
use super::canvas::{ACCENT, Area, COOL, Drawn, PlotError, TEXT, draw};

/// Draws the relative movements of the relation, one an alternation; movements that are not above 0 stand at the lower edge.
///
/// # Errors
/// [`PlotError`] if there is no movement or the drawing library fails.
pub fn convergence(movements: &[f64], tolerance: f64) -> Result<String, PlotError> {
    let what = "convergence";
    if movements.is_empty() {
        return Err(PlotError { what, reason: "the relation never moved".into() });
    }
    draw(what, (560, 260), |area| draw_steps(area, movements, tolerance))
}

fn draw_steps(area: &Area<'_>, movements: &[f64], tolerance: f64) -> Drawn {
    let positive = || movements.iter().copied().chain([tolerance]).filter(|value| value.is_finite() && *value > 0.0);
    let high = positive().fold(1e-9, f64::max) * 2.0;
    let low = positive().fold(high, f64::min) / 2.0;
    let last = movements.len().max(2) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .x_label_area_size(34)
        .y_label_area_size(60)
        .build_cartesian_2d(0.5..last + 0.5, (low..high).log_scale())?;
    mesh(&mut chart)
        .x_desc("alternation")
        .y_desc("movement")
        .x_label_formatter(&|step| format!("{step:.0}"))
        .y_label_formatter(&|value| format!("{value:.0e}"))
        .draw()?;
    if tolerance > 0.0 {
        let ends = vec![(0.5, tolerance), (last + 0.5, tolerance)];
        chart.draw_series(std::iter::once(PathElement::new(ends, COOL.stroke_width(1))))?;
        chart.draw_series(std::iter::once(Text::new(
            "tolerance",
            (0.6, tolerance),
            ("sans-serif", TEXT).into_font().color(&COOL).pos(Pos::new(HPos::Left, VPos::Bottom)),
        )))?;
    }
    let points: Vec<(f64, f64)> = movements
        .iter()
        .enumerate()
        .map(|(step, &movement)| ((step + 1) as f64, if movement > low { movement } else { low }))
        .collect();
    chart.draw_series(LineSeries::new(points.iter().copied(), ACCENT.stroke_width(2)))?;
    chart.draw_series(points.iter().map(|&point| Circle::new(point, 3, ACCENT.filled())))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_that_stands_still_is_drawn() {
        assert!(convergence(&[0.5, 0.1, 0.0], 0.01).unwrap().contains("tolerance"));
        assert!(convergence(&[], 0.01).is_err());
    }
}
