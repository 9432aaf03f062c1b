//! FITS images (FITS standard 4.0): cards of 80 letters in blocks of 2880 bytes, then big-endian numbers, the last row first.
//!
//! The header is read here and not by a crate, since those load whole arrays; the numbers are read as raw files are.

use std::collections::BTreeMap;
use std::path::Path;

use super::volume::{Volume, Volumes};
use super::{RawLayout, RawType};
use crate::geometry::Size;
use crate::{Error, IoResultExt as _, Opened, PositionedFile, Result};

const BLOCK: u64 = 2880;
const CARD: usize = 80;
/// Blocks of one header, and headers of one file.
const MOST_BLOCKS: u64 = 4096;
const MOST_HEADERS: usize = 4096;

pub(crate) fn detect(_: &Path, head: &[u8]) -> bool {
    head.starts_with(b"SIMPLE  =")
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file = PositionedFile::open(path)?;
    let (mut at, length, mut found, mut others) = (0, file.length()?, Vec::new(), 0);
    while at + BLOCK <= length && found.len() + others < MOST_HEADERS {
        let (header, data) = match Header::read(&file, at) {
            Ok(read) => read,
            // What stands behind the last array is nobody's.
            Err(_) if at > 0 => break,
            Err(error) => return Err(error),
        };
        match header.volume(data).at(path)? {
            Some(volume) => found.push(volume),
            None => others += 1,
        }
        at = data.saturating_add(header.data_bytes().div_ceil(BLOCK).saturating_mul(BLOCK));
    }
    if found.is_empty() {
        return Err(Error::unsupported("a FITS file of tables or packed images; convert it to TIFF"));
    }
    Volumes::of(path, found).at(path)
}

/// The cards of one header: keywords and values.
struct Header(BTreeMap<String, String>);

impl Header {
    /// The header at `at`, and where its data begin.
    fn read(file: &PositionedFile, at: u64) -> Result<(Self, u64)> {
        let mut cards = BTreeMap::new();
        for block in 0..MOST_BLOCKS {
            let start = at + block * BLOCK;
            let bytes = file.read_at(start, BLOCK)?;
            for card in bytes.chunks_exact(CARD) {
                let text = String::from_utf8_lossy(card);
                let key = text.get(..8).unwrap_or_default().trim().to_owned();
                if key == "END" {
                    return Ok((Self(cards), start + BLOCK));
                }
                let Some(value) = text.get(8..).and_then(|rest| rest.strip_prefix("= ")) else { continue };
                let value = match value.trim().strip_prefix('\'') {
                    Some(text) => text.split('\'').next().unwrap_or_default().trim(),
                    None => value.split('/').next().unwrap_or_default().trim(),
                };
                cards.entry(key).or_insert_with(|| value.to_owned());
            }
        }
        Err(Error::corrupt("a FITS header without an end"))
    }

    fn number(&self, key: &str) -> Option<f64> {
        // Exponents may be written with D.
        self.0.get(key)?.replace('D', "E").parse().ok().filter(|value: &f64| value.is_finite())
    }

    fn count(&self, key: &str) -> u64 {
        self.number(key).map_or(0, |value| value.max(0.0) as u64)
    }

    fn axes(&self) -> Vec<u64> {
        (1..=self.count("NAXIS").min(999)).map(|axis| self.count(&format!("NAXIS{axis}"))).collect()
    }

    fn data_bytes(&self) -> u64 {
        let axes = self.axes();
        if axes.is_empty() {
            return 0;
        }
        let groups = self.number("GCOUNT").unwrap_or(1.0) as u64;
        let all = axes.iter().try_fold(1u64, |all, axis| all.checked_mul(*axis)).unwrap_or(u64::MAX);
        let bytes = self.number("BITPIX").map_or(0, |bits| bits.abs() as u64 / 8);
        all.saturating_add(self.count("PCOUNT")).saturating_mul(groups).saturating_mul(bytes)
    }

    /// The image whose numbers begin at `data`; nothing where this is a table, or has no pixels.
    fn volume(&self, data: u64) -> Result<Option<Volume>> {
        let axes = self.axes();
        let is_image = self.0.get("XTENSION").is_none_or(|kind| kind == "IMAGE");
        if !is_image || axes.len() < 2 || axes.contains(&0) {
            return Ok(None);
        }
        let side = |length: u64| u32::try_from(length).ok().filter(|side| *side < 1 << 30);
        let (Some(width), Some(height)) = (side(axes[0]), side(axes[1])) else {
            return Err(Error::limit(format!("a FITS image of {}×{} pixels", axes[0], axes[1])));
        };
        let bits = self.number("BITPIX").unwrap_or(0.0) as i64;
        let sample = match bits {
            8 => RawType::U8,
            16 => RawType::I16,
            32 => RawType::I32,
            -32 => RawType::F32,
            -64 => RawType::F64,
            _ => return Err(Error::unsupported(format!("FITS numbers of {bits} bits; convert the image to TIFF"))),
        };
        let (zero, scale) = (self.number("BZERO").unwrap_or(0.0), self.number("BSCALE").unwrap_or(1.0));
        // Numbers of the other sign are stored less the middle of their range.
        let middle = match bits {
            8 => -128.0,
            16 => 32_768.0,
            _ => 2_147_483_648.0,
        };
        let is_turned = bits > 0 && (scale - 1.0).abs() < 1e-12 && (zero - middle).abs() < 0.5;
        let blank = self.number("BLANK").filter(|_| bits > 0).map(|blank| if is_turned { blank + zero } else { blank });
        let mut layout = RawLayout::new(Size::new(width, height), 1, sample);
        (layout.offset, layout.big_endian, layout.bottom_up) = (data, true, true);
        let texts = self.0.iter().filter(|(key, _)| !key.starts_with("NAXIS") && *key != "SIMPLE");
        Ok(Some(Volume {
            format: "FITS",
            layout,
            further: axes[2..].to_vec(),
            is_turned,
            nodata: if bits < 0 { Some(f64::NAN) } else { blank },
            mpp: None,
            properties: texts.map(|(key, value)| (format!("fits.{key}"), value.clone())).collect(),
        }))
    }
}
