//! One page with an entry and all that runs it, which works from a disk: the site's `run.html` with its files inside.

use crate::html::Html;
use crate::page::run::player;
use crate::play::{Play, SCRIPTS, WORKER};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use golf_record::{Entry, to_json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The page of an entry; none if it doesn't run in browsers or has no score.
pub fn bundle(entry: &Entry, season: &str, play: &Play<'_>) -> Option<String> {
    let (artifact, score) = (play.artifact(entry)?, entry.score.as_ref()?);
    let data = serde_json::json!({
        "artifact": BASE64_STANDARD.encode(artifact),
        "engines": play.engines.iter().map(|(name, engine)| (*name, BASE64_STANDARD.encode(engine))).collect::<BTreeMap<_, _>>(),
        "worker": WORKER,
        "record": to_json(score),
        "tasks": play.tasks,
    });
    // No text in it can end the element that it stands in.
    let data = data.to_string().replace('<', "\\u003c");
    let style = concat!(include_str!("../assets/style.css"), include_str!("../assets/run.css"));
    let script: String = SCRIPTS.iter().map(|(_, content)| *content).collect();
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    // The thread is made from text in the page.
    let policy = format!(
        "default-src 'none'; script-src {} 'wasm-unsafe-eval'; worker-src blob:; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(&script),
        hash(style)
    );
    let name = if entry.manifest.name.trim().is_empty() { &entry.slug } else { &entry.manifest.name };
    let ids = play.tasks.into_iter().flat_map(|tasks| tasks.keys());
    let tasks: Vec<(&str, &str)> = ids.map(|id| (id.as_str(), id.as_str())).collect();
    let page = Html::of(|h| {
        h.raw("<!DOCTYPE html>\n");
        h.el("html", &[("lang", "en")], |h| {
            h.el("head", &[], |h| {
                h.raw("<meta charset=\"utf-8\">\n");
                h.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
                h.raw("\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
                h.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n");
                h.leaf("title", &[], &format!("{name} · Golf"));
                h.el("style", &[], |h| h.append(&Html::rendered(style.into())));
            });
            h.el("body", &[], |h| {
                h.el("main", &[("id", "main")], |h| {
                    h.el("h1", &[], |h| h.leaf("bdi", &[], name));
                    h.leaf("p", &[("class", "lead")], &entry.manifest.description);
                    let authors = entry.manifest.authors.join(", ");
                    let words = format!("By {authors}. Licence: {}. Season {season}.", entry.manifest.license);
                    h.leaf("p", &[("class", "note")], &words);
                    h.raw("<p class=\"note\">The model, the engine and the tasks are in this page. It asks nothing of a network.</p>\n");
                    player(play, &[entry], &tasks, h);
                    h.raw("<noscript><p class=\"notice\">Without scripts nothing runs here.</p></noscript>\n");
                });
                let data = Html::rendered(data);
                h.el("script", &[("type", "application/json"), ("id", "bundle")], |h| h.append(&data));
                h.raw("\n");
                h.el("script", &[], |h| h.append(&Html::rendered(script.clone())));
                h.raw("\n");
            });
        });
    });
    Some(page.into_string())
}
