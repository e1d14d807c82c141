//! Files that `compress` writes: a header, then the [coded](crate::coder) text.
//!
//! | bytes | what |
//! | ---: | --- |
//! | 8 | `golftext` |
//! | 4 | version of this format: 1 |
//! | 4 | version of the engine's arithmetic |
//! | 32 | SHA-256 of the artifact |
//! | 32 | SHA-256 of the text |
//! | 8 | bytes of the text |
//! | 8 | bytes of the stream, which is the rest of the file |
//!
//! Integers are little-endian. The header is a constant, and no part of what a text costs.

use crate::Fault;
use crate::coder::{self, Coded};
use crate::model::Running;
use golf_record::EngineId;
use golf_record::submission::hex;
use sha2::{Digest, Sha256};

/// Bytes of a header.
pub const HEADER: usize = 96;
/// Longest text.
pub const LIMIT: u64 = 1 << 30;

const MAGIC: &[u8; 8] = b"golftext";
const VERSION: u32 = 1;

/// The model that codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// SHA-256 of its artifact.
    pub artifact: [u8; 32],
    /// What runs it.
    pub engine: EngineId,
}

/// A text as a file.
///
/// # Errors
/// If the text is longer than [`LIMIT`], or can't be cut into tokens without loss.
pub fn write(key: &Key, model: &mut Running<'_>, text: &[u8]) -> Result<(Vec<u8>, Coded), Fault> {
    if text.len() as u64 > LIMIT {
        return Err(Fault::usage(format!(
            "{} bytes are more than the {LIMIT} that a text may have: cut it",
            text.len()
        )));
    }
    let coded = coder::encode(model, text)?;
    let mut file = Vec::with_capacity(HEADER + coded.bytes.len());
    file.extend(MAGIC);
    file.extend(VERSION.to_le_bytes());
    file.extend(key.engine.version.to_le_bytes());
    file.extend(key.artifact);
    file.extend(Sha256::digest(text));
    file.extend((text.len() as u64).to_le_bytes());
    file.extend((coded.bytes.len() as u64).to_le_bytes());
    file.extend(&coded.bytes);
    Ok((file, coded))
}

/// The text of a file. Everything that the header can tell is checked before the model runs.
///
/// # Errors
/// What is wrong with the file, as a sentence without its name.
pub fn read(key: &Key, model: &mut Running<'_>, file: &[u8]) -> Result<Vec<u8>, Fault> {
    let bad = |message: String| Err(Fault::usage(message));
    if !file.starts_with(MAGIC) {
        return bad("is not a file that `compress` wrote: it doesn't begin with `golftext`".into());
    }
    let Some((header, stream)) = file.split_at_checked(HEADER) else {
        return bad(format!("is cut short: {} bytes are less than a header; get the whole file", file.len()));
    };
    let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
    let long = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("eight bytes"));
    if number(8) != VERSION {
        return bad(format!("is of format {}, and this harness reads {VERSION}", number(8)));
    }
    if header[16..48] != key.artifact {
        return bad(format!(
            "was compressed with the artifact {:.16}, not with {:.16}: name the entry that did",
            hex(&header[16..48]),
            hex(&key.artifact)
        ));
    }
    if number(12) != key.engine.version {
        let EngineId { name, version } = &key.engine;
        return bad(format!(
            "was compressed by version {} of the engine {name}, and this harness has {version}",
            number(12)
        ));
    }
    let (length, expected) = (long(80), long(88));
    match (stream.len() as u64).cmp(&expected) {
        std::cmp::Ordering::Less => {
            return bad(format!("is cut short: {} of {expected} bytes; get the whole file", stream.len()));
        }
        std::cmp::Ordering::Greater => {
            return bad(format!("has {} bytes too many at its end", stream.len() as u64 - expected));
        }
        std::cmp::Ordering::Equal => {}
    }
    if length > LIMIT {
        return bad(format!("is damaged: it speaks of {length} bytes of text, and {LIMIT} are the most"));
    }
    let text = coder::decode(model, stream, length as usize).filter(|text| header[48..80] == *Sha256::digest(text));
    text.map_or_else(|| bad("is damaged: what comes out is not the text that went in".into()), Ok)
}
