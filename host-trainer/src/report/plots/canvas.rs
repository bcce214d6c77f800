//! What the plots share: an SVG text as drawing area, colours, and text placed by an anchor.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A plot that could not be drawn; only numbers without any finite range lead here.
#[derive(Debug, thiserror::Error)]
#[error("cannot draw the plot of {what}: {reason}")]
pub struct PlotError {
    /// Which plot.
    pub what: &'static str,
    /// The drawing library's words.
    pub reason: String,
}

/// Where plots are drawn.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What a drawing step gives.
pub(super) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(0x1f, 0x29, 0x33);
/// Secondary text.
pub(super) const MUTED: RGBColor = RGBColor(0x6b, 0x77, 0x85);
/// Grid lines and tracks.
pub(super) const FAINT: RGBColor = RGBColor(0xe4, 0xe8, 0xec);
/// The joint model.
pub(super) const ACCENT: RGBColor = RGBColor(0xd1, 0x62, 0x2b);
/// What it is compared with.
pub(super) const COOL: RGBColor = RGBColor(0x3f, 0x7c, 0xac);
/// Colours of series, distinct for readers who see red and green alike.
pub(super) const SERIES: [RGBColor; 8] = [
    RGBColor(0xd1, 0x62, 0x2b),
    RGBColor(0x3f, 0x7c, 0xac),
    RGBColor(0x5b, 0x8c, 0x5a),
    RGBColor(0x8e, 0x6c, 0x9e),
    RGBColor(0xc9, 0xa2, 0x27),
    RGBColor(0x4a, 0xa3, 0xa2),
    RGBColor(0xa4, 0x5d, 0x6c),
    RGBColor(0x7f, 0x7f, 0x7f),
];

/// Size of ordinary text in pixels.
pub(super) const TEXT: f64 = 13.0;

/// Draws on a `width` x `height` area and gives the SVG text.
pub(super) fn draw(
    what: &'static str,
    (width, height): (u32, u32),
    body: impl FnOnce(&Area<'_>) -> Drawn,
) -> Result<String, PlotError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        body(&area).and_then(|()| area.present()).map_err(|error| PlotError { what, reason: error.to_string() })?;
    }
    Ok(svg)
}

/// Which side of a text its position names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    /// Text starts at the position.
    Start,
    /// Text is centred on it.
    Middle,
    /// Text ends there.
    End,
}

/// A style for text of `size` pixels, vertically centred on its position.
pub(super) fn text_style(size: f64, colour: RGBColor, anchor: Anchor) -> TextStyle<'static> {
    let horizontal = match anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    ("sans-serif", size).into_font().color(&colour).pos(Pos::new(horizontal, VPos::Center))
}

/// Writes `text` of ordinary size at pixel `at`.
pub(super) fn write(area: &Area<'_>, text: &str, at: (i32, i32), colour: RGBColor, anchor: Anchor) -> Drawn {
    area.draw(&Text::new(text.to_owned(), at, text_style(TEXT, colour, anchor)))
}

/// Fills the rectangle between two corners.
pub(super) fn fill(area: &Area<'_>, corners: [(i32, i32); 2], colour: impl Into<ShapeStyle>) -> Drawn {
    area.draw(&Rectangle::new(corners, colour.into().filled()))
}

/// A pixel line from point to point.
pub(super) fn line(area: &Area<'_>, points: &[(i32, i32)], colour: RGBColor, width: u32) -> Drawn {
    area.draw(&PathElement::new(points.to_vec(), colour.stroke_width(width)))
}

/// Mixes `from` (share 0) and `to` (share 1); the share is clamped.
pub(super) fn mix(from: RGBColor, to: RGBColor, share: f64) -> RGBColor {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let channel = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
    RGBColor(channel(from.0, to.0), channel(from.1, to.1), channel(from.2, to.2))
}

/// Smallest and largest finite value, widened by 5 % and never empty; `None` without any finite value.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return None;
    }
    let margin = if high > low { (high - low) * 0.05 } else { low.abs().max(1.0) * 0.05 };
    Some((low - margin, high + margin))
}

/// A width in pixels that holds `text`.
pub(super) fn text_width(text: &str) -> i32 {
    (text.chars().count() as f64 * TEXT * 0.56).ceil() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_never_empty_and_ignores_what_is_not_finite() {
        assert_eq!(range([f64::NAN, f64::INFINITY]), None);
        let (low, high) = range([2.0, f64::NAN, 2.0]).unwrap();
        assert!(low < 2.0 && high > 2.0);
        assert_eq!(range([0.0, 100.0]), Some((-5.0, 105.0)));
    }

    #[test]
    fn mixing_ends_at_its_colours() {
        assert_eq!(mix(WHITE, INK, 0.0), WHITE);
        assert_eq!(mix(WHITE, INK, 2.0), INK);
        assert_eq!(mix(WHITE, INK, f64::NAN), WHITE);
    }
}
