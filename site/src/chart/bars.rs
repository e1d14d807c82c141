//! Stacked bars, one below the other: what a sum is made of.

use super::Chart;
use super::label::Area;
use super::paint::{Anchor, Paint};
use crate::SiteError;
use plotters::style::RGBColor;

/// Segments of a bar.
pub(crate) const SEGMENTS: usize = 3;

/// A bar.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    pub(crate) label: String,
    /// From left to right, in the order of [`Bars::names`].
    pub(crate) segments: [f64; SEGMENTS],
    /// The sum in words.
    pub(crate) sum: String,
}

/// Bars on one linear scale from zero.
#[derive(Clone, Debug)]
pub(crate) struct Bars {
    pub(crate) names: [&'static str; SEGMENTS],
    pub(crate) bars: Vec<Bar>,
}

/// Height of a bar with what is around it, wide and narrow: on narrow screens the label stands above the bar.
const PITCH: [f64; 2] = [40.0, 58.0];
const THICKNESS: f64 = 20.0;
const TOP: f64 = 36.0;

impl Chart for Bars {
    fn height(&self, wide: bool) -> u32 {
        (TOP + PITCH[usize::from(!wide)] * self.bars.len() as f64 + 10.0) as u32
    }

    fn draw(&self, paint: &Paint<'_>) -> Result<(), SiteError> {
        let look = paint.look;
        let colors = look.palette;
        let fills: [RGBColor; SEGMENTS] = [colors.accent, colors.second, colors.muted];
        let longest = self.bars.iter().map(|bar| paint.width_of(&bar.sum)).fold(0.0, f64::max);
        let (left, right) = (if look.wide { 130.0 } else { 0.0 }, f64::from(look.width) - longest - 16.0);
        let most = self.bars.iter().map(|bar| bar.segments.iter().sum::<f64>()).fold(f64::MIN_POSITIVE, f64::max);

        let mut x = left;
        for (name, fill) in self.names.into_iter().zip(fills) {
            paint.fill(Area::between((x, 8.0), (x + 12.0, 20.0)), fill)?;
            paint.text(name, (x + 18.0, 14.0), Anchor::Start, colors.muted)?;
            x += 18.0 + paint.width_of(name) + 18.0;
        }
        let pitch = PITCH[usize::from(!look.wide)];
        for (index, bar) in self.bars.iter().enumerate() {
            let top = TOP + pitch * index as f64;
            let middle = if look.wide { top + pitch / 2.0 } else { top + 40.0 };
            match look.wide {
                true => paint.text(&bar.label, (left - 14.0, middle), Anchor::End, colors.ink)?,
                false => paint.text(&bar.label, (0.0, top + 16.0), Anchor::Start, colors.ink)?,
            }
            let mut from = left;
            for (value, fill) in bar.segments.into_iter().zip(fills) {
                let to = from + value / most * (right - left);
                paint.fill(Area::between((from, middle - THICKNESS / 2.0), (to, middle + THICKNESS / 2.0)), fill)?;
                from = to;
            }
            paint.text(&bar.sum, (from + 8.0, middle), Anchor::Start, colors.ink)?;
        }
        Ok(())
    }
}
