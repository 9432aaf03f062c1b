//! `NIfTI` volumes in one file (versions 1 and 2): a header of 348 or 540 bytes in either order of bytes, then plain numbers.

use std::collections::BTreeMap;
use std::path::Path;

use super::volume::{Volume, Volumes};
use super::{RawLayout, RawType};
use crate::geometry::Size;
use crate::{Error, IoResultExt as _, Opened, PositionedFile, Result};

pub(crate) fn detect(_: &Path, head: &[u8]) -> bool {
    is_first(head) || is_second(head)
}

fn is_first(head: &[u8]) -> bool {
    head.get(344..348) == Some(b"n+1\0")
}

fn is_second(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"n+2\0")
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file = PositionedFile::open(path)?;
    let head = file.read_at(0, 540.min(file.length()?))?;
    Volumes::of(path, vec![volume(&head).at(path)?]).at(path)
}

fn volume(head: &[u8]) -> Result<Volume> {
    let is_second = is_second(head);
    let own_size: i32 = if is_second { 540 } else { 348 };
    let is_big = match head.first_chunk::<4>() {
        Some(size) if *size == own_size.to_le_bytes() => false,
        Some(size) if *size == own_size.to_be_bytes() => true,
        _ => return Err(Error::corrupt("a NIfTI header of another size")),
    };
    let number = |at: usize, width: usize| {
        let mut bytes = head.get(at..at + width).unwrap_or_default().to_vec();
        if is_big {
            bytes.reverse();
        }
        bytes.resize(8, 0);
        u64::from_le_bytes(bytes.first_chunk().copied().unwrap_or_default())
    };
    let short = |at: usize| i64::from(number(at, 2) as i16);
    let float = |at: usize| f64::from(f32::from_bits(number(at, 4) as u32));
    let double = |at: usize| f64::from_bits(number(at, 8));
    let axis = |at: usize| if is_second { number(16 + 8 * at, 8).cast_signed() } else { short(40 + 2 * at) };
    let step = |at: usize| if is_second { double(104 + 8 * at) } else { float(76 + 4 * at) };
    let kind = short(if is_second { 12 } else { 70 });
    let offset = if is_second { number(168, 8) } else { float(108).max(0.0) as u64 };
    let units = if is_second { number(500, 4) } else { number(123, 1) };
    let count = axis(0).clamp(0, 7) as usize;
    let side = |at: usize| u32::try_from(axis(at)).ok().filter(|side| (1..1 << 30).contains(side));
    let (Some(width), Some(height)) = (side(1), side(2)) else {
        return Err(Error::corrupt("a NIfTI volume without width and height"));
    };
    let (bands, sample) = match kind {
        2 => (1, RawType::U8),
        256 => (1, RawType::I8),
        4 => (1, RawType::I16),
        512 => (1, RawType::U16),
        8 => (1, RawType::I32),
        768 => (1, RawType::U32),
        16 => (1, RawType::F32),
        64 => (1, RawType::F64),
        128 => (3, RawType::U8),
        2304 => (4, RawType::U8),
        _ => return Err(Error::unsupported(format!("NIfTI numbers of type {kind}; convert the volume to TIFF"))),
    };
    let mut layout = RawLayout::new(Size::new(width, height), bands, sample);
    (layout.offset, layout.big_endian) = (offset, is_big);
    let micrometers = match units & 7 {
        1 => Some(1e6),
        2 => Some(1e3),
        3 => Some(1.0),
        _ => None,
    };
    let mpp = |at: usize| Some(step(at).abs() * micrometers?).filter(|step| step.is_finite() && *step > 0.0);
    let further = (3..=count).map(|at| axis(at).max(1) as u64).collect();
    let steps = (1..=count).map(|at| step(at).to_string()).collect::<Vec<_>>().join(" ");
    Ok(Volume {
        format: "NIfTI",
        layout,
        further,
        is_turned: false,
        nodata: matches!(sample, RawType::F32 | RawType::F64).then_some(f64::NAN),
        mpp: mpp(1).zip(mpp(2)),
        properties: BTreeMap::from([("nifti.pixdim".to_owned(), steps)]),
    })
}
