//! `bundle SLUG`

use super::{Common, print, print_json};
use crate::Fault;
use crate::browser::Playground;
use crate::golf::Golf;
use golf_record::write_atomically;
use std::path::PathBuf;

/// Arguments of `bundle`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The submission
    slug: String,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

/// Writes a page with an entry, the engine and the tasks in it, which needs nothing else.
///
/// # Errors
/// If the entry isn't in order, has no record, or doesn't run in browsers, or the file can't be written.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let slug = &args.slug;
    golf.candidates(std::slice::from_ref(slug))?.try_for_each(|(_, candidate)| candidate.map(|_| ()))?;
    let board = golf.leaderboard()?;
    let entry = board.entries.iter().find(|entry| entry.slug == *slug).filter(|entry| entry.score.is_some());
    let entry = entry.ok_or_else(|| {
        Fault::entry(format!("{slug}: has no recorded score; `cargo golf run {slug}` makes the record"))
    })?;
    let playground = Playground::of(&golf, std::slice::from_ref(slug))?;
    let page = golf_site::bundle(entry, &golf.season, &playground.play()).ok_or_else(|| {
        Fault::entry(format!("{slug}: its engine, {}, doesn't run in browsers", entry.manifest.engine))
    })?;
    write_atomically(&args.output, page.as_bytes())
        .map_err(|fault| Fault::machine(format!("{}: can't be written: {fault}", args.output.display())))?;
    if common.json {
        print_json(&serde_json::json!({ "slug": slug, "file": args.output, "bytes": page.len() }));
    } else {
        print(&format!("{slug}: {} ({} bytes)\n", args.output.display(), page.len()));
    }
    Ok(())
}
