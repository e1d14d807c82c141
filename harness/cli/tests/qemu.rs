//! The firmware on QEMU's machines. Where QEMU isn't installed these tests say so and pass, unless `GOLF_REQUIRE_TOOLS` is set.

use golf::firmware::TARGETS;
use golf::model::Loaded;
use golf::qemu::{ARM, CORTEX_M, Machine, Program, RISCV32, VIRT};
use golf::simulate::{InQemu, JOB, Room, image, in_qemu, program, simulate};
use golf::{scoring, worker};
use golf_artifact::example;
use golf_record::Outcome;
use golf_simulator::{Job, Scored, run};
use golf_task::{Content, Task};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(240);

/// A small model with every codec and a window of 64 tokens, which the probe's 96 go beyond.
fn loaded() -> &'static Loaded {
    static LOADED: OnceLock<Loaded> = OnceLock::new();
    LOADED.get_or_init(|| worker::load(&example::tiny(7)).unwrap())
}

fn small() -> &'static [u8] {
    image(loaded()).unwrap()
}

/// Whether a program of QEMU is there.
fn is_there(program: &Program) -> bool {
    let found = program.version().is_some();
    if !found {
        assert!(std::env::var_os("GOLF_REQUIRE_TOOLS").is_none(), "{}", program.missing());
        eprintln!("not run: {}", program.missing());
    }
    found
}

fn machine(name: &str, target: &str) -> &'static Machine {
    CORTEX_M.iter().find(|machine| machine.name == name && machine.target == target).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn risc_v_counts_as_in_process() {
    if !is_there(&RISCV32) {
        return;
    }
    let outcome = run(&program().unwrap(), small(), &JOB, u64::MAX).unwrap();
    assert_eq!(VIRT.run(&JOB, small(), LIMIT).unwrap(), outcome.report);
    let fault = VIRT.run(&JOB, b"no image", LIMIT).unwrap_err();
    assert!(fault.message.contains("not an image"), "{fault}");
}

#[test]
fn cortex_m_comes_to_the_same_logits() {
    if !is_there(&ARM) {
        return;
    }
    let here = simulate(loaded(), Room::AMPLE).unwrap();
    for target in &TARGETS[1..] {
        let InQemu::Figures(there, machines) = in_qemu(target, loaded(), LIMIT).unwrap() else {
            panic!("there is room for a small model")
        };
        assert_eq!((&there.probe, &there.narrowed), (&here.probe, &here.narrowed), "{}", target.name);
        // The model's memory is the same; the code differs.
        assert_eq!(there.ram.arena_bytes, here.ram.arena_bytes);
        assert!(machines.iter().all(|machine| machine.whole), "{machines:?}");
    }
}

/// Sizes that leave something over at every step of the loops by hand: of rows, bytes, heads' widths and pairs of tokens.
#[test]
fn odd_sizes_come_to_the_same_logits() {
    let sizes = [
        // Width, heads, key/value heads, their width, hidden width.
        (50, 6, 3, 22, 70, false),
        (87, 2, 1, 24, 131, false),
        (131, 4, 2, 40, 77, true),
        (260, 3, 1, 128, 101, false),
    ];
    for (seed, (dim, heads, kv_heads, head_dim, hidden, gated)) in sizes.into_iter().enumerate() {
        let config = golf_artifact::TernaryConfig {
            dim,
            heads,
            kv_heads,
            head_dim,
            hidden,
            gated,
            window: 17,
            rope_frequencies: (0..head_dim as u16 / 2).map(|pair| 97 - pair).collect(),
            ..example::config()
        };
        let loaded = worker::load(&example::build(&config, 300, seed as u64)).unwrap();
        let image = image(&loaded).unwrap();
        let job = Job { probe: 40, generate: 1, ..JOB };
        let probe = loaded.start(|mut model| scoring::probe(&mut model, 40)).unwrap().unwrap();
        let outcome = run(&program().unwrap(), image, &job, u64::MAX).unwrap();
        assert_eq!(outcome.report.digest, probe.sha256, "{config:?}");
        for target in TARGETS[1..].iter().filter(|_| is_there(&ARM)) {
            let machine = Machine::of(target.name).find(|machine| machine.name != "microbit").unwrap();
            let report = machine.run(&job, image, LIMIT).unwrap();
            assert_eq!(report.digest, probe.sha256, "{}: {config:?}", target.name);
        }
    }
}

#[test]
fn counts_repeat_exactly_under_load() {
    if !is_there(&ARM) {
        return;
    }
    let machine = machine("mps2-an386", "thumbv7em");
    // Several at once, so that they disturb each other.
    let reports: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..5).map(|_| scope.spawn(|| machine.run(&JOB, small(), LIMIT).unwrap())).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(reports.iter().all(|report| *report == reports[0]), "{reports:?}");
}

#[test]
fn what_is_no_image_or_too_large_is_refused() {
    if !is_there(&ARM) {
        return;
    }
    for machine in &CORTEX_M {
        let fault = machine.run(&JOB, b"no image", LIMIT).unwrap_err();
        assert!(fault.message.contains("not an image"), "{fault}");
        let fault = machine.run(&Job { ram_bytes: 9_000, ..JOB }, small(), LIMIT).unwrap_err();
        assert!(fault.message.contains("bytes of RAM are needed"), "{fault}");
    }
    assert!(machine("microbit", "thumbv6m").room(256 << 10, 0).is_err());
    assert!(machine("mps2-an386", "thumbv7em").room(0, 5 << 20).is_err());
}

/// A whole document of a task, with an entry of this repository: on a simulated Cortex-M4 as in the records.
#[test]
fn a_document_costs_the_same_on_cortex_m4() {
    if !is_there(&ARM) {
        return;
    }
    let (slug, task) = ("greenhouse-brain", "greenhouse-log");
    let artifact = std::fs::read(root().join(format!("submissions/{slug}/model.safetensors"))).unwrap();
    let loaded = worker::load(&artifact).unwrap();
    let task = Task::load(&root().join("tasks").join(task)).unwrap();
    let items = task.items(&[0; 32], "any");
    let item = items.iter().find(|item| item.group == "fixed").unwrap();
    let Content::Document { text, .. } = &item.content else { panic!("logs are documents") };

    let job = Job { probe: 0, generate: 0, document: Some(text), ..JOB };
    let report = machine("mps2-an386", "thumbv7em").run(&job, image(&loaded).unwrap(), LIMIT).unwrap();
    let (cost, tokens) = loaded.start(|mut model| scoring::score_text(&mut model, text)).unwrap().unwrap();
    assert_eq!(report.document, Some(Scored { tokens, cost: cost.0 }));

    let recorded = golf_record::Store::new(root().join("results")).score(slug).unwrap().unwrap();
    let recorded = recorded.task("greenhouse-log").unwrap().items.iter().find(|scored| scored.id == item.id).unwrap();
    let Outcome::Document { cost: recorded, .. } = recorded.outcome else { panic!("logs are documents") };
    assert_eq!(cost.0, recorded);
}

/// An artifact of nearly 16,000,000 bytes, with every codec, on the machines with the most room and in process.
#[test]
fn an_artifact_as_large_as_may_be_runs() {
    let config = golf_artifact::TernaryConfig {
        dim: 1_024,
        heads: 8,
        kv_heads: 2,
        head_dim: 64,
        hidden: 3_072,
        depth: vec![0, 1, 2, 3, 4],
        rope_frequencies: (0..32).map(|pair| 41 - pair).collect(),
        ..example::config()
    };
    let artifact = example::build(&config, 1_563, 3);
    assert!((15_990_000..=16_000_000).contains(&artifact.len()), "{}", artifact.len());
    let loaded = worker::load(&artifact).unwrap();
    let image = image(&loaded).unwrap();
    let job = Job { probe: 2, generate: 1, ..JOB };
    let probe = loaded.start(|mut model| scoring::probe(&mut model, 2)).unwrap().unwrap();
    let outcome = run(&program().unwrap(), image, &job, u64::MAX).unwrap();
    assert_eq!((outcome.report.digest, outcome.report.probe_tokens), (probe.sha256.clone(), 2));
    if is_there(&ARM) {
        let machines = [machine("mps2-an386", "thumbv7em"), machine("mps2-an500", "thumbv7em")];
        let [m4, m7] = machines.map(|machine| machine.run(&job, image, LIMIT).unwrap());
        assert_eq!((&m4, &m4.digest), (&m7, &probe.sha256));
    }
}
