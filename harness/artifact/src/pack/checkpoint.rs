//! The tensors of a checkpoint.

use crate::fault::{Fault, Place};
use crate::near::nearest;
use crate::scale::{Scale, power_of_two};
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;

/// A checkpoint's tensors, of which each is taken once.
pub(super) struct Checkpoint<'a> {
    tensors: BTreeMap<String, Source<'a>>,
    taken: Vec<String>,
}

/// A tensor of a checkpoint.
pub(super) struct Source<'a> {
    name: String,
    dtype: Dtype,
    pub(super) shape: Vec<usize>,
    data: &'a [u8],
    /// Bytes of the file before it.
    offset: usize,
}

impl<'a> Checkpoint<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let fail = |error: safetensors::SafeTensorError| {
            let remedy = "write it with a safetensors library, for example `safetensors.torch.save_file`";
            Fault::new(Place::Byte { offset: 0 }, format!("not a safetensors file: {error}"), remedy)
        };
        let (header, metadata) = SafeTensors::read_metadata(bytes).map_err(fail)?;
        let body = 8 + header;
        let tensors = metadata.tensors().into_iter().filter_map(|(name, info)| {
            let (begin, end) = info.data_offsets;
            let data = bytes.get(body + begin..body + end)?;
            let (dtype, shape) = (info.dtype, info.shape.clone());
            Some((name.clone(), Source { name, dtype, shape, data, offset: body + begin }))
        });
        Ok(Checkpoint { tensors: tensors.collect(), taken: Vec::new() })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    pub(super) fn take(&mut self, name: &str) -> Result<Source<'a>, Fault> {
        self.taken.push(name.into());
        self.tensors.remove(name).ok_or_else(|| {
            let place = Place::Tensor { name: name.into(), offset: None };
            let near = nearest(name, self.tensors.keys().map(String::as_str));
            let remedy = near.map_or("add it".into(), |near| format!("add it, or rename `{near}`"));
            Fault::new(place, "the tensor is missing from the checkpoint", remedy)
        })
    }

    /// A fault for each tensor that was not taken.
    pub(super) fn rest(&self) -> Vec<Fault> {
        let fault = |tensor: &Source<'_>| tensor.fault(0, "the configuration asks for no such tensor", "leave it out");
        self.tensors.values().map(fault).collect()
    }
}

impl<'a> Source<'a> {
    /// A fault at one of its elements.
    pub(super) fn fault(&self, element: usize, message: impl Into<String>, remedy: impl Into<String>) -> Fault {
        let offset = Some(self.offset + element * self.dtype.bitsize() / 8);
        Fault::new(Place::Tensor { name: self.name.clone(), offset }, message, remedy)
    }

    pub(super) fn wrong_shape(&self, wanted: &str) -> Fault {
        let remedy = "change the tensor, or the sizes in the configuration";
        self.fault(0, format!("its shape is {:?}, but must be {wanted}", self.shape), remedy)
    }

    /// Elements in it.
    pub(super) fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Its bytes, if it is of that type.
    pub(super) fn bytes(&self, dtype: Dtype) -> Option<&'a [u8]> {
        (self.dtype == dtype).then_some(self.data)
    }

    /// Its numbers, if they are U16.
    pub(super) fn halves(&self) -> Option<Vec<u16>> {
        self.bytes(Dtype::U16).map(|bytes| crate::tensors::halves(bytes).collect())
    }

    /// Its numbers, if they are floating point and finite.
    pub(super) fn reals(&self) -> Result<Vec<f64>, Fault> {
        let halves = || crate::tensors::halves(self.data);
        let reals: Vec<f64> = match self.dtype {
            Dtype::F16 => halves().map(half).collect(),
            Dtype::BF16 => halves().map(|bits| f64::from(f32::from_bits(u32::from(bits) << 16))).collect(),
            Dtype::F32 => self.data.as_chunks().0.iter().map(|&bytes| f64::from(f32::from_le_bytes(bytes))).collect(),
            Dtype::F64 => self.data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect(),
            other => return Err(self.fault(0, format!("its dtype is {other}"), "store it as F32, F16 or BF16")),
        };
        match reals.iter().position(|real| !real.is_finite()) {
            Some(at) => {
                Err(self.fault(at, format!("element {at} is {}", reals[at]), "train again: it is not a number to pack"))
            }
            None => Ok(reals),
        }
    }

    /// Its numbers as scales: U16 as they are, floating point to the nearest.
    pub(super) fn scales(&self) -> Result<Vec<Scale>, Fault> {
        if let Some(codes) = self.halves() {
            return Ok(codes.into_iter().map(Scale).collect());
        }
        let reals = self.reals()?;
        Scale::all(&reals).map_err(|at| {
            let remedy = format!("keep scales within 0 and {}", Scale::MOST);
            self.fault(at, format!("the scale {}", reals[at]), remedy)
        })
    }
}

/// A number in half precision.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1_023));
    sign * match exponent {
        0 => fraction * power_of_two(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1_024.0 + fraction) * power_of_two(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn half_precision_is_read_as_defined() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x03ff, 6.097_555_160_522_461e-5),
            (0x0400, 6.103_515_625e-5),
            (0x3555, 0.333_251_953_125),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65_504.0),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:04x}");
        }
        assert!(half(0x7e00).is_nan());
    }
}
