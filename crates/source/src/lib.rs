//! Anything with levels and pixels, and the formats that give it.
//!
//! A source never writes to its file, never holds more of it than one read needs, and never knows who reads it.

use mosaicist_codec as codec;
use mosaicist_core::{Error, IoResultExt, Result, geometry, job, pixels};

mod associated;
pub mod cache;
mod coded;
mod file;
mod flat;
mod geo;
mod info;
mod cmyk_sidecar;
mod joined;
mod open;
mod parts;
mod raster;
mod raw;
mod restart;
mod rows;
mod placed_tiles;
mod set;
mod sidecar;
mod single;
mod slide;
mod slides;
mod streams;
pub mod testing;
mod tiff;
mod upright;
mod wavelength;
mod web;
mod xml;
mod zarr;

pub use associated::{associated_path, file_of};
pub use coded::{Coded, JpegTiles, Packing};
pub use file::PositionedFile;
pub use file::{read_exact_at, write_all_at};
pub use geo::GeoTags;
pub use info::{Info, Level};
pub use joined::{Joined, Plane, channels_path, open_whole};
pub use open::{FORMATS, Format, format_of, is_image_folder, is_image_name, open};
pub use parts::{linked_parts, parts};
pub use raw::{Interleave, RawLayout, RawType, open_raw};
pub use rows::{Rows, SequentialScan};
pub use set::{SourceSet, Sources};
pub use sidecar::{Sidecar, SidecarFolder};

use std::sync::Arc;

use crate::geometry::{Rect, Region};
use crate::job::Progress;
use crate::pixels::{Pixels, RawSamples};

/// An image of any size: levels of decreasing resolution, read in rectangles, from any thread.
pub trait Source: Send + Sync {
    /// What the image is.
    fn info(&self) -> &Info;

    /// The pixels of `region`, exactly its size, in the source's channels and sample type.
    ///
    /// What lies outside the level is [`Info::background`]. A region read alone equals that part of the whole
    /// ([`testing::check_source`]). Fails with [`Error::Corrupt`](crate::Error::Corrupt) or
    /// [`Error::Io`](crate::Error::Io) naming the file; a level that is not there is
    /// [`Error::Invalid`](crate::Error::Invalid).
    fn read(&self, region: Region) -> Result<Pixels>;

    /// The numbers of `region` as the file stores them, without a color's meaning, where [`Info::stored`] says that
    /// [`read`](Self::read) changes their type; otherwise, or where the source is not a file, nothing.
    fn read_raw(&self, region: Region) -> Result<Option<RawSamples>> {
        self.info().level(region).map(|_| None)
    }

    /// The inks of `region`, where [`Info::inks`] says that there are: cyan, magenta, yellow and black of each pixel, 255 for
    /// full, zero outside the level.
    fn read_cmyk(&self, region: Region) -> Result<Option<Pixels>> {
        self.info().level(region).map(|_| None)
    }

    /// Where each channel is stored by itself: its number and it alone, as an image of one channel at the same levels. Whoever
    /// shows only some channels reads those. Otherwise nothing.
    fn planes(&self) -> Vec<(usize, Arc<dyn Source>)> {
        Vec::new()
    }

    /// How the tiles of `level` are stored, where all of them are stored alike and may be handed on as they are.
    fn coded(&self, _level: usize) -> Option<Coded> {
        None
    }

    /// The stored bytes of the tile that is exactly `rect` (in the pixels of `level`, reaching beyond the image where the
    /// tile does), packed as [`coded`](Self::coded) says. None where no such tile is stored.
    fn coded_tile(&self, _level: usize, _rect: Rect) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// A pass over level 0 from top to bottom, where the file can only be decoded like that: far cheaper than reading it
    /// region by region. `None`: any part can be read by itself.
    fn pass(&self) -> Result<Option<SequentialScan>> {
        Ok(None)
    }

    /// The same over the inks, where [`Info::inks`] says that there are and only a pass gives them.
    fn scan_cmyk(&self) -> Result<Option<SequentialScan>> {
        Ok(None)
    }

    /// Whether reading `region` begins at once. `false` where it waits for a pass that goes on in the background.
    fn is_ready(&self, _region: Region) -> bool {
        true
    }

    /// The pass that some regions wait for, while it goes on.
    fn passing(&self) -> Option<Progress> {
        None
    }

    /// A coarse whole, within a second, of an image whose small levels take a pass over the file; about what those will show.
    /// `None` where the levels themselves are as quick. It may still be growing: ask again.
    fn preview(&self) -> Result<Option<Preview>> {
        Ok(None)
    }
}

/// A coarse whole of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    pub pixels: Pixels,
    /// Whether that is all; otherwise the lower part is still blank.
    pub is_whole: bool,
}

/// An open file: one or many pages, and the pictures that come with a slide.
pub trait Opened: Send + Sync {
    /// The number of pages (series, images); at least 1.
    fn pages(&self) -> usize;

    /// Page `page`, from 0.
    fn page(&self, page: usize) -> Result<Arc<dyn Source>>;

    /// What the file calls page `page`: a channel, a plane, a scene; nothing where it has no name but its number.
    fn page_name(&self, _page: usize) -> Option<String> {
        None
    }

    /// Which channel of which image page `page` is, where the channels of one image are pages of their own.
    fn plane(&self, _page: usize) -> Option<Plane> {
        None
    }

    /// The names of the associated images: label, macro, thumbnail.
    fn associated(&self) -> Vec<String> {
        Vec::new()
    }

    /// The associated image of that name.
    fn associated_image(&self, name: &str) -> Result<Arc<dyn Source>> {
        Err(crate::Error::invalid(format!("no associated image '{name}'")))
    }
}
