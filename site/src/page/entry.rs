//! `entries/<slug>.html`: everything known of an entry.

use super::{NONE, data, embedded, facts, heading, machine, name, scores};
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
    let page = Page { path: &path, title: name(entry), description: &description };
    let breakdowns = scores::breakdowns(book, entry, files)?;
    let embedded = embedded::sections(book, entry, files)?;
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
        for caveat in entry.caveats() {
            h.leaf("p", &[("class", "notice")], &format!("Caveat: {}", caveat.text));
        }
        h.raw("<section aria-labelledby=\"about\">\n");
        heading(h, "about", "About");
        about(entry, h);
        h.raw("</section>\n");
        if let Some(score) = &entry.score {
            h.raw("<section aria-labelledby=\"scores\">\n");
            heading(h, "scores", "Scores");
            scores::tables(book, score, h);
            h.append(&breakdowns);
            h.raw("</section>\n");
            h.raw("<section aria-labelledby=\"artifact\">\n");
            heading(h, "artifact", "Artifact");
            artifact(score, h);
            h.raw("</section>\n");
        }
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
        let ranks = CLASSES.into_iter().filter_map(|limit| Some((limit, book.site.board.place(limit, &entry.slug)?)));
        h.el("div", &[], |h| {
            h.leaf("dt", &[], "Rank");
            h.el("dd", &[("class", "ranks")], |h| {
                let mut count = 0;
                for (limit, rank) in ranks {
                    count += 1;
                    h.el("a", &[("href", &format!("../index.html#class-{limit}"))], |h| {
                        h.leaf("span", &[("class", "figure")], &rank.to_string());
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

fn about(entry: &Entry, h: &mut Html) {
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
    facts(h, &list);
}

fn artifact(score: &Score, h: &mut Html) {
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
            ("Engine", Html::plain(&format!("{}, version {}", score.engine.name, score.engine.version))),
            ("Season", Html::plain(&score.season)),
        ],
    );
}
