//! Whether an entry fits a board, and about how fast it would be there.

use crate::{Board, Core, Interval, Kind, Limits, Memory, Place};
use golf_record::{Figures, Simulation};

/// What is to be known of every estimate.
pub const CAVEAT: &str = "Counts of instructions and bytes are exact and repeat. Seconds and millijoules are estimates for one core, from intervals of \
                          cycles per instruction that are not calibrated; nothing here was measured on hardware. A memory whose speed has no source is \
                          taken to keep up. Counts depend on the compiler.";

/// Bytes that an entry needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The model.
    pub image: u64,
    /// The firmware.
    pub code: u64,
    /// Stack, statics, activations and cache.
    pub ram: u64,
}

/// Where something has room, if anywhere.
#[derive(Clone, Copy, Debug)]
pub enum Placement<'a> {
    /// There.
    In(&'a Memory),
    /// So many bytes are missing, even in the largest memory.
    Short(u64),
}

/// What becomes of an entry on a board.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'a> {
    /// The board.
    pub board: &'a Board,
    /// Which of its cores.
    pub core: &'static Core,
    /// The model and the code.
    pub flash: Placement<'a>,
    /// What changes.
    pub ram: Placement<'a>,
    /// Figures of the core's own target; none if there are none, and then the needs are those of another target.
    pub counted: Option<&'a Figures>,
}

/// What a token takes.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// Time.
    pub seconds: Interval,
    /// Energy of the whole board, where its power is known.
    pub millijoules: Option<Interval>,
    /// What no firmware can be below: reading the image once, where the memory's bandwidth is known.
    pub floor_seconds: Option<f64>,
}

impl<'a> Placement<'a> {
    /// The memory, if there is room.
    pub fn memory(self) -> Option<&'a Memory> {
        match self {
            Placement::In(memory) => Some(memory),
            Placement::Short(_) => None,
        }
    }
}

/// What an entry was found to need on a simulated target.
pub fn needs(figures: &Figures) -> Needs {
    Needs { image: figures.flash.image_bytes, code: figures.flash.code_bytes, ram: figures.ram_bytes() }
}

/// Where model and code have room: together on the chip, or else the model outside, with the code on the chip if it has flash.
fn flash(board: &Board, needs: Needs) -> Placement<'_> {
    let mut beside = needs.code;
    let mut short = u64::MAX;
    for memory in board.memories(Kind::Flash) {
        let wanted = if memory.place == Place::Internal { needs.image + needs.code } else { needs.image + beside };
        match wanted.checked_sub(memory.bytes.value) {
            None | Some(0) => return Placement::In(memory),
            Some(missing) => short = short.min(missing),
        }
        if memory.place == Place::Internal && needs.code <= memory.bytes.value {
            beside = 0;
        }
    }
    // Without any flash all of it is missing.
    Placement::Short(short.min(needs.image + needs.code))
}

fn ram(board: &Board, needs: Needs) -> Placement<'_> {
    let mut short = needs.ram;
    for memory in board.memories(Kind::Ram) {
        match needs.ram.checked_sub(memory.bytes.value) {
            None | Some(0) => return Placement::In(memory),
            Some(missing) => short = short.min(missing),
        }
    }
    Placement::Short(short)
}

/// An entry on a board, core by core; empty if nothing has been counted for the entry on any target.
pub fn fits<'a>(board: &'a Board, simulations: &'a [Simulation]) -> Vec<Fit<'a>> {
    let Some(any) = simulations.iter().find_map(Simulation::figures) else { return vec![] };
    let of_core = |&core: &&'static Core| {
        let own = simulations.iter().filter(|simulation| Some(simulation.target.as_str()) == core.target);
        let counted = own.filter_map(Simulation::figures).next();
        // The image and its state are the same everywhere; the code and the stack differ by a few kilobytes.
        let needs = needs(counted.unwrap_or(any));
        Fit { board, core, flash: flash(board, needs), ram: ram(board, needs), counted }
    };
    board.cores.iter().map(of_core).collect()
}

/// The one to show: of the first core that has been counted, or else of the first.
pub fn fit<'a>(board: &'a Board, simulations: &'a [Simulation]) -> Option<Fit<'a>> {
    let fits = fits(board, simulations);
    fits.iter().find(|fit| fit.counted.is_some()).or(fits.first()).copied()
}

impl Fit<'_> {
    /// Whether everything has room.
    pub fn has_room(&self) -> bool {
        self.flash.memory().is_some() && self.ram.memory().is_some()
    }

    /// What a token takes; none if there is no room or no count.
    pub fn estimate(&self) -> Option<Estimate> {
        let (figures, cpi) = (self.counted.filter(|_| self.has_room())?, self.core.cpi?);
        let instructions = figures.instructions_per_token()? as f64;
        let image = figures.flash.image_bytes as f64;
        let limits =
            self.flash.memory()?.bandwidth.as_ref().map_or(Limits { low: None, high: None }, |found| found.value);
        // The lowest bandwidth takes longest.
        let reading = |bandwidth: Option<u64>| bandwidth.map(|bandwidth| image / bandwidth as f64);
        let computing = cpi * (instructions / self.board.clock.value as f64);
        let seconds = Interval {
            low: computing.low.max(reading(limits.high).unwrap_or(0.0)),
            high: computing.high.max(reading(limits.low).unwrap_or(0.0)),
        };
        // Whatever the lower end of the bandwidth is, time can't end before it begins.
        let seconds = Interval { high: seconds.high.max(seconds.low), ..seconds };
        let millijoules = self.board.active_power.as_ref().map(|power| seconds * power.value as f64);
        Some(Estimate { seconds, millijoules, floor_seconds: reading(limits.high) })
    }

    /// In a few words: the time, or why there is none.
    pub fn summary(&self) -> String {
        if let (Placement::Short(bytes), _) | (_, Placement::Short(bytes)) = (self.flash, self.ram) {
            let what = if self.flash.memory().is_some() { "RAM" } else { "flash" };
            return format!("no: {what} {} short", size(bytes));
        }
        match (self.estimate(), self.core.target) {
            (Some(estimate), _) => estimate.seconds.seconds(),
            (None, Some(_)) => "fits; not counted yet".into(),
            (None, None) => "fits; no count for this core".into(),
        }
    }

    /// How to get a count that is missing; none if there is one, or if there can't be any.
    pub fn remedy(&self) -> Option<String> {
        let target = self.core.target.filter(|_| self.counted.is_none())?;
        Some(format!("no count on {target}: `cargo golf simulate` makes it where QEMU is installed"))
    }
}

/// Bytes in decimal multiples, for people: `12 KB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes}\u{a0}bytes"),
        1_000..1_000_000 => format!("{:.0}\u{a0}KB", bytes as f64 / 1e3),
        _ => format!("{:.1}\u{a0}MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests;
