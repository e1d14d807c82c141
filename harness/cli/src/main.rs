//! golf
fn main() {}
