//! Says which kernels of small cores there are: the compiler doesn't tell which instructions a Cortex-M has.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(thumb2)");
    let target = std::env::var("TARGET").unwrap_or_default();
    // Armv6-M and Armv8-M baseline have few of the instructions with 32 bits.
    if ["thumbv7m", "thumbv7em", "thumbv8m.main"].iter().any(|name| target.starts_with(name)) {
        println!("cargo::rustc-cfg=thumb2");
    }
}
