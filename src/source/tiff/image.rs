//! One directory as a grid of chunks, and several of them as the levels of a source.

use std::sync::{Arc, OnceLock};

use super::chunk::Coding;
use super::directory::{self as tag, Directory};
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::pixels::{Colour, Pixels, Sample, Samples, each_type};
use crate::source::{Info, Level, PositionedFile, Source};
use crate::{Error, IoResultExt as _, Result};

/// No chunk may yield more bytes than this.
const MOST_CHUNK: u64 = 1 << 30;

/// One image of the file.
pub(super) struct Image {
    file: Arc<PositionedFile>,
    directory: Directory,
    coding: Coding,
    size: Size,
    chunk: Size,
    tiled: bool,
    /// Samples of one pixel, over all planes.
    samples: usize,
    separate: bool,
    alpha: bool,
    table: OnceLock<(Vec<u64>, Vec<u64>)>,
}

impl Image {
    /// The image a directory describes, if it can be read.
    pub(super) fn new(file: Arc<PositionedFile>, directory: Directory) -> Result<Self> {
        let side = |tag| directory.int(tag).and_then(|n| u32::try_from(n).ok()).filter(|n| (1..1 << 30).contains(n));
        let (Some(width), Some(height)) = (side(tag::WIDTH), side(tag::HEIGHT)) else {
            return Err(Error::corrupt("a TIFF image without a size"));
        };
        let tiled = directory.has(tag::TILE_OFFSETS) || directory.has(tag::TILE_WIDTH);
        let chunk = if tiled {
            let (Some(width), Some(height)) = (side(tag::TILE_WIDTH), side(tag::TILE_HEIGHT)) else {
                return Err(Error::corrupt("TIFF tiles without a size"));
            };
            Size::new(width, height)
        } else {
            let rows = directory.int(tag::ROWS_PER_STRIP).unwrap_or(u64::MAX).clamp(1, height.into());
            Size::new(width, rows as u32)
        };
        let samples = directory.int(tag::SAMPLES_PER_PIXEL).unwrap_or(1);
        if !(1..=64).contains(&samples) {
            return Err(Error::unsupported(format!("{samples} samples in a pixel")));
        }
        let bits = directory.ints(&file, tag::BITS_PER_SAMPLE)?;
        if bits.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err(Error::unsupported("TIFF samples of different widths"));
        }
        let separate = directory.int(tag::PLANAR) == Some(2) && samples > 1;
        let coding = Coding {
            compression: directory.int(tag::COMPRESSION).unwrap_or(1),
            photometric: directory.int(tag::PHOTOMETRIC).unwrap_or(1),
            predictor: directory.int(tag::PREDICTOR).unwrap_or(1),
            bits: bits.first().copied().unwrap_or(1).min(1024) as u32,
            format: directory.ints(&file, tag::SAMPLE_FORMAT)?.first().copied().unwrap_or(1),
            stored: if separate { 1 } else { samples as usize },
            little: directory.is_little(),
            tables: directory.bytes(&file, tag::JPEG_TABLES)?,
            palette: palette(&directory.ints(&file, tag::COLOR_MAP)?),
        };
        coding.check()?;
        let bytes = chunk.area().saturating_mul(samples * u64::from(coding.bits).div_ceil(8));
        if bytes > MOST_CHUNK {
            return Err(Error::limit(format!("pieces of {chunk} pixels are too large to be read one at a time")));
        }
        let extra = directory.ints(&file, tag::EXTRA_SAMPLES)?;
        let alpha = extra.last().is_some_and(|kind| matches!(kind, 1 | 2)) && matches!(samples, 2 | 4);
        let (size, samples) = (Size::new(width, height), samples as usize);
        Ok(Self { file, directory, coding, size, chunk, tiled, samples, separate, alpha, table: OnceLock::new() })
    }

    /// Whether this may be a smaller copy of `other`: same shape, same kind, fewer pixels.
    pub(super) fn is_smaller(&self, other: &Self) -> bool {
        let scale = f64::from(other.size.width) / f64::from(self.size.width);
        let height = f64::from(other.size.height) / scale;
        self.size.width < other.size.width
            && (height - f64::from(self.size.height)).abs() <= 2.0 + height * 0.01
            && self.channels() == other.channels()
            && self.coding.sample_type() == other.coding.sample_type()
    }

    fn channels(&self) -> usize {
        if self.coding.photometric == 3 { 3 } else { self.samples }
    }

    fn colour(&self) -> Colour {
        match (self.coding.photometric, self.samples) {
            (3, _) | (2 | 6, 3) => Colour::Rgb,
            (2, 4) => Colour::Rgba,
            (0 | 1, 1) => Colour::Grey,
            (0 | 1, 2) if self.alpha => Colour::GreyAlpha,
            _ => Colour::Channels,
        }
    }

    fn grid(&self) -> TileGrid {
        TileGrid::new(self.size, self.chunk)
    }

    /// Offsets and byte counts of the chunks, loaded once.
    fn table(&self) -> Result<&(Vec<u64>, Vec<u64>)> {
        if let Some(table) = self.table.get() {
            return Ok(table);
        }
        let (offsets, counts) = if self.tiled {
            (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS)
        };
        let offsets = self.directory.ints(&self.file, offsets)?;
        let mut counts = self.directory.ints(&self.file, counts)?;
        if counts.is_empty() && self.coding.compression == 1 {
            counts = vec![self.chunk_bytes(self.chunk); offsets.len()];
        }
        let planes = if self.separate { self.samples as u64 } else { 1 };
        let expected = self.grid().count().saturating_mul(planes);
        if (offsets.len() as u64) < expected || (counts.len() as u64) < expected {
            return Err(Error::corrupt(format!("{} pieces listed where {expected} belong", offsets.len())));
        }
        Ok(self.table.get_or_init(|| (offsets, counts)))
    }

    fn chunk_bytes(&self, size: Size) -> u64 {
        (u64::from(size.width) * self.coding.stored as u64 * u64::from(self.coding.bits)).div_ceil(8)
            * u64::from(size.height)
    }

    /// The pixels of one chunk, cut to the image.
    fn read_chunk(&self, column: u32, row: u32) -> Result<Pixels> {
        let grid = self.grid();
        let rect = grid.rect(column, row);
        let planes = if self.separate { self.samples } else { 1 };
        let decoded: Result<Vec<Pixels>> = (0..planes).map(|plane| self.read_plane(column, row, plane, rect)).collect();
        let mut decoded = decoded?;
        let pixels = if planes == 1 { decoded.swap_remove(0) } else { interleave(&decoded) };
        let pixels = self.coding.interpret(pixels);
        Ok(if pixels.size() == rect.size() { pixels } else { pixels.crop(Rect::from_size(rect.size())) })
    }

    fn read_plane(&self, column: u32, row: u32, plane: usize, rect: Rect) -> Result<Pixels> {
        let grid = self.grid();
        let number = plane as u64 * grid.count() + u64::from(row) * u64::from(grid.columns()) + u64::from(column);
        let (offsets, counts) = self.table()?;
        let (offset, count) = (offsets[number as usize], counts[number as usize]);
        // Tiles are stored whole; the last strip only as far as the image goes.
        let stored = if self.tiled { self.chunk } else { rect.size() };
        if offset == 0 || count == 0 {
            return Ok(Pixels::zeroed(stored, self.coding.stored as u8, self.coding.sample_type()));
        }
        let count = if self.coding.compression == 1 { count.min(self.chunk_bytes(stored)) } else { count };
        self.coding.decode(self.file.read_at(offset, count)?, stored)
    }
}

/// Planes of one sample each as pixels of all.
fn interleave(planes: &[Pixels]) -> Pixels {
    fn weave<S: Sample>(planes: &[Pixels]) -> Samples {
        let planes: Vec<&[S]> = planes.iter().filter_map(|plane| S::slice(plane.samples())).collect();
        S::wrap((0..planes[0].len()).flat_map(|at| planes.iter().map(move |plane| plane[at])).collect())
    }
    fn weave_like<S: Sample>(_: &[S], planes: &[Pixels]) -> Samples {
        weave::<S>(planes)
    }
    let samples = each_type!(planes[0].samples(), first => weave_like(first, planes));
    let made = Pixels::new(planes[0].size(), planes.len() as u8, samples);
    made.unwrap_or_else(|_| unreachable!("planes of one size"))
}

fn palette(map: &[u64]) -> Vec<[u8; 3]> {
    let third = map.len() / 3;
    // Entries are 16 bits; some writers store 8.
    let shift = if map.iter().any(|&value| value > 255) { 8 } else { 0 };
    (0..third).map(|at| [0, 1, 2].map(|c| (map[c * third + at] >> shift) as u8)).collect()
}

/// An image with its smaller copies.
pub(super) struct TiffSource {
    info: Info,
    levels: Vec<Image>,
}

impl TiffSource {
    /// `levels` in any order but for the first, which is the full one.
    pub(super) fn new(mut levels: Vec<Image>) -> Self {
        levels.sort_by_key(|image| std::cmp::Reverse(image.size.width));
        levels.dedup_by_key(|image| image.size.width);
        let full = &levels[0];
        let mut info = Info::plain("TIFF", full.size, full.chunk, full.channels() as u8, full.coding.sample_type());
        info.colour = full.colour();
        info.levels = levels
            .iter()
            .map(|image| Level { size: image.size, downsample: downsample(full.size, image.size), tile: image.chunk })
            .collect();
        info.mpp = mpp(&full.file, &full.directory);
        info.icc =
            full.directory.bytes(&full.file, tag::ICC_PROFILE).ok().filter(|icc| !icc.is_empty()).map(Into::into);
        for (tag, name) in tag::TEXTS {
            if let Some(text) = full.directory.text(&full.file, *tag) {
                info.properties.insert((*name).into(), text);
            }
        }
        Self { info, levels }
    }
}

/// The mean of both sides' ratios, snapped to a whole number where rounding to whole pixels explains the rest.
fn downsample(full: Size, level: Size) -> f64 {
    let across = f64::from(full.width) / f64::from(level.width);
    let down = f64::from(full.height) / f64::from(level.height);
    let whole = across.round().max(1.0);
    let explains = |full: u32, level: u32| (f64::from(full) / whole - f64::from(level)).abs() < 1.0;
    if explains(full.width, level.width) && explains(full.height, level.height) {
        whole
    } else {
        f64::midpoint(across, down)
    }
}

fn mpp(file: &PositionedFile, directory: &Directory) -> Option<(f64, f64)> {
    let per = match directory.int(tag::RESOLUTION_UNIT)? {
        2 => 25_400.0,
        3 => 10_000.0,
        _ => return None,
    };
    let side = |tag| directory.rational(file, tag).map(|resolution| per / resolution);
    let (x, y) = (side(tag::X_RESOLUTION)?, side(tag::Y_RESOLUTION)?);
    // 72 or 300 dpi says how large to print, not how large the thing is.
    let measured = |mpp: f64| mpp.is_finite() && mpp > 0.0 && mpp < 50.0;
    (measured(x) && measured(y)).then_some((x, y))
}

impl Source for TiffSource {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        let image = &self.levels[region.level];
        let path = image.file.path();
        let grid = image.grid();
        let mut touching = grid.touching(region.rect);
        if let (Some((column, row)), None) = (touching.next(), touching.next())
            && grid.rect(column, row) == region.rect
        {
            return image.read_chunk(column, row).at(path);
        }
        let mut out = Pixels::filled(region.rect.size(), self.info.sample, &self.info.background);
        for (column, row) in grid.touching(region.rect) {
            let rect = grid.rect(column, row);
            let pixels = image.read_chunk(column, row).at(path)?;
            out.paste(pixels.view(), rect.x0 - region.rect.x0, rect.y0 - region.rect.y0);
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::SampleType;

    #[test]
    fn whole_downsamples_are_whole() {
        let full = Size::new(2220, 2967);
        for (level, expected) in
            [(Size::new(2220, 2967), 1.0), (Size::new(555, 741), 4.0), (Size::new(1110, 1484), 2.0)]
        {
            assert!((downsample(full, level) - expected).abs() < 1e-12, "{level}");
        }
        assert!((downsample(full, Size::new(700, 935)) - 3.17).abs() < 0.01);
    }

    #[test]
    fn a_wide_sample_type_is_kept() {
        let planes = [7u16, 9].map(|v| Pixels::new(Size::new(1, 1), 1, Samples::U16(vec![v])).unwrap());
        let woven = interleave(&planes);
        assert_eq!((woven.sample_type(), woven.samples()), (SampleType::U16, &Samples::U16(vec![7, 9])));
    }
}
