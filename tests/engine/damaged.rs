//! Damaged files show what they still hold; the rest is told, and costs nothing else.

use std::path::{Path, PathBuf};

use mosaicist::codec::jpeg::{self, EncodeOptions, Subsampling};
use mosaicist::composite::BadTiles;
use mosaicist::export::{self, Compression, ExportOptions, Format, write_image};
use mosaicist::geometry::{Point, Rect, Region, Size};
use mosaicist::job::Progress;
use mosaicist::loss::{self, Losses};
use mosaicist::mosaic::{Mosaic, Placement};
use mosaicist::pixels::{Color, Pixels, SampleType, Samples};
use mosaicist::source::testing::Pattern;
use mosaicist::source::{ImageRef, Sidecar, SidecarFolder, Source as _, open};
use mosaicist::work::{ExportRequest, export, library};

const SIZE: Size = Size::new(200, 160);

/// A smooth picture with some grain, so that every part of a file holds about as much of it.
fn picture() -> Pixels {
    let at = |n: u32| {
        let (x, y) = (n % SIZE.width, n / SIZE.width);
        let grain = (n.wrapping_mul(2_654_435_761) >> 28) as u8;
        [(x as u8).wrapping_add(grain), (y as u8 / 2 + 60).wrapping_add(grain), 90 + grain]
    };
    Pixels::new(SIZE, 3, Samples::U8((0..SIZE.area() as u32).flat_map(at).collect())).unwrap()
}

fn bytes(pixels: &Pixels) -> &[u8] {
    let Samples::U8(bytes) = pixels.samples() else { panic!("not bytes") };
    bytes
}

/// All of an image as an export reads it, and what is missing of it.
fn read(path: &Path) -> (mosaicist::Result<Pixels>, Losses) {
    loss::collect(|| {
        let source = library(64 << 20).open(&ImageRef::file(path))?;
        source.read(Region::new(0, source.info().whole(0)))
    })
}

/// The rows of `path` that differ from the picture by no more than `off`, and what is told.
fn sound_rows(path: &Path, off: u8) -> (Vec<bool>, Vec<String>) {
    let (found, losses) = read(path);
    let (found, expected) = (found.unwrap(), picture());
    let line = SIZE.width as usize * 3;
    let rows = bytes(&found).chunks_exact(line).zip(bytes(&expected).chunks_exact(line));
    let near = |(a, b): (&[u8], &[u8])| a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= off);
    (rows.map(near).collect(), losses.parts.iter().map(ToString::to_string).collect())
}

fn cut(path: &Path, keep: impl Fn(usize) -> usize) {
    let stream = std::fs::read(path).unwrap();
    std::fs::write(path, &stream[..keep(stream.len())]).unwrap();
}

#[test]
fn files_cut_short_show_the_rows_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_image(&at("a.png"), &picture(), Color::Rgb, 90).unwrap();
    write_image(&at("a.bmp"), &picture(), Color::Rgb, 90).unwrap();
    let mut stream = Vec::new();
    let options = EncodeOptions { quality: 98, subsampling: Subsampling::Full, ..EncodeOptions::default() };
    jpeg::encode(picture().view(), &options, &mut stream).unwrap();
    std::fs::write(at("a.jpg"), stream).unwrap();
    let options = ExportOptions { compression: Some(Compression::Lzw), ..strips() };
    write(&picture(), &at("a.tif"), &options);
    // Without their last two bytes all rows are there, but for the one of a BMP that is stored last.
    for (name, off) in [("a.png", 0), ("a.jpg", 12), ("a.bmp", 0)] {
        let path = at(&format!("end-{name}"));
        std::fs::copy(at(name), &path).unwrap();
        cut(&path, |length| length - 2);
        let (rows, told) = sound_rows(&path, off);
        let first = usize::from(name.ends_with("bmp"));
        assert!(rows[first..].iter().all(|sound| *sound), "{name}: {rows:?}");
        assert!(told.len() == 1 && told[0].contains(&format!("end-{name}")), "{name}: {told:?}");
    }
    for (name, off, least) in [("a.png", 0, 60), ("a.jpg", 12, 60)] {
        let path = at(&format!("cut-{name}"));
        std::fs::copy(at(name), &path).unwrap();
        cut(&path, |length| length / 2);
        let (rows, told) = sound_rows(&path, off);
        assert!(rows[..least].iter().all(|sound| *sound) && !rows[SIZE.height as usize - 1], "{name}: {rows:?}");
        assert!(told.len() == 1 && told[0].contains("rows "), "{name}: {told:?}");
    }
    // Plain samples, behind a header and in a TIFF.
    std::fs::write(at("a.ppm"), [b"P6 200 160 255\n", bytes(&picture())].concat()).unwrap();
    std::fs::write(at("plain.tif"), [&one_plain_strip(), bytes(&picture())].concat()).unwrap();
    for name in ["a.ppm", "plain.tif"] {
        let path = at(&format!("cut-{name}"));
        let (length, full) = (std::fs::metadata(at(name)).unwrap().len(), bytes(&picture()).len() as u64);
        std::fs::copy(at(name), &path).unwrap();
        cut(&path, |length| length * 7 / 10);
        let (rows, told) = sound_rows(&path, 0);
        let there = ((length * 7 / 10).saturating_sub(length - full) / 600) as usize;
        assert!(there > 80 && rows[..there - 1].iter().all(|sound| *sound) && !rows[159], "{name}: {rows:?}");
        assert!(!told.is_empty() && told.iter().all(|told| told.contains(&format!("cut-{name}"))), "{name}: {told:?}");
    }
    // Of nothing nothing is made up.
    let path = at("none.png");
    std::fs::copy(at("a.png"), &path).unwrap();
    let head = std::fs::read(&path).unwrap().windows(4).position(|four| four == b"IDAT").unwrap();
    cut(&path, |_| head + 5);
    let (found, losses) = read(&path);
    assert!(found.is_ok() && !losses.delivered && losses.parts.len() == 1, "{losses:?}");
}

#[test]
fn the_missing_rows_of_a_rotated_photo_are_a_strip_at_its_side() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rotated.jpg");
    let mut stream = Vec::new();
    jpeg::encode(picture().view(), &EncodeOptions::default(), &mut stream).unwrap();
    // EXIF: orientation 6, a quarter turn clockwise.
    let exif = b"\xFF\xE1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    stream.splice(2..2, exif.iter().copied());
    std::fs::write(&path, &stream[..stream.len() / 2]).unwrap();
    let (found, losses) = read(&path);
    assert_eq!(found.unwrap().size(), Size::new(SIZE.height, SIZE.width));
    let [part] = &*losses.parts else { panic!("{losses:?}") };
    let text = part.to_string();
    let first: i64 = text.split_once("rows ").and_then(|(_, rest)| rest.split_once(' ')).unwrap().0.parse().unwrap();
    let (height, width) = (i64::from(SIZE.height), i64::from(SIZE.width));
    assert_eq!(part.place, Some(Rect::new(0, 0, height - first, width)), "{text}");
}

/// The head of a TIFF whose only strip is uncompressed, the directory before it.
fn one_plain_strip() -> Vec<u8> {
    let (width, height) = (SIZE.width, SIZE.height);
    // Behind the header of 8 bytes: ten entries, the position of the next directory, and the three depths.
    let end = 8 + 2 + 10 * 12 + 4 + 6;
    let entries: [(u16, u16, u32, u32); 10] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, end - 6),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, end),
        (277, 3, 1, 3),
        (278, 4, 1, height),
        (279, 4, 1, width * height * 3),
        (284, 3, 1, 1),
    ];
    let mut head = b"II*\0\x08\0\0\0\x0A\0".to_vec();
    for (tag, kind, count, value) in entries {
        head.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        head.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    head.extend([0, 0, 0, 0, 8, 0, 8, 0, 8, 0]);
    head
}

fn strips() -> ExportOptions {
    let usual = ExportOptions::new(Format::Tiff);
    let tiff = mosaicist::export::TiffOptions { strips: true, ..usual.tiff };
    ExportOptions { tiff, ..usual }
}

fn write(pixels: &Pixels, path: &Path, options: &ExportOptions) {
    let source = mosaicist::source::testing::InMemory::new(pixels.clone());
    export::run(&source, path, options, &Progress::default()).unwrap();
}

/// A tiled TIFF with levels, the bytes of one tile of the finest one broken.
fn broken_tile(folder: &Path) -> (PathBuf, Pattern) {
    let pattern = Pattern::new(Size::new(640, 512), 3, SampleType::U8);
    let path = folder.join("scan.tif");
    let usual = ExportOptions::new(Format::Tiff);
    let options = ExportOptions { tile: Some(128), compression: Some(Compression::Deflate), ..usual };
    export::run(&pattern, &path, &options, &Progress::default()).unwrap();
    let source = open(&path).unwrap().page(0).unwrap();
    let tile = source.encoded_tile(0, Rect::at(256, 128, Size::new(128, 128))).unwrap().unwrap();
    let mut file = std::fs::read(&path).unwrap();
    let at = file.windows(tile.len()).position(|part| part == tile).unwrap();
    file[at..at + tile.len() / 2].fill(0xFF);
    std::fs::write(&path, file).unwrap();
    (path, pattern)
}

#[test]
fn a_broken_tile_costs_its_own_area_and_is_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (path, pattern) = broken_tile(folder.path());
    let (found, losses) = read(&path);
    let (mut found, mut expected) = (found.unwrap(), pattern.read(Region::new(0, pattern.info().whole(0))).unwrap());
    let told: Vec<_> = losses.parts.iter().map(ToString::to_string).collect();
    assert!(told.len() == 1 && told[0].contains("scan.tif") && told[0].contains("128×128 px at 256,128"), "{told:?}");
    // In its place stands what the coarser level shows.
    let place = Rect::at(256, 128, Size::new(128, 128));
    assert_eq!(losses.parts[0].place, Some(place));
    let coarse = open(&path).unwrap().page(0).unwrap().read(Region::new(1, Rect::new(128, 64, 129, 65))).unwrap();
    assert_eq!(found.crop(Rect::at(256, 128, Size::new(1, 1))), coarse);
    let hidden = Pixels::zeroed(place.size(), 3, SampleType::U8);
    found.paste(hidden.view(), place.x0, place.y0);
    expected.paste(hidden.view(), place.x0, place.y0);
    assert!(found == expected, "the rest is as it was");
    let source = open(&path).unwrap().page(0).unwrap();
    assert!(source.encoded_tile(0, place).unwrap().is_none(), "what cannot be decoded is not handed on");
    assert!(source.encoded_tile(0, place.translate(128, 0)).unwrap().is_some());
}

#[test]
fn a_broken_strip_costs_its_own_rows_in_a_scan_too() {
    let folder = tempfile::tempdir().unwrap();
    let pattern = Pattern::new(Size::new(700, 900), 3, SampleType::U8);
    let path = folder.path().join("strips.tif");
    let options = ExportOptions { compression: Some(Compression::Lzw), pyramid: false, ..strips() };
    export::run(&pattern, &path, &options, &Progress::default()).unwrap();
    let source = open(&path).unwrap().page(0).unwrap();
    let strip = Rect::at(0, 0, source.info().levels[0].tile).translate(0, source.info().levels[0].tile.height.into());
    let coded = source.encoded_tile(0, strip).unwrap().unwrap();
    let mut file = std::fs::read(&path).unwrap();
    let at = file.windows(coded.len()).position(|part| part == coded).unwrap();
    file[at..at + coded.len()].fill(0xFF);
    std::fs::write(&path, file).unwrap();
    let source = open(&path).unwrap().page(0).unwrap();
    let scans = SidecarFolder::new(folder.path().join("scans"), 1 << 30);
    let sidecar = Sidecar::build(&scans, &ImageRef::file(&path), &source, &Progress::default()).unwrap();
    let last = sidecar.info().levels.len() - 1;
    let (read, losses) = loss::collect(|| sidecar.read(Region::new(last, sidecar.info().whole(last))));
    assert!(read.is_ok() && last > 0);
    let [part] = &*losses.parts else { panic!("{losses:?}") };
    assert_eq!(part.place, Some(strip));
}

#[test]
fn an_export_tells_what_it_lacks_and_fails_if_that_is_all() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = broken_tile(folder.path());
    let good = folder.path().join("good.png");
    write_image(&good, &picture(), Color::Rgb, 90).unwrap();
    let torn = folder.path().join("torn.png");
    let stream = std::fs::read(&good).unwrap();
    let data = stream.windows(4).position(|four| four == b"IDAT").unwrap() + 4;
    std::fs::write(&torn, [&stream[..data], &vec![0xFF; stream.len() - data][..]].concat()).unwrap();
    let run = |images: &[&Path], name: &str, bad| {
        let mut mosaic = Mosaic::default();
        for (number, image) in images.iter().enumerate() {
            let size = open(image).unwrap().page(0).unwrap().info().size();
            let place = Point::new(number as f64 * 700.0, 0.0);
            let kind = Some(mosaicist::pixels::PixelKind::RGB8);
            mosaic.add(Placement { kind, ..Placement::new(*image, size).at(place) });
        }
        let usual = ExportOptions::new(Format::Tiff);
        let options = ExportOptions { compression: Some(Compression::Deflate), tile: Some(128), ..usual };
        let out = folder.path().join(name);
        let request = ExportRequest { bad, ..ExportRequest::new(out.clone(), options) };
        let progress = Progress::default();
        (export(&mosaic, &request, &progress), progress.warnings().len(), out)
    };
    let (done, warnings, out) = run(&[&path], "tile.tif", BadTiles::Warn);
    assert_eq!((done.unwrap().unread, warnings), (0, 1));
    assert!(read(&out).1.parts.is_empty(), "the output is sound");
    let (done, warnings, _) = run(&[&good, &torn], "half.tif", BadTiles::Warn);
    assert_eq!((done.unwrap().unread, warnings), (1, 1));
    for (images, name, bad) in
        [(&[&*torn, &*torn], "none.tif", BadTiles::Warn), (&[&*good, &*path], "s.tif", BadTiles::Fail)]
    {
        let (done, _, out) = run(images, name, bad);
        assert!(done.is_err() && !out.exists(), "{name}");
    }
}

#[test]
fn a_missing_tile_is_filled_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("z.dzi");
    let pattern = Pattern::new(Size::new(500, 400), 3, SampleType::U8);
    let usual = ExportOptions::new(Format::DeepZoom);
    let options = ExportOptions { tile: Some(126), tiles: Some(export::TileFormat::Png), ..usual };
    export::run(&pattern, &path, &options, &Progress::default()).unwrap();
    std::fs::remove_file(folder.path().join("z_files/9/2_1.png")).unwrap();
    let (found, losses) = read(&path);
    let told: Vec<_> = losses.parts.iter().map(ToString::to_string).collect();
    assert!(told.len() == 1 && told[0].contains("2_1.png"), "{told:?}");
    assert_eq!(losses.parts[0].place, Some(Rect::at(252, 126, Size::new(126, 126))));
    let found = found.unwrap();
    let gap = found.crop(Rect::at(252, 126, Size::new(126, 126)));
    assert!(bytes(&gap).iter().any(|sample| *sample != 255), "not merely white");
    let expected = pattern.read(Region::new(0, Rect::new(0, 0, 252, 400))).unwrap();
    assert!(found.crop(Rect::new(0, 0, 252, 400)) == expected);
}
