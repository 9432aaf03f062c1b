//! [`ChunkCodec`]: what a chunk has gone through, by the names of Zarr 3 and of numcodecs, and how it is undone.

use serde_json::Value;

use super::blosc;
use super::numbers::{Number, each_number};
use crate::codec::bytes;
use crate::{Error, Result};

/// One step; the list is undone from the last to the first.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ChunkCodec {
    Gzip,
    Zlib,
    Zstd,
    Bz2,
    Xz,
    LzmaAlone,
    Blosc,
    /// Behind four bytes that tell the length.
    Lz4,
    /// Four bytes at the end, or at the start.
    Checksum {
        at_start: bool,
    },
    /// All first bytes of numbers of so many bytes, then all second ones.
    Shuffle(usize),
    /// Each number but the first is the difference from the one before.
    Delta(Number),
    /// Numbers are stored as those of another type: (number - offset) * scale.
    Scaled {
        offset: f64,
        scale: f64,
        from: Number,
        to: Number,
    },
}

impl ChunkCodec {
    /// The step `name` with its settings; nothing for those that change no number.
    pub(super) fn read(name: &str, settings: &Value) -> Result<Option<Self>> {
        let number = |key: &str| Number::of_name(settings[key].as_str().unwrap_or_default());
        let stored = || if settings["astype"].is_string() { number("astype") } else { number("dtype") };
        Ok(Some(match name.trim_start_matches("numcodecs.") {
            "gzip" => Self::Gzip,
            "zlib" => Self::Zlib,
            "zstd" => Self::Zstd,
            "bz2" => Self::Bz2,
            // Of the `.xz` kind unless it is told.
            "lzma" if settings["format"].as_u64().unwrap_or(1) == 1 => Self::Xz,
            "lzma" if settings["format"] == 2 => Self::LzmaAlone,
            "blosc" => Self::Blosc,
            "lz4" => Self::Lz4,
            "crc32c" => Self::Checksum { at_start: false },
            "crc32" | "adler32" => Self::Checksum { at_start: settings["location"] != "end" },
            "shuffle" => Self::Shuffle(settings["elementsize"].as_u64().unwrap_or(4).clamp(1, 16) as usize),
            "delta" => {
                let (plain, stored) = (number("dtype")?, stored()?);
                if plain != stored || plain.is_half {
                    return Err(Error::unsupported(
                        "Zarr differences of half floats, or of another type than the numbers",
                    ));
                }
                Self::Delta(plain)
            }
            "fixedscaleoffset" => {
                let value = |key: &str| settings[key].as_f64().filter(|value| value.is_finite());
                let (Some(offset), Some(scale @ (..0.0 | 0.0..))) = (value("offset"), value("scale")) else {
                    return Err(Error::corrupt("a Zarr scale that is no number"));
                };
                let (from, to) = (stored()?, number("dtype")?);
                if to.is_half {
                    return Err(Error::unsupported("a Zarr scale of half floats"));
                }
                Self::Scaled { offset, scale, from, to }
            }
            // What is left out of the numbers stays out.
            "bitround" => return Ok(None),
            "quantize" if !settings["astype"].is_string() || settings["astype"] == settings["dtype"] => {
                return Ok(None);
            }
            _ => return Err(Error::unsupported(format!("Zarr chunks in {name:?}"))),
        }))
    }

    /// Bytes before it is undone, of what are `bytes` after; none where that is not known.
    fn stored_bytes(&self, bytes: usize) -> Option<usize> {
        match self {
            Self::Shuffle(_) | Self::Delta(_) => Some(bytes),
            Self::Scaled { from, to, .. } => Some(bytes / to.bytes() * from.bytes()),
            Self::Checksum { .. } => Some(bytes + 4),
            _ => None,
        }
    }

    fn undo(&self, mut stored: Vec<u8>, expected: usize) -> Result<Vec<u8>> {
        match self {
            Self::Gzip => bytes::gunzip(&stored, expected),
            Self::Zlib => bytes::inflate(&stored, expected),
            Self::Zstd => bytes::unzstd(&stored, expected),
            Self::Bz2 => bytes::unbz2(&stored, expected),
            Self::Xz => bytes::unxz(&stored, expected),
            Self::LzmaAlone => bytes::unlzma(&stored, expected),
            Self::Blosc => blosc::decode(&stored, expected),
            Self::Lz4 => lz4(&stored, expected),
            Self::Checksum { at_start: true } => Ok(stored.split_off(stored.len().min(4))),
            Self::Checksum { at_start: false } => {
                stored.truncate(stored.len().saturating_sub(4));
                Ok(stored)
            }
            Self::Shuffle(width) => Ok(blosc::unshuffled(&stored, *width)),
            Self::Delta(number) => {
                number.add_up(&mut stored);
                Ok(stored)
            }
            Self::Scaled { offset, scale, from, to } => {
                let mut out = Vec::with_capacity(expected);
                each_number(&stored, *from, |value| to.put(value / scale + offset, &mut out));
                Ok(out)
            }
        }
    }
}

/// The bytes that `codecs` were given: `expected` of them, or fewer where there are fewer.
pub(super) fn decoded(mut stored: Vec<u8>, codecs: &[ChunkCodec], expected: usize) -> Result<Vec<u8>> {
    // What each step is to give: as much as is expected of the ones before it.
    let mut after = vec![expected];
    for codec in codecs {
        let bytes = after[after.len() - 1];
        after.push(codec.stored_bytes(bytes).unwrap_or(bytes));
    }
    for (codec, expected) in codecs.iter().zip(after).rev() {
        stored = codec.undo(stored, expected)?;
    }
    Ok(stored)
}

/// As numcodecs has it: the length in four bytes, then one block.
fn lz4(stored: &[u8], expected: usize) -> Result<Vec<u8>> {
    let torn = || Error::corrupt("an LZ4 chunk is cut short");
    let (length, block) = stored.split_first_chunk::<4>().ok_or_else(torn)?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > expected {
        return Err(Error::corrupt(format!("an LZ4 chunk of {length} bytes where {expected} belong")));
    }
    lz4_flex::block::decompress(block, length).map_err(|error| Error::corrupt(format!("LZ4: {error}")))
}
