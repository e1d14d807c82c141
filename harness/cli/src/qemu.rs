//! QEMU: machines for the targets that aren't simulated in process, and a second opinion on the one that is.

use crate::Fault;
use crate::firmware::{Code, Target};
use golf_simulator::{Job, Place, Report};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A program of QEMU.
#[derive(Debug)]
pub struct Program {
    /// As it is looked for.
    pub name: &'static str,
    /// How to get it.
    pub remedy: &'static str,
}

/// For RISC-V.
pub static RISCV32: Program = Program { name: "qemu-system-riscv32", remedy: "apt-get install qemu-system-misc" };
/// For Cortex-M.
pub static ARM: Program = Program { name: "qemu-system-arm", remedy: "apt-get install qemu-system-arm" };

impl Program {
    /// Its version, such as `7.2.22`; none if it isn't installed.
    pub fn version(&self) -> Option<String> {
        let output = Command::new(self.name).arg("--version").output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Some(text.lines().next()?.split_whitespace().skip_while(|word| *word != "version").nth(1)?.to_owned())
    }

    /// What to say where it is missing.
    pub fn missing(&self) -> String {
        format!("`{}` isn't installed: `{}`", self.name, self.remedy)
    }
}

/// A machine that QEMU simulates. Addresses are those of its documentation and of the firmware's memory maps.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// What runs it.
    pub program: &'static Program,
    /// As QEMU calls it.
    pub name: &'static str,
    /// Its core, as its maker calls it.
    pub core: &'static str,
    /// The target whose firmware it runs.
    pub target: &'static str,
    /// Arguments beside those for all.
    arguments: &'static [&'static str],
    /// Where the firmware looks for its job.
    job: u32,
    /// Where the image lies; none for the flash that the code leaves, up to the job.
    image: Option<u32>,
    /// How many bytes there are for it.
    image_bytes: u32,
    /// Where the arena lies; 0 for right above the statics.
    arena: u32,
    /// RAM in all.
    ram_bytes: u32,
    /// Of SysTick; 0 where there is a counter of instructions.
    tick_khz: u32,
}

/// The machine on which RISC-V's figures are checked.
pub static VIRT: Machine = Machine {
    program: &RISCV32,
    name: "virt",
    core: "RV32IMC",
    target: "riscv32imc",
    arguments: &["-cpu", "rv32", "-bios", "none", "-m", "512M", "-icount", "shift=0"],
    job: golf_simulator::EXTERNAL,
    image: Some(golf_simulator::EXTERNAL + golf_simulator::JOB_BYTES as u32),
    image_bytes: 128 << 20,
    arena: 0,
    ram_bytes: 64 << 20,
    tick_khz: 0,
};

/// What the boards MPS2 have in common: 16 MiB for the image, and 4 MiB of RAM above the statics.
const MPS2: Machine = Machine {
    program: &ARM,
    name: "",
    core: "",
    target: "",
    // Cortex-M has no counter of instructions that QEMU knows, so they are counted by a clock: each takes 2^6 ns.
    arguments: &["-icount", "shift=6"],
    job: 0x0003_ffc0,
    image: Some(0x2100_0000),
    image_bytes: 16 << 20,
    arena: 0,
    ram_bytes: 4 << 20,
    tick_khz: 25_000,
};

/// Those with TrustZone, whose code runs in the secure state.
const SECURE: Machine = Machine { target: "thumbv8m.main", job: 0x1003_ffc0, ..MPS2 };

/// Machines of Cortex-M; the first of a target that has room does the whole job. No machine with a Cortex-M0 has room for large images: code
/// for it runs on a Cortex-M3, which has all its instructions.
pub static CORTEX_M: [Machine; 7] = [
    Machine { name: "mps2-an385", core: "Cortex-M3", target: "thumbv6m", ..MPS2 },
    Machine {
        name: "microbit",
        core: "Cortex-M0",
        target: "thumbv6m",
        image: None,
        image_bytes: 256 << 10,
        ram_bytes: 16 << 10,
        tick_khz: 16_000,
        ..MPS2
    },
    Machine { name: "mps2-an385", core: "Cortex-M3", target: "thumbv7m", ..MPS2 },
    Machine { name: "mps2-an386", core: "Cortex-M4", target: "thumbv7em", ..MPS2 },
    Machine { name: "mps2-an500", core: "Cortex-M7", target: "thumbv7em", image: Some(0x6000_0000), ..MPS2 },
    Machine {
        name: "mps2-an505",
        core: "Cortex-M33",
        image: Some(0x8000_0000),
        arena: 0x3800_0000,
        ram_bytes: 2 << 20,
        tick_khz: 20_000,
        ..SECURE
    },
    Machine {
        name: "mps3-an547",
        core: "Cortex-M55",
        image: Some(0x6000_0000),
        image_bytes: 128 << 20,
        arena: 0x3100_0000,
        tick_khz: 32_000,
        ..SECURE
    },
];

impl Machine {
    /// The machines of Cortex-M that run a target's firmware.
    pub fn of(target: &str) -> impl Iterator<Item = &'static Machine> {
        CORTEX_M.iter().filter(move |machine| machine.target == target)
    }

    /// Its target.
    ///
    /// # Panics
    /// If the table names one that there is not.
    pub fn target(&self) -> &'static Target {
        Target::named(self.target).expect("the table names targets")
    }

    /// Where the image lies.
    fn image(&self, code: &Code<'_>) -> u32 {
        self.image.unwrap_or(code.flash_end().next_multiple_of(16) as u32)
    }

    /// Why it has no room for a payload and for RAM of so many bytes.
    ///
    /// # Errors
    /// What there is and what is needed.
    pub fn room(&self, payload: u64, ram: u64) -> Result<(), String> {
        let code = Code::read(self.target().image).map_err(|fault| fault.to_string())?;
        let bytes = match self.image {
            Some(_) => self.image_bytes.into(),
            None => u64::from(self.job - self.image(&code)),
        };
        match (payload <= bytes, ram <= u64::from(self.ram_bytes)) {
            (false, _) => {
                Err(format!("{} has room for {bytes} bytes of an image, but {payload} are needed", self.name))
            }
            (_, false) => Err(format!("{} has {} bytes of RAM, but {ram} are needed", self.name, self.ram_bytes)),
            _ => Ok(()),
        }
    }

    /// Runs the firmware that the harness carries on an image, for at most so long.
    ///
    /// # Errors
    /// If QEMU isn't there or takes too long, or the firmware fails.
    pub fn run(&self, job: &Job<'_>, image: &[u8], limit: Duration) -> Result<Report, Fault> {
        self.run_with(self.target().image, &[], job, image, limit)
    }

    /// Runs any firmware for the machine's target, with more arguments for QEMU.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(
        &self,
        firmware: &[u8],
        arguments: &[String],
        job: &Job<'_>,
        image: &[u8],
        limit: Duration,
    ) -> Result<Report, Fault> {
        let code = Code::read(firmware).map_err(|fault| Fault::machine(fault.to_string()))?;
        let place = Place { image: self.image(&code), arena: self.arena, tick_khz: self.tick_khz };
        let job = Job { ram_bytes: self.ram_bytes.min(job.ram_bytes), ..*job };
        let scratch = tempfile::Builder::new().prefix("golf-qemu-").tempdir();
        let scratch = scratch.map_err(|fault| Fault::machine(format!("no folder for temporary files: {fault}")))?;
        let file = |name: &str| scratch.path().join(name);
        let failed = |fault: std::io::Error| Fault::machine(format!("{}: {fault}", scratch.path().display()));
        fs::write(file("firmware.elf"), firmware).map_err(failed)?;
        fs::write(file("job"), job.words(place, image.len())).map_err(failed)?;
        fs::write(file("payload"), job.payload(image)).map_err(failed)?;
        let said = fs::File::create(file("said")).map_err(failed)?;
        let mut command = Command::new(self.program.name);
        command.args(["-M", self.name]).args(self.arguments).args(arguments);
        command.args(["-display", "none", "-serial", "null", "-monitor", "none"]);
        command.args(["-semihosting-config", "enable=on,target=native", "-kernel"]).arg(file("firmware.elf"));
        for (name, address) in [("job", self.job), ("payload", place.image)] {
            // Commas separate options, so one in a path would end it.
            let path = file(name).display().to_string().replace(',', ",,");
            command.args(["-device", &format!("loader,file={path},addr=0x{address:x},force-raw=on")]);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn();
        let child = child.map_err(|fault| match fault.kind() {
            std::io::ErrorKind::NotFound => Fault::machine(self.program.missing()),
            _ => Fault::machine(format!("`{}` doesn't run: {fault}", self.program.name)),
        })?;
        let within = |message: &str| Fault::entry(format!("on {} in QEMU: {message}", self.name));
        let success = self.wait(child, limit)?;
        // A machine that breaks down says what it likes.
        let output = String::from_utf8_lossy(&fs::read(file("said")).map_err(failed)?).into_owned();
        if !success {
            return Err(within(output.trim_end()));
        }
        golf_simulator::parse(&output).map_err(|fault| within(&fault.to_string()))
    }

    /// Whether it ended with success.
    fn wait(&self, mut child: Child, limit: Duration) -> Result<bool, Fault> {
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
                        Err(fault) => Fault::machine(format!("`{}`: {fault}", self.program.name)),
                        Ok(_) => Fault::entry(format!(
                            "on {} in QEMU: took longer than {} s and was ended",
                            self.name,
                            limit.as_secs()
                        )),
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
