//! `card.png`: the board in one picture, of the size and kind that pages with links show.

mod letters;

use crate::SiteError;
use crate::book::Book;
use crate::chart::LIGHT;
use crate::format;
use crate::output::Files;
use golf_core::budget::CLASSES;
use plotters::coord::Shift;
use plotters::prelude::*;

/// The file's name.
pub(crate) const NAME: &str = "card.png";

/// Width and height in pixels.
pub(crate) const SIZE: (u32, u32) = (1200, 630);

/// Where text begins and ends.
const MARGIN: u32 = 70;

/// Class, bits per byte, and whose they are.
type Line = [String; 3];

/// Draws the best of each class.
pub(crate) fn add(book: &Book<'_>, files: &mut Files) -> Result<(), SiteError> {
    files.add(NAME, png(&CLASSES.map(|limit| line(book, limit)))?);
    Ok(())
}

fn line(book: &Book<'_>, limit: u64) -> Line {
    let best = book.site.board.class(limit).next();
    let bits = best.and_then(golf_record::Entry::headline).map_or_else(|| "-".into(), format::bits);
    [format::class(limit), bits, best.map_or("no entry yet", crate::page::name).into()]
}

/// The picture as a file.
fn png(lines: &[Line]) -> Result<Vec<u8>, SiteError> {
    let mut dots = vec![0; (SIZE.0 * SIZE.1 * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut dots, SIZE).into_drawing_area();
        draw(&area, lines)?;
        area.present().map_err(fault)?;
    }
    let mut file = vec![];
    let mut encoder = png::Encoder::new(&mut file, SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().map_err(fault)?;
    writer.write_image_data(&dots).map_err(fault)?;
    writer.finish().map_err(fault)?;
    Ok(file)
}

fn draw(area: &Area<'_>, lines: &[Line]) -> Result<(), SiteError> {
    let colors = LIGHT;
    area.fill(&colors.paper).map_err(fault)?;
    text(area, "How good a language model", (MARGIN, 62), 7, colors.ink)?;
    text(area, "fits in 16,000,000 bytes?", (MARGIN, 128), 7, colors.ink)?;
    rectangle(area, (MARGIN, 206), (SIZE.0 - 2 * MARGIN, 4), colors.accent)?;
    for (y, [class, bits, who]) in (242..).step_by(78).zip(lines) {
        right(area, class, (246, y), 5, colors.muted)?;
        right(area, bits, (410, y), 5, colors.accent)?;
        text(area, &fitting(who, SIZE.0 - MARGIN - 450, 5), (450, y), 5, colors.ink)?;
    }
    text(area, "Golf: bits per byte of prose, fewer is better", (MARGIN, 562), 4, colors.muted)
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// Text from its upper left corner on; a letter's dot is a square of `dot` pixels.
fn text(area: &Area<'_>, text: &str, (x, y): (u32, u32), dot: u32, color: RGBColor) -> Result<(), SiteError> {
    let mut column = 0;
    for each in text.chars() {
        let (dots, columns) = letters::letter(each);
        for (across, down) in dots {
            rectangle(area, (x + (column + across) * dot, y + down * dot), (dot, dot), color)?;
        }
        column += columns;
    }
    Ok(())
}

/// Text up to its upper right corner.
fn right(area: &Area<'_>, words: &str, (x, y): (u32, u32), dot: u32, color: RGBColor) -> Result<(), SiteError> {
    text(area, words, (x.saturating_sub(letters::width(words) * dot), y), dot, color)
}

/// As much of a text as has room, so many pixels wide.
fn fitting(text: &str, room: u32, dot: u32) -> String {
    let fits = |text: &str| letters::width(text) * dot <= room;
    if fits(text) {
        return text.into();
    }
    let mut cuts = text.char_indices().rev().map(|(at, _)| format!("{}…", text[..at].trim_end()));
    cuts.find(|cut| fits(cut)).unwrap_or_default()
}

fn rectangle(
    area: &Area<'_>,
    (x, y): (u32, u32),
    (width, height): (u32, u32),
    color: RGBColor,
) -> Result<(), SiteError> {
    let corner = |x: u32, y: u32| (x as i32, y as i32);
    // The backend leaves the last row and column out.
    let corners = [corner(x, y), corner(x + width, y + height)];
    area.draw(&Rectangle::new(corners, color.filled())).map_err(fault)
}

fn fault(error: impl std::fmt::Display) -> SiteError {
    SiteError::Chart(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_a_png_of_its_size_with_the_colours_of_the_board() {
        let line = |class: &str, who: &str| [class.to_owned(), "1.792".into(), who.into()];
        let file = png(&[
            line("100 KB", "Greenhouse brain"),
            line("16 MB", "a name that is far too long to stand on a card whole"),
        ]);
        let file = file.expect("is drawn");
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().expect("is a PNG");
        let mut dots = vec![0; reader.output_buffer_size().expect("has a size")];
        let info = reader.next_frame(&mut dots).expect("is whole");
        assert_eq!((info.width, info.height), SIZE);
        let count =
            |RGBColor(red, green, blue): RGBColor| dots.chunks(3).filter(|dot| **dot == [red, green, blue]).count();
        let counts = [LIGHT.paper, LIGHT.ink, LIGHT.accent, LIGHT.muted].map(count);
        assert!(counts.iter().all(|count| *count > 4000), "{counts:?}");
        assert_eq!(counts.iter().sum::<usize>(), (SIZE.0 * SIZE.1) as usize, "no other colour is there");
        // Nothing in the margin to the right.
        let right =
            dots.chunks((SIZE.0 * 3) as usize).flat_map(|row| row[((SIZE.0 - MARGIN) * 3) as usize..].chunks(3));
        let RGBColor(red, green, blue) = LIGHT.paper;
        assert!(right.into_iter().all(|dot| dot == [red, green, blue]));
    }

    #[test]
    fn a_name_is_cut_where_its_room_ends() {
        assert_eq!(fitting("Tern 1M", 500, 5), "Tern 1M");
        let cut = fitting("A name that is too long", 300, 5);
        assert!(cut.ends_with('…') && cut.starts_with("A name") && letters::width(&cut) * 5 <= 300, "{cut}");
        assert_eq!(fitting("wide", 3, 5), "");
    }
}
