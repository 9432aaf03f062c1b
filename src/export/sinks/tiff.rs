//! Tiled `BigTIFF`, its reduced levels as further directories of the main chain: what `OpenSlide` reads as levels.
//!
//! Tiles are appended as they come, from any thread; the directories follow at the end, and the header's link to them is
//! written last of all, so that a torn file says so itself.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::ifd::{Value, directory};
use super::{Staged, jpeg_options, presentable};
use crate::codec::jpeg::{self, Subsampling};
use crate::export::{Compression, ExportOptions, Plan, TileSink};
use crate::geometry::{Size, TileGrid};
use crate::pixels::{Colour, Pixels, PixelsView, SampleType, Samples, each_type, le_bytes};
use crate::source::{Info, PositionedFile};
use crate::{Error, IoResultExt as _, Result};

/// The deflate level that gives most for its time.
const DEFLATE_LEVEL: i32 = 6;
const HEADER: u64 = 16;

/// Appends compressed tiles and remembers where.
pub struct Tiff {
    staged: Staged,
    file: PositionedFile,
    end: AtomicU64,
    levels: Vec<LevelTable>,
    kind: Kind,
    options: ExportOptions,
    info: Info,
}

/// Where each tile of a level is.
struct LevelTable {
    grid: TileGrid,
    offsets: Vec<AtomicU64>,
    counts: Vec<AtomicU64>,
}

/// The pixels as written.
#[derive(Debug, Clone, Copy)]
struct Kind {
    colour: Colour,
    channels: u8,
    sample: SampleType,
}

impl Tiff {
    /// Begin `out`.
    pub fn create(out: &Path, plan: &Plan, info: &Info, options: &ExportOptions) -> Result<Self> {
        let staged = Staged::new(out)?;
        let open = OpenOptions::new().read(true).write(true).create_new(true).open(staged.path());
        let file = PositionedFile::new(open.at(out)?, out);
        let jpeg = options.compression == Compression::Jpeg;
        let flat = jpeg && info.colour.has_alpha();
        let channels = info.channels - u8::from(flat);
        let colour = if flat { Colour::of_channels(channels) } else { info.colour };
        let levels = plan.sizes.iter().map(|size| LevelTable::new(*size, plan.tile)).collect();
        let kind = Kind { colour, channels, sample: info.sample };
        let (options, info) = (options.clone(), info.clone());
        Ok(Self { staged, file, end: AtomicU64::new(HEADER), levels, kind, options, info })
    }

    fn compress(&self, tile: PixelsView<'_>) -> Result<Vec<u8>> {
        let side = self.options.tile;
        let flat = match self.options.compression {
            Compression::Jpeg => presentable(tile, self.info.colour, self.options.matte),
            _ => None,
        };
        let tile = flat.as_ref().map_or(tile, |pixels| pixels.view());
        let whole = Size::new(side, side);
        let padded = (tile.size() != whole).then(|| pad(tile, whole));
        let tile = padded.as_ref().map_or(tile, |pixels| pixels.view());
        match self.options.compression {
            Compression::None => Ok(le_bytes(tile.to_pixels().samples()).into_owned()),
            Compression::Deflate => deflate(tile),
            Compression::Jpeg => {
                let mut bytes = Vec::with_capacity(64 << 10);
                jpeg::encode(tile, &jpeg_options(self.options.quality), &mut bytes)?;
                Ok(bytes)
            }
        }
    }

    fn entries(&self, level: usize) -> Vec<(u16, Value)> {
        let table = &self.levels[level];
        let Kind { colour, channels, sample } = self.kind;
        let short = |value: u16| Value::Short(vec![value]);
        let each = |value: u16| Value::Short(vec![value; channels as usize]);
        let jpeg = self.options.compression == Compression::Jpeg;
        let photometric = match colour {
            Colour::Rgb if jpeg => 6,
            Colour::Rgb | Colour::Rgba => 2,
            _ => 1,
        };
        let load = |values: &[AtomicU64]| Value::Long8(values.iter().map(|value| value.load(Relaxed)).collect());
        let mut entries = vec![
            (254, Value::Long(vec![u32::from(level > 0)])),
            (256, Value::Long(vec![table.grid.size.width])),
            (257, Value::Long(vec![table.grid.size.height])),
            (258, each(sample.bytes() as u16 * 8)),
            (
                259,
                short(match self.options.compression {
                    Compression::None => 1,
                    Compression::Deflate => 8,
                    Compression::Jpeg => 7,
                }),
            ),
            (262, short(photometric)),
            (277, short(channels.into())),
            (284, short(1)),
            (305, Value::Ascii(format!("Mosaicist {}", env!("CARGO_PKG_VERSION")))),
            (322, Value::Long(vec![table.grid.tile.width])),
            (323, Value::Long(vec![table.grid.tile.height])),
            (324, load(&table.offsets)),
            (325, load(&table.counts)),
            (339, each(if sample == SampleType::F32 { 3 } else { 1 })),
        ];
        let named = if photometric == 1 { 1 } else { 3 };
        if channels > named {
            let mut extra = vec![0; (channels - named) as usize];
            if colour.has_alpha() {
                extra[0] = 2;
            }
            entries.push((338, Value::Short(extra)));
        }
        if self.options.compression == Compression::Deflate && sample != SampleType::F32 {
            entries.push((317, short(2)));
        }
        if photometric == 6 {
            let full = jpeg_options(self.options.quality).subsampling == Subsampling::Full;
            entries.push((530, Value::Short(if full { vec![1, 1] } else { vec![2, 2] })));
        }
        if let Some((x, y)) = self.info.mpp {
            let scale = (1u64 << level) as f64;
            // Pixels in a centimetre, with four decimals.
            let resolution = |mpp: f64| Value::Rational((1e8 / (mpp * scale)).round().min(4e9) as u32, 10_000);
            entries.extend([(282, resolution(x)), (283, resolution(y)), (296, short(3))]);
        }
        if let Some(icc) = self.info.icc.as_ref().filter(|_| level == 0) {
            entries.push((34675, Value::Undefined(icc.to_vec())));
        }
        entries
    }
}

impl TileSink for Tiff {
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()> {
        let bytes = self.compress(tile)?;
        // Even offsets, as TIFF 6.0 asks of values.
        let length = (bytes.len() as u64).next_multiple_of(2);
        let offset = self.end.fetch_add(length, Relaxed);
        self.file.write_at(&bytes, offset)?;
        let table = self.levels.get(level).ok_or_else(|| Error::invalid("a level beyond the plan"))?;
        let number = row as usize * table.grid.columns() as usize + column as usize;
        table.offsets[number].store(offset, Relaxed);
        table.counts[number].store(bytes.len() as u64, Relaxed);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<u64> {
        let first = self.end.load(Relaxed).next_multiple_of(8);
        let mut offset = first;
        for level in 0..self.levels.len() {
            let bytes = directory(self.entries(level), offset, level + 1 == self.levels.len());
            self.file.write_at(&bytes, offset)?;
            offset += bytes.len() as u64;
        }
        self.file.sync()?;
        let mut header = b"II\x2B\0\x08\0\0\0".to_vec();
        header.extend(first.to_le_bytes());
        self.file.write_at(&header, 0)?;
        self.file.sync()?;
        self.staged.finish()?;
        Ok(offset)
    }
}

impl LevelTable {
    fn new(size: Size, tile: u32) -> Self {
        let grid = TileGrid::square(size, tile);
        let zeros = || (0..grid.count()).map(|_| AtomicU64::new(0)).collect();
        Self { grid, offsets: zeros(), counts: zeros() }
    }
}

/// Fill up to `whole` by repeating the last column and row: smooth edges compress better than black ones and don't ring.
fn pad(tile: PixelsView<'_>, whole: Size) -> Pixels {
    fn fill<S: crate::pixels::Sample>(_: &[S], tile: PixelsView<'_>, whole: Size) -> Samples {
        let channels = tile.channels() as usize;
        let mut out = Vec::with_capacity(whole.area() as usize * channels);
        let last = tile.size().height.saturating_sub(1) as usize;
        for y in 0..whole.height as usize {
            let row = tile.row::<S>(y.min(last)).unwrap_or_default();
            out.extend_from_slice(row);
            let edge = &row[row.len().saturating_sub(channels)..];
            for _ in tile.size().width..whole.width {
                out.extend_from_slice(edge);
            }
        }
        S::wrap(out)
    }
    let empty = Samples::zeroed(tile.sample_type(), 0);
    let samples = each_type!(&empty, like => fill(like, tile, whole));
    Pixels::new(whole, tile.channels(), samples).unwrap_or_else(|_| unreachable!("filled up"))
}

/// Deflate with horizontal differences (predictor 2) for integers.
fn deflate(tile: PixelsView<'_>) -> Result<Vec<u8>> {
    let (channels, row) = (tile.channels() as usize, tile.size().width as usize * tile.channels() as usize);
    let raw = match tile.to_pixels().into_samples() {
        Samples::U8(mut samples) => {
            for row in samples.chunks_exact_mut(row) {
                for at in (channels..row.len()).rev() {
                    row[at] = row[at].wrapping_sub(row[at - channels]);
                }
            }
            samples
        }
        Samples::U16(mut samples) => {
            for row in samples.chunks_exact_mut(row) {
                for at in (channels..row.len()).rev() {
                    row[at] = row[at].wrapping_sub(row[at - channels]);
                }
            }
            Samples::U16(samples).to_le_bytes()
        }
        floats @ Samples::F32(_) => floats.to_le_bytes(),
    };
    let level = libdeflater::CompressionLvl::new(DEFLATE_LEVEL).unwrap_or_default();
    let mut compressor = libdeflater::Compressor::new(level);
    let mut out = vec![0; compressor.zlib_compress_bound(raw.len())];
    let length = compressor.zlib_compress(&raw, &mut out).map_err(|error| Error::limit(format!("deflate: {error}")))?;
    out.truncate(length);
    Ok(out)
}
