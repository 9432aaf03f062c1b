//! Pyramids of tile files, made here: they conform, and show what they were made from.

use std::path::Path;

use mosaicist::export::write_image;
use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::pixels::{Color, Pixels, SampleType, halve};
use mosaicist::source::testing::{Pattern, check_source};
use mosaicist::source::{Source, open};

const SIZE: Size = Size::new(301, 157);

fn pattern() -> Pixels {
    let pattern = Pattern::new(SIZE, 3, SampleType::U8);
    pattern.read(Region::new(0, Rect::from_size(SIZE))).unwrap()
}

fn levels() -> Vec<Pixels> {
    let halved = |pixels: &Pixels| (pixels.size().longest() > 1).then(|| halve(pixels.view(), false));
    std::iter::successors(Some(pattern()), halved).collect()
}

fn put(path: &Path, pixels: &Pixels) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_image(path, pixels, Color::Rgb, 90).unwrap();
}

/// Cells of `side` pixels with `overlap` more on inner edges: (column, row, pixels).
fn tiles(level: &Pixels, side: i64, overlap: i64) -> Vec<(i64, i64, Pixels)> {
    let size = level.size();
    let across = i64::from(size.width).div_euclid(side) + i64::from(i64::from(size.width) % side > 0);
    let down = i64::from(size.height).div_euclid(side) + i64::from(i64::from(size.height) % side > 0);
    let cell = |c: i64, r: i64| {
        Rect::new(c * side - overlap, r * side - overlap, (c + 1) * side + overlap, (r + 1) * side + overlap)
    };
    (0..down).flat_map(|r| (0..across).map(move |c| (c, r))).map(|(c, r)| (c, r, level.crop(cell(c, r)))).collect()
}

fn check_shows_the_pattern(path: &Path, format: &str, levels_wanted: usize) {
    let source = open(path).unwrap().page(0).unwrap();
    check_source(&*source);
    let info = source.info();
    assert_eq!((info.format, info.levels.len()), (format, levels_wanted), "{}", path.display());
    for (number, expected) in levels().iter().take(levels_wanted).enumerate() {
        assert!(source.read(Region::new(number, info.whole(number))).unwrap() == *expected, "level {number}");
        assert!((info.levels[number].downsample - (1 << number) as f64).abs() < 1e-9);
    }
}

#[test]
fn deep_zoom() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let levels = levels();
    for (number, level) in levels.iter().rev().enumerate() {
        for (c, r, tile) in tiles(level, 62, 1) {
            put(&at(&format!("a_files/{number}/{c}_{r}.png")), &tile);
        }
    }
    let text = "\u{FEFF}<?xml version='1.0'?><Image TileSize='62' Overlap='1' Format='png' \
        xmlns='http://schemas.microsoft.com/deepzoom/2008'><Size Width='301' Height='157'/></Image>";
    std::fs::write(at("a.dzi"), text).unwrap();
    for name in ["a.dzi", "a_files", ""] {
        check_shows_the_pattern(&at(name), "Deep Zoom", levels.len());
    }
    // A missing or torn tile is an error that names it.
    std::fs::remove_file(at("a_files/9/1_1.png")).unwrap();
    std::fs::write(at("a_files/9/2_1.png"), "torn").unwrap();
    let source = open(&at("a.dzi")).unwrap().page(0).unwrap();
    let read = |rect| source.read(Region::new(0, rect));
    assert!(read(Rect::new(70, 70, 80, 80)).unwrap_err().to_string().contains("1_1.png"));
    assert!(read(Rect::new(130, 70, 140, 80)).unwrap_err().to_string().contains("2_1.png"));
    std::fs::remove_dir_all(at("a_files/9")).unwrap();
    assert!(open(&at("a.dzi")).is_err(), "without its full resolution");
}

#[test]
fn szi_archives() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = vec![(
        "n/a.dzi".to_owned(),
        b"<Image TileSize='62' Overlap='1' Format='png'><Size Width='301' Height='157'/></Image>".to_vec(),
    )];
    let scratch = folder.path().join("tile.png");
    let levels = levels();
    for (number, level) in levels.iter().rev().enumerate() {
        for (c, r, tile) in tiles(level, 62, 1) {
            put(&scratch, &tile);
            files.push((format!("n/a_files/{number}/{c}_{r}.png"), std::fs::read(&scratch).unwrap()));
        }
    }
    for wide in [false, true] {
        let path = folder.path().join("a.szi");
        std::fs::write(&path, zip(&files, wide)).unwrap();
        check_shows_the_pattern(&path, "Deep Zoom", levels.len());
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 30]).unwrap();
        assert!(open(&path).is_err(), "a torn archive");
    }
}

/// An archive of stored files, with the wide fields of Zip64 or without.
fn zip(files: &[(String, Vec<u8>)], wide: bool) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let (offset, length) = (out.len() as u64, bytes.len() as u32);
        let sizes = [length.to_le_bytes(), length.to_le_bytes()].concat();
        let lengths = [(name.len() as u16).to_le_bytes(), 0u16.to_le_bytes()].concat();
        out.extend(
            [b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0", &[0; 4][..], &sizes, &lengths, name.as_bytes(), bytes].concat(),
        );
        let extra = if wide { [&[1, 0, 8, 0][..], &offset.to_le_bytes()].concat() } else { Vec::new() };
        let offset = if wide { u32::MAX } else { offset as u32 };
        directory.extend([b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0", &[0; 4][..], &sizes].concat());
        directory.extend([name.len() as u16, extra.len() as u16, 0, 0, 0, 0, 0].iter().flat_map(|n| n.to_le_bytes()));
        directory.extend([&offset.to_le_bytes()[..], name.as_bytes(), &extra].concat());
    }
    let (at, length, count) = (out.len() as u64, directory.len() as u64, files.len() as u64);
    out.extend(directory);
    if wide {
        let record = out.len() as u64;
        out.extend(
            [b"PK\x06\x06", &44u64.to_le_bytes()[..], &[0; 12], &count.to_le_bytes(), &count.to_le_bytes()].concat(),
        );
        out.extend([length.to_le_bytes(), at.to_le_bytes()].concat());
        out.extend([b"PK\x06\x07\0\0\0\0", &record.to_le_bytes()[..], &1u32.to_le_bytes()].concat());
    }
    let short = |n: u64, wide_is: u64| if wide { wide_is } else { n } as u32;
    let counts = [short(count, 0xFFFF) as u16; 2];
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(counts.iter().flat_map(|n| n.to_le_bytes()));
    out.extend([short(length, 0xFFFF_FFFF), short(at, 0xFFFF_FFFF)].iter().flat_map(|n| n.to_le_bytes()));
    out.extend([0, 0]);
    out
}

#[test]
fn zoomify() {
    let folder = tempfile::tempdir().unwrap();
    let levels: Vec<Pixels> = levels().into_iter().take(4).collect();
    let mut number = 0;
    for (tier, level) in levels.iter().rev().enumerate() {
        for (c, r, tile) in tiles(level, 40, 0) {
            put(&folder.path().join(format!("TileGroup{}/{tier}-{c}-{r}.png", number / 256)), &tile);
            number += 1;
        }
    }
    let text = format!("<IMAGE_PROPERTIES WIDTH=\"301\" HEIGHT=\"157\" NUMTILES=\"{number}\" TILESIZE=\"40\"/>");
    std::fs::write(folder.path().join("ImageProperties.xml"), text).unwrap();
    for name in ["ImageProperties.xml", ""] {
        check_shows_the_pattern(&folder.path().join(name), "Zoomify", 4);
    }
}

#[test]
fn static_iiif() {
    for version in [2, 3] {
        let folder = tempfile::tempdir().unwrap();
        for (number, level) in levels().iter().take(4).enumerate() {
            for (c, r, tile) in tiles(level, 64, 0) {
                let s = 64 << number;
                let (x, y) = (c * s, r * s);
                let (w, h) = ((301 - x).min(s), (157 - y).min(s));
                let region = if (w, h) == (301, 157) { "full".to_owned() } else { format!("{x},{y},{w},{h}") };
                let Size { width, height } = tile.size();
                let size = if version == 3 { format!("{width},{height}") } else { format!("{width},") };
                put(&folder.path().join(format!("{region}/{size}/0/default.png")), &tile);
            }
        }
        let text = format!(
            "{{\"@context\": \"http://iiif.io/api/image/{version}/context.json\", \"width\": 301, \"height\": 157, \
             \"tiles\": [{{\"width\": 64, \"scaleFactors\": [1, 2, 4, 8]}}], \"preferredFormats\": [\"png\"]}}"
        );
        std::fs::write(folder.path().join("info.json"), text).unwrap();
        for name in ["info.json", ""] {
            check_shows_the_pattern(&folder.path().join(name), "IIIF", 4);
        }
    }
}

#[test]
fn map_tiles() {
    // 301×157 begins at tile (3, 5) of the last zoom, so coarser levels begin inside a tile.
    let size = Size::new(64 * 5, 64 * 3);
    let whole = Pattern::new(size, 3, SampleType::U8).read(Region::new(0, Rect::from_size(size))).unwrap();
    for (rows_first, upward) in [(false, false), (true, false), (false, true)] {
        let folder = tempfile::tempdir().unwrap();
        let mut canvas = Pixels::zeroed(Size::new(1024, 1024), 3, SampleType::U8);
        canvas.paste(whole.view(), 3 * 64, 5 * 64);
        for zoom in (2..=4).rev() {
            for (x, y, tile) in tiles(&canvas, 64, 0) {
                let scale = 16 >> zoom;
                if !(3 / scale..=7 / scale).contains(&x) || !(5 / scale..=7 / scale).contains(&y) {
                    continue;
                }
                let y = if upward { (1 << zoom) - 1 - y } else { y };
                let (a, b) = if rows_first { (y, x) } else { (x, y) };
                put(&folder.path().join(format!("{zoom}/{a}/{b}.png")), &tile);
            }
            canvas = halve(canvas.view(), false);
        }
        if rows_first {
            std::fs::write(folder.path().join("blank.png"), "").unwrap();
        }
        if upward {
            std::fs::write(folder.path().join("tilemapresource.xml"), "<TileMap/>").unwrap();
        }
        let source = open(folder.path()).unwrap().page(0).unwrap();
        check_source(&*source);
        assert_eq!(source.info().levels.len(), 3);
        let mut expected = whole.clone();
        for level in 0..3 {
            assert!(source.read(Region::new(level, source.info().whole(level))).unwrap() == expected, "level {level}");
            expected = halve(expected.view(), false);
        }
    }
}
