//! Estimates with their intervals, one below the other, about the line of no difference.

use super::canvas::{
    ACCENT, Anchor, Area, COOL, Drawn, FAINT, INK, MUTED, PlotError, draw, fill, line, range, text_width, write,
};
use crate::evaluate::bootstrap::Interval;

const ROW: i32 = 24;
const WIDTH: i32 = 620;
const VALUE_WIDTH: i32 = 150;

/// Draws (label, interval) pairs in percent; those that exclude 0 in full colour.
///
/// # Errors
/// [`PlotError`] without any finite value, or if the drawing library fails.
pub fn intervals(rows: &[(String, Interval)]) -> Result<String, PlotError> {
    let what = "differences";
    let ends = rows.iter().flat_map(|(_, it)| [Some(it.value), it.low, it.high]).flatten().chain([0.0]);
    let span = range(ends).filter(|_| !rows.is_empty());
    let span = span.ok_or(PlotError { what, reason: "no finite value".into() })?;
    let height = ROW * rows.len() as i32 + 24;
    draw(what, (WIDTH as u32, height as u32), |area| draw_rows(area, rows, span, height))
}

fn draw_rows(area: &Area<'_>, rows: &[(String, Interval)], (least, most): (f64, f64), height: i32) -> Drawn {
    let left = rows.iter().map(|(label, _)| text_width(label)).max().unwrap_or(0) + 12;
    let right = WIDTH - VALUE_WIDTH;
    let x = |value: f64| left + ((value.clamp(least, most) - least) / (most - least) * f64::from(right - left)) as i32;
    line(area, &[(x(0.0), 2), (x(0.0), height - 20)], FAINT, 2)?;
    write(area, "0", (x(0.0), height - 9), MUTED, Anchor::Middle)?;
    for (place, (label, interval)) in (0i32..).zip(rows) {
        let middle = ROW * place + ROW / 2;
        let sure = interval.is_above_zero() || interval.is_below_zero();
        write(area, label, (left - 8, middle), if sure { INK } else { MUTED }, Anchor::End)?;
        let colour = if sure { ACCENT } else { COOL };
        if let (Some(low), Some(high)) = (interval.low, interval.high) {
            line(area, &[(x(low), middle), (x(high), middle)], colour, 2)?;
        }
        let at = x(interval.value);
        fill(area, [(at - 4, middle - 4), (at + 4, middle + 4)], colour)?;
        write(area, &crate::compare::interval(interval), (WIDTH - 4, middle), INK, Anchor::End)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_estimate_is_printed_with_its_interval() {
        let sure = Interval { value: 4.0, low: Some(1.0), high: Some(7.5) };
        let alone = Interval { value: -2.0, low: None, high: None };
        let svg = intervals(&[("relation".into(), sure), ("dropout".into(), alone)]).unwrap();
        for expected in ["relation", "+4.0 [+1.0, +7.5]", "-2.0 [no interval]"] {
            assert!(svg.contains(expected), "{expected}");
        }
        assert!(intervals(&[]).is_err());
    }
}
