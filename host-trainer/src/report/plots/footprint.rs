//! What the model takes on the device, against what there is.

use super::canvas::{ACCENT, Anchor, Area, COOL, Drawn, FAINT, INK, MUTED, PlotError, draw, fill, text_width, write};

/// One bar: bytes used of bytes allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it is.
    pub label: String,
    /// Bytes used.
    pub bytes: u64,
    /// Bytes at the bar's full length, above 0.
    pub limit: u64,
}

const ROW: i32 = 30;
const WIDTH: i32 = 560;

/// Draws one bar a part.
///
/// # Errors
/// [`PlotError`] if the drawing library fails.
pub fn footprint(parts: &[Part]) -> Result<String, PlotError> {
    draw("footprint", (WIDTH as u32, (ROW * parts.len() as i32).max(10) as u32), |area| draw_parts(area, parts))
}

fn draw_parts(area: &Area<'_>, parts: &[Part]) -> Drawn {
    let left = parts.iter().map(|part| text_width(&part.label)).max().unwrap_or(0) + 12;
    let right = WIDTH - 150;
    for (row, part) in parts.iter().enumerate() {
        let middle = ROW * row as i32 + ROW / 2;
        write(area, &part.label, (left - 8, middle), INK, Anchor::End)?;
        fill(area, [(left, middle - 8), (right, middle + 8)], FAINT)?;
        let share = part.bytes as f64 / part.limit.max(1) as f64;
        let end = left + (share.min(1.0) * f64::from(right - left)) as i32;
        fill(area, [(left, middle - 8), (end, middle + 8)], if share > 1.0 { ACCENT } else { COOL })?;
        let kib = |bytes: u64| format!("{:.1}", bytes as f64 / 1024.0);
        let text = format!("{} of {} KiB", kib(part.bytes), kib(part.limit));
        write(area, &text, (WIDTH - 4, middle), MUTED, Anchor::End)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_states_its_size() {
        let svg = footprint(&[Part { label: "artifact".into(), bytes: 26_112, limit: 524_288 }]).unwrap();
        assert!(svg.contains("25.5 of 512.0 KiB"));
    }
}
