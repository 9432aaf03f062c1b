//! [`sampled`]: the size and the time of an output, told from squares all over the image that are exported for a try.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::formats::Encoding;
use super::{ExportOptions, Plan, choose, estimate, run};
use crate::Result;
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::job::{MemoryBudget, Progress};
use crate::pixels::Pixels;
use crate::source::{Capabilities, Info, ReadingCost, Source};

/// The side of a square, in pixels of the output; along sides that are not much longer, all of them.
const SIDE: u32 = 512;
/// The most squares along a side.
const MOST: u32 = 4;
/// Of an image that a scan makes readable from its top, no more bytes are waited for.
const MOST_SCANNED: u64 = 192 << 20;

/// `plan`, of an export of `source` to `out` with `options`, with the bytes and the time that some squares of the image tell. Reads
/// and encodes up to four million pixels. Where all is told by the plan, or a try is no measure, that is left as it is.
pub fn sampled(source: &dyn Source, out: &Path, options: &ExportOptions, plan: Plan) -> Result<Plan> {
    let base = &*choose(source, options)?;
    let info = base.info();
    let is_told = estimate::encoding(info, options) == Encoding::None || (options.spec().exact_bytes)(info).is_some();
    let copied = Copied::of(source, &plan)?;
    if is_told && copied.tiles == 0 {
        return Ok(plan);
    }
    let made = if copied.tiles < plan.tiles { Some(tried(base, out, options)?) } else { None };
    let (mut bytes, mut seconds) = (copied.bytes, plan.seconds);
    if let Some(tried) = made.flatten() {
        let written: u64 = plan.levels.iter().map(|size| size.area()).sum();
        let encoded = written.saturating_sub(copied.pixels);
        bytes += (tried.bytes as f64 * encoded as f64 / tried.pixels as f64) as u64;
        let reading = tried.reading * base.cost(Region::new(0, info.whole(0))).all as f64 / tried.read.max(1) as f64;
        seconds = (reading + tried.encoding * encoded as f64 / tried.pixels as f64) / plan.workers as f64;
    } else if copied.tiles < plan.tiles {
        return Ok(plan);
    }
    Ok(Plan { output_bytes: bytes, seconds, ..plan })
}

/// What the tiles amount to that are copied from the source.
struct Copied {
    tiles: u64,
    pixels: u64,
    bytes: u64,
}

impl Copied {
    /// From some tiles of each level.
    fn of(source: &dyn Source, plan: &Plan) -> Result<Self> {
        let mut all = Self { tiles: 0, pixels: 0, bytes: 0 };
        for (level, size) in
            plan.copied.iter().zip(&plan.levels).filter_map(|(level, size)| Some((level.as_ref()?, size)))
        {
            let (mut bytes, mut count) = (0, 0);
            for row in spread(level.rows) {
                for column in spread(level.columns) {
                    let corner = (i64::from(column * plan.tile), i64::from(row * plan.tile));
                    let rect = Rect::at(corner.0, corner.1, Size::new(plan.tile, plan.tile));
                    let stored = source.encoded_tile(level.level, rect.translate(level.origin.0, level.origin.1))?;
                    bytes += stored.map_or(0, |stored| stored.len() as u64);
                    count += 1;
                }
            }
            all.tiles += level.tiles();
            all.bytes += bytes * level.tiles() / count.max(1);
            all.pixels += (level.tiles() * u64::from(plan.tile).pow(2)).min(size.area());
        }
        Ok(all)
    }
}

/// Up to eight numbers below `count`, evenly.
fn spread(count: u32) -> impl Iterator<Item = u32> {
    let wanted = count.min(8);
    (0..wanted).map(move |at| (u64::from(at) * u64::from(count) / u64::from(wanted)) as u32)
}

/// What came of a try.
struct Tried {
    /// Of all levels.
    pixels: u64,
    bytes: u64,
    /// Seconds of one processor.
    reading: f64,
    encoding: f64,
    /// Bytes that were decoded.
    read: u64,
}

/// Export squares of `base`, which is what is written; nothing where its parts cannot be had soon.
fn tried(base: &dyn Source, out: &Path, options: &ExportOptions) -> Result<Option<Tried>> {
    let Some(squares) = Squares::of(base) else { return Ok(None) };
    // Without a temporary folder the plan is all that is told.
    let Ok(folder) = tempfile::tempdir() else { return Ok(None) };
    let name = out.file_name().map_or_else(|| "sample".into(), std::borrow::ToOwned::to_owned);
    let options = ExportOptions {
        region: None,
        level: 0,
        scale: None,
        flatten: false,
        memory: MemoryBudget::default(),
        threads: Some(1),
        block_exponent: None,
        overwrite: true,
        ..options.clone()
    };
    let began = Instant::now();
    let done = run(&squares, &folder.path().join(name), &options, &Progress::default())?;
    let reading = squares.nanoseconds.into_inner() as f64 * 1e-9;
    let levels = options.levels().sizes(squares.info.size(), options.tile_side());
    Ok(Some(Tried {
        pixels: levels.iter().map(|size| size.area()).sum(),
        bytes: done.bytes,
        reading,
        encoding: (began.elapsed().as_secs_f64() - reading).max(0.0),
        read: squares.read,
    }))
}

/// Squares from all over an image, side by side.
struct Squares<'a> {
    source: &'a dyn Source,
    info: Info,
    grid: TileGrid,
    /// The first column and row of the source's pixels in each column and row of squares.
    columns: Vec<i64>,
    rows: Vec<i64>,
    /// Bytes that are decoded for all of them.
    read: u64,
    /// The time that reading took.
    nanoseconds: AtomicU64,
}

impl<'a> Squares<'a> {
    fn of(source: &'a dyn Source) -> Option<Self> {
        let info = source.info();
        let size = info.size();
        let cost = source.cost(Region::new(0, info.whole(0)));
        // A scan comes to the rows one after the other.
        let ready = if cost.background > 0 { MOST_SCANNED as f64 / cost.all.max(1) as f64 } else { 1.0 };
        let height = ((f64::from(size.height) * ready) as u32).min(size.height);
        if height < SIDE.min(size.height) {
            return None;
        }
        // What is not much larger is taken whole: squares that overlap would look alike.
        let places = |length: u32| -> (u32, Vec<i64>) {
            if length <= MOST * SIDE {
                return (length, vec![0]);
            }
            let room = f64::from(length - SIDE) / f64::from(MOST - 1);
            (SIDE, (0..MOST).map(|at| (room * f64::from(at)) as i64).collect())
        };
        let ((width, columns), (height, rows)) = (places(size.width), places(height));
        let square = Size::new(width, height);
        let whole = Size::new(square.width * columns.len() as u32, square.height * rows.len() as u32);
        let each = rows.iter().flat_map(|y| columns.iter().map(move |x| Rect::at(*x, *y, square)));
        let read: u64 = each.map(|rect| source.cost(Region::new(0, rect)).all).sum();
        let mut info = info.clone();
        info.levels.truncate(1);
        (info.levels[0].size, info.levels[0].tile) = (whole, square);
        let grid = TileGrid::new(whole, square);
        Some(Self { source, info, grid, columns, rows, read: read.min(cost.all), nanoseconds: AtomicU64::new(0) })
    }
}

impl Source for Squares<'_> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        // Of squares put together nothing is stored.
        Capabilities::none()
    }

    fn cost(&self, _: Region) -> ReadingCost {
        // The cache of the source has its own budget.
        ReadingCost::default()
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        let began = Instant::now();
        let mut out = self.info.blank(region.rect.size());
        for (column, row) in self.grid.touching(region.rect) {
            let place = self.grid.rect(column, row);
            let part = place.intersect(region.rect);
            let from = (self.columns[column as usize] - place.x0, self.rows[row as usize] - place.y0);
            let pixels = self.source.read(Region::new(0, part.translate(from.0, from.1)))?;
            out.paste(pixels.view(), part.x0 - region.rect.x0, part.y0 - region.rect.y0);
        }
        self.nanoseconds.fetch_add(began.elapsed().as_nanos() as u64, Relaxed);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::SampleType;
    use crate::source::testing::{Pattern, check_source};
    use crate::{Compression, Format, plan};

    #[test]
    fn squares_are_parts_of_the_image() {
        for (width, height) in [(3000, 2000), (700, 30), (100, 5000), (1, 1)] {
            let pattern = Pattern::new(Size::new(width, height), 3, SampleType::U8);
            let squares = Squares::of(&pattern).unwrap();
            check_source(&squares);
            let last = Size::new(width.min(9), height.min(7));
            let end = |size: Size| Rect::at((size.width - last.width).into(), (size.height - last.height).into(), last);
            let read = |source: &dyn Source| source.read(Region::new(0, end(source.info().size()))).unwrap();
            assert_eq!(read(&squares), read(&pattern), "{width}×{height}: the last square is at the end");
        }
    }

    #[test]
    fn a_try_tells_the_bytes_of_what_is_encoded() {
        let folder = tempfile::tempdir().unwrap();
        let pattern = Pattern::new(Size::new(3300, 2900), 3, SampleType::U8);
        for (name, format, compression) in [
            ("a.tif", Format::Tiff, Some(Compression::Deflate)),
            ("b.tif", Format::Tiff, Some(Compression::Jpeg)),
            ("c.png", Format::Png, None),
            ("d.dzi", Format::DeepZoom, None),
        ] {
            let out = folder.path().join(name);
            let options = ExportOptions { compression, ..ExportOptions::new(format) };
            let told = sampled(&pattern, &out, &options, plan(&pattern, &out, &options).unwrap()).unwrap();
            let done = run(&pattern, &out, &options, &Progress::default()).unwrap();
            let ratio = told.output_bytes as f64 / done.bytes as f64;
            assert!((0.8..1.25).contains(&ratio), "{name}: {ratio:.2} of {}", done.bytes);
        }
    }
}
