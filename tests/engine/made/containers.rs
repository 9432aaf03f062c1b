//! Containers made for tests: Zeiss' and DICOM's.
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]
#![allow(dead_code, reason = "each test takes of it what it needs")]

use std::path::Path;

use mosaicist::codec::jpeg::Subsampling;
use mosaicist::geometry::{Rect, Size};

use super::{coded, picture, plain};

/// The value at (x, y) of the second channel of [`czi`], and of the first with 7 more.
pub(crate) fn czi_value(x: i32, y: i32) -> u16 {
    (x * 300 + y * 7) as u16
}

/// Zeiss': two channels of 16 bits, each of two tiles that overlap (the second on top, with 1 added), and half of it as a level;
/// a label.
pub(crate) fn czi(path: &Path) {
    let mut out = vec![0; 544];
    let (mut entries, mut xml) = (Vec::new(), String::new());
    for channel in 0..2 {
        // Place, own size, reduction, and compression: 0 none, 5 and 6 Zstandard.
        let tiles = [(-10, 5, 20, 16, 1, 6, 0), (5, 5, 20, 16, 1, 5, 1), (-10, 5, 17, 8, 2, 0, 0)];
        for (x, y, width, height, scale, compression, order) in tiles {
            let at = |x: i32, y: i32| czi_value(x, y) + 7 * u16::from(channel == 0) + u16::from(order == 1);
            let values = (0..height).flat_map(|j| (0..width).map(move |i| (i, j)));
            let values: Vec<u16> = values.map(|(i, j)| at(x + i * scale, y + j * scale)).collect();
            let low_high: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            let data = match compression {
                0 => low_high,
                5 => zstd::bulk::compress(&low_high, 1).unwrap(),
                _ => {
                    let (low, high) = (low_high.iter().step_by(2), low_high.iter().skip(1).step_by(2));
                    let apart: Vec<u8> = low.chain(high).copied().collect();
                    [&[3, 1, 1][..], &zstd::bulk::compress(&apart, 1).unwrap()].concat()
                }
            };
            let dimensions = [("X", x, width * scale, width), ("Y", y, height * scale, height), ("C", channel, 1, 1)];
            let dimensions = dimensions.into_iter().chain([("M", order, 1, 1)]);
            let mut entry = [&b"DV"[..], &1i32.to_le_bytes(), &(out.len() as u64).to_le_bytes()].concat();
            entry.extend([&[0; 4][..], &i32::to_le_bytes(compression), &[0; 6], &4i32.to_le_bytes()].concat());
            for (name, start, size, stored) in dimensions {
                let mut letter = name.as_bytes().to_vec();
                letter.resize(4, 0);
                entry.extend([letter, start.to_le_bytes().to_vec(), size.to_le_bytes().to_vec(), vec![0; 4]].concat());
                entry.extend(stored.to_le_bytes());
            }
            let mut body = [&[0; 8][..], &(data.len() as u64).to_le_bytes(), &entry].concat();
            body.resize(256, 0);
            segment(&mut out, "ZISRAWSUBBLOCK", &[body, data].concat());
            entries.push(entry);
        }
    }
    let directory = out.len() as u64;
    let mut body = (entries.len() as u32).to_le_bytes().to_vec();
    body.resize(128, 0);
    segment(&mut out, "ZISRAWDIRECTORY", &[body, entries.concat()].concat());
    let metadata = out.len() as u64;
    xml += "<ImageDocument><Metadata><Information><Image><ObjectiveSettings><ObjectiveRef Id='O:1'/></ObjectiveSettings></Image>\
        <Instrument><Objectives><Objective Id='O:1'><NominalMagnification>40</NominalMagnification></Objective></Objectives>\
        </Instrument></Information><DisplaySetting><Channels><Channel Name='DAPI'><Color>#FF1020FF</Color></Channel>\
        <Channel Name='FITC'/></Channels></DisplaySetting><Scaling><Items><Distance Id='X'><Value>2.5E-07</Value></Distance>\
        <Distance Id='Y'><Value>5E-07</Value></Distance></Items></Scaling></Metadata></ImageDocument>";
    let mut body = (xml.len() as u32).to_le_bytes().to_vec();
    body.resize(256, 0);
    segment(&mut out, "ZISRAWMETADATA", &[&body, xml.as_bytes()].concat());
    let label = coded(&plain(Size::new(24, 16), [200, 100, 50]), Subsampling::Full);
    let attached = out.len() as u64;
    let mut body = (label.len() as u32).to_le_bytes().to_vec();
    body.resize(256, 0);
    segment(&mut out, "ZISRAWATTACH", &[body, label].concat());
    let list = out.len() as u64;
    let mut body = 1u32.to_le_bytes().to_vec();
    body.resize(256, 0);
    let mut entry = [&b"A1"[..], &[0; 10], &attached.to_le_bytes()].concat();
    entry.resize(40, 0);
    entry.extend(b"JPG\0\0\0\0\0Label");
    entry.resize(128, 0);
    segment(&mut out, "ZISRAWATTDIR", &[body, entry].concat());
    out[..10].copy_from_slice(b"ZISRAWFILE");
    out[16..24].copy_from_slice(&512u64.to_le_bytes());
    for (at, place) in [(84, directory), (92, metadata), (104, list)] {
        out[at..at + 8].copy_from_slice(&place.to_le_bytes());
    }
    std::fs::write(path, out).unwrap();
}

fn segment(out: &mut Vec<u8>, kind: &str, body: &[u8]) {
    let mut head = kind.as_bytes().to_vec();
    head.resize(16, 0);
    out.extend(head);
    out.extend((body.len() as u64).to_le_bytes().repeat(2));
    out.extend(body);
}

/// One file of a DICOM slide.
pub(crate) struct Dicom {
    pub(crate) flavour: &'static str,
    pub(crate) size: Size,
    pub(crate) scale: u32,
    /// Frames at places of their own, uncompressed; else row by row, in JPEG.
    pub(crate) sparse: bool,
    pub(crate) series: &'static str,
}

/// Frames are 32 pixels wide and high.
pub(crate) fn dicom(path: &Path, file: &Dicom) {
    let (across, down) = (file.size.width.div_ceil(32), file.size.height.div_ceil(32));
    // What is beyond the image goes on like it.
    let whole = picture(Size::new(across * 32, down * 32), file.scale);
    let places: Vec<(u32, u32)> = (0..down).flat_map(|y| (0..across).map(move |x| (x * 32, y * 32))).collect();
    let frame = |(x, y): &(u32, u32)| {
        let mut frame = plain(Size::new(32, 32), [255; 3]);
        frame.paste(whole.view(), -i64::from(*x), -i64::from(*y));
        frame
    };
    let syntax = if file.sparse { "1.2.840.10008.1.2.1" } else { "1.2.840.10008.1.2.4.50" };
    let mut out = [&[0; 128][..], b"DICM"].concat();
    out.extend(element(0x0002_0010, *b"UI", syntax.as_bytes()));
    let kind = format!("ORIGINAL\\PRIMARY\\{}\\NONE", file.flavour);
    out.extend(element(0x0008_0008, *b"CS", kind.as_bytes()));
    out.extend(element(0x0008_0016, *b"UI", b"1.2.840.10008.5.1.4.1.1.77.1.6"));
    out.extend(element(0x0008_0070, *b"LO", b"Maker"));
    out.extend(element(0x0020_000E, *b"UI", file.series.as_bytes()));
    out.extend(element(0x0020_9311, *b"CS", if file.sparse { b"TILED_SPARSE" } else { b"TILED_FULL" }));
    out.extend(element(0x0028_0002, *b"US", &3u16.to_le_bytes()));
    out.extend(element(0x0028_0004, *b"CS", if file.sparse { b"RGB" } else { b"YBR_FULL_422" }));
    out.extend(element(0x0028_0006, *b"US", &0u16.to_le_bytes()));
    out.extend(element(0x0028_0008, *b"IS", places.len().to_string().as_bytes()));
    out.extend(element(0x0028_0010, *b"US", &32u16.to_le_bytes()));
    out.extend(element(0x0028_0011, *b"US", &32u16.to_le_bytes()));
    out.extend(element(0x0028_0100, *b"US", &8u16.to_le_bytes()));
    out.extend(element(0x0048_0006, *b"UL", &file.size.width.to_le_bytes()));
    out.extend(element(0x0048_0007, *b"UL", &file.size.height.to_le_bytes()));
    let path_item = item(&element(0x0048_0112, *b"DS", b"20"));
    out.extend(sequence(0x0048_0105, &[path_item], false));
    let spacing = item(&element(0x0028_0030, *b"DS", b"0.0005\\0.00025"));
    let shared = item(&sequence(0x0028_9110, &[spacing], true));
    out.extend(sequence(0x5200_9229, &[shared], true));
    if file.sparse {
        let groups = places.iter().map(|(x, y)| {
            let column = element(0x0048_021E, *b"SL", &(x + 1).to_le_bytes());
            let row = element(0x0048_021F, *b"SL", &(y + 1).to_le_bytes());
            item(&sequence(0x0048_021A, &[item(&[column, row].concat())], false))
        });
        out.extend(sequence(0x5200_9230, &groups.collect::<Vec<_>>(), false));
        let pixels: Vec<u8> = places.iter().flat_map(|place| bytes_of(&frame(place))).collect();
        out.extend(element(0x7FE0_0010, *b"OB", &pixels));
    } else {
        out.extend([0xE0, 0x7F, 0x10, 0, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        let streams: Vec<Vec<u8>> = places.iter().map(|place| even(coded(&frame(place), Subsampling::Half))).collect();
        let offsets = streams.iter().scan(0u32, |at, stream| {
            let own = *at;
            *at += stream.len() as u32 + 8;
            Some(own.to_le_bytes())
        });
        out.extend(item(&offsets.flatten().collect::<Vec<u8>>()));
        out.extend(streams.iter().flat_map(|stream| item(stream)));
        out.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    }
    std::fs::write(path, out).unwrap();
}

fn bytes_of(pixels: &mosaicist::pixels::Pixels) -> Vec<u8> {
    let whole = pixels.part(Rect::from_size(pixels.size()));
    whole.rows::<u8>().flatten().copied().collect()
}

fn even(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}

fn tag(number: u32) -> [u8; 4] {
    let ([a, b], [c, d]) = (((number >> 16) as u16).to_le_bytes(), (number as u16).to_le_bytes());
    [a, b, c, d]
}

fn element(number: u32, kind: [u8; 2], value: &[u8]) -> Vec<u8> {
    let value = even(value.to_vec());
    let length = value.len() as u32;
    let head = if kind == *b"OB" {
        [&tag(number)[..], &kind, &[0, 0], &length.to_le_bytes()].concat()
    } else {
        [&tag(number)[..], &kind, &(length as u16).to_le_bytes()].concat()
    };
    [head, value].concat()
}

fn item(inside: &[u8]) -> Vec<u8> {
    [&tag(0xFFFE_E000)[..], &(inside.len() as u32).to_le_bytes(), inside].concat()
}

fn sequence(number: u32, items: &[Vec<u8>], open: bool) -> Vec<u8> {
    let inside = items.concat();
    let (length, end) =
        if open { (u32::MAX, vec![0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]) } else { (inside.len() as u32, vec![]) };
    [&tag(number)[..], b"SQ\0\0", &length.to_le_bytes(), &inside, &end].concat()
}
