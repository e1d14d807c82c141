//! Child processes: everything that runs a model runs in one, with a limit on its time and memory, so that an entry that crashes, hangs or eats all
//! memory is a record and not the end of the run.

mod serve;

use crate::{Blame, Fault, measure, simulate};
use golf_record::{Draw, Failure, FailureKind, Figures, Probe, PublicTask, Roofline, Sample, TaskScore};
use serde::{Deserialize, Serialize};
pub use serve::{load, serve};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// What a child may use.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, clap::Args)]
pub struct Limits {
    /// Seconds that a step of an entry may take
    #[arg(long = "timeout", value_name = "SECONDS", default_value_t = 1_200)]
    pub seconds: u64,
    /// Bytes of memory that an entry may have
    #[arg(long = "memory", value_name = "BYTES", default_value_t = 4 << 30)]
    pub memory_bytes: u64,
}

/// What a child is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The project's folder.
    pub root: PathBuf,
    /// The artifact; none for what needs none.
    pub artifact: Option<Target>,
    /// What to do with it.
    pub work: Work,
    /// What it may use.
    pub limits: Limits,
}

/// The artifact that a job is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    /// Its file.
    pub path: PathBuf,
    /// What its bytes must be.
    pub sha256: String,
}

/// The kinds of work.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Work {
    /// Score tasks, and take the probe.
    Score {
        /// By id.
        tasks: Vec<String>,
        /// The season from which fresh items are drawn.
        season: String,
        /// Threads to score items on.
        threads: usize,
    },
    /// Score a task of published data.
    Public {
        /// By id.
        task: String,
        /// Threads to score items on.
        threads: usize,
    },
    /// Write texts.
    Sample {
        /// What to continue.
        prompts: Vec<String>,
        /// How.
        draw: Draw,
        /// Threads to run on.
        threads: usize,
    },
    /// Take one of [`measure::NAMES`].
    Measure {
        /// Which.
        name: String,
        /// On how many threads.
        threads: usize,
    },
    /// Run on a simulated microcontroller.
    Simulate {
        /// What it has.
        room: simulate::Room,
    },
    /// Measure the machine itself.
    Roofline,
}

/// What a child says, a line of JSON each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// One more item is scored.
    Item,
    /// A task is scored.
    Task(TaskScore),
    /// A task of published data is scored.
    Public(PublicTask),
    /// A text is written.
    Sample(Sample),
    /// The digest of the logits.
    Probe(Probe),
    /// A measurement is taken.
    Measured(measure::Sampled),
    /// A simulated microcontroller has done its job.
    Simulated(Box<Figures>),
    /// The machine's limits.
    Roofline(Roofline),
    /// The end: an error that the child could name.
    Failed {
        /// Exit status by blame.
        status: u8,
        /// In a sentence.
        message: String,
    },
}

/// Why a job came to nothing.
#[derive(Clone, Debug)]
pub enum JobError {
    /// The child could name what is wrong.
    Fault(Fault),
    /// It crashed, hung or wanted too much memory.
    Failure(FailureKind, String),
}

impl JobError {
    /// As an error of the entry that was being worked on, unless the child could name another.
    pub fn of(self, entry: &str) -> Fault {
        match self {
            JobError::Fault(fault) => fault,
            JobError::Failure(_, message) => Fault::entry(format!("{entry}: {message}")),
        }
    }

    /// As a failure for the records.
    pub fn at(self, stage: &str) -> Failure {
        let (kind, message) = match self {
            JobError::Fault(fault) => (FailureKind::Crash, fault.message),
            JobError::Failure(kind, message) => (kind, message),
        };
        Failure { stage: stage.into(), kind, message }
    }
}

/// Does a job in a child process; `hear` gets what it says as it says it.
///
/// # Errors
/// If the child can't be started, names an error, or ends badly.
pub fn run(job: &Job, mut hear: impl FnMut(Message)) -> Result<(), JobError> {
    let program = std::env::current_exe().map_err(|fault| cannot_start(&fault))?;
    let job_text = serde_json::to_string(job).expect("a job is plain data");
    let mut child = Command::new(program)
        .args(["worker", &job_text])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|fault| cannot_start(&fault))?;
    let (lines, errors) = listen(&mut child);
    let deadline = Instant::now() + Duration::from_secs(job.limits.seconds);
    let mut named = None;
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => match serde_json::from_str(&line) {
                Ok(Message::Failed { status, message }) => named = Some((status, message)),
                Ok(message) => hear(message),
                Err(_) => {
                    return Err(stop(
                        child,
                        FailureKind::Crash,
                        format!("said something else than agreed: {line:.80}"),
                    ));
                }
            },
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let message = format!("took longer than {} s and was ended", job.limits.seconds);
                return Err(stop(child, FailureKind::Timeout, message));
            }
        }
    }
    let status = child.wait().map_err(|fault| cannot_start(&fault))?;
    let errors = errors.recv().unwrap_or_default();
    match named {
        Some((status, message)) => {
            let blame = [Blame::Usage, Blame::Machine].into_iter().find(|&blame| blame as u8 == status);
            Err(JobError::Fault(Fault { blame: blame.unwrap_or(Blame::Entry), message }))
        }
        None if status.success() => Ok(()),
        None if errors.contains("memory allocation") => {
            let limit = job.limits.memory_bytes;
            Err(JobError::Failure(
                FailureKind::Memory,
                format!("wanted more than the {limit} bytes of memory that it may have"),
            ))
        }
        None => {
            let last = errors
                .lines()
                .rev()
                .find(|line| !line.starts_with("note:") && !line.is_empty())
                .unwrap_or("no message");
            Err(JobError::Failure(FailureKind::Crash, format!("ended with {status}: {last:.200}")))
        }
    }
}

fn cannot_start(fault: &std::io::Error) -> JobError {
    JobError::Fault(Fault::machine(format!("a child process can't be started: {fault}")))
}

fn stop(mut child: Child, kind: FailureKind, message: String) -> JobError {
    // If it has ended by now, so much the better.
    let _ = child.kill();
    let _ = child.wait();
    JobError::Failure(kind, message)
}

/// The child's standard output line by line, and its standard error once it has ended (the first 64 KiB).
fn listen(child: &mut Child) -> (mpsc::Receiver<String>, mpsc::Receiver<String>) {
    let (send, lines) = mpsc::channel();
    let output = child.stdout.take().expect("piped");
    std::thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    let (send, errors) = mpsc::channel();
    let output = child.stderr.take().expect("piped");
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut text = vec![];
        let _ = output.by_ref().take(1 << 16).read_to_end(&mut text);
        // Whatever follows must be read too, lest the child waits for ever.
        let _ = std::io::copy(&mut output, &mut std::io::sink());
        send.send(String::from_utf8_lossy(&text).into_owned())
    });
    (lines, errors)
}
