//! Sidecars of large flat files hold the image and its 2× downsampled levels, in whatever order and by however many threads
//! they are read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::job::Progress;
use mosaicist::pixels::{Pixels, SampleType, halve};
use mosaicist::source::testing::{Pattern, check_source};
use mosaicist::source::{
    Capabilities, ImageRef, Info, ReadingCost, Rows, Sequential, SequentialScan, Sidecar, SidecarFolder, Source,
    SourceSet, Sources as _,
};
use mosaicist::{Error, Result};

/// A pattern that can only be read from its beginning, and ends early where `ends` says so.
pub(crate) struct Flow {
    pub(crate) pattern: Pattern,
    orientation: u8,
    ends: i64,
    step: i64,
}

struct FlowRows {
    pattern: Pattern,
    at: i64,
    ends: i64,
    step: i64,
}

impl Rows for FlowRows {
    fn next_rows(&mut self) -> Result<Option<Pixels>> {
        let size = self.pattern.info().size();
        let (top, bottom) = (self.at, (self.at + self.step).min(size.height.into()));
        self.at = bottom;
        if top >= self.ends && top < bottom {
            return Err(Error::corrupt("torn"));
        }
        let rect = Rect::new(0, top, size.width.into(), bottom);
        if rect.is_empty() { Ok(None) } else { self.pattern.read(Region::new(0, rect)).map(Some) }
    }
}

impl Source for Flow {
    fn info(&self) -> &Info {
        self.pattern.info()
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            raw_samples: None,
            cmyk: None,
            planar: None,
            encoded: None,
            sequential: Some(self),
            deferred: None,
            preview: None,
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, _: Region) -> Result<Pixels> {
        Err(Error::invalid("no part can be read"))
    }
}

impl Sequential for Flow {
    fn sequential_scan(&self) -> Result<Option<SequentialScan>> {
        let rows = FlowRows { pattern: self.pattern.clone(), at: 0, ends: self.ends, step: self.step };
        Ok(Some(SequentialScan { rows: Box::new(rows), orientation: self.orientation }))
    }
}

pub(crate) fn flow(size: Size, sample: SampleType) -> Flow {
    Flow { pattern: Pattern::new(size, 3, sample), orientation: 1, ends: i64::MAX, step: 7 }
}

/// A folder for sidecars and a file that they belong to.
pub(crate) fn place() -> (tempfile::TempDir, SidecarFolder, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image.bin");
    std::fs::write(&image, "what it is made of").unwrap();
    let sidecars = SidecarFolder::new(folder.path().join("sidecars"), 1 << 30);
    (folder, sidecars, image)
}

pub(crate) fn check_is_the_pattern(source: &dyn Source, pattern: &Pattern) {
    let mut expected = pattern.read(Region::new(0, pattern.info().whole(0))).unwrap();
    for level in 0..source.info().levels.len() {
        let read = source.read(Region::new(level, source.info().whole(level))).unwrap();
        assert!(read == expected, "level {level}");
        expected = halve(expected.view(), false);
    }
}

pub(crate) fn files_in(folder: &Path) -> usize {
    folder.read_dir().unwrap().count()
}

#[test]
fn the_levels_are_the_exact_means_and_are_found_again() {
    for sample in [SampleType::U8, SampleType::U16, SampleType::F32] {
        let (folder, sidecars, image) = place();
        let source = flow(Size::new(1301, 1157), sample);
        let pattern = source.pattern.clone();
        let source: Arc<dyn Source> = Arc::new(source);
        let built = Sidecar::build(&sidecars, &ImageRef::file(&image), &source, &Progress::default()).unwrap();
        check_source(&*built);
        check_is_the_pattern(&*built, &pattern);
        let again = Sidecar::open(&sidecars, &ImageRef::file(&image), &source).expect("it was finished");
        check_is_the_pattern(&*again, &pattern);
        assert!(Sidecar::open(&sidecars, &ImageRef::file(&image).page(1), &source).is_none(), "another page");
        std::fs::write(&image, "something else").unwrap();
        assert!(Sidecar::open(&sidecars, &ImageRef::file(&image), &source).is_none(), "the image has changed");
        assert_eq!(files_in(&folder.path().join("sidecars")), 1);
    }
}

#[test]
fn an_image_that_can_be_read_anywhere_is_read_in_bands() {
    let (_folder, sidecars, image) = place();
    let pattern = Pattern::new(Size::new(700, 1030), 1, SampleType::U16);
    let source: Arc<dyn Source> = Arc::new(pattern.clone());
    let built = Sidecar::build(&sidecars, &ImageRef::file(&image), &source, &Progress::default()).unwrap();
    check_source(&*built);
    check_is_the_pattern(&*built, &pattern);
    let again = Sidecar::open(&sidecars, &ImageRef::file(&image), &source).expect("it was finished");
    check_is_the_pattern(&*again, &pattern);
}

#[test]
fn a_large_progressive_jpeg_is_passed_over_by_rows() {
    let (folder, sidecars, _) = place();
    let image = folder.path().join("a.jpg");
    // Blocks of one color each: all that a quality of 100 could lose is a rounding.
    let (width, height) = (8000u32, 6400u32);
    let line =
        |y: u32| (0..width).flat_map(move |x| [x / 8 % 251, y / 8 % 241, (x / 8 + y / 8) % 239].map(|c| c as u8));
    let bytes: Vec<u8> = (0..height).flat_map(line).collect();
    let mut encoder = jpeg_encoder::Encoder::new_file(&image, 100).unwrap();
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    encoder.set_progressive(true);
    encoder.encode(&bytes, width as u16, height as u16, jpeg_encoder::ColorType::Rgb).unwrap();
    drop(bytes);
    let source = mosaicist::source::open(&image).unwrap().page(0).unwrap();
    assert!(Sidecar::is_needed(&*source).unwrap());
    let built = Sidecar::build(&sidecars, &ImageRef::file(&image), &source, &Progress::default()).unwrap();
    for (level, x, y) in [(0, 0, 0), (0, 3999, 6391), (0, 7990, 3), (1, 2000, 3190), (3, 990, 790)] {
        let read = |source: &dyn Source| {
            source
                .read(Region::new(level, Rect::at(x, y, Size::new(9, 9))))
                .unwrap()
                .view()
                .row::<u8>(4)
                .unwrap()
                .to_vec()
        };
        let (tile, direct) = (read(&*built), read(&*source));
        for (i, (tile, direct)) in tile.iter().zip(&direct).enumerate() {
            let (column, row) = ((x as u32 + i as u32 / 3) << level >> 3, ((y as u32 + 4) << level) >> 3);
            let expected = match (column < width / 8, i % 3) {
                (false, _) => 255,
                (true, 0) => column % 251,
                (true, 1) => row % 241,
                (true, _) => (column + row) % 239,
            };
            assert!(tile.abs_diff(*direct) <= 1, "level {level} at {x}, {y}, {i}: {tile} and {direct}");
            assert!(u32::from(*tile).abs_diff(expected) <= 2, "level {level} at {x}, {y}, {i}: {tile}, not {expected}");
        }
    }
}

#[test]
fn the_inks_of_a_large_jpeg_are_passed_over_by_rows() {
    let (folder, sidecars, _) = place();
    let image = folder.path().join("a.jpg");
    let (width, height) = (8000u32, 6400u32);
    let cmyk = |x: u32, y: u32| [x / 8 % 251, y / 8 % 241, (x / 8 + y / 8) % 239, 40].map(|value| value as u8);
    let bytes: Vec<u8> = (0..height).flat_map(|y| (0..width).flat_map(move |x| cmyk(x, y))).collect();
    let mut encoder = jpeg_encoder::Encoder::new_file(&image, 100).unwrap();
    encoder.add_icc_profile(b"a profile").unwrap();
    encoder.encode(&bytes, width as u16, height as u16, jpeg_encoder::ColorType::Cmyk).unwrap();
    drop(bytes);
    let source = mosaicist::source::open(&image).unwrap().page(0).unwrap();
    let mut rows = source.scan_cmyk().unwrap().expect("the file is CMYK").rows;
    let mut top = 0;
    while let Some(some) = rows.next_rows().unwrap() {
        assert_eq!(some.channels(), 4);
        let found = some.view().row::<u8>(0).unwrap()[4 * 5001..][..4].to_vec();
        for (found, expected) in found.iter().zip(cmyk(5001, top)) {
            assert!(found.abs_diff(expected) <= 2, "row {top}: {found}, not {expected}");
        }
        top += some.size().height;
    }
    assert_eq!(top, height);
    // What the window shows: levels of CMYK, made by one sequential scan.
    let shown = SourceSet::new(4).with_sidecars(sidecars).get(&image.into()).unwrap();
    for (level, x, y) in [(0, 7990, 6390), (3, 500, 400)] {
        let pixels = shown.read_cmyk(Region::new(level, Rect::at(x, y, Size::new(1, 1)))).unwrap().unwrap();
        let expected = cmyk((x as u32) << level, (y as u32) << level);
        for (found, expected) in pixels.view().row::<u8>(0).unwrap().iter().zip(expected) {
            assert!(found.abs_diff(expected) <= 2, "level {level}: {found}, not {expected}");
        }
    }
}

#[test]
fn a_failed_or_cancelled_pass_leaves_nothing() {
    let (folder, sidecars, image) = place();
    let pattern = Pattern::new(Size::new(900, 2100), 3, SampleType::U8);
    let source: Arc<dyn Source> = Arc::new(flow(Size::new(900, 2100), SampleType::U8));
    let cancelled = Progress::default();
    cancelled.cancel();
    let error = Sidecar::build(&sidecars, &ImageRef::file(&image), &source, &cancelled).err().unwrap();
    assert!(error.is_cancelled());
    let torn = Flow { ends: 1200, ..flow(Size::new(900, 2100), SampleType::U8) };
    let source: Arc<dyn Source> = Arc::new(torn);
    assert!(Sidecar::build(&sidecars, &ImageRef::file(&image), &source, &Progress::default()).is_err());
    let started = Sidecar::start(&sidecars, &ImageRef::file(&image), source).unwrap();
    let rect = Rect::new(0, 0, 900, 512);
    assert!(started.read(Region::new(0, rect)).unwrap() == pattern.read(Region::new(0, rect)).unwrap(), "what came");
    let error = started.read(Region::new(0, Rect::new(0, 2000, 9, 2009))).unwrap_err();
    assert!(error.to_string().contains("torn"), "{error}");
    drop(started);
    assert_eq!(files_in(&folder.path().join("sidecars")), 0);
}

/// A source that is cancelled at row `stop`, and that notes the first row asked for.
struct Stopped {
    inner: Arc<dyn Source>,
    info: Info,
    stop: i64,
    first: Arc<AtomicI64>,
}

struct StoppedRows {
    rows: Box<dyn Rows>,
    at: i64,
    stop: i64,
}

impl Rows for StoppedRows {
    fn next_rows(&mut self) -> Result<Option<Pixels>> {
        if self.at >= self.stop {
            return Err(Error::Cancelled);
        }
        let rows = self.rows.next_rows()?;
        self.at += rows.as_ref().map_or(0, |rows| i64::from(rows.size().height));
        Ok(rows)
    }
}

impl Source for Stopped {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            raw_samples: None,
            cmyk: None,
            planar: None,
            encoded: None,
            sequential: Some(self),
            deferred: None,
            preview: None,
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.first.fetch_min(region.rect.y0, Relaxed);
        if region.rect.y0 >= self.stop { Err(Error::Cancelled) } else { self.inner.read(region) }
    }
}

impl Sequential for Stopped {
    fn sequential_scan(&self) -> Result<Option<SequentialScan>> {
        let stop = self.stop;
        let stopped = |scan: SequentialScan| SequentialScan {
            rows: Box::new(StoppedRows { rows: scan.rows, at: 0, stop }),
            ..scan
        };
        Ok(self.inner.sequential_scan()?.map(stopped))
    }
}

impl Stopped {
    fn at(stop: i64, inner: &Arc<dyn Source>) -> Self {
        let mut info = inner.info().clone();
        // Strips; what can be read anywhere is read by these.
        info.levels[0].tile = Size::new(info.size().width, 16);
        Self { inner: Arc::clone(inner), info, stop, first: Arc::new(i64::MAX.into()) }
    }

    /// Scans it in order; gives the first row that was read by itself.
    fn build(self, sidecars: &SidecarFolder, image: &Path) -> (Result<Arc<dyn Source>>, i64) {
        let first = Arc::clone(&self.first);
        let source: Arc<dyn Source> = Arc::new(self);
        (Sidecar::build(sidecars, &ImageRef::file(image), &source, &Progress::default()), first.load(Relaxed))
    }
}

/// The only file in the folder of sidecars.
fn only_file(folder: &Path) -> PathBuf {
    let mut files = folder.join("sidecars").read_dir().unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "one file at a time");
    file
}

#[test]
fn interrupted_scans_are_resumed() {
    let size = Size::new(3000, 4300);
    let pattern = Pattern::new(size, 3, SampleType::U8);
    let sources: [Arc<dyn Source>; 2] = [Arc::new(flow(size, SampleType::U8)), Arc::new(pattern.clone())];
    for (source, reads_parts) in sources.iter().zip([false, true]) {
        let (folder, sidecars, image) = place();
        drop(Stopped::at(i64::MAX, source).build(&sidecars, &image).0.unwrap());
        let uninterrupted = std::fs::read(only_file(folder.path())).unwrap();
        std::fs::remove_file(only_file(folder.path())).unwrap();
        // Of a source that is read in parts, level 1 is the first that is stored: a row of its tiles takes 1024 rows, and 1392 are
        // read at a time.
        let mut last_rows = 0;
        for (stop, rows) in [(300, 0), (1500, 1024), (1600, 1024), (2500, 2048), (4200, 3072)] {
            let (stopped, first) = Stopped::at(stop, source).build(&sidecars, &image);
            assert!(stopped.err().unwrap().is_cancelled());
            if reads_parts {
                assert_eq!(first, last_rows, "stopped at {stop}");
                assert_eq!(files_in(&folder.path().join("sidecars")), usize::from(rows > 0), "stopped at {stop}");
            }
            last_rows = rows;
        }
        let (built, first) = Stopped::at(i64::MAX, source).build(&sidecars, &image);
        assert_eq!(first, if reads_parts { 3072 } else { i64::MAX });
        check_is_the_pattern(&*built.unwrap(), &pattern);
        assert!(std::fs::read(only_file(folder.path())).unwrap() == uninterrupted, "as if in one go");
    }
}

#[test]
fn tiles_damaged_by_a_crash_are_made_again() {
    let size = Size::new(4000, 2300);
    let pattern = Pattern::new(size, 3, SampleType::U8);
    let sources: [Arc<dyn Source>; 2] = [Arc::new(flow(size, SampleType::U8)), Arc::new(pattern.clone())];
    for source in &sources {
        let (folder, sidecars, image) = place();
        assert!(Stopped::at(2200, source).build(&sidecars, &image).0.is_err());
        let part = only_file(folder.path());
        let left = std::fs::read(&part).unwrap();
        for step in 0..12 {
            let at = step * left.len() / 12;
            let mut torn = left.clone();
            // Cut off, never written, or not all of it.
            match step % 3 {
                0 => torn.truncate(at),
                1 => torn[at..].fill(0),
                _ => torn[at] ^= 4,
            }
            std::fs::write(&part, torn).unwrap();
            check_is_the_pattern(&*Stopped::at(i64::MAX, source).build(&sidecars, &image).0.unwrap(), &pattern);
            std::fs::remove_file(only_file(folder.path())).unwrap();
        }
    }
}

#[test]
fn a_turned_image_stays_turned() {
    let (_folder, sidecars, image) = place();
    let upright = Pattern::new(Size::new(600, 800), 3, SampleType::U8);
    // Stored upside down: the scan gives the rows as stored, `info` is that of the upright image.
    let stored = Flow { orientation: 3, ..flow(Size::new(600, 800), SampleType::U8) };
    let source: Arc<dyn Source> = Arc::new(stored);
    let built = Sidecar::build(&sidecars, &ImageRef::file(&image), &source, &Progress::default()).unwrap();
    check_source(&*built);
    let pixel = |x, y| Region::new(0, Rect::new(x, y, x + 1, y + 1));
    assert!(built.read(pixel(599, 799)).unwrap() == upright.read(pixel(0, 0)).unwrap());
    assert!(built.read(pixel(9, 5)).unwrap() == upright.read(pixel(590, 794)).unwrap());
}
