//! The conformance check of every source, and procedural sources for tests.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{Capabilities, Info, Opened, ReadingCost, Source};
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Pixels, SampleType, Samples};
use crate::{Error, Result};

/// Checks the contract of every source: a part read alone equals that part of the whole, at each level, from eight threads at once;
/// and outside there is background.
///
/// For images small enough to be read whole.
pub fn check_source(source: &dyn Source) {
    let info = source.info();
    assert!(!info.levels.is_empty(), "no level");
    assert_eq!(info.background.len(), info.channels as usize, "one background value for each channel");
    for (level, described) in info.levels.iter().enumerate() {
        let read = |rect: Rect| {
            let pixels =
                source.read(Region { level, rect }).unwrap_or_else(|error| panic!("level {level} {rect}: {error}"));
            assert_eq!(pixels.size(), rect.size(), "level {level} {rect}: size");
            assert_eq!(pixels.channels(), info.channels, "level {level}: channels");
            assert_eq!(pixels.sample_type(), info.sample, "level {level}: sample type");
            pixels
        };
        let bounds = Rect::from_size(described.size);
        let whole = read(bounds);
        let parts = some_parts(bounds);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (whole, parts) = (&whole, &parts);
                scope.spawn(move || {
                    for part in parts.iter().cycle().skip(thread).take(parts.len()) {
                        assert_eq!(read(*part), whole.crop(*part), "level {level}: {part} differs from the whole");
                    }
                });
            }
        });
        let mut around = info.blank(bounds.expand(3).size());
        around.paste(whole.view(), 3, 3);
        assert_eq!(read(bounds.expand(3)), around, "level {level}: outside is background");
    }
    let beyond = Region { level: info.levels.len(), rect: Rect::new(0, 0, 1, 1) };
    assert!(source.read(beyond).is_err(), "a level that is not there");
}

/// `bytes` with some places damaged, as `seed` says: bytes and words changed, pieces moved or repeated, the end cut off.
///
/// Every reader must survive all of it.
pub fn damaged(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
    let mut below = |limit: usize| {
        // SplitMix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) % limit.max(1) as u64) as usize
    };
    const TELLING: [u8; 8] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF, 2, 0x10];
    let mut out = bytes.to_vec();
    for _ in 0..=below(4) {
        // Headers are at the ends of files.
        let at = match below(4) {
            0 => below(64),
            1 => out.len().saturating_sub(1 + below(600)),
            _ => below(out.len()),
        };
        let at = at.min(out.len().saturating_sub(1));
        let left = out.len().saturating_sub(at);
        match below(8) {
            0 | 1 => out[at..].iter_mut().take(1).for_each(|byte| *byte ^= 1 << below(8)),
            2 | 3 => out[at..].iter_mut().take(1).for_each(|byte| *byte = TELLING[below(8)]),
            4 => out[at..].iter_mut().take(2 << below(3)).for_each(|byte| *byte = TELLING[below(6)]),
            5 => out[at..].iter_mut().take(4).for_each(|byte| *byte = below(256) as u8),
            6 => {
                let (from, length) = (below(out.len()), 1 + below(left.min(64)));
                let piece: Vec<u8> = out[from..].iter().take(length).copied().collect();
                out[at..].iter_mut().zip(piece).for_each(|(to, byte)| *to = byte);
            }
            _ if below(4) == 0 => out.truncate(at.max(1)),
            _ => {
                let piece: Vec<u8> = out[at..].iter().take(1 + below(32)).copied().collect();
                out.splice(at..at, piece);
            }
        }
    }
    out
}

/// Read a little of everything that `opened` has, as far as it goes: pages, levels, raw samples, CMYK, encoded tiles, planes, rows,
/// associated images.
///
/// Errors are fine; anything else is a bug.
pub fn try_reading(opened: &dyn Opened) {
    let pages = (0..opened.pages().min(3)).map(|page| {
        drop((opened.page_name(page), opened.page_place(page), opened.page_index(page)));
        opened.page(page)
    });
    let associated = opened.associated().into_iter().take(4).map(|name| opened.associated_image(&name));
    for source in pages.chain(associated).flatten() {
        try_regions(&*source);
        source.planes().iter().take(2).for_each(|(_, plane)| try_regions(&**plane));
        if source.info().size().area() <= MOST_SCANNED {
            let scans = [source.sequential_scan(), source.scan_cmyk()];
            for mut scan in scans.into_iter().flatten().flatten() {
                while let Ok(Some(_)) = scan.rows.next_rows() {}
            }
            source.preview().ok();
            source.thumbnail().ok();
        }
    }
}

/// The most pixels of an image that [`try_reading`] scans from top to bottom.
const MOST_SCANNED: u64 = 1 << 20;

fn try_regions(source: &dyn Source) {
    for (level, described) in source.info().levels.iter().enumerate().take(4) {
        let middle = Rect::at((described.size.width / 2).into(), (described.size.height / 2).into(), Size::new(33, 17));
        for rect in [Rect::new(-1, -1, 40, 20), middle] {
            let region = Region { level, rect };
            if let Ok(pixels) = source.read(region) {
                assert_eq!(pixels.size(), rect.size());
                assert_eq!((pixels.channels(), pixels.sample_type()), (source.info().channels, source.info().sample));
            }
            if let Ok(Some(raw)) = source.read_raw(region) {
                assert_eq!(Some(raw.kind()), source.info().stored);
            }
            source.read_cmyk(region).ok();
        }
        if source.encoding(level).is_some() {
            source.encoded_tile(level, Rect::from_size(described.tile)).ok();
        }
    }
}

/// Quarters, single pixels at the corners, and a row, a column and a middle.
fn some_parts(bounds: Rect) -> Vec<Rect> {
    let Rect { x1, y1, .. } = bounds;
    let (mid_x, mid_y) = (x1 / 2, y1 / 2);
    let parts = [
        bounds.last_quarter(),
        Rect::new(0, 0, mid_x.max(1), mid_y.max(1)),
        Rect::new(0, 0, 1, 1),
        Rect::new(x1 - 1, y1 - 1, x1, y1),
        Rect::new(0, mid_y, x1, mid_y + 1),
        Rect::new(mid_x, 0, mid_x + 1, y1),
        Rect::new(x1 / 3, y1 / 3, x1 - x1 / 4, y1 - y1 / 5),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

/// Pixels in memory as a source, with one level.
#[derive(Debug, Clone)]
pub struct InMemory {
    info: Info,
    pixels: Pixels,
}

impl InMemory {
    /// The usual meaning of as many channels.
    pub fn new(pixels: Pixels) -> Self {
        let info = Info::plain("memory", pixels.size(), Size::new(256, 256), pixels.channels(), pixels.sample_type());
        Self { info, pixels }
    }
}

impl Source for InMemory {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        let inside = region.rect.intersect(Rect::from_size(self.pixels.size()));
        let mut out = self.info.blank(region.rect.size());
        out.paste(self.pixels.part(inside), inside.x0 - region.rect.x0, inside.y0 - region.rect.y0);
        Ok(out)
    }
}

/// A source that can be read so many times, and then fails.
pub struct Failing<S> {
    source: S,
    left: AtomicU64,
    end: fn() -> Error,
}

impl<S: Source> Failing<S> {
    /// `source` with `reads` reads before they end in what `end` gives, or in its panic.
    pub fn after(source: S, reads: u64, end: fn() -> Error) -> Self {
        Self { source, left: AtomicU64::new(reads), end }
    }
}

impl<S: Source> Source for Failing<S> {
    fn info(&self) -> &Info {
        self.source.info()
    }

    fn capabilities(&self) -> Capabilities<'_> {
        // All reading goes through the reads that are counted.
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        self.source.cost(region)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        if self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_err() {
            return Err((self.end)());
        }
        self.source.read(region)
    }
}

/// An image that is a function of its coordinates: it takes no memory at any size.
#[derive(Debug, Clone)]
pub struct Pattern {
    info: Info,
}

impl Pattern {
    /// `size` pixels of `channels` samples, in one level.
    pub fn new(size: Size, channels: u8, sample: SampleType) -> Self {
        Self { info: Info::plain("test pattern", size, Size::new(256, 256), channels, sample) }
    }

    /// The same pixels, described as `describe` changes it.
    #[must_use]
    pub fn described(mut self, describe: impl FnOnce(&mut Info)) -> Self {
        describe(&mut self.info);
        self
    }

    /// The value of channel `c` at (x, y), as 16 bits: smooth slopes with a fine grain.
    fn value(x: i64, y: i64, c: u8) -> u16 {
        let grain = (x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ (x * y)).wrapping_mul(0x27D4_EB2F);
        let slope = x * 131 + y * 57 + i64::from(c) * 9000;
        (slope + (grain >> 13 & 0x7FF)) as u16
    }
}

impl Source for Pattern {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        let (rect, channels) = (region.rect, self.info.channels);
        let mut out = self.info.blank(rect.size());
        let shown = rect.intersect(Rect::from_size(self.info.size()));
        if shown.is_empty() {
            return Ok(out);
        }
        let coordinates = (shown.y0..shown.y1).flat_map(|y| (shown.x0..shown.x1).map(move |x| (x, y)));
        let values = coordinates.flat_map(|(x, y)| (0..channels).map(move |c| Self::value(x, y, c)));
        let samples = match self.info.sample {
            SampleType::U8 => Samples::U8(values.map(|v| (v >> 8) as u8).collect()),
            SampleType::U16 => Samples::U16(values.collect()),
            SampleType::F32 => Samples::F32(values.map(|v| v as f32 / 65535.0).collect()),
            SampleType::I8 => Samples::I8(values.map(|v| (v >> 8) as u8 as i8).collect()),
            SampleType::I16 => Samples::I16(values.map(|v| v as i16).collect()),
            // Values that floats of 32 bits do not have.
            SampleType::U32 => Samples::U32(values.map(|v| (1 << 24) + u32::from(v)).collect()),
            SampleType::I32 => Samples::I32(values.map(|v| -(1 << 24) - i32::from(v)).collect()),
            SampleType::F64 => Samples::F64(values.map(|v| 4_500_000.123_456 + f64::from(v)).collect()),
        };
        out.paste(Pixels::new(shown.size(), channels, samples)?.view(), shown.x0 - rect.x0, shown.y0 - rect.y0);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_conform() {
        for sample in SampleType::ALL {
            check_source(&Pattern::new(Size::new(37, 300), 3, sample));
        }
    }
}
