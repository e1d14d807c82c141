//! Bits per byte in bytes: what an entry is scored at is what its predictions code a text in.

mod common;

use common::Project;
use golf::coder;
use golf::compressed::HEADER;
use golf::golf::Golf;
use golf::{model, scoring};
use golf_artifact::{Artifact, TernaryConfig, example};
use golf_core::logit;
use golf_task::Content;
use std::fs;
use std::path::Path;

/// Bytes that end a stream, which a score doesn't count: two words of the coder.
const END: f64 = 16.0;

/// Every document with the smallest entry of each engine, every sixteenth with all others; every eighth of these is decoded.
#[test]
fn entries_code_documents_in_what_they_are_scored_at() {
    let golf = Golf::open(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))).unwrap();
    let mut engines = vec![];
    let candidates = golf.candidates(&[]).unwrap();
    let mut candidates: Vec<_> = candidates.map(|(slug, candidate)| (slug, candidate.unwrap())).collect();
    candidates.sort_by_key(|(_, candidate)| candidate.facts.bytes);
    for (slug, candidate) in candidates {
        // Larger ones would take minutes here, and have the same engine.
        if candidate.facts.bytes > 1_000_000 {
            continue;
        }
        let artifact = Artifact::read(&candidate.submission.artifact).unwrap();
        let loaded = model::load(&artifact).unwrap();
        let step = if engines.contains(&candidate.engine.name) { 16 } else { 1 };
        let (mut seen, mut documents, mut worst) = (0, 0, 0f64);
        loaded
            .start(|mut model| {
                for task in &golf.tasks {
                    for item in task.items(&candidate.submission.sha256, &golf.season) {
                        let Content::Document { text, .. } = item.content else { continue };
                        seen += 1;
                        if seen % step != 0 {
                            continue;
                        }
                        let coded = coder::encode(&mut model, &text).unwrap();
                        let scored = coded.cost as f64 / 65_536.0 / 8.0;
                        assert_eq!(
                            scoring::score_text(&mut model, &text).unwrap().0.0,
                            coded.cost,
                            "{slug} {}",
                            item.id
                        );
                        let over = coded.bytes.len() as f64 - scored;
                        let less = if over < -1.0 { below_the_finest(&mut model, &text) / 8.0 } else { 0.0 };
                        assert!(
                            (-1.0 - less..1.0 + END).contains(&over),
                            "{slug} {}: {over} bytes over, {less} less",
                            item.id
                        );
                        worst = worst.max(over);
                        if documents % 8 == 0 {
                            assert_eq!(coder::decode(&mut model, &coded.bytes, text.len()).as_deref(), Some(&text[..]));
                        }
                        documents += 1;
                    }
                }
            })
            .unwrap();
        println!("{slug}: {documents} documents, none more than {worst:.2} bytes over its score");
        assert!(seen > 100 && documents == seen / step);
        engines.push(candidate.engine.name);
    }
    for engine in ["ternary", "mix", "uniform"] {
        assert!(engines.iter().any(|name| name == engine), "no entry runs on {engine}");
    }
}

/// Bits by which tokens are cheaper than they are scored at, because none takes more than 48.
fn below_the_finest(model: &mut model::Running<'_>, text: &[u8]) -> f64 {
    let tokens = scoring::cut(model.model(), text).unwrap();
    let mut less = 0.0;
    model.predictions(&tokens, &mut |index, logits| {
        let cost = logit::cost(logits, tokens[index]).0 as f64 / 65_536.0;
        less += (1.0 + (cost - 48.0).exp2()).log2();
    });
    less
}

#[test]
fn other_kernels_bring_the_same_text_back() {
    let project = Project::new();
    // What isn't text, and more of it than the model's context.
    let data: Vec<u8> = (0..3_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(project.path("data.bin"), &data).unwrap();
    let kernels = golf_ternary::Kernel::available().map(|kernel| kernel.name());
    let mut files = vec![];
    for kernel in kernels {
        let golf = |arguments: &[&str]| project.command(arguments).env("GOLF_KERNEL", kernel).output().unwrap();
        assert!(golf(&["compress", "entry", "data.bin", "-o", "data.golf"]).status.success());
        files.push(project.read("data.golf"));
        fs::write(project.path("first.golf"), &files[0]).unwrap();
        let output = golf(&["decompress", "submissions/entry/model.safetensors", "first.golf", "-o", "back.bin"]);
        assert!(output.status.success(), "{kernel}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(project.read("back.bin"), data, "{kernel}");
    }
    assert!(files.iter().all(|file| *file == files[0]), "the same file on every kernel");
}

#[test]
fn other_threads_and_another_kernel_bring_the_same_text_back() {
    let project = Project::new();
    // Large enough that a token is shared between threads.
    let config = TernaryConfig { dim: 512, hidden: 1_536, ..example::config() };
    let file = example::build(&config, 256, 1);
    let needed = model::load(&Artifact::read(&file).unwrap()).unwrap().needed().unwrap();
    assert!(needed.is_none_or(|needed| needed.multiply_adds >= 4_000_000));
    fs::write(project.path("large.safetensors"), file).unwrap();
    fs::write(project.path("text.txt"), "The kettle sang before anyone was up.\n").unwrap();
    let golf = |verb: &str, from: &str, to: &str, threads: &str, kernel: &str| {
        let arguments = [verb, "large.safetensors", from, "-o", to, "--threads", threads];
        let output = project.command(&arguments).env("GOLF_KERNEL", kernel).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let best = golf_ternary::Kernel::best().name();
    golf("compress", "text.txt", "one.golf", "1", best);
    golf("compress", "text.txt", "three.golf", "3", best);
    assert_eq!(project.read("one.golf"), project.read("three.golf"));
    for (threads, kernel) in [("2", best), ("1", "scalar")] {
        golf("decompress", "one.golf", "back.txt", threads, kernel);
        assert_eq!(project.read("back.txt"), project.read("text.txt"), "{threads} {kernel}");
    }
}

#[test]
fn files_that_are_not_what_they_say_are_refused_with_a_sentence() {
    let project = Project::new();
    fs::write(project.path("text.txt"), "The kettle sang before anyone was up.\n").unwrap();
    assert!(project.golf(&["compress", "entry", "text.txt", "-o", "text.golf"]).status.success());
    let file = project.read("text.golf");
    let refused = |bytes: &[u8], message: &str| {
        fs::write(project.path("bad.golf"), bytes).unwrap();
        project.expect(&["decompress", "entry", "bad.golf", "-o", "out.txt"], 2, message);
        assert!(!project.path("out.txt").exists(), "{message}");
    };
    let changed = |at: usize, value: u8| {
        let mut bytes = file.clone();
        bytes[at] = value;
        bytes
    };
    refused(b"", "doesn't begin with `golftext`");
    refused(b"The kettle", "doesn't begin with `golftext`");
    for length in [8, 9, HEADER - 1, HEADER, HEADER + 1, file.len() - 1] {
        refused(&file[..length], "is cut short");
    }
    refused(&[&file[..], b"\0"].concat(), "has 1 bytes too many");
    refused(&changed(8, 9), "is of format 9");
    refused(&changed(12, 77), "by version 77 of the engine");
    refused(&changed(20, file[20] ^ 1), "was compressed with the artifact");
    refused(&changed(50, file[50] ^ 1), "is damaged");
    refused(&changed(80, file[80] ^ 1), "is damaged");
    refused(&changed(87, 1), "is damaged: it speaks of");
    // The last bytes only end the stream: any that end it in the same interval are as good.
    for (at, byte) in file[..file.len() - 16].iter().enumerate().skip(HEADER) {
        refused(&changed(at, byte ^ 4), "is damaged");
    }
    project.expect(&["decompress", "nobody", "text.golf", "-o", "out.txt"], 2, "there is no submission `nobody`");
    project.expect(&["compress", "entry", "nowhere.txt", "-o", "out.golf"], 3, "nowhere.txt: can't be read");
    project.expect(&["compress", "entry", "text.txt", "-o", "submissions"], 3, "submissions: can't be written");
}

#[test]
fn nothing_at_all_comes_back_as_nothing() {
    let project = Project::new();
    fs::write(project.path("empty"), "").unwrap();
    assert!(project.golf(&["compress", "entry", "empty", "-o", "empty.golf"]).status.success());
    assert_eq!(project.read("empty.golf").len(), HEADER);
    assert!(project.golf(&["decompress", "entry", "empty.golf", "-o", "out"]).status.success());
    assert_eq!(project.read("out"), b"");
}
