//! Anything with levels and pixels, and the formats that give it.
//!
//! A source never writes to its file and holds no more of it in memory than one read needs.

use mosaicist_codec as codec;
use mosaicist_core::{Error, IoResultExt, Result, geometry, job, loss, pixels};
pub use mosaicist_core::{ImageRef, Interleave, Part, RawLayout, RawType};

pub mod arriving;
pub mod cache;
mod capabilities;
mod coded;
mod cost;
mod file;
mod flat;
mod geo;
mod half;
mod info;
mod cmyk_sidecar;
mod joined;
mod limits;
mod neighbor;
mod open;
mod page_place;
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
mod thumbnails;
mod tiff;
mod unknown;
mod upright;
mod wavelength;
mod web;
mod xml;
mod zarr;

pub use capabilities::{
    Capabilities, CoarsePreview, Deferred, EncodedTiles, Planar, Preview, ReadCmyk, ReadRaw, Sequential,
};
pub use coded::{Coded, JpegTiles, TileEncoding};
pub use cost::ReadingCost;
pub use file::PositionedFile;
pub use file::{read_exact_at, write_all_at};
pub use geo::GeoTags;
pub(crate) use info::is_measured;
pub use info::{Info, Level, StagePosition, StageUnit};
pub use joined::Joined;
pub use limits::set_most_open_memory;
pub use open::{FORMATS, Format, format_of, is_image_folder, is_image_name, open, open_image, open_part, open_whole};
pub use page_place::{PageIndex, PagePlace};
pub use parts::{linked_parts, parts};
pub use raw::{guess_layouts, open_raw};
pub use rows::{Rows, SequentialScan};
pub use set::{SourceSet, Sources};
pub use sidecar::{Sidecar, SidecarFolder};

use std::sync::Arc;

use crate::geometry::Region;
use crate::pixels::Pixels;

/// An image of any size: levels of decreasing resolution, read in rectangles, from any thread.
pub trait Source: Send + Sync {
    /// The description of the image.
    fn info(&self) -> &Info;

    /// The pixels of `region`, exactly its size, in the source's channels and sample type.
    ///
    /// Pixels outside the level are [`Info::background`]. A region read alone equals that part of the whole
    /// ([`testing::check_source`]). Fails with [`Error::Corrupt`] or
    /// [`Error::Io`] naming the file; a level that is not there is
    /// [`Error::Invalid`].
    fn read(&self, region: Region) -> Result<Pixels>;

    /// What reading `region` takes. A wrapper adds what it takes itself; what decodes tiles one by one mostly takes
    /// [`ReadingCost::of_tiles`].
    fn cost(&self, region: Region) -> ReadingCost;

    /// The optional abilities of the source. A wrapper states for each whether it forwards it.
    fn capabilities(&self) -> Capabilities<'_>;
}

/// An open file: its pages and associated images.
pub trait Opened: Send + Sync {
    /// The number of pages (series, images); at least 1.
    fn pages(&self) -> usize;

    /// Page `page`, from 0.
    fn page(&self, page: usize) -> Result<Arc<dyn Source>>;

    /// The name of page `page` in the file (a channel, a plane, a scene), if it has one.
    fn page_name(&self, _page: usize) -> Option<String> {
        None
    }

    /// The position of page `page`, and the names of its series and channel, if the file gives them.
    fn page_place(&self, _page: usize) -> Option<PagePlace> {
        None
    }

    /// The series, channel, Z-slice and timepoint of page `page`; nothing where the file only lists its pages.
    fn page_index(&self, page: usize) -> Option<PageIndex> {
        let only = (self.pages() == 1 && page == 0).then(PageIndex::default);
        self.page_place(page).map(|place| place.index).or(only)
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
