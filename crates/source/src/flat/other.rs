//! What the `image` crate decodes: BMP, GIF and WebP with their frames as pages, PNM, HDR, TGA, QOI and icons.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::codecs::{gif::GifDecoder, webp::WebPDecoder};
use image::{AnimationDecoder, ColorType, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::{Coder, Flat, bytes_of, checked_size, exif::Exif};
use crate::geometry::Size;
use crate::loss;
use crate::pixels::{Pixels, SampleType, Samples};
use crate::{Error, IoResultExt as _, Result};
use crate::{Info, Opened, Source};

/// Up to this decoded size, the header is not checked against the file's length.
pub(super) const SMALL: u64 = 32 << 20;
/// The most decoded bytes per stored byte: floats hardly shrink, and a bit of a PNM becomes a byte.
pub(super) const MOST_RATIO: u64 = 512;
/// The same of a BMP, which may have run lengths.
const MOST_RATIO_OF_RUNS: u64 = 1 << 15;
/// A canvas of so many pixels may have nearly nothing on it.
const SMALL_CANVAS: u64 = 48 << 20;
/// The most decoded pixels per stored byte of a larger image.
const MOST_PIXELS_PER_BYTE: u64 = 1 << 12;

pub(crate) fn is_webp(_: &Path, head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")
}

pub(crate) fn is_pnm(_: &Path, head: &[u8]) -> bool {
    matches!(head, [b'P', b'1'..=b'7', after, ..] if after.is_ascii_whitespace() || *after == b'#')
}

pub(crate) fn is_hdr(_: &Path, head: &[u8]) -> bool {
    head.starts_with(b"#?RADIANCE") || head.starts_with(b"#?RGBE")
}

pub(crate) fn is_icon(_: &Path, head: &[u8]) -> bool {
    matches!(head, [0, 0, 1, 0, count, 0, ..] if *count > 0)
}

/// By its name and a header that makes sense: such files begin with no mark (Truevision TGA 2.0).
pub(crate) fn is_tga(path: &Path, head: &[u8]) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("tga")) && has_tga_header(head)
}

fn has_tga_header(head: &[u8]) -> bool {
    let Some([_, map, kind, _, _, _, _, map_bits, _, _, _, _, w0, w1, h0, h1, bits, flags]) = head.first_chunk::<18>()
    else {
        return false;
    };
    let is_known = match (kind, map) {
        (1 | 9, 1) => *bits == 8 && matches!(map_bits, 15 | 16 | 24 | 32),
        (2 | 10, 0 | 1) => matches!(bits, 15 | 16 | 24 | 32),
        (3 | 11, 0 | 1) => matches!(bits, 8 | 16),
        _ => false,
    };
    is_known && flags & 0xC0 == 0 && w0 | w1 != 0 && h0 | h1 != 0
}

pub(crate) fn is_exr(_: &Path, head: &[u8]) -> bool {
    head.starts_with(&[0x76, 0x2F, 0x31, 0x01])
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let (mut decoder, format) = decoder(buffered(path)?)?;
    let (width, height) = decoder.dimensions();
    let size = checked_size(width, height)?;
    check_canvas(format, size, std::fs::metadata(path).at(path)?.len())?;
    let (channels, sample) = kind(decoder.color_type())?;
    let mut info = Info::plain(name(format), size, size, channels, sample);
    info.icc = decoder.icc_profile().ok().flatten().map(Into::into);
    let exif = decoder.exif_metadata().ok().flatten().map(|block| Exif::read(&block)).unwrap_or_default();
    info.mpp = exif.mpp;
    info.properties.extend(exif.texts.into_iter().map(|(name, text)| (format!("exif.{name}"), text)));
    let frames = match format {
        Some(ImageFormat::Gif) => frames_of_gif(path)?,
        Some(ImageFormat::WebP) => frames_of_webp(path, &info)?,
        _ => FrameTable { count: 1, besides: 0 },
    };
    let (picture, orientation) = (Picture { besides: frames.besides }, exif.orientation.max(1));
    if frames.count <= 1 {
        return Flat::opened(path, info, picture, orientation);
    }
    let first = Flat::page(path, info.clone(), picture, orientation)?;
    Ok(Box::new(Frames { path: path.to_owned(), info, count: frames.count, first }))
}

/// The picture that `from` holds.
pub(super) fn decode_from(from: impl BufRead + Seek + 'static) -> Result<Pixels> {
    let mut from = from;
    let stored = from.seek(SeekFrom::End(0)).and_then(|stored| from.rewind().map(|()| stored)).at(Path::new(""))?;
    let (decoder, format) = decoder(from)?;
    let (width, height) = decoder.dimensions();
    let (channels, sample) = kind(decoder.color_type())?;
    let length = decoder.total_bytes();
    // Nothing is packed that well, even where most of it is missing: the header is damaged, and its size must not be allocated.
    let most = match format {
        Some(ImageFormat::Hdr | ImageFormat::Pnm | ImageFormat::Tga | ImageFormat::Qoi) => MOST_RATIO,
        Some(ImageFormat::Bmp) => MOST_RATIO_OF_RUNS,
        _ => u64::MAX,
    };
    if length > SMALL && length / most > stored {
        return Err(Error::corrupt(format!("a file too short for {width}×{height} pixels")));
    }
    check_canvas(format, Size::new(width, height), stored)?;
    if length > super::MOST_BYTES {
        return Err(Error::limit("too large to be decoded in one piece"));
    }
    let mut bytes = vec![0; length as usize];
    if let Err(error) = decoder.read_image(&mut bytes).map_err(explain) {
        // What was decoded before the failure stands in the buffer.
        if !matches!(error, Error::Corrupt { .. }) || bytes.iter().all(|byte| *byte == 0) {
            return Err(error);
        }
        loss::note(error.of_part("what is missing is black"));
    }
    let samples = match sample {
        SampleType::U8 => Samples::U8(bytes),
        SampleType::U16 => Samples::U16(bytes.chunks_exact(2).map(|b| u16::from_ne_bytes([b[0], b[1]])).collect()),
        _ => {
            let quads = bytes.chunks_exact(4);
            Samples::F32(quads.map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect())
        }
    };
    Pixels::new(Size::new(width, height), channels, samples)
}

/// Fails if the canvas of a GIF or WebP of `size` is impossibly large for `stored` bytes. Its pixels take up to twelve
/// bytes each while they are decoded.
fn check_canvas(format: Option<ImageFormat>, size: Size, stored: u64) -> Result<()> {
    let has_canvas = matches!(format, Some(ImageFormat::Gif | ImageFormat::WebP));
    if has_canvas && size.area() > SMALL_CANVAS && size.area() / MOST_PIXELS_PER_BYTE > stored {
        return Err(Error::corrupt(format!("a file too short for {size} pixels")));
    }
    Ok(())
}

/// The size of the picture that `from` begins.
pub(super) fn size_from(from: impl BufRead + Seek + 'static) -> Result<Size> {
    let (decoder, _) = decoder(from)?;
    let (width, height) = decoder.dimensions();
    Ok(Size::new(width, height))
}

/// The only picture of a file, or its first.
struct Picture {
    /// Bytes of memory that decoding takes besides the result.
    besides: u64,
}

impl Coder for Picture {
    fn memory(&self, info: &Info, size: Size) -> u64 {
        // Bytes become the samples without a copy; words and floats need one.
        let copies = if info.sample.bytes() == 1 { 1 } else { 2 };
        bytes_of(size, info).saturating_mul(copies).saturating_add(self.besides)
    }

    fn decode(&self, path: &Path, _: usize) -> Result<Pixels> {
        decode_from(buffered(path)?)
    }
}

/// A later frame of an animation, which builds upon those before it.
struct Frame(usize);

impl Coder for Frame {
    fn memory(&self, info: &Info, size: Size) -> u64 {
        // The canvas, the frame upon it, and what both make, each of four channels.
        bytes_of(size, info).saturating_mul(3)
    }

    fn decode(&self, path: &Path, _: usize) -> Result<Pixels> {
        let file = buffered(path)?;
        let mut frames = if is_webp(path, &head(path)?) {
            WebPDecoder::new(file).map_err(explain)?.into_frames()
        } else {
            GifDecoder::new(file).map_err(explain)?.into_frames()
        };
        let frame = frames.nth(self.0).ok_or_else(|| Error::corrupt("the animation ends early"))?.map_err(explain)?;
        let buffer = frame.into_buffer();
        let size = Size::new(buffer.width(), buffer.height());
        Pixels::new(size, 4, Samples::U8(buffer.into_raw()))
    }
}

/// An animation.
struct Frames {
    path: PathBuf,
    info: Info,
    count: usize,
    first: Arc<dyn Source>,
}

impl Opened for Frames {
    fn pages(&self) -> usize {
        self.count
    }

    fn page(&self, page: usize) -> Result<Arc<dyn Source>> {
        if page == 0 {
            return Ok(Arc::clone(&self.first));
        }
        if page >= self.count {
            return Err(Error::invalid(format!("page {page} does not exist; the last one is {}", self.count - 1)));
        }
        let plain = Info::plain(self.info.format, self.info.size(), self.info.size(), 4, SampleType::U8);
        let info = Info { icc: self.info.icc.clone(), properties: self.info.properties.clone(), ..plain };
        Flat::page(&self.path, info, Frame(page), 1)
    }
}

fn head(path: &Path) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path).at(path)?.take(16).read_to_end(&mut head).at(path)?;
    Ok(head)
}

/// What is known of the frames of a file.
struct FrameTable {
    count: usize,
    /// Bytes of memory that decoding the first one takes besides the result.
    besides: u64,
}

/// The frames of a GIF: its image descriptors (`GIF89a`, appendix A). Fails on a frame that only damage makes so large.
fn frames_of_gif(path: &Path) -> Result<FrameTable> {
    let bytes = std::fs::read(path).at(path)?;
    let table = |flags: u8| if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 };
    let short = |at: usize| bytes.get(at..at + 2).map_or(0, |side| u16::from_le_bytes([side[0], side[1]]).into());
    let mut at = 13 + table(bytes.get(10).copied().unwrap_or(0));
    let mut frames = FrameTable { count: 0, besides: 0 };
    while let Some(&block) = bytes.get(at) {
        at += match block {
            0x21 => 2,
            0x2C => {
                let size = Size::new(short(at + 5), short(at + 7));
                // A frame that reaches beyond its canvas is decoded whole all the same.
                check_canvas(Some(ImageFormat::Gif), size, bytes.len() as u64)?;
                // One as wide as the canvas is decoded in its place; the numbers of its colors take a byte each.
                let is_in_place = short(at + 1) == 0 && size.width == short(6);
                if frames.count == 0 {
                    frames.besides = if is_in_place { 1 } else { 5 } * size.area();
                }
                frames.count += 1;
                11 + table(bytes.get(at + 9).copied().unwrap_or(0))
            }
            _ => break,
        };
        // Sub-blocks, up to an empty one.
        while let Some(&length) = bytes.get(at) {
            at += 1 + usize::from(length);
            if length == 0 {
                break;
            }
        }
    }
    Ok(frames)
}

/// The frames of a WebP: its ANMF chunks (RFC 9649), or the only picture.
fn frames_of_webp(path: &Path, info: &Info) -> Result<FrameTable> {
    let mut file = BufReader::new(File::open(path).at(path)?);
    file.seek(SeekFrom::Start(12)).at(path)?;
    let area = info.size().area();
    let (mut frames, mut chunk) = (FrameTable { count: 0, besides: 0 }, [0; 8]);
    while file.read_exact(&mut chunk).is_ok() {
        let [a, b, c, d, length @ ..] = chunk;
        let length = u32::from_le_bytes(length);
        frames.besides += match &[a, b, c, d] {
            // All coded bytes, luma, and two planes of chroma at half the resolution.
            b"VP8 " => u64::from(length) + area * 3 / 2,
            // Pixels of four channels, of which three are taken.
            b"VP8L" if info.channels == 3 => 4 * area,
            // Likewise, of which one is taken.
            b"ALPH" => 5 * area,
            // The canvas, and the frame upon it.
            b"ANMF" if frames.count == 0 => 8 * area,
            _ => 0,
        };
        frames.count += usize::from([a, b, c, d] == *b"ANMF");
        file.seek_relative(i64::from(length) + i64::from(length & 1)).at(path)?;
    }
    frames.count = frames.count.max(1);
    Ok(frames)
}

fn name(format: Option<ImageFormat>) -> &'static str {
    match format {
        Some(ImageFormat::Bmp) => "BMP",
        Some(ImageFormat::Gif) => "GIF",
        Some(ImageFormat::WebP) => "WebP",
        Some(ImageFormat::Pnm) => "PNM",
        Some(ImageFormat::Hdr) => "Radiance HDR",
        Some(ImageFormat::Tga) => "TGA",
        Some(ImageFormat::Qoi) => "QOI",
        Some(ImageFormat::Ico) => "icon",
        _ => "image",
    }
}

fn buffered(path: &Path) -> Result<BufReader<File>> {
    Ok(BufReader::new(File::open(path).at(path)?))
}

fn decoder<R: BufRead + Seek + 'static>(from: R) -> Result<(impl ImageDecoder + use<R>, Option<ImageFormat>)> {
    let mut reader = ImageReader::new(from).with_guessed_format().at(Path::new(""))?;
    if reader.format().is_none() {
        // Nothing but the name and the header tells this one.
        let mut from = reader.into_inner();
        let mut head = Vec::new();
        (&mut from).take(18).read_to_end(&mut head).and_then(|_| from.rewind()).at(Path::new(""))?;
        reader = ImageReader::new(from);
        if has_tga_header(&head) {
            reader.set_format(ImageFormat::Tga);
        }
    }
    let format = reader.format();
    let mut limits = Limits::default();
    limits.max_alloc = Some(super::MOST_BYTES);
    reader.limits(limits);
    Ok((reader.into_decoder().map_err(explain)?, format))
}

fn kind(color: ColorType) -> Result<(u8, SampleType)> {
    let sample = match color {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => SampleType::U8,
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => SampleType::U16,
        ColorType::Rgb32F | ColorType::Rgba32F => SampleType::F32,
        other => return Err(Error::unsupported(format!("pixels of kind {other:?}"))),
    };
    Ok((color.channel_count(), sample))
}

fn explain(error: image::ImageError) -> Error {
    match error {
        image::ImageError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            Error::io(Path::new(""), error)
        }
        image::ImageError::Limits(error) => Error::limit(error.to_string()),
        image::ImageError::Unsupported(error) => Error::unsupported(error.to_string()),
        error => Error::corrupt(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_canvas_does_not_make_us_decode_gigabytes() {
        let folder = tempfile::tempdir().unwrap();
        // Each of two frames of one pixel: a canvas of 16384×16384 (WebP, 24 bits for each side less one) and 60000×60000 (GIF).
        let mut webp =
            b"RIFF\x86\0\0\0WEBPVP8X\x0A\0\0\0\x02\0\0\0\xFF\x3F\0\xFF\x3F\0ANIM\x06\0\0\0\0\0\0\0\0\0".to_vec();
        for _ in 0..2 {
            webp.extend(b"ANMF\x2A\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0VP8L\x11\0\0\0");
            webp.extend(b"\x2F\0\0\0\x10\x07\x10\x11\x11\x88\x88\xFE\x07\0\0\0\0\0");
        }
        let large_frame =
            b"GIF89a\x01\0\x01\0\0\0\0\x2C\0\0\0\0\x60\xEA\x60\xEA\x80\0\0\0\xFF\xFF\xFF\x02\x02\x44\x01\0;".to_vec();
        let gif =
            b"GIF89a\x60\xEA\x60\xEA\0\0\0\x2C\0\0\0\0\x01\0\x01\0\x80\0\0\0\xFF\xFF\xFF\x02\x02\x44\x01\0;".to_vec();
        for (name, bytes) in [("a.webp", webp), ("a.gif", gif), ("b.gif", large_frame)] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let error = open(&path).err().unwrap();
            assert!(error.to_string().contains("too short for"), "{name}: {error}");
        }
        let webp = Some(ImageFormat::WebP);
        assert!(check_canvas(webp, Size::new(16384, 16384), 100_000).is_ok(), "a picture with something on it");
        assert!(check_canvas(webp, Size::new(6000, 8000), 90).is_ok(), "one color");
    }
}
