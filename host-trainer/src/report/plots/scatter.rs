//! Predicted against true values of a regression.

use plotters::prelude::*;

use super::axes::mesh;
use super::canvas::{ACCENT, Area, Drawn, MUTED, PlotError, draw, range};

/// Most points drawn; more are thinned evenly to keep the page small.
const MOST: usize = 400;

/// Draws `(true, predicted)` points with the line of equality; `unit` labels the axes.
///
/// # Errors
/// [`PlotError`] if no point is finite or the drawing library fails.
pub fn scatter(points: &[(f64, f64)], unit: &str) -> Result<String, PlotError> {
    let what = "predicted and true values";
    let finite: Vec<(f64, f64)> = points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let (low, high) =
        range(finite.iter().flat_map(|&(x, y)| [x, y])).ok_or(PlotError { what, reason: "no finite value".into() })?;
    let step = finite.len().div_ceil(MOST).max(1);
    draw(what, (340, 320), |area| draw_points(area, finite.iter().step_by(step).copied(), (low, high), unit))
}

fn draw_points(
    area: &Area<'_>,
    points: impl Iterator<Item = (f64, f64)>,
    (low, high): (f64, f64),
    unit: &str,
) -> Drawn {
    let named = |what: &str| if unit.is_empty() { what.to_owned() } else { format!("{what}, {unit}") };
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .x_label_area_size(34)
        .y_label_area_size(52)
        .build_cartesian_2d(low..high, low..high)?;
    mesh(&mut chart).x_labels(5).y_labels(5).x_desc(named("true")).y_desc(named("predicted")).draw()?;
    chart.draw_series(std::iter::once(PathElement::new(vec![(low, low), (high, high)], MUTED.stroke_width(1))))?;
    chart.draw_series(points.map(|point| Circle::new(point, 2, ACCENT.mix(0.5).filled())))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_points_are_thinned() {
        let points: Vec<(f64, f64)> = (0..5000).map(|i| (f64::from(i), f64::from(i) + 1.0)).collect();
        let svg = scatter(&points, "Wh").unwrap();
        assert!(svg.matches("<circle").count() <= MOST);
        assert!(svg.contains("true, Wh"));
        assert!(scatter(&[(f64::NAN, 1.0)], "").is_err());
    }
}
