//! Entries that bring their own code, as their users meet them.

mod common;

use common::Project;
use golf::scoring;
use golf_artifact::{Artifact, ArtifactBuilder, Dtype, Model};
use golf_core::{Tokenization, probe};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// An entry whose module has these bodies: the n-th byte that came is the likelier, the more often it came.
fn entry(observe: &str, predict: &str) -> Project {
    let module = format!(
        r#"(module (memory (export "memory") 1)
            (func (export "data") (param i32) (result i32) i32.const 2048)
            (func (export "logits") (param i32) (result i32) i32.const 0)
            (func (export "predict") {predict})
            (func (export "observe") (param i32) {observe}))"#
    );
    let module = wat::parse_str(module).unwrap();
    let mut builder = ArtifactBuilder::new(Model::Wasm { tokenizer: Tokenization::Bytes });
    builder.vocabulary(&(0..=255).map(|byte| [byte]).collect::<Vec<_>>());
    builder.tensor("module", Dtype::U8, &[module.len()], module);
    let project = Project::new();
    let manifest = project.path("submissions/entry/submission.json");
    let text = fs::read_to_string(&manifest).unwrap().replace("\"ternary\"", "\"wasm\"");
    fs::write(manifest, text).unwrap();
    project.replace_artifact(&builder.finish());
    project
}

const COUNT: &str = "(local $at i32)
    (local.set $at (i32.shl (local.get 0) (i32.const 2)))
    (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 4000)))";

#[test]
fn an_entry_with_code_of_its_own_is_scored_measured_and_ranked() {
    let project = entry(COUNT, "");
    let output = project.golf(&["run", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let board = String::from_utf8(project.read("results/leaderboard.csv")).unwrap();
    assert!(board.lines().any(|line| line.contains(",entry,") && line.contains(",wasm@1,")), "{board}");
    assert!(!project.path("results/entry/riscv32imc.json").exists(), "no microcontroller runs it");
    let verified = project.golf(&["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let text = b"to be or not to be, that is what compresses".repeat(20);
    fs::write(project.path("text"), &text).unwrap();
    assert!(project.golf(&["compress", "entry", "text", "-o", "packed"]).status.success());
    assert!(project.golf(&["decompress", "entry", "packed", "-o", "back"]).status.success());
    assert!(project.read("packed").len() < text.len() && project.read("back") == text);
}

#[test]
fn an_entry_that_never_answers_is_ended_with_its_own_message() {
    let project = entry("(loop $l (br $l))", "");
    project.expect(&["check", "entry"], 0, "");
    project.expect(
        &["score", "entry"],
        1,
        "`observe` took more than the 268435456 instructions that it may take and was ended",
    );
    let project = entry("", "unreachable");
    project.expect(&["score", "entry"], 1, "`predict` failed: wasm `unreachable` instruction executed");
    assert!(!project.path("results/entry/score.json").exists());
    let project = entry("(drop (memory.grow (i32.const 60000)))", "");
    project.expect(&["score", "entry"], 1, "`observe` wanted more than the 134217728 bytes of memory");
}

#[test]
fn a_new_entry_may_bring_its_own_code() {
    let project = Project::new();
    let output = project.golf(&["new", "mine", "--engine", "wasm"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("templates/module.rs"), "{said}");
    assert!(project.golf(&["check", "mine"]).status.success());
    // It is what its text says.
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../artifact/src/example.rs")).unwrap();
    let text: String =
        source.split("```").nth(1).unwrap().lines().skip(1).map(|line| line.trim_start_matches("///")).collect();
    let file = project.read("submissions/mine/model.safetensors");
    let artifact = Artifact::read(&file).unwrap();
    assert_eq!(artifact.module().unwrap().0, wat::parse_str(text).unwrap());
    let loaded = golf::model::load(&artifact).unwrap();
    let cost = |text: &[u8]| loaded.start(|mut model| scoring::score_text(&mut model, text).unwrap().0).unwrap().0;
    assert!(cost(&[b'a'; 400]) < 400 * cost(b"a") / 2, "it learns");
}

/// The digest of the logits on the probe's text by Node.js; none where it isn't installed.
fn by_node(artifact: &[u8]) -> Option<String> {
    let found = Command::new("node").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("GOLF_REQUIRE_TOOLS").is_none(), "node is missing: apt-get install nodejs");
        println!("skipped: node is missing");
        return None;
    }
    let artifact = Artifact::read(artifact).unwrap();
    let (module, data) = artifact.module().unwrap();
    let mut tokens = vec![];
    let started = golf::model::load(&artifact).unwrap();
    started.start(|mut model| tokens = scoring::cut(model.model(), probe::TEXT).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        fs::write(folder.path().join(name), bytes).unwrap();
        folder.path().join(name)
    };
    let output = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/second_runtime.mjs"))
        .args([put("module", module), put("data", data), put("tokens", format!("{tokens:?}").as_bytes())])
        .arg(artifact.vocabulary().len().to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().trim().into())
}

#[test]
fn a_second_runtime_gives_the_same_logits() {
    let project = entry(COUNT, "");
    let mut artifacts = vec![project.path("submissions/entry/model.safetensors")];
    let submissions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../submissions");
    artifacts.extend(fs::read_dir(submissions).unwrap().map(|entry| entry.unwrap().path().join("model.safetensors")));
    let mut compared = 0;
    for path in artifacts {
        let Ok(bytes) = fs::read(&path) else { continue };
        let artifact = Artifact::read(&bytes).unwrap();
        if !matches!(artifact.model(), Model::Wasm { .. }) {
            continue;
        }
        let Some(theirs) = by_node(&bytes) else { return };
        let ours = golf::model::load(&artifact).unwrap();
        let ours = ours.start(|mut model| scoring::probe(&mut model, usize::MAX).unwrap()).unwrap();
        assert_eq!(ours.sha256, theirs, "{}", path.display());
        compared += 1;
    }
    assert!(compared >= 1);
}

/// Assembles a template with a compiler, if that is here.
fn compile(program: &str, arguments: &[&str], source: &str) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("module.wasm");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm/templates").join(source);
    let output = Command::new(program).args(arguments).arg(source).arg("-o").arg(&module).output();
    match output {
        Ok(output) if output.status.success() => Some(fs::read(module).unwrap()),
        // It may lack the target or the linker for it.
        _ => {
            println!("skipped: no {program} for wasm32");
            None
        }
    }
}

#[test]
fn the_templates_build_pack_and_predict_alike() {
    let rust =
        ["--edition", "2024", "--target", "wasm32-unknown-unknown", "--crate-type", "cdylib", "-C", "opt-level=3"];
    let rust = [&rust[..], &["-C", "panic=abort", "-C", "lto", "-C", "strip=symbols"]].concat();
    let c = ["--target=wasm32", "-O3", "-nostdlib", "-Wl,--no-entry", "-Wl,--strip-all"];
    let modules = [compile("rustc", &rust, "module.rs"), compile("clang", &c, "module.c")];
    let project = Project::new();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm/templates/module.json");
    let mut digests = vec![];
    for module in modules.into_iter().flatten() {
        fs::write(project.path("module.wasm"), module).unwrap();
        fs::write(project.path("weights"), b"none").unwrap();
        let arguments = ["pack", config.to_str().unwrap(), "module.wasm", "--data", "weights", "-o", "packed"];
        let output = project.golf(&arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let packed = project.read("packed");
        let artifact = Artifact::read(&packed).unwrap();
        assert_eq!(artifact.module().unwrap().1, b"none");
        let loaded = golf::model::load(&artifact).unwrap();
        let (probe, cost) = loaded
            .start(|mut model| {
                let probe = scoring::probe(&mut model, usize::MAX).unwrap();
                (probe, scoring::score_text(&mut model, &b"again and ".repeat(50)).unwrap().0)
            })
            .unwrap();
        assert!(cost.0 < 500 * 8 * 65_536 * 9 / 10, "it learns");
        digests.push(probe.sha256);
    }
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn what_cannot_be_packed_as_a_module_says_so() {
    let project = entry("", "");
    let artifact = project.read("submissions/entry/model.safetensors");
    fs::write(project.path("module.wasm"), Artifact::read(&artifact).unwrap().module().unwrap().0).unwrap();
    let pack = |config: &str, more: &[&str], message: &str| {
        fs::write(project.path("c.json"), config).unwrap();
        project.expect(
            &[&["pack", "c.json", "-o", "out"], more].concat(),
            if more.contains(&"--data") { 2 } else { 1 },
            message,
        );
    };
    let wasm = r#"{"engine": "wasm", "version": 1, "tokenizer": "bytes"}"#;
    pack(wasm, &[], "the engine `wasm` needs a module");
    pack(wasm, &["--data", "c.json"], "--data is for modules");
    pack(
        r#"{"engine": "uniform", "version": 1}"#,
        &["module.wasm"],
        "a module, but the configuration is of the engine `uniform`",
    );
    pack(
        &wasm.replace("bytes", "bpe"),
        &["module.wasm"],
        "there is no vocabulary: add `vocabulary` to the configuration",
    );
    pack(&wasm.replace('}', ", \"codecs\": {}}"), &["module.wasm"], "unknown field `codecs`");
    assert!(!project.path("out").exists());
}
