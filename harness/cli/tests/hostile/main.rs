//! Hostile entries: what strangers may send, made by code, each with the verdict that it must get.
//!
//! Every fixture is checked by the program itself in a process of its own. A refusal is exit status 1 with the sentence that the fixture names, never a
//! panic, a hang or a process that has eaten the machine's memory.

mod config;
mod container;
mod files;
mod fixture;
mod module;
mod tensors;
mod text;

use fixture::{Case, Fixture, Verdict};
use std::collections::BTreeMap;
use std::time::Duration;

/// Far over what any fixture takes; a hang must not take the tests along.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most resident memory of a check, in bytes.
#[cfg(target_os = "linux")]
const MEMORY: i64 = 64 << 20;

fn cases() -> Vec<Case> {
    [container::cases(), config::cases(), tensors::cases(), module::cases(), text::cases(), files::cases()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_hostile_entry_gets_its_verdict() {
    let cases = cases();
    assert!(cases.len() >= 80, "{} fixtures", cases.len());
    let mut wrong = vec![];
    for case in &cases {
        let fixture = Fixture::new();
        (case.make)(&fixture);
        let (status, errors) = fixture.check(PATIENCE);
        let expected = match case.verdict {
            Verdict::Refused(sentence) => status == Some(1) && errors.contains(sentence),
            Verdict::InOrder => status == Some(0),
        };
        let clean = !errors.contains("panicked") && !errors.chars().any(|c| c.is_control() && c != '\n');
        if !expected || !clean {
            wrong.push(format!("{}: expected {:?}, found {status:?}: {errors}", case.name, case.verdict));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    // The largest of all the children.
    #[cfg(target_os = "linux")]
    {
        let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN).unwrap();
        assert!(usage.max_rss() * 1_024 < MEMORY, "a check took {} KiB of memory", usage.max_rss());
    }
}

#[test]
fn fixtures_have_names_of_their_own() {
    let mut seen = BTreeMap::new();
    cases().iter().for_each(|case| *seen.entry(case.name).or_insert(0) += 1);
    assert!(seen.values().all(|&count| count == 1), "{seen:?}");
}
