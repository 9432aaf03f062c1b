//! Uncompressed Windows bitmaps of 24 bits, whose rows lie plainly in the file, the last one first. Others, and those that break
//! off, are decoded by the `image` crate.

use std::path::Path;

use super::{Raw, RawLayout, RawType};
use crate::geometry::Size;
use crate::single::Single;
use crate::{Opened, PositionedFile, is_measured};

/// The file header and the shortest information header that is known here.
const HEADER: u64 = 14 + 40;

pub(crate) fn detect(path: &Path, head: &[u8]) -> bool {
    head.starts_with(b"BM") && PositionedFile::open(path).is_ok_and(|file| read(&file).is_some())
}

pub(crate) fn open(path: &Path) -> crate::Result<Box<dyn Opened>> {
    let bitmap = read(&PositionedFile::open(path)?).ok_or_else(|| crate::Error::corrupt("no plain bitmap"))?;
    let mut raw = Raw::new(path, &bitmap.layout, "BMP")?;
    (raw.line, raw.is_blue_first, raw.info.mpp) = (bitmap.line, true, bitmap.mpp);
    Ok(Single::of(raw))
}

struct Bitmap {
    layout: RawLayout,
    /// Bytes from row to row.
    line: u64,
    mpp: Option<(f64, f64)>,
}

/// The bitmap in `file`, if it is of this kind and whole.
fn read(file: &PositionedFile) -> Option<Bitmap> {
    let head = file.read_at(0, HEADER).ok()?;
    let long = |at: usize| head.get(at..).and_then(<[u8]>::first_chunk).map(|four| u32::from_le_bytes(*four));
    let short = |at: usize| head.get(at..).and_then(<[u8]>::first_chunk).map(|two| u16::from_le_bytes(*two));
    let (size, bits, compression) = (long(14)?, short(28)?, long(30)?);
    if size < 40 || bits != 24 || compression != 0 {
        return None;
    }
    let (width, height) = (long(18)?.cast_signed(), long(22)?.cast_signed());
    if width <= 0 || height == 0 || height == i32::MIN || width > 1 << 28 {
        return None;
    }
    let mut layout = RawLayout::new(Size::new(width as u32, height.unsigned_abs()), 3, RawType::U8);
    (layout.offset, layout.bottom_up) = (long(10)?.into(), height > 0);
    let line = (u64::from(layout.size.width) * 3).next_multiple_of(4);
    let end = (line * u64::from(layout.size.height)).checked_add(layout.offset)?;
    let mpp = |at: usize| long(at).map(|per_meter| 1e6 / f64::from(per_meter)).filter(|mpp| is_measured(*mpp));
    let is_whole = file.length().is_ok_and(|have| end <= have) && layout.offset >= HEADER;
    is_whole.then(|| Bitmap { layout, line, mpp: mpp(38).zip(mpp(42)) })
}
