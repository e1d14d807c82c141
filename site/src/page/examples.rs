//! A task's page: what it asks, by example.

use super::heading;
use crate::format;
use crate::html::Html;
use golf_task::{Content, Item};

/// Most characters of a text.
const SHOWN: usize = 480;

/// A few items.
pub(super) fn examples(items: &[Item], h: &mut Html) {
    if items.is_empty() {
        return;
    }
    h.raw("<section aria-labelledby=\"examples\">\n");
    heading(h, "examples", "Examples");
    if items.iter().any(|item| item.fresh) {
        h.raw("<p>They were drawn for an artifact that doesn’t exist; every entry is asked others.</p>\n");
    }
    for item in items {
        if !item.group.is_empty() {
            h.leaf("h3", &[], &item.group);
        }
        content(&item.content, h);
    }
    h.raw("</section>\n");
}

fn content(content: &Content, h: &mut Html) {
    let shown = |bytes: &[u8]| format::clipped(&String::from_utf8_lossy(bytes), SHOWN);
    match content {
        Content::Document { text, .. } => {
            h.leaf("blockquote", &[("class", "sample")], &shown(text));
            let bytes = format::grouped(text.len() as u64);
            h.leaf("p", &[("class", "quiet")], &format!("The beginning of a document of {bytes} bytes."));
        }
        Content::Choice { context, options, answer } => {
            if !context.is_empty() {
                h.leaf("blockquote", &[("class", "sample")], &shown(context));
            }
            h.el("ul", &[], |h| {
                for (index, option) in options.iter().enumerate() {
                    h.el("li", &[], |h| {
                        h.leaf("span", &[("class", "given")], &shown(option));
                        if index == *answer {
                            h.raw(" <b>(right)</b>");
                        }
                    });
                }
            });
        }
        Content::Generate { prompt, answer } => {
            h.el("blockquote", &[("class", "sample")], |h| {
                h.text(&shown(prompt));
                h.leaf("b", &[], &shown(answer));
            });
            h.raw("<p class=\"quiet\">The answer is bold.</p>\n");
        }
    }
}
