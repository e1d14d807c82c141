//! Processor cores: which simulated target counts for which, and how many cycles an instruction may take.

use crate::Interval;
use serde::{Deserialize, Deserializer};

/// A processor core that boards have.
#[derive(Debug, PartialEq)]
pub struct Core {
    /// In a board's file.
    pub id: &'static str,
    /// As its maker calls it.
    pub name: &'static str,
    /// The simulated target whose instructions it runs; none if the firmware isn't built for it.
    pub target: Option<&'static str>,
    /// Cycles per instruction.
    pub cpi: Option<Interval>,
}

/// What is to be known of [`Core::cpi`].
pub const CPI_STATUS: &str =
    "estimates from the lengths of the cores’ pipelines and their waits for memory; not calibrated on hardware";

/// A core that a target stands for, with its cycles per instruction.
const fn counted(id: &'static str, name: &'static str, target: &'static str, (low, high): (f64, f64)) -> Core {
    Core { id, name, target: Some(target), cpi: Some(Interval { low, high }) }
}

/// All cores that boards may have.
pub static CORES: [Core; 9] = [
    counted("cortex-m0+", "Arm Cortex-M0+", "thumbv6m", (1.5, 1.9)),
    counted("cortex-m3", "Arm Cortex-M3", "thumbv7m", (1.2, 1.7)),
    counted("cortex-m4", "Arm Cortex-M4", "thumbv7em", (1.2, 1.7)),
    counted("cortex-m7", "Arm Cortex-M7", "thumbv7em", (0.6, 1.0)),
    counted("cortex-m33", "Arm Cortex-M33", "thumbv8m.main", (1.1, 1.5)),
    counted("hazard3", "Hazard3 (RISC-V)", "riscv32imc", (1.1, 1.6)),
    counted("esp-riscv", "Espressif RISC-V", "riscv32imc", (1.1, 1.6)),
    Core { id: "xtensa-lx7", name: "Xtensa LX7", target: None, cpi: None },
    Core { id: "avr", name: "AVR", target: None, cpi: None },
];

impl<'de> Deserialize<'de> for &'static Core {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        CORES.iter().find(|core| core.id == id).ok_or_else(|| {
            let known: Vec<&str> = CORES.iter().map(|core| core.id).collect();
            serde::de::Error::custom(format!("there is no core `{id}`; there are {}", known.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_simulated_and_intervals_are_sound() {
        for core in &CORES {
            assert_eq!(core.target.is_some(), core.cpi.is_some(), "{}", core.id);
            assert!(core.cpi.is_none_or(|cpi| 0.0 < cpi.low && cpi.low <= cpi.high), "{}", core.id);
            assert!(core.target.is_none_or(|target| golf_record::TARGETS.contains(&target)), "{}", core.id);
        }
    }
}
