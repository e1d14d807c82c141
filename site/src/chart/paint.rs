//! Lines, dots and letters in pixels, by plotters.

use super::Words;
use super::label::Area;
use crate::SiteError;
use crate::html::{Html, visible};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::cell::RefCell;

/// The backend counts in whole units: this many make a pixel.
const UNITS: f64 = 4.0;

/// The backend divides sizes of letters by this.
const FONT_DIVISOR: f64 = 1.24;

const FAMILY: &str = "Charter, 'Bitstream Charter', 'Sitka Text', Cambria, 'Noto Serif', 'DejaVu Serif', serif";

/// Width of an average letter, in sizes of the font.
const LETTER: f64 = 0.55;

/// Colours of one scheme, the same as in the style sheet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    pub(crate) paper: RGBColor,
    pub(crate) ink: RGBColor,
    pub(crate) muted: RGBColor,
    pub(crate) rule: RGBColor,
    pub(crate) accent: RGBColor,
    pub(crate) second: RGBColor,
}

pub(crate) const LIGHT: Palette = Palette {
    paper: RGBColor(0xfb, 0xfa, 0xf5),
    ink: RGBColor(0x22, 0x21, 0x1c),
    muted: RGBColor(0x64, 0x60, 0x55),
    rule: RGBColor(0xd9, 0xd5, 0xc7),
    accent: RGBColor(0x1d, 0x6a, 0x43),
    second: RGBColor(0xa3, 0x4a, 0x1f),
};

pub(crate) const DARK: Palette = Palette {
    paper: RGBColor(0x15, 0x17, 0x13),
    ink: RGBColor(0xe8, 0xe5, 0xda),
    muted: RGBColor(0xa6, 0xa2, 0x93),
    rule: RGBColor(0x3a, 0x3d, 0x35),
    accent: RGBColor(0x7f, 0xcb, 0x9f),
    second: RGBColor(0xe3, 0x9a, 0x6c),
};

/// For which screen and paper.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) wide: bool,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Size of letters in pixels.
    pub(crate) font: f64,
    pub(crate) palette: Palette,
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// It begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// A sheet to draw on. Coordinates are pixels from the upper left corner.
pub(crate) struct Paint<'a> {
    pub(crate) look: Look,
    area: DrawingArea<SVGBackend<'a>, Shift>,
    spots: RefCell<Vec<Spot>>,
}

/// Where an entry is on a chart: its slug, and shares of the width and height.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) entry: String,
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// A drawing as an SVG document with title and description, and where entries are on it. It is drawn on light paper; a style within, which browsers heed in
/// images too, exchanges the colours where people prefer dark ones.
pub(crate) fn svg(
    look: Look,
    words: Words<'_>,
    draw: impl FnOnce(&Paint<'_>) -> Result<(), SiteError>,
) -> Result<(String, Vec<Spot>), SiteError> {
    let spots;
    let mut source = String::new();
    let size = (units(look.width.into()) as u32, units(look.height.into()) as u32);
    {
        let area = SVGBackend::with_string(&mut source, size).into_drawing_area();
        area.fill(&look.palette.paper).map_err(fault)?;
        let paint = Paint { look, area, spots: RefCell::default() };
        draw(&paint)?;
        paint.area.present().map_err(fault)?;
        spots = paint.spots.take();
    }
    let Some((_, content)) = source.split_once('>') else { return Err(SiteError::Chart("no document".into())) };
    let (width, height) = (look.width.to_string(), look.height.to_string());
    let view = format!("0 0 {} {}", size.0, size.1);
    let head = Html::of(|h| {
        let attributes = [("xmlns", "http://www.w3.org/2000/svg"), ("role", "img"), ("aria-labelledby", "t d")];
        let measures = [("width", width.as_str()), ("height", &height), ("viewBox", &view)];
        h.void("svg", &[attributes.as_slice(), &measures].concat());
        h.raw("\n");
        h.leaf("title", &[("id", "t")], words.title);
        h.leaf("desc", &[("id", "d")], words.description);
    });
    Ok((format!("{}<style>{}</style>{content}", head.into_string(), night()), spots))
}

/// Exchanges colours in the dark: attributes give way to rules.
fn night() -> String {
    let colors = |palette: Palette| {
        [palette.paper, palette.ink, palette.muted, palette.rule, palette.accent, palette.second]
            .map(|RGBColor(red, green, blue)| format!("#{red:02X}{green:02X}{blue:02X}"))
    };
    let rule = |(light, dark): (String, String)| {
        ["fill", "stroke"].map(|kind| format!("[{kind}=\"{light}\"]{{{kind}:{dark}}}")).concat()
    };
    let rules: String = colors(LIGHT).into_iter().zip(colors(DARK)).map(rule).collect();
    format!("@media (prefers-color-scheme:dark){{{rules}}}")
}

impl Paint<'_> {
    /// Notes where an entry is, if it has a name.
    pub(crate) fn spot(&self, entry: &str, (x, y): (f64, f64)) {
        if entry.is_empty() {
            return;
        }
        let (x, y) = (x / f64::from(self.look.width), y / f64::from(self.look.height));
        self.spots.borrow_mut().push(Spot { entry: entry.into(), x, y });
    }

    /// A line through points.
    pub(crate) fn line(&self, points: &[(f64, f64)], color: RGBColor, width: f64) -> Result<(), SiteError> {
        let style = ShapeStyle { color: color.to_rgba(), filled: false, stroke_width: units(width) as u32 };
        let points: Vec<(i32, i32)> = points.iter().map(|&point| unit_point(point)).collect();
        self.area.draw(&PathElement::new(points, style)).map_err(fault)
    }

    /// Takes away what is under an area.
    pub(crate) fn clear(&self, area: Area) -> Result<(), SiteError> {
        self.fill(area, self.look.palette.paper)
    }

    /// Covers an area.
    pub(crate) fn fill(&self, area: Area, color: RGBColor) -> Result<(), SiteError> {
        let corners = [unit_point((area.left, area.top)), unit_point((area.right, area.bottom))];
        self.area.draw(&Rectangle::new(corners, color.filled())).map_err(fault)
    }

    /// A disc.
    pub(crate) fn disc(&self, centre: (f64, f64), radius: f64, color: RGBColor) -> Result<(), SiteError> {
        self.area.draw(&Circle::new(unit_point(centre), units(radius), color.filled())).map_err(fault)
    }

    /// A circle filled with paper.
    pub(crate) fn ring(&self, centre: (f64, f64), radius: f64, color: RGBColor) -> Result<(), SiteError> {
        self.disc(centre, radius, color)?;
        self.disc(centre, radius - 1.5, self.look.palette.paper)
    }

    /// A line of text, its middle at the height of the point.
    pub(crate) fn text(&self, text: &str, at: (f64, f64), anchor: Anchor, color: RGBColor) -> Result<(), SiteError> {
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let size = self.look.font * FONT_DIVISOR * UNITS;
        let style = TextStyle::from((FAMILY, size).into_font()).color(&color).pos(Pos::new(horizontal, VPos::Center));
        let text: String =
            text.chars().map(visible).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        self.area.draw(&Text::new(text, unit_point(at), style)).map_err(fault)
    }

    /// About how wide a line of text is.
    pub(crate) fn width_of(&self, text: &str) -> f64 {
        text.chars().count() as f64 * LETTER * self.look.font
    }
}

fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

fn unit_point((x, y): (f64, f64)) -> (i32, i32) {
    (units(x), units(y))
}

fn fault(error: impl std::fmt::Display) -> SiteError {
    SiteError::Chart(error.to_string())
}
