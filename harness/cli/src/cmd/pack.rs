//! `pack CONFIG [CHECKPOINT or MODULE]`

use super::{Common, print, print_json};
use crate::Fault;
use golf_artifact::{Input, pack, pack_module};
use golf_core::budget;
use golf_record::write_atomically;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Arguments of `pack`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Configuration of the artifact, with its codecs and vocabulary (harness/artifact/FORMAT.md)
    config: PathBuf,
    /// Weights in a safetensors file, floating point or integer, or a WebAssembly module; not needed for engines without tensors
    checkpoint: Option<PathBuf>,
    /// What a module is given
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Where to write the artifact
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Makes an artifact of a checkpoint.
///
/// # Errors
/// If a file can't be read or written, or the model can't be packed.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let read = |path: &Path| fs::read(path).map_err(|fault| Fault::reading(path, &fault));
    let (config, config_name) = (read(&args.config)?, args.config.to_string_lossy());
    let checkpoint =
        args.checkpoint.as_deref().map(|path| Ok::<_, Fault>((read(path)?, path.to_string_lossy()))).transpose()?;
    let checkpoint = checkpoint.as_ref().map(|(bytes, path)| Input { path, bytes });
    let data = args.data.as_deref().map(read).transpose()?;
    let config = Input { path: &config_name, bytes: &config };
    let artifact = match checkpoint {
        Some(module) if module.bytes.starts_with(b"\0asm") => pack_module(module, &data.unwrap_or_default(), config),
        _ if data.is_some() => {
            return Err(Fault::usage("--data is for modules: name a WebAssembly file after the configuration"));
        }
        _ => pack(checkpoint, config),
    };
    let artifact = artifact.map_err(|faults| Fault::entry_lines(&faults))?;
    let size = artifact.len() as u64;
    if size > budget::BUDGET {
        let over = golf_record::grouped(size - budget::BUDGET);
        return Err(Fault::entry(format!("the artifact would be {over} bytes over the budget; nothing was written")));
    }
    write_atomically(&args.output, &artifact)
        .map_err(|fault| Fault::machine(format!("{}: can't be written: {fault}", args.output.display())))?;
    let sha256 = golf_record::submission::hex(&Sha256::digest(&artifact));
    if common.json {
        print_json(&serde_json::json!({ "file": args.output, "bytes": size, "sha256": sha256 }));
    } else {
        print(&format!("{}: {} bytes, SHA-256 {sha256}\n", args.output.display(), golf_record::grouped(size)));
    }
    Ok(())
}
