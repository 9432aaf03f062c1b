//! [`TileEncoder`]: a tile to a small picture of its own, as folders of tiles hold them.

use std::borrow::Cow;

use crate::codec::jpeg::{self, EncodeOptions};
use crate::depth::{bytes_of, opaque_bytes, to_bytes};
use crate::pixels::{Color, Pixels, PixelsView, SampleType};
use crate::source::{Coded, Info, TileEncoding};
use crate::{Error, Result};
use crate::{ExportOptions, TileFormat};

/// Which tile it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// 0 is full resolution.
    pub(super) level: usize,
    pub(super) column: u32,
    pub(super) row: u32,
}

/// Whether tiles of a source, encoded like that, can be passed through.
pub(super) fn takes(options: &ExportOptions, info: &Info, coded: &Coded) -> bool {
    TileEncoder::new(info, options, false).takes(&coded.encoding, info, options)
}

/// How each tile of one output is packed.
#[derive(Clone)]
pub(super) struct TileEncoder {
    format: TileFormat,
    encode: EncodeOptions,
    color: Color,
    background: [u8; 3],
    /// Whether 16 bits stay 16 bits, where the kind of picture has them.
    keep_depth: bool,
}

impl TileEncoder {
    /// For tiles like `info`'s; for a browser unless `keep_depth`.
    pub(super) fn new(info: &Info, options: &ExportOptions, keep_depth: bool) -> Self {
        let (quality, subsampling) = (options.jpeg_quality(), options.subsampling);
        Self {
            format: options.tile_format(),
            encode: EncodeOptions { quality, subsampling, ..EncodeOptions::default() },
            color: info.color,
            background: options.background,
            keep_depth,
        }
    }

    /// The same for pictures of `channels`, put together from such tiles.
    pub(super) fn for_channels(&self, channels: u8) -> Self {
        Self { color: Color::of_channels(channels), ..self.clone() }
    }

    /// The picture of one tile.
    pub(super) fn encode(&self, tile: PixelsView<'_>) -> Result<Vec<u8>> {
        let mut stream = Vec::with_capacity(32 << 10);
        match self.format {
            TileFormat::Jpg => {
                let flat = opaque_bytes(tile, self.color, self.background)?;
                jpeg::encode(flat.as_ref().map_or(tile, Pixels::view), &self.encode, &mut stream)?;
            }
            TileFormat::Png => {
                let bytes = self.narrowed(tile);
                encode_png(bytes.as_ref().map_or(tile, Pixels::view), self.color, &mut stream)?;
            }
            TileFormat::Webp => {
                let bytes = (tile.sample_type() != SampleType::U8).then(|| to_bytes(tile, self.color));
                encode_webp(bytes.as_ref().map_or(tile, Pixels::view), self.color, &mut stream)?;
            }
            TileFormat::Raw => stream = bytes_of(tile).into_owned(),
        }
        Ok(stream)
    }

    /// Whether tiles of a source, packed like this, are such pictures but for tables and markers.
    pub(super) fn takes(&self, encoding: &TileEncoding, info: &Info, options: &ExportOptions) -> bool {
        let plain = self.format == TileFormat::Jpg && info.sample == SampleType::U8 && !self.color.has_alpha();
        plain
            && options.quality.is_none()
            && matches!(encoding, TileEncoding::Jpeg(_))
            && matches!(info.channels, 1 | 3)
    }

    /// The picture of a tile that its source has packed like this.
    pub(super) fn complete(&self, tile: &[u8], encoding: &TileEncoding) -> Result<Vec<u8>> {
        match encoding {
            TileEncoding::Jpeg(tiles) => jpeg::interchange(tile, &tiles.tables, tiles.ycc || self.color == Color::Gray),
            TileEncoding::Lossless { .. } => Err(Error::invalid("internal error: tiles without loss are no pictures")),
        }
    }

    /// `tile` in bytes, unless it may stay as it is.
    fn narrowed(&self, tile: PixelsView<'_>) -> Option<Pixels> {
        let stays = match tile.sample_type() {
            SampleType::U8 => true,
            SampleType::U16 => self.keep_depth,
            _ => false,
        };
        (!stays).then(|| to_bytes(tile, self.color))
    }
}

/// A PNG of 8 or 16 bits for `view`, behind what `out` holds; quick to make rather than small.
fn encode_png(view: PixelsView<'_>, color: Color, out: &mut Vec<u8>) -> Result<()> {
    let kind = match (color, view.channels()) {
        (_, 1) => png::ColorType::Grayscale,
        (Color::GrayAlpha, 2) => png::ColorType::GrayscaleAlpha,
        (_, 3) => png::ColorType::Rgb,
        (Color::Rgba, 4) => png::ColorType::Rgba,
        (_, n) => return Err(Error::unsupported(format!("PNG of {n} channels; write a .tif instead"))),
    };
    let (depth, bytes) = match view.sample_type() {
        SampleType::U8 => (png::BitDepth::Eight, bytes_of(view)),
        SampleType::U16 => (png::BitDepth::Sixteen, Cow::Owned(big_endian(view))),
        other => {
            return Err(Error::unsupported(format!("PNG of {} samples; write a .tif instead", other.name())));
        }
    };
    let mut encoder = png::Encoder::new(out, view.size().width, view.size().height);
    encoder.set_color(kind);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::Fast);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&bytes));
    written.map_err(|error| Error::unsupported(error.to_string()))
}

/// A lossless WebP of bytes. A lossy encoder without a C library of many files does not exist; JPEG stands in for it.
fn encode_webp(view: PixelsView<'_>, color: Color, out: &mut Vec<u8>) -> Result<()> {
    let kind = match (color, view.channels()) {
        (_, 1) => image_webp::ColorType::L8,
        (Color::GrayAlpha, 2) => image_webp::ColorType::La8,
        (_, 3) => image_webp::ColorType::Rgb8,
        (Color::Rgba, 4) => image_webp::ColorType::Rgba8,
        (_, n) => return Err(Error::unsupported(format!("WebP of {n} channels; write a .tif instead"))),
    };
    let (width, height) = (view.size().width, view.size().height);
    let written = image_webp::WebPEncoder::new(out).encode(&bytes_of(view), width, height, kind);
    written.map_err(|error| Error::unsupported(error.to_string()))
}

/// The samples of a view of 16 bits, the high byte first.
fn big_endian(view: PixelsView<'_>) -> Vec<u8> {
    view.rows::<u16>().flatten().flat_map(|sample| sample.to_be_bytes()).collect()
}
