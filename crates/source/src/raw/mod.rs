//! Raw files without a header, described by a [`RawLayout`].
//!
//! Formats whose pixels lie plainly behind a short header (PNM, PFM) are read through here too.

mod bitmap;
mod fits;
mod guess;
mod nifti;
mod plain;
#[cfg(test)]
mod tests;
mod volume;

use std::path::Path;

use super::single::Single;
use super::{Capabilities, Info, Level, Opened, PositionedFile, ReadingCost, Source};
use crate::geometry::{Rect, Region, Size};
use crate::loss::{self, Loss};
use crate::pixels::{Pixels, SampleType, Samples};
use crate::{Error, IoResultExt as _, Result};

use crate::{Interleave, RawLayout, RawType};
pub(super) use bitmap::{detect as is_bitmap, open as open_bitmap};
pub(super) use fits::{detect as is_fits, open as open_fits};
pub use guess::guess as guess_layouts;
pub(super) use nifti::{detect as is_nifti, open as open_nifti};
pub(super) use plain::{detect as is_plain, open as open_plain};

/// Rows that count as one piece hold about so many bytes.
const PIECE: u64 = 4 << 20;
/// No read of consecutive bytes is longer.
const MOST_READ: u64 = 64 << 20;

/// The format of files whose layout somebody states.
const STATED: &str = "raw";
/// Of an image that its file describes, so many times the bytes that are there may be missing; of more, the header is wrong.
const MOST_MISSING: u64 = 16;

/// Opens `path` with `layout`. Fails if the file is too short for it.
pub fn open_raw(path: &Path, layout: &RawLayout) -> Result<Box<dyn Opened>> {
    Ok(Single::of(Raw::new(path, layout, STATED)?))
}

/// A file read by a layout.
struct Raw {
    file: PositionedFile,
    layout: RawLayout,
    /// Bytes from row to row, where each holds all bands.
    line: u64,
    /// Whether blue comes before green and red.
    is_blue_first: bool,
    /// Whether the highest bit of each number is turned.
    is_turned: bool,
    /// The rows that the file no longer has.
    missing: Option<Rect>,
    info: Info,
}

impl Raw {
    fn new(path: &Path, layout: &RawLayout, format: &'static str) -> Result<Self> {
        let file = PositionedFile::open(path)?;
        let (have, wanted) = (file.length()?, layout.offset.saturating_add(layout.bytes()));
        if layout.size.is_empty() || layout.bands == 0 {
            return Err(Error::invalid("a raw image without pixels"));
        }
        let missing = (wanted > have).then(|| missing_rows(layout, have.saturating_sub(layout.offset)));
        // A layout that somebody states may be wrong; one that the file tells is that of its pixels, as many as are there.
        let is_none = |rows: Rect| rows.height() == u64::from(layout.size.height) || wanted / MOST_MISSING > have;
        if missing.is_some_and(|rows| format == STATED || is_none(rows)) {
            return Err(Error::corrupt(format!("{wanted} bytes make such an image, but the file has {have}")).at(path));
        }
        let rows = (PIECE / layout.line_bytes().max(1)).clamp(1, 4096).min(layout.size.height.into());
        let tile = Size::new(layout.size.width, rows as u32);
        let mut info = Info::plain(format, layout.size, tile, layout.bands, read_as(layout.sample));
        info.levels = vec![Level { size: layout.size, downsample: 1.0, tile }];
        let (layout, line) = (layout.clone(), layout.line_bytes());
        Ok(Self { file, layout, line, is_blue_first: false, is_turned: false, missing, info })
    }

    /// The samples of `rect` that lie in a row of the file: `count` from sample `first` of line `line`.
    fn part(&self, line: u64, first: u64, count: u64) -> Result<Vec<u8>> {
        let bytes = self.layout.sample.bytes();
        let mut part = vec![0; (count * bytes) as usize];
        self.fill(&mut part, self.layout.offset + line * self.line + first * bytes)?;
        Ok(part)
    }

    /// Fills `to` from `at` on; with zeros where the file has broken off.
    fn fill(&self, to: &mut [u8], at: u64) -> Result<()> {
        let there = match self.missing {
            Some(_) => self.file.length()?.saturating_sub(at).min(to.len() as u64) as usize,
            None => to.len(),
        };
        to[there..].fill(0);
        self.file.fill(&mut to[..there], at).at(self.file.path())
    }

    fn read_inside(&self, rect: Rect) -> Result<Vec<u8>> {
        let layout = &self.layout;
        let (bands, step) = (usize::from(layout.bands), layout.sample.bytes() as usize);
        let (x, width, height) = (rect.x0 as u64, rect.width(), u64::from(layout.size.height));
        let stored = |y: i64| if layout.bottom_up { height - 1 - y as u64 } else { y as u64 };
        let mut all = vec![0; (rect.area() as usize) * bands * step];
        let line = width as usize * bands * step;
        if layout.interleave == Interleave::Pixel {
            let is_dense = self.line == layout.line_bytes();
            let whole = width == u64::from(layout.size.width) && !layout.bottom_up && is_dense;
            let group = if whole { (MOST_READ / layout.line_bytes().max(1)).max(1) } else { 1 };
            for (number, rows) in all.chunks_mut(line * group as usize).enumerate() {
                let y = stored(rect.y0 + (number as u64 * group) as i64);
                let at = layout.offset + y * self.line + x * (bands * step) as u64;
                self.fill(rows, at)?;
            }
            return Ok(all);
        }
        for (row, to) in (rect.y0..rect.y1).zip(all.chunks_exact_mut(line)) {
            for band in 0..bands {
                let (line, first) = match layout.interleave {
                    Interleave::Plane => (band as u64 * height + stored(row), x),
                    _ => (stored(row), band as u64 * u64::from(layout.size.width) + x),
                };
                let part = self.part(line, first, width)?;
                for (pixel, sample) in to.chunks_exact_mut(bands * step).zip(part.chunks_exact(step)) {
                    pixel[band * step..][..step].copy_from_slice(sample);
                }
            }
        }
        Ok(all)
    }
}

impl Source for Raw {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2).without_pieces(self.info(), region)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let size = self.info.level(region)?.size;
        let inside = region.rect.intersect(Rect::from_size(size));
        let mut out = self.info.blank(region.rect.size());
        if inside.is_empty() {
            return Ok(out);
        }
        let mut bytes = self.read_inside(inside).at(self.file.path())?;
        if let Some(rows) = self.missing.filter(|rows| !rows.intersect(inside).is_empty()) {
            let part = format!("rows {} to {} of {}", rows.y0, rows.y1 - 1, size.height);
            let error = Error::corrupt("the file ends before the picture does").of_part(part).at(self.file.path());
            loss::note(Loss { place: Some(rows), ..error.into() });
        }
        if self.is_blue_first {
            bytes.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| pixel.reverse());
        }
        let samples = samples(self.layout.sample, self.layout.big_endian, bytes);
        let samples = if self.is_turned { with_turned_sign(samples) } else { samples };
        let pixels = Pixels::new(inside.size(), self.layout.bands, samples)?;
        if inside == region.rect {
            return Ok(pixels);
        }
        out.paste(pixels.view(), inside.x0 - region.rect.x0, inside.y0 - region.rect.y0);
        Ok(out)
    }
}

/// The rows of an image of `layout` that `have` bytes do not hold all of.
fn missing_rows(layout: &RawLayout, have: u64) -> Rect {
    let whole = Rect::from_size(layout.size);
    if layout.interleave == Interleave::Plane && layout.bands > 1 {
        // Each row is incomplete; of the first band some are there.
        return Rect { y0: whole.y1.min(i64::from(have >= layout.line_bytes())), ..whole };
    }
    let rows = (have / layout.line_bytes().max(1)).min(whole.height()) as i64;
    if layout.bottom_up { Rect { y1: whole.y1 - rows, ..whole } } else { Rect { y0: rows, ..whole } }
}

/// The type of samples whose highest bit is turned.
fn turned(sample: SampleType) -> SampleType {
    match sample {
        SampleType::U8 => SampleType::I8,
        SampleType::I8 => SampleType::U8,
        SampleType::U16 => SampleType::I16,
        SampleType::I16 => SampleType::U16,
        SampleType::U32 => SampleType::I32,
        SampleType::I32 => SampleType::U32,
        other => other,
    }
}

/// Whole numbers as those of the other sign, less or plus the middle of their range.
fn with_turned_sign(samples: Samples) -> Samples {
    match samples {
        Samples::U8(all) => Samples::I8(all.into_iter().map(|value| (value ^ 1 << 7).cast_signed()).collect()),
        Samples::I16(all) => Samples::U16(all.into_iter().map(|value| value.cast_unsigned() ^ 1 << 15).collect()),
        Samples::I32(all) => Samples::U32(all.into_iter().map(|value| value.cast_unsigned() ^ 1 << 31).collect()),
        other => other,
    }
}

/// Bytes of `u8`, file as samples.
fn samples(sample: RawType, big: bool, mut bytes: Vec<u8>) -> Samples {
    if big && sample.bytes() > 1 {
        bytes.chunks_exact_mut(sample.bytes() as usize).for_each(<[u8]>::reverse);
    }
    Samples::from_le_bytes(read_as(sample), bytes)
}

/// What samples of a type are read as.
fn read_as(stored: RawType) -> SampleType {
    match stored {
        RawType::U8 => SampleType::U8,
        RawType::I8 => SampleType::I8,
        RawType::U16 => SampleType::U16,
        RawType::I16 => SampleType::I16,
        RawType::U32 => SampleType::U32,
        RawType::I32 => SampleType::I32,
        RawType::F32 => SampleType::F32,
        RawType::F64 => SampleType::F64,
    }
}
