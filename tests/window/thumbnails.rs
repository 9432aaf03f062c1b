//! Photos that keep a thumbnail: it is shown until they are decoded, and no longer.

use std::path::Path;

use mosaicist::app::Launch;
use mosaicist::codec::jpeg::{EncodeOptions, encode};
use mosaicist::geometry::Size;
use mosaicist::pixels::{Pixels, SampleType};

use crate::driver::Window;

const PHOTO: Size = Size::new(2000, 1200);

fn jpeg(size: Size, gray: f32) -> Vec<u8> {
    let mut stream = Vec::new();
    let pixels = Pixels::filled(size, SampleType::U8, &[gray; 3]);
    encode(pixels.view(), &EncodeOptions::default(), &mut stream).unwrap();
    stream
}

/// A white photo whose thumbnail, as if the photo had been edited since, is gray.
fn write_photo(path: &Path) {
    let thumbnail = jpeg(Size::new(100, 60), 128.0);
    let entry = |tag: u16, value: u32| {
        [&tag.to_le_bytes()[..], &4u16.to_le_bytes(), &1u32.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let directory = |entries: &[Vec<u8>], next: u32| {
        [&(entries.len() as u16).to_le_bytes()[..], &entries.concat(), &next.to_le_bytes()].concat()
    };
    // The main directory at 8, that of the thumbnail at 26, the thumbnail at 56.
    let main = directory(&[entry(0x0100, PHOTO.width)], 26);
    let kept = directory(&[entry(0x0201, 56), entry(0x0202, thumbnail.len() as u32)], 0);
    let block = [&b"Exif\0\0II*\0\x08\0\0\0"[..], &main, &kept, &thumbnail].concat();
    let segment = [&[0xFF, 0xE1][..], &(block.len() as u16 + 2).to_be_bytes(), &block].concat();
    let photo = jpeg(PHOTO, 255.0);
    std::fs::write(path, [&photo[..2], &segment, &photo[2..]].concat()).unwrap();
}

#[test]
fn a_thumbnail_is_shown_until_its_photo_is_decoded() {
    let mut window = Window::new();
    let folder = window.folder.path().join("photos");
    std::fs::create_dir(&folder).unwrap();
    for number in 0..12 {
        write_photo(&folder.join(format!("p_r{}_c{}.jpg", number / 4, number % 4)));
    }
    window.app().start(Launch::Files(vec![folder]));
    let mut seen = Vec::new();
    while seen.last() != Some(&255) {
        window.steps(1);
        if window.app().mosaic().placements.len() < 12 {
            continue;
        }
        let at = window.at(1000.0, 600.0);
        let image = window.harness.render().unwrap();
        let gray = image.get_pixel(at.x as u32, at.y as u32).0[1];
        if seen.last() != Some(&gray) {
            seen.push(gray);
        }
        assert!(seen.len() < 20, "{seen:?}");
    }
    assert!(seen.iter().any(|gray| gray.abs_diff(128) < 3), "first the thumbnail: {seen:?}");
    window.until("all is sharp", |app| app.is_sharp());
    for number in 0..12 {
        let at = window.at(f64::from(number % 4) * 2000.0 + 300.0, f64::from(number / 4) * 1200.0 + 300.0);
        let image = window.harness.render().unwrap();
        assert_eq!(image.get_pixel(at.x as u32, at.y as u32).0[1], 255, "photo {number} is decoded");
    }
}
