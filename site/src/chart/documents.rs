//! One dot per document, from the easiest to the hardest.

use super::Chart;
use super::paint::{Anchor, Paint};
use super::scatter::round_steps;
use crate::SiteError;
use crate::format;

/// An entry's documents of one task.
#[derive(Clone, Debug)]
pub(crate) struct Documents {
    /// Name, bits per byte, and the ideal where it is known.
    pub(crate) documents: Vec<(String, f64, Option<f64>)>,
    /// Bits per byte of all of them.
    pub(crate) total: f64,
}

impl Chart for Documents {
    fn height(&self, _wide: bool) -> u32 {
        320
    }

    fn draw(&self, paint: &Paint<'_>) -> Result<(), SiteError> {
        let look = paint.look;
        let colors = look.palette;
        let mut order: Vec<&(String, f64, Option<f64>)> = self.documents.iter().collect();
        order.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        let values = || order.iter().flat_map(|(_, value, ideal)| [*value].into_iter().chain(*ideal));
        let (low, high) =
            values().fold((self.total, self.total), |(low, high), value| (low.min(value), high.max(value)));
        let (steps, decimals) = round_steps(low, high.max(low + 0.05), 4.0);
        let (bottom_value, top_value) = (steps[0], steps[steps.len() - 1]);
        let (left, right) = (46.0, f64::from(look.width) - 12.0);
        let (top, bottom) = (44.0, f64::from(look.height) - 36.0);
        let y = |value: f64| bottom - (value - bottom_value) / (top_value - bottom_value) * (bottom - top);
        let pitch = (right - left) / order.len().max(1) as f64;

        paint.text("bits per byte", (0.0, 14.0), Anchor::Start, colors.muted)?;
        for &step in &steps {
            paint.line(&[(left, y(step)), (right, y(step))], colors.rule, 1.0)?;
            paint.text(&format!("{step:.decimals$}"), (left - 8.0, y(step)), Anchor::End, colors.muted)?;
        }
        paint.line(&[(left, y(self.total)), (right, y(self.total))], colors.second, 1.5)?;
        let radius = (pitch / 2.0 - 0.5).clamp(1.5, 4.5);
        for (index, (_, value, ideal)) in order.iter().enumerate() {
            let x = left + (index as f64 + 0.5) * pitch;
            if let Some(ideal) = ideal {
                paint.line(&[(x, y(*value)), (x, y(*ideal))], colors.rule, 1.0)?;
                paint.ring((x, y(*ideal)), radius.max(2.5), colors.muted)?;
            }
            paint.disc((x, y(*value)), radius, colors.accent)?;
        }
        let length = if look.wide { 44 } else { 20 };
        if let [first, .., last] = order.as_slice() {
            paint.text(&format::clipped(&first.0, length), (left, bottom + 22.0), Anchor::Start, colors.muted)?;
            paint.text(&format::clipped(&last.0, length), (right, bottom + 22.0), Anchor::End, colors.muted)?;
        }
        Ok(())
    }
}
