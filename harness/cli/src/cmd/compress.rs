//! `compress ENTRY FILE -o OUT`, `decompress ENTRY FILE -o OUT`

use super::{Common, print, print_json};
use crate::Fault;
use crate::compressed::{self, HEADER, Key};
use crate::golf::Golf;
use crate::model::{self, Loaded};
use golf_artifact::Artifact;
use golf_record::{grouped, write_atomically};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Arguments of `compress` and of `decompress`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The submission whose predictions code the text, or an artifact's file
    entry: String,
    /// The file to read
    file: PathBuf,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Threads; the result doesn't depend on it
    #[arg(long, value_name = "N", default_value_t = model::cores())]
    threads: usize,
}

/// Compresses a file with an entry's predictions.
///
/// # Errors
/// If the entry isn't in order, or a file can't be read or written.
pub fn compress(common: &Common, args: &Args) -> Result<(), Fault> {
    let (loaded, key) = open(common, &args.entry)?;
    let text = read(&args.file)?;
    let (file, coded) = loaded.start_on(args.threads, |mut model| compressed::write(&key, &mut model, &text))??;
    write(&args.output, &file)?;
    let per_byte = 8.0 * coded.bytes.len() as f64 / text.len().max(1) as f64;
    if common.json {
        print_json(&serde_json::json!({
            "bytes": text.len(), "tokens": coded.tokens, "cost": coded.cost, "unit": "cost in 2^-16 bits",
            "coded_bytes": coded.bytes.len(), "header_bytes": HEADER,
        }));
    } else {
        print(&format!(
            "{}: {} bytes, coded in {} and a header of {HEADER} ({per_byte:.4} bits per byte; scored at {:.1} bytes)\n",
            args.output.display(),
            grouped(text.len() as u64),
            grouped(coded.bytes.len() as u64),
            coded.cost as f64 / f64::from(8 << 16)
        ));
    }
    Ok(())
}

/// Brings back what was compressed.
///
/// # Errors
/// If the file isn't one that the same entry compressed, or a file can't be read or written.
pub fn decompress(common: &Common, args: &Args) -> Result<(), Fault> {
    let (loaded, key) = open(common, &args.entry)?;
    let file = read(&args.file)?;
    let named = |fault: Fault| Fault { message: format!("{}: {}", args.file.display(), fault.message), ..fault };
    let text = loaded.start_on(args.threads, |mut model| compressed::read(&key, &mut model, &file))?.map_err(named)?;
    write(&args.output, &text)?;
    if common.json {
        print_json(&serde_json::json!({ "bytes": text.len() }));
    } else {
        print(&format!(
            "{}: {} bytes, the text that was compressed\n",
            args.output.display(),
            grouped(text.len() as u64)
        ));
    }
    Ok(())
}

/// A submission by its slug, or else an artifact by its path.
fn open(common: &Common, entry: &str) -> Result<(Loaded, Key), Fault> {
    let path = Path::new(entry);
    if !path.is_file() {
        let golf = Golf::open(common.root.as_deref())?;
        let (_, candidate) = golf.candidates(&[entry.to_owned()])?.next().expect("one is named");
        let candidate = candidate?;
        return Ok((candidate.load()?, Key { artifact: candidate.submission.sha256, engine: candidate.engine }));
    }
    let bytes = read(path)?;
    let artifact = Artifact::read(&bytes).map_err(|faults| Fault::entry_lines(&faults))?;
    let key = Key { artifact: Sha256::digest(&bytes).into(), engine: model::engine(&artifact) };
    Ok((model::load(&artifact)?, key))
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    fs::read(path).map_err(|fault| Fault::reading(path, &fault))
}

fn write(path: &Path, content: &[u8]) -> Result<(), Fault> {
    write_atomically(path, content)
        .map_err(|fault| Fault::machine(format!("{}: can't be written: {fault}", path.display())))
}
