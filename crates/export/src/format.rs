//! [`Format`]: what this program writes; all that is peculiar to one stands in its row of a table here, and in its sink.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::earlier::OutputFolder;
use super::options::TileFormat;
use super::sinks::folders;
use crate::geometry::Size;
use crate::{Error, Result};

/// What an export makes.
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
    /// A TIFF that says in OME-XML what was measured: `NAME.ome.tif`, for microscopy.
    OmeTiff,
    /// A TIFF laid out for reading over the web: cloud-optimized GeoTIFF.
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
    /// Down to so many pixels a side, whatever the tile.
    ToSide(u32),
    /// Down to a single tile, the sides of each level half those of the one below, rounded down.
    ToTileByFloor,
}

/// How the pixels of a format lie in its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputLayout {
    /// In square tiles, all of one side.
    Tiles,
    /// One row after the other, from the top: whole bands of rows are packed in turn.
    Rows,
    /// Each row at a place known beforehand.
    Places,
}

/// The peculiarities of a format.
#[derive(Debug)]
pub struct FormatSpec {
    pub format: Format,
    /// What `--format` calls it.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Endings of names that choose it; the first is the usual one.
    pub endings: &'static [&'static str],
    pub layout: OutputLayout,
    pub levels: Levels,
    /// The usual side of a tile; 0 where the plan chooses.
    pub tile: u32,
    /// Pixels that a tile shares with each neighbor, usually; `None` where tiles cannot overlap.
    pub overlap: Option<u32>,
    /// JPEG's usual quality.
    pub quality: u8,
    /// What its tiles may be, the usual first; empty where it packs pixels in its own way.
    pub tiles: &'static [TileFormat],
    /// Whether it can come with a page to look at it.
    pub viewer: bool,
    /// The most pixels along a side.
    pub longest: u32,
    /// What it writes into a folder, if it writes one.
    pub folder: Option<&'static OutputFolder>,
}

use TileFormat::{Jpg, Png, Raw, Webp};

const WEB: &[TileFormat] = &[Jpg, Png, Webp];

/// A folder of small pictures, as most formats here are.
const FOLDER: FormatSpec = FormatSpec {
    format: Format::Patches,
    name: "",
    title: "",
    endings: &[],
    layout: OutputLayout::Tiles,
    levels: Levels::ToTile,
    tile: 256,
    overlap: None,
    quality: 75,
    tiles: WEB,
    viewer: true,
    longest: u32::MAX,
    folder: None,
};

/// One picture by rows.
const PICTURE: FormatSpec = FormatSpec {
    layout: OutputLayout::Rows,
    levels: Levels::One,
    tile: 0,
    quality: 90,
    tiles: &[],
    viewer: false,
    longest: i32::MAX as u32,
    ..FOLDER
};

/// One row for each format, in the order people are shown them.
pub const FORMATS: &[FormatSpec] = &[
    FormatSpec {
        format: Format::DeepZoom,
        name: "dzi",
        title: "Deep Zoom",
        endings: &["dzi"],
        levels: Levels::ToPixel,
        tile: 254,
        overlap: Some(1),
        folder: Some(&folders::DEEP_ZOOM),
        ..FOLDER
    },
    FormatSpec {
        format: Format::Szi,
        name: "szi",
        title: "Deep Zoom in one zip",
        endings: &["szi"],
        levels: Levels::ToPixel,
        tile: 254,
        overlap: Some(1),
        viewer: false,
        ..FOLDER
    },
    FormatSpec {
        format: Format::Tiff,
        name: "tif",
        title: "BigTIFF",
        endings: &["tif", "tiff"],
        quality: 85,
        tiles: &[],
        viewer: false,
        ..FOLDER
    },
    FormatSpec {
        format: Format::OmeTiff,
        name: "ome-tiff",
        title: "OME-TIFF",
        endings: &["ome.tif", "ome.tiff"],
        quality: 85,
        tiles: &[],
        viewer: false,
        ..FOLDER
    },
    FormatSpec {
        format: Format::Cog,
        name: "cog",
        title: "Cloud-optimized GeoTIFF",
        levels: Levels::ToSide(512),
        tile: 512,
        quality: 85,
        tiles: &[],
        viewer: false,
        ..FOLDER
    },
    FormatSpec {
        format: Format::Zarr,
        name: "zarr",
        title: "OME-Zarr 0.5",
        endings: &["zarr"],
        tile: 512,
        tiles: &[],
        viewer: false,
        folder: Some(&folders::ZARR),
        ..FOLDER
    },
    FormatSpec {
        format: Format::Zarr04,
        name: "zarr04",
        title: "OME-Zarr 0.4",
        tile: 512,
        tiles: &[],
        viewer: false,
        folder: Some(&folders::ZARR_04),
        ..FOLDER
    },
    FormatSpec {
        format: Format::Zoomify,
        name: "zoomify",
        title: "Zoomify",
        levels: Levels::ToTileByFloor,
        folder: Some(&folders::ZOOMIFY),
        ..FOLDER
    },
    FormatSpec {
        format: Format::Iiif3,
        name: "iiif3",
        title: "IIIF 3",
        tile: 512,
        folder: Some(&folders::IIIF_3),
        ..FOLDER
    },
    // Readers of version 2 ask for nothing but JPEG.
    FormatSpec {
        format: Format::Iiif,
        name: "iiif",
        title: "IIIF 2",
        tile: 512,
        tiles: &[Jpg],
        folder: Some(&folders::IIIF_2),
        ..FOLDER
    },
    FormatSpec { format: Format::Xyz, name: "xyz", title: "Map tiles (z/x/y)", folder: Some(&folders::XYZ), ..FOLDER },
    FormatSpec {
        format: Format::Patches,
        name: "patches",
        title: "Tiles or patches",
        levels: Levels::One,
        tile: 512,
        overlap: Some(0),
        tiles: &[Png, Jpg, Webp, Raw],
        viewer: false,
        folder: Some(&folders::PATCHES),
        ..FOLDER
    },
    FormatSpec { format: Format::Png, name: "png", title: "PNG", endings: &["png"], ..PICTURE },
    FormatSpec {
        format: Format::Jpeg,
        name: "jpg",
        title: "JPEG",
        endings: &["jpg", "jpeg"],
        longest: 65_535,
        ..PICTURE
    },
    FormatSpec {
        format: Format::Bmp,
        name: "bmp",
        title: "BMP",
        endings: &["bmp"],
        layout: OutputLayout::Places,
        ..PICTURE
    },
    FormatSpec {
        format: Format::Raw,
        name: "raw",
        title: "Raw samples",
        endings: &["raw"],
        layout: OutputLayout::Places,
        ..PICTURE
    },
];

impl Format {
    /// What is peculiar to it.
    pub fn spec(self) -> &'static FormatSpec {
        let row = FORMATS.iter().find(|row| row.format == self);
        row.unwrap_or_else(|| unreachable!("a test says that each format has its row"))
    }

    /// The format that the ending of `path` names.
    pub fn of_path(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let ends = |ending: &str| name.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.'));
        let fitting = FORMATS.iter().flat_map(|row| row.endings.iter().map(move |ending| (row, *ending)));
        // `.ome.tif` is a `.tif` too: the longest counts.
        let found = fitting.filter(|(_, ending)| ends(ending)).max_by_key(|(_, ending)| ending.len());
        found.map(|(row, _)| row.format).ok_or_else(|| {
            let ending = path.extension().unwrap_or_default().to_string_lossy();
            let endings: Vec<_> = FORMATS.iter().filter_map(|row| row.endings.first()).copied().collect();
            let what = format!(
                "writing '.{ending}' files; end the name in .{}, or name a format ({})",
                endings.join(" ."),
                FORMATS.iter().filter(|row| row.endings.is_empty()).map(|row| row.name).collect::<Vec<_>>().join(", ")
            );
            Error::unsupported(what).at(path)
        })
    }

    /// The format of that name (see [`FormatSpec::name`]).
    pub fn of_name(name: &str) -> Result<Self> {
        FORMATS.iter().find(|row| row.name == name).map(|row| row.format).ok_or_else(|| {
            let names: Vec<_> = FORMATS.iter().map(|row| row.name).collect();
            Error::invalid(format!("no format '{name}'; there are {}", names.join(", ")))
        })
    }
}

impl Format {
    /// Whether it is some kind of TIFF.
    pub const fn is_tiff(self) -> bool {
        matches!(self, Self::Tiff | Self::OmeTiff | Self::Cog)
    }
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
    fn the_ending_chooses_the_format() {
        let cases = [
            ("a.dzi", Format::DeepZoom),
            ("b.TIFF", Format::Tiff),
            ("c.ome.tif", Format::OmeTiff),
            ("d.ome.zarr", Format::Zarr),
            ("e.JPEG", Format::Jpeg),
        ];
        for (name, format) in cases {
            assert_eq!(Format::of_path(Path::new(name)).ok(), Some(format), "{name}");
        }
        assert!(Format::of_path(Path::new("a.webp")).is_err());
    }

    #[test]
    fn each_format_has_a_row_and_a_name_of_its_own() {
        for row in FORMATS {
            assert_eq!(row.format.spec().name, row.name);
            assert_eq!(Format::of_name(row.name).ok(), Some(row.format));
            for ending in row.endings {
                assert_eq!(Format::of_path(Path::new(&format!("a.{ending}"))).ok(), Some(row.format));
            }
        }
        assert!(Format::of_name("gif").unwrap_err().to_string().contains("zoomify"));
    }

    #[test]
    fn levels_go_down_to_what_the_format_wants() {
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
