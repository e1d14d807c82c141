//! The board in one picture, of the size that pages with links like to show.

use super::paint::{self, Anchor, LIGHT, Look};
use super::{Words, label::Area};
use crate::SiteError;

/// Class, bits per byte, and whose they are.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) lines: Vec<[String; 3]>,
}

impl Card {
    /// Draws it.
    pub(crate) fn svg(&self) -> Result<String, SiteError> {
        let look = Look { wide: true, width: 1200, height: 630, font: 38.0, palette: LIGHT };
        let said: Vec<String> = self.lines.iter().map(|line| line.join(", ")).collect();
        let description = format!("The best entry of each class and its bits per byte: {}.", said.join("; "));
        let words = Words { name: "card", title: "Golf", description: &description };
        let (svg, _) = paint::svg(look, words, |paint| {
            let colors = look.palette;
            paint.text("How good a language model", (70.0, 90.0), Anchor::Start, colors.ink)?;
            paint.text("fits in 16,000,000 bytes?", (70.0, 145.0), Anchor::Start, colors.ink)?;
            paint.fill(Area { left: 70.0, top: 195.0, right: 1130.0, bottom: 199.0 }, colors.accent)?;
            for (index, [class, bits, who]) in self.lines.iter().enumerate() {
                let y = 255.0 + 78.0 * index as f64;
                paint.text(class, (230.0, y), Anchor::End, colors.muted)?;
                paint.text(bits, (410.0, y), Anchor::End, colors.accent)?;
                paint.text(who, (450.0, y), Anchor::Start, colors.ink)?;
            }
            paint.text("bits per byte of prose: fewer is better", (70.0, 575.0), Anchor::Start, colors.muted)
        })?;
        Ok(svg)
    }
}
