//! What the host wants: sixteen little-endian words where the machine's map says.
//!
//! | word | meaning |
//! | --- | --- |
//! | 0 | `JOB2` |
//! | 1, 2 | address and bytes of the model's image |
//! | 3 | address of the arena; 0 if it lies right above the statics |
//! | 4 | bytes of RAM that may be used, the stack included |
//! | 5 | predictions that the probe covers, at most |
//! | 6 | tokens to generate after the probe |
//! | 7 | SysTick's rate in kHz, on Cortex-M |
//! | 8, 9 | address and bytes of a document to score as well; 0 if there is none |
//! | 10..16 | zero |

use core::ptr::addr_of;

const MAGIC: u32 = u32::from_le_bytes(*b"JOB2");
const WORDS: usize = 16;

unsafe extern "C" {
    static __job: [u32; WORDS];
}

/// A job.
#[derive(Debug)]
pub(crate) struct Job {
    /// The image, which is still to be checked.
    pub(crate) image: &'static [u8],
    /// Address of the arena, a multiple of four; 0 if it lies right above the statics.
    pub(crate) arena: usize,
    /// Bytes of RAM that may be used, the stack included.
    pub(crate) ram_bytes: usize,
    /// Predictions that the probe covers, at most.
    pub(crate) probe: usize,
    /// Tokens to generate after the probe.
    pub(crate) generate: usize,
    /// Thousands of the clock's ticks in a second of the machine's own time; 0 where instructions can be counted without.
    pub(crate) tick_khz: u32,
    /// A document to score as well.
    pub(crate) document: Option<&'static [u8]>,
}

impl Job {
    /// The host's; none if what lies there isn't one.
    pub(crate) fn read() -> Option<Self> {
        // SAFETY: the machine's map has memory there, aligned, which nobody writes to but the host, and that was before the start.
        let words: [u32; WORDS] = unsafe { addr_of!(__job).read_volatile() };
        let [
            MAGIC,
            image,
            image_bytes,
            arena,
            ram_bytes,
            probe,
            generate,
            tick_khz,
            document,
            document_bytes,
            rest @ ..,
        ] = words
        else {
            return None;
        };
        if rest.iter().any(|&word| word != 0) || arena % 4 != 0 {
            return None;
        }
        // SAFETY: the host says what it has put where.
        let (image, document) = unsafe { (bytes(image, image_bytes)?, bytes(document, document_bytes)) };
        Some(Job {
            image,
            arena: arena as usize,
            ram_bytes: ram_bytes as usize,
            probe: probe as usize,
            generate: generate as usize,
            tick_khz,
            document,
        })
    }
}

/// What lies at an address; none at address 0, or if it goes beyond the last one.
///
/// # Safety
/// There must be memory of this length, which nobody writes to.
unsafe fn bytes(address: u32, length: u32) -> Option<&'static [u8]> {
    address.checked_add(length).filter(|_| address != 0)?;
    // SAFETY: up to the caller.
    Some(unsafe { core::slice::from_raw_parts(address as *const u8, length as usize) })
}
