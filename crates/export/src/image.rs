//! A picture that is in memory, to one plain file: what a crop ends in.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use mosaicist_core::whole_file;

use super::depth::bytes_of;
use super::formats::tiff::ifd::{self, Value, Width, tag};
use super::formats::tiff::{about, plain_description};
use super::{ExportOptions, Format, run};
use crate::geometry::{Region, Size};
use crate::job::Progress;
use crate::pixels::{Color, Pixels, RawSampleType, RawSamples, SampleType};
use crate::source::{Capabilities, Info, ReadingCost, Source};
use crate::{Error, Result};

/// Write `pixels` to `path` as its ending says, in one level, with what `info` says of them besides. The file appears when it is
/// complete, in place of one of that name ([`standing_file`](super::standing_file) tells beforehand).
///
/// TIFF keeps every sample as it is, uncompressed; other formats do what they do to an export of the same pixels, with JPEG
/// at `quality`. What a format cannot hold is refused.
pub fn write_image_of(path: &Path, pixels: &Pixels, info: &Info, quality: u8) -> Result<()> {
    if pixels.size().is_empty() {
        return Err(Error::invalid("the picture holds no pixel"));
    }
    let format = Format::of_path(path)?;
    if format == Format::Tiff {
        return write_tiff(path, pixels, info);
    }
    let levels = Info::plain("memory", pixels.size(), pixels.size(), 1, SampleType::U8).levels;
    let held = Held { pixels, info: Info { levels, stored: None, ..info.clone() } };
    let options = ExportOptions { quality: Some(quality), overwrite: true, ..ExportOptions::new(format) };
    run(&held, path, &options, &Progress::default()).map(|_| ())
}

/// The same of pixels of which nothing is known but their color.
pub fn write_image(path: &Path, pixels: &Pixels, color: Color, quality: u8) -> Result<()> {
    write_image_of(path, pixels, &plain_info(pixels, color), quality)
}

fn plain_info(pixels: &Pixels, color: Color) -> Info {
    let info = Info::plain("memory", pixels.size(), pixels.size(), pixels.channels(), pixels.sample_type());
    Info { color, ..info }
}

/// Pixels in memory as a source.
struct Held<'a> {
    pixels: &'a Pixels,
    info: Info,
}

impl Source for Held<'_> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let rect = region.rect.intersect(self.info.whole(self.info.level(region).map(|_| region.level)?));
        if rect == region.rect {
            return Ok(self.pixels.crop(rect));
        }
        let mut pixels = self.info.blank(region.rect.size());
        pixels.paste(self.pixels.part(rect), rect.x0 - region.rect.x0, rect.y0 - region.rect.y0);
        Ok(pixels)
    }
}

/// An uncompressed TIFF of `pixels`: classic where it fits in 4 GiB, else a BigTIFF. Channels mean what their number says.
pub fn write_plain_tiff(path: &Path, pixels: &Pixels) -> Result<()> {
    write_tiff(path, pixels, &plain_info(pixels, Color::of_channels(pixels.channels())))
}

/// Writes raw samples to `path`, an uncompressed TIFF, unchanged, with what `info` says of them besides. The file appears when
/// it is complete.
pub fn write_raw_samples(path: &Path, raw: &RawSamples, info: &Info) -> Result<()> {
    let (kind, channels) = (raw.kind(), raw.channels());
    let format = match kind {
        RawSampleType::U8 | RawSampleType::U16 | RawSampleType::U32 | RawSampleType::U64 => 1,
        RawSampleType::I8 | RawSampleType::I16 | RawSampleType::I32 | RawSampleType::I64 => 2,
        RawSampleType::F32 | RawSampleType::F64 => 3,
    };
    let all = |value: u16| Value::Short(vec![value; channels.into()]);
    let mut entries = plain_description(raw.size(), channels, SampleType::U8, info.color);
    entries.extend(about(info, (1.0, 1.0), 0));
    if info.is_premultiplied && info.color.has_alpha() {
        entries.insert(tag::EXTRA_SAMPLES, Value::Short(vec![1]));
    }
    if info.is_white_zero {
        entries.insert(tag::PHOTOMETRIC, Value::Short(vec![0]));
    }
    entries.insert(tag::BITS_PER_SAMPLE, all(kind.bytes() as u16 * 8));
    entries.insert(tag::SAMPLE_FORMAT, all(format));
    write_strips(path, entries, raw.size(), raw.bytes().len() as u64, |file| file.write_all(raw.bytes()))
}

fn write_tiff(path: &Path, pixels: &Pixels, info: &Info) -> Result<()> {
    let size = pixels.size();
    let mut entries = plain_description(size, pixels.channels(), pixels.sample_type(), info.color);
    entries.extend(about(info, (1.0, 1.0), 0));
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
    whole_file::write(path, |file| {
        file.write_all(&ifd::header(at, width))?;
        data(file)?;
        file.write_all(&vec![0; (at - head - bytes) as usize])?;
        file.write_all(&directory)
    })
}
