//! The targets.

mod artifact;
mod check;
mod compressed;
mod engine;
mod json;
mod machine;
mod module;
mod pull_request;
mod records;
mod vocabulary;

/// A reader of strangers' bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Names it on command lines and in folders.
    pub name: &'static str,
    /// Reads an input, and panics if that breaks a rule.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Bytes of the longest input that makes sense.
    pub longest: usize,
}

/// All of them.
pub const TARGETS: [Target; 13] = [
    Target { name: "artifact", run: artifact::run, seeds: artifact::seeds, longest: 12_288 },
    Target { name: "coded", run: artifact::run_coded, seeds: artifact::coded_seeds, longest: 8_192 },
    Target { name: "grams", run: artifact::run_grams, seeds: artifact::grams_seeds, longest: 16_384 },
    Target { name: "module", run: module::run_bytes, seeds: module::seeds, longest: 2_048 },
    Target { name: "engine", run: engine::run, seeds: engine::seeds, longest: 4_096 },
    Target { name: "image", run: engine::run_image, seeds: engine::image_seeds, longest: 16_384 },
    Target { name: "vocabulary", run: vocabulary::run, seeds: vocabulary::seeds, longest: 2_048 },
    Target { name: "json", run: json::run, seeds: json::seeds, longest: 4_096 },
    Target { name: "records", run: records::run, seeds: records::seeds, longest: 8_192 },
    Target { name: "compressed", run: compressed::run, seeds: compressed::seeds, longest: 512 },
    Target { name: "pull-request", run: pull_request::run, seeds: pull_request::seeds, longest: 2_048 },
    Target { name: "check", run: check::run, seeds: check::seeds, longest: 12_288 },
    Target { name: "machine", run: machine::run, seeds: machine::seeds, longest: 4_096 },
];

/// Whether a text can be shown in a terminal as it is: nothing in it steers one.
fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() && c != '\n')
}
