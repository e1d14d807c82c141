//! Items made from a seed. To add a generator, add a file and a line in [`named`].

mod arithmetic;
mod choice;
mod grammar;
mod greenhouse;
mod recall;
mod state;

use crate::{Draw, Item};

/// Makes items. The same draw gives the same items, on every machine and in every release; a generator that would give
/// others is a new version of its task.
pub type Generator = fn(draw: &Draw, count: u32) -> Vec<Item>;

/// The generator with this name in `task.json`.
pub fn named(name: &str) -> Option<Generator> {
    match name {
        "arithmetic" => Some(arithmetic::generate),
        "grammar" => Some(grammar::generate),
        "greenhouse-log" => Some(greenhouse::generate),
        "recall" => Some(recall::generate),
        "state" => Some(state::generate),
        _ => None,
    }
}
