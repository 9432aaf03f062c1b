//! Files that are decoded from their beginning: one image without tiles.
//!
//! Small ones are decoded whole for each read, and the tile cache keeps the result. Large ones are scanned row by
//! row, in the memory of a few rows; larger parts of such a file are read through a
//! [`Sidecar`](super::Sidecar).

mod exif;
pub(super) mod exr;
mod exr_pieces;
mod progressive_preview;
pub(super) mod jpeg;
mod memory;
pub(super) mod other;
pub(super) mod png;
pub(super) mod wavelet;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::rows::{Completed, Halved, Rows};
use super::single::Single;
use super::upright::Upright;
use super::{
    Capabilities, CoarsePreview, Info, Opened, Preview, ReadCmyk, ReadingCost, Sequential, SequentialScan, Source,
};
use crate::geometry::{Rect, Region, Size};
use crate::job::show_bytes;
use crate::loss;
use crate::pixels::{Pixels, SampleType};
use crate::{Error, IoResultExt as _, Result};

pub(super) use memory::{decode_bytes, size_of_bytes};
use progressive_preview::ProgressivePreview;

/// The most memory for decoding a whole image, in bytes.
const MOST_MEMORY: u64 = 4 << 30;
/// The most bytes of a decoded whole image.
const MOST_BYTES: u64 = 2 << 30;
/// Images of more bytes are read by rows where possible.
pub(super) const MOST_WHOLE: u64 = 96 << 20;
/// Approximate bytes of the rows of a large image that are read as one piece.
const PIECE: u64 = 16 << 20;

/// A coarse whole is no longer than this.
const PREVIEW: u32 = 1024;

/// How a kind of file is decoded.
trait Coder: Send + Sync {
    /// The whole of a level, as stored.
    fn decode(&self, path: &Path, level: usize) -> Result<Pixels>;

    /// The CMYK samples of a level, of a CMYK file.
    fn decode_cmyk(&self, _: &Path, _level: usize) -> Result<Option<Pixels>> {
        Ok(None)
    }

    /// The CMYK samples of a level from top to bottom, where [`rows`](Self::rows) gives rows and the file is CMYK.
    fn cmyk_rows(&self, _: &Path, _level: usize) -> Result<Option<Box<dyn Rows>>> {
        Ok(None)
    }

    /// Bytes of memory for decoding a whole level of `size`, result included.
    fn memory(&self, info: &Info, size: Size) -> u64 {
        bytes_of(size, info).saturating_mul(2)
    }

    /// Level 0 from top to bottom, as stored; `None` where only the whole can be had.
    fn rows(&self, _: &Path) -> Result<Option<Box<dyn Rows>>> {
        Ok(None)
    }

    /// A coarser level from top to bottom, where that is cheaper than level 0.
    fn coarse_rows(&self, _: &Path, _level: usize) -> Result<Option<Box<dyn Rows>>> {
        Ok(None)
    }

    /// The small picture that the file keeps of an image of `size`, as stored, where it may still belong to it.
    fn thumbnail(&self, _: &Path, _size: Size) -> Result<Option<Pixels>> {
        Ok(None)
    }
}

/// An image in a file.
struct Flat<C> {
    path: PathBuf,
    info: Info,
    coder: C,
    by_rows: bool,
    /// The coarse preview, once requested.
    preview: Mutex<Option<ProgressivePreview>>,
}

impl<C: Coder + 'static> Flat<C> {
    /// The file as its only page, turned upright.
    fn opened(path: &Path, info: Info, coder: C, orientation: u8) -> Result<Box<dyn Opened>> {
        Ok(Box::new(Single(Self::page(path, info, coder, orientation)?)))
    }

    fn page(path: &Path, mut info: Info, coder: C, orientation: u8) -> Result<Arc<dyn Source>> {
        let bytes = bytes_of(info.size(), &info);
        if info.size().is_empty() {
            return Err(Error::corrupt("an image without pixels"));
        }
        let by_rows = bytes > MOST_WHOLE && coder.rows(path)?.is_some();
        let memory = coder.memory(&info, info.size());
        if memory > MOST_MEMORY && !by_rows {
            let what = format!(
                "{} pixels that can only be decoded in one piece, in {} of memory; save it in a way that can be read by rows \
                 (neither interlaced nor with arithmetic codes), or as a tiled TIFF",
                info.size(),
                show_bytes(memory)
            );
            return Err(Error::limit(what));
        }
        if by_rows {
            let pixel = info.pixel_bytes();
            info.levels.iter_mut().for_each(|level| level.tile = rows_of_piece(level.size, pixel));
        }
        let flat = Self { path: path.to_owned(), info, coder, by_rows, preview: Mutex::default() };
        Ok(Upright::of(Arc::new(flat), orientation))
    }

    /// A part of a level, from a scan that ends with its last row.
    fn read_by_rows(&self, region: Region) -> Result<Pixels> {
        let level = region.level;
        let mut out = self.info.blank(region.rect.size());
        let mut rows = self.level_rows(level)?.ok_or_else(changed)?;
        self.paste_rows(&mut *rows, region, &mut out)?;
        Ok(out)
    }

    /// The rows of a level, all of them whatever is damaged.
    fn level_rows(&self, level: usize) -> Result<Option<Box<dyn Rows>>> {
        let coarse = if level > 0 { self.coder.coarse_rows(&self.path, level)? } else { None };
        if let Some(rows) = coarse {
            return Ok(Some(Completed::of(rows, &self.info, level)));
        }
        let rows = self.coder.rows(&self.path)?;
        Ok(rows.map(|rows| Halved::of(Completed::of(rows, &self.info, 0), level as u32)))
    }

    /// What is there of a level whose decoding as a whole ended with `error`.
    fn salvaged(&self, level: usize, error: Error) -> Result<Pixels> {
        let whole = self.info.whole(level);
        let mut out = self.info.blank(whole.size());
        let Ok(Some(mut rows)) = self.level_rows(level) else { return Err(error) };
        let (pasted, losses) = loss::collect(|| self.paste_rows(&mut *rows, Region::new(level, whole), &mut out));
        match pasted {
            Err(_) => return Err(error),
            // All rows came, and only what belongs behind them is missing.
            Ok(()) if losses.parts.is_empty() => loss::note(error),
            Ok(()) => losses.note_again(),
        }
        Ok(out)
    }

    /// Put what `rows` have of `region` into `out`, which shows it.
    fn paste_rows(&self, rows: &mut dyn Rows, region: Region, out: &mut Pixels) -> Result<()> {
        let rect = region.rect;
        let size = self.info.level(region)?.size;
        if rect.intersect(Rect::from_size(size)).is_empty() {
            return Ok(());
        }
        let mut top = 0;
        while top < rect.y1 {
            let Some(some) = rows.next_rows()? else { break };
            if some.channels() != out.channels()
                || some.sample_type() != out.sample_type()
                || some.size().width != size.width
            {
                return Err(changed());
            }
            out.paste(some.view(), -rect.x0, top - rect.y0);
            top += i64::from(some.size().height);
        }
        Ok(())
    }
}

impl<C: Coder + 'static> Source for Flat<C> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            raw_samples: None,
            cmyk: self.info.is_cmyk.then_some(self),
            planar: None,
            encoded: None,
            sequential: self.by_rows.then_some(self),
            deferred: None,
            preview: Some(self),
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        let cost = ReadingCost::of_tiles(&self.info, region, 2);
        let Some(level) = self.info.levels.get(region.level).filter(|_| !self.by_rows) else { return cost };
        ReadingCost { decoding: self.coder.memory(&self.info, level.size), ..cost }
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let expected = self.info.level(region)?.size;
        if self.by_rows {
            return self.read_by_rows(region).at(&self.path);
        }
        let whole = match self.coder.decode(&self.path, region.level) {
            Err(error @ Error::Corrupt { .. }) => self.salvaged(region.level, error),
            decoded => decoded,
        };
        let whole = whole.at(&self.path)?;
        let alike = whole.channels() == self.info.channels && whole.sample_type() == self.info.sample;
        if whole.size() != expected || !alike {
            return Err(changed().at(&self.path));
        }
        if region.rect == Rect::from_size(expected) {
            return Ok(whole);
        }
        let mut out = self.info.blank(region.rect.size());
        out.paste(whole.view(), -region.rect.x0, -region.rect.y0);
        Ok(out)
    }
}

impl<C: Coder + 'static> ReadCmyk for Flat<C> {
    fn read_cmyk(&self, region: Region) -> Result<Option<Pixels>> {
        let expected = self.info.level(region)?.size;
        if self.by_rows {
            let Some(mut rows) = self.coder.cmyk_rows(&self.path, region.level).at(&self.path)? else {
                return Ok(None);
            };
            let mut out = Pixels::zeroed(region.rect.size(), 4, SampleType::U8);
            self.paste_rows(&mut *rows, region, &mut out).at(&self.path)?;
            return Ok(Some(out));
        }
        let Some(whole) = self.coder.decode_cmyk(&self.path, region.level).at(&self.path)? else { return Ok(None) };
        if whole.size() != expected {
            return Err(changed().at(&self.path));
        }
        let mut out = Pixels::zeroed(region.rect.size(), 4, SampleType::U8);
        out.paste(whole.view(), -region.rect.x0, -region.rect.y0);
        Ok(Some(out))
    }

    fn scan_cmyk(&self) -> Result<Option<SequentialScan>> {
        if !self.by_rows {
            return Ok(None);
        }
        Ok(self.coder.cmyk_rows(&self.path, 0).at(&self.path)?.map(|rows| SequentialScan { rows, orientation: 1 }))
    }
}

impl<C: Coder + 'static> CoarsePreview for Flat<C> {
    fn preview(&self) -> Result<Option<Preview>> {
        let last = self.info.levels.len() - 1;
        if !self.by_rows || last == 0 {
            return Ok(None);
        }
        let mut preview = self.preview.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*preview {
            return Ok(Some(running.now()));
        }
        // The smallest level, without the work for the others.
        let Some(rows) = self.coder.coarse_rows(&self.path, last).at(&self.path)? else { return Ok(None) };
        let smallest = self.info.levels[last].size;
        let reduction = (0..31).find(|&n| smallest.halved_times(n).longest() <= PREVIEW).unwrap_or(31);
        let blank = self.info.blank(smallest.halved_times(reduction));
        let started = ProgressivePreview::start(Halved::of(rows, reduction as u32), blank, &self.info)?;
        Ok(Some(preview.insert(started).now()))
    }

    fn thumbnail(&self) -> Result<Option<Pixels>> {
        let kept = self.coder.thumbnail(&self.path, self.info.size()).at(&self.path)?;
        Ok(kept.filter(|kept| (kept.channels(), kept.sample_type()) == (self.info.channels, self.info.sample)))
    }
}

impl<C: Coder + 'static> Sequential for Flat<C> {
    fn sequential_scan(&self) -> Result<Option<SequentialScan>> {
        if !self.by_rows {
            return Ok(None);
        }
        let rows = self.coder.rows(&self.path).at(&self.path)?;
        let complete = |rows| Completed::of(rows, &self.info, 0);
        Ok(rows.map(|rows| SequentialScan { rows: complete(rows), orientation: 1 }))
    }
}

fn changed() -> Error {
    Error::corrupt("the file has changed since it was opened")
}

/// Some rows of an image of `size` and so many bytes a pixel that is decoded from top to bottom: the best piece to be read.
pub(super) fn rows_of_piece(size: Size, pixel_bytes: usize) -> Size {
    let line = u64::from(size.width) * pixel_bytes as u64;
    Size::new(size.width, (PIECE / line.max(1)).clamp(16, u64::from(size.height).max(16)) as u32)
}

fn bytes_of(size: Size, info: &Info) -> u64 {
    size.area().saturating_mul(info.pixel_bytes() as u64)
}

/// A size from a file's header, if its sides are numbers this program counts with.
fn checked_size(width: u32, height: u32) -> Result<Size> {
    if width > 1 << 30 || height > 1 << 30 {
        return Err(Error::limit(format!("{width}×{height} pixels are more than any such file holds")));
    }
    Ok(Size::new(width, height))
}
