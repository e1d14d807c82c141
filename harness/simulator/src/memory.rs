//! What a program sees at which address.

use crate::Cause;
use crate::mix::{Counters, Region};

/// Where RAM begins.
pub const RAM: u32 = 0x8800_0000;
/// Where external memory begins.
pub const EXTERNAL: u32 = 0x9000_0000;

/// Flash, RAM and external memory. Only RAM can be written to, and nothing else is there.
#[derive(Debug)]
pub struct Memory<'a> {
    flash_base: u32,
    flash: &'a [u8],
    ram: Vec<u8>,
    external: &'a [u8],
    pub(crate) counters: Counters,
}

fn take<const N: usize>(bytes: &[u8], from: u32) -> Option<[u8; N]> {
    let from = from as usize;
    bytes.get(from..from.wrapping_add(N))?.try_into().ok()
}

impl<'a> Memory<'a> {
    /// RAM of this many bytes, all zero, beside what can only be read.
    pub fn new((flash_base, flash): (u32, &'a [u8]), ram_bytes: usize, external: &'a [u8]) -> Self {
        Memory { flash_base, flash, ram: vec![0; ram_bytes], external, counters: Counters::default() }
    }

    #[inline(always)]
    fn find<const N: usize>(&self, address: u32) -> Result<([u8; N], Region), Cause> {
        let bytes = N as u32;
        if !address.is_multiple_of(bytes) {
            return Err(Cause::Misaligned { address, bytes });
        }
        if let Some(found) = take(&self.ram, address.wrapping_sub(RAM)) {
            return Ok((found, Region::Ram));
        }
        if let Some(found) = take(self.external, address.wrapping_sub(EXTERNAL)) {
            return Ok((found, Region::External));
        }
        let found = take(self.flash, address.wrapping_sub(self.flash_base)).ok_or(Cause::Read { address, bytes })?;
        Ok((found, Region::Flash))
    }

    /// What the host reads: it isn't counted.
    pub(crate) fn read<const N: usize>(&self, address: u32) -> Result<[u8; N], Cause> {
        Ok(self.find(address)?.0)
    }

    /// What the program reads.
    #[inline(always)]
    pub(crate) fn load<const N: usize>(&mut self, address: u32) -> Result<[u8; N], Cause> {
        let (found, region) = self.find(address)?;
        self.counters.load::<N>(region);
        Ok(found)
    }

    #[inline(always)]
    pub(crate) fn store<const N: usize>(&mut self, address: u32, value: [u8; N]) -> Result<(), Cause> {
        let bytes = N as u32;
        if !address.is_multiple_of(bytes) {
            return Err(Cause::Misaligned { address, bytes });
        }
        let from = address.wrapping_sub(RAM) as usize;
        match self.ram.get_mut(from..from.wrapping_add(N)) {
            Some(place) => {
                place.copy_from_slice(&value);
                self.counters.store::<N>();
                Ok(())
            }
            None => Err(Cause::Write { address, bytes }),
        }
    }
}
