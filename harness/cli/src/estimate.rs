//! What estimates are made of: the boards of the project, and the operations of its entries.

use crate::Fault;
use crate::golf::{Candidate, Golf};
use crate::model::Loaded;
use golf_estimate::Workload;
use golf_estimate::energy::Operations;
use golf_ternary::Image;
use golf_ternary::operations::{self, Numbers};

/// Reads the boards.
///
/// # Errors
/// If a board's file isn't in order.
pub fn boards(golf: &Golf) -> Result<Vec<golf_estimate::Board>, Fault> {
    golf_estimate::load_all(&golf.root.join("harness/boards")).map_err(|fault| Fault::machine(fault.to_string()))
}

/// What a token of an entry takes; none for engines whose operations aren't counted.
pub fn of(candidate: &Candidate) -> Option<Workload> {
    // Others need not be opened.
    let is_counted = candidate.engine.name == "ternary";
    workload(&is_counted.then(|| candidate.load().ok()).flatten()?)
}

/// What a token takes; none for engines whose operations aren't counted.
pub fn workload(loaded: &Loaded) -> Option<Workload> {
    let Loaded::Ternary(bytes, _) = loaded else { return None };
    let image = Image::new(bytes).ok()?;
    let parts = |numbers| {
        operations::operations(&image, numbers).map(|part| Operations {
            additions: part.additions,
            byte_multiplications: part.byte_multiplications,
            multiplications: part.multiplications,
            lookups: part.lookups,
            functions: part.functions,
            weight_bytes: part.weight_bytes,
            state_bytes: part.state_bytes,
        })
    };
    let formats = [Numbers::Integer, Numbers::Float { bytes: 2 }, Numbers::Float { bytes: 4 }];
    Some(Workload { window: image.shape().window as u64, parts: formats.map(parts) })
}
