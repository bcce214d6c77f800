//! Score against size of the trials of a search, with the front that nothing beats in both.

use plotters::prelude::*;

use super::axes::mesh;
use super::canvas::{ACCENT, Area, COOL, Drawn, PlotError, draw, range};

/// A trial as a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrialPoint {
    /// Bytes of weights, biases and scales.
    pub bytes: u64,
    /// Score, low is good.
    pub score: f64,
    /// Whether no other trial beats it in both.
    pub on_front: bool,
}

/// Draws the trials, those of the front joined by a line of steps.
///
/// # Errors
/// [`PlotError`] without a trial or if the drawing library fails.
pub fn pareto(trials: &[TrialPoint]) -> Result<String, PlotError> {
    let what = "score against size";
    let nothing = || PlotError { what, reason: "no trial has a score".into() };
    let scores = range(trials.iter().map(|trial| trial.score)).ok_or_else(nothing)?;
    let bytes = range(trials.iter().map(|trial| trial.bytes as f64)).ok_or_else(nothing)?;
    draw(what, (640, 360), |area| draw_trials(area, trials, bytes, scores))
}

fn draw_trials(area: &Area<'_>, trials: &[TrialPoint], bytes: (f64, f64), scores: (f64, f64)) -> Drawn {
    let room = |(low, high): (f64, f64)| ((high - low) * 0.05).max(high.abs() * 1e-3);
    let (wide, tall) = (room(bytes), room(scores));
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d((bytes.0 - wide).max(0.0)..bytes.1 + wide, scores.0 - tall..scores.1 + tall)?;
    mesh(&mut chart)
        .x_labels(6)
        .y_labels(6)
        .x_desc("bytes of weights, biases and scales")
        .y_desc("score, low is good")
        .draw()?;
    let point = |trial: &TrialPoint| (trial.bytes as f64, trial.score);
    let mut front: Vec<(f64, f64)> = trials.iter().filter(|trial| trial.on_front).map(point).collect();
    front.sort_by(|one, two| one.0.total_cmp(&two.0));
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (x, y) in &front {
        steps.extend(steps.last().map(|(_, before)| (*x, *before)));
        steps.push((*x, *y));
    }
    chart.draw_series(std::iter::once(PathElement::new(steps, ACCENT.stroke_width(1))))?;
    let others = trials.iter().filter(|trial| !trial.on_front).map(point);
    chart.draw_series(others.map(|at| Circle::new(at, 3, COOL.mix(0.5).filled())))?;
    chart.draw_series(front.into_iter().map(|at| Circle::new(at, 4, ACCENT.filled())))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trial_is_a_point_and_none_is_an_error() {
        let trial = |bytes, score, on_front| TrialPoint { bytes, score, on_front };
        let svg = pareto(&[trial(100, 0.5, true), trial(300, 0.6, false), trial(400, 0.2, true)]).unwrap();
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.contains("bytes of weights"));
        assert!(pareto(&[]).is_err());
        assert!(pareto(&[trial(100, 0.5, true)]).is_ok());
    }
}
