//! `feed.xml`: records taken and entries added or changed, as an Atom feed (RFC 4287).

use super::{name, plots};
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::output::Files;

/// The feed's place.
pub(crate) const PATH: &str = "feed.xml";
/// Most items in it.
const SHOWN: usize = 50;

/// What happened on a day.
struct News {
    day: String,
    id: String,
    title: String,
    summary: String,
    page: Option<String>,
}

/// Writes it.
pub(crate) fn feed(book: &Book<'_>, files: &mut Files) {
    let mut news = news(book);
    news.sort_by(|a, b| b.day.cmp(&a.day).then_with(|| a.id.cmp(&b.id)));
    news.truncate(SHOWN);
    let base = book.site.base.unwrap_or_default();
    let updated = |day: &str| format!("{day}T00:00:00Z");
    let html = Html::of(|h| {
        h.raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        h.el("feed", &[("xmlns", "http://www.w3.org/2005/Atom"), ("xml:lang", "en")], |h| {
            h.raw("\n");
            h.leaf("title", &[], "Golf: records and entries");
            h.leaf("id", &[], if base.is_empty() { "urn:golf:board" } else { base });
            h.leaf("updated", &[], &updated(news.first().map_or("2026-01-01", |first| &first.day)));
            h.el("author", &[], |h| h.leaf("name", &[], "Golf"));
            h.el("link", &[("rel", "self"), ("href", &format!("{base}{PATH}"))], |_| {});
            h.el("link", &[("href", &format!("{base}index.html"))], |_| {});
            for item in &news {
                h.raw("\n");
                h.el("entry", &[], |h| {
                    h.leaf("title", &[], &item.title);
                    h.leaf("id", &[], &item.id);
                    h.leaf("updated", &[], &updated(&item.day));
                    if let Some(page) = &item.page {
                        h.el("link", &[("href", &format!("{base}{page}"))], |_| {});
                    }
                    h.leaf("summary", &[], &item.summary);
                });
            }
            h.raw("\n");
        });
    });
    files.add(PATH, html.into_string());
}

fn news(book: &Book<'_>) -> Vec<News> {
    let board = book.site.board;
    let mut news = vec![];
    let page = |slug: &str| format!("entries/{slug}.html");
    for leader in &board.leaders.leaders {
        let Some(day) = leader.since.clone().filter(|day| is_day(day)) else { continue };
        let entry = board.entries.iter().find(|entry| entry.slug == leader.slug);
        let (class, bits) = (format::class(leader.class), format::bits(plots::bits(leader)));
        let from = leader.from.as_ref().map(|from| format!(", taken from {from}")).unwrap_or_default();
        news.push(News {
            id: format!("urn:golf:record:{}:{}:{day}", leader.class, leader.artifact),
            title: format!("Record in {class}: {}, {bits} bits per byte", entry.map_or(leader.slug.as_str(), name)),
            summary: format!("{bits} bits per byte on {}{from}.", leader.task),
            page: entry.map(|entry| page(&entry.slug)),
            day,
        });
    }
    for entry in &board.entries {
        for (index, past) in entry.portrait.history.scores.iter().enumerate().filter(|(_, past)| is_day(&past.day)) {
            let prose =
                past.tasks.iter().rev().find(|(task, _)| task.starts_with(&format!("{}@", golf_record::HEADLINE)));
            let bits = prose.map(|(_, tally)| format!(", {} bits per byte", format::bits(tally.figure())));
            let what = if index == 0 { "New entry" } else { "Changed" };
            news.push(News {
                day: past.day.clone(),
                id: format!("urn:golf:entry:{}:{}:{}", entry.slug, past.artifact_sha256, past.day),
                title: format!("{what}: {}{}", name(entry), bits.unwrap_or_default()),
                summary: entry.manifest.description.clone(),
                page: Some(page(&entry.slug)),
            });
        }
    }
    news
}

/// `2026-11-21`
fn is_day(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}
