//! `doctor`

use super::{Common, print, print_json};
use crate::golf::Golf;
use crate::{Fault, machine, qemu};
use std::process::Command;

/// A tool that is looked for.
struct Tool {
    program: &'static str,
    argument: &'static str,
    needed_for: &'static str,
    remedy: &'static str,
}

/// Tools beyond the Rust toolchain. None is needed for `run` and `verify`.
const TOOLS: [Tool; 4] = [
    Tool {
        program: "git",
        argument: "--version",
        needed_for: "the commit in measurements",
        remedy: "apt-get install git",
    },
    Tool {
        program: "python3",
        argument: "--version",
        needed_for: "training (harness/train)",
        remedy: "apt-get install python3 python3-venv",
    },
    Tool {
        program: qemu::ARM.name,
        argument: "--version",
        needed_for: "figures of Cortex-M",
        remedy: qemu::ARM.remedy,
    },
    Tool {
        program: qemu::RISCV32.name,
        argument: "--version",
        needed_for: "cross-checking the simulated microcontroller (simulate --qemu)",
        remedy: qemu::RISCV32.remedy,
    },
];

/// Says what the machine has and lacks.
///
/// # Errors
/// If the project can't be opened or `results` can't be written to.
pub fn run(common: &Common) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let machine = machine::this(&golf.root);
    let results = golf.root.join("results");
    std::fs::create_dir_all(&results).and_then(|()| tempfile_in(&results)).map_err(|fault| {
        Fault::machine(format!("{}: can't be written to: {fault}. Make room or grant access", results.display()))
    })?;
    let found: Vec<(&Tool, Option<String>)> = TOOLS.iter().map(|tool| (tool, version(tool))).collect();
    let mut outdated = vec![];
    for slug in golf.slugs()? {
        let (_, targets) = golf.simulations(&slug)?;
        outdated.extend(targets.into_iter().map(|target| format!("{slug} on {target}")));
    }
    if common.json {
        let tools: Vec<_> = found
            .iter()
            .map(|(tool, version)| serde_json::json!({ "tool": tool.program, "version": version, "needed_for": tool.needed_for, "remedy": tool.remedy }))
            .collect();
        print_json(
            &serde_json::json!({ "machine": machine, "tasks": golf.tasks.len(), "season": golf.season, "outdated_simulations": outdated, "tools": tools }),
        );
        return Ok(());
    }
    let flags = machine.flags.join(" ");
    let mut text = format!("machine              {} ({}, {} cores; {flags})\n", machine.id, machine.cpu, machine.cores);
    text.push_str(&format!("harness              {}, {}\n", machine.rustc, machine.commit));
    text.push_str(&format!("tasks                {} in order, season {}\n", golf.tasks.len(), golf.season));
    text.push_str("results              can be written to\n");
    text.push_str(&match outdated.is_empty() {
        true => "simulations          none by another firmware than the harness carries\n".into(),
        false => format!(
            "simulations          by another firmware, so not on the board: {}; `cargo golf simulate` renews them, with QEMU\n",
            outdated.join(", ")
        ),
    });
    for (tool, version) in found {
        text.push_str(&match version {
            Some(version) => format!("{:20} {version}\n", tool.program),
            None => format!("{:20} missing: needed for {}; `{}`\n", tool.program, tool.needed_for, tool.remedy),
        });
    }
    print(&text);
    Ok(())
}

fn tempfile_in(folder: &std::path::Path) -> std::io::Result<()> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&path, b"").and_then(|()| std::fs::remove_file(&path))
}

fn version(tool: &Tool) -> Option<String> {
    let output =
        Command::new(tool.program).arg(tool.argument).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned())
}
