//! How a program talks to its host: Arm's semihosting, which RISC-V has taken over. Only talking and ending are granted.

use crate::{Cause, Memory};

/// The most that a program may say, in bytes.
const LONGEST: usize = 1 << 16;

const WRITE_CHARACTER: u32 = 0x03;
const WRITE_TEXT: u32 = 0x04;
const WRITE: u32 = 0x05;
const EXIT: u32 = 0x18;
const EXIT_EXTENDED: u32 = 0x20;

/// The reason "application exit".
const APPLICATION_EXIT: u32 = 0x2_0026;

/// A call: the operation in `a0`, its argument in `a1`. The exit status, if it is the end.
pub(crate) fn call(registers: &[u32; 64], memory: &Memory<'_>, output: &mut String) -> Result<Option<u32>, Cause> {
    let (operation, argument) = (registers[10], registers[11]);
    let byte = |address: u32| memory.read::<1>(address).map(|[byte]| byte);
    let word = |index: u32| memory.read(argument.wrapping_add(4 * index)).map(u32::from_le_bytes);
    let too_much = Cause::Semihosting { operation };
    let mut said = vec![];
    let mut say = |byte: u8| {
        said.push(byte);
        if output.len() + said.len() > LONGEST { Err(too_much) } else { Ok(()) }
    };
    match operation {
        WRITE_CHARACTER => say(byte(argument)?)?,
        WRITE_TEXT => {
            let mut address = argument;
            while let next @ 1.. = byte(address)? {
                say(next)?;
                address = address.wrapping_add(1);
            }
        }
        WRITE => {
            // The handle doesn't matter: all goes to the host.
            let (start, length) = (word(1)?, word(2)?);
            for index in 0..length {
                say(byte(start.wrapping_add(index))?)?;
            }
        }
        EXIT => return Ok(Some(u32::from(argument != APPLICATION_EXIT))),
        EXIT_EXTENDED if word(0)? == APPLICATION_EXIT => return Ok(Some(word(1)?)),
        EXIT_EXTENDED => return Ok(Some(1)),
        _ => return Err(Cause::Semihosting { operation }),
    }
    output.push_str(&String::from_utf8_lossy(&said));
    Ok(None)
}
