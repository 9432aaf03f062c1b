//! Codecs without a file around them, TIFFs that are sound but for their descriptions, and raw layouts.

use std::io::Write as _;

use mosaicist::ImageRef;
use mosaicist::codec::jpeg::{self, ColorSpace, DecodeOptions};
use mosaicist::codec::{bytes, fax, jpeg2000, jpegxl, lerc, lzw, packbits, webp};
use mosaicist::display::Profile;
use mosaicist::geometry::{Rect, Size};
use mosaicist::source::{Interleave, RawLayout, RawType, guess_layouts, open_part, testing::try_reading};

use crate::{check, here, look_at};

/// The most pixels that a codec is asked for.
const MOST: u64 = 1 << 22;

/// Decodes: a byte chooses the codec, three more what is asked of it.
pub fn codecs(data: &[u8]) {
    let [kind, width, height, more, stream @ ..] = data else { return };
    let (width, height) = (u32::from(*width) * 7 % 256 + 1, u32::from(*height) % 64 + 1);
    let expected = (width * height) as usize;
    let options = DecodeOptions {
        tables: &[],
        color: [ColorSpace::Marked, ColorSpace::YCbCr, ColorSpace::AsStored, ColorSpace::Cmyk][usize::from(more % 4)],
        reduce: more >> 2 & 3,
        repeat_chroma: more >> 4 & 1 == 1,
    };
    match kind % 20 {
        0 => _ = fax::decode(stream, fax::Kind::Runs, width, height),
        1 => _ = fax::decode(stream, fax::Kind::RunsInWords, width, height),
        2 => _ = fax::decode(stream, fax::Kind::Group3 { two_d: more % 2 == 1 }, width, height),
        3 => _ = fax::decode(stream, fax::Kind::Group4, width, height),
        4 => _ = lzw::decode(stream, expected),
        5 => _ = lzw::decode_sound(stream, expected),
        6 => _ = packbits::decode(stream, expected),
        7 => _ = packbits::decode_next(stream, width.div_ceil(4) as usize, width as usize, height as usize),
        8 => _ = packbits::decode_thunder(stream, width.div_ceil(2) as usize, width as usize, height as usize),
        9 => _ = lerc::decode(stream, MOST),
        10 => _ = webp::decode(stream, MOST),
        11 => _ = bytes::inflate(stream, expected).map(|_| bytes::inflate_sound(stream, expected)),
        12 => _ = bytes::unzstd(stream, expected).map(|_| bytes::unzstd_sound(stream, expected)),
        13 => _ = bytes::unxz(stream, expected),
        14 => _ = bytes::gunzip(stream, expected),
        15 => _ = jpeg::decode_cmyk(stream, options.reduce),
        16 => _ = jpeg::decode_part(stream, &options, Rect::new(3, 2, i64::from(width), i64::from(height))),
        // The tables apart, up to the first marker of a second stream.
        17 => {
            let at = stream.windows(2).skip(1).position(|two| two == [0xFF, 0xD8]).map_or(0, |at| at + 1);
            let (tables, stream) = stream.split_at(at);
            _ = jpeg::decode(stream, &DecodeOptions { tables, ..options });
            _ = jpeg::interchange(stream, tables, more % 2 == 1);
        }
        18 => {
            _ = jpeg2000::header(stream)
                .is_ok_and(|header| header.size.area() > 0)
                .then(|| jpeg2000::decode(stream, MOST))
        }
        _ => {
            _ = jpegxl::header(stream).is_ok_and(|header| header.size.area() > 0).then(|| jpegxl::decode(stream, MOST))
        }
    }
}

/// Opens a file by a raw layout: a line of text, then the file; or, after a bracket, the numbers of one and the file.
pub fn raw(data: &[u8]) {
    let (layout, rest) = match data {
        [b'[', width @ .., _] if width.len() > 12 => {
            let numbers: [u8; 10] = std::array::from_fn(|at| width[at]);
            let [w0, w1, h0, h1, bands, sample, offset, order, interleave, up] = numbers;
            use RawType::{F32, F64, I8, I16, I32, U8, U16, U32};
            let sample = [U8, I8, U16, I16, U32, I32, F32, F64][usize::from(sample % 8)];
            let size = Size::new(u32::from(u16::from_le_bytes([w0, w1])), u32::from(u16::from_le_bytes([h0, h1])));
            let mut layout = RawLayout::new(size, bands, sample);
            (layout.offset, layout.big_endian, layout.bottom_up) = (offset.into(), order % 2 == 1, up % 2 == 1);
            layout.interleave = [Interleave::Pixel, Interleave::Line, Interleave::Plane][usize::from(interleave % 3)];
            (layout, &width[10..])
        }
        _ => {
            let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
            let Ok(layout) = String::from_utf8_lossy(&data[..at]).parse::<RawLayout>() else { return };
            (layout, data.get(at + 1..).unwrap_or_default())
        }
    };
    guess_layouts(rest.len() as u64);
    let path = here().join("a.raw");
    std::fs::write(&path, rest).expect("a file in the working folder");
    match open_part(&ImageRef::file(&path).raw(layout)) {
        Ok(opened) => try_reading(&*opened),
        Err(error) => check(&error),
    }
}

/// Opens TIFFs of sound pixels and an unsound description: a byte chooses where it stands, the rest is the description.
pub fn description(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    let terminated = [text, &[0]].concat();
    let philips = b"Philips DP v1.0\0".to_vec();
    let software = b"PerkinElmer-QPI\0".to_vec();
    let mut pages: Vec<Vec<Tag>> = vec![Vec::new(); 3];
    match kind % 12 {
        0 => pages[0].push((270, 2, terminated)),
        1 => pages[0].extend([(270, 2, terminated), (305, 2, philips)]),
        2 => {
            // Ventana's and Perkin-Elmer's: a description for every page.
            let parts: Vec<&[u8]> = text.split(|byte| *byte == 0x1E).collect();
            for (page, part) in pages.iter_mut().zip(parts.iter().cycle()) {
                page.extend([(270, 2, [*part, &[0]].concat()), (305, 2, software.clone())]);
            }
        }
        3 => {
            let parts: Vec<&[u8]> = text.split(|byte| *byte == 0x1E).collect();
            for (number, (page, part)) in pages.iter_mut().zip(parts.iter().cycle()).enumerate() {
                let level: &[u8] = if number == 0 { b"Label_Image\0" } else { b"level=0 mag=20\0" };
                page.extend([(270, 2, level.to_vec()), (700, 1, part.to_vec())]);
            }
        }
        4 => pages[0].extend([(42112, 2, terminated), (42113, 2, b"0\0".to_vec())]),
        5 => pages[0].extend([(34735, 3, even(text)), (33550, 12, vec![1; 24])]),
        6 => pages[0].push((33922, 12, text[..text.len() / 8 * 8].to_vec())),
        7 => {
            let at = text.len().min(16);
            let counts: Vec<u8> = text[..at / 4 * 4].to_vec();
            pages[0].extend([(270, 2, b"ImageJ=1.53\nimages=3\nslices=3\n\0".to_vec())]);
            pages[0].extend([(50838, 4, counts), (50839, 1, text[at..].to_vec())]);
        }
        8 => {
            pages[0].push((34675, 7, text.to_vec()));
            if let Ok(profile) = Profile::new(text) {
                profile.to_srgb(&mut vec![100; 64]);
            }
        }
        9 => pages[0].extend([(65449, 2, terminated), (65420, 4, vec![1, 0, 0, 0]), (65427, 2, b"x\0".to_vec())]),
        10 => pages[0].extend([(33628, 4, text[..text.len() / 4 * 4].to_vec()), (33629, 5, vec![1; 24])]),
        _ => pages[0].push((37724, 7, text.to_vec())),
    }
    let path = here().join("a.tif");
    std::fs::write(&path, tiff(&pages)).expect("a file in the working folder");
    look_at(&path, data.len() % 2 == 1);
    if kind % 12 == 0 && text.windows(4).any(|part| part == b"<OME") {
        let path = here().join("a.companion.ome");
        std::fs::write(&path, text).expect("a file in the working folder");
        look_at(&path, data.len() % 2 == 1);
    }
}

type Tag = (u16, u16, Vec<u8>);

fn even(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2 * 2].to_vec()
}

/// A file of gray pages, each of one strip, with more tags.
fn tiff(pages: &[Vec<Tag>]) -> Vec<u8> {
    const SIDE: u8 = 12;
    let mut out = b"II\x2a\0\0\0\0\0".to_vec();
    let pixels = out.len() as u32;
    out.extend((0..SIDE * SIDE).map(|n| n.wrapping_mul(3)));
    let mut link = 4;
    for more in pages {
        let short = |value: u8| vec![value, 0];
        let mut tags: Vec<Tag> = vec![
            (256, 3, short(SIDE)),
            (257, 3, short(SIDE)),
            (258, 3, short(8)),
            (259, 3, short(1)),
            (262, 3, short(1)),
            (273, 4, pixels.to_le_bytes().to_vec()),
            (278, 3, short(SIDE)),
            (279, 4, u32::from(SIDE * SIDE).to_le_bytes().to_vec()),
        ];
        tags.extend(more.iter().cloned());
        tags.sort_by_key(|(tag, ..)| *tag);
        let mut entries = Vec::new();
        for (tag, kind, value) in &tags {
            let size = [1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8][usize::from(*kind)];
            let count = (value.len() / size) as u32;
            let mut field = value.clone();
            if value.len() > 4 {
                field = (out.len() as u32).to_le_bytes().to_vec();
                out.extend(value);
            }
            field.resize(4, 0);
            entries.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &field].concat());
        }
        if out.len() % 2 == 1 {
            out.push(0);
        }
        let at = out.len();
        out[link..link + 4].copy_from_slice(&(at as u32).to_le_bytes());
        out.write_all(&(tags.len() as u16).to_le_bytes()).expect("memory");
        out.extend(entries);
        link = out.len();
        out.extend([0; 4]);
    }
    out
}
