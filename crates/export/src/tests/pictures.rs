//! Folders of tiles, read back tile by tile as their readers would ask for them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{export, options, pyramid};
use crate::codec::jpeg;
use crate::earlier::MARKER;
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::pixels::{Pixels, SampleType, Samples};
use crate::source::open;
use crate::source::testing::Pattern;
use crate::{Edges, ExportOptions, Extras, Format, TiffOptions, TileFormat, plan};

const SIZES: [(u32, u32); 7] = [(1, 1), (255, 40), (257, 256), (1025, 700), (2100, 3), (3, 2100), (512, 512)];

fn png(format: Format) -> ExportOptions {
    ExportOptions { tiles: Some(TileFormat::Png), ..options(format) }
}

fn read(path: &Path) -> Pixels {
    let opened = open(path).unwrap_or_else(|error| panic!("{error}"));
    let source = opened.page(0).unwrap();
    source.read(Region::new(0, source.info().whole(0))).unwrap()
}

/// All files below `folder`, with slashes.
pub(super) fn files(folder: &Path) -> BTreeSet<String> {
    fn walk(folder: &Path, before: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = format!("{before}{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{name}/"), found);
            } else {
                found.insert(name);
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(folder, "", &mut found);
    found
}

#[test]
fn zoomify_counts_as_its_readers_do() {
    let folder = tempfile::tempdir().unwrap();
    for (width, height) in SIZES {
        let pattern = Pattern::new(Size::new(width, height), 3, SampleType::U8);
        let out = folder.path().join(format!("{width}x{height}"));
        export(&pattern, &out, &ExportOptions { tile: Some(32), ..png(Format::Zoomify) });
        // As OpenSeadragon's ZoomifyTileSource does.
        let mut sizes = vec![(width, height)];
        while sizes[0].0 > 32 || sizes[0].1 > 32 {
            sizes.insert(0, (sizes[0].0 / 2, sizes[0].1 / 2));
        }
        let levels = pyramid(&pattern, sizes.len());
        let grids: Vec<_> = sizes.iter().map(|&(w, h)| (w.div_ceil(32), h.div_ceil(32))).collect();
        let mut names = BTreeSet::from(["ImageProperties.xml".to_owned()]);
        let mut before = 0;
        for (tier, &(columns, rows)) in grids.iter().enumerate() {
            let down = sizes.len() - 1 - tier;
            let level = &levels[down];
            // Its own count of tiles there are rounds up.
            let asked = |side: u32| (f64::from(side) / f64::from(1 << down) / 32.0).ceil() as u32;
            for (x, y) in (0..asked(height)).flat_map(|y| (0..asked(width)).map(move |x| (x, y))) {
                let number = before + y * columns + x;
                let name = format!("TileGroup{}/{tier}-{x}-{y}.png", number / 256);
                let tile = read(&out.join(&name));
                let (w, h) = (sizes[tier].0, sizes[tier].1);
                let (x0, y0) = (i64::from(x * 32), i64::from(y * 32));
                let cut = |from: i64, counted: u32, all: u32| {
                    i64::from(if i64::from(counted) > from { counted } else { all })
                };
                let end = (cut(x0, w, level.size().width), cut(y0, h, level.size().height));
                let wanted = level.crop(Rect::new(x0, y0, end.0.min(x0 + 32), end.1.min(y0 + 32)));
                assert!(tile == wanted, "{width}×{height}: {name}: {} for {}", tile.size(), wanted.size());
                names.insert(name);
            }
            before += columns * rows;
        }
        assert_eq!(files(&out), names, "{width}×{height}");
        let text = fs::read_to_string(out.join("ImageProperties.xml")).unwrap();
        assert!(text.contains(&format!("WIDTH=\"{width}\" HEIGHT=\"{height}\" NUMTILES=\"{before}\" ")), "{text}");
    }
}

#[test]
fn iiif_serves_every_advertised_request() {
    let folder = tempfile::tempdir().unwrap();
    for (format, three) in [(Format::Iiif, false), (Format::Iiif3, true)] {
        for (width, height) in SIZES {
            let pattern = Pattern::new(Size::new(width, height), 3, SampleType::U8);
            let out = folder.path().join(format!("{width}x{height}-{three}"));
            let extras = Extras { id: Some("https://here.org/a".into()), ..Extras::default() };
            let tiles = Some(if three { TileFormat::Png } else { TileFormat::Jpg });
            export(&pattern, &out, &ExportOptions { tile: Some(64), extras, tiles, ..options(format) });
            let ending = if three { "png" } else { "jpg" };
            // What a tile of these pixels looks like.
            let packed = |pixels: Pixels| {
                let mut stream = Vec::new();
                jpeg::encode(pixels.view(), &jpeg::EncodeOptions::default(), &mut stream).unwrap();
                if three { pixels } else { jpeg::decode(&stream, &jpeg::DecodeOptions::default()).unwrap() }
            };
            let text = fs::read_to_string(out.join("info.json")).unwrap();
            let info: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(info[if three { "id" } else { "@id" }], "https://here.org/a");
            assert_eq!((info["width"].as_u64(), info["height"].as_u64()), (Some(width.into()), Some(height.into())));
            let factors = info["tiles"][0]["scaleFactors"].as_array().unwrap().clone();
            let levels = pyramid(&pattern, factors.len());
            let mut names = BTreeSet::from(["info.json".to_owned()]);
            let sized = |w: u32, h: u32| match (three, w == width, h == height) {
                (true, true, true) => "max".to_owned(),
                (true, ..) => format!("{w},{h}"),
                (false, true, _) => "full".to_owned(),
                (false, ..) => format!("{w},"),
            };
            for (level, factor) in levels.iter().zip(factors) {
                let s = factor.as_u64().unwrap() as u32;
                let grid = TileGrid::square(level.size(), 64);
                for (column, row) in grid.touching(Rect::from_size(grid.size)) {
                    let (x, y) = (column * 64 * s, row * 64 * s);
                    let (w, h) = ((64 * s).min(width - x), (64 * s).min(height - y));
                    let region = if (w, h) == (width, height) { "full".into() } else { format!("{x},{y},{w},{h}") };
                    let name = format!("{region}/{}/0/default.{ending}", sized(w.div_ceil(s), h.div_ceil(s)));
                    let tile = read(&out.join(&name));
                    // A name that a finer level has too shows what it has there: a column of pixels.
                    assert!(names.contains(&name) || tile == packed(level.crop(grid.rect(column, row))), "{name}");
                    names.insert(name);
                }
            }
            let limits = if three { &info } else { &info["profile"][1] };
            let most = limits["maxWidth"].as_u64().map(|most| most as u32);
            let whole = levels.iter().find(|level| most.is_none_or(|most| level.size().longest() <= most)).unwrap();
            let shown = read(&out.join(format!("full/max/0/default.{ending}")));
            assert_eq!(shown.size(), whole.size());
            assert!(!three || shown == *whole, "{width}×{height}");
            names.insert(format!("full/max/0/default.{ending}"));
            assert!(most.is_none_or(|most| most >= 64), "no tile is larger than the whole may be");
            for size in info["sizes"].as_array().unwrap() {
                let side = |name: &str| size[name].as_u64().unwrap() as u32;
                let name = format!("full/{}/0/default.{ending}", sized(side("width"), side("height")));
                assert_eq!(read(&out.join(&name)).size(), Size::new(side("width"), side("height")), "{name}");
                names.insert(name);
            }
            if most.is_none() && !three {
                names.insert("full/full/0/default.jpg".into());
            }
            assert_eq!(files(&out), names, "{width}×{height}");
        }
    }
}

#[test]
fn map_tiles_are_full_squares() {
    let folder = tempfile::tempdir().unwrap();
    for (width, height) in SIZES {
        let pattern = Pattern::new(Size::new(width, height), 3, SampleType::U8);
        let out = folder.path().join(format!("{width}x{height}"));
        let options = ExportOptions { tile: Some(64), background: [1, 2, 3], ..png(Format::Xyz) };
        export(&pattern, &out, &options);
        let count = (0..32).find(|&n| Size::new(width, height).halved_times(n).longest() <= 64).unwrap() + 1;
        let mut names = BTreeSet::new();
        for (down, level) in pyramid(&pattern, count).iter().enumerate() {
            let grid = TileGrid::square(level.size(), 64);
            for (column, row) in grid.touching(Rect::from_size(grid.size)) {
                let name = format!("{}/{column}/{row}.png", count - 1 - down);
                let mut wanted = Pixels::filled(Size::new(64, 64), SampleType::U8, &[1.0, 2.0, 3.0]);
                wanted.paste(level.part(grid.rect(column, row)), 0, 0);
                assert!(read(&out.join(&name)) == wanted, "{name}");
                names.insert(name);
            }
        }
        names.insert(MARKER.to_owned());
        assert_eq!(files(&out), names);
    }
}

#[test]
fn patches_are_named_cut_filled_up_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let size = Size::new(150, 90);
    let pattern = Pattern::new(size, 3, SampleType::U16);
    let whole = pyramid(&pattern, 1).remove(0);
    for (edges, count) in [(Edges::Cut, 7), (Edges::Pad, 7), (Edges::Drop, 3)] {
        let out = folder.path().join(format!("{edges:?}"));
        let extras = Extras { edges, pattern: Some("{row:02}/{name}_{x}_{y}".into()), ..Extras::default() };
        export(&pattern, &out, &ExportOptions { tile: Some(60), extras, ..options(Format::Patches) });
        assert_eq!(files(&out).len(), count, "{edges:?}: {:?}", files(&out));
        let inner = read(&out.join(format!("00/{edges:?}_60_0.png")));
        assert!(inner == whole.crop(Rect::new(60, 0, 120, 60)), "16 bits stay");
        let last = out.join(format!("01/{edges:?}_120_60.png"));
        match edges {
            Edges::Cut => assert_eq!(read(&last).size(), Size::new(30, 30)),
            Edges::Pad => assert_eq!(read(&last).size(), Size::new(60, 60)),
            Edges::Drop => assert!(!last.exists()),
        }
    }
    let mut picture = Pixels::zeroed(size, 3, SampleType::U8);
    picture.paste(Pixels::filled(Size::new(1, 1), SampleType::U8, &[0.0, 0.0, 1.0]).view(), 61, 59);
    let out = folder.path().join("some");
    let extras = Extras { skip_empty: true, ..Extras::default() };
    let options = ExportOptions { tile: Some(60), tiles: Some(TileFormat::Raw), extras, ..options(Format::Patches) };
    export(&crate::source::testing::InMemory::new(picture.clone()), &out, &options);
    assert_eq!(files(&out), BTreeSet::from([MARKER.to_owned(), "some_x60_y0.raw".to_owned()]));
    let bytes = picture.crop(Rect::new(60, 0, 120, 60)).into_samples();
    assert!(Samples::U8(fs::read(out.join("some_x60_y0.raw")).unwrap()) == bytes);
}

#[test]
fn webp_tiles_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    for channels in [1, 3, 4] {
        let pattern = Pattern::new(Size::new(100, 70), channels, SampleType::U8);
        let out = folder.path().join(format!("{channels}.dzi"));
        let options = ExportOptions { tiles: Some(TileFormat::Webp), ..options(Format::DeepZoom) };
        export(&pattern, &out, &options);
        let tile = read(&folder.path().join(format!("{channels}_files/7/0_0.webp")));
        let wanted = pyramid(&pattern, 1).remove(0);
        if channels == 1 && tile.channels() == 3 {
            let Samples::U8(tile) = tile.samples() else { panic!("bytes") };
            assert!(Samples::U8(tile.iter().step_by(3).copied().collect()) == *wanted.samples());
        } else {
            assert!(tile == wanted, "{channels}");
        }
    }
}

/// Names and contents of a zip, from its directory.
pub(super) fn unzip(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let short = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let long = |at: usize| short(at) | short(at + 2) << 16;
    let end = bytes.len() - 22;
    assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
    let (count, mut at) = (short(end + 10), long(end + 16));
    let mut found = Vec::new();
    for _ in 0..count {
        assert_eq!(&bytes[at..at + 4], b"PK\x01\x02");
        let (sum, size, local) = (long(at + 16), long(at + 20), long(at + 42));
        let name = String::from_utf8(bytes[at + 46..at + 46 + short(at + 28)].to_vec()).unwrap();
        let start = local + 30 + short(local + 26) + short(local + 28);
        let data = bytes[start..start + size].to_vec();
        assert_eq!(crc32fast::hash(&data) as usize, sum, "{name}");
        found.push((name, data));
        at += 46 + short(at + 28) + short(at + 30) + short(at + 32);
    }
    assert_eq!(at, end);
    found
}

#[test]
fn a_zip_holds_the_deep_zoom() {
    let folder = tempfile::tempdir().unwrap();
    let pattern = Pattern::new(Size::new(700, 300), 3, SampleType::U8);
    let (dzi, szi) = (folder.path().join("a.dzi"), folder.path().join("a.szi"));
    export(&pattern, &dzi, &png(Format::DeepZoom));
    let statistics = export(&pattern, &szi, &png(Format::Szi));
    let bytes = fs::read(&szi).unwrap();
    assert_eq!(statistics.bytes, bytes.len() as u64);
    let inside = unzip(&bytes);
    assert_eq!(inside.len(), files(&folder.path().join("a_files")).len() + 1);
    for (name, data) in inside {
        let file = folder.path().join(name.strip_prefix("a/").unwrap());
        assert!(fs::read(&file).unwrap() == data, "{name}");
    }
}

#[test]
fn html_viewer_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let pattern = Pattern::new(Size::new(700, 300), 3, SampleType::U8);
    for format in [Format::DeepZoom, Format::Zoomify, Format::Iiif, Format::Iiif3, Format::Xyz] {
        let extras = Extras { viewer: true, ..Extras::default() };
        let out = folder.path().join(if format == Format::DeepZoom { "a.dzi" } else { format.spec().name });
        export(&pattern, &out, &ExportOptions { extras, ..options(format) });
        let page = if format == Format::DeepZoom { folder.path().join("a_files") } else { out }.join("index.html");
        let text = fs::read_to_string(page).unwrap();
        assert!(text.contains("700") && text.contains("OpenSeadragon"), "{format:?}");
    }
}

#[test]
fn tiles_of_a_jpeg_tiff_are_copied_into_folders() {
    let folder = tempfile::tempdir().unwrap();
    for (channels, subsampling, colors) in [
        (3, jpeg::Subsampling::Quarter, jpeg::StoredColors::Ycc),
        (3, jpeg::Subsampling::Full, jpeg::StoredColors::Rgb),
        (1, jpeg::Subsampling::Full, jpeg::StoredColors::Ycc),
    ] {
        let slide = folder.path().join("slide.tif");
        let tiff = TiffOptions { jpeg_colors: colors, ..TiffOptions::default() };
        let packed = ExportOptions { quality: Some(60), subsampling, tiff, ..options(Format::Tiff) };
        export(&Pattern::new(Size::new(700, 530), channels, SampleType::U8), &slide, &packed);
        let source = open(&slide).unwrap().page(0).unwrap();
        let out = folder.path().join("tiles");
        let plain = options(Format::Zoomify);
        let again = ExportOptions { quality: Some(60), ..plain.clone() };
        assert_eq!(plan(&*source, &out, &again).unwrap().copied_tiles, 0, "a quality requires encoding");
        let mixed = ExportOptions { tiles: Some(TileFormat::Png), ..plain.clone() };
        assert_eq!(plan(&*source, &out, &mixed).unwrap().copied_tiles, 0);
        // Whole tiles of 700×530 and of 350×265; the smallest level has none.
        assert_eq!(plan(&*source, &out, &plain).unwrap().copied_tiles, 2 * 2 + 1);
        export(&*source, &out, &plain);
        for (column, row) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 2)] {
            let rect = Rect::at(column * 256, row * 256, Size::new(256, 256)).intersect(source.info().whole(0));
            let shown = source.read(Region::new(0, rect)).unwrap();
            let tile = fs::read(out.join(format!("TileGroup0/2-{column}-{row}.jpg"))).unwrap();
            let read = jpeg::decode(&tile, &jpeg::DecodeOptions::default()).unwrap();
            assert_eq!(read.size(), shown.size());
            if column < 2 && row < 2 {
                assert!(read == shown, "{column}, {row}: the same data give the same pixels");
            }
        }
        fs::remove_dir_all(&out).unwrap();
    }
}
