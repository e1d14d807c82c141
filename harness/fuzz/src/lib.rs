//! What no input may break: for each reader of strangers' bytes a function that panics if it does what it must not.
//!
//! [`TARGETS`] lists them with their seeds, which code makes. `.ci/fuzz` runs them under libFuzzer; the tests run each on its seeds, on
//! what fuzzing has found so far (`found/`), and on a few hundred random changes of both.
#![forbid(unsafe_code)]

mod target;
#[cfg(test)]
mod tests;
mod words;

pub use target::{TARGETS, Target};
pub use words::dictionary;

/// The target of this name.
pub fn named(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Runs the target that the environment variable `GOLF_FUZZ` names.
///
/// # Panics
/// If there is none of that name, or if the input breaks it.
pub fn exercise(data: &[u8]) {
    static NAMED: std::sync::LazyLock<&Target> = std::sync::LazyLock::new(|| {
        let name = std::env::var("GOLF_FUZZ").unwrap_or_default();
        named(&name).unwrap_or_else(|| panic!("GOLF_FUZZ is `{name}`, which names no target"))
    });
    (NAMED.run)(data);
}
