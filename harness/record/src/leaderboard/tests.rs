use super::*;
use crate::submission::{ArtifactFile, Training};
use crate::{ArtifactFacts, EngineId, ItemScore, Outcome, Probe, SCORE_SCHEMA, TaskScore};

/// An entry whose documents cost `level` thousandths of a bit per byte on average, each up to half of `spread` off.
pub(crate) fn entry(slug: &str, bytes: u64, level: u64, spread: u64) -> Entry {
    let sha256 = golf_hex(slug);
    let mut state = slug.bytes().fold(7u64, |state, byte| state.wrapping_mul(31).wrapping_add(byte.into()));
    let document = |index: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let off = (state >> 33) % spread.max(1);
        let outcome =
            Outcome::Document { bytes: 1_000, tokens: 1_000, cost: (level + off - spread / 2) << 16, ideal: None };
        ItemScore { id: format!("{index:03}"), group: String::new(), fresh: false, outcome }
    };
    let score = Score {
        schema: SCORE_SCHEMA,
        slug: slug.into(),
        artifact: ArtifactFacts { sha256: sha256.clone(), bytes, parameters: 0 },
        engine: EngineId { name: "uniform".into(), version: 1 },
        season: "s".into(),
        probe: Probe { tokens: 0, sha256: String::new() },
        tasks: vec![TaskScore::new(HEADLINE, 1, (0..60).map(document).collect())],
    };
    let manifest = Manifest {
        schema: 1,
        name: slug.into(),
        authors: vec![],
        license: "MIT".into(),
        description: String::new(),
        engine: "uniform".into(),
        artifact: ArtifactFile { file: "model.safetensors".into(), sha256 },
        techniques: vec![],
        training: Training { data: String::new(), tokens: 0, hardware: String::new(), hours: 0.0 },
    };
    let readme = String::new();
    Entry {
        slug: slug.into(),
        manifest,
        readme,
        score: Some(score),
        measurements: vec![],
        simulations: vec![],
        audit: None,
        portrait: Default::default(),
    }
}

fn golf_hex(slug: &str) -> String {
    slug.bytes().cycle().take(32).map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn ties_begin_with_the_best_and_end_where_luck_does() {
    let board = Leaderboard::of(vec![
        entry("e", 10, 4_000, 300),
        entry("a", 10, 1_000, 300),
        entry("d", 10, 2_010, 300),
        entry("b", 10, 1_010, 300),
        entry("c", 10, 2_000, 300),
    ]);
    let labels: Vec<String> = board.ranking(100_000).map(|(place, entry)| format!("{} {place}", entry.slug)).collect();
    assert_eq!(labels, ["a 1-2 tied", "b 1-2 tied", "c 3-4 tied", "d 3-4 tied", "e 5"]);
    let rows = board.rows();
    assert_eq!((rows[1].rank, rows[1].tied, rows[4].tied), (2, Some([1, 2]), None));
    assert_eq!(rows.iter().map(|row| row.leads).filter(|&leads| leads).count(), 4);
    let csv = board.tables().csv;
    let line = csv.lines().find(|line| line.starts_with("16000000,2,b,")).unwrap();
    assert!(line.ends_with(",1-2,false,"), "{line}");
    assert_eq!(board.place(100_000, "e").unwrap().to_string(), "5");
    assert!(board.place(100_000, "f").is_none());
}

#[test]
fn a_task_tells_what_it_can_resolve() {
    let board = |spread| Leaderboard::of(vec![entry("a", 10, 1_000, spread), entry("b", 10, 1_100, spread)]);
    let [fine, coarse] = [100, 800].map(|spread| board(spread).detectable(HEADLINE).unwrap());
    // Uniform offs of width w bits per thousand bytes: the difference of two has variance w^2 / 6, over sixty documents.
    let expected = |width: f64| 2.801_585 * (width * width / 6.0 / 60.0).sqrt() / 1_000.0;
    assert!((fine / expected(100.0) - 1.0).abs() < 0.25, "{fine}");
    assert!((coarse / expected(800.0) - 1.0).abs() < 0.25, "{coarse}");
    assert!(Leaderboard::of(vec![entry("a", 10, 1_000, 9)]).detectable(HEADLINE).is_none());
}
