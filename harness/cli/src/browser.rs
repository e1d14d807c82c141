//! The engine for browsers, built for each of what they have in vectors: committed files, so that a site can be rendered without the compiler for
//! WebAssembly.

use crate::Fault;
use crate::built::{Built, Committed};
use crate::golf::Golf;
use crate::toolchain::{Recipe, Toolchain};
use golf_site::Play;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A build of the engine, and its file as it was when the harness was built.
#[derive(Debug)]
pub struct Module {
    /// Of the file.
    pub name: &'static str,
    /// The compiler's flags for it.
    flags: &'static [&'static str],
    /// The file.
    pub file: &'static [u8],
}

/// As the compiler names it.
const TRIPLE: &str = "wasm32-unknown-unknown";

/// Leaves addresses as they are written: what the compiler makes of them for machines that can't add a constant to one keeps so many vectors at once that
/// browsers run out of registers.
const ADDRESSES: &str = "-Cllvm-args=-disable-lsr";

/// All builds, the fastest first; `engine.js` of the site says which browser runs which.
pub static MODULES: [Module; 3] = [
    Module {
        name: "relaxed",
        flags: &["-Ctarget-feature=+simd128,+relaxed-simd", ADDRESSES],
        file: include_bytes!("../../browser/modules/relaxed.wasm"),
    },
    Module {
        name: "simd128",
        flags: &["-Ctarget-feature=+simd128", ADDRESSES],
        file: include_bytes!("../../browser/modules/simd128.wasm"),
    },
    Module { name: "plain", flags: &[], file: include_bytes!("../../browser/modules/plain.wasm") },
];

impl Module {
    /// The file in a project's folder, and the note beside it.
    pub fn committed(&self, root: &Path) -> Committed {
        let path = root.join("harness/browser/modules").join(format!("{}.wasm", self.name));
        Committed { path, triple: TRIPLE, verb: "browser" }
    }

    /// Builds it from a project's source.
    ///
    /// # Errors
    /// If there is no library for WebAssembly, or the compiler fails.
    pub fn build(&self, toolchain: &Toolchain, root: &Path) -> Result<(Vec<u8>, Built), Fault> {
        let recipe = Recipe {
            package: "golf-browser",
            product: "golf_browser.wasm",
            profile: "browser",
            triple: TRIPLE,
            libraries: "std,panic_abort",
            flags: self.flags,
            is_elf: false,
        };
        let path = toolchain.build(root, &recipe)?;
        let bytes = fs::read(&path).map_err(|fault| Fault::reading(&path, &fault))?;
        let built = toolchain.note(&recipe, &bytes, None)?;
        Ok((bytes, built))
    }
}

/// What pages need to run entries.
#[derive(Debug)]
pub struct Playground {
    engines: [(&'static str, &'static [u8]); MODULES.len()],
    artifacts: BTreeMap<String, Vec<u8>>,
    tasks: BTreeMap<String, String>,
}

/// A task with its data, as `golf_browser::Player::take` reads it.
#[derive(Serialize)]
struct Source<'a> {
    definition: &'a golf_task::Definition,
    files: BTreeMap<&'a str, String>,
    season: &'a str,
}

impl Playground {
    /// Of a project: the entries that run in browsers, or only those with these slugs, and the tasks of the core suite whose data is text.
    ///
    /// # Errors
    /// If a submission's folder or a task's data can't be read.
    pub fn of(golf: &Golf, slugs: &[String]) -> Result<Self, Fault> {
        let mut artifacts = BTreeMap::new();
        for (slug, candidate) in golf.candidates(slugs)? {
            let Ok(candidate) = candidate else { continue };
            // The builds for browsers run no code that entries bring.
            if candidate.engine.name != "wasm" {
                artifacts.insert(slug, candidate.submission.artifact);
            }
        }
        let mut tasks = BTreeMap::new();
        for task in golf.select("core", None)? {
            let folder = golf.root.join("tasks").join(&task.definition.id);
            let read = |path: &str| {
                let path = folder.join(path);
                fs::read(&path).map_err(|fault| Fault::reading(&path, &fault))
            };
            let mut files = BTreeMap::new();
            for file in &task.definition.files {
                // JSON holds no other bytes.
                let Ok(text) = String::from_utf8(read(&file.path)?) else { break };
                files.insert(file.path.as_str(), text);
            }
            if files.len() == task.definition.files.len() {
                let source = Source { definition: &task.definition, files, season: &golf.season };
                let json = serde_json::to_string(&source).expect("plain data");
                tasks.insert(task.definition.id.clone(), json);
            }
        }
        let engines = MODULES.each_ref().map(|module| (module.name, module.file));
        Ok(Playground { engines, artifacts, tasks })
    }

    /// For the site.
    pub fn play(&self) -> Play<'_> {
        Play { engines: &self.engines, artifacts: Some(&self.artifacts), tasks: Some(&self.tasks) }
    }
}
