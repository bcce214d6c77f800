//! Charts with two axes: the look of their mesh, and lines that a legend names.

use plotters::chart::MeshStyle;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;

use super::canvas::{Drawn, FAINT, INK, MUTED, SERIES, TEXT};

/// A chart over the axes `X` and `Y`.
type Chart<'a, 'b, X, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, Y>>;

/// The mesh of a chart with faint lines at the labelled values only and labels in secondary colour, to be described and drawn.
pub(super) fn mesh<'a, 'b, 'c, X, Y>(chart: &'c mut Chart<'a, 'b, X, Y>) -> MeshStyle<'a, 'c, X, Y, SVGBackend<'b>>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(MUTED)
        .label_style(("sans-serif", TEXT).into_font().color(&MUTED));
    mesh
}

/// Draws lines, each `(name, points)` in a colour of its own, and the legend of their names. Points have a dot of `dot` pixels; one
/// whose second coordinate is not finite is left out.
pub(super) fn named_lines<'a, 'b: 'a, X, Y>(
    chart: &mut Chart<'a, 'b, X, Y>,
    lines: impl IntoIterator<Item = (String, Vec<(f64, f64)>)>,
    dot: u32,
    legend: SeriesLabelPosition,
) -> Drawn
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    for (index, (name, points)) in lines.into_iter().enumerate() {
        let colour = SERIES[index % SERIES.len()];
        let points = points.into_iter().filter(|(_, value)| value.is_finite());
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(dot))?
            .label(name)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(legend)
        .background_style(WHITE.mix(0.8))
        .label_font(("sans-serif", TEXT).into_font().color(&INK))
        .draw()
}
