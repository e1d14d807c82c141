//! Charts, each drawn four times: for wide and narrow screens, on light and dark paper.

mod bars;
mod documents;
mod label;
mod paint;
mod rows;
mod scatter;

pub(crate) use bars::{Bar, Bars};
pub(crate) use documents::Documents;
pub(crate) use rows::{Row, Rows};
pub(crate) use scatter::{Axis, Point, Scatter, front};

use crate::SiteError;
use crate::html::Html;
use crate::output::Files;
use paint::{DARK, LIGHT, Look, Paint};

/// What can be drawn.
pub(crate) trait Chart {
    /// Height for a width, in pixels.
    fn height(&self, wide: bool) -> u32;

    /// Draws it.
    fn draw(&self, paint: &Paint<'_>) -> Result<(), SiteError>;
}

/// What a chart says to those who can't see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'a> {
    /// Part of the file names.
    pub(crate) name: &'a str,
    /// A few words.
    pub(crate) title: &'a str,
    /// What it shows, in a sentence or two.
    pub(crate) description: &'a str,
}

/// Draws a chart into files, and returns the element that shows the one that suits. `root` leads to the output folder.
pub(crate) fn picture(chart: &impl Chart, words: Words<'_>, root: &str, files: &mut Files) -> Result<Html, SiteError> {
    let mut source = |wide: bool, dark: bool| {
        let (width, font) = if wide { (960, 14.5) } else { (400, 14.0) };
        let look = Look { wide, width, height: chart.height(wide), font, palette: if dark { DARK } else { LIGHT } };
        let (size, shade) = (if wide { "wide" } else { "narrow" }, if dark { "dark" } else { "light" });
        let path = format!("charts/{}-{size}-{shade}.svg", words.name);
        files.add(path.as_str(), paint::svg(look, words, |paint| chart.draw(paint))?);
        Ok((format!("{root}{path}"), look.width.to_string(), look.height.to_string()))
    };
    let narrow_dark = source(false, true)?;
    let narrow = source(false, false)?;
    let wide_dark = source(true, true)?;
    let wide = source(true, false)?;
    let sources = [
        ("(max-width: 54rem) and (prefers-color-scheme: dark)", narrow_dark),
        ("(max-width: 54rem)", narrow),
        ("(prefers-color-scheme: dark)", wide_dark),
    ];
    Ok(Html::of(|h| {
        h.el("picture", &[], |h| {
            for (media, (path, width, height)) in &sources {
                h.void("source", &[("media", media), ("srcset", path), ("width", width), ("height", height)]);
            }
            let alt = format!("Chart: {}. The same data follow as a table.", words.title);
            h.void("img", &[("src", &wide.0), ("width", &wide.1), ("height", &wide.2), ("alt", &alt)]);
        });
    }))
}
