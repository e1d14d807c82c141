//! A player does on any machine what it does in a page.

use golf_browser::Player;
use golf_record::{Score, TaskScore};
use std::fs;
use std::path::PathBuf;

const SLUG: &str = "greenhouse-brain";

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn record() -> Score {
    let text = fs::read(root().join(format!("results/{SLUG}/score.json"))).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn player() -> Player {
    let artifact = fs::read(root().join(format!("submissions/{SLUG}/model.safetensors"))).unwrap();
    Player::load(&record().artifact.sha256, &artifact).unwrap_or_else(|fault| panic!("{fault}"))
}

#[test]
fn a_task_is_scored_as_it_is_recorded() {
    let (mut player, record) = (player(), record());
    assert_eq!(player.probe().unwrap(), record.probe);
    assert_eq!(player.about().engine, record.engine);
    let definition = fs::read_to_string(root().join("tasks/greenhouse-log/task.json")).unwrap();
    let source = format!("{{\"definition\":{definition},\"files\":{{}},\"season\":\"{}\"}}", record.season);
    let items = player.take(source.as_bytes()).unwrap();
    player.score(&|| ()).unwrap();
    let mut task = record.task("greenhouse-log").unwrap().clone();
    assert_eq!(items, task.items.len());
    let compare = |task: &TaskScore| player.compare(&serde_json::to_vec(task).unwrap()).unwrap();
    let same = compare(&task);
    assert_eq!((same.difference, same.headline), (None, same.recorded));
    task.items.pop();
    assert!(compare(&task).difference.is_some_and(|words| words.contains("19 are recorded")));
}

#[test]
fn costs_add_up_and_tokens_spell_the_text() {
    let mut player = player();
    let text = "14:00 caf\u{e9}";
    let costs = player.costs(text.as_bytes(), &|_, _| ()).unwrap();
    assert_eq!(costs.tokens.len(), costs.costs.len());
    let vocabulary = player.vocabulary();
    let (mut tokens, mut at) = (vec![], 0);
    while at < vocabulary.len() {
        let end = at + 1 + usize::from(vocabulary[at]);
        tokens.push(&vocabulary[at + 1..end]);
        at = end;
    }
    assert_eq!(tokens.len(), player.about().vocabulary);
    let spelt: Vec<u8> = costs.tokens.iter().flat_map(|&token| tokens[token as usize]).copied().collect();
    assert_eq!(spelt, text.as_bytes());
    // Greedy writing takes what is likeliest.
    player.begin(b"", 0.0, 0, 0).unwrap();
    assert_eq!(player.step(), costs.likeliest[0]);
}

#[test]
fn what_is_not_in_order_is_refused_in_words() {
    let artifact = fs::read(root().join(format!("submissions/{SLUG}/model.safetensors"))).unwrap();
    let message = |sha256: &str, bytes: &[u8]| Player::load(sha256, bytes).err().unwrap().message;
    assert!(message(&"0".repeat(64), &artifact).contains("but it should be 0000"));
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert!(!message(empty, b"").is_empty());
    let mut player = player();
    assert!(player.score(&|| ()).is_err() && player.compare(b"{}").is_err() && player.take(b"{}").is_err());
    assert!(player.begin(b"", -1.0, 0, 0).is_err());
}
