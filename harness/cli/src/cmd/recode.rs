//! `recode ARTIFACT`

use super::{Common, print, print_json};
use crate::Fault;
use golf_artifact::{Artifact, Form};
use golf_record::{grouped, write_atomically};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;

/// Arguments of `recode`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The artifact, in either form
    artifact: PathBuf,
    /// Where to write the same model
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Write the plain form, a tensor each, which any safetensors library can show
    #[arg(long)]
    plain: bool,
}

/// Writes an artifact in the coded form, or in the plain one.
///
/// # Errors
/// If the artifact is not in order, or a file can't be read or written.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let before = fs::read(&args.artifact).map_err(|fault| Fault::reading(&args.artifact, &fault))?;
    let artifact = Artifact::read(&before).map_err(|faults| {
        let path = args.artifact.display();
        Fault::entry_lines(&faults.into_iter().map(|fault| fault.in_file(path.to_string())).collect::<Vec<_>>())
    })?;
    let after = artifact.write(if args.plain { Form::Plain } else { Form::Coded });
    write_atomically(&args.output, &after)
        .map_err(|fault| Fault::machine(format!("{}: can't be written: {fault}", args.output.display())))?;
    let sha256 = golf_record::submission::hex(&Sha256::digest(&after));
    if common.json {
        let document = serde_json::json!({
            "file": args.output, "bytes": after.len(), "bytes_before": before.len(), "sha256": sha256,
        });
        print_json(&document);
    } else {
        let (output, bytes) = (args.output.display(), grouped(after.len() as u64));
        print(&format!("{output}: {bytes} bytes ({} before), SHA-256 {sha256}\n", grouped(before.len() as u64)));
    }
    Ok(())
}
