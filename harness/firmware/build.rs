//! Hands the linker the memory map of the target, where there is one, and the firmware its name.

fn main() {
    println!("cargo:rerun-if-changed=maps");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return;
    }
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let triple = std::env::var("TARGET").expect("cargo sets it");
    let target = triple.split('-').next().unwrap_or_default();
    let map = match target {
        _ if target.starts_with("riscv32") => "riscv32.ld",
        _ if target.starts_with("thumbv8") => "cortex-m-secure.ld",
        _ => "cortex-m.ld",
    };
    println!("cargo:rustc-env=GOLF_TARGET={target}");
    println!("cargo:rustc-link-arg-bins=-L{folder}/maps");
    println!("cargo:rustc-link-arg-bins=-T{folder}/maps/{map}");
    // Nothing but what is used, laid out alike wherever it is built.
    println!("cargo:rustc-link-arg-bins=--gc-sections");
    println!("cargo:rustc-link-arg-bins=--build-id=none");
    println!("cargo:rustc-link-arg-bins=--discard-locals");
    println!("cargo:rustc-link-arg-bins=-zmax-page-size=16");
}
