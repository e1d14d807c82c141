//! With the feature `libfuzzer` libFuzzer with one target, else the tool that goes with it.
#![cfg_attr(feature = "libfuzzer", no_main)]

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|data: &[u8]| golf_fuzz::exercise(data));

#[cfg(not(feature = "libfuzzer"))]
fn main() -> std::process::ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            std::process::ExitCode::from(2)
        }
    }
}

#[cfg(not(feature = "libfuzzer"))]
fn run(words: &[&str]) -> Result<(), String> {
    let known = || golf_fuzz::TARGETS.map(|target| target.name).join(", ");
    let target = |name: &str| {
        golf_fuzz::named(name).ok_or_else(|| format!("there is no target `{name}`; there are {}", known()))
    };
    let at = |path: &std::path::Path, fault: std::io::Error| format!("{}: {fault}", path.display());
    match words {
        ["list"] => {
            golf_fuzz::TARGETS.iter().for_each(|target| println!("{} {}", target.name, target.longest));
            Ok(())
        }
        // A folder with the seeds, and a dictionary beside it.
        ["seeds", name, folder] => {
            let (target, folder) = (target(name)?, std::path::Path::new(folder));
            std::fs::create_dir_all(folder).map_err(|fault| at(folder, fault))?;
            for (index, seed) in (target.seeds)().iter().enumerate() {
                let path = folder.join(format!("seed-{index:03}"));
                std::fs::write(&path, seed).map_err(|fault| at(&path, fault))?;
            }
            let path = folder.with_extension("dict");
            std::fs::write(&path, golf_fuzz::dictionary(target)).map_err(|fault| at(&path, fault))
        }
        ["run", name, files @ ..] => files.iter().try_for_each(|file| {
            let data = std::fs::read(file).map_err(|fault| at(file.as_ref(), fault))?;
            (target(name)?.run)(&data);
            println!("{file}: nothing broke");
            Ok(())
        }),
        _ => Err("usage: golf-fuzz list | seeds TARGET FOLDER | run TARGET FILE...".into()),
    }
}
