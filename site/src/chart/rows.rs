//! One row per task or class: where the entries stand on a scale.

use super::Chart;
use super::label::Area;
use super::paint::{Anchor, Paint};
use super::scatter::round_steps;
use crate::SiteError;
use crate::format;

/// A row of dots.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) label: String,
    /// Entries by slug, with their figures.
    pub(crate) values: Vec<(String, f64)>,
    /// Which of them is named, and how.
    pub(crate) named: Option<(f64, String)>,
    /// What a guess would get right.
    pub(crate) chance: Option<f64>,
}

/// What the dots are measured on.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    title: &'static str,
    range: (f64, f64),
    ticks: Vec<(f64, String)>,
}

/// Rows on one scale.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    pub(crate) scale: Scale,
    /// What the named dot is.
    pub(crate) named: &'static str,
}

/// Height of a row, wide and narrow: on narrow screens the label stands above the row.
const PITCH: [f64; 2] = [52.0, 74.0];
const TOP: f64 = 34.0;

impl Scale {
    /// From nothing to everything right.
    pub(crate) fn shares() -> Self {
        let ticks = [0, 25, 50, 75, 100].map(|percent| (f64::from(percent) / 100.0, percent.to_string())).to_vec();
        Scale { title: "% right", range: (0.0, 1.0), ticks }
    }

    /// Bits per byte that cover some values.
    pub(crate) fn bits(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (low, high) = (values.clone().fold(f64::MAX, f64::min), values.fold(0.0, f64::max));
        let (steps, decimals) = round_steps(low, high.max(low + 0.1), 5.0);
        Scale {
            title: "bits per byte",
            range: (steps[0], steps[steps.len() - 1]),
            ticks: steps.into_iter().map(|step| (step, format!("{step:.decimals$}"))).collect(),
        }
    }
}

impl Chart for Rows {
    fn height(&self, wide: bool) -> u32 {
        (TOP + PITCH[usize::from(!wide)] * self.rows.len() as f64 + 48.0) as u32
    }

    fn draw(&self, paint: &Paint<'_>) -> Result<(), SiteError> {
        let look = paint.look;
        let colors = look.palette;
        let pitch = PITCH[usize::from(!look.wide)];
        let (left, right) = (if look.wide { 250.0 } else { 14.0 }, f64::from(look.width) - 24.0);
        let bottom = TOP + pitch * self.rows.len() as f64;
        let (from, to) = self.scale.range;
        let x = |value: f64| left + (value - from) / (to - from) * (right - left);

        self.legend(paint, 14.0)?;
        for (value, name) in &self.scale.ticks {
            let at = x(*value);
            paint.line(&[(at, TOP), (at, bottom)], colors.rule, 1.0)?;
            paint.text(name, (at, bottom + 16.0), Anchor::Middle, colors.muted)?;
        }
        paint.text(self.scale.title, (right + 14.0, bottom + 38.0), Anchor::End, colors.muted)?;
        for (index, row) in self.rows.iter().enumerate() {
            let top = TOP + pitch * index as f64;
            let middle = if look.wide { top + pitch / 2.0 } else { top + 46.0 };
            let label = format::clipped(&row.label, if look.wide { 28 } else { 40 });
            match look.wide {
                true => paint.text(&label, (left - 16.0, middle), Anchor::End, colors.ink)?,
                false => paint.text(&label, (0.0, top + 18.0), Anchor::Start, colors.ink)?,
            }
            paint.line(&[(left, middle), (right, middle)], colors.rule, 1.0)?;
            if let Some(chance) = row.chance {
                paint.line(&[(x(chance), middle - 13.0), (x(chance), middle + 13.0)], colors.second, 2.0)?;
            }
            for (entry, value) in &row.values {
                paint.ring((x(*value), middle), 4.5, colors.muted)?;
                paint.spot(entry, (x(*value), middle));
            }
            if let Some((value, name)) = &row.named {
                paint.disc((x(*value), middle), 5.5, colors.accent)?;
                let name = format::clipped(name, 24);
                let fits = x(*value) + 12.0 + paint.width_of(&name) < f64::from(look.width);
                let (at, anchor) =
                    if fits { (x(*value) + 10.0, Anchor::Start) } else { (x(*value) - 10.0, Anchor::End) };
                // Above the line, as other dots lie on it.
                paint.text(&name, (at, middle - 13.0), anchor, colors.ink)?;
            }
        }
        Ok(())
    }
}

impl Rows {
    fn legend(&self, paint: &Paint<'_>, y: f64) -> Result<(), SiteError> {
        let colors = paint.look.palette;
        let mut x = 6.0;
        paint.disc((x, y), 5.5, colors.accent)?;
        paint.text(self.named, (x + 11.0, y), Anchor::Start, colors.muted)?;
        x += 11.0 + paint.width_of(self.named) + 24.0;
        paint.ring((x, y), 4.5, colors.muted)?;
        paint.text("other entries", (x + 11.0, y), Anchor::Start, colors.muted)?;
        if self.rows.iter().any(|row| row.chance.is_some()) {
            x += 11.0 + paint.width_of("other entries") + 24.0;
            let mark = Area { left: x - 1.0, top: y - 9.0, right: x + 1.0, bottom: y + 9.0 };
            paint.fill(mark, colors.second)?;
            paint.text("chance", (x + 9.0, y), Anchor::Start, colors.muted)?;
        }
        Ok(())
    }
}
