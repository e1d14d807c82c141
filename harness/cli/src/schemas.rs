//! JSON Schemas of the files that people write and that records are kept in, made from the types that read them. They say less than the checks do: limits that
//! need more than one value, or other files, are for `cargo golf check`.

use crate::golf::Season;
use crate::verdict::Verdict;
use golf_estimate::Board;
use golf_record::submission::Manifest;
use golf_record::{Audit, Contents, History, Leaders, Measurements, Public, Samples, Score, Simulation};
use golf_task::Definition;
use schemars::{JsonSchema, schema_for};

/// By the name of the schema's file, without its end.
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("submission", of::<Manifest>("submissions/<entry>/submission.json")),
        ("score", of::<Score>("results/<entry>/score.json")),
        ("public", of::<Public>("results/<entry>/public.json")),
        ("audit", of::<Audit>("results/<entry>/audit.json")),
        ("contents", of::<Contents>("results/<entry>/contents.json")),
        ("samples", of::<Samples>("results/<entry>/samples.json")),
        ("history", of::<History>("results/<entry>/history.json")),
        ("simulation", of::<Simulation>("results/<entry>/<target>.json")),
        ("measurements", of::<Measurements>("results/<entry>/<machine>.json")),
        ("leaders", of::<Leaders>("results/leaders.json")),
        ("verdict", of::<Verdict>("what `cargo golf ci --output` writes")),
        ("task", of::<Definition>("tasks/<task>/task.json")),
        ("season", of::<Season>("tasks/season.json")),
        ("board", of::<Board>("harness/boards/<board>.json")),
    ]
}

fn of<T: JsonSchema>(file: &str) -> String {
    let mut schema = schema_for!(T);
    schema.insert("title".into(), file.into());
    golf_record::to_json(&schema)
}
