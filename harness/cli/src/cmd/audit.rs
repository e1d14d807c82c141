//! `audit [SLUG...]`

use super::{Common, all, messages, print, print_json};
use crate::golf::{Candidate, Golf};
use crate::{Fault, audit};
use golf_record::Audit;
use std::path::PathBuf;

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Submissions; all by default
    slugs: Vec<String>,
    /// Text files that no entry was trained on, of the headline task's kind: what they cost is compared with it
    #[arg(long, value_name = "FILE", num_args = 1..)]
    text: Vec<PathBuf>,
}

/// Looks for the tasks in entries, and records what it finds.
///
/// # Errors
/// If an entry isn't in order or has no recorded score; the others are audited.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let (mut faults, mut documents) = (vec![], vec![]);
    for (_, candidate) in golf.candidates(&args.slugs)? {
        match candidate.and_then(|candidate| one(&golf, &candidate, &args.text)) {
            Ok(audit) => {
                if !common.json {
                    print(&describe(&audit));
                }
                documents.push(audit);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if common.json {
        print_json(&serde_json::json!({ "audits": documents, "errors": messages(&faults) }));
    }
    all(faults)
}

fn one(golf: &Golf, candidate: &Candidate, texts: &[PathBuf]) -> Result<Audit, Fault> {
    let slug = &candidate.submission.slug;
    let score = golf.store.score(slug)?.filter(|score| score.artifact == candidate.facts);
    let score = score.ok_or_else(|| {
        Fault::entry(format!("{slug}: has no recorded score of this artifact; `cargo golf score {slug}` makes one"))
    })?;
    let mut audit = audit::audit(golf, candidate, &score, golf.store.audit(slug)?);
    if !texts.is_empty() {
        audit.held_out = Some(audit::held_out(golf, candidate, &score, texts)?);
        audit = audit.judged();
    }
    golf.store.put_audit(&audit)?;
    Ok(audit)
}

fn describe(audit: &Audit) -> String {
    let mut text = format!("{}\n", audit.slug);
    match &audit.overlap {
        None => text.push_str("  word for word  nothing of 16 bytes or more\n"),
        Some(found) => {
            let line =
                format!("  word for word  {} bytes of {} {}: {:?}\n", found.bytes, found.task, found.item, found.text);
            text.push_str(&line);
        }
    }
    for parts in &audit.parts {
        text.push_str(&format!(
            "  {:13}  {:.4} on items that are public, {:.4} on fresh ones, p = {:.4}\n",
            parts.task, parts.fixed, parts.fresh, parts.p
        ));
    }
    if let Some(found) = &audit.held_out {
        text.push_str(&format!(
            "  other text     {:.1} % of a model without knowledge on the headline task, {:.1} % on {} bytes of other text, p = {:.4}\n",
            100.0 * found.headline,
            100.0 * found.other,
            found.bytes,
            found.p
        ));
    }
    match audit.caveats.is_empty() {
        true => text.push_str("  no caveat\n"),
        false => audit.caveats.iter().for_each(|caveat| text.push_str(&format!("  caveat: {}\n", caveat.text))),
    }
    text
}
