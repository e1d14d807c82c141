//! Modules in order and hostile ones: what each computes, or the sentence that it is refused with.

use golf_core::{LanguageModel, Tokenization};
use golf_wasm::{Fault, Limits, MODULE_LIMIT, Module};

/// The parts of a module, in its text format.
#[derive(Clone, Copy)]
struct Parts {
    memory: &'static str,
    more: &'static str,
    data: &'static str,
    logits: &'static str,
    predict: &'static str,
    observe: &'static str,
}

/// A module that predicts nothing in particular.
const PLAIN: Parts = Parts {
    memory: r#"(memory (export "memory") 1)"#,
    more: "",
    data: "i32.const 1024",
    logits: "i32.const 4096",
    predict: "",
    observe: "",
};

impl Parts {
    /// With other parts of these names.
    fn with(mut self, changes: &[(&str, &'static str)]) -> Self {
        for &(name, code) in changes {
            let part = match name {
                "more" => &mut self.more,
                "data" => &mut self.data,
                "logits" => &mut self.logits,
                "predict" => &mut self.predict,
                _ => &mut self.observe,
            };
            *part = code;
        }
        self
    }

    fn text(&self) -> String {
        let Parts { memory, more, data, logits, predict, observe } = self;
        format!(
            r#"(module {memory}
                (func $data (export "data") (param i32) (result i32) {data})
                (func $logits (export "logits") (param i32) (result i32) {logits})
                (func $predict (export "predict") {predict})
                (func $observe (export "observe") (param i32) {observe})
                {more})"#
        )
    }
}

fn load(bytes: &[u8], data: &[u8]) -> Result<Module, Fault> {
    let tokens: Vec<[u8; 1]> = (0..=255).map(|byte| [byte]).collect();
    let tokens: Vec<&[u8]> = tokens.iter().map(|token| &token[..]).collect();
    Module::new(bytes, data, &tokens, Tokenization::Bytes)
}

fn assemble(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The logits after each of the tokens, the first before any.
fn run(module: &Module, tokens: &[u32]) -> Result<Vec<Vec<i32>>, Fault> {
    let mut instance = module.start()?;
    instance.reset();
    let mut all = vec![];
    let mut logits = vec![0; 256];
    for token in [None].into_iter().chain(tokens.iter().copied().map(Some)) {
        token.into_iter().for_each(|token| instance.observe(token));
        instance.predict(&mut logits);
        all.push(logits.clone());
    }
    instance.fault().cloned().map_or(Ok(all), Err)
}

/// Every byte is as likely as it says in the data, and that which came last gets `amount` more.
fn counting() -> Module {
    let parts = Parts {
        more: "(global $last (mut i32) (i32.const -1))",
        // Each byte of the data becomes a logit.
        logits: "(local $i i32)
            (loop $next
                (i32.store (i32.add (i32.const 4096) (i32.shl (local.get $i) (i32.const 2)))
                    (i32.shl (i32.load8_u (i32.add (i32.const 1024) (local.get $i))) (i32.const 16)))
                (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 256))))
            i32.const 4096",
        observe: "(local $at i32)
            (local.set $at (i32.add (i32.const 4096) (i32.shl (local.get 0) (i32.const 2))))
            (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 7)))
            (global.set $last (local.get 0))",
        predict: "(local $at i32)
            (if (i32.ge_s (global.get $last) (i32.const 0)) (then
                (local.set $at (i32.add (i32.const 4096) (i32.shl (global.get $last) (i32.const 2))))
                (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1000)))
                (global.set $last (i32.const -1))))",
        ..PLAIN
    };
    let data: Vec<u8> = (0..=255).rev().collect();
    load(&assemble(&parts.text()), &data).unwrap()
}

#[test]
fn a_module_gets_its_data_and_its_tokens_and_its_logits_are_read() {
    let all = run(&counting(), &[3, 3, 200]).unwrap();
    let at_first: Vec<i32> = (0..256).map(|byte| (255 - byte) << 16).collect();
    assert_eq!(all[0], at_first);
    let mut after = at_first;
    for (token, logits) in [3, 3, 200].into_iter().zip(&all[1..]) {
        after[token] += 1_007;
        assert_eq!(*logits, after);
    }
}

#[test]
fn nothing_of_a_document_is_left_in_memory_or_globals() {
    let module = counting();
    let expected = run(&module, &[9, 8]).unwrap();
    let mut instance = module.start().unwrap();
    let mut logits = vec![0; 256];
    for _ in 0..3 {
        instance.reset();
        instance.predict(&mut logits);
        assert_eq!(logits, expected[0]);
        [9, 8, 7].into_iter().for_each(|token| instance.observe(token));
        // Observed and never predicted: the global still knows the token.
    }
}

#[test]
fn memory_that_preparation_grew_is_there_in_every_document_and_no_more() {
    let parts = Parts {
        logits: "(drop (memory.grow (i32.const 30))) (i32.store (i32.const 2000000) (i32.const 77)) i32.const 1999996",
        predict: "(i32.store (i32.const 1999996) (memory.size))",
        observe: "(drop (memory.grow (i32.const 5)))",
        ..PLAIN
    };
    let module = load(&assemble(&parts.text()), &[]).unwrap();
    for _ in 0..2 {
        let mut instance = module.start().unwrap();
        let mut logits = vec![0; 256];
        for _ in 0..3 {
            instance.reset();
            instance.predict(&mut logits);
            assert_eq!(logits[..2], [31, 77]);
            instance.observe(0);
            instance.predict(&mut logits);
            assert_eq!(logits[..2], [36, 77]);
        }
    }
}

#[test]
fn logits_may_be_any_integers() {
    let parts = Parts {
        logits: "(i32.store (i32.const 4096) (i32.const -2147483648)) (i32.store (i32.const 4100) (i32.const 2147483647)) i32.const 4096",
        ..PLAIN
    };
    let all = run(&load(&assemble(&parts.text()), &[]).unwrap(), &[]).unwrap();
    assert_eq!(all[0][..3], [i32::MIN, i32::MAX, 0]);
    let costs: Vec<u64> = (0..3).map(|token| golf_core::logit::cost(&all[0], token).0).collect();
    assert!(costs[1] < costs[2] && costs[2] < costs[0], "{costs:?}");
}

/// What is refused before anything of it runs.
fn refused_at_sight() -> Vec<(&'static str, String, &'static str)> {
    let plain = |more| Parts { more, ..PLAIN }.text();
    let with = |import: &str| PLAIN.text().replacen("(module ", &format!("(module {import} "), 1);
    let predicting = |predict| Parts { predict, ..PLAIN }.text();
    let memory = |memory| Parts { memory, ..PLAIN }.text();
    let renamed = |from: &str, to: &str| PLAIN.text().replacen(&format!("\"{from}\""), &format!("\"{to}\""), 1);
    vec![
        ("file", with(r#"(import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"#), "imports `path_open` of `wasi_snapshot_preview1`"),
        ("network", with(r#"(import "wasi_snapshot_preview1" "sock_send" (func (param i32 i32 i32 i32 i32) (result i32)))"#), "imports `sock_send`"),
        ("clock", with(r#"(import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i64 i32) (result i32)))"#), "imports `clock_time_get`"),
        ("random", with(r#"(import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))"#), "imports `random_get`"),
        ("memory of the host", with(r#"(import "env" "table" (table 1 funcref))"#), "imports `table` of `env`"),
        ("global of the host", with(r#"(import "env" "seed" (global i32))"#), "imports `seed` of `env`"),
        ("escapes in names", with("(import \"\\1b[2J\" \"a\\0ab\" (func))"), r"imports `a\nb` of `\u{1b}[2J`"),
        ("start function", plain("(func $start (loop $l (br $l))) (start $start)"), "has a start function"),
        ("32-bit floats", predicting("(drop (f32.add (f32.const 1) (f32.const 2)))"), "floating-point"),
        ("64-bit floats", predicting("(drop (f64.sqrt (f64.const 2)))"), "floating-point"),
        ("a float for a local", predicting("(local f64)"), "floating-point"),
        ("vectors of floats", predicting("(drop (f32x4.add (v128.const i64x2 1 2) (v128.const i64x2 3 4)))"), "floating-point"),
        ("a float from an integer", predicting("(drop (i32.reinterpret_f32 (f32.convert_i32_s (i32.const 1))))"), "floating-point"),
        ("relaxed vectors", predicting("(drop (i16x8.relaxed_dot_i8x16_i7x16_s (v128.const i64x2 1 2) (v128.const i64x2 3 4)))"), "relaxed"),
        ("shared memory", memory(r#"(memory (export "memory") 1 1 shared)"#), "threads"),
        ("atomics", predicting("(drop (i32.atomic.load (i32.const 0)))"), "threads"),
        ("memory of 64 bits", memory(r#"(memory (export "memory") i64 1)"#), "can't be run"),
        ("two memories", plain("(memory 1)"), "multi"),
        ("tail calls", predicting("return_call $predict"), "tail call"),
        ("exceptions", plain("(tag)"), "exceptions"),
        ("structures", plain("(type (struct (field i32)))"), "gc"),
        ("no data", renamed("data", "date"), "doesn't export `data` as a function (i32) -> (i32)"),
        ("no logits", renamed("logits", "Logits"), "doesn't export `logits` as a function (i32) -> (i32)"),
        ("no prediction", renamed("predict", "predict2"), "doesn't export `predict` as a function () -> ()"),
        ("no observation", renamed("observe", ""), "doesn't export `observe` as a function (i32) -> ()"),
        ("no memory", renamed("memory", "mem"), "doesn't export `memory` as its memory"),
        ("an address of 64 bits", PLAIN.text().replacen("(result i32) i32.const 1024", "(result i64) i64.const 1024", 1), "doesn't export `data`"),
        ("a prediction that answers", PLAIN.text().replacen("\"predict\")", "\"predict\") (result i32) i32.const 0", 1), "doesn't export `predict`"),
        ("a function for a memory", "(module (func (export \"data\") (param i32) (result i32) i32.const 0) (func (export \"logits\") (param i32) (result i32) i32.const 0) (func (export \"predict\")) (func (export \"observe\") (param i32)) (func (export \"memory\")))".into(), "doesn't export `memory`"),
        ("a memory of 4 GiB", memory(r#"(memory (export "memory") 65536)"#), "begins with 65536 pages of 65,536 bytes, and 2048 are allowed"),
        ("a page too many", memory(r#"(memory (export "memory") 2049)"#), "begins with 2049 pages"),
    ]
}

#[test]
fn what_a_module_may_not_consist_of_is_refused_at_sight() {
    for (name, text, message) in refused_at_sight() {
        let fault = load(&assemble(&text), &[]).expect_err(name).to_string();
        assert!(fault.contains(message), "{name}: {fault}");
        assert!(!fault.chars().any(char::is_control), "{name}: {fault:?}");
    }
}

#[test]
fn what_is_no_module_is_refused() {
    let module = assemble(&PLAIN.text());
    // Without the section of names, which comes last, it is whole.
    let whole = (0..module.len()).filter(|&end| load(&module[..end], &[]).is_ok()).count();
    assert_eq!(whole, 1);
    assert!(load(b"\0asm\x0d\0\x01\0", &[]).unwrap_err().to_string().contains("can't be run"), "a component");
    let mut huge = module;
    huge.resize(MODULE_LIMIT + 1, 0);
    let fault = load(&huge, &[]).unwrap_err();
    assert_eq!(fault.to_string(), "the module has 1000001 bytes, and 1000000 are allowed: put weights into `data`");
}

/// Parts by their names.
type Changes = Vec<(&'static str, &'static str)>;

/// What is ended when it runs: what differs from [`PLAIN`], and the fault of the first prediction after one token.
fn ended() -> Vec<(&'static str, Changes, &'static str)> {
    const LOOP: &str = "(loop $l (br $l)) unreachable";
    vec![
        ("a loop for data", vec![("data", LOOP)], "`data` took more than the 2147483648 instructions"),
        ("a loop for logits", vec![("logits", LOOP)], "`logits` took more than the 2147483648 instructions"),
        ("a loop for a prediction", vec![("predict", LOOP)], "`predict` took more than the 268435456 instructions"),
        ("a loop for an observation", vec![("observe", LOOP)], "`observe` took more than the 268435456 instructions"),
        (
            "growing at once",
            vec![("observe", "(drop (memory.grow (i32.const 65535)))")],
            "`observe` wanted more than the 134217728 bytes",
        ),
        (
            "growing by and by",
            vec![("observe", "(loop $l (drop (memory.grow (i32.const 1))) (br $l))")],
            "`observe` wanted more than the 134217728 bytes",
        ),
        (
            "growing in preparation",
            vec![("logits", "(drop (memory.grow (i32.const 2048))) i32.const 0")],
            "`logits` wanted more than",
        ),
        (
            "growing a table",
            vec![
                ("more", "(table $t 1 funcref)"),
                ("predict", "(drop (table.grow $t (ref.null func) (i32.const 100000)))"),
            ],
            "`predict` wanted more than",
        ),
        (
            "a table of a billion",
            vec![("more", "(table 1000000000 funcref)")],
            "the module can't be given what it declares",
        ),
        (
            "data outside the memory",
            vec![("more", "(data (i32.const 65530) \"0123456789\")")],
            "the module can't be given what it declares",
        ),
        ("recursion", vec![("predict", "call $predict")], "`predict` failed: call stack exhausted"),
        (
            "recursion in a circle",
            vec![
                (
                    "more",
                    "(table funcref (elem $a $b)) (func $a (call_indirect (i32.const 1))) (func $b (call_indirect (i32.const 0)))",
                ),
                ("observe", "call $a"),
            ],
            "`observe` failed: call stack exhausted",
        ),
        ("giving up", vec![("predict", "unreachable")], "`predict` failed: wasm `unreachable` instruction executed"),
        (
            "division by zero",
            vec![("observe", "(drop (i32.div_s (i32.const 1) (i32.const 0)))")],
            "`observe` failed: integer divide by zero",
        ),
        (
            "reading past the memory",
            vec![("predict", "(drop (i64.load (i32.const 65529)))")],
            "`predict` failed: out of bounds memory access",
        ),
        (
            "writing with an offset that wraps",
            vec![("predict", "(i32.store offset=4294967295 (i32.const -1) (i32.const 1))")],
            "`predict` failed: out of bounds memory access",
        ),
        (
            "calling what isn't there",
            vec![("more", "(table 1 funcref)"), ("predict", "(call_indirect (i32.const 0))")],
            "`predict` failed: ",
        ),
        (
            "data at the end of the memory",
            vec![("data", "i32.const 65535")],
            "`data` returned the address 65535, but 2 bytes from there don't fit the memory of 65536 bytes",
        ),
        ("data at -1", vec![("data", "i32.const -1")], "`data` returned the address 4294967295"),
        (
            "logits past the memory",
            vec![("logits", "i32.const 64516")],
            "`logits` returned the address 64516, but 1024 bytes from there",
        ),
        (
            "logits at an odd address",
            vec![("logits", "i32.const 4097")],
            "`logits` returned the address 4097, which is not a multiple of 4",
        ),
    ]
}

#[test]
fn what_a_module_may_not_do_ends_it() {
    for (name, changes, message) in ended() {
        let module =
            load(&assemble(&PLAIN.with(&changes).text()), &[1, 2]).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let fault = run(&module, &[65]).expect_err(name).to_string();
        assert!(fault.contains(message), "{name}: {fault}");
    }
}

#[test]
fn limits_may_be_smaller() {
    let filling = Parts {
        memory: r#"(memory (export "memory") 16)"#,
        predict: "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576)) (br $l))",
        observe: "(drop (memory.grow (i32.const 1)))",
        ..PLAIN
    };
    let module = load(&assemble(&filling.text()), &[]).unwrap();
    let limits = Limits { prepare: 100, call: 1_000, memory: 16 << 16 };
    let mut instance = module.start_with(limits).unwrap();
    instance.predict(&mut [0; 256]);
    assert!(matches!(instance.fault(), Some(Fault::Fuel { function: "predict", limit: 1_000 })));
    let mut instance = module.start_with(limits).unwrap();
    instance.observe(0);
    assert!(matches!(instance.fault(), Some(Fault::Growth { function: "observe", .. })));
    let little = Limits { memory: 1 << 16, ..limits };
    assert!(matches!(module.start_with(little).err(), Some(Fault::Instantiation(_))));
}

#[test]
fn a_module_that_failed_is_left_alone() {
    let parts = Parts { observe: "unreachable", predict: "(i32.store (i32.const 4096) (i32.const 5))", ..PLAIN };
    let module = load(&assemble(&parts.text()), &[]).unwrap();
    let mut instance = module.start().unwrap();
    let mut logits = vec![0; 256];
    instance.reset();
    instance.predict(&mut logits);
    assert_eq!(logits[0], 5);
    instance.observe(1);
    for _ in 0..2 {
        instance.predict(&mut logits);
        assert_eq!(logits, [0; 256]);
        instance.reset();
        instance.observe(2);
    }
    assert!(matches!(instance.fault(), Some(Fault::Trap { function: "observe", .. })));
}

#[test]
fn deep_nesting_and_many_locals_cost_little() {
    let nested = format!("{}{}", "(block ".repeat(20_000), ")".repeat(20_000));
    let text = PLAIN.text().replacen("(export \"predict\")", &format!("(export \"predict\") {nested}"), 1);
    // The text is too deep for the assembler's own stack, or it runs; both are bounded.
    if let Ok(bytes) = wat::parse_str(&text) {
        let _ = load(&bytes, &[]).map(|module| run(&module, &[]));
    }
    let locals = format!("(local {})", "i64 ".repeat(49_000));
    let text =
        PLAIN.text().replacen("(export \"predict\")", &format!("(export \"predict\") {locals} call $predict"), 1);
    let fault = load(&assemble(&text), &[]).and_then(|module| run(&module, &[]).map(drop)).unwrap_err().to_string();
    assert!(fault.contains("call stack exhausted") || fault.contains("can't be run"), "{fault}");
}
