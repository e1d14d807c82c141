//! Hands the linker the memory map of the target, where there is one.

fn main() {
    println!("cargo:rerun-if-changed=riscv32imc.ld");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo:rustc-link-arg-bins=-T{folder}/riscv32imc.ld");
        // Nothing but what is used, laid out alike wherever it is built.
        println!("cargo:rustc-link-arg-bins=--gc-sections");
        println!("cargo:rustc-link-arg-bins=--build-id=none");
        println!("cargo:rustc-link-arg-bins=--discard-locals");
        println!("cargo:rustc-link-arg-bins=-zmax-page-size=16");
    }
}
