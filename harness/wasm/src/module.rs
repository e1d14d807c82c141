//! A module that has been checked, with its data and its vocabulary.

use crate::fault::plain;
use crate::{Fault, Instance, Limits, MEMORY_LIMIT, MODULE_LIMIT, STACK_LIMIT};
use golf_core::{Tokenization, Vocabulary};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use wasmparser::types::{EntityType, Types};
use wasmparser::{BinaryReaderError, Parser, Payload, ValType, Validator, WasmFeatures};
use wasmtime::{Config, Engine, OptLevel};

/// A module that keeps the rules which can be checked without running it, and what it is started with.
#[derive(Clone, Debug)]
pub struct Module {
    code: Vec<u8>,
    compiled: OnceLock<Result<wasmtime::Module, Fault>>,
    pub(crate) data: Vec<u8>,
    offsets: Vec<u8>,
    bytes: Vec<u8>,
    order: Vec<u8>,
    tokenization: Tokenization,
}

/// The functions that a module exports.
const FUNCTIONS: [(&str, &str, usize, usize); 4] = [
    ("data", "a function (i32) -> (i32)", 1, 1),
    ("logits", "a function (i32) -> (i32)", 1, 1),
    ("predict", "a function () -> ()", 0, 0),
    ("observe", "a function (i32) -> ()", 1, 0),
];

/// Integers, vectors of them, and what compilers use by default; nothing whose result the standard leaves open.
const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::EXTENDED_CONST)
    .difference(WasmFeatures::FLOATS.union(WasmFeatures::GC_TYPES));

impl Module {
    /// Checks a module; nothing of it is compiled or runs.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(module: &[u8], data: &[u8], tokens: &[&[u8]], tokenization: Tokenization) -> Result<Self, Fault> {
        if module.len() > MODULE_LIMIT {
            return Err(Fault::Size { bytes: module.len() });
        }
        check(module)?;
        let mut offsets = vec![0];
        offsets.extend(tokens.iter().scan(0, |end, token| {
            *end += token.len() as u32;
            Some(*end)
        }));
        let mut order: Vec<usize> = (0..tokens.len()).collect();
        order.sort_by_key(|&token| tokens[token]);
        let module = Module {
            code: module.into(),
            compiled: OnceLock::new(),
            data: data.into(),
            offsets: offsets.iter().flat_map(|offset: &u32| offset.to_le_bytes()).collect(),
            bytes: tokens.concat(),
            order: order.iter().flat_map(|&token| (token as u16).to_le_bytes()).collect(),
            tokenization,
        };
        module.vocabulary().map_err(Fault::Vocabulary)?;
        Ok(module)
    }

    /// Compiles it if that has not been done yet, starts and prepares it.
    ///
    /// # Errors
    /// If it traps, takes more than it may, or answers with addresses outside its memory.
    pub fn start(&self) -> Result<Instance<'_>, Fault> {
        self.start_with(Limits::default())
    }

    /// Likewise, with other limits than those of entries.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_with(&self, limits: Limits) -> Result<Instance<'_>, Fault> {
        Instance::new(self, limits)
    }

    pub(crate) fn compiled(&self) -> Result<&wasmtime::Module, Fault> {
        let compile = || {
            let engine = Engine::new(&config())?;
            wasmtime::Module::new(&engine, &self.code)
        };
        let compiled =
            self.compiled.get_or_init(|| compile().map_err(|error| Fault::Invalid(plain(&error.root_cause()))));
        compiled.as_ref().map_err(Clone::clone)
    }

    pub(crate) fn vocabulary(&self) -> Result<Vocabulary<'_>, golf_core::VocabularyError> {
        Vocabulary::new(&self.offsets, &self.bytes, &self.order, self.tokenization)
    }
}

/// Whether it is a module, and what it imports and exports.
fn check(module: &[u8]) -> Result<(), Fault> {
    let invalid = |error: BinaryReaderError| Fault::Invalid(plain(&error));
    let mut exports = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(invalid)? {
            Payload::StartSection { .. } => return Err(Fault::Start),
            Payload::ImportSection(imports) => {
                if let Some(import) = imports.into_iter().next().transpose().map_err(invalid)? {
                    let name = format!("`{}` of `{}`", plain(&import.name), plain(&import.module));
                    return Err(Fault::Import { name });
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    exports.insert(export.name, export);
                }
            }
            _ => {}
        }
    }
    let types = Validator::new_with_features(FEATURES).validate_all(module).map_err(invalid)?;
    let export = |name| exports.get(name).and_then(|export| types.as_ref().entity_type_from_export(export));
    for (name, wanted, parameters, results) in FUNCTIONS {
        if !export(name).is_some_and(|ty| is_function(&types, ty, parameters, results)) {
            return Err(Fault::Export { name, wanted });
        }
    }
    match export("memory") {
        Some(EntityType::Memory(ty)) if ty.initial <= (MEMORY_LIMIT >> 16) as u64 => Ok(()),
        Some(EntityType::Memory(ty)) => Err(Fault::Memory { pages: ty.initial }),
        _ => Err(Fault::Export { name: "memory", wanted: "its memory" }),
    }
}

/// Whether it is a function of so many `i32`.
fn is_function(types: &Types, ty: EntityType, parameters: usize, results: usize) -> bool {
    let EntityType::Func(id) = ty else { return false };
    let ty = types[id].unwrap_func();
    ty.params() == &[ValType::I32][..parameters] && ty.results() == &[ValType::I32][..results]
}

/// What the check accepts, in the least memory: a module's may not be reserved beyond what it has.
fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_relaxed_simd(false)
        .wasm_tail_call(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .consume_fuel(true)
        .wasm_backtrace(false)
        .max_wasm_stack(STACK_LIMIT)
        .memory_reservation(0)
        .memory_reservation_for_growth(1 << 20)
        .memory_guard_size(1 << 16)
        .memory_init_cow(false)
        .generate_address_map(false)
        .cranelift_opt_level(OptLevel::Speed);
    config
}
