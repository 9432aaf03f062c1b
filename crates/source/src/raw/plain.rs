//! Uncompressed Netpbm files: P5, P6, P7 of full range, and PFM. Others are decoded by the `image` crate.

use std::path::Path;

use super::{Raw, RawLayout, RawType};
use crate::Opened;
use crate::geometry::Size;
use crate::pixels::Color;
use crate::single::Single;
use crate::{Error, Result};

/// No header of such a file is longer.
const MOST_HEADER: u64 = 4096;

pub(crate) fn detect(_: &Path, head: &[u8]) -> bool {
    matches!(head, [b'P', b'F' | b'f', after, ..] if after.is_ascii_whitespace())
        || read(head).is_ok_and(|found| found.is_some())
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file = crate::PositionedFile::open(path)?;
    let head = file.read_at(0, file.length()?.min(MOST_HEADER))?;
    let (layout, color) = read(&head)?.ok_or_else(|| Error::corrupt("no plain Netpbm header"))?;
    let format = if layout.sample == RawType::F32 { "PFM" } else { "PNM" };
    let mut raw = Raw::new(path, &layout, format)?;
    raw.info.color = color;
    Ok(Single::of(raw))
}

/// The layout a header describes; `None` where the samples must be scaled or decoded.
fn read(head: &[u8]) -> Result<Option<(RawLayout, Color)>> {
    let mut words = Words { head, at: 2 };
    let damaged = || Error::corrupt("a Netpbm header that breaks off");
    let (size, bands, most) = match head.get(..2) {
        Some(b"P5" | b"P6") => {
            let size = Size::new(words.number().ok_or_else(damaged)?, words.number().ok_or_else(damaged)?);
            (size, if head[1] == b'5' { 1 } else { 3 }, words.number().ok_or_else(damaged)?)
        }
        Some(b"P7") => read_pam(&mut words).ok_or_else(damaged)?,
        Some(b"PF" | b"Pf") => {
            let size = Size::new(words.number().ok_or_else(damaged)?, words.number().ok_or_else(damaged)?);
            let scale: f64 = words.next().and_then(|word| word.parse().ok()).ok_or_else(damaged)?;
            let mut layout = RawLayout::new(size, if head[1] == b'F' { 3 } else { 1 }, RawType::F32);
            (layout.offset, layout.big_endian, layout.bottom_up) = (words.at as u64 + 1, scale > 0.0, true);
            return checked(layout).map(Some);
        }
        _ => return Ok(None),
    };
    let sample = match most {
        255 => RawType::U8,
        65_535 => RawType::U16,
        _ => return Ok(None),
    };
    let mut layout = RawLayout::new(size, bands, sample);
    // One white space follows the header.
    (layout.offset, layout.big_endian) = (words.at as u64 + 1, true);
    checked(layout).map(Some)
}

fn checked(layout: RawLayout) -> Result<(RawLayout, Color)> {
    if layout.size.is_empty() || layout.size.longest() > 1 << 30 {
        return Err(Error::corrupt(format!("a Netpbm image of {} pixels", layout.size)));
    }
    let color = Color::of_channels(layout.bands);
    Ok((layout, color))
}

fn read_pam(words: &mut Words<'_>) -> Option<(Size, u8, u32)> {
    let (mut size, mut depth, mut most) = (Size::default(), 0, 0);
    loop {
        match &*words.next()? {
            "WIDTH" => size.width = words.number()?,
            "HEIGHT" => size.height = words.number()?,
            "DEPTH" => depth = words.number()?,
            "MAXVAL" => most = words.number()?,
            "TUPLTYPE" => drop(words.next()?),
            "ENDHDR" => return (1..=4).contains(&depth).then_some((size, depth as u8, most)),
            _ => return None,
        }
    }
}

/// The words of a header; from `#` to the end of the line is a comment.
struct Words<'a> {
    head: &'a [u8],
    at: usize,
}

impl Words<'_> {
    fn next(&mut self) -> Option<String> {
        loop {
            match self.head.get(self.at)? {
                b'#' => self.at += self.head[self.at..].iter().position(|&b| b == b'\n')?,
                b if b.is_ascii_whitespace() => self.at += 1,
                _ => break,
            }
        }
        let rest = &self.head[self.at..];
        let length = rest.iter().position(u8::is_ascii_whitespace)?;
        self.at += length;
        String::from_utf8(rest[..length].to_vec()).ok()
    }

    fn number(&mut self) -> Option<u32> {
        self.next()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use crate::geometry::Region;
    use crate::loss;
    use crate::pixels::Samples;
    use crate::testing::check_source;

    #[test]
    fn plain_samples_are_read_where_they_lie() {
        let folder = tempfile::tempdir().unwrap();
        let floats: Vec<u8> = (0..6u8).flat_map(|v| f32::from(v).to_le_bytes()).collect();
        let cases: [(&[u8], &[u8], Samples); 4] = [
            (b"P5\n# hm\n3 2 255\n", &[0, 1, 2, 3, 4, 5], Samples::U8(vec![0, 1, 2, 3, 4, 5])),
            (
                b"P6 1 2 65535\n",
                &[1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1],
                Samples::U16(vec![256, 512, 768, 1024, 1280, 1537]),
            ),
            (
                b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n",
                &[9, 8, 7, 6],
                Samples::U8(vec![9, 8, 7, 6]),
            ),
            (b"Pf 3 2 -1.0\n", &floats, Samples::F32(vec![3.0, 4.0, 5.0, 0.0, 1.0, 2.0])),
        ];
        for (head, body, expected) in cases {
            let path = folder.path().join("a.pnm");
            std::fs::write(&path, [head, body].concat()).unwrap();
            let source = crate::open(&path).unwrap().page(0).unwrap();
            check_source(&*source);
            let read = source.read(Region::new(0, source.info().whole(0))).unwrap();
            assert_eq!(read.samples(), &expected, "{}", String::from_utf8_lossy(head));
            std::fs::write(&path, [head, &body[..body.len() - 1]].concat()).unwrap();
            let whole = source.info().whole(0);
            let torn = || crate::open(&path)?.page(0)?.read(Region::new(0, whole));
            let (read, losses) = loss::collect(torn);
            assert!(read.is_err() || !losses.parts.is_empty(), "torn: {read:?}");
        }
    }
}
