//! [`FormatSpec`]: the properties of an output format. Each row is in the file of its format.

use std::path::{Path, PathBuf};

use super::sink::{Job, TileSink};
use crate::earlier::OutputFolder;
use crate::format::{Format, Levels, OutputLayout};
use crate::options::{Compression, ExportOptions, TileFormat};
use crate::source::{Coded, Info};
use crate::tiff_options::Offsets;
use crate::{Error, Result};

/// The peculiarities of a format.
#[derive(Debug)]
pub struct FormatSpec {
    pub format: Format,
    /// Its name for `--format`.
    pub name: &'static str,
    /// Its title in the window.
    pub title: &'static str,
    /// Endings of names that choose it; the first is the usual one.
    pub endings: &'static [&'static str],
    pub layout: OutputLayout,
    pub levels: Levels,
    /// The usual side of a tile; 0 where the plan chooses.
    pub tile: u32,
    /// Sides of tiles are multiples of this.
    pub tile_step: u32,
    /// Pixels that a tile shares with each neighbor, usually; `None` where tiles cannot overlap.
    pub overlap: Option<u32>,
    /// JPEG's usual quality.
    pub quality: u8,
    /// The usual level of deflate.
    pub deflate_level: u8,
    /// The usual reach of positions, of a TIFF.
    pub offsets: Offsets,
    /// When pixels are encoded as JPEG.
    pub jpeg: JpegUse,
    /// The compressions of its tiles to choose from; empty where the format fixes it.
    pub compressions: &'static [Compression],
    /// The image formats of its tiles, the default first; empty where the format fixes it.
    pub tiles: &'static [TileFormat],
    /// The options it honors besides those of every export (region, scale, flattening, background, memory, copying). The window
    /// shows these, and [`ExportOptions::check_effect`] refuses the others.
    pub options: &'static [OptionName],
    /// The most pixels along a side.
    pub longest: u32,
    /// The files in its folder, if it writes one.
    pub folder: Option<&'static OutputFolder>,
    /// The files beside the output's own file or folder.
    pub companion: Option<Companion>,
    /// Whether tiles of 16 bits stay so; else they are for a browser.
    pub(crate) keep_depth: bool,
    /// Whether tiles at the image's edge are padded to the full size, so that the source's may be passed through.
    pub(crate) whole_edges: bool,
    /// Whether all tiles are written twice, first in any order and then sorted.
    pub(crate) sorted: bool,
    /// Fails if the format cannot hold the image, with advice.
    pub(crate) check: fn(&ExportOptions, &Info) -> Result<()>,
    /// Fails if the image is too large.
    pub(crate) check_size: fn(&ExportOptions, &Info) -> Result<()>,
    /// Whether tiles of the source can be passed through.
    pub(crate) takes: fn(&ExportOptions, &Info, &Coded) -> bool,
    /// The work of encoding where pixels do not become JPEG.
    pub(crate) encoding: fn(&ExportOptions, &Info) -> Encoding,
    /// The bytes of the output where they are known beforehand.
    pub(crate) exact_bytes: fn(&Info) -> Option<u64>,
    /// Bytes that a tile costs beyond its pixels, blocks of the disk included.
    pub(crate) tile_overhead: fn(Encoding) -> u64,
    /// Bytes of memory for a number of tiles.
    pub(crate) table_bytes: fn(&ExportOptions, &Info, u64) -> u64,
    /// Rows encoded at a time, for rows of a number of bytes.
    pub(crate) piece_rows: fn(u64) -> u32,
    /// The sink.
    pub(crate) create: for<'a> fn(Job<'a>) -> Result<Box<dyn TileSink>>,
}

/// When pixels are encoded as JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JpegUse {
    Never,
    Always,
    /// With [`Compression::Jpeg`](crate::Compression::Jpeg).
    ByCompression,
    /// With [`TileFormat::Jpg`].
    ByTiles,
}

/// A second name that an output has.
#[derive(Debug, Clone, Copy)]
pub struct Companion {
    /// From the output's own name.
    pub path: fn(&Path) -> PathBuf,
    pub is_folder: bool,
    /// Text that a file of that name must contain to be replaced.
    pub(crate) says: &'static str,
}

/// The kinds of work that encoding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    None,
    Jpeg,
    Deflate,
    PngTiles,
    Webp,
}

/// An option that only some formats honor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionName {
    Tile,
    Overlap,
    Compression,
    DeflateLevel,
    Tiles,
    Quality,
    Subsampling,
    Pyramid,
    Viewer,
    Id,
    Pattern,
    SkipEmpty,
    Edges,
    Shard,
    SubImages,
    Strips,
    Offsets,
    Predictor,
    ZstdLevel,
    Downsample,
    Copy,
    Flatten,
}

impl OptionName {
    /// Each with its name on the command line.
    const ALL: [(Self, &'static str); 22] = [
        (Self::Tile, "--tile"),
        (Self::Overlap, "--tile-overlap"),
        (Self::Compression, "--compression"),
        (Self::DeflateLevel, "--deflate-level"),
        (Self::Tiles, "--tiles"),
        (Self::Quality, "--quality"),
        (Self::Subsampling, "--subsampling"),
        (Self::Pyramid, "--no-pyramid"),
        (Self::Viewer, "--viewer"),
        (Self::Id, "--id"),
        (Self::Pattern, "--names"),
        (Self::SkipEmpty, "--skip-empty"),
        (Self::Edges, "--edges"),
        (Self::Shard, "--shard"),
        (Self::SubImages, "--sub-images"),
        (Self::Strips, "--strips"),
        (Self::Offsets, "--offsets"),
        (Self::Predictor, "--no-predictor"),
        (Self::ZstdLevel, "--zstd-level"),
        (Self::Downsample, "--downsample"),
        (Self::Copy, "--no-copy"),
        (Self::Flatten, "--flatten"),
    ];

    /// Whether `given` asks for something else than `usual`.
    fn is_asked(self, given: &ExportOptions, usual: &ExportOptions) -> bool {
        let (tiff, extras) = (&given.tiff, &given.extras);
        match self {
            Self::Tile => given.tile.is_some(),
            Self::Overlap => given.overlap != usual.overlap,
            Self::Compression => given.compression.is_some(),
            Self::DeflateLevel => given.deflate_level != usual.deflate_level,
            Self::Tiles => given.tiles.is_some(),
            Self::Quality => given.quality.is_some(),
            Self::Subsampling => given.subsampling != usual.subsampling || tiff.jpeg_colors != usual.tiff.jpeg_colors,
            Self::Pyramid => !given.pyramid,
            Self::Viewer => extras.viewer,
            Self::Id => extras.id.is_some(),
            Self::Pattern => extras.pattern.is_some(),
            Self::SkipEmpty => extras.skip_empty,
            Self::Edges => extras.edges != usual.extras.edges,
            Self::Shard => extras.shard > 0,
            Self::SubImages => tiff.sub_images,
            Self::Strips => tiff.strips,
            Self::Offsets => tiff.offsets.is_some(),
            Self::Predictor => !tiff.predictor,
            Self::ZstdLevel => tiff.zstd_level != usual.tiff.zstd_level,
            Self::Downsample => given.downsample != usual.downsample,
            Self::Copy => !given.copy_tiles,
            Self::Flatten => given.flatten,
        }
    }

    /// Why it changes nothing of an image like `info`, as the other options of `given` have it.
    fn is_idle(self, given: &ExportOptions, info: &Info) -> Option<&'static str> {
        let (compression, has_choice) = (given.compression_for(info), given.spec().has(Self::Compression));
        let is_reduced =
            given.levels() != Levels::One || given.level > 0 || given.scale.is_some_and(|scale| scale < 1.0);
        match self {
            Self::Quality | Self::Subsampling if !given.is_jpeg(info) => Some("the pixels are not stored as JPEG"),
            Self::DeflateLevel if has_choice && compression != Compression::Deflate => {
                Some("nothing is stored by deflate")
            }
            Self::ZstdLevel if compression != Compression::Zstd => Some("nothing is stored by zstd"),
            Self::Predictor if matches!(compression, Compression::None | Compression::Jpeg) => {
                Some("differences are stored by lzw, deflate and zstd only")
            }
            Self::Flatten if given.spec().jpeg != JpegUse::ByCompression && given.is_jpeg(info) => {
                Some("JPEG has no alpha")
            }
            Self::Downsample if !is_reduced => Some("nothing is reduced"),
            _ => None,
        }
    }
}

impl FormatSpec {
    /// Whether it honors `option`.
    pub fn has(&self, option: OptionName) -> bool {
        // Every image can be reduced and flattened before it is written.
        self.options.contains(&option) || matches!(option, OptionName::Downsample | OptionName::Flatten)
    }

    /// Whether its tiles are pictures that browsers show.
    pub fn is_for_browsers(&self) -> bool {
        !self.tiles.is_empty() && !self.keep_depth
    }

    /// All names of an output, its own first, and whether each is a folder.
    pub fn names(&self, out: &Path) -> Vec<(PathBuf, bool)> {
        let own = (out.to_owned(), self.folder.is_some() && self.companion.is_none());
        std::iter::once(own).chain(self.companion.map(|beside| ((beside.path)(out), beside.is_folder))).collect()
    }
}

impl ExportOptions {
    /// Refuse an option that the format does not honor, or that changes nothing of an image like `info`, by its name on the command
    /// line.
    pub fn check_effect(&self, info: &Info) -> Result<()> {
        let (spec, usual) = (self.format.spec(), Self::new(self.format));
        let asked = || OptionName::ALL.iter().filter(|(name, _)| name.is_asked(self, &usual));
        let idle = asked().find(|(name, _)| !spec.has(*name));
        let Some((_, flag)) = idle else {
            let idle = asked().find_map(|(name, flag)| Some((flag, name.is_idle(self, info)?)));
            return idle.map_or(Ok(()), |(flag, why)| {
                Err(Error::invalid(format!("{flag} has no effect: {why}; leave it out")))
            });
        };
        let honored: Vec<_> =
            OptionName::ALL.iter().filter(|(name, _)| spec.has(*name)).map(|(_, flag)| *flag).collect();
        let instead =
            if honored.is_empty() { "leave it out".into() } else { format!("it honors {}", honored.join(", ")) };
        Err(Error::invalid(format!("{flag} has no effect on {}; {instead}", spec.title)))
    }
}
