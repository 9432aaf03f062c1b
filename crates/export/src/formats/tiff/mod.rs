//! A tiled pyramid in one file: `BigTIFF`, classic TIFF, OME-TIFF or COG.
//!
//! Workers encode tiles and append them under a cursor, in any order; the positions stay in memory. The directories come
//! last, and the header very last: a file cut short is visibly invalid. Reduced levels are in the main chain with
//! `NewSubfileType` 1, for there every reader finds them; OME-TIFF wants them below the full image. A COG is sorted once
//! all of it is there. In reading order:
//!
//! ```text
//! ifd       directories as bytes              predict    samples as differences
//!                                             lzw        TIFF's own compression
//! encoder   a tile to the bytes in the file   store      where the tiles are
//! describe  what directories say              ome        what was measured, as XML
//! cog       directories first, tiles in order        strips     rows instead of tiles
//! ```

mod cog;
mod describe;
pub(crate) mod ifd;
mod lzw;
mod ome;
mod encoder;
mod predict;
mod store;
mod strips;
#[cfg(test)]
mod tests;

pub(crate) use describe::{about, plain_description};

use std::path::PathBuf;

use self::encoder::ChunkEncoder;
use self::ifd::{Directory, Value, Width, tag};
use self::store::Store;
use super::TileSink;
use super::resolved::check_jpeg;
use super::rows::Rows;
use super::spec::{Encoding, FormatSpec, JpegUse, OptionName};
use super::templates::{TILE_FOLDER, own_encoding, rows_within};
use crate::copied::CopiedLevel;
use crate::format::{Format, Levels};
use crate::geometry::{Size, TileGrid};
use crate::job::Progress;
use crate::options::Compression;
use crate::pixels::{Color, Pixels, PixelsView, Sample, Samples, by_type};
use crate::source::{Coded, Info};
use crate::tiff_options::{CLASSIC_END, Offsets, TiffOptions};
use crate::{Error, Result};
use crate::{ExportOptions, Plan, Workspace};

/// One tiled pyramidal BigTIFF, or strips.
pub(super) const TIFF: FormatSpec = FormatSpec {
    format: Format::Tiff,
    name: "tif",
    title: "BigTIFF",
    endings: &["tif", "tiff"],
    tile_step: 16,
    quality: 85,
    // Of differences of photographs, the first level makes as little as any, in two thirds of the time.
    deflate_level: 1,
    jpeg: JpegUse::ByCompression,
    compressions: &[Compression::Jpeg, Compression::Deflate, Compression::Zstd, Compression::Lzw, Compression::None],
    tiles: &[],
    options: &[
        OptionName::Tile,
        OptionName::Compression,
        OptionName::DeflateLevel,
        OptionName::Quality,
        OptionName::Subsampling,
        OptionName::Pyramid,
        OptionName::SubImages,
        OptionName::Strips,
        OptionName::Offsets,
        OptionName::Predictor,
        OptionName::ZstdLevel,
        OptionName::Copy,
    ],
    whole_edges: true,
    check,
    check_size: strips::check,
    takes,
    encoding: own_encoding,
    tile_overhead: |encoding| if encoding == Encoding::Jpeg { 600 } else { 16 },
    table_bytes: |options, info, tiles| tiles * 16 * planes(info, options) as u64,
    // Strips are pieces: a power of two of about a quarter of a megabyte, so that every band has whole strips, and those whole
    // MCUs.
    piece_rows: |line| 1 << rows_within(256 << 10, line).max(16).ilog2(),
    create: |job| {
        if job.options.tiff.strips {
            return Ok(Box::new(Rows::create(job, strips::Strips::new(job)?)?));
        }
        Ok(Box::new(Tiff::create(job.work, job.info, job.options, job.plan, job.resumed)?))
    },
    ..TILE_FOLDER
};

/// OME-TIFF.
pub(super) const OME_TIFF: FormatSpec = FormatSpec {
    format: Format::OmeTiff,
    name: "ome-tiff",
    title: "OME-TIFF",
    endings: &["ome.tif", "ome.tiff"],
    options: TILED,
    ..TIFF
};

/// Cloud-optimized GeoTIFF.
pub(super) const COG: FormatSpec = FormatSpec {
    format: Format::Cog,
    name: "cog",
    title: "Cloud-optimized GeoTIFF",
    endings: &[],
    levels: Levels::ToSide(512),
    tile: 512,
    offsets: Offsets::Auto,
    options: TILED,
    sorted: true,
    ..TIFF
};

const TILED: &[OptionName] = &[
    OptionName::Copy,
    OptionName::Tile,
    OptionName::Compression,
    OptionName::DeflateLevel,
    OptionName::Quality,
    OptionName::Subsampling,
    OptionName::Pyramid,
    OptionName::Offsets,
    OptionName::Predictor,
    OptionName::ZstdLevel,
];

fn check(options: &ExportOptions, info: &Info) -> Result<()> {
    let spec = options.spec();
    if options.tiff.strips && !spec.has(OptionName::Strips) {
        return Err(Error::unsupported(format!("{} in strips; leave them out, or write a .tif", spec.title)));
    }
    if options.is_jpeg(info) { check_jpeg(info, "choose deflate, or apply display settings") } else { Ok(()) }
}

/// Writes one TIFF.
pub(crate) struct Tiff {
    /// Where it is made; its name is the final one.
    path: PathBuf,
    store: Store,
    /// For each level.
    encoders: Vec<ChunkEncoder>,
    info: Info,
    /// The images in the main chain that are not reduced: one, or one for each channel.
    planes: usize,
    /// Of each plane.
    levels: usize,
    format: Format,
    options: TiffOptions,
    offsets: Offsets,
}

impl Tiff {
    /// An empty file, or the one of the run before, for pixels like `info`'s.
    pub(super) fn create(
        work: &Workspace,
        info: &Info,
        options: &ExportOptions,
        plan: &Plan,
        resumed: bool,
    ) -> Result<Self> {
        let planes = planes(info, options);
        let grids = (0..planes).flat_map(|_| plan.levels.iter().map(|&size| TileGrid::square(size, plan.tile)));
        let path = work.output(work.out().file_name().unwrap_or_default());
        let sorted = options.format == Format::Cog;
        let tiles_at = if sorted { work.scratch("tiles") } else { path.clone() };
        let encoder = ChunkEncoder::new(info, options, planes > 1);
        let like = |copied: &Option<CopiedLevel>| match copied {
            Some(copied) => encoder.like(&copied.coded.encoding),
            None => encoder.clone(),
        };
        let encoders = plan.copied.iter().map(like).collect();
        let classic = !sorted && options.tiff.offsets == Some(Offsets::Classic);
        Ok(Self {
            path,
            store: Store::open(tiles_at, grids, classic, resumed)?,
            encoders,
            info: info.clone(),
            planes,
            levels: plan.levels.len(),
            format: options.format,
            options: options.tiff.clone(),
            offsets: options.offsets(),
        })
    }

    /// All that a directory says but for the positions of its tiles.
    fn directory(&self, plane: usize, level: usize) -> Directory {
        let grid = self.store.tables()[plane * self.levels + level].grid;
        let mut entries = describe::description(&self.encoders[level], grid.size);
        entries.extend([
            (tag::TILE_WIDTH, Value::Long(vec![grid.tile.width])),
            (tag::TILE_LENGTH, Value::Long(vec![grid.tile.height])),
        ]);
        if level > 0 {
            entries.insert(tag::NEW_SUBFILE_TYPE, Value::Long(vec![1]));
        }
        entries.extend(describe::about(&self.info, self.scale_of(grid.size), level));
        if self.format == Format::OmeTiff && plane == 0 && level == 0 {
            let text = ome::xml(&self.info, self.full_size(), self.encoders[0].channels(), self.planes, &self.path);
            entries.insert(tag::IMAGE_DESCRIPTION, Value::Text(text.into()));
        }
        entries
    }

    fn full_size(&self) -> Size {
        self.store.tables()[0].grid.size
    }

    fn scale_of(&self, level: Size) -> (f64, f64) {
        let full = self.full_size();
        (f64::from(full.width) / f64::from(level.width), f64::from(full.height) / f64::from(level.height))
    }

    /// Write all directories behind the tiles. Gives the position of the first, and the end.
    fn append_directories(&self, width: Width) -> Result<(u64, u64)> {
        let below = self.options.sub_images || self.format == Format::OmeTiff;
        let (mut at, mut next) = (self.store.end(), 0);
        let write = |directory: Directory, next: u64, at: &mut u64| {
            let start = *at;
            self.store.write_next(&ifd::encode(&directory, start, next, width), at)?;
            *at = at.next_multiple_of(8);
            Ok(start)
        };
        let with_tiles = |plane: usize, level: usize, at: &mut u64| {
            let (offsets, counts) = self.store.write_table(plane * self.levels + level, width, at)?;
            let mut directory = self.directory(plane, level);
            directory.extend([(tag::TILE_OFFSETS, offsets), (tag::TILE_BYTE_COUNTS, counts)]);
            Ok::<_, crate::Error>(directory)
        };
        // Each directory names the next one, so the last comes first.
        for plane in (0..self.planes).rev() {
            if below {
                let mut subs = Vec::new();
                for level in 1..self.levels {
                    subs.push(write(with_tiles(plane, level, &mut at)?, 0, &mut at)?);
                }
                let mut full = with_tiles(plane, 0, &mut at)?;
                if !subs.is_empty() {
                    full.insert(tag::SUB_IFDS, Value::Offsets(subs));
                }
                next = write(full, next, &mut at)?;
            } else {
                for level in (0..self.levels).rev() {
                    next = write(with_tiles(plane, level, &mut at)?, next, &mut at)?;
                }
            }
        }
        Ok((next, at))
    }
}

impl TileSink for Tiff {
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()> {
        let size = self.store.tables()[level].grid.tile;
        if self.planes == 1 {
            return self.store.append(level, column, row, &self.encoders[level].encode(tile, size)?);
        }
        for plane in 0..self.planes {
            let encoded = self.encoders[level].encode(channel(tile, plane).view(), size)?;
            self.store.append(plane * self.levels + level, column, row, &encoded)?;
        }
        Ok(())
    }

    fn put_coded(&self, level: usize, column: u32, row: u32, tile: &[u8]) -> Result<()> {
        self.store.append(level, column, row, tile)
    }

    fn state(&self) -> Vec<u8> {
        self.store.state()
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        self.store.restore(state)
    }

    fn sync(&self) -> Result<()> {
        self.store.sync()
    }

    fn finish(self: Box<Self>, progress: &Progress) -> Result<u64> {
        if self.format == Format::Cog {
            return cog::assemble(&self, progress);
        }
        let tables: u64 = self.store.tables().iter().map(|table| table.grid.count() * 8 + 4096).sum();
        let fits = self.store.end() + tables + self.info.icc.as_ref().map_or(0, |icc| icc.len() as u64) < CLASSIC_END;
        let width = if fits && self.offsets != Offsets::Big { Width::Classic } else { Width::Big };
        let (first, end) = self.append_directories(width)?;
        self.store.complete(&ifd::header(first, width), end)?;
        Ok(end)
    }
}

/// The number of images that one image is split into: in OME-TIFF, measured channels have an image each.
fn planes(info: &Info, options: &ExportOptions) -> usize {
    let apart = options.format == Format::OmeTiff && info.color == Color::Channels;
    if apart { info.channels.into() } else { 1 }
}

/// Whether tiles encoded like this can be stored in a TIFF with `options`.
fn takes(options: &ExportOptions, info: &Info, coded: &Coded) -> bool {
    !options.tiff.strips
        && planes(info, options) == 1
        && ChunkEncoder::new(info, options, false).takes(&coded.encoding, options)
}

/// One channel of `view`.
fn channel(view: PixelsView<'_>, number: usize) -> Pixels {
    fn pick<S: Sample>(view: PixelsView<'_>, number: usize) -> Samples {
        let channels = view.channels() as usize;
        S::wrap(view.rows::<S>().flat_map(|row| row.iter().skip(number).step_by(channels).copied()).collect())
    }
    let samples = by_type!(view.sample_type(), S => pick::<S>(view, number));
    Pixels::new(view.size(), 1, samples).unwrap_or_else(|_| unreachable!("one of each pixel"))
}
