//! `badges/<slug>.svg`: an entry's score and rank, to be shown elsewhere.

use super::name;
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::output::Files;
use golf_core::budget::classes;
use golf_record::Entry;

/// Width of an average letter and of the edges, in pixels.
const LETTER: usize = 7;
const EDGE: usize = 14;

/// What a badge says, if the entry is ranked: bits per byte, and its place in the smallest class that it fits.
pub(super) fn words(book: &Book<'_>, entry: &Entry) -> Option<String> {
    let class = classes(entry.bytes()?).last()?;
    let place = book.place(class, &entry.slug)?;
    let tied = if place.is_tied() { "tied, " } else { "" };
    Some(format!(
        "{} bits/byte, {tied}no. {} in {}",
        format::bits(entry.headline()?),
        place.first,
        format::class(class)
    ))
}

/// Draws the badge.
pub(super) fn badge(book: &Book<'_>, entry: &Entry, files: &mut Files) {
    let Some(words) = words(book, entry) else { return };
    let left = "golf".len() * LETTER + EDGE;
    let right = words.chars().count() * LETTER + EDGE;
    let [width, left, right, middle] = [left + right, left, right, left + right / 2].map(|pixels| pixels.to_string());
    let svg = Html::of(|h| {
        let size = [("width", width.as_str()), ("height", "20"), ("role", "img"), ("aria-labelledby", "t")];
        h.el("svg", &[[("xmlns", "http://www.w3.org/2000/svg")].as_slice(), &size].concat(), |h| {
            h.leaf("title", &[("id", "t")], &format!("Golf: {}, {words}", name(entry)));
            h.el("rect", &[("width", &left), ("height", "20"), ("fill", "#22211c")], |_| {});
            h.el("rect", &[("x", &left), ("width", &right), ("height", "20"), ("fill", "#1d6a43")], |_| {});
            let font = [("fill", "#fff"), ("font-family", "Verdana, 'DejaVu Sans', sans-serif"), ("font-size", "11")];
            h.el("g", &[font.as_slice(), &[("text-anchor", "middle")]].concat(), |h| {
                h.leaf("text", &[("x", "21"), ("y", "14")], "golf");
                h.leaf("text", &[("x", &middle), ("y", "14")], &words);
            });
        });
    });
    files.add(path(entry), svg.into_string());
}

/// The badge's place.
pub(super) fn path(entry: &Entry) -> String {
    format!("badges/{}.svg", entry.slug)
}
