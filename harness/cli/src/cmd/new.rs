//! `new SLUG`

use super::{Common, print, print_json};
use crate::Fault;
use crate::golf::{self, Golf};
use golf_record::submission::{hex, is_slug};
use golf_record::to_json;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// Arguments of `new`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the folder: lower-case letters, digits and hyphens
    slug: String,
    /// The entry's name on the board; by default the slug
    #[arg(long)]
    name: Option<String>,
    /// `ternary` for weights that an engine here runs, `wasm` for code of its own
    #[arg(long, value_enum, default_value_t = Engine::Ternary)]
    engine: Engine,
}

/// What a new entry begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    Ternary,
    Wasm,
}

impl Engine {
    /// As manifests name it.
    fn name(self) -> &'static str {
        match self {
            Engine::Ternary => "ternary",
            Engine::Wasm => "wasm",
        }
    }

    /// A model to replace.
    fn artifact(self, seed: u64) -> Vec<u8> {
        match self {
            Engine::Ternary => golf_artifact::example::tiny(seed),
            Engine::Wasm => golf_artifact::example::module(seed),
        }
    }

    /// Where a model of one's own comes from.
    fn next(self) -> &'static str {
        match self {
            Engine::Ternary => "put your model in place of {0}/model.safetensors (harness/artifact/FORMAT.md)",
            Engine::Wasm => {
                "copy harness/wasm/templates/module.rs or module.c (harness/wasm/ABI.md says what it exports), build it as its first lines say,\n      \
                 then `cargo golf pack harness/wasm/templates/module.json module.wasm --output {0}/model.safetensors`"
            }
        }
    }
}

/// Makes a submission that passes `check`: a tiny model with random weights.
///
/// # Errors
/// If there is such a folder already, or it can't be written.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let slug = &args.slug;
    if !is_slug(slug) {
        return Err(Fault::usage(format!(
            "`{}` can't be a slug: use 1 to 63 lower-case letters, digits and hyphens, not a hyphen first",
            slug.escape_default()
        )));
    }
    let folder = golf.folder(slug);
    if folder.symlink_metadata().is_ok() {
        return Err(Fault::usage(format!("{} is there already; choose another slug", folder.display())));
    }
    // The folder appears only once everything is in it.
    let scratch = folder.with_file_name(format!(".{slug}.new"));
    let made = fill(&scratch, slug, args).and_then(|()| fs::rename(&scratch, &folder));
    if let Err(fault) = made {
        let _ = fs::remove_dir_all(&scratch);
        return Err(Fault::machine(format!("{}: can't be made: {fault}", folder.display())));
    }
    let candidate = golf::check(&folder)?;
    if common.json {
        print_json(&serde_json::json!({ "folder": folder, "artifact": candidate.facts }));
    } else {
        let folder = folder.display().to_string();
        print(&format!(
            "{folder}: made, and in order\nnext: {},\n      fill in submission.json and README.md,\n      then `cargo golf check {slug}` and `cargo golf run \
             {slug}`\n",
            args.engine.next().replace("{0}", &folder)
        ));
    }
    Ok(())
}

fn fill(folder: &Path, slug: &str, args: &Args) -> std::io::Result<()> {
    let name = args.name.as_deref().unwrap_or(slug);
    // A seed of its own, so that no two scaffolds are the same artifact.
    let seed = u64::from_le_bytes(Sha256::digest(slug)[..8].try_into().expect("eight bytes"));
    let artifact = args.engine.artifact(seed);
    let manifest = serde_json::json!({
        "schema": 1,
        "name": name,
        "authors": ["Your Name"],
        "license": "MIT",
        "description": "What it is, in a sentence or two.",
        "engine": args.engine.name(),
        "artifact": { "file": "model.safetensors", "sha256": hex(&Sha256::digest(&artifact)) },
        "techniques": ["random weights"],
        "training": { "data": "none", "tokens": 0, "hardware": "none", "hours": 0 },
    });
    let readme = format!(
        "# {name}\n\nA scaffold with random weights. Say here how the model was made and what was learnt: the data with its sources and \
         licences, the\nrecipe, the hardware and the hours, what failed.\n"
    );
    fs::create_dir_all(folder)?;
    fs::write(folder.join("model.safetensors"), artifact)?;
    fs::write(folder.join("submission.json"), to_json(&manifest))?;
    fs::write(folder.join("README.md"), readme)
}
