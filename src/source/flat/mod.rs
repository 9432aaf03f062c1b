//! Files that are decoded as a whole: one page, no tiles of their own.
//!
//! The file is opened for each decoding and closed again; the tile cache above keeps what came out.

pub(super) mod jpeg;
mod orient;
pub(super) mod other;
pub(super) mod png;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Info, Opened, Source};
use crate::geometry::{Rect, Region, Size};
use crate::pixels::Pixels;
use crate::{Error, IoResultExt as _, Result};

/// The most bytes one decoding may yield.
const MOST_BYTES: u64 = 2 << 30;

/// An image whose levels are each decoded in one step.
struct Flat {
    path: PathBuf,
    info: Info,
    /// Decode the whole of a level.
    decode: fn(&Path, level: usize) -> Result<Pixels>,
}

impl Flat {
    fn opened(path: &Path, info: Info, decode: fn(&Path, usize) -> Result<Pixels>) -> Result<Box<dyn Opened>> {
        let bytes = info.size().area().saturating_mul(info.pixel_bytes() as u64);
        if info.size().is_empty() {
            return Err(Error::corrupt("an image without pixels"));
        }
        if bytes > MOST_BYTES {
            let what = format!("{} pixels in one piece; convert it to a tiled TIFF first", info.size());
            return Err(Error::limit(what));
        }
        Ok(Box::new(Single(Arc::new(Self { path: path.to_owned(), info, decode }))))
    }
}

impl Source for Flat {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let expected = self.info.level(region)?.size;
        let whole = (self.decode)(&self.path, region.level).at(&self.path)?;
        let alike = whole.channels() == self.info.channels && whole.sample_type() == self.info.sample;
        if whole.size() != expected || !alike {
            return Err(Error::corrupt("the file has changed since it was opened").at(&self.path));
        }
        if region.rect == Rect::from_size(expected) {
            return Ok(whole);
        }
        let mut out = Pixels::filled(region.rect.size(), self.info.sample, &self.info.background);
        out.paste(whole.view(), -region.rect.x0, -region.rect.y0);
        Ok(out)
    }
}

/// A file with one page.
struct Single(Arc<Flat>);

impl Opened for Single {
    fn pages(&self) -> usize {
        1
    }

    fn page(&self, page: usize) -> Result<Arc<dyn Source>> {
        if page > 0 {
            return Err(Error::invalid(format!("page {page} does not exist; there is only page 0")));
        }
        Ok(Arc::clone(&self.0) as Arc<dyn Source>)
    }
}

/// A size from a file's header, if its sides are numbers this program counts with.
fn checked_size(width: u32, height: u32) -> Result<Size> {
    if width > 1 << 30 || height > 1 << 30 {
        return Err(Error::limit(format!("{width}×{height} pixels are more than any such file holds")));
    }
    Ok(Size::new(width, height))
}
