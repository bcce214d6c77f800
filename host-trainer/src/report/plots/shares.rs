//! Scores over the share of the training rows that was used.

use plotters::prelude::*;

use super::axes::{mesh, named_lines};
use super::canvas::{Area, Drawn, PlotError, draw, range};
use super::curves::Curve;

/// Draws each curve's values at `percents` (ascending, above 0), on a logarithmic scale.
///
/// # Errors
/// [`PlotError`] with fewer than two percents, without any finite value, or if the drawing library fails.
pub fn shares(percents: &[f64], lines: &[Curve], figure: &str) -> Result<String, PlotError> {
    let what = "the need for labels";
    let scores = range(lines.iter().flat_map(|curve| curve.values.iter().copied()));
    match (scores, percents) {
        (Some(scores), [first, .., last]) if last > first && *first > 0.0 => {
            draw(what, (420, 260), |area| draw_shares(area, (percents, *first, *last), lines, scores, figure))
        }
        _ => Err(PlotError { what, reason: "fewer than two shares with a score".into() }),
    }
}

fn draw_shares(
    area: &Area<'_>,
    (percents, first, last): (&[f64], f64, f64),
    lines: &[Curve],
    (low, high): (f64, f64),
    figure: &str,
) -> Drawn {
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(16)
        .x_label_area_size(34)
        .y_label_area_size(52)
        .build_cartesian_2d((first..last).log_scale().with_key_points(percents.to_vec()), low..high)?;
    mesh(&mut chart)
        .x_desc("% of the training rows")
        .y_desc(figure)
        .x_label_formatter(&|percent| format!("{percent:.0}"))
        .draw()?;
    let points = |curve: &Curve| percents.iter().copied().zip(curve.values.iter().copied()).collect();
    let lines = lines.iter().map(|curve| (curve.label.clone(), points(curve)));
    named_lines(&mut chart, lines, 3, SeriesLabelPosition::LowerRight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_curve_is_in_the_legend_and_one_share_is_no_curve() {
        let curve = |label: &str| Curve { label: label.into(), values: vec![0.5, 0.7, f64::NAN] };
        let svg = shares(&[5.0, 15.0, 100.0], &[curve("joint"), curve("linear")], "R²").unwrap();
        assert!(svg.contains("joint") && svg.contains("linear"));
        assert!(shares(&[100.0], &[curve("joint")], "R²").is_err());
    }
}
