//! [`Coded`]: how the tiles of a level are stored, for those who hand them on as they are instead of decoding them.

use std::sync::Arc;

use crate::geometry::Size;

/// How the tiles of one level are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// Of each tile, also where the image's edge cuts it: tiles are stored whole.
    pub tile: Size,
    pub packing: Packing,
}

/// How the samples of a tile became bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packing {
    /// A baseline JPEG stream.
    Jpeg(JpegTiles),
    /// Samples of the image's type, interleaved, little-endian, without loss: TIFF's numbers for the compression and for the
    /// predictor (1 for none).
    Lossless { compression: u16, predictor: u16 },
}

/// What is to be known about JPEG streams that are tiles of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JpegTiles {
    /// The tables that abbreviated streams share, as TIFF's JPEGTables; empty where each stream has its own.
    pub tables: Arc<[u8]>,
    /// Whether three components are luma and chroma, whatever the markers say.
    pub ycc: bool,
    /// Pixels across and down that one sample of chroma stands for.
    pub subsampling: (u16, u16),
}
