//! One picture that fits in memory to one plain file: `.png`, `.jpg` or `.tif`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::codec::jpeg::{self, EncodeOptions, Subsampling};
use crate::geometry::Size;
use crate::pixels::{Colour, NumberType, Numbers, Pixels, PixelsView, SampleType};
use crate::{Error, IoResultExt, Result};

use super::depth::{bytes_of, opaque_bytes};
use super::sinks::tiff::ifd::{self, Value, Width, tag};
use super::sinks::tiff::plain_description;
use super::staging::Staging;

/// Write `pixels` to `path` as its ending says. The file appears when it is complete.
///
/// PNG and TIFF keep every sample as it is. JPEG takes bytes only, at `quality` (1 to 100, at full colour resolution from
/// 90 on), and lays what is clear on white. What a format cannot hold is refused.
pub fn write_image(path: &Path, pixels: &Pixels, colour: Colour, quality: u8) -> Result<()> {
    if pixels.size().is_empty() {
        return Err(Error::invalid("the picture holds no pixel"));
    }
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    let stream = match ending.as_str() {
        "png" => {
            let mut stream = Vec::new();
            encode_png(pixels.view(), colour, png::Compression::Balanced, &mut stream).map(|()| stream)
        }
        "jpg" | "jpeg" => encode_jpeg(pixels.view(), colour, quality),
        "tif" | "tiff" => return write_tiff(path, pixels, colour),
        _ => Err(Error::unsupported(format!("writing '.{ending}' files; end the name in .png, .jpg or .tif"))),
    };
    let stream = stream.at(path)?;
    write_whole(path, |file| file.write_all(&stream))
}

/// An uncompressed TIFF of `pixels`: classic where it fits in 4 GiB, else a BigTIFF. Channels mean what their number says.
pub fn write_plain_tiff(path: &Path, pixels: &Pixels) -> Result<()> {
    write_tiff(path, pixels, Colour::of_channels(pixels.channels()))
}

/// Write `numbers` to `path`, an uncompressed TIFF, just as they are. The file appears when it is complete.
pub fn write_numbers(path: &Path, numbers: &Numbers, colour: Colour) -> Result<()> {
    let (kind, channels) = (numbers.kind(), numbers.channels());
    let format = match kind {
        NumberType::U8 | NumberType::U16 | NumberType::U32 | NumberType::U64 => 1,
        NumberType::I8 | NumberType::I16 | NumberType::I32 | NumberType::I64 => 2,
        NumberType::F32 | NumberType::F64 => 3,
    };
    let all = |value: u16| Value::Short(vec![value; channels.into()]);
    let mut entries = plain_description(numbers.size(), channels, SampleType::U8, colour);
    entries.insert(tag::BITS_PER_SAMPLE, all(kind.bytes() as u16 * 8));
    entries.insert(tag::SAMPLE_FORMAT, all(format));
    write_strips(path, entries, numbers.size(), numbers.bytes().len() as u64, |file| file.write_all(numbers.bytes()))
}

fn write_tiff(path: &Path, pixels: &Pixels, colour: Colour) -> Result<()> {
    let size = pixels.size();
    let entries = plain_description(size, pixels.channels(), pixels.sample_type(), colour);
    write_strips(path, entries, size, pixels.bytes() as u64, |file| {
        // In bands, so that wide samples take no second copy of the picture.
        for y in (0..size.height as i64).step_by(256) {
            let band = crate::geometry::Rect::new(0, y, size.width as i64, y + 256);
            file.write_all(&bytes_of(pixels.part(band)))?;
        }
        Ok(())
    })
}

/// A TIFF of uncompressed strips: `entries` say what they are, `data` writes all their `bytes`.
fn write_strips(
    path: &Path,
    mut entries: ifd::Directory,
    size: Size,
    bytes: u64,
    data: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<()> {
    let width = if bytes < u64::from(u32::MAX) - (1 << 20) { Width::Classic } else { Width::Big };
    let row_bytes = bytes / u64::from(size.height.max(1));
    let rows = (65_536 / row_bytes.max(1)).clamp(1, size.height.max(1).into());
    let head = ifd::header(0, width).len() as u64;
    let strips = u64::from(size.height).div_ceil(rows);
    let count = |strip: u64| (u64::from(size.height) - strip * rows).min(rows) * row_bytes;
    let offset = |strip: u64| head + strip * rows * row_bytes;
    let offsets = Value::Offsets((0..strips).map(offset).collect());
    entries.extend([
        (tag::STRIP_OFFSETS, offsets),
        (tag::ROWS_PER_STRIP, Value::Long(vec![rows as u32])),
        (tag::STRIP_BYTE_COUNTS, Value::Long((0..strips).map(|strip| count(strip) as u32).collect())),
    ]);
    let at = (head + bytes).next_multiple_of(8);
    let directory = ifd::encode(&entries, at, 0, width);
    write_whole(path, |file| {
        file.write_all(&ifd::header(at, width))?;
        data(file)?;
        file.write_all(&vec![0; (at - head - bytes) as usize])?;
        file.write_all(&directory)
    })
}

/// A PNG of 8 or 16 bits for `view`, behind what `out` holds.
pub(super) fn encode_png(
    view: PixelsView<'_>,
    colour: Colour,
    compression: png::Compression,
    out: &mut Vec<u8>,
) -> Result<()> {
    let kind = match (colour, view.channels()) {
        (_, 1) => png::ColorType::Grayscale,
        (Colour::GreyAlpha, 2) => png::ColorType::GrayscaleAlpha,
        (_, 3) => png::ColorType::Rgb,
        (Colour::Rgba, 4) => png::ColorType::Rgba,
        (_, n) => return Err(Error::unsupported(format!("PNG of {n} channels; write a .tif instead"))),
    };
    let (depth, bytes) = match view.sample_type() {
        SampleType::U8 => (png::BitDepth::Eight, bytes_of(view)),
        SampleType::U16 => {
            let rows = view.rows::<u16>().flatten();
            (png::BitDepth::Sixteen, rows.flat_map(|sample| sample.to_be_bytes()).collect::<Vec<_>>().into())
        }
        SampleType::F32 => return Err(Error::unsupported("PNG of floats; write a .tif instead")),
    };
    let mut encoder = png::Encoder::new(out, view.size().width, view.size().height);
    encoder.set_color(kind);
    encoder.set_depth(depth);
    encoder.set_compression(compression);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&bytes));
    written.map_err(|error| Error::unsupported(error.to_string()))
}

fn encode_jpeg(view: PixelsView<'_>, colour: Colour, quality: u8) -> Result<Vec<u8>> {
    if view.sample_type() != SampleType::U8 {
        let what = format!("JPEG of {} samples; write a .tif instead", view.sample_type().name());
        return Err(Error::unsupported(what));
    }
    if !matches!(view.channels() - u8::from(colour.has_alpha()), 1 | 3) {
        return Err(Error::unsupported(format!("JPEG of {} channels; write a .tif instead", view.channels())));
    }
    let subsampling = if quality >= 90 { Subsampling::Full } else { Subsampling::Quarter };
    let flat = opaque_bytes(view, colour, [255; 3])?;
    let mut stream = Vec::new();
    let options = EncodeOptions { quality, subsampling, ..EncodeOptions::default() };
    jpeg::encode(flat.as_ref().map_or(view, Pixels::view), &options, &mut stream)?;
    Ok(stream)
}

/// Write a file under a temporary name, then give it its own.
fn write_whole(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) -> Result<()> {
    let staging = Staging::beside(path);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(staging.path()).at(path)?);
    write(&mut file).at(path)?;
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error).at(path)?;
    file.sync_all().at(path)?;
    drop(file);
    staging.publish(path)
}
