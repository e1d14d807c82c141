//! A board made up for tests and for looking at the site: a handful of entries with scores and measurements.

use golf_estimate::energy::Operations;
use golf_estimate::{Estimates, Workload};
use golf_record::submission::{ArtifactFile, Manifest, Training};
use golf_record::{
    Accesses, ArtifactFacts, Audit, Caveat, CaveatKind, Contained, Contents, Draw, EngineId, Entry, Failure,
    FailureKind, Figures, Flash, History, InstructionMix, Instructions, ItemScore, Leaderboard, Machine, Measurement,
    Measurements, Outcome, Past, Portrait, Probe, PublicRow, PublicTable, Ram, Roofline, RowKind, SCORE_SCHEMA, Sample,
    Samples, Score, Simulation, Simulator, TARGETS, Tally, TaskScore, Work,
};
use golf_task::{Content, DataFile, Definition, Generated, Item, Kind};
use std::collections::BTreeMap;
use std::path::Path;

/// A name that tries everything.
pub(crate) const HOSTILE: &str = "<script>alert(\"1\")</script> 'q' & \u{202e}gnp.x\u{1b}[31m";

const README: &str = r#"# A title

Text with *emphasis*, `code` and a [link](https://example.org/a?b=1&c=2), and [one](javascript:alert(1)) that leads nowhere.
My [log](train.log). ![a loss curve](https://example.org/loss.png)

<script>alert(1)</script>
<iframe src="https://example.org"></iframe>
<img src=x onerror=alert(1)>

## What was learnt

| change | bits per byte |
| :--- | ---: |
| relu² instead of silu | −0.012 |
| tied embedding | −0.031 |

```sh
python train.py --config tern-16m.json --a-very-long-option-that-makes-the-line-scroll-within-its-own-box-instead-of-the-page
```

1. Start small.
2. Read the curve.
"#;

/// The entries' facts: slug, name, engine, bytes, parameters, bits per byte of prose, share of knowledge, bytes per second.
type Facts = (&'static str, &'static str, &'static str, u64, u64, f64, f64, u64);

const ENTRIES: [Facts; 7] = [
    ("tern-16m", "Tern 16M", "ternary", 15_998_204, 61_734_912, 1.214, 0.61, 41_000),
    ("mixture-of-contexts", "Mixture of contexts", "mix", 15_100_032, 7_550_000, 1.307, 0.42, 9_800),
    ("tern-7m", "Tern 7M", "ternary", 6_991_360, 26_083_328, 1.338, 0.53, 96_000),
    ("tern-1m", "Tern 1M", "ternary", 998_400, 3_801_088, 1.642, 0.38, 610_000),
    (
        "wide-and-shallow",
        "Wide and shallow, and named at nearly the length allowed",
        "ternary",
        6_400_512,
        24_117_248,
        1.471,
        0.47,
        130_000,
    ),
    ("hostile", HOSTILE, "ternary", 97_216, 311_296, 2.153, 0.29, 2_900_000),
    ("order-2", "Order 2", "mix", 99_840, 49_920, 2.471, 0.27, 5_400_000),
];

/// A published benchmark with an entry, a published figure and a measured one.
pub(crate) fn public_fixtures() -> Vec<PublicTable> {
    let row = |name: &str, kind, figure, source: Option<&str>| PublicRow {
        name: name.into(),
        kind,
        figure,
        second: Some(figure),
        source: source.map(Into::into),
        groups: match kind {
            RowKind::Entry => [("binding".to_owned(), figure), ("<i>islands".to_owned(), figure)].into(),
            RowKind::Published | RowKind::Measured => Default::default(),
        },
    };
    vec![PublicTable {
        task: "pairs".into(),
        version: 1,
        title: "Pairs".into(),
        analysis: "Which of two sentences is grammatical.\n\nChance is a half.".into(),
        unit: golf_record::RIGHT.into(),
        second_unit: Some(golf_record::RIGHT_PER_BYTE.into()),
        rows: vec![
            row("tern-16m", RowKind::Entry, 0.71, None),
            row("5-gram", RowKind::Published, 0.61, Some("a paper <script>")),
            row("xz", RowKind::Measured, 0.5, Some("xz -9e")),
        ],
    }]
}

/// A ranked board and the tasks that its entries were examined on.
pub(crate) fn fixtures() -> (Leaderboard, Vec<Definition>) {
    let mut entries: Vec<Entry> = ENTRIES.into_iter().map(entry).collect();
    entries.push(Entry {
        score: None,
        measurements: vec![],
        simulations: vec![],
        audit: None,
        ..entry(("not-yet", "Not yet", "ternary", 0, 0, 0.0, 0.0, 0))
    });
    let mut board = Leaderboard::of(entries);
    board.leaders.note("2026-11-02");
    board.leaders.leaders[0].since = Some("2026-10-01".into());
    (board, definitions())
}

/// As many entries as wanted: the same few, again and again, each a little worse.
pub(crate) fn many(count: usize) -> (Leaderboard, Vec<Definition>) {
    let copy = |index: usize| {
        let (slug, name, engine, bytes, parameters, bits, share, speed) = ENTRIES[index % ENTRIES.len()];
        let round = (index / ENTRIES.len()) as u64;
        let (bits, bytes) = (bits * (1.0 + round as f64 / 500.0), bytes - round * 17);
        let mut entry = entry((slug, name, engine, bytes, parameters, bits, share, speed));
        let slug = format!("{slug}-{round}");
        entry.manifest.name = format!("{name} {round}");
        if let Some(score) = &mut entry.score {
            score.slug = slug.clone();
            score.artifact.sha256 = digest(&slug);
        }
        entry.slug = slug;
        entry
    };
    (Leaderboard::of((0..count).map(copy).collect()), definitions())
}

/// The project's boards, and operations of the ternary entries.
pub(crate) fn estimates() -> Estimates {
    let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../harness/boards");
    let ternary = ENTRIES.into_iter().filter(|entry| entry.2 == "ternary");
    Estimates {
        boards: golf_estimate::load_all(&boards).expect("the project's boards are in order"),
        workloads: ternary.map(|entry| (entry.0.into(), workload(entry.4))).collect(),
    }
}

/// As if a tenth of the parameters were the head's.
fn workload(parameters: u64) -> Workload {
    let part = |share: u64, bits: u64| Operations {
        additions: parameters * share / 10,
        byte_multiplications: if bits == 8 { parameters * share / 10 } else { 0 },
        multiplications: if bits > 8 { parameters * share / 10 } else { parameters / 500 },
        lookups: parameters / 10_000,
        functions: 100,
        weight_bytes: parameters * share * bits / 80,
        state_bytes: parameters / 100,
    };
    let parts = |bits| [3, 0, 6, 1, 0].map(|share| part(share, if bits == 2 && share < 2 { 8 } else { bits }));
    Workload { window: 512, parts: [2, 16, 32].map(parts) }
}

/// On every target; on the last one the largest entry fails.
fn simulations(slug: &str, engine: &EngineId, probe: &Probe, bytes: u64, parameters: u64) -> Vec<Simulation> {
    let simulation = |(index, target): (usize, &str)| {
        let failed = slug == "tern-16m" && index + 1 == TARGETS.len();
        let accesses = |count: u64, width: u64| Accesses { count, bytes: count * width };
        let instructions = parameters * 16 * (22 + index as u64) / 10;
        let figures = Figures {
            probe: probe.clone(),
            narrowed: probe.clone(),
            load_instructions: parameters / 3,
            prompt: Instructions { tokens: 96, instructions: parameters * 96 * 2 },
            generation: Instructions { tokens: 16, instructions },
            mix: (index == 0).then_some(InstructionMix {
                ram_loads: accesses(instructions / 4, 4),
                image_loads: accesses(instructions / 6, 1),
                constant_loads: accesses(instructions / 900, 4),
                ram_stores: accesses(instructions / 9, 4),
                multiplies: instructions / 30,
                divides: instructions / 5_000,
                branches: instructions / 12,
                taken: instructions / 14,
                jumps: instructions / 90,
            }),
            ram: Ram { stack_bytes: 6_380, static_bytes: 0, arena_bytes: bytes / 5 + 4_000 },
            flash: Flash { image_bytes: bytes + bytes / 27, code_bytes: 54_476 },
        };
        let failure = || Failure { stage: "simulate".into(), kind: FailureKind::Crash, message: "panic: <b>".into() };
        Simulation {
            schema: Simulation::SCHEMA,
            slug: slug.into(),
            artifact_sha256: digest(slug),
            engine: engine.clone(),
            target: target.into(),
            simulator: Simulator { name: "golf-simulator".into(), version: "2".into() },
            machines: vec![],
            firmware_sha256: digest(target),
            figures: (!failed).then_some(figures),
            failures: failed.then(failure).into_iter().collect(),
        }
    };
    TARGETS.into_iter().enumerate().map(simulation).collect()
}

fn definitions() -> Vec<Definition> {
    let definition = |id: &str, kind, title: &str, analysis: &str, groups: u32| Definition {
        source: None,
        references: vec![],
        schema: 1,
        id: id.into(),
        version: 1,
        kind,
        suite: "core".into(),
        title: title.into(),
        analysis: analysis.into(),
        license: "CC0-1.0".into(),
        files: vec![],
        generator: (groups > 0).then(|| Generated { name: id.into(), fixed: 40 * groups, fresh: 200 }),
    };
    let prose = "Thirty-nine pieces written for this task and published nowhere else: letters, recipes, minutes of meetings, stories.\n\n\
                 A model that has learnt English in general does well here; one that has learnt other texts by heart doesn’t.";
    let file = DataFile { path: "data/001.txt".into(), bytes: 150_000, sha256: "0".repeat(64), url: None };
    vec![
        Definition { files: vec![file; 39], ..definition("prose", Kind::BitsPerByte, "Prose", prose, 0) },
        definition(
            "greenhouse-log",
            Kind::BitsPerByte,
            "Greenhouse log",
            "A log whose statistics are known exactly, so that the ideal score is too.",
            3,
        ),
        definition("grammar", Kind::Choice, "Grammar", "Pairs of sentences, one of which breaks a rule of English.", 6),
        definition("stories", Kind::Choice, "Story endings", "Four endings, one of which fits.", 0),
        definition("copying", Kind::Generate, "Copying", "A list of words has to be repeated.", 2),
        definition("unused", Kind::Choice, "Nobody’s task", "No entry was examined on it.", 0),
    ]
}

fn entry((slug, name, engine, bytes, parameters, bits, share, speed): Facts) -> Entry {
    let manifest = Manifest {
        schema: 1,
        name: name.into(),
        authors: vec!["A. Author".into(), if slug == "hostile" { "<b>\u{7}" } else { "B. Writer" }.into()],
        license: "Apache-2.0".into(),
        description: format!("{name} is an entry that was made up to see how the site looks."),
        engine: engine.into(),
        artifact: ArtifactFile { file: "model.safetensors".into(), sha256: digest(slug) },
        techniques: ["ternary weights", "tied embedding", "squared relu"].map(String::from).to_vec(),
        training: Training {
            data: "a web corpus".into(),
            tokens: 2_000_000_000,
            hardware: "one laptop".into(),
            hours: 30.5,
        },
    };
    let engine = EngineId { name: engine.into(), version: 1 };
    let score = Score {
        schema: SCORE_SCHEMA,
        slug: slug.into(),
        artifact: ArtifactFacts { sha256: digest(slug), bytes, parameters },
        engine: engine.clone(),
        season: "2026-4".into(),
        probe: Probe { tokens: 256, sha256: digest(name) },
        tasks: tasks(slug, bits, share),
    };
    Entry {
        slug: slug.into(),
        manifest,
        readme: README.into(),
        simulations: match engine.name.as_str() {
            "ternary" => simulations(slug, &engine, &score.probe, bytes, parameters),
            _ => vec![],
        },
        measurements: measurements(slug, engine, bytes, speed),
        audit: (slug == "hostile").then(|| audit(slug)),
        portrait: portrait(slug, bytes),
        score: Some(score),
    }
}

/// With a reviewer's caveat that tries everything.
fn audit(slug: &str) -> Audit {
    Audit {
        schema: 1,
        slug: slug.into(),
        artifact_sha256: digest(slug),
        season: "2026-4".into(),
        tasks: vec![],
        overlap: None,
        parts: vec![],
        held_out: None,
        caveats: vec![Caveat { kind: CaveatKind::Review, text: HOSTILE.into() }],
    }
}

fn tasks(slug: &str, bits: f64, share: f64) -> Vec<TaskScore> {
    let mut noise = Noise::of(slug);
    let mut tasks = vec![];
    let mut add = |id: &str, items: Vec<ItemScore>| tasks.push(TaskScore::new(id, 1, items));
    let documents = |noise: &mut Noise, count: u32, bits: f64, ideal: Option<f64>, groups: &[&str]| {
        let document = |index: u32| {
            let bytes = 3_000 + noise.below(2_000);
            let cost = |bits: f64| (bits * bytes as f64 * 65_536.0) as u64;
            let own = bits * (0.85 + noise.share() * 0.3);
            let outcome = Outcome::Document { bytes, tokens: bytes / 4, cost: cost(own), ideal: ideal.map(cost) };
            let group = groups.get(index as usize % groups.len().max(1)).copied().unwrap_or_default();
            ItemScore { id: format!("{:03}-a-document", index + 1), group: group.into(), fresh: false, outcome }
        };
        (0..count).map(document).collect::<Vec<_>>()
    };
    add("prose", documents(&mut noise, 39, bits, None, &[]));
    add("greenhouse-log", documents(&mut noise, 24, bits * 0.5, Some(0.412), &["calm", "storm", "night"]));
    let choices = |noise: &mut Noise, count: u32, share: f64, options: u64, groups: &[&str]| {
        let choice = |index: u32| {
            let answer = noise.below(options) as usize;
            let mut pick = || if noise.share() < share { answer } else { (answer + 1) % options as usize };
            let (picked, picked_per_byte) = (pick(), pick());
            let costs = (0..options).map(|option| 1_000_000 - u64::from(option == picked as u64)).collect();
            let group = groups.get(index as usize % groups.len().max(1)).copied().unwrap_or_default();
            ItemScore {
                id: format!("{index}"),
                group: group.into(),
                fresh: false,
                outcome: Outcome::Choice { answer, picked, picked_per_byte, costs },
            }
        };
        (0..count).map(choice).collect::<Vec<_>>()
    };
    let rules = ["agreement", "anaphora", "binding", "ellipsis", "filler-gap", "irregular forms"];
    add("grammar", choices(&mut noise, 240, 0.4 + share * 0.6, 2, &rules));
    if slug != "order-2" {
        add("stories", choices(&mut noise, 200, share, 4, &[]));
    }
    let copied = |index: u32| {
        let outcome = Outcome::Generate { right: noise.share() < (share - 0.2) * 1.5, output: "<i>".into() };
        ItemScore {
            id: format!("{index}"),
            group: if index.is_multiple_of(2) { "short" } else { "long" }.into(),
            fresh: false,
            outcome,
        }
    };
    add("copying", (0..80).map(copied).collect());
    tasks
}

fn measurements(slug: &str, engine: EngineId, bytes: u64, speed: u64) -> Vec<Measurements> {
    let mut noise = Noise(bytes + 7);
    let mut machines = vec![("epyc-9575f", "AMD EPYC 9575F 64-Core Processor", 2u64)];
    if bytes > 1_000_000 {
        machines.push(("raspberry-pi-5", "Cortex-A76", 11));
    }
    let record = |(id, cpu, slower): (&str, &str, u64)| {
        let mut sample = |name: &str, unit: &str, value: u64, work: Option<Work>| {
            let samples = (0..7).map(|_| value + noise.below(value / 40 + 1)).collect();
            Measurement { name: name.into(), unit: unit.into(), work, samples }
        };
        let per_second = (speed * 2 / slower).max(1);
        let work = |tokens: u64| Some(Work { tokens, bytes: tokens * 4 });
        let measurements = vec![
            sample("load", "ns", bytes * slower * 2 + 1_000, None),
            sample("first_token", "ns", 90_000_000 * slower, None),
            sample("prompt", "ns", 512 * 4 * 1_000_000_000 / per_second, work(512)),
            sample("generate", "ns", 128 * 4 * 4_000_000_000 / per_second, work(128)),
            sample("peak_memory", "bytes", bytes * 4 + 3_000_000, None),
        ];
        let failure = Failure {
            stage: "simulate <b>".into(),
            kind: FailureKind::Memory,
            message: "needs 640 KB, has 512 KB".into(),
        };
        Measurements {
            schema: 1,
            slug: slug.into(),
            artifact_sha256: digest(slug),
            engine: engine.clone(),
            machine: Machine {
                id: id.into(),
                cpu: cpu.into(),
                flags: vec!["avx2".into(), "avx512vnni".into()],
                cores: 2,
                memory_bytes: 24_000_000_000,
                system: "Linux 6.1".into(),
                rustc: "rustc 1.92.0".into(),
                commit: "0123456789abcdef0123456789abcdef01234567".into(),
            },
            roofline: Roofline {
                buffer_bytes: 1 << 28,
                read_ns: vec![14_000_000 * slower; 5],
                dot_products: 1 << 30,
                dot_ns: vec![9_000_000 * slower; 5],
            },
            measurements,
            failures: if slug == "tern-16m" { vec![failure] } else { vec![] },
        }
    };
    machines.into_iter().map(record).collect()
}

/// With a sample and a tensor's name that try everything.
fn portrait(slug: &str, bytes: u64) -> Portrait {
    let part = |name: &str, codec: Option<&str>, share: u64| Contained {
        name: name.into(),
        codec: codec.map(Into::into),
        weights: if codec.is_some() { bytes * 4 } else { 0 },
        bytes: bytes * share / 100,
        scale_bytes: bytes / 200,
    };
    let parts = vec![
        part("vocabulary", None, 2),
        part("embedding", Some("i4"), 20),
        part("blocks.0.mlp.up", Some("trit5"), 30),
        part("blocks.1.mlp.up", Some("trit5"), 30),
        part("<b>", Some("\u{1b}"), 1),
    ];
    let sample = Sample { prompt: "The ".into(), text: format!("{HOSTILE}\n\n</blockquote>") };
    let past = |day: &str, cost| Past {
        day: day.into(),
        artifact_sha256: digest(slug),
        bytes,
        parameters: bytes * 4,
        engine: EngineId { name: "ternary".into(), version: 1 },
        season: "2026-4".into(),
        tasks: [("prose@1".to_owned(), Tally::Cost { cost, bytes: 1_000 })].into(),
    };
    Portrait {
        contents: Some(Contents {
            schema: 1,
            slug: slug.into(),
            artifact_sha256: digest(slug),
            coded: slug.len().is_multiple_of(2),
            parts,
        }),
        samples: Some(Samples {
            schema: 1,
            slug: slug.into(),
            artifact_sha256: digest(slug),
            engine: EngineId { name: "ternary".into(), version: 1 },
            draw: Draw { temperature: 0.7, top_k: 40, seed: 0, tokens: 100 },
            samples: vec![sample],
        }),
        history: History { schema: 1, scores: vec![past("2026-10-01", 131_072_000), past("2026-11-02", 98_304_000)] },
    }
}

/// An item of each kind, which try everything.
pub(crate) fn examples() -> BTreeMap<String, Vec<Item>> {
    let item = |group: &str, content| Item { id: "x".into(), group: group.into(), fresh: true, content };
    let hostile = || HOSTILE.as_bytes().to_vec();
    let choice = Content::Choice { context: hostile(), options: vec![hostile(), b"<i>".to_vec()], answer: 1 };
    BTreeMap::from([
        ("prose".into(), vec![item("", Content::Document { text: b"\xff<p>".repeat(400), ideal: None })]),
        ("grammar".into(), vec![item("agreement", choice)]),
        ("copying".into(), vec![item("long", Content::Generate { prompt: hostile(), answer: b"<script>".to_vec() })]),
    ])
}

/// Something that looks like a digest and depends on the text.
fn digest(text: &str) -> String {
    let mut noise = Noise::of(text);
    (0..64).map(|_| char::from_digit(noise.below(16) as u32, 16).expect("below 16")).collect()
}

/// Numbers without a pattern, the same each time.
struct Noise(u64);

impl Noise {
    fn of(text: &str) -> Self {
        Noise(text.bytes().fold(1, |sum, byte| sum.wrapping_mul(131).wrapping_add(byte.into())))
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }

    fn share(&mut self) -> f64 {
        self.below(1_000_000) as f64 / 1e6
    }
}
