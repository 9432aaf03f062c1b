//! One whole image in memory: tiles of pyramids and images embedded in other files.

use std::io::Cursor;

use super::{jpeg, other, png};
use crate::geometry::Size;
use crate::pixels::Pixels;
use crate::{Error, Result};

/// The pixels of a JPEG, PNG, WebP, GIF, BMP or PNM, by what `bytes` begin with; of at most `most_pixels`.
///
/// The number of channels gives gray, color and alpha.
pub(crate) fn decode_bytes(bytes: &[u8], most_pixels: u64) -> Result<Pixels> {
    let size = size_of_bytes(bytes)?;
    if size.area() > most_pixels {
        return Err(Error::limit(format!("{size} pixels in one tile are too many")));
    }
    match kind_of(bytes) {
        Kind::Jpeg => crate::codec::jpeg::decode(bytes, &crate::codec::jpeg::DecodeOptions::default()),
        Kind::Png => png::decode_from(Cursor::new(bytes), most_pixels),
        Kind::Other => other::decode_from(Cursor::new(bytes.to_vec())),
    }
}

/// The size of the picture in `bytes`, from its header.
pub(crate) fn size_of_bytes(bytes: &[u8]) -> Result<Size> {
    match kind_of(bytes) {
        Kind::Jpeg => jpeg::size_of(bytes),
        Kind::Png => png::size_from(Cursor::new(bytes)),
        Kind::Other => other::size_from(Cursor::new(bytes.to_vec())),
    }
}

enum Kind {
    Jpeg,
    Png,
    Other,
}

fn kind_of(bytes: &[u8]) -> Kind {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Kind::Jpeg,
        [0x89, b'P', b'N', b'G', ..] => Kind::Png,
        _ => Kind::Other,
    }
}
