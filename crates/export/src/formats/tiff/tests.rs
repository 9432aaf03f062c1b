//! TIFFs of every kind, read back by this program's own reader and compared with a pyramid made whole in memory.

use std::fs;
use std::path::Path;

use super::ifd::tag;
use crate::codec::jpeg::{StoredColors, Subsampling};
use crate::geometry::{Rect, Region, Size};
use crate::job::{MemoryBudget, Progress};
use crate::pixels::{Pixels, SampleType, Samples, halve};
use crate::source::testing::Pattern;
use crate::source::{Capabilities, Info, Opened, ReadingCost, Source, open};
use crate::tiff_options::{Offsets, TiffOptions};
use crate::{Compression, ExportOptions, Format, run};
use crate::{Error, Result};

const SIZES: [(u32, u32); 6] = [(1, 1), (255, 40), (257, 1), (400, 300), (1025, 70), (300, 900)];

fn options(format: Format) -> ExportOptions {
    let usual = ExportOptions::new(format);
    ExportOptions { threads: Some(2), memory: MemoryBudget(512 << 20), tile: Some(64), overwrite: true, ..usual }
}

fn export(source: &dyn Source, out: &Path, options: &ExportOptions) -> Box<dyn Opened> {
    let statistics = run(source, out, options, &Progress::default());
    let statistics = statistics.unwrap_or_else(|error| panic!("{options:?}: {error}"));
    assert_eq!(statistics.bytes, fs::metadata(out).unwrap().len(), "{options:?}");
    open(out).unwrap_or_else(|error| panic!("{options:?}: {error}"))
}

fn whole(source: &dyn Source, level: usize) -> Pixels {
    source.read(Region::new(level, source.info().whole(level))).unwrap()
}

/// Every level of `found` is that of `source`, halved again and again.
fn assert_levels(found: &dyn Source, source: &dyn Source, what: &str) {
    let mut expected = whole(source, 0);
    for level in 0..found.info().levels.len() {
        assert!(whole(found, level) == expected, "{what}, level {level}");
        expected = halve(expected.view(), source.info().color.has_alpha());
    }
}

/// Tag, type, count, and the value's bytes.
type Entry = (u16, u16, u64, Vec<u8>);

/// All entries of the directory at `at` of a little-endian file, and the position of the next.
fn directory(bytes: &[u8], at: u64) -> (Vec<Entry>, u64) {
    let big = bytes[2] == 43;
    let (count_bytes, entry_bytes, width) = if big { (8, 20, 8) } else { (2, 12, 4) };
    let number = |at: usize, len: usize| bytes[at..at + len].iter().rev().fold(0u64, |all, &b| all << 8 | u64::from(b));
    let at = at as usize;
    let count = number(at, count_bytes) as usize;
    let entries = (0..count).map(|n| {
        let at = at + count_bytes + n * entry_bytes;
        let (kind, values) = (number(at + 2, 2) as u16, number(at + 4, width));
        let size = values as usize * [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8][kind as usize];
        let field = at + 4 + width;
        let from = if size <= width { field } else { number(field, width) as usize };
        (number(at, 2) as u16, kind, values, bytes[from..from + size].to_vec())
    });
    (entries.collect(), number(at + count_bytes + count * entry_bytes, width))
}

fn value(bytes: &[u8], at: u64, wanted: u16) -> Option<Vec<u64>> {
    let (entries, _) = directory(bytes, at);
    let (_, kind, count, value) = entries.into_iter().find(|(tag, ..)| *tag == wanted)?;
    let size = value.len() / count as usize;
    assert!(kind != 5, "no fractions");
    Some(value.chunks(size).map(|v| v.iter().rev().fold(0u64, |all, &b| all << 8 | u64::from(b))).collect())
}

fn first(bytes: &[u8]) -> u64 {
    let at = if bytes[2] == 43 { 8..16 } else { 4..8 };
    bytes[at].iter().rev().fold(0u64, |all, &b| all << 8 | u64::from(b))
}

#[test]
fn every_kind_is_read_back_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.tif");
    let kinds = [
        (1, SampleType::U8),
        (3, SampleType::U8),
        (4, SampleType::U8),
        (2, SampleType::U16),
        (5, SampleType::U16),
        (1, SampleType::F32),
    ];
    let encodings = [Compression::None, Compression::Lzw, Compression::Deflate, Compression::Zstd];
    for (number, (width, height)) in SIZES.into_iter().enumerate() {
        for (channels, sample) in kinds {
            let pattern = Pattern::new(Size::new(width, height), channels, sample);
            for compression in encodings {
                // All combinations over all sizes, not at each.
                let tiff = TiffOptions {
                    sub_images: number % 2 == 1,
                    offsets: [None, Some(Offsets::Auto), Some(Offsets::Classic)][number % 3],
                    predictor: number % 4 > 0,
                    ..TiffOptions::default()
                };
                for format in [Format::Tiff, Format::OmeTiff, Format::Cog] {
                    let options =
                        ExportOptions { compression: Some(compression), tiff: tiff.clone(), ..options(format) };
                    let opened = export(&pattern, &out, &options);
                    let what = format!("{width}×{height}×{channels} {options:?}");
                    let classic = fs::read(&out).unwrap()[2] == 42;
                    assert_eq!(classic, format == Format::Cog || tiff.offsets.is_some(), "{what}");
                    if format == Format::OmeTiff && channels == 5 {
                        assert_eq!(opened.pages(), 5, "{what}");
                        for page in 0..5 {
                            let channel = Channel { of: &pattern, info: pattern.info().clone(), number: page }.one();
                            assert_levels(&*opened.page(page).unwrap(), &channel, &what);
                        }
                        continue;
                    }
                    let page = opened.page(0).unwrap();
                    assert_eq!(page.info().color, pattern.info().color, "{what}");
                    let smallest = if format == Format::Cog { 512 } else { 64 };
                    let last = page.info().levels.last().unwrap().size.longest();
                    assert!(last <= smallest, "{what}: the last level has {last} pixels");
                    assert_levels(&*page, &pattern, &what);
                }
            }
        }
    }
}

/// One channel of another source.
struct Channel<'a> {
    of: &'a dyn Source,
    info: Info,
    number: usize,
}

impl Channel<'_> {
    fn one(mut self) -> Self {
        let plain = Info::plain("one", self.info.size(), Size::new(64, 64), 1, self.info.sample);
        self.info = plain;
        self
    }
}

impl Source for Channel<'_> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        self.of.cost(region)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        Ok(super::channel(self.of.read(region)?.view(), self.number))
    }
}

/// A soft picture: what JPEG is made for.
struct Soft(Info);

impl Soft {
    fn new(width: u32, height: u32, channels: u8) -> Self {
        Self(Info::plain("soft", Size::new(width, height), Size::new(64, 64), channels, SampleType::U8))
    }
}

impl Source for Soft {
    fn info(&self) -> &Info {
        &self.0
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let rect = region.rect;
        let value = |x: i64, y: i64, c: u8| (128.0 + 100.0 * ((x + y + 40 * i64::from(c)) as f64 / 60.0).sin()) as u8;
        let places = (rect.y0..rect.y1).flat_map(|y| (rect.x0..rect.x1).map(move |x| (x, y)));
        let channels = self.0.channels;
        let samples = places.flat_map(|(x, y)| (0..channels).map(move |c| value(x, y, c))).collect();
        Pixels::new(rect.size(), channels, Samples::U8(samples))
    }
}

#[test]
fn jpeg_tiles_share_their_tables_and_come_close() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.tif");
    for (channels, subsampling, photometric) in [
        (1, Subsampling::Quarter, 1),
        (3, Subsampling::Full, 6),
        (3, Subsampling::Half, 6),
        (3, Subsampling::Quarter, 6),
    ] {
        let soft = Soft::new(300, 200, channels);
        let options = ExportOptions { quality: Some(95), subsampling, ..options(Format::Tiff) };
        let opened = export(&soft, &out, &options);
        let found = opened.page(0).unwrap();
        let mut expected = whole(&soft, 0);
        for level in 0..found.info().levels.len() {
            assert_near(&whole(&*found, level), &expected, &format!("{channels} {subsampling:?}, level {level}"));
            expected = halve(expected.view(), false);
        }
        let bytes = fs::read(&out).unwrap();
        let at = first(&bytes);
        assert_eq!(value(&bytes, at, tag::PHOTOMETRIC).unwrap(), [photometric]);
        assert!(value(&bytes, at, tag::JPEG_TABLES).unwrap().len() > 200);
        for offset in value(&bytes, at, tag::TILE_OFFSETS).unwrap() {
            let start = &bytes[offset as usize..][..4];
            assert_eq!(start, [0xFF, 0xD8, 0xFF, 0xC0], "no tables before the frame");
        }
    }
}

fn assert_near(a: &Pixels, b: &Pixels, what: &str) {
    assert_eq!(a.size(), b.size(), "{what}");
    let (Samples::U8(a), Samples::U8(b)) = (a.samples(), b.samples()) else { panic!("bytes") };
    let mean = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>() as f64 / a.len() as f64;
    assert!(mean < 3.0, "{what}: off by {mean} on average");
}

#[test]
fn tiles_of_a_tiff_are_copied_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first.tif"), folder.path().join("second.tif"));
    let quality = |compression| (compression == Compression::Jpeg).then_some(70);
    for (channels, compression, subsampling, jpeg_colors) in [
        (3, Compression::Jpeg, Subsampling::Quarter, StoredColors::Ycc),
        (3, Compression::Jpeg, Subsampling::Full, StoredColors::Rgb),
        (1, Compression::Jpeg, Subsampling::Full, StoredColors::Ycc),
        (3, Compression::Deflate, Subsampling::Full, StoredColors::Ycc),
        (4, Compression::Zstd, Subsampling::Full, StoredColors::Ycc),
    ] {
        let what = format!("{channels} {compression:?} {subsampling:?} {jpeg_colors:?}");
        let tiff = TiffOptions { jpeg_colors, ..TiffOptions::default() };
        let made = ExportOptions {
            compression: Some(compression),
            quality: quality(compression),
            subsampling,
            tiff,
            ..options(Format::Tiff)
        };
        let source = export(&Soft::new(700, 500, channels), &first, &made).page(0).unwrap();
        for (format, region, copied) in [
            (Format::Tiff, None, 11 * 8 + 6 * 4 + 3 * 2 + 2 + 1),
            (Format::Cog, None, 11 * 8 + 6 * 4),
            (Format::OmeTiff, Some(Rect::new(128, 256, 700, 480)), 9 * 3 + 5 * 2),
        ] {
            let wanted = ExportOptions { compression: Some(compression), region, ..options(format) };
            let plan = crate::plan(&*source, &second, &wanted).unwrap();
            // The last row of the part is cut: it is encoded.
            let copied = if region.is_some() { 9 * 3 + 5 } else { copied };
            assert_eq!(plan.copied_tiles, copied, "{what} {format:?}");
            let found = export(&*source, &second, &wanted).page(0).unwrap();
            let levels = found.info().levels.len();
            for level in 0..levels.min(if region.is_some() { 1 } else { levels }) {
                let here = source.info().whole(level);
                let shown = region.map_or(here, |region| region.intersect(here));
                // Rows that are copied whole.
                let copied_part =
                    if region.is_some() { Rect::new(0, 0, shown.x1, 192) } else { Rect::from_size(here.size()) };
                let expected = source.read(Region::new(level, shown)).unwrap().crop(copied_part);
                assert!(whole(&*found, level).crop(copied_part) == expected, "{what} {format:?}, level {level}");
            }
        }
        // Asked for another quality or compression, they are encoded.
        let other = ExportOptions { compression: Some(Compression::Lzw), ..options(Format::Tiff) };
        assert_eq!(crate::plan(&*source, &second, &other).unwrap().copied_tiles, 0, "{what}");
    }
}

#[test]
fn a_cog_has_its_directories_first_and_its_tiles_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.tif");
    for (offsets, start) in [(None, 192), (Some(Offsets::Big), 200)] {
        let tiff = TiffOptions { offsets, ..TiffOptions::default() };
        let options = ExportOptions { tiff, compression: Some(Compression::Deflate), ..options(Format::Cog) };
        export(&Pattern::new(Size::new(1300, 700), 3, SampleType::U8), &out, &options);
        let bytes = fs::read(&out).unwrap();
        assert_eq!(first(&bytes), start);
        let (mut at, mut tiles, mut directories_end) = (start, Vec::new(), 0);
        while at != 0 {
            let offsets = value(&bytes, at, tag::TILE_OFFSETS).unwrap();
            let counts = value(&bytes, at, tag::TILE_BYTE_COUNTS).unwrap();
            tiles.push(offsets.into_iter().zip(counts).collect::<Vec<_>>());
            directories_end = at;
            at = directory(&bytes, at).1;
        }
        assert_eq!(tiles.len(), 3, "1300, 650, 325");
        let in_order: Vec<(u64, u64)> = tiles.into_iter().rev().flatten().collect();
        assert!(in_order[0].0 > directories_end);
        let number = |at: u64| u32::from_le_bytes(bytes[at as usize..][..4].try_into().unwrap());
        for (index, &(offset, count)) in in_order.iter().enumerate() {
            assert_eq!(u64::from(number(offset - 4)), count, "a tile's length stands before it");
            assert_eq!(number(offset + count), number(offset + count - 4), "its end stands behind it");
            let next = in_order.get(index + 1).map_or(bytes.len() as u64, |(next, _)| next - 4);
            assert_eq!(offset + count + 4, next, "row by row, nothing between");
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing beside it");
}

#[test]
fn ome_tiff_has_ome_xml() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a & b.ome.tif");
    let mut soft = Soft::new(300, 200, 3);
    soft.0.mpp = Some((0.25, 0.5));
    soft.0.objective = Some(40.0);
    assert_eq!(Format::of_path(&out).unwrap(), Format::OmeTiff);
    let opened = export(&soft, &out, &ExportOptions { level: 1, ..options(Format::OmeTiff) });
    let found = opened.page(0).unwrap();
    assert_eq!((opened.pages(), found.info().levels.len()), (1, 3), "150, 75, 38 pixels");
    let text = &found.info().properties["tiff.ImageDescription"];
    for part in [
        "SizeX=\"150\" SizeY=\"100\" SizeC=\"3\"",
        "PhysicalSizeX=\"0.5\" PhysicalSizeXUnit=\"µm\" PhysicalSizeY=\"1\"",
        "SamplesPerPixel=\"3\"",
        "Name=\"a &amp; b\"",
        "NominalMagnification=\"40\"",
        "<TiffData IFD=\"0\"",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let bytes = fs::read(&out).unwrap();
    let (_, next) = directory(&bytes, first(&bytes));
    assert_eq!(next, 0, "reduced images are not in the chain");
    let below = value(&bytes, first(&bytes), tag::SUB_IFDS).unwrap();
    let widths: Vec<_> = below.iter().map(|&at| value(&bytes, at, tag::IMAGE_WIDTH).unwrap()[0]).collect();
    assert_eq!(widths, [75, 38], "largest first");
}

#[test]
fn a_classic_tiff_that_cannot_hold_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let tiff = TiffOptions { offsets: Some(Offsets::Classic), ..TiffOptions::default() };
    let options = ExportOptions { tiff, compression: Some(Compression::None), ..options(Format::Tiff) };
    let large = Pattern::new(Size::new(50_000, 40_000), 3, SampleType::U8);
    let error = crate::plan(&large, &folder.path().join("a.tif"), &options).unwrap_err();
    assert!(matches!(error, Error::Limit { .. }) && error.to_string().contains("BigTIFF"), "{error}");
}
