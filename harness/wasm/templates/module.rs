//! A model that brings its own code, in Rust: each byte is the likelier, the more often the document had it after the byte before. `../ABI.md` defines the
//! functions.
//!
//! rustc --edition 2024 --target wasm32-unknown-unknown --crate-type cdylib -C opt-level=3 -C panic=abort -C lto -C strip=symbols module.rs
//! cargo golf pack module.json module.wasm --output model.safetensors
#![no_std]
#![no_main]

use core::ptr::addr_of_mut;

/// Most tokens of the vocabulary, and most bytes of data.
const TOKENS: usize = 256;
const DATA: usize = 1 << 16;

struct Model {
    tokens: usize,
    last: usize,
    /// How often each token came after each.
    counts: [[u16; TOKENS]; TOKENS],
    logits: [i32; TOKENS],
}

static mut BYTES: [u8; DATA] = [0; DATA];
static mut MODEL: Model = Model { tokens: 0, last: 0, counts: [[0; TOKENS]; TOKENS], logits: [0; TOKENS] };

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The one model. The harness calls one function at a time.
fn model() -> &'static mut Model {
    unsafe { &mut *addr_of_mut!(MODEL) }
}

/// Room for the tensor `data`: weights, say. This model has none.
#[unsafe(no_mangle)]
extern "C" fn data(bytes: usize) -> *mut u8 {
    assert!(bytes <= DATA);
    addr_of_mut!(BYTES).cast()
}

/// Everything that is to be done once; the logits' address.
#[unsafe(no_mangle)]
extern "C" fn logits(tokens: usize) -> *const i32 {
    assert!(tokens <= TOKENS);
    model().tokens = tokens;
    model().logits.as_ptr()
}

/// A logit for each token: 65,536 is one bit.
#[unsafe(no_mangle)]
extern "C" fn predict() {
    let Model { tokens, last, counts, logits } = model();
    for (logit, &count) in logits[..*tokens].iter_mut().zip(&counts[*last]) {
        *logit = (u32::from(count) * 16 + 1).ilog2() as i32 * 65_536;
    }
}

/// The token that came.
#[unsafe(no_mangle)]
extern "C" fn observe(token: usize) {
    let Model { last, counts, .. } = model();
    let count = &mut counts[*last][token];
    *count = count.saturating_add(1);
    *last = token;
}
