//! Losses over the epochs.

use plotters::prelude::*;

use super::canvas::{Area, Drawn, FAINT, INK, MUTED, PlotError, SERIES, TEXT, draw, range};

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
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(MUTED)
        .label_style(("sans-serif", TEXT).into_font().color(&MUTED))
        .x_desc("epoch")
        .y_desc("loss")
        .x_label_formatter(&|epoch| format!("{epoch:.0}"))
        .draw()?;
    for (index, curve) in lines.iter().enumerate() {
        let colour = SERIES[index % SERIES.len()];
        let points = curve.values.iter().enumerate().filter(|(_, value)| value.is_finite());
        chart
            .draw_series(LineSeries::new(
                points.map(|(epoch, &value)| ((epoch + 1) as f64, value)),
                colour.stroke_width(2),
            ))?
            .label(curve.label.clone())
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .label_font(("sans-serif", TEXT).into_font().color(&INK))
        .draw()?;
    Ok(())
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
