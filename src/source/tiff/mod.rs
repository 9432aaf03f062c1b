//! TIFF 6.0 and BigTIFF: strips and tiles, with the reduced images as levels.
//!
//! Chunks are read by position, one at a time, from any thread; the tables of their offsets load when first needed.

mod chunk;
mod directory;
mod image;

use std::path::Path;
use std::sync::Arc;

use super::{Opened, PositionedFile, Source};
use crate::{Error, Result};
use directory::Directory;
use image::{Image, TiffSource};

pub(super) fn detect(_: &Path, head: &[u8]) -> bool {
    matches!(head, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

pub(super) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file = Arc::new(PositionedFile::open(path)?);
    let mut pages: Vec<Vec<Image>> = Vec::new();
    for directory in Directory::chain(&file)? {
        let reduced = directory.int(directory::NEW_SUBFILE_TYPE).unwrap_or(0) & 1 == 1;
        let sub = directory.sub_directories(&file)?;
        let image = Image::new(Arc::clone(&file), directory);
        let levels = sub.into_iter().filter_map(|directory| Image::new(Arc::clone(&file), directory).ok());
        match (pages.last_mut(), image) {
            // What cannot be read but is only a smaller copy is passed over.
            (Some(page), Ok(image)) if reduced && page.first().is_some_and(|first| image.is_smaller(first)) => {
                page.push(image);
            }
            (Some(_), Err(_)) if reduced => {}
            (_, Ok(image)) => pages.push(std::iter::once(image).chain(levels).collect()),
            (Some(_), Err(_)) => {}
            (None, Err(error)) => return Err(error),
        }
    }
    if pages.is_empty() {
        return Err(Error::corrupt("a TIFF without an image"));
    }
    let pages = pages.into_iter().map(|levels| Arc::new(TiffSource::new(levels))).collect();
    Ok(Box::new(Tiff { pages }))
}

struct Tiff {
    pages: Vec<Arc<TiffSource>>,
}

impl Opened for Tiff {
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
