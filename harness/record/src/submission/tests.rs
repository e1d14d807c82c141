//! Every rule of the folder, broken.

use super::*;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A submission in order, in a folder of its own.
struct Fixture {
    _root: TempDir,
    folder: PathBuf,
}

const TEXT: &str = r#"{
  "schema": 1,
  "name": "Tiny",
  "authors": ["Ada", "Bo"],
  "license": "MIT OR Apache-2.0",
  "description": "Small — and random.",
  "engine": "ternary",
  "artifact": {"file": "model.safetensors", "sha256": "DIGEST"},
  "techniques": ["random weights"],
  "training": {"data": "none", "tokens": 0, "hardware": "none", "hours": 1.5}
}
"#;

impl Fixture {
    fn new() -> Self {
        Self::named("tiny-1")
    }

    fn named(slug: &str) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join(slug);
        fs::create_dir(&folder).expect("a folder");
        let fixture = Fixture { _root: root, folder };
        let artifact = golf_artifact::example::tiny(7);
        fixture.put(MANIFEST, Self::manifest(&artifact));
        fixture.put(README, "# Tiny\n");
        fixture.put(ARTIFACT, artifact);
        fixture.put("train.py", "print()\n");
        fixture.put(LICENSE, "MIT\n");
        fixture
    }

    fn manifest(artifact: &[u8]) -> String {
        TEXT.replace("DIGEST", &hex(&Sha256::digest(artifact)))
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), content).expect("written");
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.folder.join(name)).expect("removed");
    }

    /// Replaces a text in the manifest.
    #[track_caller]
    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.folder.join(MANIFEST)).expect("there");
        assert!(text.contains(from), "{from}");
        self.put(MANIFEST, text.replacen(from, to, 1));
    }

    /// The faults, with the folder's path cut off.
    fn faults(&self) -> Vec<String> {
        let root = format!("{}/", self.folder.parent().expect("a parent").display());
        match Submission::read(&self.folder) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.iter().map(|fault| fault.to_string().replace(&root, "")).collect(),
        }
    }

    #[track_caller]
    fn expect(&self, fragments: &[&str]) {
        let faults = self.faults();
        let all = fragments.iter().all(|fragment| faults.iter().any(|fault| fault.contains(fragment)));
        assert!(all && faults.len() == fragments.len(), "expected {fragments:#?}, found {faults:#?}");
    }
}

#[test]
fn a_submission_in_order_is_read() {
    let fixture = Fixture::new();
    fixture.expect(&[]);
    let submission = Submission::read(&fixture.folder).expect("in order");
    assert_eq!((submission.slug.as_str(), submission.readme.as_str()), ("tiny-1", "# Tiny\n"));
    assert_eq!(submission.artifact, golf_artifact::example::tiny(7));
    assert_eq!(submission.total_bytes, submission.artifact.len() as u64);
    assert_eq!(hex(&submission.sha256), submission.manifest.artifact.sha256);
    assert_eq!(submission.manifest.training.hours, 1.5);
    // Serde reads and writes the same.
    let text = fs::read_to_string(fixture.folder.join(MANIFEST)).expect("there");
    assert_eq!(serde_json::from_str::<Manifest>(&text).expect("valid"), submission.manifest);
    fixture.put(MANIFEST, crate::to_json(&submission.manifest));
    assert_eq!(Submission::read(&fixture.folder).expect("in order").manifest, submission.manifest);
}

#[test]
fn slugs_are_plain() {
    for (slug, good) in
        [("a", true), ("0-a-", true), ("-a", false), ("A", false), ("a_b", false), ("ä", false), ("", false)]
    {
        assert_eq!(is_slug(slug), good, "{slug}");
    }
    assert!(is_slug(&"a".repeat(63)) && !is_slug(&"a".repeat(64)));
    Fixture::named("Tiny").expect(&["Tiny: the folder's name `Tiny` is no slug: use 1 to 63 lower-case letters"]);
}

#[cfg(unix)]
#[test]
fn folders_that_are_none() {
    let fixture = Fixture::new();
    let fault = |path: &Path| Submission::read(path).expect_err("a fault")[0].to_string();
    assert!(fault(&fixture.folder.join("none")).contains("the folder can't be read"));
    assert!(fault(&fixture.folder.join(README)).contains("this is not a folder"));
    let link = fixture.folder.with_file_name("link");
    std::os::unix::fs::symlink(&fixture.folder, &link).expect("a link");
    assert!(fault(&link).contains("the folder is a link: name the folder that it leads to"));
    assert!(fault(&link.join("")).contains("the folder is a link"));
}

#[test]
fn files_that_are_missing() {
    let fixture = Fixture::new();
    fixture.remove("train.py");
    fixture.remove(LICENSE);
    fixture.expect(&[]);
    for name in [MANIFEST, README, ARTIFACT] {
        fixture.remove(name);
    }
    fixture.expect(&[
        "tiny-1/submission.json: the file is missing: add it",
        "tiny-1/README.md: the file is missing",
        "tiny-1/model.safetensors: the file is missing",
    ]);
}

#[cfg(unix)]
#[test]
fn files_that_can_not_be_here() {
    use std::os::unix::ffi::OsStrExt;
    let fixture = Fixture::new();
    for name in ["submision.json", "train.", "train.a b", "notes.txt", ".hidden", ".git", "LICENCE", "bad\u{1b}[2J"] {
        fixture.put(name, "x");
    }
    fs::write(fixture.folder.join(std::ffi::OsStr::from_bytes(b"\xff")), "x").expect("written");
    fs::create_dir(fixture.folder.join("train.d")).expect("made");
    std::os::unix::fs::symlink("/etc/passwd", fixture.folder.join("train.link")).expect("a link");
    let _socket = std::os::unix::net::UnixListener::bind(fixture.folder.join("train.sock")).expect("a socket");
    fixture.expect(&[
        "submision.json: a file of this name can't be here: remove it, or call it `submission.json`",
        "train.: a file of this name",
        "train.a b: a file of this name",
        "notes.txt: a file of this name can't be here: remove it, or call it `train.` and something",
        ".hidden: a hidden file: remove it",
        ".git: a repository within the repository: commit the files themselves",
        "LICENCE: a file of this name can't be here: remove it, or call it `LICENSE`",
        "bad\\u{1b}[2J: a file of this name",
        "tiny-1: the name `\u{fffd}` is not valid UTF-8",
        "train.d: a folder: keep only files here",
        "train.link: a link: put the file itself here",
        "train.sock: neither a file nor a folder",
    ]);
}

#[cfg(unix)]
#[test]
fn links_and_folders_in_place_of_files() {
    let fixture = Fixture::new();
    fixture.remove(README);
    fs::create_dir(fixture.folder.join(README)).expect("made");
    fixture.remove(ARTIFACT);
    std::os::unix::fs::symlink("train.py", fixture.folder.join(ARTIFACT)).expect("a link");
    fixture.expect(&["README.md: a folder", "model.safetensors: a link"]);
}

#[test]
fn files_that_are_empty_or_too_large() {
    let fixture = Fixture::new();
    for name in [MANIFEST, README, ARTIFACT, "train.py"] {
        fixture.put(name, "");
    }
    fixture.put(LICENSE, vec![b'x'; README_LIMIT as usize + 1]);
    fixture.put("train.log", vec![b'x'; TRAINING_LIMIT as usize]);
    fixture.put("train.txt", vec![b'x'; TRAINING_LIMIT as usize + 1_234]);
    let empty = "the file is empty";
    fixture.expect(&[
        &format!("submission.json: {empty}"),
        &format!("README.md: {empty}"),
        &format!("model.safetensors: {empty}"),
        &format!("train.py: {empty}"),
        "LICENSE: the file has 256,001 bytes, 1 more than the 256,000 allowed: shorten it",
        "train.txt: the file has 8,001,234 bytes, 1,234 more than the 8,000,000 allowed",
    ]);
    let fixture = Fixture::new();
    fixture.put(MANIFEST, " ".repeat(MANIFEST_LIMIT as usize + 1));
    fixture.put(README, " \n".repeat(8));
    fixture.expect(&["submission.json: the file has 64,001 bytes", "README.md: the file has nothing but white space"]);
}

/// An artifact of so many bytes.
fn sized(bytes: usize) -> Vec<u8> {
    let mut file = golf_artifact::write(&golf_artifact::Model::Uniform.to_json(), &[]);
    file.resize(bytes, 0);
    file
}

#[test]
fn the_budget_is_16_000_000_bytes() {
    let fixture = Fixture::new();
    let exact = sized(16_000_000);
    fixture.put(ARTIFACT, &exact);
    fixture.put(MANIFEST, Fixture::manifest(&exact).replace("\"ternary\"", "\"uniform\""));
    // It is read, and then something is wrong in it.
    fixture.expect(&["bytes after the last tensor"]);
    fixture.put(ARTIFACT, sized(16_000_001));
    // It is not read, so that nothing is said of the digest or the content.
    fixture.expect(&["model.safetensors: inference reads 16,000,001 bytes, 1 over the budget of 16,000,000; \
         the largest file is model.safetensors with 16,000,001: make the model smaller"]);
}

#[test]
fn texts_of_another_encoding() {
    let fixture = Fixture::new();
    fixture.put(README, b"# A\nb\xff\n");
    fixture.edit("\"schema\"", "\r\n\"schema\"");
    fixture.expect(&["README.md:2:2: byte 0xff is not valid UTF-8", "submission.json:2:3: a line ends with CR LF"]);
    fixture.put(README, "\u{feff}# A\n\u{1b}[31m");
    fixture.put(MANIFEST, "\u{feff}{}");
    fixture.expect(&[
        "README.md:1:1: the file starts with a byte order mark",
        "README.md:2:1: control character U+001B",
        "submission.json:1:1: the file starts with a byte order mark",
    ]);
}

#[test]
fn pointers_of_git_lfs() {
    let fixture = Fixture::new();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    for name in [MANIFEST, README, ARTIFACT, LICENSE, "train.py"] {
        fixture.put(name, pointer);
    }
    let fault = "a Git LFS pointer in place of the file: commit the file itself, or run `git lfs pull`";
    fixture.expect(&[fault; 5]);
}

#[test]
fn another_artifact_than_the_manifest_says() {
    let fixture = Fixture::new();
    let other = golf_artifact::example::tiny(8);
    fixture.put(ARTIFACT, &other);
    fixture.expect(&[&format!(
        "but that of model.safetensors is {}: write the latter, or put the right file",
        hex(&Sha256::digest(&other))
    )]);
    fixture.put(ARTIFACT, golf_artifact::example::tiny(7));
    fixture.edit("\"ternary\"", "\"mix\"");
    fixture.expect(&[
        "submission.json:7:13: `engine` is `mix`, but model.safetensors is made for `ternary`: write the latter",
    ]);
}

#[test]
fn faults_of_all_files_come_at_once() {
    let fixture = Fixture::new();
    let mut file = golf_artifact::example::tiny(7);
    file.truncate(100);
    fixture.put(ARTIFACT, file);
    fixture.put(README, "\r\n");
    fixture.put(".x", "x");
    fixture.edit("\"license\"", "\"licence\"");
    fixture.expect(&[
        "tiny-1/.x: a hidden file",
        "tiny-1/README.md:1:1: a line ends with CR LF",
        "tiny-1/model.safetensors: byte 0: the header's length is",
        "tiny-1/submission.json:1:1: the field `license` is missing: add it.",
        "tiny-1/submission.json:5:3: unknown field `licence`: remove it, or write `license`.",
        "tiny-1/submission.json:8:55: `sha256` is",
    ]);
    // Without a manifest the artifact is checked all the same.
    fixture.remove(MANIFEST);
    assert!(fixture.faults().iter().any(|fault| fault.contains("the header's length is")));
}

#[test]
fn manifests_with_faults() {
    let long = |count: usize| format!("\"{}\"", "x".repeat(count));
    for (from, to, fault) in [
        ("\"schema\": 1", "\"schema\": 2", "submission.json:2:13: `schema` is 2, but must be a whole number"),
        ("\"schema\": 1,", "", "1:1: the field `schema` is missing"),
        ("\"schema\": 1,", "\"schema\": 1", "3:3: a comma or a closing brace is missing"),
        ("\"schema\": 1,", "\"schema\": 1, \"name\": \"Tiny\",", "3:3: the key `name` occurs twice"),
        (
            "\"schema\": 1,",
            "\"schema\": 1, \"bits_per_byte\": 1,",
            "2:16: `bits_per_byte` is what the harness measures: remove it",
        ),
        ("\"file\"", "\"bytes\": 1, \"file\"", "8:16: `bytes` is what the harness measures"),
        ("\"Tiny\"", "\"\"", "3:11: `name` is empty: fill it in"),
        ("\"Tiny\"", "7", "`name` is a number: write a string"),
        ("\"Tiny\"", "\"Ti\\u001b[2Jny\"", "`name` has the invisible character U+001B"),
        ("\"Tiny\"", "\"Ti\\u202eny\"", "`name` has the invisible character U+202E"),
        ("\"Tiny\"", "\"Tiny \"", "`name` begins or ends with white space"),
        ("\"Tiny\"", &long(61), "`name` has 61 characters: shorten it to 60"),
        ("\"Small — and random.\"", &long(2_001), "`description` has 2001 characters"),
        ("\"Small — and random.\"", "\"a\\nb\"", "`description` has the invisible character U+000A"),
        ("[\"Ada\", \"Bo\"]", "[]", "4:14: `authors` has 0 items: write 1 to 20"),
        ("[\"Ada\", \"Bo\"]", "\"Ada\"", "`authors` is a string: write an array"),
        ("[\"Ada\", \"Bo\"]", "[\"Ada\", \"Ada\"]", "4:22: `authors` names `Ada` twice"),
        ("[\"Ada\", \"Bo\"]", &format!("[{}]", long(101)), "`authors` has 101 characters"),
        (
            "MIT OR Apache-2.0",
            "Apache 2.0",
            "5:14: `license`: `Apache` is not known as an SPDX identifier: write `Apache-2.0`",
        ),
        ("\"ternary\"", "\"terse\"", "`engine` is `terse`: write `ternary`, `mix`, `uniform`, `ngram` or `wasm`"),
        ("model.safetensors", "model.bin", "8:24: `file` is `model.bin`: write `model.safetensors`"),
        ("\"sha256\": \"", "\"sha256\": \"0", "`sha256` is `0"),
        ("\"sha256\"", "\"sha-256\"", "unknown field `sha-256`: remove it, or write `sha256`"),
        ("[\"random weights\"]", "[1]", "`techniques` is a number"),
        ("{\"data\"", "{\"date\"", "unknown field `date`: remove it, or write `data`"),
        ("\"tokens\": 0", "\"tokens\": -1", "`tokens` is -1"),
        ("\"hours\": 1.5", "\"hours\": -1.5", "10:74: `hours` is negative or too large"),
        ("\"hours\": 1.5", "\"hours\": 1e999", "`hours` is negative or too large"),
    ] {
        let fixture = Fixture::new();
        fixture.edit(from, to);
        let faults = fixture.faults();
        let missing = usize::from(to.contains("date") || to.contains("sha-256"));
        assert!(faults.iter().any(|text| text.contains(fault)) && faults.len() == 1 + missing, "{fault}: {faults:#?}");
    }
    for (from, to) in
        [("\"Tiny\"", long(60)), ("\"Small — and random.\"", long(2_000)), ("[\"random weights\"]", "[]".into())]
    {
        let fixture = Fixture::new();
        fixture.edit(from, &to);
        fixture.expect(&[]);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_changed_manifest_never_panics(
        place in proptest::prelude::any::<proptest::sample::Index>(),
        cut in 0usize..9,
        insert in "[\"{}\\[\\]:,0-9a-z\\\\é\u{202e} ]{0,3}",
    ) {
        let mut text: Vec<char> = TEXT.chars().collect();
        let place = place.index(text.len());
        text.splice(place..(place + cut).min(TEXT.chars().count()), insert.chars());
        let text: String = text.into_iter().collect();
        let reading = manifest::read(&text);
        proptest::prop_assert_eq!(reading.manifest.is_none(), !reading.faults.is_empty());
        if let Some(manifest) = reading.manifest {
            proptest::prop_assert_eq!(serde_json::from_str::<Manifest>(&text).ok(), Some(manifest));
        }
    }
}
