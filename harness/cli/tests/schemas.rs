//! The schemas that are published, against the project's files and against files that are wrong.

use golf::schemas;
use golf_record::TARGETS;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn validator(name: &str) -> jsonschema::Validator {
    let (_, text) = schemas::all().into_iter().find(|(schema, _)| *schema == name).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files in a folder's folders, or in itself.
fn files(folder: &str, deep: bool) -> Vec<PathBuf> {
    let list = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect::<Vec<_>>();
    let here = list(root().join(folder));
    if !deep {
        return here;
    }
    here.into_iter().filter(|path| path.is_dir()).flat_map(list).collect()
}

/// The schema of a committed file; none if it has none. Measurements are named after their machine, and so known by what they hold.
fn schema_of(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?;
    let is_target = |name: &str| name.strip_suffix(".json").is_some_and(|name| TARGETS.contains(&name));
    Some(match name {
        "submission.json" => "submission",
        "score.json" => "score",
        "public.json" => "public",
        "audit.json" => "audit",
        "contents.json" => "contents",
        "samples.json" => "samples",
        "history.json" => "history",
        "task.json" => "task",
        name if is_target(name) => "simulation",
        name if name.ends_with(".json") && read(path)["roofline"].is_object() => "measurements",
        _ => return None,
    })
}

#[test]
fn every_committed_file_keeps_its_schema() {
    let deep = ["submissions", "results", "tasks"].into_iter().flat_map(|folder| files(folder, true));
    let mut all: Vec<(PathBuf, &str)> = deep.filter_map(|path| Some((path.clone(), schema_of(&path)?))).collect();
    let boards =
        files("harness/boards", false).into_iter().filter(|path| path.extension().is_some_and(|end| end == "json"));
    all.extend(boards.map(|path| (path, "board")));
    all.extend([(root().join("results/leaders.json"), "leaders"), (root().join("tasks/season.json"), "season")]);
    for (name, _) in schemas::all() {
        assert!(name == "verdict" || all.iter().any(|(_, schema)| *schema == name), "nothing to try `{name}` on");
        let validator = validator(name);
        for (path, _) in all.iter().filter(|(_, schema)| *schema == name) {
            let faults: Vec<String> = validator.iter_errors(&read(path)).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{}: {faults:?}", path.display());
        }
    }
}

#[test]
fn what_a_reader_refuses_by_its_types_a_schema_refuses() {
    let submission = validator("submission");
    let good = read(&root().join("submissions/uniform/submission.json"));
    assert!(submission.is_valid(&good));
    let changes: [(&str, Value); 9] = [
        ("/schema", json!(2)),
        ("/name", json!("")),
        ("/name", json!("n".repeat(61))),
        ("/authors", json!([])),
        ("/engine", json!("steam")),
        ("/artifact/file", json!("../model.safetensors")),
        ("/artifact/sha256", json!("0".repeat(63))),
        ("/training/hours", json!(-1)),
        ("/techniques", json!("none")),
    ];
    for (place, value) in changes {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap() = value;
        assert!(!submission.is_valid(&bad), "{place}");
    }
    let mut unknown = good.clone();
    unknown["score"] = json!(1);
    assert!(!submission.is_valid(&unknown));
    let mut missing = good;
    missing.as_object_mut().unwrap().shift_remove("license");
    assert!(!submission.is_valid(&missing));
    // A record's items are columns.
    let score = validator("score");
    let mut bad = read(&root().join("results/uniform/score.json"));
    assert!(score.is_valid(&bad));
    bad["tasks"][0]["strata"][0]["kind"] = json!("guesses");
    assert!(!score.is_valid(&bad));
}

#[test]
fn a_verdict_keeps_its_schema() {
    let digest = "0".repeat(40);
    let verdict = json!({
        "schema": 1, "base": digest, "head": digest, "about": "nothing", "accepted": true, "faults": [], "notes": [], "entry": null,
    });
    assert!(golf::verdict::Verdict::read(verdict.to_string().as_bytes()).is_ok());
    assert!(validator("verdict").is_valid(&verdict));
    assert!(!validator("verdict").is_valid(&json!({ "schema": 1 })));
}
