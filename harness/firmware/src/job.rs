//! What the host wants: eight little-endian words at the beginning of external memory, and the model's image behind them.
//!
//! | word | meaning |
//! | --- | --- |
//! | 0 | `JOB1` |
//! | 1 | bytes of the image |
//! | 2 | bytes of RAM that may be used, the stack included |
//! | 3 | predictions that the probe covers, at most |
//! | 4 | tokens to generate after the probe |
//! | 5..8 | zero |

/// Where external memory begins.
pub(crate) const EXTERNAL: usize = 0x9000_0000;
/// The most that may lie there.
const EXTERNAL_BYTES: usize = 0x1000_0000;
const MAGIC: u32 = u32::from_le_bytes(*b"JOB1");
const WORDS: usize = 8;

/// A job.
#[derive(Debug)]
pub(crate) struct Job {
    /// The image, which is still to be checked.
    pub(crate) image: &'static [u8],
    /// Bytes of RAM that may be used, the stack included.
    pub(crate) ram_bytes: usize,
    /// Predictions that the probe covers, at most.
    pub(crate) probe: usize,
    /// Tokens to generate after the probe.
    pub(crate) generate: usize,
}

impl Job {
    /// The host's; none if what lies there isn't one.
    pub(crate) fn read() -> Option<Self> {
        // SAFETY: the machine's map has memory there, which nobody writes to, aligned and longer than a job's words.
        let words: &'static [u32; WORDS] = unsafe { &*(EXTERNAL as *const [u32; WORDS]) };
        let &[MAGIC, image_bytes, ram_bytes, probe, generate, 0, 0, 0] = words else { return None };
        let (image_bytes, start) = (image_bytes as usize, size_of_val(words));
        if image_bytes > EXTERNAL_BYTES - start {
            return None;
        }
        // SAFETY: the host says that it has put as many bytes there; nobody writes to them, and they lie within the external memory.
        let image = unsafe { core::slice::from_raw_parts((EXTERNAL + start) as *const u8, image_bytes) };
        Some(Job { image, ram_bytes: ram_bytes as usize, probe: probe as usize, generate: generate as usize })
    }
}
