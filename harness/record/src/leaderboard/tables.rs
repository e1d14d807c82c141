//! `leaderboard.csv`, `leaderboard.json` and `measurements.csv`.

use super::{HEADLINE, Leaderboard};
use crate::Spread;

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

impl Leaderboard {
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
        let last = ["instructions_per_token", "ram_bytes", "flash_bytes", "identical_on", "tied", "leads", "caveats"]
            .map(String::from);
        write(&mut csv, fixed.iter().map(|&name| name.into()).chain(self.tasks.iter().cloned()).chain(last).collect());
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
            let tied = row.tied.map(|[first, last]| format!("{first}-{last}")).unwrap_or_default();
            record.extend([row.identical_on.clone(), tied, row.leads.to_string(), row.caveats.join(" ")]);
            write(&mut csv, record);
        }
        let json = serde_json::json!({ "schema": 2, "headline": HEADLINE, "rows": rows });
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

fn text(csv: csv::Writer<Vec<u8>>) -> String {
    String::from_utf8(csv.into_inner().expect("to memory")).expect("written from strings")
}
