//! What runs entries in a browser: the engine, and what it reads.

use golf_record::{Entry, to_json};
use std::collections::BTreeMap;

/// Engine, models and tasks, as files of the site.
#[derive(Clone, Copy, Debug, Default)]
pub struct Play<'a> {
    /// The builds of the engine, by the names that `engine.js` knows.
    pub engines: &'a [(&'a str, &'a [u8])],
    /// The artifacts of entries that run in a browser, by slug.
    pub artifacts: Option<&'a BTreeMap<String, Vec<u8>>>,
    /// Tasks with their data, in JSON, by id.
    pub tasks: Option<&'a BTreeMap<String, String>>,
}

/// Scripts of the page that runs entries, in order; the last one does the work.
pub(crate) const SCRIPTS: [(&str, &str); 2] =
    [("engine.js", include_str!("../assets/engine.js")), ("run.js", include_str!("../assets/run.js"))];

/// The engine's thread.
pub(crate) const WORKER: &str = include_str!("../assets/worker.js");

/// Keeps pages for when there is no network.
pub(crate) const SERVICE_WORKER: &str = include_str!("../assets/sw.js");

impl Play<'_> {
    /// The artifact of an entry that runs here and has a record.
    pub(crate) fn artifact(&self, entry: &Entry) -> Option<&[u8]> {
        entry.score.as_ref()?;
        self.artifacts?.get(&entry.slug).map(Vec::as_slice)
    }

    /// Files of the site, with their paths.
    pub(crate) fn files(&self, entries: &[Entry]) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<(String, Vec<u8>)> =
            vec![("worker.js".into(), WORKER.into()), ("sw.js".into(), SERVICE_WORKER.into())];
        files.extend(self.engines.iter().map(|&(name, engine)| (format!("engine-{name}.wasm"), engine.into())));
        files.extend(SCRIPTS.map(|(path, content)| (path.into(), content.into())));
        for (id, task) in self.tasks.into_iter().flatten() {
            files.push((format!("tasks/{id}.json"), task.clone().into()));
        }
        for entry in entries {
            if let (Some(artifact), Some(score)) = (self.artifact(entry), &entry.score) {
                files.push((format!("artifacts/{}.safetensors", score.artifact.sha256), artifact.into()));
                files.push((format!("records/{}.json", entry.slug), to_json(score).into()));
            }
        }
        files
    }
}
