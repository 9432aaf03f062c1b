//! Projects, files of positions and of regions, filters, and the small texts of options.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use mosaicist::ImageRef;
use mosaicist::cache::{Library, TileCache};
use mosaicist::composite::{BadTiles, Composite};
use mosaicist::export::write_image;
use mosaicist::filter::{Filtered, parse_chain};
use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::job::{Progress, parse_bytes};
use mosaicist::mosaic::pattern::{Pattern, guess};
use mosaicist::mosaic::{self, Grid, Length, Mosaic, positions as place};
use mosaicist::pixels::{Color, Pixels, SampleType};
use mosaicist::region::files::{self as marks, Frame};
use mosaicist::region;
use mosaicist::source::testing::{InMemory, Pattern as Picture};
use mosaicist::source::{RawLayout, Source, SourceSet};
use mosaicist::work::{PlaneChoice, Recipe, document_filters, find_problems, load_project};

use crate::{check, here};

/// Opens a project whose images are there (`a.png`, `b.png`, `c.png`, `d.png`), and reads some of its canvas.
pub fn project(data: &[u8]) {
    let path = images().join("p.mosaic");
    std::fs::write(&path, data).expect("a file in the working folder");
    let mosaic = match load_project(&path, &Progress::default()) {
        Ok(mosaic) => mosaic,
        Err(error) => return check(&error),
    };
    mosaic::write(&mosaic, Some(images()), &mut std::io::sink()).ok();
    find_problems(&mosaic, |_| false, |_| false, |_| true, &Progress::default()).ok();
    document_filters(&mosaic).ok();
    compose(&mosaic);
}

fn compose(mosaic: &Mosaic) {
    let library = Library::new(Arc::new(SourceSet::new(8)), Arc::new(TileCache::new(16 << 20)));
    let Ok(composite) = Composite::new(mosaic, library, BadTiles::Warn, Progress::default()) else { return };
    let levels = composite.info().levels.clone();
    for level in [0, levels.len() / 2, levels.len() - 1] {
        let size = levels[level].size;
        let middle = Rect::at((size.width / 2).into(), (size.height / 2).into(), Size::new(33, 17));
        for rect in [Rect::new(-1, -1, 40, 20), middle] {
            if let Ok(pixels) = composite.read(Region { level, rect }) {
                assert_eq!(pixels.size(), rect.size());
            }
        }
    }
}

/// The folder of the images of projects.
fn images() -> &'static Path {
    static MADE: OnceLock<()> = OnceLock::new();
    let folder = here();
    MADE.get_or_init(|| {
        for (name, channels, sample) in [
            ("a.png", 3, SampleType::U8),
            ("b.png", 1, SampleType::U8),
            ("c.png", 1, SampleType::U16),
            ("d.png", 4, SampleType::U8),
        ] {
            let pixels = picture(Size::new(30, 20), channels, sample);
            write_image(&folder.join(name), &pixels, Color::of_channels(channels), 90).expect("an image to be placed");
        }
    });
    folder
}

fn picture(size: Size, channels: u8, sample: SampleType) -> Pixels {
    let picture = Picture::new(size, channels, sample);
    picture.read(Region::new(0, picture.info().whole(0))).expect("a made picture")
}

/// Reads positions: a byte chooses the name of the file. What was read is written in every format, and matched with files.
pub fn positions(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    let format = &place::FORMATS[usize::from(*kind) % place::FORMATS.len()];
    let text = String::from_utf8_lossy(text);
    match place::parse(format.file_name, &text, &place::Columns::default()) {
        Ok(positions) => {
            let files = ["a.tif", "b/tile_1.tif", "tile_001_002.tif", "x.png"];
            place::match_files(&positions.tiles, &files);
            for format in place::FORMATS.iter().filter(|format| format.can_write()) {
                _ = format.text(&positions);
            }
        }
        Err(error) => check(&error),
    }
}

/// Reads regions: a byte chooses the format. What was read is written in two formats, drawn and measured.
pub fn regions(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let format = &marks::FORMATS[usize::from(*kind) % marks::FORMATS.len()];
    (format.detect)(&bytes[..bytes.len().min(4096)]);
    let frame = Frame {
        size: Some(Size::new(1000, 800)),
        mpp: Some((0.25, 0.25)),
        slide_offset_nm: Some((1000.0, -500.0)),
        ..Frame::default()
    };
    let loaded = match (format.read)(bytes, &frame) {
        Ok(loaded) => loaded,
        Err(error) => return check(&error),
    };
    for format in [format, &marks::FORMATS[0]] {
        (format.write)(&loaded, &frame, &mut std::io::sink()).ok();
    }
    let mut mosaic = Mosaic::default();
    mosaic.add_regions(loaded.rois.clone()).for_each(drop);
    mosaic.bounds();
    let shapes = loaded.rois.iter().take(20).map(|roi| (&roi.geometry, 1));
    region::Raster::new(shapes).mask::<u8>(Rect::new(0, 0, 64, 32));
}

/// Puts a small image through filters, one to a line.
pub fn filters(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if text.starts_with('{') {
        _ = serde_json::from_str::<Recipe>(&text);
        return;
    }
    let Ok(chain) = parse_chain(text.lines().take(4)) else { return };
    let source = InMemory::new(picture(Size::new(40, 30), 3, SampleType::U8));
    let Ok(filtered) = Filtered::new(source, &chain) else { return };
    let rect = Rect::new(-1, -1, 33, 17);
    if let Ok(pixels) = filtered.read(Region { level: 0, rect }) {
        assert_eq!(pixels.size(), rect.size());
    }
}

/// Reads name patterns and the texts of options; the other lines are names.
pub fn names(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let Some(first) = lines.next() else { return };
    let names: Vec<&str> = lines.take(200).collect();
    if let Ok(pattern) = Pattern::parse(first) {
        pattern.matches(&names);
    }
    for guess in guess(&names, &[], Some((0.5, 0.5))) {
        _ = Pattern::parse(&guess.layout.pattern);
    }
    _ = ImageRef::parse(Path::new(first)).to_text();
    _ = first.parse::<RawLayout>();
    _ = first.parse::<Length>();
    _ = first.parse::<PlaneChoice>();
    _ = first.parse::<place::Columns>();
    _ = Grid::default().parse_layout(first);
    _ = parse_bytes(first);
    if let Ok(pattern) = region::Pattern::parse(first, &["name", "x", "y"]) {
        pattern.fill(|field| field.repeat(3));
    }
}
