//! The safetensors header: which tensors there are and where they lie.
//!
//! The `safetensors` crate has the last word in [`crate::Artifact::read`]; this reading comes first because it goes
//! on after a fault, sees keys that occur twice, and knows the places of what it complains about.

use crate::fault::{Fault, Place, quote};
use crate::json::{self, Fields, Node, Problems, Value};

/// Largest header in bytes. A thousand tensors take a tenth of it.
pub const LARGEST: usize = 1_000_000;
/// JSON values that a header, or the configuration in it, has at most.
const VALUES: usize = 65_536;
/// Bytes of the header's length before the header.
const PREFIX: usize = 8;

/// What the elements of a tensor are. Floating point is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// A byte.
    U8,
    /// A signed byte.
    I8,
    /// Two bytes, the lower first.
    U16,
}

impl Dtype {
    /// All of them with their names.
    pub const NAMES: [(Dtype, &'static str); 3] = [(Dtype::U8, "U8"), (Dtype::I8, "I8"), (Dtype::U16, "U16")];

    /// Bytes of an element.
    pub const fn bytes(self) -> usize {
        match self {
            Dtype::U8 | Dtype::I8 => 1,
            Dtype::U16 => 2,
        }
    }

    /// Its name in a header.
    pub const fn name(self) -> &'static str {
        match self {
            Dtype::U8 => "U8",
            Dtype::I8 => "I8",
            Dtype::U16 => "U16",
        }
    }
}

/// A tensor as the header announces it. What is wrong there is reported already, and none here.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Byte of the file where the header names it.
    pub(crate) at: usize,
    pub(crate) dtype: Option<Dtype>,
    pub(crate) shape: Option<Vec<usize>>,
    /// Its bytes in the file, which are within it.
    pub(crate) range: Option<(usize, usize)>,
}

/// A header.
#[derive(Debug, Default)]
pub(crate) struct Header {
    /// The configuration, a text of its own.
    pub(crate) config: Option<String>,
    /// The tensors in the order of the file.
    pub(crate) entries: Vec<Entry>,
}

/// Reads the header of a file. What can't be read is reported and left out.
pub(crate) fn read(bytes: &[u8], faults: &mut Vec<Fault>) -> Header {
    let mut refuse = |offset: usize, message: String, remedy: &str| {
        faults.push(Fault::new(Place::Byte { offset }, message, remedy));
        Header::default()
    };
    if bytes.starts_with(b"version https://git-lfs") {
        let message = "a Git LFS pointer in place of the file".into();
        return refuse(0, message, "run `git lfs pull`, or commit the file itself");
    }
    let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX>() else {
        let message = format!("{} bytes are too few for a safetensors file", bytes.len());
        return refuse(0, message, "write the whole file again");
    };
    let length = u64::from_le_bytes(*prefix);
    if length > LARGEST as u64 {
        let message = format!("the header's length is {length} bytes, and at most {LARGEST} are allowed");
        return refuse(0, message, "write a safetensors file; if it is one, shorten its metadata");
    }
    let Some((header, body)) = rest.split_at_checked(length as usize) else {
        let message = format!("the header's length is {length} bytes, but only {} follow", rest.len());
        return refuse(0, message, "write the whole file again");
    };
    let text = match str::from_utf8(header) {
        Ok(text) => text,
        Err(error) => {
            let message = "the header is not valid UTF-8".into();
            return refuse(PREFIX + error.valid_up_to(), message, "write the file with a safetensors library");
        }
    };
    if !text.starts_with('{') {
        return refuse(PREFIX, "the header must start with `{`".into(), "write the file with a safetensors library");
    }
    let mut problems = Problems::default();
    let header = json::parse(text, VALUES, &mut problems)
        .map(|root| tensors_and_config(&root, PREFIX + text.len(), body.len(), &mut problems))
        .unwrap_or_default();
    faults.extend(problems.into_faults(|at| Place::Byte { offset: PREFIX + at }));
    header
}

fn tensors_and_config(root: &Node<'_>, start: usize, length: usize, problems: &mut Problems) -> Header {
    let Value::Object(members) = &root.value else { return Header::default() };
    let metadata = members.iter().find(|member| member.key == "__metadata__");
    if metadata.is_none() {
        let remedy = "add it with the one key `golf`, whose value is the configuration";
        problems.report(root.at, "the header has no `__metadata__`", remedy);
    }
    let config = metadata
        .and_then(|metadata| Fields::of(&metadata.node, "`__metadata__`", &["golf"], problems))
        .and_then(|fields| fields.text("golf", problems));
    let mut entries: Vec<Entry> = members
        .iter()
        .filter(|member| member.key != "__metadata__")
        .map(|member| entry(&member.key, member.at, &member.node, (start, length), problems))
        .collect();
    entries.sort_by_key(|entry| entry.range);
    if entries.iter().all(|entry| entry.range.is_some()) {
        check_coverage(&entries, root.at, (start, length), problems);
    }
    for entry in &mut entries {
        entry.at += PREFIX;
    }
    Header { config: config.map(str::to_owned), entries }
}

fn entry(name: &str, at: usize, node: &Node<'_>, (start, length): (usize, usize), problems: &mut Problems) -> Entry {
    let mut entry = Entry { name: name.into(), at, dtype: None, shape: None, range: None };
    let title = quote(name);
    let Some(fields) = Fields::of(node, &title, &["dtype", "shape", "data_offsets"], problems) else { return entry };
    entry.dtype = dtype(&title, &fields, problems);
    let mut shape = Vec::new();
    for item in fields.list("shape", 0..=8, problems).unwrap_or_default() {
        shape.extend(item.whole("shape", 0..=1 << 40, problems));
    }
    // A size that is no number was reported, and then the count differs.
    let shape = match fields.optional("shape").map(|node| &node.value) {
        Some(Value::Array(items)) if items.len() == shape.len() => Some(shape),
        _ => None,
    };
    // Kept in 64 bits until the bytes are compared, so that no size wraps where addresses are shorter.
    let in_memory = |shape: &Vec<u64>| shape.iter().map(|&size| usize::try_from(size).ok()).collect();
    entry.shape = shape.as_ref().and_then(in_memory);
    let limit = 0..=length as u64;
    let offsets = fields.list("data_offsets", 2..=2, problems).unwrap_or_default();
    let offsets: Vec<_> =
        offsets.iter().map_while(|node| node.whole("data_offsets", limit.clone(), problems)).collect();
    let &[begin, end] = offsets.as_slice() else { return entry };
    let (begin, end) = (begin as usize, end as usize);
    if begin > end {
        let message = format!("{title} ends at {end}, before it begins at {begin}");
        problems.report(at, message, "write the file with a safetensors library");
        return entry;
    }
    entry.range = Some((start + begin, start + end));
    if let (Some(dtype), Some(shape)) = (entry.dtype, &shape) {
        let needed = shape.iter().try_fold(dtype.bytes() as u64, |product, &size| product.checked_mul(size));
        if needed != Some((end - begin) as u64) {
            let needed = needed.map_or("more than any file's".into(), |needed| needed.to_string());
            let message = format!(
                "{title} of {} and shape {shape:?} needs {needed} bytes, but its offsets give it {}",
                dtype.name(),
                end - begin
            );
            problems.report(at, message, "write the file with a safetensors library");
            entry.shape = None;
        }
    }
    entry
}

fn dtype(title: &str, fields: &Fields<'_, '_>, problems: &mut Problems) -> Option<Dtype> {
    let node = fields.get("dtype", problems)?;
    let name = node.text("dtype", problems)?;
    let known = Dtype::NAMES.iter().find(|&&(_, known)| known == name).map(|&(dtype, _)| dtype);
    if known.is_none() {
        let message = format!("{title} has dtype {}", quote(name));
        if name.starts_with('F') || name.starts_with("BF") || name.starts_with('C') {
            let remedy = "inference is in integers only: quantise it with `golf pack`";
            problems.report(node.at, format!("{message}, which is floating point"), remedy);
        } else {
            problems.report(node.at, message, "use U8, I8 or U16");
        }
    }
    known
}

/// Reports gaps, overlaps and trailing bytes. All entries have ranges and are sorted by them.
fn check_coverage(entries: &[Entry], root: usize, (start, length): (usize, usize), problems: &mut Problems) {
    const REMEDY: &str = "write the file with a safetensors library";
    let mut place = start;
    let mut last = "";
    let mut overlaps = Vec::new();
    for entry in entries {
        let Some((begin, end)) = entry.range else { continue };
        if begin > place {
            let gap = begin - place;
            let message = format!("a gap of {gap} bytes before {}, from byte {place} of the file", quote(&entry.name));
            problems.report(entry.at, message, REMEDY);
        } else if begin < place {
            overlaps.push((entry, last, place.min(end) - begin));
        }
        if end >= place {
            (place, last) = (end, &entry.name);
        }
    }
    // One tensor in the wrong place may overlap many others.
    if let Some((entry, other, bytes)) = overlaps.first() {
        let more = if overlaps.len() > 1 {
            format!(", and {} more overlap others", overlaps.len() - 1)
        } else {
            String::new()
        };
        let message = format!("{} overlaps {} by {bytes} bytes{more}", quote(&entry.name), quote(other));
        problems.report(entry.at, message, REMEDY);
    }
    if place < start + length {
        let message = format!("{} bytes after the last tensor, from byte {place} of the file", start + length - place);
        problems.report(root, message, "cut them off, or write the file again");
    }
}
