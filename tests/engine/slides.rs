//! Slides of every vendor: made here, read as any image.

use std::path::Path;
use std::sync::Arc;

use crate::made::containers::{self, Dicom};
use crate::made::{self, PHOTOS, color, mirax_color, picture};
use mosaicist::codec::jpeg::{DecodeOptions, decode};
use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::pixels::Pixels;
use mosaicist::source::testing::check_source;
use mosaicist::source::{PageIndex, Source, open, open_whole};

fn sizes(source: &dyn Source) -> Vec<(u32, u32)> {
    source.info().levels.iter().map(|level| (level.size.width, level.size.height)).collect()
}

fn whole(source: &dyn Source, level: usize) -> Pixels {
    source.read(Region::new(level, source.info().whole(level))).unwrap()
}

fn at(source: &dyn Source, level: usize, x: i64, y: i64) -> [u8; 3] {
    let pixels = source.read(Region::new(level, Rect::at(x, y, Size::new(1, 1)))).unwrap();
    pixels.view().row::<u8>(0).unwrap().try_into().unwrap()
}

/// The pixels differ from the picture by no more than JPEG explains.
fn shows(source: &dyn Source, level: usize, scale: u32) {
    let found = whole(source, level);
    for (y, row) in (0..).zip(found.view().rows::<u8>()) {
        for (x, pixel) in (0..).zip(row.as_chunks::<3>().0) {
            let expected = color(x, y, scale);
            // A halved level shows the mean of what one pixel covers.
            let most = 5 + 2 * scale as u8;
            assert!(
                pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= most),
                "level {level} at {x}, {y}: {pixel:?}, not {expected:?}"
            );
        }
    }
}

fn opened(path: &Path) -> Arc<dyn Source> {
    open(path).unwrap().page(0).unwrap()
}

fn property<'a>(source: &'a dyn Source, name: &str) -> Option<&'a str> {
    source.info().properties.get(name).map(String::as_str)
}

#[test]
fn hamamatsu_streams_are_read_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ndpi");
    // The second level lies beyond 4 GiB, in a file that takes no such room.
    for (far, listed) in [(None, true), (None, false), (Some(5 << 30), true)] {
        made::ndpi(&path, far, listed);
        let file = open(&path).unwrap();
        let source = file.page(0).unwrap();
        let expected = [(192, 100), (96, 50), (48, 25), (24, 12), (12, 6)];
        assert_eq!(sizes(&*source), expected, "{far:?} {listed}");
        check_source(&*source);
        for (level, scale) in [(0, 1), (1, 2), (2, 4)] {
            shows(&*source, level, scale);
        }
        let info = source.info();
        assert_eq!((info.mpp, info.objective), (Some((0.5, 0.25)), Some(20.0)));
        assert_eq!(property(&*source, "hamamatsu.Product"), Some("C1"));
        assert_eq!(property(&*source, "openslide.vendor"), Some("hamamatsu"));
        assert_eq!(file.associated(), ["macro"]);
        assert_eq!(file.associated_image("macro").unwrap().info().size(), Size::new(40, 30));
    }
}

#[test]
fn intervals_join_as_in_the_whole_stream() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ndpi");
    made::ndpi(&path, None, true);
    let (stream, _) = made::with_restarts(&picture(Size::new(192, 100), 1), 2);
    let expected = decode(&stream, &DecodeOptions::default()).unwrap();
    let found = whole(&*opened(&path), 0);
    for x in (0..192).step_by(32) {
        // Chroma is interpolated over rows; at the sides of a column it is not.
        let inside = Rect::new(x + 2, 0, x + 30, 100);
        assert_eq!(found.crop(inside), expected.crop(inside), "column at {x}");
    }
}

#[test]
fn hamamatsu_streams_lie_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    made::vms(folder.path());
    for hints in [true, false] {
        if !hints {
            std::fs::remove_file(folder.path().join("o.opt")).unwrap();
        }
        let file = open(&folder.path().join("a.vms")).unwrap();
        let source = file.page(0).unwrap();
        assert_eq!(sizes(&*source), [(96, 48), (48, 24), (32, 16), (24, 12), (16, 8), (12, 6), (8, 4), (4, 2)]);
        check_source(&*source);
        shows(&*source, 0, 1);
        shows(&*source, 1, 2);
        assert_eq!((source.info().mpp, source.info().objective), (Some((0.5, 0.5)), Some(20.0)));
        assert_eq!(file.associated_image("macro").unwrap().info().size(), Size::new(20, 10));
    }
}

#[test]
fn photos_lie_where_the_stage_stopped() {
    let folder = tempfile::tempdir().unwrap();
    made::mirax(folder.path());
    let file = open(&folder.path().join("a.mrxs")).unwrap();
    let source = file.page(0).unwrap();
    assert_eq!(sizes(&*source), [(124, 124), (62, 62), (31, 31)]);
    check_source(&*source);
    for (number, (x, y)) in PHOTOS.into_iter().enumerate() {
        let (column, row) = (number as u32 % 2 * 2, number as u32 / 2 * 2);
        let (x, y) = (i64::from(x), i64::from(y));
        // The middle of its last picture, and of the photo in the coarser levels.
        assert_eq!(at(&*source, 0, x + 40, y + 40), mirax_color(0, column + 1, row + 1), "photo {number}");
        assert_eq!(at(&*source, 1, x / 2 + 10, y / 2 + 10), mirax_color(1, column, row), "photo {number}");
        assert_eq!(at(&*source, 2, x / 4 + 8, y / 4 + 8), mirax_color(2, column, row), "photo {number}");
    }
    assert_eq!(at(&*source, 0, 62, 20), mirax_color(0, 2, 0), "of two that overlap the right one is on top");
    assert_eq!(at(&*source, 0, 0, 0), [0x56, 0x34, 0x12], "where no photo is");
    let info = source.info();
    assert_eq!((info.mpp, info.objective), (Some((0.25, 0.5)), Some(20.0)));
    for (name, value) in [("openslide.background-color", "563412"), ("openslide.bounds-width", "125")] {
        assert_eq!(property(&*source, name), Some(value), "{name}");
    }
    assert_eq!(property(&*source, "mirax.GENERAL.SLIDE_ID"), Some("TEST"));
    assert_eq!(file.associated(), ["label"]);
    assert_eq!(file.associated_image("label").unwrap().info().size(), Size::new(24, 16));
}

#[test]
fn channels_of_a_container_are_pages() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.czi");
    containers::czi(&path);
    let file = open(&path).unwrap();
    assert_eq!((file.pages(), file.page_name(1).as_deref()), (2, Some("C 1")));
    for (page, more) in [(0, 7), (1, 0)] {
        let source = file.page(page).unwrap();
        assert_eq!(sizes(&*source), [(35, 16), (17, 8)]);
        check_source(&*source);
        let value = |level, x, y| {
            let pixels = source.read(Region::new(level, Rect::at(x, y, Size::new(1, 1)))).unwrap();
            pixels.view().row::<u16>(0).unwrap()[0]
        };
        assert_eq!(value(0, 0, 3), containers::czi_value(-10, 8) + more);
        assert_eq!(value(0, 16, 3), containers::czi_value(6, 8) + more + 1, "the second tile is on top");
        assert_eq!(value(1, 4, 2), containers::czi_value(-2, 9) + more);
        assert_eq!((source.info().mpp, source.info().objective), (Some((0.25, 0.5)), Some(40.0)));
    }
    assert_eq!(file.associated_image("label").unwrap().info().size(), Size::new(24, 16));
    let place = file.page_place(1).unwrap();
    assert_eq!(
        (place.index, place.counts.c, &*place.channel.name),
        (PageIndex { c: 1, ..PageIndex::default() }, 2, "FITC")
    );
    // As people look at it, they are together.
    let (_, whole) = open_whole(&path).unwrap();
    let both = whole.page(0).unwrap();
    check_source(&*both);
    let names: Vec<_> = both.info().channel_names.iter().map(|said| (said.name.as_str(), said.color)).collect();
    assert_eq!(names, [("DAPI", Some([16, 32, 255])), ("FITC", None)]);
    assert_eq!((whole.pages(), whole.page_name(0), sizes(&*both)), (1, None, vec![(35, 16), (17, 8)]));
}

#[test]
fn the_files_of_a_dicom_series_are_one_slide() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, flavour, size, scale, sparse, series| {
        containers::dicom(&folder.path().join(name), &Dicom { flavour, size, scale, sparse, series });
    };
    put("b", "VOLUME", Size::new(50, 35), 2, true, "1.2");
    put("a.dcm", "VOLUME", Size::new(100, 70), 1, false, "1.2");
    put("c.dcm", "LABEL", Size::new(40, 20), 1, false, "1.2");
    put("d.dcm", "VOLUME", Size::new(400, 300), 1, false, "1.3");
    std::fs::write(folder.path().join("e.txt"), "no slide").unwrap();
    for name in ["a.dcm", "b", "c.dcm"] {
        let file = open(&folder.path().join(name)).unwrap();
        let source = file.page(0).unwrap();
        assert_eq!(sizes(&*source), [(100, 70), (50, 35)], "{name}");
        check_source(&*source);
        shows(&*source, 0, 1);
        shows(&*source, 1, 2);
        assert_eq!((source.info().mpp, source.info().objective), (Some((0.25, 0.5)), Some(20.0)));
        assert_eq!(property(&*source, "dicom.Manufacturer"), Some("Maker"));
        assert_eq!(file.associated_image("label").unwrap().info().size(), Size::new(40, 20));
    }
    assert_eq!(opened(&folder.path().join("d.dcm")).info().size(), Size::new(400, 300));
}

#[test]
fn leica_areas_lie_on_the_glass() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.scn");
    made::tiffs::scn(&path);
    let file = open(&path).unwrap();
    let source = file.page(0).unwrap();
    // 500 and 1000 nanometers a pixel.
    assert_eq!(sizes(&*source), [(200, 160), (100, 80)]);
    check_source(&*source);
    let near = |found: [u8; 3], expected: [u8; 3]| found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 4);
    assert!(near(at(&*source, 0, 40 + 33, 20 + 7), color(33, 7, 1)));
    assert!(near(at(&*source, 1, 20 + 30, 10 + 7), color(30, 7, 2)));
    assert_eq!(at(&*source, 0, 39, 20), [255; 3]);
    for (name, value) in
        [("openslide.bounds-x", "40"), ("openslide.barcode", "AB1"), ("openslide.objective-power", "20")]
    {
        assert_eq!(property(&*source, name), Some(value), "{name}");
    }
    assert_eq!(file.associated_image("macro").unwrap().info().size(), Size::new(32, 32));
}

#[test]
fn ventana_tiles_overlap_by_their_mean() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.bif");
    made::tiffs::bif(&path);
    let file = open(&path).unwrap();
    let source = file.page(0).unwrap();
    // From tile to tile 22 across and 26 down.
    assert_eq!(sizes(&*source), [(3 + 22 + 32, 26 + 32), (29, 29)]);
    check_source(&*source);
    let near = |found: [u8; 3], expected: [u8; 3]| found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 3);
    let cases =
        [(0, 5, 5, 0), (0, 24, 5, 0), (0, 26, 5, 1), (0, 5, 27, 2), (0, 26, 27, 3), (1, 10, 5, 0), (1, 14, 15, 3)];
    for (level, x, y, tile) in cases {
        assert!(near(at(&*source, level, x, y), made::tiffs::COLORS[tile]), "level {level} at {x}, {y}");
    }
    assert_eq!(at(&*source, 0, 1, 1), [255; 3]);
    assert_eq!((source.info().mpp, source.info().objective), (Some((0.5, 0.5)), Some(20.0)));
    assert_eq!(file.associated(), ["macro"]);
}

#[test]
fn trestle_tiles_overlap_by_the_description() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tif");
    made::tiffs::trestle(&path);
    let source = opened(&path);
    assert_eq!(sizes(&*source), [(60, 58), (32, 32)]);
    check_source(&*source);
    let near = |found: [u8; 3], expected: [u8; 3]| found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 4);
    assert!(near(at(&*source, 0, 27, 25), color(27, 25, 1)));
    assert!(near(at(&*source, 0, 28, 26), color(32, 32, 1)), "the next tile begins four pixels early");
    assert_eq!((source.info().mpp, source.info().objective), (Some((0.5, 0.5)), Some(10.0)));
    assert_eq!(source.info().background, [230.0; 3]);
}

#[test]
fn parts_of_a_slide_do_not_lead_out_of_it() {
    let folder = tempfile::tempdir().unwrap();
    made::vms(folder.path());
    let path = folder.path().join("a.vms");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("l.jpg", "../l.jpg")).unwrap();
    assert!(open(&path).is_err());
}
