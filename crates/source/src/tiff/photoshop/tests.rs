//! Photoshop files made for tests: every mode, packed or not, whole or damaged.

use super::*;
use crate::Source;
use crate::geometry::{Rect, Region};
use crate::pixels::{Color, Pixels, SampleType, Samples};
use crate::testing::{check_source, damaged};

/// A file in the making.
struct Made {
    large: bool,
    mode: u16,
    bits: u16,
    size: (u32, u32),
    palette: Vec<u8>,
    resources: Vec<(u16, Vec<u8>)>,
    layers: i16,
    packed: bool,
    /// The rows of each channel, as stored.
    planes: Vec<Vec<u8>>,
}

impl Made {
    fn new(mode: u16, bits: u16, size: (u32, u32), planes: Vec<Vec<u8>>) -> Self {
        let (palette, resources) = (Vec::new(), Vec::new());
        Self { large: false, mode, bits, size, palette, resources, layers: 0, packed: false, planes }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = b"8BPS\0\x01\0\0\0\0\0\0".to_vec();
        out[5] += u8::from(self.large);
        out.extend((self.planes.len() as u16).to_be_bytes());
        out.extend([self.size.1, self.size.0].iter().flat_map(|side| side.to_be_bytes()));
        out.extend([self.bits, self.mode].iter().flat_map(|number| number.to_be_bytes()));
        out.extend((self.palette.len() as u32).to_be_bytes());
        out.extend(&self.palette);
        let mut resources = Vec::new();
        for (id, value) in &self.resources {
            resources.extend(b"8BIM");
            resources.extend(id.to_be_bytes());
            // A name of four letters, and one byte of padding.
            resources.extend(b"\x04name\0");
            resources.extend((value.len() as u32).to_be_bytes());
            resources.extend(value);
            resources.resize(resources.len().next_multiple_of(2), 0);
        }
        out.extend((resources.len() as u32).to_be_bytes());
        out.extend(resources);
        let width = if self.large { 8 } else { 4 };
        let section = |bytes: &[u8]| [&(bytes.len() as u64).to_be_bytes()[8 - width..], bytes].concat();
        out.extend(section(&section(&self.layers.to_be_bytes())));
        out.extend(u16::from(self.packed).to_be_bytes());
        let row = (self.size.0 * u32::from(self.bits)).div_ceil(8) as usize;
        if !self.packed {
            out.extend(self.planes.concat());
            return out;
        }
        let rows = self.planes.iter().flat_map(|plane| plane.chunks(row));
        let pack_bits = |row: &[u8]| -> Vec<u8> {
            let runs = row.chunk_by(|a, b| a == b).flat_map(|run| run.chunks(128));
            let packed = runs.flat_map(|run| [(1 - run.len() as i32) as u8, run[0]]);
            packed.collect()
        };
        let rows: Vec<Vec<u8>> = rows.map(pack_bits).collect();
        for row in &rows {
            let length = (row.len() as u32).to_be_bytes();
            out.extend(&length[if self.large { 0 } else { 2 }..]);
        }
        out.extend(rows.concat());
        out
    }

    fn open(&self) -> Result<Box<dyn Opened>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), self.bytes()).unwrap();
        crate::open(file.path())
    }
}

fn whole(source: &dyn Source) -> Pixels {
    source.read(Region::new(0, source.info().whole(0))).unwrap()
}

#[test]
fn colors_come_packed_or_not_from_small_and_large_files() {
    let (w, h) = (67, 41);
    let plane = |c: u32| (0..h).flat_map(move |y| (0..w).map(move |x| ((x / 9 * 31 + y * 3 + c * 70) % 256) as u8));
    let planes: Vec<Vec<u8>> = (0..3).map(|c| plane(c).collect()).collect();
    let expected: Vec<u8> = (0..(w * h) as usize).flat_map(|at| [0, 1, 2].map(|c| planes[c][at])).collect();
    for (large, packed) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut made = Made { large, packed, ..Made::new(3, 8, (w, h), planes.clone()) };
        made.resources.push((1039, b"profile".to_vec()));
        made.resources.push((1005, [0, 72, 0, 0, 0, 1, 0, 1, 1, 44, 0, 0, 0, 1, 0, 1].to_vec()));
        let opened = made.open().unwrap();
        let source = opened.page(0).unwrap();
        let info = source.info();
        assert_eq!((info.color, info.sample, opened.pages()), (Color::Rgb, SampleType::U8, 1));
        assert_eq!(info.icc.as_deref(), Some(&b"profile"[..]));
        assert_eq!(info.properties["psd.YResolution"], "300 pixels per inch");
        assert_eq!(whole(&*source).samples(), &Samples::U8(expected.clone()), "large {large}, packed {packed}");
        check_source(&*source);
    }
}

#[test]
fn strips_of_several_rows_end_where_the_image_does() {
    // 300 rows of 1000 pixels of 16 bits: two strips, the second shorter.
    let (w, h) = (1000u32, 300u32);
    let plane: Vec<u8> =
        (0..h).flat_map(|y| (0..w).flat_map(move |x| ((x / 50 * 900 + y) as u16).to_be_bytes())).collect();
    let made = Made { packed: true, ..Made::new(1, 16, (w, h), vec![plane.clone()]) };
    let source = made.open().unwrap().page(0).unwrap();
    let expected = plane.as_chunks().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    assert_eq!(whole(&*source).samples(), &Samples::U16(expected));
    assert!(source.info().levels[0].grid().rows() > 1);
}

#[test]
fn alpha_is_distinguished_from_other_channels() {
    let planes = vec![vec![127, 255], vec![127, 127], vec![127, 127], vec![128, 128], vec![9, 8]];
    let mut made = Made { layers: -2, ..Made::new(3, 8, (2, 1), planes) };
    made.resources.push((1006, b"\x0cTransparency\x04Mask".to_vec()));
    let opened = made.open().unwrap();
    let source = opened.page(0).unwrap();
    assert_eq!(source.info().color, Color::Rgba);
    // What lies on white is taken from it.
    assert_eq!(whole(&*source).samples(), &Samples::U8(vec![0, 0, 0, 128, 255, 0, 0, 128]));
    assert_eq!((opened.pages(), opened.page_name(1).as_deref()), (2, Some("Mask")));
    assert_eq!(whole(&*opened.page(1).unwrap()).samples(), &Samples::U8(vec![9, 8]));
    let opened = Made { layers: 2, ..made }.open().unwrap();
    assert_eq!((opened.page(0).unwrap().info().color, opened.pages()), (Color::Rgb, 3));
}

#[test]
fn cmyk_palettes_and_bits_become_rgb() {
    // No colorant is 255.
    let cmyk = Made::new(4, 8, (2, 1), vec![vec![255, 0], vec![255, 255], vec![255, 255], vec![255, 255]]);
    let source = cmyk.open().unwrap().page(0).unwrap();
    assert_eq!(whole(&*source).samples(), &Samples::U8(vec![255, 255, 255, 0, 255, 255]));
    let cmyk = source.read_cmyk(Region::new(0, source.info().whole(0))).unwrap().unwrap();
    assert_eq!(cmyk.samples(), &Samples::U8(vec![0, 0, 0, 0, 255, 0, 0, 0]));
    let mut indexed = Made::new(2, 8, (2, 1), vec![vec![1, 0]]);
    indexed.palette = (0..768).map(|at| [10, 20, 30][at / 256] + (at % 256 == 1) as u8).collect();
    let source = indexed.open().unwrap().page(0).unwrap();
    assert_eq!(whole(&*source).samples(), &Samples::U8(vec![11, 21, 31, 10, 20, 30]));
    let bitmap = Made::new(0, 1, (9, 1), vec![vec![0b1010_0000, 0b1000_0000]]);
    let source = bitmap.open().unwrap().page(0).unwrap();
    assert_eq!(whole(&*source).samples(), &Samples::U8(vec![0, 255, 0, 255, 255, 255, 255, 255, 0]));
    let float = Made::new(1, 32, (1, 1), vec![1.5f32.to_be_bytes().to_vec()]);
    assert_eq!(whole(&*float.open().unwrap().page(0).unwrap()).samples(), &Samples::F32(vec![1.5]));
}

#[test]
fn unreadable_tiles_show_the_reason() {
    let plain = || Made::new(1, 8, (2, 1), vec![vec![1, 2]]);
    let mut unmerged = plain();
    unmerged.resources.push((1057, vec![0, 0, 0, 1, 0]));
    let error = unmerged.open().err().unwrap().to_string();
    assert!(error.contains("maximize compatibility"), "{error}");
    assert!(Made { mode: 3, ..plain() }.open().is_err(), "one channel for three colors");
    assert!(Made { size: (0, 1), ..plain() }.open().is_err());
    assert!(Made { packed: true, ..plain() }.open().is_ok());
    let bytes = plain().bytes();
    for length in 0..bytes.len() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes[..length]).unwrap();
        // The rows are missed when they are read.
        let read = crate::open(file.path()).and_then(|opened| opened.page(0)).and_then(|source| {
            let region = Region::new(0, source.info().whole(0));
            source.read(region)
        });
        assert!(read.is_err(), "the first {length} bytes");
    }
}
#[test]
fn damaged_files_fail_or_give_a_picture_of_their_size() {
    let planes = || (0..5u8).map(|c| (0..60 * 40u32).map(|at| (at / 7) as u8 ^ c).collect()).collect();
    let mut made = Made { packed: true, layers: -1, ..Made::new(3, 8, (60, 40), planes()) };
    made.resources.push((1006, b"\x0cTransparency\x04Mask".to_vec()));
    made.resources.push((1036, vec![0xFF; 60]));
    let large = Made { large: true, ..Made::new(4, 8, (60, 40), planes()) };
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut read = 0;
    for whole in [made.bytes(), large.bytes()] {
        for seed in 0..1500 {
            std::fs::write(file.path(), damaged(&whole, seed)).unwrap();
            let Ok(opened) = crate::open(file.path()) else { continue };
            for page in 0..opened.pages().min(3) {
                let Ok(source) = opened.page(page) else { continue };
                let region = Region::new(0, Rect::new(0, 0, 70, 50));
                read += usize::from(source.read(region).is_ok_and(|pixels| pixels.size() == Size::new(70, 50)));
            }
            for name in opened.associated() {
                assert!(opened.associated_image(&name).is_err(), "that was no JPEG");
            }
        }
    }
    assert!(read > 1000, "{read} pages are still read");
}
