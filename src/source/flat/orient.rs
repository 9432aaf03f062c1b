//! Turning an image upright by its EXIF or TIFF orientation (TIFF 6.0, tag 274).

use crate::geometry::Size;
use crate::pixels::{Pixels, Sample, Samples, each_type};

/// The orientation in the EXIF block of a JPEG stream, 1 to 8; 1, upright, where nothing is said.
pub(super) fn of_jpeg(stream: &[u8]) -> u8 {
    find_exif(stream).and_then(of_tiff).unwrap_or(1)
}

/// The payload of the first EXIF segment: a TIFF.
fn find_exif(stream: &[u8]) -> Option<&[u8]> {
    let mut at = 2;
    loop {
        let &[mark, kind, high, low] = stream.get(at..at + 4)? else { return None };
        if mark != 0xFF || kind == 0xDA {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        if kind == 0xE1
            && let Some(exif) = stream.get(at + 4..at + 2 + length)?.strip_prefix(b"Exif\0\0")
        {
            return Some(exif);
        }
        at += 2 + length;
    }
}

fn of_tiff(tiff: &[u8]) -> Option<u8> {
    let little = tiff.starts_with(b"II");
    let two = |at: usize| {
        let bytes: [u8; 2] = tiff.get(at..at + 2)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let four = |at: usize| {
        let bytes: [u8; 4] = tiff.get(at..at + 4)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = four(4)? as usize;
    let entries = 0..usize::from(two(directory)?);
    let entry = entries.map(|n| directory + 2 + 12 * n).find(|&at| two(at) == Some(274))?;
    u8::try_from(two(entry + 8)?).ok().filter(|orientation| (1..=8).contains(orientation))
}

/// The size of the upright image.
pub(super) fn upright_size(size: Size, orientation: u8) -> Size {
    if orientation >= 5 { Size::new(size.height, size.width) } else { size }
}

/// The image turned upright.
pub(super) fn upright(pixels: Pixels, orientation: u8) -> Pixels {
    if orientation <= 1 {
        return pixels;
    }
    fn turn<S: Sample>(samples: &[S], size: Size, channels: usize, orientation: u8) -> Samples {
        let (w, h) = (size.width as usize, size.height as usize);
        let to = upright_size(size, orientation);
        let mut out = Vec::with_capacity(samples.len());
        for y in 0..to.height as usize {
            for x in 0..to.width as usize {
                let (from_x, from_y) = match orientation {
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (y, h - 1 - x),
                    7 => (w - 1 - y, h - 1 - x),
                    _ => (w - 1 - y, x),
                };
                out.extend_from_slice(&samples[(from_y * w + from_x) * channels..][..channels]);
            }
        }
        S::wrap(out)
    }
    let (size, channels) = (pixels.size(), pixels.channels());
    let samples = each_type!(pixels.samples(), s => turn(s, size, channels as usize, orientation));
    Pixels::new(upright_size(size, orientation), channels, samples).unwrap_or_else(|_| unreachable!("same pixels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orientation_comes_upright() {
        // The letter F, upright, as stored under each orientation (EXIF 2.32, 4.6.4).
        let upright_f = ["###", "#..", "##.", "#.."];
        let stored: [(u8, &[&str]); 8] = [
            (1, &["###", "#..", "##.", "#.."]),
            (2, &["###", "..#", ".##", "..#"]),
            (3, &["..#", ".##", "..#", "###"]),
            (4, &["#..", "##.", "#..", "###"]),
            (5, &["####", "#.#.", "#..."]),
            (6, &["#...", "#.#.", "####"]),
            (7, &["...#", ".#.#", "####"]),
            (8, &["####", ".#.#", "...#"]),
        ];
        let picture = |rows: &[&str]| {
            let samples = rows.iter().flat_map(|row| row.bytes()).collect();
            Pixels::new(Size::new(rows[0].len() as u32, rows.len() as u32), 1, Samples::U8(samples)).unwrap()
        };
        for (orientation, rows) in stored {
            assert_eq!(upright(picture(rows), orientation), picture(&upright_f), "orientation {orientation}");
        }
    }
}
