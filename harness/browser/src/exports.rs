//! What a page calls. Each function reads the bytes that [`reserve`] made room for, and leaves an answer: [`answer`] and [`answer_length`]. Numbers below zero
//! say that the answer is an error in words.
#![allow(unsafe_code)]

use crate::Player;
use golf_score::Fault;
use serde::Serialize;
use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

#[link(wasm_import_module = "golf")]
unsafe extern "C" {
    /// Tells how much of the work is done.
    safe fn progress(done: u32, of: u32);
    /// Tells why the module is about to end.
    safe fn panicked(message: *const u8, length: usize);
}

#[derive(Default)]
struct State {
    input: Vec<u8>,
    answer: Vec<u8>,
    player: Option<Player>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Makes room for what the next call reads.
#[unsafe(no_mangle)]
extern "C" fn reserve(length: usize) -> *mut u8 {
    STATE.with_borrow_mut(|state| {
        state.input = vec![0; length];
        state.input.as_mut_ptr()
    })
}

/// Where the last call's answer lies, until the next one.
#[unsafe(no_mangle)]
extern "C" fn answer() -> *const u8 {
    STATE.with_borrow(|state| state.answer.as_ptr())
}

/// Its length.
#[unsafe(no_mangle)]
extern "C" fn answer_length() -> usize {
    STATE.with_borrow(|state| state.answer.len())
}

/// Does `work` with the player and what was put in; zero, or -1 and an error.
fn with(work: impl FnOnce(&mut Player, &[u8]) -> Result<Vec<u8>, Fault>) -> i32 {
    STATE.with_borrow_mut(|state| {
        let input = std::mem::take(&mut state.input);
        let done = match &mut state.player {
            Some(player) => work(player, &input),
            None => Err(Fault::usage("no entry is loaded")),
        };
        state.finish(done)
    })
}

impl State {
    fn finish(&mut self, done: Result<Vec<u8>, Fault>) -> i32 {
        let (answer, status) = match done {
            Ok(answer) => (answer, 0),
            Err(fault) => (fault.message.into_bytes(), -1),
        };
        self.answer = answer;
        status
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data")
}

/// Reads the SHA-256 that an artifact must have, 64 digits, and the artifact; answers what it is.
#[unsafe(no_mangle)]
extern "C" fn load() -> i32 {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.to_string();
        panicked(message.as_ptr(), message.len());
    }));
    STATE.with_borrow_mut(|state| {
        let input = std::mem::take(&mut state.input);
        let loaded = match (&state.player, input.split_at_checked(64)) {
            (Some(_), _) => Err(Fault::usage("an entry is loaded already")),
            (None, None) => Err(Fault::usage("no artifact")),
            (None, Some((sha256, artifact))) => Player::load(&String::from_utf8_lossy(sha256), artifact),
        };
        let done = loaded.map(|player| json(state.player.insert(player).about()));
        state.finish(done)
    })
}

/// Answers the tokens, each after a byte that says how long it is.
#[unsafe(no_mangle)]
extern "C" fn vocabulary() -> i32 {
    with(|player, _| Ok(player.vocabulary()))
}

/// Answers the digest of the logits.
#[unsafe(no_mangle)]
extern "C" fn probe() -> i32 {
    with(|player, _| Ok(json(&player.probe()?)))
}

/// Reads a prompt; answers its number of tokens.
#[unsafe(no_mangle)]
extern "C" fn begin(temperature: f64, top_k: usize, seed: u32) -> i32 {
    with(|player, prompt| Ok(json(&player.begin(prompt, temperature, top_k, seed.into())?)))
}

/// Returns the next token.
#[unsafe(no_mangle)]
extern "C" fn step() -> i32 {
    let mut token = -1;
    let status = with(|player, _| {
        token = player.step() as i32;
        Ok(vec![])
    });
    if status < 0 { status } else { token }
}

/// Reads a text; answers its tokens and their costs.
#[unsafe(no_mangle)]
extern "C" fn costs() -> i32 {
    with(|player, text| Ok(json(&player.costs(text, &|done, of| progress(done as u32, of as u32))?)))
}

/// Reads a task; answers its number of items.
#[unsafe(no_mangle)]
extern "C" fn take() -> i32 {
    with(|player, task| Ok(json(&player.take(task)?)))
}

/// Scores the task.
#[unsafe(no_mangle)]
extern "C" fn score(items: u32) -> i32 {
    with(|player, _| {
        let done = AtomicU32::new(0);
        player.score(&|| progress(done.fetch_add(1, Ordering::Relaxed) + 1, items))?;
        Ok(vec![])
    })
}

/// Reads the task's record; answers how what was scored compares with it.
#[unsafe(no_mangle)]
extern "C" fn compare() -> i32 {
    with(|player, record| Ok(json(&player.compare(record)?)))
}
