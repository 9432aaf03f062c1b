//! [`Format`]: the output formats. Values only: the details of each are in its file of `formats`.

use serde::{Deserialize, Serialize};

use crate::geometry::Size;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `NAME.dzi` with a folder `NAME_files` of small pictures, for the web.
    DeepZoom,
    /// The same in one zip.
    Szi,
    /// A folder of numbered groups of tiles.
    Zoomify,
    /// A folder that answers the requests of IIIF's Image API 2, compliance level 0.
    Iiif,
    /// Likewise of Image API 3.
    Iiif3,
    /// A folder of map tiles, zoom/x/y.
    Xyz,
    /// OME-Zarr 0.5, on Zarr version 3.
    Zarr,
    /// OME-Zarr 0.4, on Zarr version 2.
    Zarr04,
    /// A folder of plain tiles or equal patches of one resolution.
    Patches,
    /// One tiled pyramidal BigTIFF.
    Tiff,
    /// OME-TIFF, a TIFF with OME-XML metadata: `NAME.ome.tif`, for microscopy.
    OmeTiff,
    /// Cloud-optimized GeoTIFF.
    Cog,
    /// One PNG.
    Png,
    /// One JPEG.
    Jpeg,
    /// One BMP.
    Bmp,
    /// The bare samples, with an ENVI header beside them.
    Raw,
}

/// Which reduced levels a format has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Levels {
    /// None.
    One,
    /// Down to a single pixel.
    ToPixel,
    /// Down to a single tile.
    ToTile,
    /// Down to this many pixels a side, whatever the tile size.
    ToSide(u32),
    /// Down to a single tile, the sides of each level half those of the one below, rounded down.
    ToTileByFloor,
}

/// How the pixels of a format lie in its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputLayout {
    /// In square tiles, all of one side.
    Tiles,
    /// Row by row from the top: bands of rows are encoded in order.
    Rows,
    /// Each row at a place known beforehand.
    Places,
}

impl Levels {
    /// Sizes from `size` down, in tiles of `tile` pixels; each half the one before, rounded up.
    pub fn sizes(self, size: Size, tile: u32) -> Vec<Size> {
        let count = match self {
            Self::One => 1,
            Self::ToPixel => Size::new(size.longest(), 1).width.next_power_of_two().ilog2() as usize + 1,
            Self::ToSide(side) => count_down(size.longest(), side, |side| side.div_ceil(2)),
            Self::ToTile => count_down(size.longest(), tile, |side| side.div_ceil(2)),
            Self::ToTileByFloor => count_down(size.longest(), tile, |side| side / 2),
        };
        std::iter::successors(Some(size), |size| Some(size.halved())).take(count).collect()
    }
}

fn count_down(longest: u32, tile: u32, halve: fn(u32) -> u32) -> usize {
    std::iter::successors(Some(longest), |&side| (side > tile.max(1)).then(|| halve(side))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_end_at_the_size_of_the_format() {
        let count = |levels: Levels, tile, width, height| levels.sizes(Size::new(width, height), tile).len();
        let cases = [(1, 1, 1, 1, 1), (2, 1, 2, 1, 1), (255, 3, 9, 1, 1), (257, 9, 10, 2, 2), (1025, 700, 12, 4, 3)];
        for (width, height, to_pixel, to_tile, by_floor) in cases {
            assert_eq!(count(Levels::ToPixel, 254, width, height), to_pixel, "{width}×{height}");
            assert_eq!(count(Levels::ToTile, 256, width, height), to_tile, "{width}×{height}");
            assert_eq!(count(Levels::ToTileByFloor, 256, width, height), by_floor, "{width}×{height}");
            assert_eq!(count(Levels::One, 256, width, height), 1);
        }
        assert_eq!(
            Levels::ToTile.sizes(Size::new(600, 300), 256),
            [(600, 300), (300, 150), (150, 75)].map(|(w, h)| Size::new(w, h))
        );
    }
}
