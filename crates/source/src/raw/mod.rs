//! Raw files without a header, described by a [`RawLayout`].
//!
//! Formats whose pixels lie plainly behind a short header (PNM, PFM) are read through here too.

mod guess;
mod plain;

use std::path::Path;

use super::single::Single;
use super::{Capabilities, Info, Level, Opened, PositionedFile, Source};
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Pixels, SampleType, Samples};
use crate::{Error, IoResultExt as _, Result};

use crate::{Interleave, RawLayout, RawType};
pub use guess::guess as guess_layouts;
pub(super) use plain::{detect as is_plain, open as open_plain};

/// Rows that count as one piece hold about so many bytes.
const PIECE: u64 = 4 << 20;
/// No read of consecutive bytes is longer.
const MOST_READ: u64 = 64 << 20;

/// Opens `path` with `layout`. Fails if the file is too short for it.
pub fn open_raw(path: &Path, layout: &RawLayout) -> Result<Box<dyn Opened>> {
    Ok(Single::of(Raw::new(path, layout, "raw")?))
}

/// A file read by a layout.
struct Raw {
    file: PositionedFile,
    layout: RawLayout,
    info: Info,
}

impl Raw {
    fn new(path: &Path, layout: &RawLayout, format: &'static str) -> Result<Self> {
        let file = PositionedFile::open(path)?;
        let (have, wanted) = (file.length()?, layout.offset.saturating_add(layout.bytes()));
        if layout.size.is_empty() || layout.bands == 0 {
            return Err(Error::invalid("a raw image without pixels"));
        }
        if wanted > have {
            return Err(Error::corrupt(format!("{wanted} bytes make such an image, but the file has {have}")).at(path));
        }
        let rows = (PIECE / layout.line_bytes().max(1)).clamp(1, 4096).min(layout.size.height.into());
        let tile = Size::new(layout.size.width, rows as u32);
        let mut info = Info::plain(format, layout.size, tile, layout.bands, read_as(layout.sample));
        info.levels = vec![Level { size: layout.size, downsample: 1.0, tile }];
        Ok(Self { file, layout: layout.clone(), info })
    }

    /// The samples of `rect` that lie in a row of the file: `count` from sample `first` of line `line`.
    fn part(&self, line: u64, first: u64, count: u64) -> Result<Vec<u8>> {
        let bytes = self.layout.sample.bytes();
        self.file.read_at(self.layout.offset + line * self.layout.line_bytes() + first * bytes, count * bytes)
    }

    fn read_inside(&self, rect: Rect) -> Result<Vec<u8>> {
        let layout = &self.layout;
        let (bands, step) = (usize::from(layout.bands), layout.sample.bytes() as usize);
        let (x, width, height) = (rect.x0 as u64, rect.width(), u64::from(layout.size.height));
        let stored = |y: i64| if layout.bottom_up { height - 1 - y as u64 } else { y as u64 };
        let mut all = vec![0; (rect.area() as usize) * bands * step];
        let line = width as usize * bands * step;
        if layout.interleave == Interleave::Pixel {
            let whole = width == u64::from(layout.size.width) && !layout.bottom_up;
            let group = if whole { (MOST_READ / layout.line_bytes().max(1)).max(1) } else { 1 };
            for (number, rows) in all.chunks_mut(line * group as usize).enumerate() {
                let y = stored(rect.y0 + (number as u64 * group) as i64);
                let count = (rows.len() / step) as u64;
                rows.copy_from_slice(&self.part(y, x * bands as u64, count)?);
            }
            return Ok(all);
        }
        for (row, to) in (rect.y0..rect.y1).zip(all.chunks_exact_mut(line)) {
            for band in 0..bands {
                let (line, first) = match layout.interleave {
                    Interleave::Plane => (band as u64 * height + stored(row), x),
                    _ => (stored(row), band as u64 * u64::from(layout.size.width) + x),
                };
                let part = self.part(line, first, width)?;
                for (pixel, sample) in to.chunks_exact_mut(bands * step).zip(part.chunks_exact(step)) {
                    pixel[band * step..][..step].copy_from_slice(sample);
                }
            }
        }
        Ok(all)
    }
}

impl Source for Raw {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let size = self.info.level(region)?.size;
        let inside = region.rect.intersect(Rect::from_size(size));
        let mut out = self.info.blank(region.rect.size());
        if inside.is_empty() {
            return Ok(out);
        }
        let bytes = self.read_inside(inside).at(self.file.path())?;
        let samples = samples(self.layout.sample, self.layout.big_endian, bytes);
        let pixels = Pixels::new(inside.size(), self.layout.bands, samples)?;
        if inside == region.rect {
            return Ok(pixels);
        }
        out.paste(pixels.view(), inside.x0 - region.rect.x0, inside.y0 - region.rect.y0);
        Ok(out)
    }
}

/// Bytes of `u8`, file as samples.
fn samples(sample: RawType, big: bool, mut bytes: Vec<u8>) -> Samples {
    if big && sample.bytes() > 1 {
        bytes.chunks_exact_mut(sample.bytes() as usize).for_each(<[u8]>::reverse);
    }
    Samples::from_le_bytes(read_as(sample), bytes)
}

/// What samples of a type are read as.
fn read_as(stored: RawType) -> SampleType {
    match stored {
        RawType::U8 => SampleType::U8,
        RawType::I8 => SampleType::I8,
        RawType::U16 => SampleType::U16,
        RawType::I16 => SampleType::I16,
        RawType::U32 => SampleType::U32,
        RawType::I32 => SampleType::I32,
        RawType::F32 => SampleType::F32,
        RawType::F64 => SampleType::F64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_source;

    #[test]
    fn every_order_of_samples_gives_the_same_picture() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.raw");
        let (w, h, bands) = (37usize, 23usize, 3usize);
        let value = |x: usize, y: usize, c: usize| (x * 911 + y * 53 + c * 20_011) as u16;
        let mut shown = Vec::new();
        for (interleave, big) in [
            (Interleave::Pixel, false),
            (Interleave::Pixel, true),
            (Interleave::Line, false),
            (Interleave::Plane, true),
        ] {
            let mut values = vec![0; w * h * bands];
            for (at, (y, x, c)) in
                (0..h).flat_map(|y| (0..w).flat_map(move |x| (0..3).map(move |c| (y, x, c)))).enumerate()
            {
                let place = match interleave {
                    Interleave::Pixel => at,
                    Interleave::Line => (y * bands + c) * w + x,
                    Interleave::Plane => (c * h + y) * w + x,
                };
                values[place] = value(x, y, c);
            }
            let bytes = values.iter().flat_map(|v| if big { v.to_be_bytes() } else { v.to_le_bytes() });
            std::fs::write(&path, [b"head".to_vec(), bytes.collect()].concat()).unwrap();
            let mut layout = RawLayout::new(Size::new(w as u32, h as u32), 3, RawType::U16);
            (layout.offset, layout.interleave, layout.big_endian) = (4, interleave, big);
            let source = open_raw(&path, &layout).unwrap().page(0).unwrap();
            check_source(&*source);
            shown.push(source.read(Region::new(0, source.info().whole(0))).unwrap());
            // The same by its name alone.
            let named = crate::open_image(&crate::ImageRef::file(&path).raw(layout.clone())).unwrap();
            assert!(named.read(Region::new(0, named.info().whole(0))).unwrap() == shown[0]);
            layout.offset = 5;
            assert!(open_raw(&path, &layout).is_err(), "too short");
        }
        assert!(shown.iter().all(|other| *other == shown[0]));
        let Samples::U16(first) = shown[0].samples() else { panic!("words") };
        assert_eq!(first[(5 * w + 7) * 3 + 2], value(7, 5, 2));
    }

    #[test]
    fn other_types_come_as_float() {
        let bytes = [(-2.5f64).to_be_bytes(), 3.0f64.to_be_bytes()].concat();
        assert_eq!(samples(RawType::F64, true, bytes), Samples::F64(vec![-2.5, 3.0]));
        assert_eq!(samples(RawType::I16, false, vec![0xFF, 0xFF]), Samples::I16(vec![-1]));
        assert_eq!(samples(RawType::I8, false, vec![0x80]), Samples::I8(vec![-128]));
    }
}
