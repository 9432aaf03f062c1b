//! CUPS raster (versions 1 to 3) and PWG raster (PWG 5102.4): printers' pages, read line by line.
//!
//! A compressed page has no table of its lines. One walk over the file, past the pixels without decoding them, notes where
//! every so many lines begin; reads start there.

mod header;
mod lines;
mod page;

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read as _};
use std::path::Path;
use std::sync::Arc;

use flate2::read::{GzDecoder, MultiGzDecoder};

use super::{Opened, PositionedFile, Source};
use crate::{Error, IoResultExt as _, Result};
use header::{Header, Version};
use page::Page;

/// No printing job has more.
const MOST_PAGES: usize = 100_000;
/// The magic number of gzip.
const GZIP: &[u8] = &[0x1F, 0x8B];
/// The most bytes decompressed of one file.
const MAX_DECOMPRESSED: u64 = 2 << 30;

pub(super) fn detect(_: &Path, head: &[u8]) -> bool {
    if head.starts_with(GZIP) {
        let mut start = [0; 4];
        return GzDecoder::new(head).read_exact(&mut start).is_ok() && Version::read(&start).is_some();
    }
    Version::read(head).is_some()
}

pub(super) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file = Arc::new(decompressed(path)?);
    let length = file.length()?;
    let version = Version::read(&file.read_at(0, 4.min(length))?).ok_or_else(|| Error::corrupt("no CUPS raster"))?;
    let (mut pages, mut at) = (Vec::new(), 4);
    while at < length && pages.len() < MOST_PAGES {
        let header = match file.read_at(at, version.header_bytes()) {
            Ok(bytes) => Header::read(&bytes, version),
            Err(error) => Err(error),
        };
        let header = match header {
            Ok(header) => header,
            Err(error) if pages.is_empty() => return Err(error),
            // Bytes after the last page are ignored.
            Err(_) => break,
        };
        let (page, end) = Page::open(Arc::clone(&file), header, at + version.header_bytes())?;
        pages.push(Arc::new(page));
        at = end;
    }
    if pages.is_empty() {
        return Err(Error::corrupt("a CUPS raster without a page"));
    }
    Ok(Box::new(Raster { pages }))
}

/// The file itself, or a decompressed temporary copy of a gzip file.
fn decompressed(path: &Path) -> Result<PositionedFile> {
    let file = PositionedFile::open(path)?;
    let length = file.length()?;
    if file.read_at(0, 2.min(length))? != GZIP {
        return Ok(file);
    }
    let packed = BufReader::new(File::open(path).at(path)?);
    let mut copy = tempfile::tempfile().at(path)?;
    let made = std::io::copy(&mut MultiGzDecoder::new(packed).take(MAX_DECOMPRESSED), &mut copy);
    match made {
        Ok(MAX_DECOMPRESSED) => {
            Err(Error::limit("its content is too large to decompress; decompress it with gunzip first"))
        }
        Ok(_) => Ok(PositionedFile::new(copy, path)),
        Err(error) if error.kind() == ErrorKind::StorageFull => Err(Error::io(path, error)),
        Err(error) => Err(Error::corrupt(format!("gzip: {error}"))),
    }
}

struct Raster {
    pages: Vec<Arc<Page>>,
}

impl Opened for Raster {
    fn pages(&self) -> usize {
        self.pages.len()
    }

    fn page(&self, page: usize) -> Result<Arc<dyn Source>> {
        let found = self.pages.get(page).ok_or_else(|| {
            Error::invalid(format!("page {page} does not exist; the last one is {}", self.pages.len() - 1))
        })?;
        Ok(Arc::clone(found) as Arc<dyn Source>)
    }
}
