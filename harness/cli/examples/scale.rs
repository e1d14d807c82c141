//! How long a board of many entries takes: `cargo run --release -p golf --example scale -- 1000`.

#[path = "../tests/common/many.rs"]
mod many;

use golf::cmd::site;
use golf::golf::Golf;
use golf_record::Leaderboard;
use std::time::Instant;

fn main() {
    let entries: usize = std::env::args().nth(1).map_or(1_000, |count| count.parse().expect("a number of entries"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    timed("making them (not part of the harness)", || many::make(root, entries));
    let golf = timed("opening the project", || Golf::open(Some(root)).expect("it is in order"));
    timed("check", || assert!(golf.candidates(&[]).expect("a folder").all(|(_, checked)| checked.is_ok())));
    let overview = timed("reading all records and ranking", || golf.overview().expect("records in order"));
    let (leaders, all) = (overview.board.leaders.clone(), overview.board.entries.clone());
    timed("of that: ranking", || Leaderboard::after(leaders, all).entries.len());
    let tables = timed("tables", || overview.board.tables());
    timed("site", || site::render(&golf, &overview, &tables).expect("it can be written"));
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{what:40} {:8.2} s, peak {}", start.elapsed().as_secs_f64(), peak());
    result
}

/// The largest that this process has been, as the system says it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map_or("unknown".into(), |size| size.trim().into())
}
