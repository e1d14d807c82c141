//! The project's folder and what is in it.

use crate::model::{self, Loaded};
use crate::{Fault, estimate, firmware, public};
use golf_artifact::Artifact;
use golf_estimate::Estimates;
use golf_record::submission::{Submission, hex};
use golf_record::{ArtifactFacts, EngineId, Entry, Leaderboard, Public, PublicTable, Score, Simulation, Store};
use golf_task::{Definition, Task};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// An open project.
#[derive(Clone, Debug)]
pub struct Golf {
    /// The folder with `submissions`, `tasks` and `results`.
    pub root: PathBuf,
    /// The records.
    pub store: Store,
    /// The season from which fresh items are drawn.
    pub season: String,
    /// All tasks whose data is part of the project, by id.
    pub tasks: Vec<Task>,
    /// The tasks whose data is published elsewhere, by id.
    pub public: Vec<Definition>,
}

/// A submission that is in order.
#[derive(Debug)]
pub struct Candidate {
    /// As it was sent in.
    pub submission: Submission,
    /// Counted by the harness.
    pub facts: ArtifactFacts,
    /// What runs it.
    pub engine: EngineId,
    /// The artifact's file.
    pub artifact: PathBuf,
    opened: OnceLock<Artifact<'static>>,
}

impl Candidate {
    /// The artifact, which is read once, when it is first asked for.
    ///
    /// # Errors
    /// All that is wrong with it, a line each.
    pub fn opened(&self) -> Result<&Artifact<'static>, Fault> {
        if self.opened.get().is_none() {
            let _ = self.opened.set(open(&self.submission)?);
        }
        Ok(self.opened.get().expect("just read"))
    }

    /// The model, ready to run.
    ///
    /// # Errors
    /// If it can't be built.
    pub fn load(&self) -> Result<Loaded, Fault> {
        load(self.opened()?, &self.artifact)
    }
}

fn open(submission: &Submission) -> Result<Artifact<'static>, Fault> {
    Ok(Artifact::read(&submission.artifact).map_err(|faults| Fault::entry_lines(&faults))?.into_owned())
}

fn load(artifact: &Artifact<'_>, path: &Path) -> Result<Loaded, Fault> {
    model::load(artifact).map_err(|fault| Fault::entry(format!("{}: {}", path.display(), fault.message)))
}

/// What is shown of a project.
#[derive(Debug)]
pub struct Overview {
    /// All entries in order.
    pub board: Leaderboard,
    /// The tables of public tasks: the entries' scores as they are recorded, and the references.
    pub public: Vec<PublicTable>,
    /// What estimates are made of: the project's boards, and the operations of its entries.
    pub estimates: Estimates,
}

/// A submission's slug, and the submission in order or all that is wrong with it.
pub type Checked = (String, Result<Candidate, Fault>);

/// `tasks/season.json`
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// Version of this format: 1.
    pub schema: u32,
    /// From which fresh items are drawn.
    pub season: String,
}

impl Golf {
    /// Opens the project in `root`, or else in the nearest folder above the current one that looks like it.
    ///
    /// # Errors
    /// If there is none, or its tasks aren't in order.
    pub fn open(root: Option<&Path>) -> Result<Self, Fault> {
        let root = match root {
            Some(root) => root.to_owned(),
            None => {
                let current =
                    std::env::current_dir().map_err(|fault| Fault::machine(format!("the current folder: {fault}")))?;
                let found = current.ancestors().find(|folder| folder.join("tasks/season.json").is_file());
                found.map(Path::to_owned).ok_or_else(|| {
                    Fault::usage("there is no `tasks/season.json` here or above: run inside the project, or name its folder with --root")
                })?
            }
        };
        let path = root.join("tasks/season.json");
        let text = fs::read(&path).map_err(|fault| Fault::reading(&path, &fault))?;
        let bad = |message: String| Fault::machine(format!("{}: {message}", path.display()));
        let season: Season = serde_json::from_slice(&text).map_err(|fault| bad(fault.to_string()))?;
        if season.schema != 1 {
            return Err(bad(format!("schema {} is unknown: write 1", season.schema)));
        }
        let tasks = golf_task::load_all(&root.join("tasks"))?;
        let public = golf_task::public_definitions(&root.join("tasks"))?;
        Ok(Golf { store: Store::new(root.join("results")), root, season: season.season, tasks, public })
    }

    /// The submissions' folders, by name.
    ///
    /// # Errors
    /// If `submissions` can't be read.
    pub fn slugs(&self) -> Result<Vec<String>, Fault> {
        let folder = self.root.join("submissions");
        let entries = fs::read_dir(&folder).map_err(|fault| Fault::reading(&folder, &fault))?;
        let folders = entries
            .filter_map(|entry| entry.ok())
            .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
        // A stray file is not an entry, unless a link makes it look like one: those are for the check to refuse.
        let folders = folders.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_file()));
        let mut slugs: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        slugs.sort();
        Ok(slugs)
    }

    /// The folder of a submission, by its slug.
    pub fn folder(&self, slug: &str) -> PathBuf {
        self.root.join("submissions").join(slug)
    }

    /// The named submissions, or all; each in order, or all that is wrong with it. Each is read when its turn comes, so that memory doesn't grow with their
    /// number. An artifact that is recorded to have been scored by the present engine is not opened for that: it was in order then.
    ///
    /// # Errors
    /// If one that is named isn't there.
    pub fn candidates(&self, slugs: &[String]) -> Result<impl Iterator<Item = Checked> + use<>, Fault> {
        let store = self.store.clone();
        let one = move |folder: &Path, slug: &str| {
            let recorded = store.score(slug).ok().flatten();
            let recorded = recorded.filter(|score| model::version(&score.engine.name) == Some(score.engine.version));
            let known = |sha256: &[u8; 32]| {
                recorded.as_ref().filter(|score| score.artifact.sha256 == hex(sha256)).map(|s| s.engine.name.clone())
            };
            let submission = Submission::read_unless(folder, &known).map_err(|faults| Fault::entry_lines(&faults))?;
            match recorded {
                Some(Score { artifact: facts, engine, .. }) if submission.opened.is_none() => {
                    let artifact = folder.join(&submission.manifest.artifact.file);
                    Ok(Candidate { submission, facts, engine, artifact, opened: OnceLock::new() })
                }
                _ => examine(folder, submission),
            }
        };
        self.each(slugs, one)
    }

    /// Likewise, and whatever is recorded every artifact is opened.
    ///
    /// # Errors
    /// If one that is named isn't there.
    pub fn checked(&self, slugs: &[String]) -> Result<impl Iterator<Item = Checked> + use<>, Fault> {
        self.each(slugs, |folder, _| check(folder))
    }

    fn each<F: FnMut(&Path, &str) -> Result<Candidate, Fault>>(
        &self,
        slugs: &[String],
        mut one: F,
    ) -> Result<impl Iterator<Item = Checked> + use<F>, Fault> {
        let slugs = if slugs.is_empty() { self.slugs()? } else { slugs.to_vec() };
        if let Some(slug) = slugs.iter().find(|slug| !self.folder(slug).exists()) {
            let known = self.slugs()?.join(", ");
            return Err(Fault::usage(format!("there is no submission `{slug}`; there are {known}")));
        }
        let folder = self.root.join("submissions");
        Ok(slugs.into_iter().map(move |slug| {
            let checked = one(&folder.join(&slug), &slug);
            (slug, checked)
        }))
    }

    /// The tasks of a suite, or the one with this id.
    ///
    /// # Errors
    /// If there is none.
    pub fn select(&self, suite: &str, task: Option<&str>) -> Result<Vec<&Task>, Fault> {
        let wanted = |definition: &Definition| task.map_or(definition.suite == suite, |id| definition.id == id);
        let tasks: Vec<&Task> = self.tasks.iter().filter(|task| wanted(&task.definition)).collect();
        if tasks.is_empty() {
            let known: Vec<&str> = self.tasks.iter().map(|task| task.definition.id.as_str()).collect();
            return Err(Fault::usage(match task {
                Some(id) => format!("there is no task `{id}`; there are {}", known.join(", ")),
                None => format!("there is no suite `{suite}`; there are `core` and `public`"),
            }));
        }
        Ok(tasks)
    }

    /// Where fetched data lies.
    pub fn fetched(&self) -> PathBuf {
        golf_task::fetched_folder(&self.root)
    }

    /// The named tasks of published data, or all.
    ///
    /// # Errors
    /// If there is none of that name, or none at all.
    pub fn public_tasks(&self, ids: &[String]) -> Result<Vec<&Definition>, Fault> {
        let known = || self.public.iter().map(|task| task.id.as_str()).collect::<Vec<_>>().join(", ");
        if self.public.is_empty() {
            return Err(Fault::usage("this project has no tasks of published data"));
        }
        if let Some(id) = ids.iter().find(|id| !self.public.iter().any(|task| task.id == **id)) {
            return Err(Fault::usage(format!("there is no task `{id}` of published data; there are {}", known())));
        }
        Ok(self.public.iter().filter(|task| ids.is_empty() || ids.contains(&task.id)).collect())
    }

    /// The recorded score of an entry on public tasks, if it is of this artifact and engine.
    ///
    /// # Errors
    /// If the record can't be read.
    pub fn public_score(&self, candidate: &Candidate) -> Result<Option<Public>, Fault> {
        let recorded = self.store.public(&candidate.submission.slug)?;
        Ok(recorded.filter(|public| {
            public.schema == 1 && public.artifact == candidate.facts && public.engine == candidate.engine
        }))
    }

    /// An entry's records of simulations by the firmware that the harness carries, and the targets of which there are records by another one.
    ///
    /// # Errors
    /// If a record can't be read.
    pub fn simulations(&self, slug: &str) -> Result<(Vec<Simulation>, Vec<&'static str>), Fault> {
        let (mut current, mut outdated) = (vec![], vec![]);
        for target in golf_record::TARGETS {
            match self.store.simulation(slug, target)? {
                Some(record) if firmware::is_current(&record) => current.push(record),
                Some(_) => outdated.push(target),
                None => {}
            }
        }
        Ok((current, outdated))
    }

    /// The leaderboard of all submissions that are in order.
    ///
    /// # Errors
    /// If a record can't be read.
    pub fn leaderboard(&self) -> Result<Leaderboard, Fault> {
        Ok(self.overview()?.board)
    }

    /// Everything that is shown, with each submission read once.
    ///
    /// # Errors
    /// If a record or a board's file can't be read.
    pub fn overview(&self) -> Result<Overview, Fault> {
        let (mut entries, mut scores, mut workloads) = (vec![], vec![], BTreeMap::new());
        for (slug, candidate) in self.candidates(&[])? {
            let Ok(candidate) = candidate else { continue };
            scores.extend(self.public_score(&candidate)?);
            workloads.extend(estimate::of(&candidate).map(|work| (slug.clone(), work)));
            // A record of other bytes says nothing about this artifact.
            let score = self.store.score(&slug)?.filter(|score| score.artifact == candidate.facts);
            let current = |sha256: &str| sha256 == candidate.facts.sha256;
            let measurements =
                self.store.measurements(&slug)?.into_iter().filter(|m| current(&m.artifact_sha256)).collect();
            let (simulations, _) = self.simulations(&slug)?;
            let simulations = simulations.into_iter().filter(|s| current(&s.artifact_sha256)).collect();
            let audit = self.store.audit(&slug)?.filter(|audit| current(&audit.artifact_sha256));
            let Submission { manifest, readme, .. } = candidate.submission;
            let portrait = self.store.portrait(&slug, &candidate.facts.sha256)?;
            entries.push(Entry { slug, manifest, readme, score, measurements, simulations, audit, portrait });
        }
        Ok(Overview {
            board: Leaderboard::after(self.store.leaders()?, entries),
            public: self.public.iter().map(|task| public::table(task, &scores)).collect(),
            estimates: Estimates { boards: estimate::boards(self)?, workloads },
        })
    }
}

/// Everything that can be known of a submission without running it.
///
/// # Errors
/// All that is wrong with it, a line each.
pub fn check(folder: &Path) -> Result<Candidate, Fault> {
    examine(folder, Submission::read(folder).map_err(|faults| Fault::entry_lines(&faults))?)
}

fn examine(folder: &Path, mut submission: Submission) -> Result<Candidate, Fault> {
    let path = folder.join(&submission.manifest.artifact.file);
    let artifact = submission.opened.take().map_or_else(|| open(&submission), Ok)?;
    load(&artifact, &path)?;
    let facts = ArtifactFacts {
        sha256: hex(&submission.sha256),
        bytes: submission.artifact.len() as u64,
        parameters: artifact.parameters(),
    };
    let engine = model::engine(&artifact);
    Ok(Candidate { facts, engine, artifact: path, submission, opened: artifact.into() })
}
