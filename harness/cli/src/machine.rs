//! The fingerprint of the machine that measures.

use golf_record::Machine;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Instruction sets that matter to engines, as Linux names them.
const FLAGS: [&str; 15] = [
    "sse4_2",
    "avx",
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512bw",
    "avx512vl",
    "avx512_vnni",
    "avx512_bf16",
    "amx_tile",
    "amx_int8",
    "asimd",
    "asimddp",
    "i8mm",
    "sve",
];

/// This machine; `root` is the project's folder, for its commit.
pub fn this(root: &Path) -> Machine {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |names: &[&str]| {
        let line = cpuinfo.lines().find(|line| names.iter().any(|name| line.starts_with(name)))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let cpu = field(&["model name", "Model"]).unwrap_or_else(|| std::env::consts::ARCH.into());
    let found = field(&["flags", "Features"]).unwrap_or_default();
    let found: Vec<&str> = found.split(' ').collect();
    let cores = std::thread::available_parallelism().map_or(1, |count| count.get() as u32);
    Machine {
        id: format!("{}-{cores}c", slug(&cpu)),
        cpu,
        flags: FLAGS.into_iter().filter(|flag| found.contains(flag)).map(Into::into).collect(),
        cores,
        memory_bytes: memory().unwrap_or(0),
        system: system(),
        rustc: env!("GOLF_RUSTC").into(),
        commit: commit(root).unwrap_or_else(|| "unknown".into()),
    }
}

/// Lower-case letters and digits, with single hyphens for the rest.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1_024)
}

#[cfg(unix)]
fn system() -> String {
    let part = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
    nix::sys::utsname::uname().map_or_else(
        |_| std::env::consts::OS.into(),
        |name| format!("{} {}", part(name.sysname()), part(name.release())),
    )
}

#[cfg(not(unix))]
fn system() -> String {
    std::env::consts::OS.into()
}

fn commit(root: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").arg("-C").arg(root).args(arguments).output().ok().filter(|out| out.status.success())?;
        String::from_utf8(output.stdout).ok()
    };
    let head = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", "harness", "Cargo.toml", "Cargo.lock"])?;
    Some(format!("{}{}", head.trim(), if changed.is_empty() { "" } else { "+" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_processors_become_file_names() {
        assert_eq!(slug("AMD EPYC 7B13 (64-Core)"), "amd-epyc-7b13-64-core");
        assert_eq!(slug("Intel(R) Xeon(R) @ 2.20GHz"), "intel-r-xeon-r-2-20ghz");
    }
}
