//! [`Coded`]: how the tiles of a level are stored, for passthrough of encoded tiles.

use std::sync::Arc;

use crate::geometry::Size;

/// How the tiles of one level are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// The size of every stored tile in pixels; tiles at the image's edge are padded to it.
    pub tile: Size,
    pub encoding: TileEncoding,
}

/// How the samples of a tile are encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TileEncoding {
    /// A baseline JPEG stream.
    Jpeg(JpegTiles),
    /// Samples of the image's type, interleaved, little-endian, without loss: TIFF's numbers for the compression and for the
    /// predictor (1 for none).
    Lossless { compression: u16, predictor: u16 },
}

/// What the JPEG streams of an image's tiles have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JpegTiles {
    /// The tables that abbreviated streams share, as TIFF's JPEGTables; empty where each stream has its own.
    pub tables: Arc<[u8]>,
    /// Whether three components are luma and chroma, whatever the markers say.
    pub ycc: bool,
    /// Pixels across and down that one sample of chroma stands for.
    pub subsampling: (u16, u16),
}
