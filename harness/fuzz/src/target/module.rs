//! Modules that entries bring: whatever they are and do, they are refused or ended in order, and what they compute is the same each time.

use super::is_plain;
use golf_core::{LanguageModel, Tokenization};
use golf_wasm::{Fault, Limits, Module};

/// Little enough that a loop ends at once, also one that fills all memory each time.
const LIMITS: Limits = Limits { prepare: 4_000, call: 2_000, memory: 1 << 20 };

/// The logits before each of some tokens and at the end, and what it failed at.
fn run(module: &Module, document: &[u32]) -> Result<(Vec<Vec<i32>>, Option<Fault>), Fault> {
    let mut instance = module.start_with(LIMITS)?;
    let mut runs = [(); 2].map(|()| {
        instance.reset();
        let mut all = vec![];
        let mut logits = vec![0; instance.vocabulary().len()];
        for token in document.iter().map(Some).chain([None]) {
            instance.predict(&mut logits);
            all.push(logits.clone());
            token.into_iter().for_each(|&token| instance.observe(token));
        }
        (all, instance.fault().cloned())
    });
    let (first, second) = (std::mem::take(&mut runs[0]), std::mem::take(&mut runs[1]));
    match first.1 {
        Some(_) => assert!(second.0.iter().flatten().all(|&logit| logit == 0), "it went on after it had failed"),
        None => assert_eq!(first, second, "something of a document was left"),
    }
    Ok(first)
}

/// How many bytes of data, the data, and the module.
pub(super) fn run_bytes(input: &[u8]) {
    let Some((&count, rest)) = input.split_first() else { return };
    let (data, module) = rest.split_at(usize::from(count).min(rest.len()));
    let tokens: Vec<[u8; 1]> = (0..=255).map(|byte| [byte]).collect();
    let tokens: Vec<&[u8]> = tokens.iter().map(|token| &token[..]).collect();
    let plain = |fault: &Fault| assert!(is_plain(&fault.to_string()), "{fault:?}");
    let module = match Module::new(module, data, &tokens, Tokenization::Bytes) {
        Ok(module) => module,
        Err(fault) => return plain(&fault),
    };
    let document = [97, 98, 97, 0, 255];
    let results = [(); 2].map(|()| run(&module, &document));
    assert_eq!(results[0], results[1], "it computed something else");
    match &results[0] {
        Ok((_, fault)) => fault.iter().for_each(plain),
        Err(fault) => plain(fault),
    }
}

/// A module in the text format, with a body for each function and more fields.
fn module(data: &str, logits: &str, predict: &str, observe: &str, more: &str) -> Vec<u8> {
    let text = format!(
        r#"(module (memory (export "memory") 1 9)
            (func $data (export "data") (param i32) (result i32) {data})
            (func $logits (export "logits") (param i32) (result i32) {logits})
            (func $predict (export "predict") {predict})
            (func $observe (export "observe") (param i32) {observe})
            {more})"#
    );
    wat::parse_str(text).expect("a module")
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    const STORE: &str = "(i32.store offset=4096 (i32.shl (local.get 0) (i32.const 2)) (i32.const 70000))";
    let modules = [
        module("i32.const 1024", "i32.const 4096", "", STORE, ""),
        module(
            "i32.const 1024",
            "(drop (memory.grow (i32.const 2))) i32.const 70000",
            "(memory.fill (i32.const 70000) (i32.load8_u (i32.const 1024)) (i32.const 1024))",
            "(global.set $g (i64.add (global.get $g) (i64.extend_i32_u (local.get 0))))",
            "(global $g (mut i64) (i64.const 1))",
        ),
        module(
            "i32.const 0",
            "i32.const 4096",
            "(v128.store (i32.const 4096) (i32x4.dot_i16x8_s (v128.load (i32.const 0)) (v128.const i32x4 1 2 3 4)))",
            "(call_indirect (type 0) (i32.const 0) (local.get 0)) drop",
            "(table 2 funcref) (elem (i32.const 0) func $logits $data)",
        ),
        module(
            "(memory.copy (i32.const 9) (i32.const 0) (i32.const 99)) i32.const 8",
            "(table.set $t (i32.const 1) (ref.func $data)) (data.drop $d) i32.const 256",
            "(loop $l (br_if $l (i32.lt_u (i32.load (i32.const 0)) (i32.const 1))))",
            "(block $a (block $b (br_table $a $b (i32.rem_u (local.get 0) (i32.const 3)))) unreachable)",
            "(table $t 3 9 funcref) (elem declare func $data) (data $d (i32.const 3) \"abc\\00\")",
        ),
        module("i32.const 0", "i32.const 256", "call $predict", "(loop $l (br $l))", "(data \"a\")"),
    ];
    modules.into_iter().map(|module| [&[3][..], &[1, 2, 3], &module].concat()).collect()
}
