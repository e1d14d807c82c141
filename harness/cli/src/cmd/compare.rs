//! `compare A B`

use super::{Common, print, print_json};
use crate::Fault;
use crate::golf::Golf;
use crate::table;
use golf_record::Score;
use golf_record::compare::{Comparison, Incomparable, RESAMPLES, Verdict};

/// Arguments of `compare`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A submission
    a: String,
    /// Another
    b: String,
    /// Only this task
    #[arg(long, value_name = "ID")]
    task: Option<String>,
}

/// Compares the recorded scores of two submissions: which differences are more than luck?
///
/// # Errors
/// If there is no such submission or task, or one has no recorded score.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let (a, b) = (score(&golf, &args.a)?, score(&golf, &args.b)?);
    let tasks: Vec<&str> = match &args.task {
        Some(task) => vec![task],
        None => golf.tasks.iter().map(|task| task.definition.id.as_str()).collect(),
    };
    if let Some(task) = &args.task {
        // Names the tasks that there are.
        golf.select("", Some(task))?;
    }
    let compared: Vec<(&str, Result<Comparison, Incomparable>)> =
        tasks.into_iter().map(|task| (task, Comparison::of(&a, &b, task))).collect();
    if common.json {
        let document = |(task, compared): &(&str, Result<Comparison, Incomparable>)| match compared {
            Err(why) => serde_json::json!({ "task": task, "incomparable": why.to_string() }),
            Ok(compared) => {
                let mut document = serde_json::to_value(compared).expect("plain data");
                document["verdict"] = verdict(compared, &args.a, &args.b).into();
                document
            }
        };
        let tasks: Vec<_> = compared.iter().map(document).collect();
        print_json(&serde_json::json!({ "a": args.a, "b": args.b, "resamples": RESAMPLES, "tasks": tasks }));
    } else {
        print(&describe(&compared, &args.a, &args.b));
    }
    Ok(())
}

fn score(golf: &Golf, slug: &str) -> Result<Score, Fault> {
    if !golf.folder(slug).exists() {
        let known = golf.slugs()?.join(", ");
        return Err(Fault::usage(format!("there is no submission `{slug}`; there are {known}")));
    }
    let missing = || Fault::entry(Incomparable::Missing { slug: slug.into() }.to_string());
    golf.store.score(slug)?.ok_or_else(missing)
}

fn verdict<'a>(compared: &Comparison, a: &'a str, b: &'a str) -> &'a str {
    match compared.verdict() {
        Verdict::First => a,
        Verdict::Second => b,
        Verdict::Tied => "tied",
    }
}

fn describe(compared: &[(&str, Result<Comparison, Incomparable>)], a: &str, b: &str) -> String {
    let heads = ["task", a, b, "difference", "95 % interval", "p", "detectable", "better"];
    let mut lines = vec![];
    let mut notes = String::new();
    for (task, compared) in compared {
        match compared {
            Err(why) => notes.push_str(&format!("{task}: {why}\n")),
            Ok(compared) => {
                // Bits per byte, or points of a hundred.
                let (scale, places) = if compared.less_is_better { (1.0, 4) } else { (100.0, 1) };
                let figure = |value: f64| format!("{:.places$}", value * scale);
                let signed = |value: f64| format!("{:+.places$}", value * scale);
                lines.push(vec![
                    format!("{task}, {}", if compared.less_is_better { "bits per byte" } else { "% right" }),
                    figure(compared.a),
                    figure(compared.b),
                    signed(compared.difference),
                    format!("{} to {}", signed(compared.low), signed(compared.high)),
                    format!("{:.4}", compared.p),
                    compared.detectable.map_or_else(|| "-".into(), figure),
                    verdict(compared, a, b).into(),
                ]);
            }
        }
    }
    if lines.is_empty() {
        return notes;
    }
    let note = "The interval and p are of a bootstrap over documents or items, paired where both had the same. A true difference of the\n\
                size under `detectable` would be found four times in five. Where p is over 0.05, the two are tied.\n";
    format!("{}{notes}{note}", table::plain(&heads, lines))
}
