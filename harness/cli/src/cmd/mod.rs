//! The verbs, one file each.

pub mod audit;
pub mod bench;
pub mod boards;
pub mod browser;
pub mod bundle;
pub mod check;
pub mod ci;
pub mod compare;
pub mod compress;
pub mod doctor;
pub mod fetch;
pub mod firmware;
pub mod new;
pub mod pack;
pub mod recode;
pub mod run;
pub mod sample;
pub mod score;
pub mod simulate;
pub mod site;
pub mod verify;

use crate::pull_request::visible;
use crate::{Blame, Fault};
use clap::{Parser, Subcommand};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// How good a language model fits in 16,000,000 bytes? Checks, scores, measures and ranks entries.
#[derive(Debug, Parser)]
#[command(name = "golf", bin_name = "cargo golf", version, max_term_width = 100)]
pub struct Cli {
    /// Options of every verb.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options of every verb.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// The project's folder; by default the nearest one above the current folder
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Print one JSON document instead of tables
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Check, score, measure and rank all entries, and render the site: only what is missing or out of date
    Run(run::Args),
    /// Make a folder with a small valid entry to start from
    New(new::Args),
    /// Everything that can be known about an entry without running it
    Check(check::Args),
    /// Score entries on tasks, or on any text files
    Score(score::Args),
    /// Bring the data of published benchmarks: the tasks of the suite `public`
    Fetch(fetch::Args),
    /// Measure speed and memory on this machine's CPU
    Bench(bench::Args),
    /// Count instructions and memory on a simulated microcontroller
    Simulate(simulate::Args),
    /// Build what the microcontroller runs, or verify that the committed file is built from the source
    Firmware {
        /// What to do
        #[command(subcommand)]
        verb: firmware::Verb,
    },
    /// Build what runs entries in browsers, or verify that the committed files are built from the source
    Browser {
        /// What to do
        #[command(subcommand)]
        verb: browser::Verb,
    },
    /// Say which differences between two entries' recorded scores are more than luck
    Compare(compare::Args),
    /// Look for the tasks in entries; what is found becomes a caveat
    Audit(audit::Args),
    /// Score again and compare with the records, bit for bit
    Verify(verify::Args),
    /// What a pull request with an entry would get: check, score, rank
    Ci(ci::Args),
    /// Compress a file with an entry's predictions: what its bits per byte claim, in bytes
    Compress(compress::Args),
    /// Bring back what was compressed
    Decompress(compress::Args),
    /// Let an entry write text
    Sample(sample::Args),
    /// Which entries fit which boards, and about how fast they would be there
    Boards(boards::Args),
    /// Render the site from the records
    Site(site::Args),
    /// Write one page with an entry and all that runs it, for a disk or a stick
    Bundle(bundle::Args),
    /// What this machine has and lacks
    Doctor,
    /// Make an artifact from a checkpoint
    Pack(pack::Args),
    /// Write an artifact's tensors as one entropy-coded stream, or plainly again
    Recode(recode::Args),
    /// A child process of the harness
    #[command(hide = true)]
    Worker {
        /// In JSON
        job: String,
    },
}

/// Whether the verb has printed its document.
static PRINTED: AtomicBool = AtomicBool::new(false);

/// Prints an error: to standard error, or with `--json` as the one document, unless the verb has printed its own.
pub fn complain(fault: &Fault, json: bool) {
    if json && !PRINTED.load(Ordering::Relaxed) {
        let blame = match fault.blame {
            Blame::Entry => "entry",
            Blame::Usage => "usage",
            Blame::Machine => "machine",
        };
        print_json(&serde_json::json!({ "blame": blame, "errors": messages(std::slice::from_ref(fault)) }));
    } else {
        // Whatever a message quotes, it doesn't steer the terminal.
        for line in fault.message.lines() {
            eprintln!("error: {}", line.chars().map(visible).collect::<String>());
        }
    }
}

/// Prints the document of a verb. A reader that has gone away is no error.
pub fn print_json(value: &impl Serialize) {
    PRINTED.store(true, Ordering::Relaxed);
    let _ = std::io::stdout().lock().write_all(golf_record::to_json(value).as_bytes());
}

/// Prints text. A reader that has gone away is no error.
pub fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// What faults say, for a document.
pub fn messages(faults: &[Fault]) -> Vec<&str> {
    faults.iter().flat_map(|fault| fault.message.lines()).collect()
}

/// All faults as one, with the heaviest blame; none if there are none.
pub fn all(faults: Vec<Fault>) -> Result<(), Fault> {
    let blame = faults.iter().map(|fault| fault.blame).max_by_key(|&blame| blame as u8);
    let messages: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
    blame.map_or(Ok(()), |blame| Err(Fault { blame, message: messages.join("\n") }))
}
