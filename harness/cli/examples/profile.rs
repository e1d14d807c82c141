//! Where the instructions of a generated token go, function by function, exactly counted in QEMU:
//! `cargo build --release --package golf --examples`, then `target/release/examples/profile MACHINE ARTIFACT`, with QEMU's name of a machine, such as `virt`
//! or `mps2-an386`. The firmware is the one with symbols that `cargo golf firmware build` leaves in `target/firmware`, the plugin lies beside this program.

use elf::ElfBytes;
use elf::abi::{STT_FUNC, STT_NOTYPE};
use elf::endian::LittleEndian;
use golf::qemu::{CORTEX_M, Machine, VIRT};
use golf::simulate::{JOB, image};
use golf::worker;
use golf_simulator::{Job, Report};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(600);
/// The functions of the linear layers are in modules of this name.
const LINEAR: &str = "6linear";

/// How often the instruction at each address was executed, and what the firmware says.
fn counts(
    machine: &Machine,
    firmware: &[u8],
    image: &[u8],
    generate: u32,
) -> Result<(BTreeMap<u64, u64>, Report), Box<dyn std::error::Error>> {
    let plugin = std::env::current_exe()?.with_file_name("libcount.so");
    let out = std::env::temp_dir().join(format!("golf-profile-{}", std::process::id()));
    let arguments = ["-plugin".into(), format!("{},out={}", plugin.display(), out.display())];
    let report = machine.run_with(firmware, &arguments, &Job { generate, ..JOB }, image, LIMIT)?;
    let text = std::fs::read_to_string(&out)?;
    std::fs::remove_file(&out)?;
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let (address, count) = line.split_once(' ').ok_or("the plugin says something else than counts")?;
        counts.insert(address.parse()?, count.parse()?);
    }
    Ok((counts, report))
}

/// Functions by their first address.
fn functions(firmware: &[u8]) -> Result<BTreeMap<u64, String>, Box<dyn std::error::Error>> {
    let elf = ElfBytes::<LittleEndian>::minimal_parse(firmware)?;
    let (table, names) = elf
        .symbol_table()?
        .ok_or("the firmware has no symbols: `cargo golf firmware build` leaves a file with them")?;
    let mut functions = BTreeMap::new();
    for symbol in table.iter().filter(|symbol| [STT_FUNC, STT_NOTYPE].contains(&symbol.st_symtype())) {
        let name = names.get(symbol.st_name as usize)?;
        if !name.is_empty() && !name.starts_with('$') {
            // The lowest bit says that it is Thumb.
            functions.insert(symbol.st_value & !1, name.to_owned());
        }
    }
    Ok(functions)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(artifact)) = (arguments.next(), arguments.next()) else {
        return Err("name a machine of QEMU and an artifact".into());
    };
    let machine = [&VIRT].into_iter().chain(&CORTEX_M).rfind(|machine| machine.name == name);
    let machine = machine.ok_or("there is no machine of this name")?;
    let triple = machine.target().triple;
    let path = Path::new("target/firmware").join(triple).join("firmware/golf-firmware");
    let firmware = std::fs::read(&path).map_err(|fault| format!("{}: {fault}", path.display()))?;
    let functions = functions(&firmware)?;
    let loaded = worker::load(&std::fs::read(artifact)?)?;
    let image = image(&loaded)?;
    let shape = *golf_ternary::Image::new(image)?.shape();
    let weights = shape.multiply_adds();
    let inner = weights - shape.rows as u64 * shape.dim as u64;

    // What both runs do cancels out.
    let ((before, _), (after, report)) =
        (counts(machine, &firmware, image, 0)?, counts(machine, &firmware, image, JOB.generate)?);
    for (name, counted, weights) in [("prompt", report.prompt, inner), ("generation", report.generation, weights)] {
        let each = counted.instructions / counted.tokens;
        println!(
            "{name}: {each} instructions a token, {:.3} a weight ({weights} weights)",
            each as f64 / weights as f64
        );
    }
    let mut found: BTreeMap<&str, i64> = BTreeMap::new();
    for (address, count) in after {
        let more = count as i64 - before.get(&address).copied().unwrap_or(0) as i64;
        let function = functions.range(..=address).next_back().map_or("?", |(_, name)| name);
        *found.entry(function).or_default() += more;
    }
    let per_token = |count: i64| count as f64 / f64::from(JOB.generate);
    let linear: i64 = found.iter().filter(|(name, _)| name.contains(LINEAR)).map(|(_, count)| count).sum();
    println!("linear layers of a generated token: {:.3} instructions a weight", per_token(linear) / weights as f64);
    let mut found: Vec<(&str, u64)> = found.into_iter().collect();
    found.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    for (name, count) in found.into_iter().take(25) {
        println!("{:10.0} {name}", per_token(count));
    }
    Ok(())
}
