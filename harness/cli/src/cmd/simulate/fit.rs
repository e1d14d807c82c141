//! `simulate --flash BYTES --ram BYTES`: on a machine with no more memory than a board has.

use super::{Args, in_process};
use crate::Fault;
use crate::cmd::{Common, all, messages, print, print_json};
use crate::golf::Golf;
use crate::simulate::{self, Room};
use golf_record::grouped;

/// Runs entries on a machine in process with no more memory than asked for.
pub(super) fn fit(golf: &Golf, common: &Common, args: &Args) -> Result<(), Fault> {
    let mut room = Room { flash_bytes: args.flash.unwrap_or(u64::MAX), ..Room::AMPLE };
    room.ram_bytes = args.ram.unwrap_or(room.ram_bytes);
    let (mut faults, mut documents) = (vec![], vec![]);
    for (slug, candidate) in golf.candidates(&args.slugs)? {
        let fits = candidate.and_then(|candidate| {
            if !simulate::runs(&candidate.engine.name) {
                return Ok(None);
            }
            let figures = in_process(golf, &candidate, room, args.limits)?;
            figures.map(Some).map_err(|failure| Fault::entry(failure.message))
        });
        match fits {
            Ok(None) => {}
            Ok(Some(figures)) => {
                if !common.json {
                    let (flash, ram) = (grouped(figures.flash_bytes()), grouped(figures.ram_bytes()));
                    print(&format!("{slug}: fits, with {flash} bytes of flash and {ram} bytes of RAM\n"));
                }
                documents.push(serde_json::json!({ "slug": slug, "figures": figures }));
            }
            Err(fault) => faults.push(Fault { message: format!("{slug}: {}", fault.message), ..fault }),
        }
    }
    if common.json {
        print_json(&serde_json::json!({ "fits": documents, "errors": messages(&faults) }));
    }
    all(faults)
}
