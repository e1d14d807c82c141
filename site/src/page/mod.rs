//! The pages, one file each.

mod badge;
mod board;
mod boards;
mod compare;
mod embedded;
mod energy;
mod entry;
mod examples;
mod feed;
mod fronts;
mod index;
mod machine;
mod method;
mod plots;
mod portrait;
mod public;
pub(crate) mod run;
mod scores;
mod target;
mod task;

pub(crate) use board::all as board;
pub(crate) use boards::boards;
pub(crate) use compare::compare;
pub(crate) use energy::energy;
pub(crate) use entry::entry;
pub(crate) use feed::feed;
pub(crate) use index::index;
pub(crate) use method::method;
pub(crate) use public::public;
pub(crate) use run::run;
pub(crate) use target::targets;
pub(crate) use task::task;

use crate::format;
use crate::html::Html;
use golf_record::Entry;

/// The script of charts.
const CHARTS: &str = "charts.js";

/// What stands where there is nothing to show.
const NONE: &str = "–";

/// A link to an entry's page.
fn entry_link(entry: &Entry, root: &str) -> Html {
    let href = format!("{root}entries/{}.html", entry.slug);
    Html::of(|h| h.el("a", &[("href", &href)], |h| h.leaf("bdi", &[], name(entry))))
}

/// A link to a task's page.
fn task_link(id: &str, title: &str, root: &str) -> Html {
    Html::of(|h| h.leaf("a", &[("href", &format!("{root}tasks/{id}.html"))], title))
}

/// A link to a simulated target's page.
fn target_link(target: &str, root: &str) -> Html {
    Html::of(|h| h.leaf("a", &[("href", &format!("{root}targets/{target}.html"))], target))
}

/// An entry's name, or its slug if it has none.
pub(crate) fn name(entry: &Entry) -> &str {
    let name = entry.manifest.name.trim();
    if name.is_empty() { &entry.slug } else { name }
}

/// A share as a bar, with a mark where one helps; nothing for those who can't see it, as the figure stands beside it.
fn bar(share: f64, mark: Option<f64>) -> Html {
    let width = |share: f64| format!("{:.1}", share.clamp(0.0, 1.0) * 100.0);
    Html::of(|h| {
        let attributes =
            [("class", "bar"), ("viewBox", "0 0 100 10"), ("preserveAspectRatio", "none"), ("aria-hidden", "true")];
        h.el("svg", &attributes, |h| {
            h.raw("<rect class=\"all\" y=\"2\" width=\"100\" height=\"6\"></rect>");
            h.el("rect", &[("class", "part"), ("y", "2"), ("width", &width(share)), ("height", "6")], |_| {});
            if let Some(mark) = mark {
                h.el("rect", &[("class", "at"), ("x", &width(mark)), ("width", "0.8"), ("height", "10")], |_| {});
            }
        });
    })
}

/// A machine-readable value behind what is shown.
fn data(value: &str, shown: &str) -> Html {
    Html::of(|h| h.leaf("data", &[("value", value)], shown))
}

/// A number of parameters.
fn parameters(count: u64) -> Html {
    data(&count.to_string(), &format::short(count as f64))
}

/// A list of names and what they stand for.
fn facts(h: &mut Html, facts: &[(&'static str, Html)]) {
    h.el("dl", &[("class", "facts")], |h| {
        for (name, value) in facts {
            h.el("div", &[], |h| {
                h.leaf("dt", &[], name);
                h.el("dd", &[], |h| h.append(value));
            });
        }
    });
}

/// A heading that can be linked to.
fn heading(h: &mut Html, id: &str, text: &str) {
    h.leaf("h2", &[("id", id)], text);
}
