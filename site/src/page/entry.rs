//! `entries/<slug>.html`: everything known of an entry.

use super::{NONE, badge, data, embedded, facts, heading, machine, name, plots, portrait, scores};
use crate::SiteError;
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::markdown;
use crate::output::Files;
use golf_core::budget::CLASSES;
use golf_record::{Entry, Score};

/// Renders it.
pub(crate) fn entry(book: &Book<'_>, entry: &Entry, files: &mut Files) -> Result<(), SiteError> {
    let path = format!("entries/{}.html", entry.slug);
    let description = format!("{}: scores, size, speed and how it was made.", name(entry));
    let page = Page { path: &path, title: name(entry), description: &description, scripts: &[super::CHARTS] };
    let breakdowns = scores::breakdowns(book, entry, files)?;
    let embedded = embedded::sections(book, entry, files)?;
    badge::badge(book, entry, files);
    let profile = plots::accuracy(book, Some(entry), "../", files)?.filter(|_| entry.score.is_some());
    let main = Html::of(|h| {
        h.raw("<p class=\"trail\"><a href=\"../index.html#board\">Leaderboard</a></p>\n");
        h.el("h1", &[], |h| h.leaf("bdi", &[], name(entry)));
        if !entry.manifest.description.trim().is_empty() {
            h.leaf("p", &[("class", "lead")], &entry.manifest.description);
        }
        match &entry.score {
            Some(score) => key_figures(book, entry, score, h),
            None => h.raw("<p class=\"notice\">Not scored.</p>\n"),
        }
        super::run::link(book, entry, h);
        for caveat in entry.caveats() {
            h.leaf("p", &[("class", "notice")], &format!("Caveat: {}", caveat.text));
        }
        h.raw("<section aria-labelledby=\"about\">\n");
        heading(h, "about", "About");
        about(book, entry, h);
        h.raw("</section>\n");
        if let Some(score) = &entry.score {
            h.raw("<section aria-labelledby=\"scores\">\n");
            heading(h, "scores", "Scores");
            scores::tables(book, score, h);
            compared(entry, h);
            if let Some(profile) = &profile {
                h.append(profile);
            }
            h.append(&breakdowns);
            h.raw("</section>\n");
            h.raw("<section aria-labelledby=\"artifact\">\n");
            heading(h, "artifact", "Artifact");
            artifact(entry, score, h);
            portrait::contents(entry, score, h);
            h.raw("</section>\n");
        }
        portrait::samples(entry, h);
        portrait::history(book, entry, h);
        machine::sections(entry, h);
        h.append(&embedded);
        if !entry.readme.trim().is_empty() {
            h.raw("<section aria-labelledby=\"readme\">\n");
            heading(h, "readme", "In the authors’ words");
            h.el("div", &[("class", "readme")], |h| h.append(&markdown::render(&entry.readme)));
            h.raw("</section>\n");
        }
    });
    files.add(path.as_str(), layout::document(book, page, &main));
    Ok(())
}

fn key_figures(book: &Book<'_>, entry: &Entry, score: &Score, h: &mut Html) {
    let item = |h: &mut Html, name: &str, figure: &Html, unit: &str| {
        h.el("div", &[], |h| {
            h.leaf("dt", &[], name);
            h.el("dd", &[], |h| {
                h.el("span", &[("class", "figure")], |h| h.append(figure));
                h.raw(" ");
                h.leaf("span", &[("class", "unit")], unit);
            });
        });
    };
    let bytes = score.artifact.bytes;
    h.el("dl", &[("class", "leaders")], |h| {
        let bits = entry.headline().map_or(Html::plain(NONE), |bits| data(&format::exact(bits), &format::bits(bits)));
        item(h, "Prose", &bits, "bits per byte");
        item(h, "Size", &data(&bytes.to_string(), &format::grouped(bytes)), "bytes");
        item(h, "Parameters", &super::parameters(score.artifact.parameters), "counted from the file");
        let ranks = CLASSES.into_iter().filter_map(|limit| Some((limit, book.place(limit, &entry.slug)?)));
        h.el("div", &[], |h| {
            h.leaf("dt", &[], "Rank");
            h.el("dd", &[("class", "ranks")], |h| {
                let mut count = 0;
                for (limit, rank) in ranks {
                    count += 1;
                    h.el("a", &[("href", &format!("../{}", super::board::address(book, limit)))], |h| {
                        h.leaf("span", &[("class", "figure")], &super::board::shown(rank));
                        h.leaf("span", &[("class", "unit")], &format!(" in {}", format::class(limit)));
                    });
                    h.raw(" ");
                }
                if count == 0 {
                    h.raw("<span class=\"figure\">–</span> <span class=\"unit\">not ranked</span>");
                }
            });
        });
    });
}

fn about(book: &Book<'_>, entry: &Entry, h: &mut Html) {
    let authors = entry.manifest.authors.join(", ");
    let mut list =
        vec![("Authors", Html::of(|h| h.leaf("bdi", &[], if authors.is_empty() { NONE } else { &authors })))];
    list.push(("Licence", Html::plain(&entry.manifest.license)));
    list.push(("Engine", Html::plain(&entry.manifest.engine)));
    if !entry.manifest.techniques.is_empty() {
        list.push(("Techniques", Html::plain(&entry.manifest.techniques.join(", "))));
    }
    let training = &entry.manifest.training;
    list.push(("Trained on", Html::plain(&training.data)));
    list.push(("Training tokens", Html::plain(&format::grouped(training.tokens))));
    list.push(("Trained with", Html::plain(&format!("{}, {} hours", training.hardware, training.hours))));
    list.push(("Folder", Html::of(|h| h.leaf("code", &[], &format!("submissions/{}", entry.slug)))));
    if let Some(words) = badge::words(book, entry) {
        list.push((
            "Badge",
            Html::of(|h| {
                let width = (words.chars().count() * 7 + 56).to_string();
                let source = format!("../{}", badge::path(entry));
                h.void(
                    "img",
                    &[("src", &source), ("width", &width), ("height", "20"), ("alt", &format!("Golf: {words}"))],
                );
            }),
        ));
    }
    facts(h, &list);
}

/// On how many simulated targets the digest came out again, and which.
fn same(entry: &Entry) -> String {
    let identical = entry.identical();
    match (identical.len(), entry.simulations.len()) {
        (_, 0) => "this machine; its engine doesn’t run on simulated targets".into(),
        (0, tried) => format!("none of {tried} simulated targets"),
        (count, tried) => format!("{count} of {tried} simulated targets: {}", identical.join(", ")),
    }
}

/// Ways on from the scores.
fn compared(entry: &Entry, h: &mut Html) {
    h.el("p", &[], |h| {
        h.leaf("a", &[("href", &format!("../{}?a={}", super::compare::PATH, entry.slug))], "Compare it with others");
        h.raw(".");
    });
}

fn artifact(entry: &Entry, score: &Score, h: &mut Html) {
    let code = |text: &str| Html::of(|h| h.leaf("code", &[("class", "digest")], text));
    let (bytes, parameters) = (score.artifact.bytes, score.artifact.parameters);
    let fits: Vec<String> = golf_core::budget::classes(bytes).map(format::class).collect();
    let bits = (parameters > 0).then(|| format!("{:.2}", bytes as f64 * 8.0 / parameters as f64));
    facts(
        h,
        &[
            ("Bytes", Html::plain(&format::grouped(bytes))),
            ("Parameters", Html::plain(&format::grouped(parameters))),
            ("Bits of file per parameter", Html::plain(&bits.unwrap_or_else(|| NONE.into()))),
            ("Classes", Html::plain(&if fits.is_empty() { "none: over the budget".into() } else { fits.join(", ") })),
            ("SHA-256", code(&score.artifact.sha256)),
            ("Digest of the logits", code(&score.probe.sha256)),
            ("Predictions in the digest", Html::plain(&format::grouped(score.probe.tokens.into()))),
            ("Same bits on", Html::plain(&same(entry))),
            ("Engine", Html::plain(&format!("{}, version {}", score.engine.name, score.engine.version))),
            ("Season", Html::plain(&score.season)),
        ],
    );
}
