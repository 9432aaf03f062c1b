//! One strip or tile: from stored bytes to samples.

use std::borrow::Cow;
use std::io::Cursor;

use super::coding::{Alpha, Coding, Meaning};
use super::decode::{plain_bytes, raw_samples};
use super::tags::compression as code;
use crate::codec::{bytes, fax, jpeg, jpeg2000, jpegxl, lerc, logluv, lzw, packbits, webp};
use crate::flat;
use crate::geometry::{Rect, Size};
use crate::limits::most_pixels;
use crate::loss;
use crate::pixels::{Color, Pixels, RawSampleType, RawSamples, conform};
use crate::{Error, Result};

impl Coding {
    /// The chunk's samples: `size` pixels of [`Coding::stored`] samples, of plane `plane` if planes are separate. Only the
    /// first `rows` of them must be there.
    pub(super) fn decode(&self, stream: Vec<u8>, size: Size, plane: usize, rows: u32) -> Result<RawSamples> {
        let picture = match self.compression {
            code::OLD_JPEG | code::JPEG => self.jpeg(&stream, size, plane)?,
            code::JPEG_2000_YCC | code::JPEG_2000_LOSSY | code::JPEG_2000_RGB | code::JPEG_2000 => {
                self.jpeg2000(&stream, size)?
            }
            code::PNG => flat::png::decode_from(Cursor::new(stream), most_pixels(size))?,
            code::WEBP => self.webp(&stream, size)?,
            code::JPEG_XL | code::JPEG_XL_DNG => jpegxl::decode(&stream, most_pixels(size))?,
            code::LERC => return self.lerc(&stream, size),
            _ => return self.by_bytes(stream, size, plane, rows),
        };
        self.fitted(RawSamples::from_pixels(picture), size)
    }

    /// Whether chunks are JPEGs whose samples are the image's samples.
    pub(super) fn is_plain_jpeg(&self) -> bool {
        use Meaning::{BlackIsZero, Channels, Rgb, YCbCr};
        self.compression == code::JPEG
            && (self.kind, self.bits, self.alpha) == (RawSampleType::U8, 8, Alpha::None)
            && matches!(self.meaning, YCbCr | Rgb | BlackIsZero | Channels)
            && !self.separate
            && self.ycbcr.is_none()
    }

    /// Decode `part` of a chunk of `size` pixels, a [plain JPEG](Self::is_plain_jpeg), straight into `to`, in rows that begin
    /// `pitch` bytes apart. Fails on any deviation, which [`decode`](Self::decode) handles.
    pub(super) fn decode_into(
        &self,
        stream: &[u8],
        size: Size,
        part: Rect,
        (to, pitch): (&mut [u8], usize),
    ) -> Result<()> {
        let options = jpeg::DecodeOptions { tables: &self.tables, color: self.jpeg_color(), ..Default::default() };
        jpeg::decode_into(stream, &options, (size, self.stored() as u8), part, (to, pitch))
    }

    /// A picture codec's samples, cut to the chunk: some writers store more than belongs there.
    fn fitted(&self, raw: RawSamples, size: Size) -> Result<RawSamples> {
        let found = raw.size();
        let alike = raw.channels() as usize == self.stored() && raw.kind().bytes() == self.kind.bytes();
        if found.width < size.width || !alike {
            let what = format!(
                "a piece of {found} pixels of {} {} where {size} of {} {} belong",
                raw.channels(),
                raw.kind().name(),
                self.stored(),
                self.kind.name()
            );
            return Err(Error::corrupt(what));
        }
        // The tags say whether samples are signed.
        let raw = raw.taken_for(self.kind)?;
        if found == size {
            return Ok(raw);
        }
        if found.height >= size.height {
            return Ok(raw.crop(Rect::from_size(size)));
        }
        // A last strip may hold fewer rows than it should.
        let mut whole = RawSamples::zeroed(size, raw.channels(), raw.kind());
        whole.paste(&raw, 0, 0);
        Ok(whole)
    }

    fn jpeg(&self, stream: &[u8], size: Size, plane: usize) -> Result<Pixels> {
        let color = self.jpeg_color();
        let joined;
        let (stream, tables) = match &self.old_jpeg {
            Some(old) => {
                joined = old.stream(stream, plane)?;
                (&joined[..], &[][..])
            }
            None => (stream, &self.tables[..]),
        };
        let repeat_chroma = self.compression == code::OLD_JPEG;
        let options = jpeg::DecodeOptions { tables, color, reduce: 0, repeat_chroma };
        jpeg::decode_within(stream, &options, most_pixels(size))
    }

    pub(super) fn jpeg_color(&self) -> jpeg::ColorSpace {
        match self.meaning {
            Meaning::YCbCr if !self.separate && self.compression == code::JPEG => jpeg::ColorSpace::YCbCr,
            _ => jpeg::ColorSpace::AsStored,
        }
    }

    fn jpeg2000(&self, stream: &[u8], size: Size) -> Result<Pixels> {
        let pixels = jpeg2000::decode(stream, most_pixels(size))?;
        // 33003 is luma and chroma, and a stream that subsamples it cannot be anything else.
        let in_luma = self.compression == code::JPEG_2000_YCC
            || self.compression != code::JPEG_2000_RGB && self.meaning == Meaning::YCbCr;
        if in_luma && pixels.channels() == 3 && !jpeg2000::is_subsampled(stream) {
            return Ok(full_range_rgb(pixels));
        }
        Ok(pixels)
    }

    fn webp(&self, stream: &[u8], size: Size) -> Result<Pixels> {
        let pixels = webp::decode(stream, most_pixels(size))?;
        let from = Color::of_channels(pixels.channels());
        let (to, channels) = match self.stored() {
            4 => (Color::Rgba, 4),
            _ => (Color::Rgb, 3),
        };
        let sample = pixels.sample_type();
        Ok(conform(pixels, from, to, channels, sample))
    }

    fn lerc(&self, stream: &[u8], size: Size) -> Result<RawSamples> {
        let most = most_lerc(size, self.stored() * self.kind.bytes());
        let stream: Cow<'_, [u8]> = match self.lerc_compression {
            0 => stream.into(),
            1 => bytes::inflate(stream, most as usize)?.into(),
            2 => bytes::unzstd(stream, most as usize)?.into(),
            other => return Err(Error::unsupported(format!("TIFF LERC in compression {other}"))),
        };
        let decoded = lerc::decode(&stream, size.area().saturating_mul(self.stored() as u64))?;
        let (mut raw, valid) = (decoded.raw, decoded.valid);
        let stored = self.stored();
        if raw.channels() as usize + 1 == stored && raw.kind() == RawSampleType::U8 {
            // Valid pixels are opaque.
            raw = with_alpha(&raw, valid.as_deref())?;
        } else if let (Some(valid), RawSampleType::F32 | RawSampleType::F64) = (&valid, raw.kind()) {
            blank(&mut raw, valid);
        }
        if raw.kind() != self.kind {
            let what = format!("LERC of {} where {} belongs", raw.kind().name(), self.kind.name());
            return Err(Error::corrupt(what));
        }
        self.fitted(raw, size)
    }

    fn by_bytes(&self, mut stream: Vec<u8>, size: Size, plane: usize, rows: u32) -> Result<RawSamples> {
        if self.reversed {
            for byte in &mut stream {
                *byte = byte.reverse_bits();
            }
        }
        let (luma_size, ycbcr) = (size, self.ycbcr.as_ref());
        let size = match ycbcr {
            Some(coding) if self.separate && plane > 0 => coding.chroma_size(size),
            _ => size,
        };
        let expected = match ycbcr {
            Some(coding) if !self.separate => coding.clumped_bytes(size),
            _ => plain_bytes(size, self.stored(), self.bits),
        };
        let mut plain = self.decompress(stream, size, expected as usize)?;
        if ycbcr.is_none() && plain.len() as u64 >= plain_bytes(Size::new(size.width, rows), self.stored(), self.bits) {
            // Rows beyond the image: some writers omit them in the last tiles.
            plain.resize(plain.len().max(expected as usize), 0);
        }
        if (plain.len() as u64) < expected {
            let error = Error::corrupt(format!("a chunk of {} bytes where {expected} belong", plain.len()));
            let row = plain_bytes(Size::new(size.width, 1), self.stored(), self.bits);
            let whole = plain.len() as u64 / row.max(1);
            if ycbcr.is_some() || whole == 0 || !(self.in_strips || self.is_fax()) {
                return Err(error);
            }
            // Of a strip that breaks off, the rows before are sound.
            plain.truncate((whole * row) as usize);
            plain.resize(expected as usize, 0);
            loss::note(error.of_part(format!("its rows {whole} to {}", u64::from(size.height) - 1)));
        }
        match ycbcr {
            Some(coding) if !self.separate => {
                let samples = coding.unclump(&plain[..expected as usize], size);
                RawSamples::new(size, 3, RawSampleType::U8, samples)
            }
            Some(coding) if plane > 0 => {
                RawSamples::new(luma_size, 1, RawSampleType::U8, coding.spread(&plain[..expected as usize], luma_size))
            }
            _ => raw_samples(self, plain, size),
        }
    }

    fn decompress(&self, stream: Vec<u8>, size: Size, expected: usize) -> Result<Vec<u8>> {
        let (width, rows) = (size.width as usize, size.height as usize);
        let faxed = |kind| fax::decode(&stream, kind, size.width, size.height);
        match self.compression {
            code::HUFFMAN => faxed(fax::Kind::Runs),
            code::HUFFMAN_WORDS => faxed(fax::Kind::RunsInWords),
            code::FAX_3 => faxed(fax::Kind::Group3 { two_d: self.t4_options & 1 == 1 }),
            code::FAX_4 => faxed(fax::Kind::Group4),
            code::LZW if self.in_strips => Ok(lzw::decode_sound(&stream, expected)),
            code::LZW => lzw::decode(&stream, expected),
            code::DEFLATE | code::OLD_DEFLATE if self.in_strips => Ok(bytes::inflate_sound(&stream, expected)),
            code::DEFLATE | code::OLD_DEFLATE => bytes::inflate(&stream, expected),
            code::ZSTD if self.in_strips => Ok(bytes::unzstd_sound(&stream, expected)),
            code::PACK_BITS => Ok(packbits::decode(&stream, expected)),
            code::LOG_RUNS if self.samples == 1 => logluv::decode(&stream, logluv::Kind::Gray, size.width, size.height),
            code::LOG_RUNS => logluv::decode(&stream, logluv::Kind::Color, size.width, size.height),
            code::LOG_PACKED => logluv::decode(&stream, logluv::Kind::Packed, size.width, size.height),
            code::NEXT => packbits::decode_next(&stream, expected / rows.max(1), width, rows),
            code::THUNDER_SCAN => packbits::decode_thunder(&stream, expected / rows.max(1), width, rows),
            code::LZMA => bytes::unxz(&stream, expected),
            code::ZSTD => bytes::unzstd(&stream, expected),
            _ => Ok(stream),
        }
    }
}

/// The longest LERC of `size` pixels of so many bytes: what does not shrink is stored as it is, in blocks behind a byte each; a mask
/// comes before.
fn most_lerc(size: Size, pixel: usize) -> u64 {
    let plain = size.area().saturating_mul(pixel as u64);
    plain.saturating_add(plain / 8).saturating_add(size.area()).saturating_add(1 << 16)
}

/// Red, green, blue from full-range luma and chroma at full resolution (BT.601).
fn full_range_rgb(mut pixels: Pixels) -> Pixels {
    if let crate::pixels::Samples::U8(samples) = pixels.samples_mut() {
        for pixel in samples.chunks_exact_mut(3) {
            let [y, cb, cr] = [f32::from(pixel[0]), f32::from(pixel[1]) - 128.0, f32::from(pixel[2]) - 128.0];
            let rgb = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb];
            for (to, value) in pixel.iter_mut().zip(rgb) {
                *to = (value + 0.5).clamp(0.0, 255.0) as u8;
            }
        }
    }
    pixels
}

fn with_alpha(colors: &RawSamples, valid: Option<&[u8]>) -> Result<RawSamples> {
    let channels = colors.channels();
    let pixels = colors.bytes().chunks_exact(channels.into()).enumerate();
    let alpha = |at: usize| valid.is_none_or(|valid| valid.get(at) != Some(&0));
    let bytes = pixels.flat_map(|(at, pixel)| pixel.iter().copied().chain([if alpha(at) { 255 } else { 0 }]));
    RawSamples::new(colors.size(), channels + 1, RawSampleType::U8, bytes.collect())
}

/// NaN where nothing was measured.
fn blank(raw: &mut RawSamples, valid: &[u8]) {
    let (width, kind) = (raw.pixel_bytes(), raw.kind());
    for (pixel, _) in raw.bytes_mut().chunks_exact_mut(width).zip(valid).filter(|(_, valid)| **valid == 0) {
        match kind {
            RawSampleType::F64 => pixel.as_chunks_mut().0.fill(f64::NAN.to_le_bytes()),
            _ => pixel.as_chunks_mut().0.fill(f32::NAN.to_le_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::SampleType;

    #[test]
    fn streams_of_far_larger_pictures_are_refused() {
        let side = 200u32;
        let large = Pixels::filled(Size::new(side, side), SampleType::U8, &[200.0, 30.0, 60.0]);
        let rgb = vec![9; (side * side * 3) as usize];
        let (mut jpeg, mut webp, mut png) = (Vec::new(), Vec::new(), Vec::new());
        jpeg::encode(large.view(), &jpeg::EncodeOptions::default(), &mut jpeg).unwrap();
        image_webp::WebPEncoder::new(&mut webp).encode(&rgb, side, side, image_webp::ColorType::Rgb8).unwrap();
        let mut encoder = png::Encoder::new(&mut png, side, side);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&rgb).unwrap();
        let mut j2k = crate::tiff::tests::j2k();
        for at in [8, 12, 24, 28] {
            j2k[at..at + 4].copy_from_slice(&side.to_be_bytes());
        }
        let mut coding = Coding::planar(Meaning::BlackIsZero, 1, 8, code::NONE).unwrap();
        for (compression, stream) in [(code::JPEG, jpeg), (code::WEBP, webp), (code::PNG, png), (code::JPEG_2000, j2k)]
        {
            coding.compression = compression;
            let error = coding.decode(stream, Size::new(16, 16), 0, 16).unwrap_err().to_string();
            assert!(error.contains("far fewer belong"), "{compression}: {error}");
        }
    }

    #[test]
    fn lerc_is_unpacked_to_little_more_than_its_samples() {
        let most = most_lerc(Size::new(4096, 4096), 1);
        assert!((16 << 20..40 << 20).contains(&most), "{most}");
        assert_eq!(most_lerc(Size::new(u32::MAX, u32::MAX), 8), u64::MAX);
    }
}
