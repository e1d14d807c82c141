//! A running module.

use crate::fault::plain;
use crate::{Fault, Limits, Module, TABLE_LIMIT};
use golf_core::{LanguageModel, Vocabulary};
use wasmtime::{Memory, Store, StoreLimits, StoreLimitsBuilder, TypedFunc, WasmParams, WasmResults};

/// A module that has been prepared.
///
/// At each document the module is put back to what it was after it had been prepared: a new instance, whose memory is a copy of the memory then. So
/// nothing that it saw in one document can be known in another.
///
/// A call that fails leaves a [`fault`](Self::fault): from then on all logits are 0 and nothing runs any more.
pub struct Instance<'m> {
    module: &'m Module,
    vocabulary: Vocabulary<'m>,
    live: Live,
    /// The memory after preparation.
    prepared: Vec<u8>,
    /// Where the logits are.
    logits: usize,
    /// Whether nothing has happened since preparation.
    fresh: bool,
    fault: Option<Fault>,
}

/// An instance and its exports.
struct Live {
    limits: Limits,
    store: Store<StoreLimits>,
    instance: wasmtime::Instance,
    memory: Memory,
    predict: TypedFunc<(), ()>,
    observe: TypedFunc<i32, ()>,
}

impl Live {
    fn new(module: &Module, limits: Limits) -> Result<Self, Fault> {
        let compiled = module.compiled()?;
        let room = StoreLimitsBuilder::new()
            .memory_size(limits.memory)
            .table_elements(TABLE_LIMIT)
            .memories(1)
            .tables(16)
            .instances(1)
            .trap_on_grow_failure(true)
            .build();
        let mut store = Store::new(compiled.engine(), room);
        store.limiter(|room| room);
        let refused = |error: wasmtime::Error| Fault::Instantiation(plain(&error.root_cause()));
        store.set_fuel(limits.prepare).map_err(refused)?;
        let instance = wasmtime::Instance::new(&mut store, compiled, &[]).map_err(refused)?;
        // The module's check has seen to these.
        let memory =
            instance.get_memory(&mut store, "memory").ok_or_else(|| Fault::Instantiation("no memory".into()))?;
        let predict = instance.get_typed_func(&mut store, "predict").map_err(refused)?;
        let observe = instance.get_typed_func(&mut store, "observe").map_err(refused)?;
        Ok(Live { limits, store, instance, memory, predict, observe })
    }

    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        name: &'static str,
        function: &TypedFunc<P, R>,
        parameters: P,
        fuel: u64,
    ) -> Result<R, Fault> {
        let called = self.store.set_fuel(fuel).and_then(|()| function.call(&mut self.store, parameters));
        called.map_err(|error| Fault::of_call(name, self.limits, fuel, &error))
    }

    /// Calls a function that answers with the address of `bytes` of room.
    fn room(&mut self, name: &'static str, count: usize, bytes: usize) -> Result<usize, Fault> {
        let function = self.instance.get_typed_func::<i32, i32>(&mut self.store, name);
        let function = function.map_err(|error| Fault::Instantiation(plain(&error.root_cause())))?;
        let address = self.call(name, &function, count as i32, self.limits.prepare)? as u32;
        let memory = self.memory.data(&self.store).len();
        match (address as usize).checked_add(bytes) {
            Some(end) if end <= memory => Ok(address as usize),
            _ => Err(Fault::Address { function: name, address, bytes, memory }),
        }
    }
}

impl<'m> Instance<'m> {
    pub(crate) fn new(module: &'m Module, limits: Limits) -> Result<Self, Fault> {
        let vocabulary = module.vocabulary().map_err(Fault::Vocabulary)?;
        let mut live = Live::new(module, limits)?;
        let bytes = module.data.len();
        let room = live.room("data", bytes, bytes)?;
        live.memory.data_mut(&mut live.store)[room..room + bytes].copy_from_slice(&module.data);
        let logits = live.room("logits", vocabulary.len(), 4 * vocabulary.len())?;
        if !logits.is_multiple_of(4) {
            return Err(Fault::Alignment { address: logits as u32 });
        }
        let prepared = live.memory.data(&live.store).to_vec();
        Ok(Instance { module, vocabulary, live, prepared, logits, fresh: false, fault: None })
    }

    /// Why the module has stopped, if it has.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// A new instance with the memory that the first had after preparation.
    fn renew(&mut self) -> Result<(), Fault> {
        let mut live = Live::new(self.module, self.live.limits)?;
        let missing = self.prepared.len().saturating_sub(live.memory.data(&live.store).len());
        let grown = live.memory.grow(&mut live.store, (missing >> 16) as u64);
        grown.map_err(|error| Fault::Instantiation(plain(&error.root_cause())))?;
        live.memory.data_mut(&mut live.store).copy_from_slice(&self.prepared);
        self.live = live;
        Ok(())
    }

    fn keep<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.fault = Some(fault)).ok()
    }
}

impl LanguageModel for Instance<'_> {
    fn vocabulary(&self) -> Vocabulary<'_> {
        self.vocabulary
    }

    fn reset(&mut self) {
        if !self.fresh && self.fault.is_none() {
            let renewed = self.renew();
            self.keep(renewed);
            self.fresh = true;
        }
    }

    fn predict(&mut self, logits: &mut [i32]) {
        self.fresh = false;
        if self.fault.is_none() {
            let predict = self.live.predict.clone();
            let called = self.live.call("predict", &predict, (), self.live.limits.call);
            self.keep(called);
        }
        if self.fault.is_some() {
            logits.fill(0);
            return;
        }
        // Preparation has seen to it that they are inside, and a memory never shrinks.
        let stored = &self.live.memory.data(&self.live.store)[self.logits..][..4 * logits.len()];
        stored.as_chunks().0.iter().zip(logits).for_each(|(&bytes, logit)| *logit = i32::from_le_bytes(bytes));
    }

    fn observe(&mut self, token: u32) {
        self.fresh = false;
        if self.fault.is_none() {
            let observe = self.live.observe.clone();
            let called = self.live.call("observe", &observe, token as i32, self.live.limits.call);
            self.keep(called);
        }
    }
}
