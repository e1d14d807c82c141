//! `browser build|verify`

use super::{Common, firmware};
use crate::Fault;
use crate::browser::MODULES;
use crate::golf::Golf;
use crate::toolchain::Toolchain;

/// What to do with the engine for browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Subcommand)]
pub enum Verb {
    /// Build it from the source and replace the committed files; the harness carries them once it is built again
    Build,
    /// Build it from the source and compare with the committed files
    Verify,
}

/// Builds or verifies the engine for browsers.
///
/// # Errors
/// If there is no toolchain for it, it doesn't build, or a file differs.
pub fn run(common: &Common, verb: Verb) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let toolchain = Toolchain::find()?;
    let modules = MODULES.each_ref().map(|module| {
        let build = || module.build(&toolchain, &golf.root);
        (module.name, module.committed(&golf.root), build)
    });
    firmware::build_or_verify(common, "browser", verb == Verb::Build, modules)
}
