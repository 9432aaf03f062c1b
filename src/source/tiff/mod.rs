//! TIFF 6.0 and BigTIFF, and the slides, stacks and maps that are made of it.
//!
//! Chunks are read by position, one at a time, from any thread; the tables of their offsets load when first needed. In reading
//! order:
//!
//! ```text
//! tags       numbers of tags                       directory  entries and their values
//! table      lazily loaded lists of numbers        coding     how samples are stored, checked
//! old_jpeg   the withdrawn JPEG of TIFF 6.0        ycbcr      luma and chroma outside of JPEG
//! chunk      stored bytes to numbers, by codecs    unpack     byte order, few bits, predictors
//! colour     numbers to what they mean             image      one directory as a grid of chunks
//! levels     images of decreasing size, a source   page       which directories make a page
//! coded      tiles handed on undecoded
//! generic    pages of an ordinary TIFF             xml        descriptions as trees
//! svs, ome, philips, qptiff, ventana               pages of the formats built upon TIFF
//! ```

mod chunk;
mod coded;
mod coding;
mod colour;
mod directory;
mod generic;
mod image;
mod levels;
mod old_jpeg;
mod ome;
mod page;
mod philips;
mod qptiff;
mod svs;
mod table;
mod tags;
mod unpack;
mod ventana;
mod xml;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod ycbcr;

use std::path::Path;
use std::sync::Arc;

use super::{Info, Opened, PositionedFile, Source};
use crate::codec::jpeg;
use crate::geometry::Region;
use crate::pixels::Pixels;
use crate::{Error, IoResultExt as _, Result};
use directory::Directory;
use page::{Details, Page};

pub(super) fn detect(_: &Path, head: &[u8]) -> bool {
    matches!(head, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

pub(super) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file = Arc::new(PositionedFile::open(path)?);
    let chain = Directory::chain(&file)?;
    let special = svs::contents(&file, &chain)
        .or_else(|| ome::contents(&file, &chain))
        .or_else(|| philips::contents(&file, &chain))
        .or_else(|| qptiff::contents(&file, &chain))
        .or_else(|| ventana::contents(&file, &chain));
    let contents = special.unwrap_or_else(|| Contents { pages: generic::pages(&file, chain), associated: Vec::new() });
    // What cannot be read at all is known at once.
    contents.page(0)?;
    Ok(Box::new(Tiff { file, contents }))
}

/// What a file holds.
struct Contents {
    /// At least one.
    pages: Vec<Page>,
    /// Pictures that come with a slide, by name.
    associated: Vec<(String, Associated)>,
}

/// A picture that comes with a slide.
#[derive(Clone)]
enum Associated {
    Directory(Directory),
    /// A JPEG stream of its own.
    Jpeg(Arc<[u8]>),
}

impl Contents {
    fn page(&self, page: usize) -> Result<Arc<dyn Source>> {
        let found = self.pages.get(page).ok_or_else(|| {
            Error::invalid(format!("page {page} does not exist; the last one is {}", self.pages.len() - 1))
        })?;
        found.source()
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
        self.contents.pages.get(page)?.name.clone()
    }

    fn associated(&self) -> Vec<String> {
        self.contents.associated.iter().map(|(name, _)| name.clone()).collect()
    }

    fn associated_image(&self, name: &str) -> Result<Arc<dyn Source>> {
        let found = self.contents.associated.iter().find(|(known, _)| known == name);
        let (_, picture) = found.ok_or_else(|| Error::invalid(format!("no associated image '{name}'")))?;
        let format = self.contents.pages.first().map_or("TIFF", |page| page.details.format);
        let details = Details { measured: false, ..Details::plain(format) };
        match picture {
            Associated::Directory(directory) => Page::new(&self.file, vec![directory.clone()], details).source(),
            Associated::Jpeg(stream) => Ok(Arc::new(Picture::decode(format, stream).at(self.file.path())?)),
        }
    }
}

/// A small picture, decoded once.
struct Picture {
    info: Info,
    pixels: Pixels,
}

impl Picture {
    fn decode(format: &'static str, stream: &[u8]) -> Result<Self> {
        let pixels = jpeg::decode(stream, &jpeg::DecodeOptions::default())?;
        let info = Info::plain(format, pixels.size(), pixels.size(), pixels.channels(), pixels.sample_type());
        Ok(Self { info, pixels })
    }
}

impl Source for Picture {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        let mut out = Pixels::filled(region.rect.size(), self.info.sample, &self.info.background);
        out.paste(self.pixels.view(), -region.rect.x0, -region.rect.y0);
        Ok(out)
    }
}
