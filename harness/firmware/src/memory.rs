//! The stack's peak, and the arena: all RAM above the statics.

use core::ptr::addr_of;

/// What the start fills the stack with.
pub(crate) const PAINT: u32 = 0xa5c3_963c;

unsafe extern "C" {
    static __stack_bottom: u32;
    static __stack_top: u32;
    static __bss_start: u32;
    static __bss_end: u32;
}

/// Bytes of RAM, by use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Deepest use of the stack.
    pub(crate) stack: usize,
    /// Reserved for the stack.
    pub(crate) stack_reserved: usize,
    /// Statics.
    pub(crate) statics: usize,
    /// What the engine was given.
    pub(crate) arena: usize,
}

/// Bytes that are taken before the arena begins.
pub(crate) fn taken() -> usize {
    addr_of!(__bss_end).addr() - addr_of!(__stack_bottom).addr()
}

/// `bytes` of RAM at this address, or above the statics if it is zero, as words; none if RAM, of `ram` bytes in all, is too small for them.
///
/// # Safety
/// It must be called once only, and RAM must be where and as long as the arguments say.
pub(crate) unsafe fn arena(address: usize, bytes: usize, ram: usize) -> Option<&'static mut [i32]> {
    let words = bytes.checked_add(3)? / 4;
    if words.checked_mul(4)?.checked_add(taken())? > ram {
        return None;
    }
    let start = if address == 0 { addr_of!(__bss_end).cast_mut().cast() } else { address as *mut i32 };
    // SAFETY: nothing else lies there or above the statics, any bits are integers, and the caller hands it out only once.
    Some(unsafe { core::slice::from_raw_parts_mut(start, words) })
}

/// What has been used so far.
pub(crate) fn usage(arena: usize) -> Usage {
    let (bottom, top) = (addr_of!(__stack_bottom), addr_of!(__stack_top).addr());
    let reserved = top - bottom.addr();
    let mut clean = 0;
    // SAFETY: the words from the stack's bottom to its top; a volatile read of what other functions wrote there is a number.
    while clean < reserved && unsafe { bottom.byte_add(clean).read_volatile() } == PAINT {
        clean += 4;
    }
    Usage {
        stack: reserved - clean,
        stack_reserved: reserved,
        statics: addr_of!(__bss_end).addr() - addr_of!(__bss_start).addr(),
        arena,
    }
}
