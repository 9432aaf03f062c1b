//! Exports read back by other readers and compared with a pyramid made whole in memory.

mod journalled;
mod observed;
mod pictures;
mod resumed;
mod rows;
mod zarr;

use std::fs;
use std::io::BufReader;
use std::path::Path;

use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

use super::{Compression, ExportOptions, Format, Statistics, TileFormat, plan, run, write_image, write_plain_tiff};
use crate::Error;
use crate::codec::jpeg;
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::job::{MemoryBudget, Progress};
use crate::pixels::{Color, Pixels, SampleType, Samples, halve};
use crate::source::testing::{Failing, InMemory, Pattern};
use crate::source::{Capabilities, Info, ReadingCost, Source};

const SIZES: [(u32, u32); 8] = [(1, 1), (2, 1), (255, 40), (254, 254), (257, 1), (1025, 700), (3000, 20), (17, 2100)];

fn options(format: Format) -> ExportOptions {
    ExportOptions { threads: Some(3), memory: MemoryBudget(512 << 20), overwrite: true, ..ExportOptions::new(format) }
}

/// The pyramid that every export must agree with.
fn pyramid(source: &dyn Source, count: usize) -> Vec<Pixels> {
    let alpha = source.info().color.has_alpha();
    let full = source.read(Region::new(0, source.info().whole(0))).unwrap();
    std::iter::successors(Some(full), |level| Some(halve(level.view(), alpha))).take(count).collect()
}

fn export(source: &dyn Source, out: &Path, options: &ExportOptions) -> Statistics {
    run(source, out, options, &Progress::default()).unwrap_or_else(|error| panic!("{}: {error}", out.display()))
}

/// An image whose pieces are columns of its whole height, `width` pixels wide, each of so many bytes.
struct Columns<S> {
    source: S,
    width: u64,
    bytes: u64,
}

impl<S: Source> Source for Columns<S> {
    fn info(&self) -> &Info {
        self.source.info()
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        let columns = (region.rect.x1 as u64).div_ceil(self.width) - region.rect.x0 as u64 / self.width;
        ReadingCost { all: columns * self.bytes, ..self.source.cost(region) }
    }

    fn read(&self, region: Region) -> crate::Result<Pixels> {
        self.source.read(region)
    }
}

fn read_png(path: &Path) -> Pixels {
    let file = BufReader::new(fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut bytes).unwrap();
    let samples = match frame.bit_depth {
        png::BitDepth::Sixteen => {
            Samples::U16(bytes.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect())
        }
        _ => Samples::U8(bytes),
    };
    Pixels::new(Size::new(frame.width, frame.height), frame.color_type.samples() as u8, samples).unwrap()
}

/// All images of a TIFF, with whether each calls itself reduced.
fn read_tiff(path: &Path) -> Vec<(Pixels, bool)> {
    let mut decoder = Decoder::new(BufReader::new(fs::File::open(path).unwrap())).unwrap();
    let mut images = Vec::new();
    loop {
        let (width, height) = decoder.dimensions().unwrap();
        let channels = decoder.get_tag_u32(Tag::SamplesPerPixel).unwrap() as u8;
        let reduced = decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType).unwrap() == Some(1);
        let samples = match decoder.read_image().unwrap() {
            DecodingResult::U8(samples) => Samples::U8(samples),
            DecodingResult::U16(samples) => Samples::U16(samples),
            DecodingResult::F32(samples) => Samples::F32(samples),
            _ => panic!("a sample type never written"),
        };
        images.push((Pixels::new(Size::new(width, height), channels, samples).unwrap(), reduced));
        if !decoder.more_images() {
            return images;
        }
        decoder.next_image().unwrap();
    }
}

fn assert_deep_zoom(out: &Path, levels: &[Pixels], tile: u32, overlap: i64) {
    let files = out.with_file_name(format!("{}_files", out.file_stem().unwrap().to_string_lossy()));
    for (level, expected) in levels.iter().enumerate() {
        let folder = files.join((levels.len() - 1 - level).to_string());
        let grid = TileGrid::square(expected.size(), tile);
        for (column, row) in grid.touching(Rect::from_size(grid.size)) {
            let pixels = read_png(&folder.join(format!("{column}_{row}.png")));
            let rect = grid.rect(column, row).expand(overlap);
            assert!(pixels == expected.crop(rect), "{}: level {level}, tile {column}_{row}", out.display());
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count() as u64, grid.count(), "level {level}");
    }
    assert_eq!(fs::read_dir(&files).unwrap().count(), levels.len());
}

#[test]
fn deep_zoom_is_the_pyramid_made_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    for (width, height) in SIZES {
        let pattern = Pattern::new(Size::new(width, height), 3, SampleType::U8);
        let count = Size::new(width, height).longest().next_power_of_two().ilog2() as usize + 1;
        let levels = pyramid(&pattern, count);
        for (tile, overlap, k) in
            [(254, 1, None), (64, 1, Some(0)), (64, 3, Some(2)), (63, 2, Some(1)), (32, 0, Some(3))]
        {
            let out = folder.path().join(format!("{width}x{height}-{tile}-{overlap}-{k:?}.dzi"));
            let options = ExportOptions {
                tile: Some(tile),
                overlap,
                tiles: Some(TileFormat::Png),
                block_exponent: k,
                ..options(Format::DeepZoom)
            };
            let statistics = export(&pattern, &out, &options);
            assert_deep_zoom(&out, &levels, tile, overlap.into());
            let tiles: u64 = levels.iter().map(|level| TileGrid::square(level.size(), tile).count()).sum();
            assert_eq!(statistics.tiles, tiles);
            let text = fs::read_to_string(&out).unwrap();
            assert!(text.contains(&format!("Width=\"{width}\" Height=\"{height}\"")), "{text}");
        }
    }
}

#[test]
fn tiff_is_the_pyramid_made_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let kinds =
        [(1, SampleType::U16), (3, SampleType::U8), (4, SampleType::U8), (3, SampleType::F32), (5, SampleType::U8)];
    for (width, height) in SIZES {
        for (channels, sample) in kinds {
            let pattern = Pattern::new(Size::new(width, height), channels, sample);
            for (compression, tile, k) in [
                (Compression::None, 64, Some(0)),
                (Compression::Deflate, 64, Some(2)),
                (Compression::Deflate, 256, None),
            ] {
                let out = folder.path().join("out.tif");
                let options = ExportOptions {
                    tile: Some(tile),
                    compression: Some(compression),
                    block_exponent: k,
                    ..options(Format::Tiff)
                };
                let statistics = export(&pattern, &out, &options);
                assert_eq!(statistics.bytes, fs::metadata(&out).unwrap().len());
                let images = read_tiff(&out);
                let expected = pyramid(&pattern, images.len());
                assert!(expected[images.len() - 1].size().longest() <= tile, "down to one tile");
                for (level, ((pixels, reduced), expected)) in images.iter().zip(&expected).enumerate() {
                    let what = format!("{width}×{height}×{channels} {sample:?} {compression:?}, level {level}");
                    assert!(pixels == expected, "{what}");
                    assert_eq!(*reduced, level > 0, "{what}");
                }
            }
        }
    }
}

#[test]
fn jpeg_tiles_come_close() {
    let folder = tempfile::tempdir().unwrap();
    // Smooth: what JPEG is made for.
    let smooth = |x: u32, y: u32, c: u32| ((x / 3 + y / 5 + c * 40) % 256) as u8;
    let size = Size::new(600, 300);
    let samples = (0..300).flat_map(|y| (0..600).flat_map(move |x| (0..3).map(move |c| smooth(x.min(250), y, c))));
    let full = Pixels::new(size, 3, Samples::U8(samples.collect())).unwrap();
    let memory = InMemory::new(full.clone());
    let out = folder.path().join("a.dzi");
    export(&memory, &out, &ExportOptions { quality: Some(95), ..options(Format::DeepZoom) });
    let tile = fs::read(folder.path().join("a_files/10/1_0.jpg")).unwrap();
    let tile = jpeg::decode(&tile, &jpeg::DecodeOptions::default()).unwrap();
    assert_near(&tile, &full.crop(Rect::new(253, 0, 509, 255)));
}

fn assert_near(a: &Pixels, b: &Pixels) {
    assert_eq!(a.size(), b.size());
    let (Samples::U8(a), Samples::U8(b)) = (a.samples(), b.samples()) else { panic!("bytes") };
    let far = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert!(far < 40, "off by {far}");
    let mean = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>() as f64 / a.len() as f64;
    assert!(mean < 3.0, "off by {mean} on average");
}

#[test]
fn a_region_and_a_coarser_level_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let pattern = Pattern::new(Size::new(2500, 1300), 3, SampleType::U8);
    let region = Rect::new(101, 33, 2407, 1250);
    let crop = pattern.read(Region::new(0, region)).unwrap();
    for level in [0, 1, 3] {
        let out = folder.path().join("region.tif");
        let compression = Some(Compression::None);
        let options = ExportOptions { region: Some(region), level, compression, ..options(Format::Tiff) };
        export(&pattern, &out, &options);
        let expected = (0..level).fold(crop.clone(), |pixels, _| halve(pixels.view(), false));
        assert!(read_tiff(&out)[0].0 == expected, "level {level}");
    }
    let outside = ExportOptions { region: Some(Rect::new(9000, 0, 9100, 10)), ..options(Format::Tiff) };
    assert!(plan(&pattern, &folder.path().join("a.tif"), &outside).is_err());
}

#[test]
fn failed_writes_leave_the_old_file() {
    let ends: [fn() -> Error; 3] =
        [|| Error::corrupt("a bad tile").at(Path::new("in.jpg")), || panic!("a bug"), || Error::Cancelled];
    for ends in ends {
        for name in ["a.dzi", "a.tif"] {
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join(name);
            let options = ExportOptions { block_exponent: Some(0), ..options(Format::of_path(&out).unwrap()) };
            let listing = || {
                let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
                names.sort();
                names
            };
            let pixels = Pixels::zeroed(Size::new(1100, 1100), 3, SampleType::U8);
            let failing = || Failing::after(InMemory::new(pixels.clone()), 7, ends);
            let error = run(&failing(), &out, &options, &Progress::default()).unwrap_err();
            assert!(listing().is_empty(), "{name}, {error}: {:?}", listing());
            export(&InMemory::new(pixels.clone()), &out, &options);
            let (complete, bytes) = (listing(), fs::read(&out).unwrap());
            assert!(run(&failing(), &out, &options, &Progress::default()).is_err());
            assert_eq!(listing(), complete, "{name}, {error}");
            assert_eq!(fs::read(&out).unwrap(), bytes);
            let text = error.to_string();
            assert!(["in.jpg: damaged: a bad tile", "internal error: a bug", "cancelled"].contains(&&*text), "{text}");
            let progress = Progress::default();
            progress.cancel();
            assert!(run(&InMemory::new(pixels), &out, &options, &progress).is_err_and(|error| error.is_cancelled()));
            assert_eq!(listing(), complete);
        }
    }
}

#[test]
fn a_later_export_replaces_an_earlier_one_whole() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.dzi");
    let options = ExportOptions { tiles: Some(TileFormat::Png), ..options(Format::DeepZoom) };
    for size in [Size::new(900, 600), Size::new(20, 30)] {
        let pattern = Pattern::new(size, 1, SampleType::U8);
        export(&pattern, &out, &options);
        let count = size.longest().next_power_of_two().ilog2() as usize + 1;
        assert_deep_zoom(&out, &pyramid(&pattern, count), 254, 1);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else beside them");
    fs::remove_file(&out).unwrap();
    let refused = run(&Pattern::new(Size::new(9, 9), 1, SampleType::U8), &out, &options, &Progress::default());
    assert!(refused.is_err(), "a folder that may be somebody's own");
}

#[test]
fn progress_counts_every_tile() {
    let folder = tempfile::tempdir().unwrap();
    let progress = Progress::default();
    let pattern = Pattern::new(Size::new(1500, 900), 1, SampleType::U8);
    let statistics = run(&pattern, &folder.path().join("a.dzi"), &options(Format::DeepZoom), &progress).unwrap();
    let snapshot = progress.snapshot();
    assert_eq!((snapshot.done, snapshot.total), (statistics.tiles, statistics.tiles));
}

#[test]
fn plain_files_keep_every_sample() {
    let folder = tempfile::tempdir().unwrap();
    let read = |channels, sample| {
        let pattern = Pattern::new(Size::new(301, 270), channels, sample);
        pattern.read(Region::new(0, Rect::new(0, 0, 301, 270))).unwrap()
    };
    for (channels, sample) in [(1, SampleType::U8), (3, SampleType::U16), (4, SampleType::U8), (2, SampleType::U16)] {
        let (pixels, out) = (read(channels, sample), folder.path().join("a.png"));
        write_image(&out, &pixels, Color::of_channels(channels), 90).unwrap();
        assert!(read_png(&out) == pixels, "{channels} {sample:?}");
    }
    for (channels, sample) in [(1, SampleType::U8), (3, SampleType::U16), (4, SampleType::F32), (7, SampleType::U8)] {
        let (pixels, out) = (read(channels, sample), folder.path().join("a.tif"));
        write_plain_tiff(&out, &pixels).unwrap();
        assert!(read_tiff(&out)[0].0 == pixels, "{channels} {sample:?}");
        assert_eq!(fs::read(&out).unwrap()[..4], *b"II\x2A\0", "classic");
    }
    let refused = [("a.png", 1, SampleType::F32), ("a.jpg", 3, SampleType::U16), ("a.png", 5, SampleType::U8)];
    for (name, channels, sample) in refused {
        let color = Color::of_channels(channels);
        let error = write_image(&folder.path().join(name), &read(channels, sample), color, 90).unwrap_err();
        assert!(error.to_string().contains(".tif"), "{error}");
    }
    write_image(&folder.path().join("a.jpg"), &read(4, SampleType::U8), Color::Rgba, 90).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}
