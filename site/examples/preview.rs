//! Renders a made-up board, to look at: `cargo run -p golf-site --example preview OUT [ENTRIES]`. It tells how long rendering took.

#[allow(unreachable_pub, dead_code)]
#[path = "../src/fixtures.rs"]
mod fixtures;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let Some(out) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: preview OUT [ENTRIES]");
        return ExitCode::from(2);
    };
    let count = std::env::args().nth(2).and_then(|count| count.parse().ok());
    let (board, tasks) = count.map_or_else(fixtures::fixtures, fixtures::many);
    let tables = board.tables();
    let public = fixtures::public_fixtures();
    let site = golf_site::Site {
        board: &board,
        tasks: &tasks,
        public: &public,
        season: "2026-4",
        tables: &tables,
        estimates: &fixtures::estimates(),
        examples: &fixtures::examples(),
        schemas: &[],
        base: None,
        command: "cargo golf site",
        play: golf_site::Play::default(),
    };
    let start = Instant::now();
    match golf_site::render(&site, &out) {
        Ok(pages) => println!("{pages} pages in {}, {:.2} s", out.display(), start.elapsed().as_secs_f64()),
        Err(fault) => {
            eprintln!("{fault}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
