//! QEMU as a cross-check: the same firmware on another machine, which must come to the same digest and the same counts.

use crate::{Fault, firmware, simulate};
use golf_simulator::Report;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The program that is looked for.
pub const PROGRAM: &str = "qemu-system-riscv32";
/// How to get it.
pub const REMEDY: &str = "apt-get install qemu-system-misc";

/// The machine `virt`, counting instructions.
const ARGUMENTS: &str = "-M virt -cpu rv32 -bios none -m 512M -icount shift=0 -display none -serial null -monitor none";

/// The first line of its version; none if it isn't installed.
pub fn version() -> Option<String> {
    let output = Command::new(PROGRAM).arg("--version").output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned())
}

/// A folder that goes when it is dropped.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind in the system's folder for temporary files, it does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs the firmware that the harness carries on an image, for at most so long.
///
/// # Errors
/// If QEMU isn't there or takes too long, or the firmware fails.
pub fn run(image: &[u8], limit: Duration) -> Result<Report, Fault> {
    let scratch = Scratch(std::env::temp_dir().join(format!("golf-qemu-{}", std::process::id())));
    let file = |name: &str| scratch.0.join(name);
    let failed = |fault: std::io::Error| Fault::machine(format!("{}: {fault}", scratch.0.display()));
    fs::create_dir_all(&scratch.0).map_err(failed)?;
    fs::write(file("firmware.elf"), firmware::IMAGE).map_err(failed)?;
    fs::write(file("external.bin"), golf_simulator::external(&simulate::JOB, image)).map_err(failed)?;
    let said = fs::File::create(file("said")).map_err(failed)?;
    // Commas separate options, so one in a path would end it.
    let path = |name: &str| file(name).display().to_string().replace(',', ",,");
    let child = Command::new(PROGRAM)
        .args(ARGUMENTS.split(' '))
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(file("firmware.elf"))
        .args([
            "-device",
            &format!("loader,file={},addr=0x{:x},force-raw=on", path("external.bin"), golf_simulator::EXTERNAL),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(said)
        .spawn()
        .map_err(|fault| Fault::machine(format!("`{PROGRAM}` doesn't run: {fault}; `{REMEDY}`")))?;
    let success = wait(child, limit)?;
    let output = fs::read_to_string(file("said")).map_err(|fault| Fault::reading(Path::new("said"), &fault))?;
    if !success {
        return Err(Fault::entry(format!("in QEMU: {}", output.trim_end())));
    }
    golf_simulator::parse(&output).map_err(|fault| Fault::entry(format!("in QEMU: {fault}")))
}

/// Whether it ended with success.
fn wait(mut child: Child, limit: Duration) -> Result<bool, Fault> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if start.elapsed() < limit => std::thread::sleep(Duration::from_millis(5)),
            waited => {
                // If it has ended by now, so much the better.
                let _ = child.kill();
                let _ = child.wait();
                return Err(match waited {
                    Err(fault) => Fault::machine(format!("`{PROGRAM}`: {fault}")),
                    Ok(_) => Fault::entry(format!("in QEMU: took longer than {} s and was ended", limit.as_secs())),
                });
            }
        }
    }
}
