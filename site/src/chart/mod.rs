//! Charts, each drawn twice: for wide and narrow screens. Both change colours where people prefer dark ones.

mod bars;
mod documents;
mod label;
mod paint;
mod rows;
mod scatter;
mod steps;

pub(crate) use bars::{Bar, Bars};
pub(crate) use documents::Documents;
pub(crate) use rows::{Row, Rows, Scale};
pub(crate) use scatter::{Axis, Point, Scatter, front};
pub(crate) use steps::{Line, Steps};

use crate::SiteError;
use crate::html::Html;
use crate::output::Files;
pub(crate) use paint::LIGHT;
use paint::{Look, Paint, Spot};

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
    let mut source = |wide: bool| {
        let (width, font) = if wide { (960, 14.5) } else { (400, 14.0) };
        let look = Look { wide, width, height: chart.height(wide), font, palette: LIGHT };
        let path = format!("charts/{}-{}.svg", words.name, if wide { "wide" } else { "narrow" });
        let (svg, spots) = paint::svg(look, words, |paint| chart.draw(paint))?;
        files.add(path.as_str(), svg);
        Ok((format!("{root}{path}"), look.width.to_string(), look.height.to_string(), in_attribute(&spots)))
    };
    let (narrow, wide) = (source(false)?, source(true)?);
    Ok(Html::of(|h| {
        // Where entries are, for the script that marks them.
        let spots = [("data-root", root), ("data-wide", wide.3.as_str()), ("data-narrow", &narrow.3)];
        h.el("div", &[[("class", "chart")].as_slice(), &spots].concat(), |h| {
            h.el("picture", &[], |h| {
                let media = ("media", "(max-width: 54rem)");
                h.void("source", &[media, ("srcset", &narrow.0), ("width", &narrow.1), ("height", &narrow.2)]);
                let alt = format!("Chart: {}. The same data follow as a table.", words.title);
                h.void("img", &[("src", &wide.0), ("width", &wide.1), ("height", &wide.2), ("alt", &alt)]);
            });
        });
    }))
}

/// `slug x y` in percent, separated by semicolons.
fn in_attribute(spots: &[Spot]) -> String {
    let spot = |spot: &Spot| format!("{} {:.2} {:.2}", spot.entry, spot.x * 100.0, spot.y * 100.0);
    spots.iter().map(spot).collect::<Vec<_>>().join(";")
}
