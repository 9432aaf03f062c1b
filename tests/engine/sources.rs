//! The conformance check on every file source, with generated files.

use std::path::Path;

use mosaicist::export::{Compression, ExportOptions, Format, run, write_image};
use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::job::Progress;
use mosaicist::pixels::{Color, Pixels, SampleType};
use mosaicist::source::testing::{Pattern, check_source};
use mosaicist::source::{Source as _, open};

const SIZE: Size = Size::new(301, 157);

fn picture(channels: u8, sample: SampleType) -> (Pixels, Color) {
    let pattern = Pattern::new(SIZE, channels, sample);
    (pattern.read(Region::new(0, Rect::from_size(SIZE))).unwrap(), Color::of_channels(channels))
}

fn check(path: &Path) {
    check_source(&*open(path).unwrap().page(0).unwrap());
}

#[test]
fn plain_files_conform() {
    let folder = tempfile::tempdir().unwrap();
    for (name, channels, sample) in [
        ("a.jpg", 3, SampleType::U8),
        ("b.jpg", 1, SampleType::U8),
        ("c.png", 3, SampleType::U8),
        ("d.png", 4, SampleType::U16),
        ("e.png", 1, SampleType::U16),
        ("f.tif", 3, SampleType::U16),
        ("g.tif", 5, SampleType::F32),
    ] {
        let path = folder.path().join(name);
        let (pixels, color) = picture(channels, sample);
        write_image(&path, &pixels, color, 90).unwrap();
        check(&path);
        if path.extension().is_some_and(|ending| ending != "jpg") {
            let read = open(&path).unwrap().page(0).unwrap().read(Region::new(0, Rect::from_size(SIZE))).unwrap();
            assert_eq!(read, pixels, "{name}: as written");
        }
    }
}

#[test]
fn tiled_pyramids_conform() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.tif");
    for (compression, sample, channels) in [
        (Compression::None, SampleType::U8, 3),
        (Compression::Deflate, SampleType::U16, 1),
        (Compression::Deflate, SampleType::U8, 4),
        (Compression::Jpeg, SampleType::U8, 3),
        (Compression::Jpeg, SampleType::U8, 1),
    ] {
        let pattern = Pattern::new(SIZE, channels, sample);
        let usual = ExportOptions::new(Format::Tiff);
        let options = ExportOptions { compression: Some(compression), tile: Some(64), overwrite: true, ..usual };
        run(&pattern, &path, &options, &Progress::default()).unwrap();
        let source = open(&path).unwrap().page(0).unwrap();
        assert_eq!(source.info().levels.len(), 4, "301, 151, 76, 38");
        check(&path);
    }
}

#[test]
fn what_a_torn_file_lacks_is_named_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.jpg", "b.png", "c.tif"] {
        let path = folder.path().join(name);
        let (pixels, color) = picture(3, SampleType::U8);
        write_image(&path, &pixels, color, 90).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for part in 0..40 {
            std::fs::write(&path, &whole[..whole.len() * part / 40]).unwrap();
            let read = || open(&path).and_then(|opened| opened.page(0)?.read(Region::new(0, Rect::from_size(SIZE))));
            let (read, losses) = mosaicist::loss::collect(read);
            let error = read.err().or_else(|| losses.parts.first().map(|part| part.error.clone().at(&path)));
            let error = error.expect("a part of a file is not the file").to_string();
            assert!(error.contains(name), "{part} of 40: {error}");
        }
    }
}
