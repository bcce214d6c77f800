//! Losses over the epochs.

use plotters::prelude::*;

use super::axes::{mesh, named_lines};
use super::canvas::{Area, Drawn, PlotError, draw, range};

/// One line of the plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Its name in the legend.
    pub label: String,
    /// One value an epoch, from epoch 1; what is not finite is left out.
    pub values: Vec<f64>,
}

/// Draws the curves.
///
/// # Errors
/// [`PlotError`] if no curve has a finite value or the drawing library fails.
pub fn curves(lines: &[Curve]) -> Result<String, PlotError> {
    let what = "training";
    let (low, high) = range(lines.iter().flat_map(|curve| curve.values.iter().copied()))
        .ok_or(PlotError { what, reason: "no finite value".into() })?;
    draw(what, (560, 300), |area| draw_curves(area, lines, (low, high)))
}

fn draw_curves(area: &Area<'_>, lines: &[Curve], (low, high): (f64, f64)) -> Drawn {
    let epochs = lines.iter().map(|curve| curve.values.len()).max().unwrap_or(1).max(2);
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .x_label_area_size(34)
        .y_label_area_size(52)
        .build_cartesian_2d(1.0..epochs as f64, low..high)?;
    mesh(&mut chart).x_desc("epoch").y_desc("loss").x_label_formatter(&|epoch| format!("{epoch:.0}")).draw()?;
    let points = |curve: &Curve| (1..).map(f64::from).zip(curve.values.iter().copied()).collect();
    let lines = lines.iter().map(|curve| (curve.label.clone(), points(curve)));
    named_lines(&mut chart, lines, 0, SeriesLabelPosition::UpperRight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_without_a_finite_value_are_refused_not_drawn() {
        assert!(curves(&[Curve { label: "a".into(), values: vec![f64::NAN] }]).is_err());
    }

    #[test]
    fn each_curve_is_in_the_legend() {
        let curve = |label: &str| Curve { label: label.into(), values: vec![3.0, 2.0, 1.5] };
        let svg = curves(&[curve("training"), curve("validation")]).unwrap();
        assert!(svg.contains("training") && svg.contains("validation"));
    }
}
