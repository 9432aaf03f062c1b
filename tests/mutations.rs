//! Damaged files of every kind but TIFF: each is read or refused by one clear line, without a panic and in little memory.
//!
//! The damage is the same in every run. `MOSAICIST_MUTATIONS=10000` tries so many of each kind instead of a few.
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]

#[path = "engine/made/mod.rs"]
mod made;

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageFormat};
use mosaicist::export::write_image;
use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::job::peak_resident;
use mosaicist::loss;
use mosaicist::pixels::{Color, SampleType};
use mosaicist::source::testing::Pattern;
use mosaicist::source::{ImageRef, RawLayout, Source, open_part};

/// A sequence that looks random (Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }
}

/// `file` with some damage: changed bytes and words (mostly near the front, where headers are), a cut, a doubled or a lost part.
fn damaged(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..=dice.below(4) {
        if file.len() < 8 {
            return file;
        }
        let reach = if dice.below(3) == 0 { file.len() } else { file.len().min(200) };
        let at = dice.below(reach - 4);
        match dice.below(8) {
            0 => file.truncate(at + dice.below(file.len() - at)),
            1 => file[at] ^= 1 << dice.below(8),
            2 => file[at] = [0, 1, 0x7F, 0x80, 0xFF][dice.below(5)],
            3 => file[at..at + 4].copy_from_slice(&[0xFF; 4]),
            4 => file[at..at + 4].copy_from_slice(&(dice.next() as u32).to_le_bytes()),
            5 => file[at..at + 4].copy_from_slice(&(1u32 << dice.below(32)).to_be_bytes()),
            6 => {
                let end = (at + dice.below(64)).min(file.len());
                let part = file[at..end].to_vec();
                file.splice(at..at, part);
            }
            _ => {
                let end = (at + dice.below(16)).min(file.len());
                file.drain(at..end);
            }
        }
    }
    file
}

/// Damage `name` in `folder` again and again, and read what `opened` names.
fn try_all(folder: &Path, name: &str, opened: &str) {
    let wanted = std::env::var("MOSAICIST_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(60);
    let path = folder.join(name);
    let whole = std::fs::read(&path).unwrap();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ name.len() as u64 ^ u64::from(whole[whole.len() / 2]));
    let mut noticed = 0;
    for number in 0..wanted {
        let bytes = damaged(&whole, &mut dice);
        std::fs::write(&path, &bytes).unwrap();
        let read = std::panic::catch_unwind(|| loss::collect(|| read(&folder.join(opened))));
        let Ok((read, losses)) = read else {
            let path = std::env::temp_dir().join(format!("mutation-{number}-{}", name.replace('/', "-")));
            std::fs::write(&path, &bytes).unwrap();
            panic!("a panic on damage {number} of {name}, saved as {}", path.display());
        };
        let is_refused = read.is_err();
        if let Err(error) = read {
            let line = error.to_string();
            assert!(!line.is_empty() && line.lines().count() == 1, "{name}: {line}");
        }
        noticed += usize::from(is_refused || !losses.parts.is_empty());
    }
    assert!(noticed * 20 > wanted, "{name}: damage is noticed ({noticed} of {wanted})");
    // Linux tells.
    let peak = peak_resident();
    assert!(peak.map_or(!cfg!(target_os = "linux"), |peak| peak < 1 << 30), "{name}: {peak:?} bytes");
    std::fs::write(&path, &whole).unwrap();
    read(&folder.join(opened)).unwrap();
}

/// All that a viewer does with a file: what it is, a corner and the middle of each level, another page.
fn read(path: &Path) -> mosaicist::Result<()> {
    let opened = open_part(&ImageRef::parse(path))?;
    for page in [0, opened.pages() - 1] {
        let source = opened.page(page)?;
        let info = source.info();
        for (level, described) in info.levels.iter().enumerate().take(3) {
            let size = described.size;
            let (x, y) = (i64::from(size.width / 2), i64::from(size.height / 2));
            source.read(Region::new(level, Rect::at(0, 0, Size::new(64, 48))))?;
            source.read(Region::new(level, Rect::at(x, y, Size::new(64, 48))))?;
        }
    }
    Ok(())
}

fn written(folder: &Path, name: &str, channels: u8, sample: SampleType) {
    let pattern = Pattern::new(Size::new(61, 47), channels, sample);
    let pixels = pattern.read(Region::new(0, pattern.info().whole(0))).unwrap();
    write_image(&folder.join(name), &pixels, Color::of_channels(channels), 80).unwrap();
}

#[test]
fn jpeg_and_png() {
    let folder = tempfile::tempdir().unwrap();
    for (name, channels, sample) in [
        ("a.jpg", 3, SampleType::U8),
        ("bb.jpg", 1, SampleType::U8),
        ("c.png", 4, SampleType::U8),
        ("dd.png", 3, SampleType::U16),
    ] {
        written(folder.path(), name, channels, sample);
        try_all(folder.path(), name, name);
    }
}

#[test]
fn image_crate_formats_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let picture = image::RgbImage::from_fn(61, 47, |x, y| image::Rgb([x as u8 * 3, y as u8 * 5, (x ^ y) as u8]));
    for (name, format) in [
        ("a.bmp", ImageFormat::Bmp),
        ("b.gif", ImageFormat::Gif),
        ("c.webp", ImageFormat::WebP),
        ("d.hdr", ImageFormat::Hdr),
    ] {
        let picture = DynamicImage::ImageRgb8(picture.clone());
        let picture = if format == ImageFormat::Hdr { DynamicImage::ImageRgb32F(picture.to_rgb32f()) } else { picture };
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        std::fs::write(folder.path().join(name), bytes.into_inner()).unwrap();
        try_all(folder.path(), name, name);
    }
}

#[test]
fn openexr_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let pixel = |x: usize, y: usize| (x as f32 / 20.0, y as f32 / 10.0, (x ^ y) as f32 / 64.0);
    exr::prelude::write_rgb_file(folder.path().join("e.exr"), 61, 47, pixel).unwrap();
    try_all(folder.path(), "e.exr", "e.exr");
}

#[test]
fn netpbm_and_raw() {
    let folder = tempfile::tempdir().unwrap();
    let body: Vec<u8> = (0..61 * 47 * 4).map(|n| (n * 7) as u8).collect();
    let plain = (0..61 * 47).fold(String::new(), |text, n| text + if n % 3 == 0 { "1 " } else { "0 " });
    for (name, head, body) in [
        ("a.pgm", "P5 61 47 255\n", &body[..61 * 47]),
        ("b.ppm", "P6 61 47 1000\n", &body[..]),
        ("c.pam", "P7\nWIDTH 61\nHEIGHT 47\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n", &body[..]),
        ("d.pfm", "Pf 61 47 -1.0\n", &body[..]),
        ("e.pbm", "P1 61 47\n", plain.as_bytes()),
    ] {
        let extra = if name == "b.ppm" { [body, body].concat() } else { body.to_vec() };
        std::fs::write(folder.path().join(name), [head.as_bytes(), &extra].concat()).unwrap();
        try_all(folder.path(), name, name);
    }
    let layout: RawLayout = "61,47,4,u8,0".parse().unwrap();
    std::fs::write(folder.path().join("f.raw"), &body).unwrap();
    let named = ImageRef::file("f.raw").raw(layout).to_text();
    try_all(folder.path(), "f.raw", named.to_str().unwrap());
}

#[test]
fn printers_pages() {
    let folder = tempfile::tempdir().unwrap();
    for (name, sync) in [("a.ras", *b"RaSt"), ("bb.ras", *b"RaS2"), ("ccc.ras", *b"RaS3")] {
        let mut header = vec![0; if sync[3] == b't' { 420 } else { 1796 }];
        for (at, value) in [(372, 61u32), (376, 47), (384, 8), (388, 24), (392, 183), (400, 19), (420, 3)] {
            if at + 4 <= header.len() {
                header[at..at + 4].copy_from_slice(&value.to_be_bytes());
            }
        }
        let line: Vec<u8> = if sync[3] == b'2' {
            // Twice 20 pixels repeated, then 20 of their own, then one.
            let own = [&[237][..], &[5; 60]].concat();
            [&[0, 19, 1, 2, 3, 19, 4, 5, 6][..], &own, &[0, 7, 8, 9]].concat()
        } else {
            (0..183).collect()
        };
        let page = [header, line.repeat(47)].concat();
        std::fs::write(folder.path().join(name), [&sync[..], &page, &page].concat()).unwrap();
        try_all(folder.path(), name, name);
    }
}

#[test]
fn descriptors_of_pyramids() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["a_files/6", "TileGroup0", "full/61,47/0", "t/0/0"] {
        std::fs::create_dir_all(at(name)).unwrap();
    }
    for name in ["a_files/6/0_0.jpg", "TileGroup0/0-0-0.jpg", "full/61,47/0/default.jpg"] {
        written(folder.path(), name, 3, SampleType::U8);
    }
    let dzi = "<?xml version=\"1.0\"?><Image TileSize=\"254\" Overlap=\"1\" Format=\"jpg\" \
        xmlns=\"http://schemas.microsoft.com/deepzoom/2008\"><Size Width=\"61\" Height=\"47\"/></Image>";
    let iiif = "{\"@context\": \"http://iiif.io/api/image/3/context.json\", \"width\": 61, \"height\": 47, \
        \"tiles\": [{\"width\": 256, \"scaleFactors\": [1]}]}";
    for (name, text) in [
        ("a.dzi", dzi),
        ("ImageProperties.xml", "<IMAGE_PROPERTIES WIDTH=\"61\" HEIGHT=\"47\" NUMTILES=\"1\" TILESIZE=\"256\"/>"),
        ("info.json", iiif),
    ] {
        std::fs::write(at(name), text).unwrap();
        try_all(folder.path(), name, name);
    }
    for name in ["a_files/6/0_0.jpg", "TileGroup0/0-0-0.jpg"] {
        try_all(folder.path(), name, if name.starts_with('a') { "a.dzi" } else { "ImageProperties.xml" });
    }
    std::fs::write(at("b.szi"), archive(dzi.as_bytes(), &std::fs::read(at("a_files/6/0_0.jpg")).unwrap())).unwrap();
    try_all(folder.path(), "b.szi", "b.szi");
}

/// A stored archive of a descriptor and one tile.
fn archive(descriptor: &[u8], tile: &[u8]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in [("n/a.dzi", descriptor), ("n/a_files/6/0_0.jpg", tile)] {
        let offset = (out.len() as u32).to_le_bytes();
        let length = (bytes.len() as u32).to_le_bytes();
        let name_length = (name.len() as u16).to_le_bytes();
        let common =
            [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &length, &length, &name_length, &[0, 0]].concat();
        out.extend([b"PK\x03\x04", &common[..], name.as_bytes(), bytes].concat());
        directory.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10], &offset, name.as_bytes()].concat());
    }
    let (at, length) = ((out.len() as u32).to_le_bytes(), (directory.len() as u32).to_le_bytes());
    [out, directory, b"PK\x05\x06\0\0\0\0\x02\0\x02\0".to_vec(), length.to_vec(), at.to_vec(), vec![0, 0]].concat()
}

#[test]
fn chunked_arrays() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.zarr", "b.zarr"] {
        made::zarr(&folder.path().join(name), name == "b.zarr");
        // The other descriptions say enough without that one, which is not read.
        for file in made::files_below(&folder.path().join(name)).iter().filter(|file| !file.ends_with(".zgroup")) {
            try_all(folder.path(), &format!("{name}/{file}"), name);
        }
    }
}

#[test]
fn slides() {
    let folder = tempfile::tempdir().unwrap();
    let inside = |name: &str| {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        folder
    };
    made::ndpi(&folder.path().join("a.ndpi"), None, true);
    try_all(folder.path(), "a.ndpi", "a.ndpi");
    made::containers::czi(&folder.path().join("a.czi"));
    try_all(folder.path(), "a.czi", "a.czi");
    let vms = inside("vms");
    made::vms(&vms);
    for name in ["a.vms", "l.jpg"] {
        try_all(&vms, name, "a.vms");
    }
    let mirax = inside("mirax");
    made::mirax(&mirax);
    for name in ["a/Slidedat.ini", "a/Index.dat", "a/Data0000.dat"] {
        try_all(&mirax, name, "a.mrxs");
    }
    for (name, make) in
        [("a.scn", made::tiffs::scn as fn(&Path)), ("a.bif", made::tiffs::bif), ("b.tif", made::tiffs::trestle)]
    {
        make(&folder.path().join(name));
        try_all(folder.path(), name, name);
    }
    let dicom = inside("dicom");
    for (name, sparse, scale) in [("a.dcm", false, 1), ("bb.dcm", true, 2)] {
        let size = Size::new(100 / scale, 70 / scale);
        let file = made::containers::Dicom { flavour: "VOLUME", size, scale, sparse, series: "1.2" };
        made::containers::dicom(&dicom.join(name), &file);
        try_all(&dicom, name, name);
    }
}
