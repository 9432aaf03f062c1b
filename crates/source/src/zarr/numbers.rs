//! [`Number`]: the types of numbers in a Zarr, half floats among them, which come out as floats.

use crate::half::half;
use crate::pixels::RawSampleType;
use crate::{Error, Result};

/// How a number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    /// As it comes out.
    pub(super) kind: RawSampleType,
    /// Of 16 bits where `kind` says 32.
    pub(super) is_half: bool,
    pub(super) is_big: bool,
}

impl Number {
    /// By `NumPy`'s name (`<u2`, `float32`) or that of Zarr 3.
    pub(super) fn of_name(name: &str) -> Result<Self> {
        let (rest, is_big) = match name.strip_prefix(['<', '|', '=']) {
            Some(rest) => (rest, false),
            None => name.strip_prefix('>').map_or((name, false), |rest| (rest, true)),
        };
        let kind = match rest {
            "u1" | "b1" | "uint8" | "bool" => RawSampleType::U8,
            "u2" | "uint16" => RawSampleType::U16,
            "u4" | "uint32" => RawSampleType::U32,
            "u8" | "uint64" => RawSampleType::U64,
            "i1" | "int8" => RawSampleType::I8,
            "i2" | "int16" => RawSampleType::I16,
            "i4" | "int32" => RawSampleType::I32,
            "i8" | "int64" => RawSampleType::I64,
            "f2" | "float16" | "f4" | "float32" => RawSampleType::F32,
            "f8" | "float64" => RawSampleType::F64,
            _ => return Err(Error::unsupported(format!("Zarr numbers of type {name:?}"))),
        };
        Ok(Self { kind, is_half: matches!(rest, "f2" | "float16"), is_big })
    }

    /// Bytes of a stored number.
    pub(super) const fn bytes(self) -> usize {
        if self.is_half { 2 } else { self.kind.bytes() }
    }

    /// Stored numbers with their lowest byte first, half floats as whole ones.
    pub(super) fn plain(self, mut stored: Vec<u8>) -> Vec<u8> {
        if self.is_big {
            stored.chunks_exact_mut(self.bytes()).for_each(<[u8]>::reverse);
        }
        if !self.is_half {
            return stored;
        }
        stored.as_chunks().0.iter().flat_map(|bits| half(u16::from_le_bytes(*bits)).to_le_bytes()).collect()
    }

    /// Make differences sums again. Not of half floats.
    pub(super) fn add_up(self, stored: &mut [u8]) {
        if self.is_big {
            stored.chunks_exact_mut(self.bytes()).for_each(<[u8]>::reverse);
        }
        match (self.kind, self.bytes()) {
            (RawSampleType::F32, 4) => {
                sum(stored, |a, b| (f32::from_le_bytes(a) + f32::from_le_bytes(b)).to_le_bytes());
            }
            (RawSampleType::F64, _) => {
                sum(stored, |a, b| (f64::from_le_bytes(a) + f64::from_le_bytes(b)).to_le_bytes());
            }
            (_, 1) => sum(stored, |[a], [b]| [a.wrapping_add(b)]),
            (_, 2) => sum(stored, |a, b| u16::from_le_bytes(a).wrapping_add(u16::from_le_bytes(b)).to_le_bytes()),
            (_, 4) => sum(stored, |a, b| u32::from_le_bytes(a).wrapping_add(u32::from_le_bytes(b)).to_le_bytes()),
            _ => sum(stored, |a, b| u64::from_le_bytes(a).wrapping_add(u64::from_le_bytes(b)).to_le_bytes()),
        }
        if self.is_big {
            stored.chunks_exact_mut(self.bytes()).for_each(<[u8]>::reverse);
        }
    }

    /// Store the nearest number to `value` behind `out`.
    pub(super) fn put(self, value: f64, out: &mut Vec<u8>) {
        let mut bytes = self.kind.bytes_of(value);
        if self.is_big {
            bytes.reverse();
        }
        out.extend(bytes);
    }
}

fn sum<const N: usize>(stored: &mut [u8], add: impl Fn([u8; N], [u8; N]) -> [u8; N]) {
    let (numbers, _) = stored.as_chunks_mut::<N>();
    for at in 1..numbers.len() {
        numbers[at] = add(numbers[at], numbers[at - 1]);
    }
}

/// Call `each` with every one of the stored numbers.
pub(super) fn each_number(stored: &[u8], number: Number, mut each: impl FnMut(f64)) {
    let plain = number.plain(stored.to_vec());
    for bytes in plain.chunks_exact(number.kind.bytes()) {
        each(number.kind.value_of(bytes));
    }
}
