//! Records over time: each class's best so far, day by day.

use super::Chart;
use super::paint::{Anchor, Paint};
use super::scatter::round_steps;
use crate::SiteError;

/// A class's records.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) label: String,
    /// Entry, day as it is written, bits per byte; the earliest first.
    pub(crate) records: Vec<(String, String, f64)>,
}

/// Lines over the days that anything happened on, each day as wide as any other.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    pub(crate) lines: Vec<Line>,
}

impl Steps {
    /// Days, the earliest first.
    pub(crate) fn days(&self) -> Vec<&str> {
        let mut days: Vec<&str> =
            self.lines.iter().flat_map(|line| &line.records).map(|(_, day, _)| day.as_str()).collect();
        days.sort_unstable();
        days.dedup();
        days
    }
}

impl Chart for Steps {
    fn height(&self, _wide: bool) -> u32 {
        340
    }

    fn draw(&self, paint: &Paint<'_>) -> Result<(), SiteError> {
        let (look, colors, days) = (paint.look, paint.look.palette, self.days());
        let values = || self.lines.iter().flat_map(|line| &line.records).map(|(.., value)| value.min(8.0));
        let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(0.0, f64::max));
        let (steps, decimals) = round_steps(low, high.max(low + 0.1), 5.0);
        let widest = self.lines.iter().map(|line| paint.width_of(&line.label)).fold(0.0, f64::max);
        let (left, right) = (46.0, f64::from(look.width) - widest - 22.0);
        let (top, bottom) = (44.0, f64::from(look.height) - 40.0);
        let pitch = (right - left) / days.len().max(1) as f64;
        let x = |day: &str| left + pitch * days.iter().position(|other| *other == day).unwrap_or(0) as f64;
        let y =
            |value: f64| bottom - (value.min(8.0) - steps[0]) / (steps[steps.len() - 1] - steps[0]) * (bottom - top);

        paint.text("bits per byte of prose", (0.0, 14.0), Anchor::Start, colors.muted)?;
        for &step in &steps {
            paint.line(&[(left, y(step)), (right, y(step))], colors.rule, 1.0)?;
            paint.text(&format!("{step:.decimals$}"), (left - 8.0, y(step)), Anchor::End, colors.muted)?;
        }
        let mut free_from = 0.0;
        for day in &days {
            if x(day) >= free_from {
                paint.text(day, (x(day), bottom + 20.0), Anchor::Start, colors.muted)?;
                free_from = x(day) + paint.width_of(day) + 8.0;
            }
        }
        let mut labels: Vec<f64> = vec![];
        for line in &self.lines {
            let mut path: Vec<(f64, f64)> = vec![];
            for (_, day, value) in &line.records {
                path.extend(path.last().map(|&(_, before)| (x(day), before)));
                path.push((x(day), y(*value)));
            }
            let Some(&(_, last)) = path.last() else { continue };
            path.push((right, last));
            paint.line(&path, colors.accent, 1.75)?;
            for (entry, day, value) in &line.records {
                paint.disc((x(day), y(*value)), 4.5, colors.accent)?;
                paint.spot(entry, (x(day), y(*value)));
            }
            // Below those that stand where it would; a little less than their distance is enough, lest rounding moves it for ever.
            let mut at = last;
            while let Some(taken) = labels.iter().find(|&&taken| (taken - at).abs() < 16.9) {
                at = taken + 17.0;
            }
            labels.push(at);
            paint.text(&line.label, (right + 8.0, at), Anchor::Start, colors.ink)?;
        }
        Ok(())
    }
}
