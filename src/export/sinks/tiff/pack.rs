//! [`Packer`]: the pixels of a tile to the bytes in the file.

use std::cell::RefCell;

use libdeflater::{CompressionLvl, Compressor};

use crate::codec::jpeg::{self, EncodeOptions, Subsampling};
use crate::export::depth::{bytes_of, opaque_bytes};
use crate::export::{Compression, ExportOptions};
use crate::geometry::{Rect, Size};
use crate::pixels::{Colour, Pixels, PixelsView, SampleType};
use crate::source::Info;
use crate::{Error, Result};

/// How each tile of one file is packed.
pub(super) struct Packer {
    compression: Compression,
    encode: EncodeOptions,
    /// What all JPEG streams share, if they are abbreviated.
    tables: Option<Vec<u8>>,
    tile: Size,
    colour: Colour,
    channels: u8,
    sample: SampleType,
    background: [u8; 3],
    deflate_level: u8,
}

impl Packer {
    /// For tiles of `tile` pixels of an image like `info`.
    pub(super) fn new(info: &Info, options: &ExportOptions, tile: u32) -> Self {
        let compression = options.compression_for(info);
        let (quality, subsampling) = (options.jpeg_quality(), options.subsampling);
        let abbreviated = EncodeOptions { quality, subsampling, abbreviated: true, ..EncodeOptions::default() };
        let stored = info.channels - u8::from(info.colour.has_alpha());
        let tables = if compression == Compression::Jpeg { shared_tables(abbreviated, stored) } else { None };
        Self {
            compression,
            encode: EncodeOptions { abbreviated: tables.is_some(), ..abbreviated },
            tables,
            tile: Size::new(tile, tile),
            colour: info.colour,
            channels: info.channels,
            sample: info.sample,
            background: options.background,
            deflate_level: options.deflate_level,
        }
    }

    /// The bytes of one tile, which is filled up by its last column and row where the image's edge cuts it.
    pub(super) fn pack(&self, view: PixelsView<'_>) -> Result<Vec<u8>> {
        let whole;
        let view = if view.size() == self.tile {
            view
        } else {
            whole = filled_up(view, self.tile);
            whole.view()
        };
        match self.compression {
            Compression::None => Ok(bytes_of(view).into_owned()),
            Compression::Deflate => {
                let mut bytes = bytes_of(view).into_owned();
                if self.predicts() {
                    predict(&mut bytes, self.tile.width as usize, self.channels as usize, self.sample);
                }
                deflate(&bytes, self.deflate_level)
            }
            Compression::Jpeg => {
                let mut stream = Vec::with_capacity(32 << 10);
                let flat = opaque_bytes(view, self.colour, self.background)?;
                jpeg::encode(flat.as_ref().map_or(view, Pixels::view), &self.encode, &mut stream)?;
                Ok(stream)
            }
        }
    }

    /// TIFF's number for the compression.
    pub(super) const fn code(&self) -> u16 {
        match self.compression {
            Compression::None => 1,
            Compression::Jpeg => 7,
            Compression::Deflate => 8,
        }
    }

    /// Whether samples are stored as differences.
    pub(super) fn predicts(&self) -> bool {
        matches!(self.compression, Compression::Deflate) && self.sample != SampleType::F32
    }

    /// Stored channels.
    pub(super) fn channels(&self) -> u8 {
        self.channels - u8::from(self.drops_alpha())
    }

    /// Stored colours.
    pub(super) fn colour(&self) -> Colour {
        if self.drops_alpha() { Colour::of_channels(self.channels()) } else { self.colour }
    }

    pub(super) const fn compression(&self) -> Compression {
        self.compression
    }

    pub(super) const fn subsampling(&self) -> Subsampling {
        self.encode.subsampling
    }

    pub(super) fn tables(&self) -> Option<&[u8]> {
        self.tables.as_deref()
    }

    fn drops_alpha(&self) -> bool {
        self.compression == Compression::Jpeg && self.colour.has_alpha()
    }
}

/// TIFF's JPEGTables, once the codec has them to offer; until then each stream is complete, which is as valid.
const fn shared_tables(_options: EncodeOptions, _channels: u8) -> Option<Vec<u8>> {
    None
}

/// `view` in the upper left of `size` pixels, its last column and row repeated.
fn filled_up(view: PixelsView<'_>, size: Size) -> Pixels {
    let mut pixels = Pixels::zeroed(size, view.channels(), view.sample_type());
    pixels.paste(view, 0, 0);
    let (width, height) = (view.size().width as i64, view.size().height as i64);
    let column = view.part(Rect::new(width - 1, 0, width, height));
    (width..size.width as i64).for_each(|x| pixels.paste(column, x, 0));
    let row = pixels.crop(Rect::new(0, height - 1, size.width as i64, height));
    (height..size.height as i64).for_each(|y| pixels.paste(row.view(), 0, y));
    pixels
}

/// Replace samples by their difference to the pixel on the left (TIFF 6.0, section 14).
fn predict(bytes: &mut [u8], width: usize, channels: usize, sample: SampleType) {
    let (step, row) = (channels * sample.bytes(), width * channels * sample.bytes());
    for row in bytes.chunks_exact_mut(row) {
        match sample {
            SampleType::U8 => (step..row.len()).rev().for_each(|i| row[i] = row[i].wrapping_sub(row[i - step])),
            SampleType::U16 => {
                for i in (step..row.len()).step_by(2).rev() {
                    let at = |i: usize| u16::from_le_bytes([row[i], row[i + 1]]);
                    let difference = at(i).wrapping_sub(at(i - step));
                    row[i..i + 2].copy_from_slice(&difference.to_le_bytes());
                }
            }
            SampleType::F32 => {}
        }
    }
}

/// A zlib stream.
fn deflate(bytes: &[u8], level: u8) -> Result<Vec<u8>> {
    thread_local! {
        // Its tables are large; a thread keeps them for its next tile.
        static COMPRESSOR: RefCell<Option<(u8, Compressor)>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|kept| {
        if kept.as_ref().is_none_or(|(of, _)| *of != level) {
            let exact = CompressionLvl::new(i32::from(level.clamp(1, 12))).unwrap_or_default();
            *kept = Some((level, Compressor::new(exact)));
        }
        let Some((_, compressor)) = kept else { unreachable!("made above") };
        let mut out = vec![0; compressor.zlib_compress_bound(bytes.len())];
        let len = compressor.zlib_compress(bytes, &mut out);
        out.truncate(len.map_err(|error| Error::invalid(format!("internal error: deflate: {error}")))?);
        Ok(out)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Samples;

    #[test]
    fn a_cut_tile_is_filled_up_by_its_edge() {
        let pixels = Pixels::new(Size::new(2, 2), 1, Samples::U8(vec![1, 2, 3, 4])).unwrap();
        let filled = filled_up(pixels.view(), Size::new(4, 3));
        assert_eq!(filled.samples(), &Samples::U8(vec![1, 2, 2, 2, 3, 4, 4, 4, 3, 4, 4, 4]));
    }

    #[test]
    fn differences_are_of_samples_not_of_bytes() {
        let mut bytes = [0x00, 0x01, 0xFF, 0x00, 0x01, 0x01];
        predict(&mut bytes, 3, 1, SampleType::U16);
        assert_eq!(bytes, [0x00, 0x01, 0xFF, 0xFF, 0x02, 0x00]);
        let mut bytes = [10, 20, 30, 25];
        predict(&mut bytes, 2, 2, SampleType::U8);
        assert_eq!(bytes, [10, 20, 20, 5]);
    }
}
