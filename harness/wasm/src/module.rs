//! A module that has been checked, with its data and its vocabulary.

use crate::fault::plain;
use crate::{DEPTH_LIMIT, Fault, Fuel, Instance, MEMORY_LIMIT, MODULE_LIMIT, STACK_LIMIT};
use golf_core::{Tokenization, Vocabulary};
use wasmi::{CompilationMode, Config, Engine, ExternType, FuncType, ValType};

/// A module that keeps the rules which can be checked without running it, and what it is started with.
#[derive(Clone, Debug)]
pub struct Module {
    pub(crate) compiled: wasmi::Module,
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

impl Module {
    /// Checks a module and compiles it; nothing of it runs.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(module: &[u8], data: &[u8], tokens: &[&[u8]], tokenization: Tokenization) -> Result<Self, Fault> {
        if module.len() > MODULE_LIMIT {
            return Err(Fault::Size { bytes: module.len() });
        }
        let compiled = wasmi::Module::new(&Engine::new(&config()), module).map_err(|error| {
            let why = plain(&error);
            if why.contains("start function") { Fault::Start } else { Fault::Invalid(why) }
        })?;
        if let Some(import) = compiled.imports().next() {
            let name = format!("`{}` of `{}`", plain(&import.name()), plain(&import.module()));
            return Err(Fault::Import { name });
        }
        for (name, wanted, parameters, results) in FUNCTIONS {
            let fits = |ty: &FuncType| {
                ty.params() == &[ValType::I32][..parameters] && ty.results() == &[ValType::I32][..results]
            };
            if !matches!(compiled.get_export(name), Some(ExternType::Func(ty)) if fits(&ty)) {
                return Err(Fault::Export { name, wanted });
            }
        }
        match compiled.get_export("memory") {
            Some(ExternType::Memory(ty)) if ty.minimum() <= (MEMORY_LIMIT >> 16) as u64 => {}
            Some(ExternType::Memory(ty)) => return Err(Fault::Memory { pages: ty.minimum() }),
            _ => return Err(Fault::Export { name: "memory", wanted: "its memory" }),
        }
        let mut offsets = vec![0];
        offsets.extend(tokens.iter().scan(0, |end, token| {
            *end += token.len() as u32;
            Some(*end)
        }));
        let mut order: Vec<usize> = (0..tokens.len()).collect();
        order.sort_by_key(|&token| tokens[token]);
        let module = Module {
            compiled,
            data: data.into(),
            offsets: offsets.iter().flat_map(|offset: &u32| offset.to_le_bytes()).collect(),
            bytes: tokens.concat(),
            order: order.iter().flat_map(|&token| (token as u16).to_le_bytes()).collect(),
            tokenization,
        };
        module.vocabulary().map_err(Fault::Vocabulary)?;
        Ok(module)
    }

    /// Starts and prepares it.
    ///
    /// # Errors
    /// If it traps, takes more than it may, or answers with addresses outside its memory.
    pub fn start(&self) -> Result<Instance<'_>, Fault> {
        self.start_with(Fuel::default())
    }

    /// Likewise, with other limits of instructions than those of entries.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_with(&self, fuel: Fuel) -> Result<Instance<'_>, Fault> {
        Instance::new(self, fuel)
    }

    pub(crate) fn vocabulary(&self) -> Result<Vocabulary<'_>, golf_core::VocabularyError> {
        Vocabulary::new(&self.offsets, &self.bytes, &self.order, self.tokenization)
    }
}

/// Integers, vectors of them, and what compilers use by default; nothing whose result the standard leaves open.
fn config() -> Config {
    let mut config = Config::default();
    config
        .floats(false)
        .wasm_relaxed_simd(false)
        .wasm_tail_call(false)
        .wasm_multi_memory(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .allow_start_fn(false)
        .ignore_custom_sections(true)
        .consume_fuel(true)
        .compilation_mode(CompilationMode::Eager)
        .set_max_recursion_depth(DEPTH_LIMIT)
        .set_max_stack_height(STACK_LIMIT);
    config
}
