//! What is around every page.

use crate::book::Book;
use crate::card;
use crate::html::Html;

/// Nothing but the site's own files; scripts may run WebAssembly.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'none'";

/// What a page says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a> {
    /// Relative to the output folder.
    pub(crate) path: &'a str,
    /// For the title bar.
    pub(crate) title: &'a str,
    /// A sentence.
    pub(crate) description: &'a str,
    /// Files that make the page handier. They are no modules, which browsers don't load from a disk.
    pub(crate) scripts: &'a [&'a str],
}

impl Page<'_> {
    /// How links on this page get to the output folder.
    pub(crate) fn root(&self) -> &'static str {
        root(self.path)
    }
}

/// How links on the page at `path` get to the output folder.
pub(crate) fn root(path: &str) -> &'static str {
    if path.contains('/') { "../" } else { "" }
}

/// A whole document.
pub(crate) fn document(book: &Book<'_>, page: Page<'_>, main: &Html) -> String {
    let html = Html::of(|h| {
        h.raw("<!DOCTYPE html>\n");
        h.el("html", &[("lang", "en")], |h| {
            h.el("head", &[], |h| head(book, page, h));
            h.el("body", &[], |h| {
                h.raw("<a class=\"skip\" href=\"#main\">Skip to content</a>\n");
                h.el("header", &[("class", "top")], |h| top(book, page, h));
                h.el("main", &[("id", "main")], |h| h.append(main));
                h.el("footer", &[("class", "foot")], |h| foot(book, page, h));
            });
        });
    });
    html.into_string()
}

fn head(book: &Book<'_>, page: Page<'_>, h: &mut Html) {
    h.raw("<meta charset=\"utf-8\">\n");
    h.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]);
    h.raw("\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    h.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n");
    h.leaf("title", &[], &format!("{} · Golf", page.title));
    h.void("meta", &[("name", "description"), ("content", page.description)]);
    h.raw("\n");
    h.void("link", &[("rel", "icon"), ("type", "image/svg+xml"), ("href", &format!("{}icon.svg", page.root()))]);
    h.raw("\n");
    social(book, page, h);
    h.void("link", &[("rel", "stylesheet"), ("href", &format!("{}style.css", page.root()))]);
    h.raw("\n");
    for script in page.scripts {
        h.el("script", &[("src", &format!("{}{script}", page.root())), ("defer", "")], |_| {});
        h.raw("\n");
    }
}

/// For whoever shows links to the page, and for readers of feeds.
fn social(book: &Book<'_>, page: Page<'_>, h: &mut Html) {
    let base = book.site.base;
    let picture = format!("{}{}", base.unwrap_or(page.root()), card::NAME);
    let (width, height) = (card::SIZE.0.to_string(), card::SIZE.1.to_string());
    let title = format!("{} · Golf", page.title);
    let words = [("og:type", "website"), ("og:title", &title), ("og:description", page.description)];
    let size = [("og:image:width", width.as_str()), ("og:image:height", &height)];
    let image =
        [("og:image", picture.as_str()), ("og:image:alt", "The best entry of each class and its bits per byte")];
    for (property, content) in words.into_iter().chain(image).chain(size) {
        h.void("meta", &[("property", property), ("content", content)]);
        h.raw("\n");
    }
    if let Some(base) = base {
        h.void("meta", &[("property", "og:url"), ("content", &format!("{base}{}", page.path))]);
        h.raw("\n");
    }
    let feed = format!("{}feed.xml", page.root());
    h.void(
        "link",
        &[("rel", "alternate"), ("type", "application/atom+xml"), ("title", "Records and entries"), ("href", &feed)],
    );
    h.raw("\n");
}

fn top(book: &Book<'_>, page: Page<'_>, h: &mut Html) {
    h.el("p", &[("class", "mark")], |h| {
        h.leaf("a", &[("href", &format!("{}index.html", page.root()))], "Golf");
        h.raw(" ");
        h.leaf("span", &[("class", "season")], &format!("Season {}", book.site.season));
    });
    h.el("nav", &[("aria-label", "Site")], |h| {
        h.el("ul", &[], |h| {
            let places = [
                ("Leaderboard", "index.html"),
                ("Compare", "compare.html"),
                ("Tasks", "index.html#tasks"),
                ("Run", "run.html"),
                ("Boards", "boards.html"),
                ("Energy", "energy.html"),
                ("Method", "method.html"),
                ("Data", "index.html#data"),
            ];
            for (name, target) in places {
                let href = format!("{}{target}", page.root());
                h.el("li", &[], |h| match page.path == target {
                    true => h.leaf("a", &[("href", &href), ("aria-current", "page")], name),
                    false => h.leaf("a", &[("href", &href)], name),
                });
            }
        });
    });
}

fn foot(book: &Book<'_>, page: Page<'_>, h: &mut Html) {
    h.el("p", &[], |h| {
        h.text("Rendered from the records by ");
        h.leaf("code", &[], book.site.command);
        h.raw(". The same records give the same bytes. ");
        h.leaf("a", &[("href", &format!("{}method.html", page.root()))], "How scores are made");
        h.raw(".");
    });
}
