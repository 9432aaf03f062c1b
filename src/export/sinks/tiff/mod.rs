//! A tiled pyramid in one BigTIFF.
//!
//! Workers pack tiles and append them under a cursor, in any order; the positions stay in memory. The directories come
//! last, and the header very last: a file cut short is visibly invalid. Reduced levels stand in the main chain with
//! `NewSubfileType` 1, for there every reader finds them.

pub(in crate::export) mod ifd;
mod pack;

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use self::ifd::{Directory, Value, Width, tag};
use self::pack::Packer;
use super::TileSink;
use crate::export::{Compression, ExportOptions, Plan, Workspace};
use crate::geometry::{Size, TileGrid};
use crate::job::Progress;
use crate::pixels::{Colour, PixelsView, SampleType};
use crate::source::Info;
use crate::source::write_all_at;
use crate::{Error, IoResultExt, Result};

/// Writes one BigTIFF.
pub(in crate::export) struct Tiff {
    path: PathBuf,
    file: File,
    /// Where the next tile goes.
    end: AtomicU64,
    levels: Vec<LevelTiles>,
    /// The tiles (level, index) that no state has told of yet.
    news: Mutex<Vec<(u8, u64)>>,
    packer: Packer,
    info: Info,
    /// Micrometres per pixel of the first level written.
    mpp: Option<(f64, f64)>,
}

/// Where the tiles of one level are.
struct LevelTiles {
    grid: TileGrid,
    offsets: Vec<AtomicU64>,
    counts: Vec<AtomicU32>,
}

impl Tiff {
    /// An empty file, or the one of the run before.
    pub(super) fn create(
        work: &Workspace,
        info: &Info,
        options: &ExportOptions,
        plan: &Plan,
        resumed: bool,
    ) -> Result<Self> {
        let path = work.output(work.out().file_name().unwrap_or_default());
        let file = File::options().read(true).write(true).create(true).truncate(!resumed).open(&path).at(&path)?;
        let level = |&size: &Size| {
            let grid = TileGrid::square(size, plan.tile);
            let zeros = 0..grid.count();
            let offsets = zeros.clone().map(|_| AtomicU64::new(0)).collect();
            LevelTiles { grid, offsets, counts: zeros.map(|_| AtomicU32::new(0)).collect() }
        };
        Ok(Self {
            path,
            file,
            end: AtomicU64::new(16),
            levels: plan.levels.iter().map(level).collect(),
            news: Mutex::default(),
            packer: Packer::new(info, options, plan.tile),
            info: info.clone(),
            mpp: info.mpp,
        })
    }

    fn directory(&self, index: usize) -> Directory {
        let LevelTiles { grid, offsets, counts } = &self.levels[index];
        let mut entries = description(&self.info, &self.packer, grid.size);
        let offsets = offsets.iter().map(|offset| offset.load(Relaxed)).collect();
        let counts = counts.iter().map(|count| count.load(Relaxed)).collect();
        entries.extend([
            (tag::TILE_WIDTH, Value::Long(vec![grid.tile.width])),
            (tag::TILE_LENGTH, Value::Long(vec![grid.tile.height])),
            (tag::TILE_OFFSETS, Value::Long8(offsets)),
            (tag::TILE_BYTE_COUNTS, Value::Long(counts)),
        ]);
        if index > 0 {
            entries.insert(tag::NEW_SUBFILE_TYPE, Value::Long(vec![1]));
        }
        let scale = grid_scale(self.levels[0].grid.size, grid.size);
        if let Some((x, y)) = self.mpp {
            entries.extend(resolution((x * scale.0, y * scale.1)));
        }
        if let (0, Some(profile)) = (index, &self.info.icc) {
            entries.insert(tag::ICC_PROFILE, Value::Bytes(profile.to_vec()));
        }
        entries
    }
}

impl TileSink for Tiff {
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()> {
        let bytes = self.packer.pack(tile)?;
        let at = self.end.fetch_add((bytes.len() as u64).next_multiple_of(2), Relaxed);
        write_all_at(&self.file, &bytes, at).at(&self.path)?;
        let tiles = &self.levels[level];
        let index = row as usize * tiles.grid.columns() as usize + column as usize;
        tiles.offsets[index].store(at, Relaxed);
        tiles.counts[index].store(bytes.len() as u32, Relaxed);
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push((level as u8, index as u64));
        Ok(())
    }

    /// Where the file ends, then level, index, offset and length of each new tile.
    fn state(&self) -> Vec<u8> {
        let news = std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner));
        // Read after the list was taken: it lies behind all that the list names.
        let mut state = self.end.load(Relaxed).to_le_bytes().to_vec();
        for (level, index) in news {
            let tiles = &self.levels[level as usize];
            state.push(level);
            state.extend(index.to_le_bytes());
            state.extend(tiles.offsets[index as usize].load(Relaxed).to_le_bytes());
            state.extend(tiles.counts[index as usize].load(Relaxed).to_le_bytes());
        }
        state
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let damaged = || Error::corrupt("the record of an unfinished export");
        let (end, tiles) = state.split_first_chunk().ok_or_else(damaged)?;
        self.end.store(u64::from_le_bytes(*end), Relaxed);
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte));
        for tile in tiles.chunks(21) {
            let (level, index) = (tile[0] as usize, number(tile.get(1..9).ok_or_else(damaged)?) as usize);
            let level = self.levels.get(level).filter(|level| index < level.offsets.len()).ok_or_else(damaged)?;
            level.offsets[index].store(number(tile.get(9..17).ok_or_else(damaged)?), Relaxed);
            level.counts[index].store(number(tile.get(17..21).ok_or_else(damaged)?) as u32, Relaxed);
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_data().at(&self.path)
    }

    fn finish(self: Box<Self>, _: &Progress) -> Result<u64> {
        let (mut at, mut next) = (self.end.load(Relaxed).next_multiple_of(8), 0);
        // Each directory names the next one, so the last comes first.
        for index in (0..self.levels.len()).rev() {
            let (bytes, start) = ifd::encode(&self.directory(index), at, next, Width::Big);
            write_all_at(&self.file, &bytes, at).at(&self.path)?;
            next = start;
            at = (at + bytes.len() as u64).next_multiple_of(8);
        }
        self.file.set_len(at).at(&self.path)?;
        write_all_at(&self.file, &ifd::header(next, Width::Big), 0).at(&self.path)?;
        Ok(at)
    }
}

/// What a directory says about the pixels: all but where they are.
fn description(info: &Info, packer: &Packer, size: Size) -> Directory {
    let channels = packer.channels();
    let mut entries = plain_description(size, channels, info.sample, packer.colour());
    entries.insert(tag::COMPRESSION, Value::Short(vec![packer.code()]));
    if packer.predicts() {
        entries.insert(tag::PREDICTOR, Value::Short(vec![2]));
    }
    if let (Compression::Jpeg, 3) = (packer.compression(), channels) {
        let (across, down) = packer.subsampling().factors();
        entries.insert(tag::PHOTOMETRIC, Value::Short(vec![6]));
        entries.insert(tag::YCBCR_SUBSAMPLING, Value::Short(vec![across.into(), down.into()]));
        let full_range = [0, 255, 128, 255, 128, 255].map(|value| (value, 1));
        entries.insert(tag::REFERENCE_BLACK_WHITE, Value::Rational(full_range.to_vec()));
    }
    if let Some(tables) = packer.tables() {
        entries.insert(tag::JPEG_TABLES, Value::Bytes(tables.to_vec()));
    }
    entries
}

/// What any TIFF says about uncompressed pixels.
pub(in crate::export) fn plain_description(size: Size, channels: u8, sample: SampleType, colour: Colour) -> Directory {
    let all = |value: u16| Value::Short(vec![value; channels as usize]);
    let colours = if matches!(colour, Colour::Rgb | Colour::Rgba) { 3 } else { 1 };
    let mut entries = Directory::from([
        (tag::IMAGE_WIDTH, Value::Long(vec![size.width])),
        (tag::IMAGE_LENGTH, Value::Long(vec![size.height])),
        (tag::BITS_PER_SAMPLE, all(sample.bytes() as u16 * 8)),
        (tag::COMPRESSION, Value::Short(vec![1])),
        (tag::PHOTOMETRIC, Value::Short(vec![if colours == 3 { 2 } else { 1 }])),
        (tag::SAMPLES_PER_PIXEL, Value::Short(vec![channels.into()])),
        (tag::PLANAR_CONFIGURATION, Value::Short(vec![1])),
        (tag::SOFTWARE, Value::Ascii("Mosaicist")),
        (tag::SAMPLE_FORMAT, all(if sample == SampleType::F32 { 3 } else { 1 })),
    ]);
    if channels > colours {
        let mut extra = vec![0; (channels - colours) as usize];
        if colour.has_alpha() {
            // Unassociated: not premultiplied.
            extra[0] = 2;
        }
        entries.insert(tag::EXTRA_SAMPLES, Value::Short(extra));
    }
    entries
}

/// Pixels per centimetre, from micrometres per pixel.
fn resolution((x, y): (f64, f64)) -> Directory {
    let per_centimetre = |mpp: f64| {
        let value = (10_000.0 / mpp).clamp(1e-3, 4e6);
        Value::Rational(vec![((value * 1000.0).round() as u32, 1000)])
    };
    Directory::from([
        (tag::X_RESOLUTION, per_centimetre(x)),
        (tag::Y_RESOLUTION, per_centimetre(y)),
        (tag::RESOLUTION_UNIT, Value::Short(vec![3])),
    ])
}

fn grid_scale(full: Size, level: Size) -> (f64, f64) {
    (f64::from(full.width) / f64::from(level.width), f64::from(full.height) / f64::from(level.height))
}
