//! `simulate --qemu`: everything once more, on every machine.

use super::in_process;
use crate::Fault;
use crate::firmware::{self, Target};
use crate::golf::{Candidate, Golf};
use crate::qemu;
use crate::simulate::{self, InQemu, Room};
use crate::worker::{self, Limits};
use golf_record::Figures;
use std::time::Duration;

/// Runs an entry again on every machine and compares; says what was done.
pub(super) fn again(
    golf: &Golf,
    candidate: &Candidate,
    updated: &super::Updated,
    limits: Limits,
) -> Result<String, Fault> {
    if let Some(program) = [&qemu::ARM, &qemu::RISCV32].into_iter().find(|program| program.version().is_none()) {
        return Err(Fault::machine(program.missing()));
    }
    let loaded = worker::load(&candidate.submission.artifact)?;
    let limit = Duration::from_secs(limits.seconds);
    if !simulate::is_quick(&loaded)? {
        let machines = simulate::again_in_short(&loaded, limit)?;
        return Ok(format!(
            "too large to be run again as a whole, but with the window narrowed {} come to the digest of this machine's engine",
            machines.join(", ")
        ));
    }
    for record in &updated.records {
        let Some(recorded) = record.figures() else { continue };
        let target = Target::named(&record.target)?;
        if target.name == firmware::IN_PROCESS.name {
            let found =
                in_process(golf, candidate, Room::AMPLE, limits)?.map_err(|failure| Fault::entry(failure.message))?;
            same(target, recorded, &found)?;
            simulate::again_on_virt(&loaded, recorded, limit)?;
        } else if let InQemu::Figures(found, _) = simulate::in_qemu(target, &loaded, limit)? {
            same(target, recorded, &found)?;
        }
    }
    Ok("run again, everything is as recorded, and QEMU comes to what the simulator in process does".into())
}

/// Nothing that is counted may depend on when or where.
fn same(target: &Target, recorded: &Figures, found: &Figures) -> Result<(), Fault> {
    let show = |figures: &Figures| serde_json::to_string(figures).expect("figures are plain data");
    let message = || format!("on {} it comes to {}, but {} is recorded", target.name, show(found), show(recorded));
    if recorded == found { Ok(()) } else { Err(Fault::entry(message())) }
}
