//! All other files in JSON: what is read is written the same again, and makes a leaderboard.

use super::{check, is_plain};
use golf::verdict::Verdict;
use golf_estimate::Board;
use golf_record::compare::{Comparison, fixed_against_fresh};
use golf_record::submission::Manifest;
use golf_record::{
    ArtifactFacts, Audit, EngineId, Entry, HEADLINE, ItemScore, Leaderboard, Leaders, Measurements, Outcome, Probe,
    Public, SCORE_SCHEMA, Score, Simulation, TaskScore, to_json,
};
use golf_task::Definition;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte says which kind of record the rest is.
pub(super) fn run(data: &[u8]) {
    let Some((&first, text)) = data.split_first() else { return };
    match first % 10 {
        0 => _ = again::<Score>(text).map(score),
        1 => _ = again::<Public>(text),
        2 => _ = again::<Leaders>(text).map(|leaders| on_board(Entry { ..entry() }, leaders)),
        3 => {
            _ = again::<Audit>(text).map(|audit| on_board(Entry { audit: Some(audit), ..entry() }, Leaders::default()))
        }
        4 => {
            if let Some(measurements) = again::<Measurements>(text) {
                on_board(Entry { measurements: vec![measurements], ..entry() }, Leaders::default());
            }
        }
        5 => {
            if let Some(simulation) = again::<Simulation>(text) {
                on_board(Entry { simulations: vec![simulation], ..entry() }, Leaders::default());
            }
        }
        6 => verdict(text),
        7 => _ = Board::parse("board", text).map_err(|message| assert!(!message.is_empty())),
        8 => _ = again::<Definition>(text),
        _ => _ = serde_json::from_slice::<golf::worker::Message>(text),
    }
}

/// A record, if the text is one. It is written, and read again as the same.
fn again<T: DeserializeOwned + Serialize>(text: &[u8]) -> Option<T> {
    let record: T = serde_json::from_slice(text).ok()?;
    let written = to_json(&record);
    let read: T = serde_json::from_str(&written).expect("what was written can be read");
    assert_eq!(to_json(&read), written);
    Some(record)
}

fn score(score: Score) {
    for task in &score.tasks {
        task.groups();
        fixed_against_fresh(task);
    }
    let other = sample();
    let _ = Comparison::of(&score, &other, HEADLINE);
    on_board(Entry { score: Some(score), ..entry() }, Leaders::default());
}

/// Makes a leaderboard of an entry and another one.
fn on_board(entry: Entry, leaders: Leaders) {
    let other = Entry { slug: "other".into(), score: Some(sample()), ..entry.clone() };
    let board = Leaderboard::after(leaders, vec![entry, other]);
    board.tables();
    board.front();
    board.detectable(HEADLINE);
}

fn verdict(text: &[u8]) {
    match Verdict::read(text) {
        Ok(verdict) => {
            assert_eq!(Verdict::read(to_json(&verdict).as_bytes()).as_ref(), Ok(&verdict));
            let comment = verdict.markdown();
            assert!(is_plain(&comment), "{comment:?}");
            assert!(!comment.contains("<script") || comment.contains("`` "), "{comment:?}");
        }
        Err(fault) => assert!(is_plain(&fault.message) && !fault.message.is_empty(), "{fault:?}"),
    }
}

fn entry() -> Entry {
    let manifest: Manifest = serde_json::from_str(&check::manifest("uniform")).expect("a manifest");
    Entry {
        slug: "entry".into(),
        manifest,
        readme: "# A\n".into(),
        score: Some(sample()),
        measurements: vec![],
        simulations: vec![],
        audit: None,
        portrait: golf_record::Portrait::default(),
    }
}

fn sample() -> Score {
    let item = |index: usize, fresh: bool, outcome| ItemScore {
        id: format!("{index:02}"),
        group: String::new(),
        fresh,
        outcome,
    };
    let document = |index: usize| {
        let outcome = Outcome::Document { bytes: 90, tokens: 80, cost: 5_000_000 + 70_000 * index as u64, ideal: None };
        item(index, index > 8, outcome)
    };
    let choice = |index| {
        item(index, false, Outcome::Choice { answer: 1, picked: index % 2, picked_per_byte: 0, costs: vec![9, 7] })
    };
    let written = |index| item(index, true, Outcome::Generate { right: index == 1, output: "4".into() });
    let task = |id: &str, items: Vec<ItemScore>| TaskScore::new(id, 1, items);
    Score {
        schema: SCORE_SCHEMA,
        slug: "entry".into(),
        artifact: ArtifactFacts { sha256: "0".repeat(64), bytes: 99, parameters: 7 },
        engine: EngineId { name: "uniform".into(), version: 1 },
        season: "s".into(),
        probe: Probe { tokens: 3, sha256: "0".repeat(64) },
        tasks: vec![
            task(HEADLINE, (0..17).map(document).collect()),
            task("choices", (0..3).map(choice).collect()),
            task("sums", (0..3).map(written).collect()),
        ],
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let digest = "0".repeat(64);
    let engine = r#"{"name":"uniform","version":1}"#;
    let leader = format!(
        r#"{{"class":100000,"task":"prose@1","slug":"entry","artifact":"{digest}","cost":9,"bytes":7,"from":"x","p":0.5}}"#
    );
    let caveats = r#"[{"kind":"overlap","text":"It holds a text."}]"#;
    let texts: [(u8, String); 10] = [
        (0, to_json(&sample())),
        (1, format!(r#"{{"schema":1,"slug":"entry","artifact":{{"sha256":"{digest}","bytes":9,"parameters":1}},"engine":{engine},"tasks":[{{"id":"copa","version":1,"parts":[{{"name":"a","group":"","items":1,"right":1,"right_per_byte":0,"bytes":3,"cost":9,"sha256":"{digest}"}}]}}]}}"#)),
        (2, format!(r#"{{"schema":1,"leaders":[{leader}]}}"#)),
        (3, format!(r#"{{"schema":1,"slug":"entry","artifact_sha256":"{digest}","season":"s","tasks":["prose@1"],"overlap":{{"task":"prose","item":"1","bytes":40,"text":"x"}},"parts":[{{"task":"sums@1","fixed":0.5,"fresh":0.25,"less_is_better":false,"p":0.5}}],"caveats":{caveats}}}"#)),
        (4, format!(r#"{{"schema":1,"slug":"entry","artifact_sha256":"{digest}","engine":{engine},"machine":{{"id":"m","cpu":"c","flags":["f"],"cores":2,"memory_bytes":9,"system":"s","rustc":"r","commit":"c"}},"roofline":{{"buffer_bytes":9,"read_ns":[1],"dot_products":3,"dot_ns":[2]}},"measurements":[{{"name":"load","unit":"ns","work":{{"tokens":3,"bytes":4}},"samples":[1,2,3]}}],"failures":[{{"stage":"load","kind":"timeout","message":"slow"}}]}}"#)),
        (5, format!(r#"{{"schema":3,"slug":"entry","artifact_sha256":"{digest}","engine":{engine},"target":"riscv32imc","simulator":{{"name":"golf","version":"2"}},"machines":[],"firmware_sha256":"{digest}","failures":[{{"stage":"simulate","kind":"crash","message":"no"}}]}}"#)),
        (6, format!(r#"{{"schema":1,"base":"{0}","head":"{0}","about":"entry","accepted":false,"faults":["a `b` fault"],"notes":[],"entry":null}}"#, &digest[..40])),
        (7, r#"{"schema":1,"name":"B","chip":"C","cores":["Cortex-M4"],"clock":{"value":9,"source":"a"},"memories":[{"name":"m","kind":"flash","place":"internal","bytes":{"value":9,"source":"a"},"bandwidth":{"value":{"low":1,"high":2},"source":"a"}}],"active_power":null,"sources":{"a":{"title":"T","url":"https://example.org","date":"2026-01-31"}}}"#.into()),
        (8, format!(r#"{{"schema":1,"id":"t","version":1,"kind":"choice","suite":"core","title":"T","analysis":"A","license":"MIT","source":{{"format":"choices","sample":3}},"files":[{{"path":"a","bytes":3,"sha256":"{digest}","url":"https://example.org/a"}}],"generator":{{"name":"sums","fixed":3}},"references":[{{"name":"r","kind":"published","figure":0.5,"source":"s"}}]}}"#)),
        (9, format!(r#"{{"Probe":{{"tokens":3,"sha256":"{digest}"}}}}"#)),
    ];
    texts.into_iter().map(|(kind, text)| [&[kind], text.as_bytes()].concat()).collect()
}
