//! `submission.json`, schema 1.

use super::{ARTIFACT, Fault, spdx};
use golf_artifact::fault::{is_hidden, quote};
use golf_artifact::json::{self, Fields, Node, Problems, Value};
use golf_artifact::{ENGINES, text};
use serde::{Deserialize, Serialize};

/// Values that the file has at most.
const VALUES: usize = 4_096;

/// What `submission.json` says. Reading one from a folder checks far more than its types; see
/// [`super::Submission::read`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the format, 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1)))]
    pub schema: u32,
    /// The entry's name, at most 60 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 60)))]
    pub name: String,
    /// Who made it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 20), inner(length(min = 1, max = 100))))]
    pub authors: Vec<String>,
    /// An SPDX expression.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 200)))]
    pub license: String,
    /// What it is, at most 2,000 characters on one line.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 2_000), regex(pattern = "^[^\\n]*$")))]
    pub description: String,
    /// The engine that runs it.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ENGINES)))]
    pub engine: String,
    /// The file that inference reads.
    pub artifact: ArtifactFile,
    /// What it uses, a few words each.
    #[cfg_attr(feature = "schema", schemars(length(max = 32), inner(length(min = 1, max = 60))))]
    pub techniques: Vec<String>,
    /// How it was made.
    pub training: Training,
}

/// The file that inference reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ArtifactFile {
    /// Its name, `model.safetensors`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = ARTIFACT)))]
    pub file: String,
    /// Its SHA-256 in lower-case hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub sha256: String,
}

/// How an entry was made, in its makers' words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The data and where it comes from.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1_000)))]
    pub data: String,
    /// Tokens that training saw, repeated ones included.
    pub tokens: u64,
    /// The machine.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 200)))]
    pub hardware: String,
    /// Hours on that machine.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0)))]
    pub hours: f64,
}

/// Fields that the harness fills in itself, wherever they are written.
const MEASURED: [&str; 14] = [
    "bytes",
    "size",
    "total_bytes",
    "parameters",
    "params",
    "score",
    "loss",
    "val_loss",
    "bits_per_byte",
    "bpb",
    "val_bpb",
    "speed",
    "tokens_per_second",
    "rank",
];

/// A manifest as far as it could be read.
pub(super) struct Reading {
    /// All of it, if nothing is wrong.
    pub(super) manifest: Option<Manifest>,
    /// What is wrong, without the file's name.
    pub(super) faults: Vec<Fault>,
    /// The digest and the byte where it stands.
    pub(super) sha256: Option<(String, usize)>,
    /// The engine and the byte where it stands.
    pub(super) engine: Option<(String, usize)>,
}

/// Reads a manifest and checks every field.
pub(super) fn read(text: &str) -> Reading {
    let mut problems = Problems::default();
    let root = json::parse(text, VALUES, &mut problems);
    let mut reading = Reading { manifest: None, faults: Vec::new(), sha256: None, engine: None };
    if let Some(root) = &root {
        let manifest = fields(root, &mut problems, &mut reading);
        reading.manifest = manifest.filter(|_| problems.is_empty());
    }
    reading.faults = problems.into_faults(|at| text::place(text, at));
    reading
}

fn fields(root: &Node<'_>, problems: &mut Problems, reading: &mut Reading) -> Option<Manifest> {
    let known = ["schema", "name", "authors", "license", "description", "engine", "artifact", "techniques", "training"];
    let fields = object(root, "the manifest", &known, problems)?;
    let schema = fields.whole("schema", 1..=1, problems);
    let name = line(&fields, "name", 60, problems);
    let authors = lines(&fields, "authors", 1, 20, 100, problems);
    let license = license(&fields, problems);
    let description = line(&fields, "description", 2_000, problems);
    let engines = ENGINES.map(|name| (name, name));
    let engine = fields.choice("engine", &engines, problems);
    reading.engine = engine.zip(fields.optional("engine")).map(|(engine, node)| (engine.to_owned(), node.at));
    let artifact = fields.get("artifact", problems).and_then(|node| artifact(node, problems, reading));
    let techniques = lines(&fields, "techniques", 0, 32, 60, problems);
    let training = fields.get("training", problems).and_then(|node| training(node, problems));
    Some(Manifest {
        schema: schema? as u32,
        name: name?,
        authors: authors?,
        license: license?,
        description: description?,
        engine: engine?.to_owned(),
        artifact: artifact?,
        techniques: techniques?,
        training: training?,
    })
}

/// The fields of an object. What the harness measures is refused by name, other unknown fields as such.
fn object<'n, 'a>(node: &'n Node<'a>, what: &str, known: &[&str], problems: &mut Problems) -> Option<Fields<'n, 'a>> {
    let mut known = known.to_vec();
    if let Value::Object(members) = &node.value {
        for member in members {
            if let Some(&name) = MEASURED.iter().find(|&&name| name == member.key) {
                problems.report(member.at, format!("`{name}` is what the harness measures"), "remove it");
                known.push(name);
            }
        }
    }
    Fields::of(node, what, &known, problems)
}

fn artifact(node: &Node<'_>, problems: &mut Problems, reading: &mut Reading) -> Option<ArtifactFile> {
    let fields = object(node, "`artifact`", &["file", "sha256"], problems)?;
    let file = fields.choice("file", &[(ARTIFACT, ARTIFACT)], problems);
    let sha256 = fields.text("sha256", problems).zip(fields.optional("sha256")).and_then(|(digest, node)| {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let valid = digest.len() == 64 && digest.bytes().all(is_hex);
        if !valid {
            let remedy = "write the 64 lower-case hexadecimal digits that `sha256sum model.safetensors` prints";
            problems.report(node.at, format!("`sha256` is {}", quote(digest)), remedy);
        }
        valid.then(|| (digest.to_owned(), node.at))
    });
    reading.sha256 = sha256.clone();
    Some(ArtifactFile { file: file?.into(), sha256: sha256?.0 })
}

fn training(node: &Node<'_>, problems: &mut Problems) -> Option<Training> {
    let fields = object(node, "`training`", &["data", "tokens", "hardware", "hours"], problems)?;
    let data = line(&fields, "data", 1_000, problems);
    let tokens = fields.whole("tokens", 0..=u64::MAX, problems);
    let hardware = line(&fields, "hardware", 200, problems);
    let hours = fields.real("hours", problems);
    Some(Training { data: data?, tokens: tokens?, hardware: hardware?, hours: hours? })
}

fn license(fields: &Fields<'_, '_>, problems: &mut Problems) -> Option<String> {
    let license = line(fields, "license", 200, problems)?;
    if let (Err((message, remedy)), Some(node)) = (spdx::check(&license), fields.optional("license")) {
        problems.report(node.at, format!("`license`: {message}"), remedy);
        return None;
    }
    Some(license)
}

/// A text on one line.
fn line(fields: &Fields<'_, '_>, name: &str, most: usize, problems: &mut Problems) -> Option<String> {
    one_line(fields.get(name, problems)?, name, most, problems)
}

fn one_line(node: &Node<'_>, name: &str, most: usize, problems: &mut Problems) -> Option<String> {
    let text = node.text(name, problems)?;
    let count = text.chars().count();
    let fault = if text.trim().is_empty() {
        Some((format!("`{name}` is empty"), "fill it in".into()))
    } else if count > most {
        Some((format!("`{name}` has {count} characters"), format!("shorten it to {most}")))
    } else if let Some(hidden) = text.chars().find(|&c| is_hidden(c)) {
        Some((format!("`{name}` has the invisible character U+{:04X}", u32::from(hidden)), "remove it".into()))
    } else if text.trim() != text {
        Some((format!("`{name}` begins or ends with white space"), "remove it".into()))
    } else {
        None
    };
    match fault {
        Some((message, remedy)) => {
            problems.report(node.at, message, remedy);
            None
        }
        None => Some(text.to_owned()),
    }
}

/// A list of texts, none of them twice.
fn lines(
    fields: &Fields<'_, '_>,
    name: &str,
    least: usize,
    count: usize,
    most: usize,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let list = fields.list(name, least..=count, problems)?;
    let mut texts = Vec::new();
    for node in list {
        let Some(text) = one_line(node, name, most, problems) else { continue };
        if texts.contains(&text) {
            problems.report(node.at, format!("`{name}` names {} twice", quote(&text)), "keep one of them");
        }
        texts.push(text);
    }
    (texts.len() == list.len()).then_some(texts)
}
