//! `results/<slug>/<target>.json`: what a simulated microcontroller makes of an artifact, the same on every machine.

use crate::{EngineId, Failure, Probe};
use serde::{Deserialize, Serialize};

/// The targets that are simulated; their records lie beside those of machines.
pub const TARGETS: [&str; 5] = ["riscv32imc", "thumbv6m", "thumbv7m", "thumbv7em", "thumbv8m.main"];

/// The one among them that needs nothing installed, so that every entry has a record of it.
pub const IN_PROCESS: &str = TARGETS[0];

/// Everything that one simulated target makes of one artifact. Deterministic; raw integers, nothing derived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Simulation {
    /// Version of this format: [`Simulation::SCHEMA`].
    pub schema: u32,
    /// The submission's folder.
    pub slug: String,
    /// Of the artifact, lower-case hexadecimal.
    pub artifact_sha256: String,
    /// What ran it.
    pub engine: EngineId,
    /// One of [`TARGETS`].
    pub target: String,
    /// What simulated it.
    pub simulator: Simulator,
    /// The simulated machines, which all came to the same.
    #[serde(default)]
    pub machines: Vec<SimulatedMachine>,
    /// SHA-256 of the firmware's file, lower-case hexadecimal.
    pub firmware_sha256: String,
    /// None if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<Figures>,
    /// What failed, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
}

/// A simulator and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Simulator {
    /// Its name.
    pub name: String,
    /// Its version: of the one in process a number that rises when a count can change, of QEMU what it says itself.
    pub version: String,
}

/// A simulated machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SimulatedMachine {
    /// As its simulator calls it.
    pub name: String,
    /// The processor's core, as its maker calls it.
    pub core: String,
    /// Whether it did the whole job; else only the short one with the narrowed window.
    pub whole: bool,
}

impl Simulation {
    /// Version of the format.
    pub const SCHEMA: u32 = 2;

    /// The figures, unless something failed.
    pub fn figures(&self) -> Option<&Figures> {
        self.figures.as_ref().filter(|_| self.failures.is_empty())
    }
}

/// What was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// The digest of the logits as the target computed them.
    pub probe: Probe,
    /// The same with the attention window narrowed to a few tokens, so that the cache wraps.
    pub narrowed: Probe,
    /// Instructions for checking the image and taking in the start token.
    pub load_instructions: u64,
    /// The probe's text as a prompt: each token is observed, without a prediction.
    pub prompt: Instructions,
    /// Tokens after the probe's text: each predicted, picked and observed.
    pub generation: Instructions,
    /// What the instructions of the generation were; none where the simulator doesn't tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mix: Option<InstructionMix>,
    /// RAM at the peak.
    pub ram: Ram,
    /// What lies in flash.
    pub flash: Flash,
}

/// Tokens, and the instructions retired for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Instructions {
    /// How many tokens.
    pub tokens: u64,
    /// How many instructions.
    pub instructions: u64,
}

/// Instructions by kind, as far as they cost more than an addition; what is left is plain arithmetic and moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InstructionMix {
    /// Reads of RAM.
    pub ram_loads: Accesses,
    /// Reads of the model's image.
    pub image_loads: Accesses,
    /// Reads of constants beside the code.
    pub constant_loads: Accesses,
    /// Writes to RAM.
    pub ram_stores: Accesses,
    /// Multiplications.
    pub multiplies: u64,
    /// Divisions and remainders.
    pub divides: u64,
    /// Conditional branches.
    pub branches: u64,
    /// Those of them that were taken.
    pub taken: u64,
    /// Jumps and calls.
    pub jumps: u64,
}

/// Accesses of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Accesses {
    /// How many instructions.
    pub count: u64,
    /// How many bytes they moved.
    pub bytes: u64,
}

/// RAM by use, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ram {
    /// Deepest use of the stack.
    pub stack_bytes: u64,
    /// Statics.
    pub static_bytes: u64,
    /// Activations and the cache of keys and values.
    pub arena_bytes: u64,
}

/// Flash by use, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Flash {
    /// The model's image.
    pub image_bytes: u64,
    /// Code and constants.
    pub code_bytes: u64,
}

impl Instructions {
    /// For a token, rounded; none if there were no tokens.
    pub fn per_token(&self) -> Option<u64> {
        Some((self.instructions + self.tokens / 2) / std::num::NonZero::new(self.tokens)?)
    }
}

impl Figures {
    /// Instructions for a generated token, rounded; none if there were no tokens.
    pub fn instructions_per_token(&self) -> Option<u64> {
        self.generation.per_token()
    }

    /// RAM at the peak in bytes.
    pub fn ram_bytes(&self) -> u64 {
        self.ram.stack_bytes + self.ram.static_bytes + self.ram.arena_bytes
    }

    /// Flash in bytes.
    pub fn flash_bytes(&self) -> u64 {
        self.flash.image_bytes + self.flash.code_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_for_tables_are_derived() {
        let figures = Figures {
            probe: Probe { tokens: 1, sha256: String::new() },
            narrowed: Probe { tokens: 1, sha256: String::new() },
            load_instructions: 0,
            prompt: Instructions { tokens: 0, instructions: 0 },
            generation: Instructions { tokens: 16, instructions: 1_608 },
            mix: None,
            ram: Ram { stack_bytes: 100, static_bytes: 20, arena_bytes: 3 },
            flash: Flash { image_bytes: 8_000, code_bytes: 500 },
        };
        assert_eq!(
            (figures.instructions_per_token(), figures.ram_bytes(), figures.flash_bytes()),
            (Some(101), 123, 8_500)
        );
        let none = Figures { generation: Instructions { tokens: 0, instructions: 0 }, ..figures };
        assert_eq!(none.instructions_per_token(), None);
    }
}
