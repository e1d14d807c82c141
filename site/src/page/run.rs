//! `run.html`: entries at work in the reader's browser; and the same page with everything in it, for a disk.

use super::{heading, name};
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use crate::play::{Play, SCRIPTS};
use golf_record::Entry;

/// The page's path, and how entries link to it.
const PATH: &str = "run.html";

/// Renders it.
pub(crate) fn run(book: &Book<'_>, files: &mut Files) {
    let description = "Run an entry in this browser: let it write, see what surprises it, score it anew.";
    let scripts = SCRIPTS.map(|(path, _)| path);
    let page = Page { path: PATH, title: "Run an entry", description, scripts: &scripts };
    let entries: Vec<&Entry> = book.site.board.entries.iter().collect();
    let tasks = tasks(book);
    let main = Html::of(|h| {
        h.leaf("h1", &[], "Run an entry in this browser");
        h.raw(
            "<p>The engine that makes the scores, compiled for the browser, reads the very file that is scored. Nothing that you write \
             leaves this page.</p>\n",
        );
        player(&book.site.play, &entries, &tasks, h);
        without_scripts(h);
    });
    files.add(PATH, layout::document(book, page, &main));
    for (path, content) in book.site.play.files(&book.site.board.entries) {
        files.add(path, content);
    }
}

/// A link from an entry's page; none if it doesn't run in browsers.
pub(super) fn link(book: &Book<'_>, entry: &Entry, h: &mut Html) {
    if book.site.play.artifact(entry).is_some() {
        let href = format!("../{PATH}?entry={}", entry.slug);
        h.el("p", &[], |h| {
            h.leaf("a", &[("href", &href)], "Run it in this browser, and make its score anew");
        });
    }
}

/// Tasks that can be scored here: id and title.
fn tasks<'a>(book: &'a Book<'_>) -> Vec<(&'a str, &'a str)> {
    let data = book.site.play.tasks;
    let has = |id: &str| data.is_some_and(|tasks| tasks.contains_key(id));
    book.tasks.iter().filter(|task| has(task.id)).map(|task| (task.id, task.title())).collect()
}

fn without_scripts(h: &mut Html) {
    h.raw(
        "<noscript><p class=\"notice\">Without scripts nothing runs here. On a command line, in a copy of the project, <code>cargo golf sample \
         ENTRY</code> lets an entry write, <code>cargo golf score ENTRY --text FILE</code> tells what a text costs, and <code>cargo golf verify \
         ENTRY</code> makes its scores anew.</p></noscript>\n",
    );
}

/// A field with its label before it.
fn field(h: &mut Html, id: &str, label: &str, attributes: &[(&'static str, &str)]) {
    h.el("p", &[("class", "field")], |h| {
        h.leaf("label", &[("for", id)], label);
        h.raw(" ");
        let mut all = vec![("id", id), ("type", "number"), ("required", "")];
        all.extend_from_slice(attributes);
        h.void("input", &all);
    });
}

fn text_area(h: &mut Html, id: &str, label: &str, content: &str) {
    h.el("p", &[], |h| {
        h.leaf("label", &[("for", id)], label);
        h.raw("<br>");
        h.leaf("textarea", &[("id", id), ("rows", "4"), ("spellcheck", "false")], content);
    });
}

fn buttons(h: &mut Html, go: &str, label: &str, stop: &str) {
    h.el("p", &[], |h| {
        h.leaf("button", &[("id", go), ("class", "go"), ("type", "button")], label);
        h.raw(" ");
        h.leaf("button", &[("id", stop), ("type", "button"), ("disabled", "")], "Stop");
    });
}

/// All that can be done with entries; scripts show it where it works.
pub(crate) fn player(play: &Play<'_>, entries: &[&Entry], tasks: &[(&str, &str)], h: &mut Html) {
    h.raw("<p id=\"unable\" class=\"notice\" hidden></p>\n<div id=\"player\" class=\"player\" hidden>\n");
    h.el("p", &[], |h| {
        h.raw("<label for=\"entry\">Entry</label> ");
        h.el("select", &[("id", "entry")], |h| entries.iter().for_each(|entry| option(play, entry, h)));
    });
    h.raw("<p class=\"status\"><progress id=\"loaded\" aria-label=\"Loading\" value=\"0\" hidden></progress> ");
    h.raw("<span id=\"about\" role=\"status\"></span></p>\n");

    h.raw("<section aria-labelledby=\"try\">\n");
    heading(h, "try", "Let it write");
    text_area(h, "prompt", "Beginning", "The old lighthouse");
    h.el("div", &[("class", "fields")], |h| {
        field(h, "temperature", "Temperature", &[("min", "0"), ("max", "100"), ("step", "0.05"), ("value", "0.8")]);
        field(h, "top-k", "Of the likeliest", &[("min", "0"), ("max", "65536"), ("step", "1"), ("value", "40")]);
        field(h, "limit", "Tokens", &[("min", "1"), ("max", "1000000"), ("step", "1"), ("value", "400")]);
        field(h, "seed", "Seed", &[("min", "0"), ("max", "4294967295"), ("step", "1"), ("value", "0")]);
    });
    buttons(h, "write", "Write", "stop-writing");
    h.raw("<div id=\"written\" class=\"written\" role=\"group\" aria-label=\"What it wrote\"></div>\n<p id=\"speed\" class=\"status\"></p>\n");
    h.raw(
        "<p class=\"note\">At temperature 0 it takes the likeliest token each time, at 1 it draws by its own probabilities; 0 of the likeliest means all. \
         The same seed gives the same text, here and by <code>cargo golf sample</code>.</p>\n</section>\n",
    );

    h.raw("<section aria-labelledby=\"surprise\">\n");
    heading(h, "surprise", "What surprises it");
    text_area(h, "text", "A text of yours", "It rained all day, and in the evening the moon bought a bicycle.");
    buttons(h, "weigh", "What does each token cost?", "stop-weighing");
    h.raw("<div id=\"weighed\" aria-live=\"polite\"></div>\n</section>\n");

    h.raw("<section aria-labelledby=\"prove\">\n");
    heading(h, "prove", "Make its score anew");
    h.el("p", &[], |h| {
        h.raw("<label for=\"task\">Task</label> ");
        h.el("select", &[("id", "task")], |h| {
            h.leaf("option", &[("value", "")], "all of the core suite");
            tasks.iter().for_each(|(id, title)| h.leaf("option", &[("value", id)], title));
        });
    });
    buttons(h, "verify", "Verify", "stop-verifying");
    h.raw("<div id=\"verified\" aria-live=\"polite\"></div>\n");
    h.raw(
        "<p class=\"note\">Every item is scored, those that are made from the artifact’s own digest included, and each cost is compared with the record as \
         an integer.</p>\n</section>\n</div>\n",
    );
}

fn option(play: &Play<'_>, entry: &Entry, h: &mut Html) {
    let (Some(artifact), Some(score)) = (play.artifact(entry), &entry.score) else {
        return h.leaf(
            "option",
            &[("value", &entry.slug), ("disabled", "")],
            &format!("{} (doesn’t run in browsers)", name(entry)),
        );
    };
    let bytes = artifact.len().to_string();
    let attributes = [("value", entry.slug.as_str()), ("data-sha256", &score.artifact.sha256), ("data-bytes", &bytes)];
    h.leaf("option", &attributes, &format!("{}, {} bytes", name(entry), format::grouped(artifact.len() as u64)));
}
