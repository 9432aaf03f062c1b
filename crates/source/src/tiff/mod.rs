//! TIFF 6.0 and BigTIFF, and the slides, stacks and maps that are made of it.
//!
//! Chunks are read by position, one at a time, from any thread; the tables of their offsets load when first needed. In reading
//! order:
//!
//! ```text
//! tags       numbers of tags                       directory  entries and their values
//! table      lazily loaded lists of numbers        coding     how samples are stored, checked
//! old_jpeg   the withdrawn JPEG of TIFF 6.0        ycbcr      luma and chroma outside of JPEG
//! chunk      stored bytes to raw samples           decode     byte order, few bits, predictors
//! color     raw samples to pixels                 image      one directory as a grid of chunks
//! scan       strips too large to be decoded whole, from top to bottom
//! levels     images of decreasing size, a source   page       which directories make a page
//! coded      tiles handed on undecoded
//! generic    pages of an ordinary TIFF             xml        descriptions as trees
//! svs, ome, philips, qptiff                        pages of the formats built upon TIFF
//! laid        tiles at their own positions         leica, ventana, trestle   slides of such tiles
//! ndpi        slides in single JPEG streams
//! photoshop   PSD and PSB, whose merged image is stored like a planar TIFF
//! ```

mod byte_layout;
mod chunk;
mod coded;
mod coding;
mod color;
mod directory;
mod generic;
mod image;
mod imagej;
mod tile_layout;
mod leica;
mod levels;
mod ndpi;
mod old_jpeg;
mod ome;
mod page;
mod philips;
mod photoshop;
mod qptiff;
mod scan;
mod svs;
mod table;
mod tags;
mod trestle;
mod decode;
mod ventana;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod ycbcr;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::slide::Picture;
use super::{Opened, PagePlace, PositionedFile, Source};
use crate::{Error, IoResultExt as _, Result};
use directory::Directory;
use page::{Details, Page};

pub(super) use ome::{is_companion, open_companion};
pub(super) use photoshop::{detect as is_photoshop, open as open_photoshop};

pub(super) fn detect(_: &Path, head: &[u8]) -> bool {
    matches!(head, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

pub(super) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file = Arc::new(PositionedFile::open(path)?);
    let chain = Directory::chain(&file)?;
    let special = svs::contents(&file, &chain)
        .or_else(|| ome::contents(&file, &chain))
        .or_else(|| imagej::contents(&file, &chain))
        .or_else(|| philips::contents(&file, &chain))
        .or_else(|| qptiff::contents(&file, &chain));
    // Their pixels lie where their descriptions say: one that cannot be read leaves nothing to be shown.
    let special = match special {
        Some(contents) => Some(contents),
        None => [ndpi::contents, leica::contents, ventana::contents, trestle::contents]
            .iter()
            .find_map(|contents| contents(&file, &chain).transpose())
            .transpose()?,
    };
    let contents = special.unwrap_or_else(|| Contents::of(generic::pages(&file, chain), Vec::new()));
    opened(file, contents)
}

fn opened(file: Arc<PositionedFile>, contents: Contents) -> Result<Box<dyn Opened>> {
    // Fails early on pages that cannot be read at all.
    contents.page(0)?;
    Ok(Box::new(Tiff { file, contents }))
}

/// The other files that belong to the TIFF at `path`: those of an OME-TIFF's series, and the label of a Trestle slide.
pub(super) fn linked_parts(path: &Path) -> Vec<PathBuf> {
    let mut parts = vec![path.with_extension("Full")];
    let file = PositionedFile::open(path).map(Arc::new);
    if let Ok(file) = file
        && let Ok(chain) = Directory::chain(&file)
        && let Some(first) = chain.first()
    {
        parts.extend(ome::linked_parts(&file, first));
    }
    parts
}

/// The contents of a file.
struct Contents {
    format: &'static str,
    /// At least one.
    pages: Vec<Shown>,
    /// Associated images of a slide, by name.
    associated: Vec<(String, Associated)>,
}

/// One page.
enum Shown {
    /// Made of directories when it is asked for.
    Directories(Page),
    Ready {
        source: Arc<dyn Source>,
        name: Option<String>,
    },
}

/// An associated image of a slide.
#[derive(Clone)]
enum Associated {
    Directory(Directory),
    /// A JPEG stream of its own.
    Jpeg(Arc<[u8]>),
}

impl Contents {
    /// Pages made of directories.
    fn of(pages: Vec<Page>, associated: Vec<(String, Associated)>) -> Self {
        let format = pages.first().map_or("TIFF", |page| page.details.format);
        Self { format, pages: pages.into_iter().map(Shown::Directories).collect(), associated }
    }

    /// One image that is ready to be read.
    fn single(source: Arc<dyn Source>, associated: Vec<(String, Associated)>) -> Self {
        Self { format: source.info().format, pages: vec![Shown::Ready { source, name: None }], associated }
    }

    fn page(&self, page: usize) -> Result<Arc<dyn Source>> {
        match self.pages.get(page) {
            Some(Shown::Directories(page)) => page.source(),
            Some(Shown::Ready { source, .. }) => Ok(Arc::clone(source)),
            None => {
                let what = format!("page {page} does not exist; the last one is {}", self.pages.len() - 1);
                Err(Error::invalid(what))
            }
        }
    }
}

struct Tiff {
    file: Arc<PositionedFile>,
    contents: Contents,
}

impl Opened for Tiff {
    fn pages(&self) -> usize {
        self.contents.pages.len()
    }

    fn page(&self, page: usize) -> Result<Arc<dyn Source>> {
        self.contents.page(page)
    }

    fn page_name(&self, page: usize) -> Option<String> {
        match self.contents.pages.get(page)? {
            Shown::Directories(page) => page.name.clone(),
            Shown::Ready { name, .. } => name.clone(),
        }
    }

    fn page_place(&self, page: usize) -> Option<PagePlace> {
        match self.contents.pages.get(page)? {
            Shown::Directories(page) => page.place.clone(),
            Shown::Ready { .. } => None,
        }
    }

    fn associated(&self) -> Vec<String> {
        self.contents.associated.iter().map(|(name, _)| name.clone()).collect()
    }

    fn associated_image(&self, name: &str) -> Result<Arc<dyn Source>> {
        let found = self.contents.associated.iter().find(|(known, _)| known == name);
        let (_, picture) = found.ok_or_else(|| Error::invalid(format!("no associated image '{name}'")))?;
        let format = self.contents.format;
        let details = Details { measured: false, ..Details::plain(format) };
        match picture {
            Associated::Directory(directory) => Page::new(&self.file, vec![directory.clone()], details).source(),
            Associated::Jpeg(stream) => Ok(Arc::new(Picture::decode(format, stream).at(self.file.path())?)),
        }
    }
}
