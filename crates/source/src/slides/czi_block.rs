//! The sub-blocks of a CZI: where a tile lies in all dimensions, and its pixels.

use std::sync::Arc;

use crate::PositionedFile;
use crate::codec::{bytes, jpeg};
use crate::geometry::Size;
use crate::limits::most_pixels;
use crate::pixels::{Pixels, SampleType, Samples};
use crate::placed_tiles::Pictures;
use crate::{Error, IoResultExt as _, Result};

/// No tile has more bytes.
const MOST_TILE: u64 = 400 << 20;
/// Bytes of a sub-block's segment before its texts, but for one with very many dimensions.
const HEAD: u64 = 288;

/// One entry of the directory.
#[derive(Debug)]
pub(super) struct Block {
    /// Where its segment is in the container.
    pub(super) at: u64,
    pub(super) kind: i32,
    compression: i32,
    /// In pixels of the full resolution.
    pub(super) x: i32,
    pub(super) y: i32,
    size: Size,
    /// Its own pixels.
    pub(super) stored: Size,
    pub(super) scene: i32,
    /// Of two at the same place the higher covers the other.
    pub(super) order: i32,
    /// The letters of the other dimensions and where it is in them; `Z` before `T` before `C`.
    pub(super) plane: Vec<(u8, i32)>,
}

/// What the pixels of a tile are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) channels: u8,
    pub(super) sample: SampleType,
    /// Stored for one pixel: alpha is left out.
    stored: u8,
}

impl Block {
    /// The entry at the beginning of `bytes`, and how long it is.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize)> {
        let torn = || Error::corrupt("the directory of tiles ends too early");
        if !bytes.starts_with(b"DV") {
            return Err(Error::corrupt("an entry of the directory that is not of the known kind"));
        }
        let int = |at: usize| number::<4>(bytes, at).map(i32::from_le_bytes).ok_or_else(torn);
        let (kind, compression, dimensions) = (int(2)?, int(18)?, int(28)?);
        let at = number::<8>(bytes, 6).map(u64::from_le_bytes).ok_or_else(torn)?;
        if !(0..=40).contains(&dimensions) {
            return Err(Error::corrupt(format!("a tile in {dimensions} dimensions")));
        }
        let none = Size::default();
        let mut block =
            Self { at, kind, compression, x: 0, y: 0, size: none, stored: none, scene: 0, order: 0, plane: Vec::new() };
        let side = |at: usize| int(at).map(|side| side.max(0) as u32);
        for number in 0..dimensions as usize {
            let entry = 32 + 20 * number;
            let (letter, start) = (*bytes.get(entry).ok_or_else(torn)?, int(entry + 4)?);
            // A stored size of 0 stands for that at full resolution.
            let (size, stored) = (side(entry + 8)?, side(entry + 16)?);
            let stored = if stored == 0 { size } else { stored };
            match letter {
                b'X' => (block.x, block.size.width, block.stored.width) = (start, size, stored),
                b'Y' => (block.y, block.size.height, block.stored.height) = (start, size, stored),
                b'S' => block.scene = start,
                b'M' => block.order = start,
                other => block.plane.push((other, start)),
            }
        }
        if block.stored.is_empty() || block.stored.longest() > 1 << 20 {
            return Err(Error::corrupt(format!("a tile of {} pixels", block.stored)));
        }
        block.plane.sort_by_key(|(letter, _)| (b"CTZ".iter().position(|known| known == letter), *letter));
        block.plane.reverse();
        Ok((block, 32 + 20 * dimensions as usize))
    }

    /// Pixels of the full resolution to one of its own, along a side.
    pub(super) fn downsample(&self) -> u32 {
        let stored = self.stored.width.max(1);
        ((self.size.width + stored / 2) / stored).max(1)
    }

    /// Its pixel type, if it is supported.
    pub(super) fn kind(&self) -> Result<Kind> {
        let (channels, sample, stored) = match self.kind {
            0 => (1, SampleType::U8, 1),
            1 => (1, SampleType::U16, 1),
            2 => (1, SampleType::F32, 1),
            3 => (3, SampleType::U8, 3),
            4 => (3, SampleType::U16, 3),
            8 => (3, SampleType::F32, 3),
            9 => (3, SampleType::U8, 4),
            other => return Err(Error::unsupported(format!("CZI pixels of type {other}"))),
        };
        Ok(Kind { channels, sample, stored })
    }

    /// Whether its compression is one that can be undone.
    pub(super) fn check(&self) -> Result<()> {
        check(self.compression)
    }
}

fn check(compression: i32) -> Result<()> {
    match compression {
        0 | 1 | 5 | 6 => Ok(()),
        4 => Err(Error::unsupported("a CZI in JPEG XR; save it in ZEN as uncompressed or Zstandard")),
        other => Err(Error::unsupported(format!("a CZI in compression {other}"))),
    }
}

/// The tiles of a plane. A tile goes by the place of its segment.
pub(super) struct Tiles {
    pub(super) file: Arc<PositionedFile>,
    /// Where the container begins.
    pub(super) base: u64,
    pub(super) kind: Kind,
}

impl Pictures for Tiles {
    type Key = u64;

    fn picture(&self, key: u64) -> Result<Option<Pixels>> {
        self.read(key).map(Some).at(self.file.path())
    }
}

impl Tiles {
    fn read(&self, at: u64) -> Result<Pixels> {
        let start = self.base.checked_add(at).ok_or_else(|| Error::corrupt("a tile beyond all bounds"))?;
        let head = self.file.read_at(start, HEAD)?;
        if !head.starts_with(b"ZISRAWSUBBLOCK\0") {
            return Err(Error::corrupt(format!("no tile at {start}")));
        }
        let int = |at: usize| number::<4>(&head, at).map_or(0, u32::from_le_bytes);
        let length = number::<8>(&head, 40).map_or(0, u64::from_le_bytes);
        // Its own entry is as that of the directory.
        let entry = self.file.read_at(start + 48, 32 + 20 * u64::from(int(76).min(40)))?;
        let (block, entry) = Block::read(&entry)?;
        let texts = (16 + entry as u64).max(256);
        let data = self.file.read_at(start + 32 + texts + u64::from(int(32)), length)?;
        self.decode(&block, data)
    }

    fn decode(&self, block: &Block, data: Vec<u8>) -> Result<Pixels> {
        check(block.compression)?;
        let (size, kind) = (block.stored, self.kind);
        let expected = size.area() * (u64::from(kind.stored) * kind.sample.bytes() as u64);
        if expected > MOST_TILE {
            return Err(Error::limit(format!("a tile of {size} pixels is too large to be read at once")));
        }
        let mut plain = match block.compression {
            1 => return self.jpeg(&data, size),
            5 => bytes::unzstd(&data, expected as usize)?,
            6 => packed(&data, expected as usize)?,
            _ => data,
        };
        if (plain.len() as u64) < expected {
            return Err(Error::corrupt(format!("a tile of {} bytes where {expected} belong", plain.len())));
        }
        plain.truncate(expected as usize);
        if kind.stored == 4 {
            plain = plain.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        } else if kind.channels == 3 {
            // Blue comes first.
            let bytes = kind.sample.bytes();
            for pixel in plain.chunks_exact_mut(3 * bytes) {
                let (blue, rest) = pixel.split_at_mut(bytes);
                blue.swap_with_slice(&mut rest[bytes..]);
            }
        }
        Pixels::new(size, kind.channels, Samples::from_le_bytes(kind.sample, plain))
    }

    fn jpeg(&self, stream: &[u8], size: Size) -> Result<Pixels> {
        let pixels = jpeg::decode_within(stream, &jpeg::DecodeOptions::default(), most_pixels(size))?;
        let found = (pixels.size(), pixels.channels(), pixels.sample_type());
        if found != (size, self.kind.channels, self.kind.sample) {
            return Err(Error::corrupt(format!("a JPEG of {} pixels where {size} belong", pixels.size())));
        }
        Ok(pixels)
    }
}

/// Zstandard with a header of its own, which says whether low and high bytes of 16-bit numbers stand apart.
fn packed(data: &[u8], expected: usize) -> Result<Vec<u8>> {
    let (header, apart) = match data {
        [1, ..] => (1, false),
        [3, 1, flags, ..] => (3, flags & 1 == 1),
        _ => return Err(Error::corrupt("a tile in Zstandard with an unknown header")),
    };
    let plain = bytes::unzstd(&data[header..], expected)?;
    if !apart {
        return Ok(plain);
    }
    let (low, high) = plain.split_at(plain.len() / 2);
    Ok(low.iter().zip(high).flat_map(|(low, high)| [*low, *high]).collect())
}

/// `N` bytes at `at`, if they are there.
pub(super) fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_no_far_larger_jpeg() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let kind = Kind { channels: 3, sample: SampleType::U8, stored: 3 };
        let tiles = Tiles { file: Arc::new(PositionedFile::open(file.path()).unwrap()), base: 0, kind };
        let picture = Pixels::filled(Size::new(200, 200), SampleType::U8, &[1.0, 2.0, 3.0]);
        let mut stream = Vec::new();
        jpeg::encode(picture.view(), &jpeg::EncodeOptions::default(), &mut stream).unwrap();
        assert!(tiles.jpeg(&stream, picture.size()).is_ok());
        let error = tiles.jpeg(&stream, Size::new(16, 16)).unwrap_err().to_string();
        assert!(error.contains("far fewer belong"), "{error}");
    }
}
