//! [`ChunkEncoder`]: the pixels of a tile to the bytes in the file.

use std::cell::RefCell;

use libdeflater::{CompressionLvl, Compressor};

use tiff::tags::{CompressionMethod, Predictor};

use super::lzw;
use super::predict::differences;
use crate::codec::jpeg::{self, EncodeOptions, StoredColors, Subsampling};
use crate::depth::{bytes_of, opaque_bytes};
use crate::geometry::{Rect, Size};
use crate::pixels::{Color, Pixels, PixelsView, SampleType};
use crate::source::{Info, JpegTiles, TileEncoding};
use crate::{Compression, ExportOptions};
use crate::{Error, Result};

/// How each tile of one level is encoded.
#[derive(Clone)]
pub(super) struct ChunkEncoder {
    compression: Compression,
    encode: EncodeOptions,
    /// The tables that all JPEG streams share.
    tables: Vec<u8>,
    color: Color,
    channels: u8,
    sample: SampleType,
    background: [u8; 3],
    predict: bool,
    /// Of deflate or Zstandard.
    level: u8,
}

impl ChunkEncoder {
    /// For pixels like `info`'s; of an image stored in planes, for one plane.
    pub(super) fn new(info: &Info, options: &ExportOptions, planes: bool) -> Self {
        let compression = options.compression_for(info);
        let (channels, color) = if planes { (1, Color::Gray) } else { (info.channels, info.color) };
        let encode = EncodeOptions {
            quality: options.jpeg_quality(),
            subsampling: options.subsampling,
            colors: options.tiff.jpeg_colors,
            abbreviated: compression == Compression::Jpeg,
        };
        let stored = channels - u8::from(color.has_alpha());
        let compresses = matches!(compression, Compression::Lzw | Compression::Deflate | Compression::Zstd);
        Self {
            compression,
            encode,
            tables: if compression == Compression::Jpeg { jpeg::tables(&encode, stored) } else { Vec::new() },
            color,
            channels,
            sample: info.sample,
            background: options.background,
            predict: compresses && options.tiff.predictor,
            level: if compression == Compression::Zstd { options.tiff.zstd_level } else { options.deflate_level },
        }
    }

    /// Whether tiles encoded like this can be mixed with its own under `options`.
    pub(super) fn takes(&self, encoding: &TileEncoding, options: &ExportOptions) -> bool {
        match encoding {
            TileEncoding::Lossless { compression, predictor } => {
                let usual = if self.sample == SampleType::F32 { 3 } else { 2 };
                *compression == self.code() && (*predictor == 1 || *predictor == usual && *compression != 1)
            }
            TileEncoding::Jpeg(tiles) => {
                let plain = self.compression == Compression::Jpeg && !self.color.has_alpha();
                plain && options.quality.is_none() && chroma_of(tiles).is_some()
            }
        }
    }

    /// An encoder for tiles of a level whose other tiles are passed through with this encoding.
    pub(super) fn like(&self, encoding: &TileEncoding) -> Self {
        let mut encoder = self.clone();
        match encoding {
            TileEncoding::Lossless { predictor, .. } => encoder.predict = *predictor != 1,
            TileEncoding::Jpeg(tiles) => {
                encoder.tables = tiles.tables.to_vec();
                // The tables are others than the encoder's.
                encoder.encode.abbreviated = false;
                encoder.encode.subsampling = chroma_of(tiles).unwrap_or_default();
                encoder.encode.colors = if tiles.ycc { StoredColors::Ycc } else { StoredColors::Rgb };
            }
        }
        encoder
    }

    /// The bytes of one tile of `size`, which is filled up by its last column and row where the image's edge cuts it.
    pub(super) fn encode(&self, view: PixelsView<'_>, size: Size) -> Result<Vec<u8>> {
        let whole;
        let view = if view.size() == size {
            view
        } else {
            whole = filled_up(view, size);
            whole.view()
        };
        let bytes = || if self.predict { differences(view).into() } else { bytes_of(view) };
        match self.compression {
            Compression::None => Ok(bytes_of(view).into_owned()),
            Compression::Lzw => Ok(lzw::encode(&bytes())),
            Compression::Deflate => deflate(&bytes(), self.level),
            Compression::Zstd => zstd(&bytes(), self.level),
            Compression::Jpeg => {
                let mut stream = Vec::with_capacity(32 << 10);
                let flat = opaque_bytes(view, self.color, self.background)?;
                jpeg::encode(flat.as_ref().map_or(view, Pixels::view), &self.encode, &mut stream)?;
                Ok(stream)
            }
        }
    }

    /// TIFF's number for the compression.
    pub(super) const fn code(&self) -> u16 {
        match self.compression {
            Compression::None => CompressionMethod::None.to_u16(),
            Compression::Lzw => CompressionMethod::LZW.to_u16(),
            Compression::Jpeg => CompressionMethod::ModernJPEG.to_u16(),
            Compression::Deflate => CompressionMethod::Deflate.to_u16(),
            Compression::Zstd => CompressionMethod::ZSTD.to_u16(),
        }
    }

    /// TIFF's number for the kind of differences that are stored, if they are.
    pub(super) const fn predictor(&self) -> Option<u16> {
        match (self.predict, self.sample) {
            (false, _) => None,
            (true, SampleType::F32) => Some(Predictor::FloatingPoint.to_u16()),
            (true, _) => Some(Predictor::Horizontal.to_u16()),
        }
    }

    /// Stored channels.
    pub(super) fn channels(&self) -> u8 {
        self.channels - u8::from(self.drops_alpha())
    }

    /// Stored colors.
    pub(super) fn color(&self) -> Color {
        if self.drops_alpha() { Color::of_channels(self.channels()) } else { self.color }
    }

    pub(super) const fn sample(&self) -> SampleType {
        self.sample
    }

    /// How chroma is stored, if it is.
    pub(super) fn subsampling(&self) -> Option<Subsampling> {
        let ycc = self.encode.colors == StoredColors::Ycc && self.channels() == 3;
        (self.compression == Compression::Jpeg && ycc).then_some(self.encode.subsampling)
    }

    /// TIFF's JPEGTables, if the tiles are JPEG streams.
    pub(super) fn tables(&self) -> Option<&[u8]> {
        (!self.tables.is_empty()).then_some(&self.tables)
    }

    fn drops_alpha(&self) -> bool {
        self.compression == Compression::Jpeg && self.color.has_alpha()
    }
}

/// How the chroma of such tiles is stored, where this program can do the same.
fn chroma_of(tiles: &JpegTiles) -> Option<Subsampling> {
    let all = [Subsampling::Full, Subsampling::Half, Subsampling::HalfDown, Subsampling::Quarter];
    let factors = |kind: &Subsampling| (u16::from(kind.factors().0), u16::from(kind.factors().1));
    all.into_iter().find(|kind| factors(kind) == tiles.subsampling && (tiles.ycc || *kind == Subsampling::Full))
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

/// A zlib stream.
fn deflate(bytes: &[u8], level: u8) -> Result<Vec<u8>> {
    thread_local! {
        // Its tables are large; a thread keeps them for its next tile.
        static COMPRESSOR: RefCell<Option<(u8, Compressor)>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|cached| {
        if cached.as_ref().is_none_or(|(of, _)| *of != level) {
            let exact = CompressionLvl::new(i32::from(level.clamp(1, 12))).unwrap_or_default();
            *cached = Some((level, Compressor::new(exact)));
        }
        let Some((_, compressor)) = cached else { unreachable!("made above") };
        let mut out = vec![0; compressor.zlib_compress_bound(bytes.len())];
        let len = compressor.zlib_compress(bytes, &mut out);
        out.truncate(len.map_err(|error| Error::invalid(format!("internal error: deflate: {error}")))?);
        Ok(out)
    })
}

/// A Zstandard frame.
fn zstd(bytes: &[u8], level: u8) -> Result<Vec<u8>> {
    thread_local! {
        static COMPRESSOR: RefCell<Option<(u8, zstd::bulk::Compressor<'static>)>> = const { RefCell::new(None) };
    }
    let failed = |error| Error::invalid(format!("internal error: Zstandard: {error}"));
    COMPRESSOR.with_borrow_mut(|cached| {
        if cached.as_ref().is_none_or(|(of, _)| *of != level) {
            let exact = i32::from(level.clamp(1, 22));
            *cached = Some((level, zstd::bulk::Compressor::new(exact).map_err(failed)?));
        }
        let Some((_, compressor)) = cached else { unreachable!("made above") };
        compressor.compress(bytes).map_err(failed)
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
}
