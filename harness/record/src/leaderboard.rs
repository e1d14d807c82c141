//! The leaderboard: a view derived from records.

use crate::{Figures, IN_PROCESS, Measurements, Score, Simulation, Spread, Summary, submission::Manifest};
use golf_core::budget;
use serde::Serialize;
use std::collections::BTreeMap;

/// A submission with all its records.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The folder.
    pub slug: String,
    /// What its authors say of it.
    pub manifest: Manifest,
    /// Its README, as Markdown.
    pub readme: String,
    /// None if it hasn't been scored yet.
    pub score: Option<Score>,
    /// By machine.
    pub measurements: Vec<Measurements>,
    /// By simulated target.
    pub simulations: Vec<Simulation>,
}

/// The task by which entries are ranked.
pub const HEADLINE: &str = "prose";

/// Entries in order.
#[derive(Clone, Debug)]
pub struct Leaderboard {
    /// Best first; those without a score on the headline task come last, by slug.
    pub entries: Vec<Entry>,
    /// Ids of the tasks that any entry has a score on, the headline task first.
    pub tasks: Vec<String>,
}

/// An entry's line in a class: what `leaderboard.csv` and `.json` hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Upper limit of the class in bytes.
    pub class: u64,
    /// From 1.
    pub rank: usize,
    /// The entry.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Joined by commas.
    pub authors: String,
    /// SPDX expression.
    pub license: String,
    /// What runs it.
    pub engine: String,
    /// Size of the artifact.
    pub bytes: u64,
    /// Trained numbers in it.
    pub parameters: u64,
    /// SHA-256 of the artifact.
    pub artifact: String,
    /// SHA-256 of the probe's logits.
    pub digest: String,
    /// By task: bits per byte, or accuracy from 0 to 1.
    pub tasks: BTreeMap<String, f64>,
    /// Instructions for a generated token on a simulated RV32IMC microcontroller; none if the engine doesn't run there.
    pub instructions_per_token: Option<u64>,
    /// RAM that it needs there.
    pub ram_bytes: Option<u64>,
    /// Flash that it needs there: the model's image and the code.
    pub flash_bytes: Option<u64>,
    /// Simulated targets whose logits are the same, joined by spaces.
    pub identical_on: String,
}

/// The leaderboard as files.
#[derive(Clone, Debug)]
pub struct Tables {
    /// `leaderboard.csv`
    pub csv: String,
    /// `leaderboard.json`
    pub json: String,
    /// `measurements.csv`: every measurement of every machine, median and MAD.
    pub measurements: String,
}

impl Entry {
    /// What a task's items come to, if it has been scored.
    pub fn summary(&self, task: &str) -> Option<Summary> {
        Some(self.score.as_ref()?.task(task)?.summary())
    }

    /// Bits per byte on the headline task.
    pub fn headline(&self) -> Option<f64> {
        self.summary(HEADLINE)?.bits_per_byte()
    }

    /// What was counted for a simulated target, one of [`TARGETS`](crate::TARGETS), unless it failed.
    pub fn simulated(&self, target: &str) -> Option<&Figures> {
        self.simulations.iter().find(|simulation| simulation.target == target)?.figures()
    }

    /// Simulated targets on which the logits are those of the score, bit for bit.
    pub fn identical(&self) -> Vec<&str> {
        let Some(score) = &self.score else { return vec![] };
        let is_identical =
            |simulation: &&Simulation| simulation.figures().is_some_and(|figures| figures.probe == score.probe);
        self.simulations.iter().filter(is_identical).map(|simulation| simulation.target.as_str()).collect()
    }

    /// Size of the artifact, once scored.
    pub fn bytes(&self) -> Option<u64> {
        Some(self.score.as_ref()?.artifact.bytes)
    }
}

impl Leaderboard {
    /// Ranks entries.
    pub fn of(mut entries: Vec<Entry>) -> Self {
        // Exact: cost per byte as a fraction, so that no rounding decides a rank.
        let key = |entry: &Entry| entry.summary(HEADLINE).filter(|s| s.bytes > 0).map(|s| (s.cost, s.bytes));
        entries.sort_by(|a, b| match (key(a), key(b)) {
            (Some((x, n)), Some((y, m))) => {
                let (left, right) = (u128::from(x) * u128::from(m), u128::from(y) * u128::from(n));
                left.cmp(&right).then_with(|| a.bytes().cmp(&b.bytes())).then_with(|| a.slug.cmp(&b.slug))
            }
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => a.slug.cmp(&b.slug),
        });
        let scores = entries.iter().filter_map(|entry| entry.score.as_ref());
        let mut tasks: Vec<String> = scores.flat_map(|score| score.tasks.iter().map(|task| task.id.clone())).collect();
        tasks.sort();
        tasks.dedup();
        tasks.sort_by_key(|task| task != HEADLINE);
        Leaderboard { entries, tasks }
    }

    /// The entries of a class, best first.
    pub fn class(&self, limit: u64) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.headline().is_some() && entry.bytes().is_some_and(|bytes| bytes <= limit))
    }

    /// Slugs of the entries that no other entry beats on the headline task with as few bytes or fewer: the Pareto front, best score first.
    pub fn front(&self) -> Vec<&str> {
        let mut smallest = u64::MAX;
        let ranked = self.entries.iter().filter(|entry| entry.headline().is_some());
        // Entries come best first, so that one is on the front if it is smaller than all before it.
        let on_front = ranked.filter(|entry| {
            let bytes = entry.bytes().unwrap_or(u64::MAX);
            let smaller = bytes < smallest;
            smallest = smallest.min(bytes);
            smaller
        });
        on_front.map(|entry| entry.slug.as_str()).collect()
    }

    /// All classes' lines, largest class first.
    pub fn rows(&self) -> Vec<Row> {
        let rows_of =
            |limit| self.class(limit).enumerate().filter_map(move |(index, entry)| row(limit, index + 1, entry));
        budget::CLASSES.into_iter().flat_map(rows_of).collect()
    }

    /// As files. Scores have six decimals in the CSV, and all digits in the JSON.
    pub fn tables(&self) -> Tables {
        let rows = self.rows();
        let mut csv = csv::Writer::from_writer(vec![]);
        let fixed = [
            "class",
            "rank",
            "slug",
            "name",
            "authors",
            "license",
            "engine",
            "bytes",
            "parameters",
            "artifact",
            "digest",
        ];
        let write = |csv: &mut csv::Writer<Vec<u8>>, record: Vec<String>| csv.write_record(record).expect("to memory");
        let simulated = ["instructions_per_token", "ram_bytes", "flash_bytes", "identical_on"].map(String::from);
        write(
            &mut csv,
            fixed.iter().map(|&name| name.into()).chain(self.tasks.iter().cloned()).chain(simulated).collect(),
        );
        for row in &rows {
            let mut record = vec![row.class.to_string(), row.rank.to_string(), row.slug.clone(), row.name.clone()];
            record.extend([row.authors.clone(), row.license.clone(), row.engine.clone()]);
            record.extend([
                row.bytes.to_string(),
                row.parameters.to_string(),
                row.artifact.clone(),
                row.digest.clone(),
            ]);
            let value = |task| row.tasks.get(task).map(|value| format!("{value:.6}")).unwrap_or_default();
            record.extend(self.tasks.iter().map(value));
            let simulated = [row.instructions_per_token, row.ram_bytes, row.flash_bytes];
            record.extend(simulated.map(|count| count.map(|count| count.to_string()).unwrap_or_default()));
            record.push(row.identical_on.clone());
            write(&mut csv, record);
        }
        let json = serde_json::json!({ "schema": 1, "headline": HEADLINE, "rows": rows });
        Tables { csv: text(csv), json: crate::to_json(&json), measurements: self.measurements() }
    }

    fn measurements(&self) -> String {
        let mut csv = csv::Writer::from_writer(vec![]);
        let head = [
            "machine",
            "slug",
            "measurement",
            "unit",
            "median",
            "mad",
            "samples",
            "tokens_per_second",
            "bytes_per_second",
        ];
        csv.write_record(head).expect("to memory");
        for record in self.entries.iter().flat_map(|entry| &entry.measurements) {
            for measurement in &record.measurements {
                let Some(spread) = Spread::of(&measurement.samples) else { continue };
                let rate = |rate: Option<f64>| rate.map(|rate| format!("{rate:.1}")).unwrap_or_default();
                let line = [
                    record.machine.id.clone(),
                    record.slug.clone(),
                    measurement.name.clone(),
                    measurement.unit.clone(),
                    format!("{:.0}", spread.median),
                    format!("{:.0}", spread.mad),
                    measurement.samples.len().to_string(),
                    rate(measurement.tokens_per_second()),
                    rate(measurement.bytes_per_second()),
                ];
                csv.write_record(line).expect("to memory");
            }
        }
        text(csv)
    }
}

fn row(class: u64, rank: usize, entry: &Entry) -> Option<Row> {
    let score = entry.score.as_ref()?;
    Some(Row {
        class,
        rank,
        slug: entry.slug.clone(),
        name: entry.manifest.name.clone(),
        authors: entry.manifest.authors.join(", "),
        license: entry.manifest.license.clone(),
        engine: format!("{}@{}", score.engine.name, score.engine.version),
        bytes: score.artifact.bytes,
        parameters: score.artifact.parameters,
        artifact: score.artifact.sha256.clone(),
        digest: score.probe.sha256.clone(),
        tasks: score.tasks.iter().map(|task| (task.id.clone(), task.summary().headline())).collect(),
        instructions_per_token: entry.simulated(IN_PROCESS).and_then(Figures::instructions_per_token),
        ram_bytes: entry.simulated(IN_PROCESS).map(Figures::ram_bytes),
        flash_bytes: entry.simulated(IN_PROCESS).map(Figures::flash_bytes),
        identical_on: entry.identical().join(" "),
    })
}

fn text(csv: csv::Writer<Vec<u8>>) -> String {
    String::from_utf8(csv.into_inner().expect("to memory")).expect("written from strings")
}
