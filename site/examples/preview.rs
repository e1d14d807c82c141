//! Renders a made-up board, to look at: `cargo run -p golf-site --example preview OUT`.

#[allow(unreachable_pub, dead_code)]
#[path = "../src/fixtures.rs"]
mod fixtures;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(out) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: preview OUT");
        return ExitCode::from(2);
    };
    let (board, tasks) = fixtures::fixtures();
    let tables = board.tables();
    let public = fixtures::public_fixtures();
    let site = golf_site::Site {
        board: &board,
        tasks: &tasks,
        public: &public,
        season: "2026-4",
        tables: &tables,
        estimates: &fixtures::estimates(),
        command: "cargo golf site",
    };
    match golf_site::render(&site, &out) {
        Ok(pages) => println!("{pages} pages in {}", out.display()),
        Err(fault) => {
            eprintln!("{fault}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
