//! The leaderboard that people read: a static site rendered from records.
//!
//! Plain HTML, readable without scripts and in a text browser. Nothing is loaded from elsewhere, and a
//! content-security policy in every page sees to it. The same records give the same bytes.
#![forbid(unsafe_code)]

mod book;
mod bundle;
mod card;
mod chart;
#[cfg(test)]
mod fixtures;
mod format;
mod html;
mod layout;
mod markdown;
mod output;
mod page;
mod play;
mod table;
#[cfg(test)]
mod tests;

pub use bundle::bundle;
pub use play::Play;

use book::Book;
use output::Files;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What is rendered.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// All entries with their records.
    pub board: &'a golf_record::Leaderboard,
    /// The tasks' definitions.
    pub tasks: &'a [golf_task::Definition],
    /// Published benchmarks: entries and references.
    pub public: &'a [golf_record::PublicTable],
    /// The season from which fresh items are drawn.
    pub season: &'a str,
    /// The files that can be downloaded.
    pub tables: &'a golf_record::Tables,
    /// Boards and operations, for what is modelled.
    pub estimates: &'a golf_estimate::Estimates,
    /// A few items of each task, by its id.
    pub examples: &'a BTreeMap<String, Vec<golf_task::Item>>,
    /// JSON Schemas of the file formats, by name.
    pub schemas: &'a [(&'static str, String)],
    /// Where the site will be, with a slash at the end, if that is known: what must be absolute elsewhere is so then.
    pub base: Option<&'a str>,
    /// The command that renders the site, named at the foot of each page.
    pub command: &'a str,
    /// What runs entries in the reader's browser.
    pub play: Play<'a>,
}

/// Why the site can't be rendered.
#[derive(Debug)]
pub enum SiteError {
    /// An entry or a task whose name can't be part of a path.
    Name(String),
    /// A chart couldn't be drawn.
    Chart(String),
    /// A file can't be written or removed.
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: io::Error,
    },
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SiteError::Name(name) => {
                write!(f, "{name:?} can't name a page: rename it to letters a-z, digits and hyphens")
            }
            SiteError::Chart(message) => write!(f, "a chart can't be drawn: {message}"),
            SiteError::Write { path, fault } => write!(f, "{}: can't be written: {fault}", path.display()),
        }
    }
}

impl std::error::Error for SiteError {}

/// Renders the site into a folder and returns the number of pages. Everything is rendered before anything is written;
/// files that a former render left there and that no longer belong are deleted, and no others.
///
/// # Errors
/// If an entry or a task has a name that can't be part of a path, or if a file can't be written.
pub fn render(site: &Site<'_>, out: &Path) -> Result<usize, SiteError> {
    let book = Book::of(site)?;
    let mut files = Files::default();
    files.add("style.css", concat!(include_str!("../assets/style.css"), include_str!("../assets/run.css")));
    files.add("board.js", include_str!("../assets/board.js"));
    files.add("charts.js", include_str!("../assets/charts.js"));
    files.add("compare.js", include_str!("../assets/compare.js"));
    files.add("compare-page.js", include_str!("../assets/compare-page.js"));
    files.add("icon.svg", include_str!("../assets/icon.svg"));
    files.add("leaderboard.csv", site.tables.csv.as_str());
    files.add("leaderboard.json", site.tables.json.as_str());
    files.add("measurements.csv", site.tables.measurements.as_str());
    files.add("boards.csv", site.estimates.boards_csv(&site.board.entries));
    files.add("energy.csv", site.estimates.energy_csv());
    for (name, schema) in site.schemas {
        files.add(format!("schemas/{name}.json"), schema.as_str());
    }
    page::index(&book, &mut files)?;
    page::board(&book, &mut files);
    page::compare(&book, &mut files);
    page::method(&book, &mut files);
    page::boards(&book, &mut files);
    page::energy(&book, &mut files);
    page::targets(&book, &mut files);
    page::public(&book, &mut files);
    page::run(&book, &mut files);
    page::feed(&book, &mut files);
    card::add(&book, &mut files)?;
    files.merge(entries(&book)?);
    for task in &book.tasks {
        page::task(&book, task, &mut files);
    }
    files.write(out)?;
    Ok(files.pages())
}

/// The entries' pages, on all cores: with their bootstraps and charts they are most of the work.
fn entries(book: &Book<'_>) -> Result<Files, SiteError> {
    let entries = &book.site.board.entries;
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let render = &|entries: &[golf_record::Entry]| {
        let mut files = Files::default();
        entries.iter().try_for_each(|entry| page::entry(book, entry, &mut files)).map(|()| files)
    };
    std::thread::scope(|scope| {
        let parts = entries.chunks(entries.len().div_ceil(cores).max(1));
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || render(part))).collect();
        let mut files = Files::default();
        for worker in workers {
            files.merge(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(files)
    })
}
