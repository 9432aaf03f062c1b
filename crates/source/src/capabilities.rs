//! [`Capabilities`]: the optional abilities of a source. Each is a trait without default methods.
//!
//! [`Source::capabilities`] has no default and [`Capabilities`] no way to be filled up from another one but field by field
//! (`tests/tidy.rs` refuses `..`), so a wrapper states for each ability whether it forwards it.

use std::sync::Arc;

use super::{Coded, SequentialScan, Source};
use crate::Result;
use crate::geometry::{Rect, Region};
use crate::job::Progress;
use crate::pixels::{Pixels, RawSamples};

/// The abilities of a source; `None` for one that it does not have.
#[derive(Clone, Copy)]
pub struct Capabilities<'a> {
    pub raw_samples: Option<&'a dyn ReadRaw>,
    pub cmyk: Option<&'a dyn ReadCmyk>,
    pub planar: Option<&'a dyn Planar>,
    pub encoded: Option<&'a dyn EncodedTiles>,
    pub sequential: Option<&'a dyn Sequential>,
    pub deferred: Option<&'a dyn Deferred>,
    pub preview: Option<&'a dyn CoarsePreview>,
}

impl Capabilities<'_> {
    /// Regions can be read, and that is all.
    pub fn none() -> Self {
        Self {
            raw_samples: None,
            cmyk: None,
            planar: None,
            encoded: None,
            sequential: None,
            deferred: None,
            preview: None,
        }
    }
}

/// Samples as the file stores them.
pub trait ReadRaw {
    /// The samples of `region` in their stored type, without a color's meaning, where
    /// [`Info::stored`](super::Info::stored) says that [`Source::read`] changes their type; otherwise nothing.
    fn read_raw(&self, region: Region) -> Result<Option<RawSamples>>;
}

/// The CMYK of an image whose pixels are rendered from it.
pub trait ReadCmyk {
    /// Cyan, magenta, yellow and black of each pixel of `region`, 255 for full, zero outside the level, where
    /// [`Info::is_cmyk`](super::Info::is_cmyk) says so; otherwise nothing.
    fn read_cmyk(&self, region: Region) -> Result<Option<Pixels>>;

    /// A sequential scan over the CMYK of level 0, where only that gives it; otherwise nothing.
    fn scan_cmyk(&self) -> Result<Option<SequentialScan>>;
}

/// Channels that are stored each by itself.
pub trait Planar {
    /// Each channel: its number and it alone, as an image of one channel at the same levels. Whoever shows only some channels
    /// reads those. Nothing where the channels are not stored apart.
    fn planes(&self) -> Vec<(usize, Arc<dyn Source>)>;
}

/// Encoded tiles that may be passed through.
pub trait EncodedTiles {
    /// How the tiles of `level` are stored, where all of them are stored alike; otherwise nothing.
    fn encoding(&self, level: usize) -> Option<Coded>;

    /// The stored bytes of the tile that is exactly `rect` (in the pixels of `level`, reaching beyond the image where the tile
    /// does), encoded as described by [`encoding`](Self::encoding). `None` if no such tile is stored.
    fn encoded_tile(&self, level: usize, rect: Rect) -> Result<Option<Vec<u8>>>;
}

/// An image that can only be decoded from its beginning.
pub trait Sequential {
    /// A scan over level 0 from top to bottom: far cheaper than reading it region by region. Nothing where any part can be
    /// read by itself.
    fn sequential_scan(&self) -> Result<Option<SequentialScan>>;
}

/// Regions that wait for a background sequential scan.
pub trait Deferred {
    /// Whether reading `region` begins at once, without waiting for the scan.
    fn is_ready(&self, region: Region) -> bool;

    /// The running scan.
    fn scanning(&self) -> Option<Progress>;
}

/// A coarse whole of an image before its small levels are decoded.
pub trait CoarsePreview {
    /// The whole within a second, about as those levels will show it. Nothing where the levels themselves are as quick. It may
    /// still be incomplete: ask again.
    fn preview(&self) -> Result<Option<Preview>>;

    /// The small picture of the whole that the file itself keeps, in the source's channels and sample type, where it has the shape
    /// of the image and says nothing against belonging to it. It may be out of date: not for what is exported or measured.
    fn thumbnail(&self) -> Result<Option<Pixels>>;
}

/// A coarse whole of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    pub pixels: Pixels,
    /// Whether that is all; otherwise the lower part is still blank.
    pub is_whole: bool,
}

/// Shortcuts that return the empty result if an ability is missing.
impl dyn Source + '_ {
    /// [`ReadRaw::read_raw`], or nothing without it.
    pub fn read_raw(&self, region: Region) -> Result<Option<RawSamples>> {
        self.capabilities().raw_samples.map_or(Ok(None), |able| able.read_raw(region))
    }

    /// [`ReadCmyk::read_cmyk`], or nothing without it.
    pub fn read_cmyk(&self, region: Region) -> Result<Option<Pixels>> {
        self.capabilities().cmyk.map_or(Ok(None), |able| able.read_cmyk(region))
    }

    /// [`ReadCmyk::scan_cmyk`], or nothing without it.
    pub fn scan_cmyk(&self) -> Result<Option<SequentialScan>> {
        self.capabilities().cmyk.map_or(Ok(None), ReadCmyk::scan_cmyk)
    }

    /// [`Planar::planes`], or none without it.
    pub fn planes(&self) -> Vec<(usize, Arc<dyn Source>)> {
        self.capabilities().planar.map_or_else(Vec::new, Planar::planes)
    }

    /// [`EncodedTiles::encoding`], or nothing without it.
    pub fn encoding(&self, level: usize) -> Option<Coded> {
        self.capabilities().encoded?.encoding(level)
    }

    /// [`EncodedTiles::encoded_tile`], or nothing without it.
    pub fn encoded_tile(&self, level: usize, rect: Rect) -> Result<Option<Vec<u8>>> {
        self.capabilities().encoded.map_or(Ok(None), |able| able.encoded_tile(level, rect))
    }

    /// [`Sequential::sequential_scan`], or nothing without it.
    pub fn sequential_scan(&self) -> Result<Option<SequentialScan>> {
        self.capabilities().sequential.map_or(Ok(None), Sequential::sequential_scan)
    }

    /// [`Deferred::is_ready`]; true without it.
    pub fn is_ready(&self, region: Region) -> bool {
        self.capabilities().deferred.is_none_or(|able| able.is_ready(region))
    }

    /// [`Deferred::scanning`], or nothing without it.
    pub fn scanning(&self) -> Option<Progress> {
        self.capabilities().deferred?.scanning()
    }

    /// [`CoarsePreview::preview`], or nothing without it.
    pub fn preview(&self) -> Result<Option<Preview>> {
        self.capabilities().preview.map_or(Ok(None), CoarsePreview::preview)
    }

    /// [`CoarsePreview::thumbnail`], or nothing without it.
    pub fn thumbnail(&self) -> Result<Option<Pixels>> {
        self.capabilities().preview.map_or(Ok(None), CoarsePreview::thumbnail)
    }
}
