//! placeholder
use serde::{Deserialize, Serialize};
/// What `submission.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest { /// n
 pub schema: u32, /// n
 pub name: String, /// n
 pub authors: Vec<String>, /// n
 pub license: String, /// n
 pub description: String, /// n
 pub engine: String }
