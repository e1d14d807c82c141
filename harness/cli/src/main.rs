//! `cargo golf <verb>`

use clap::Parser;
use golf::cmd::{self, Cli, Verb};
use std::process::ExitCode;

fn main() -> ExitCode {
    let Cli { common, verb } = Cli::parse();
    let result = match verb {
        Verb::Run(args) => cmd::run::run(&common, &args),
        Verb::New(args) => cmd::new::run(&common, &args),
        Verb::Check(args) => cmd::check::run(&common, &args),
        Verb::Score(args) => cmd::score::run(&common, &args),
        Verb::Fetch(args) => cmd::fetch::run(&common, &args),
        Verb::Bench(args) => cmd::bench::run(&common, &args),
        Verb::Simulate(args) => cmd::simulate::run(&common, &args),
        Verb::Firmware { verb } => cmd::firmware::run(&common, &verb),
        Verb::Browser { verb } => cmd::browser::run(&common, verb),
        Verb::Compare(args) => cmd::compare::run(&common, &args),
        Verb::Audit(args) => cmd::audit::run(&common, &args),
        Verb::Verify(args) => cmd::verify::run(&common, &args),
        Verb::Ci(args) => cmd::ci::run(&common, &args),
        Verb::Compress(args) => cmd::compress::compress(&common, &args),
        Verb::Decompress(args) => cmd::compress::decompress(&common, &args),
        Verb::Sample(args) => cmd::sample::run(&common, &args),
        Verb::Boards(args) => cmd::boards::run(&common, &args),
        Verb::Site(args) => cmd::site::run(&common, &args),
        Verb::Bundle(args) => cmd::bundle::run(&common, &args),
        Verb::Doctor => cmd::doctor::run(&common),
        Verb::Pack(args) => cmd::pack::run(&common, &args),
        Verb::Recode(args) => cmd::recode::run(&common, &args),
        Verb::Worker { job } => golf::worker::serve(&job),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            cmd::complain(&fault, common.json);
            ExitCode::from(fault.blame as u8)
        }
    }
}
