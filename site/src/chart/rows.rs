//! One row per task: where the entries stand between nothing and everything right.

use super::Chart;
use super::label::Area;
use super::paint::{Anchor, Paint};
use crate::SiteError;
use crate::format;

/// A row of dots between 0 and 1.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) label: String,
    /// By entry.
    pub(crate) values: Vec<f64>,
    /// The best, which is named.
    pub(crate) best: Option<(f64, String)>,
    /// What a guess would get right.
    pub(crate) chance: Option<f64>,
}

/// Accuracy by task.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
}

/// Height of a row, wide and narrow: on narrow screens the label stands above the row.
const PITCH: [f64; 2] = [52.0, 74.0];
const TOP: f64 = 34.0;

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
        let x = |value: f64| left + value * (right - left);

        self.legend(paint, 14.0)?;
        for percent in [0, 25, 50, 75, 100] {
            let at = x(f64::from(percent) / 100.0);
            paint.line(&[(at, TOP), (at, bottom)], colors.rule, 1.0)?;
            paint.text(&format!("{percent}"), (at, bottom + 16.0), Anchor::Middle, colors.muted)?;
        }
        paint.text("% right", (right + 14.0, bottom + 38.0), Anchor::End, colors.muted)?;
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
            for &value in &row.values {
                paint.ring((x(value), middle), 4.5, colors.muted)?;
            }
            if let Some((value, name)) = &row.best {
                paint.disc((x(*value), middle), 5.5, colors.accent)?;
                let name = format::clipped(name, 24);
                let fits = x(*value) + 12.0 + paint.width_of(&name) < f64::from(look.width);
                let (at, anchor) =
                    if fits { (x(*value) + 10.0, Anchor::Start) } else { (x(*value) - 10.0, Anchor::End) };
                // Above the line when it ends at its dot, as other dots lie on that side.
                let middle = if fits { middle } else { middle - 13.0 };
                if fits {
                    paint.clear(Area::between((at - 2.0, middle - 9.0), (at + paint.width_of(&name), middle + 9.0)))?;
                }
                paint.text(&name, (at, middle), anchor, colors.ink)?;
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
        paint.text("best", (x + 11.0, y), Anchor::Start, colors.muted)?;
        x += 11.0 + paint.width_of("best") + 24.0;
        paint.ring((x, y), 4.5, colors.muted)?;
        paint.text("other entries", (x + 11.0, y), Anchor::Start, colors.muted)?;
        if self.rows.iter().any(|row| row.chance.is_some()) {
            x += 11.0 + paint.width_of("other entries") + 24.0;
            paint.line(&[(x, y - 9.0), (x, y + 9.0)], colors.second, 2.0)?;
            paint.text("chance", (x + 9.0, y), Anchor::Start, colors.muted)?;
        }
        Ok(())
    }
}
