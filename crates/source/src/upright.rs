//! [`Upright`]: a source turned as its file asks (EXIF 2.32, 4.6.4; TIFF 6.0, tag 274). The pixels themselves stay where they are.

use std::sync::Arc;

use super::{
    Capabilities, CoarsePreview, Deferred, Info, Preview, ReadCmyk, ReadRaw, ReadingCost, Sequential, SequentialScan,
    Source,
};
use crate::geometry::{Rect, Region, Size};
use crate::job::Progress;
use crate::pixels::{Pixels, RawSamples, Sample, Samples, each_type};
use crate::{Result, loss};

/// A source rotated and flipped to its EXIF orientation.
pub(super) struct Upright {
    source: Arc<dyn Source>,
    orientation: u8,
    info: Info,
}

impl Upright {
    /// `source` turned by `orientation`, 1 to 8.
    pub(super) fn of(source: Arc<dyn Source>, orientation: u8) -> Arc<dyn Source> {
        if !(2..=8).contains(&orientation) {
            return source;
        }
        let info = turned(source.info(), orientation);
        Arc::new(Self { source, orientation, info })
    }
}

impl Source for Upright {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        let inner = self.source.capabilities();
        Capabilities {
            raw_samples: inner.raw_samples.and(Some(self)),
            cmyk: inner.cmyk.and(Some(self)),
            // No format stores channels apart and rotated.
            planar: None,
            // Encoded pixels cannot be rotated.
            encoded: None,
            sequential: inner.sequential.and(Some(self)),
            deferred: inner.deferred.and(Some(self)),
            preview: inner.preview.and(Some(self)),
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        let Some(stored) = self.source.info().levels.get(region.level) else { return ReadingCost::default() };
        let rect = stored_rect(region.rect, stored.size, self.orientation);
        let cost = self.source.cost(Region::new(region.level, rect));
        ReadingCost { decoding: cost.decoding.max(2 * cost.tile), ..cost }
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let stored = self.source.info().level(region)?.size;
        let rect = stored_rect(region.rect, stored, self.orientation);
        let (read, mut losses) = loss::collect(|| self.source.read(Region::new(region.level, rect)));
        let turned = |place| upright_rect(place, self.source.info().size(), self.orientation);
        losses.parts.iter_mut().for_each(|part| part.place = part.place.map(turned));
        losses.note_again();
        Ok(upright(read?, self.orientation))
    }
}

impl ReadRaw for Upright {
    fn read_raw(&self, region: Region) -> Result<Option<RawSamples>> {
        let stored = self.source.info().level(region)?.size;
        let rect = stored_rect(region.rect, stored, self.orientation);
        let numbers = self.source.read_raw(Region::new(region.level, rect))?;
        numbers.map(|numbers| rotated_raw(&numbers, self.orientation)).transpose()
    }
}

impl ReadCmyk for Upright {
    fn read_cmyk(&self, region: Region) -> Result<Option<Pixels>> {
        let stored = self.source.info().level(region)?.size;
        let rect = stored_rect(region.rect, stored, self.orientation);
        let cmyk = self.source.read_cmyk(Region::new(region.level, rect))?;
        Ok(cmyk.map(|cmyk| upright(cmyk, self.orientation)))
    }

    fn scan_cmyk(&self) -> Result<Option<SequentialScan>> {
        Ok(self.source.scan_cmyk()?.map(|scan| SequentialScan { orientation: self.orientation, ..scan }))
    }
}

impl Deferred for Upright {
    fn is_ready(&self, region: Region) -> bool {
        let Ok(stored) = self.source.info().level(region) else { return true };
        let rect = stored_rect(region.rect, stored.size, self.orientation);
        self.source.is_ready(Region::new(region.level, rect))
    }

    fn scanning(&self) -> Option<Progress> {
        self.source.scanning()
    }
}

impl CoarsePreview for Upright {
    fn preview(&self) -> Result<Option<Preview>> {
        let turned = |preview: Preview| Preview { pixels: upright(preview.pixels, self.orientation), ..preview };
        Ok(self.source.preview()?.map(turned))
    }

    fn thumbnail(&self) -> Result<Option<Pixels>> {
        Ok(self.source.thumbnail()?.map(|pixels| upright(pixels, self.orientation)))
    }
}

impl Sequential for Upright {
    fn sequential_scan(&self) -> Result<Option<SequentialScan>> {
        Ok(self.source.sequential_scan()?.map(|scan| SequentialScan { orientation: self.orientation, ..scan }))
    }
}

/// `info` of an image turned by `orientation`, or of the stored image if it is that of the upright one.
pub(super) fn turned(info: &Info, orientation: u8) -> Info {
    let mut info = info.clone();
    for level in &mut info.levels {
        level.size = upright_size(level.size, orientation);
        level.tile = upright_size(level.tile, orientation);
    }
    if orientation >= 5 {
        info.mpp = info.mpp.map(|(x, y)| (y, x));
    }
    info
}

/// Where `rect` of the upright image lies in the stored one, which has `size`.
fn stored_rect(rect: Rect, size: Size, orientation: u8) -> Rect {
    let (w, h) = (i64::from(size.width), i64::from(size.height));
    let Rect { x0, y0, x1, y1 } = if orientation >= 5 { Rect::new(rect.y0, rect.x0, rect.y1, rect.x1) } else { rect };
    let ((x0, x1), (y0, y1)) = match orientation {
        2 | 8 => ((w - x1, w - x0), (y0, y1)),
        3 | 7 => ((w - x1, w - x0), (h - y1, h - y0)),
        4 | 6 => ((x0, x1), (h - y1, h - y0)),
        _ => ((x0, x1), (y0, y1)),
    };
    Rect::new(x0, y0, x1, y1)
}

/// Where `rect` of the stored image, which has `size`, lies in the upright one.
fn upright_rect(rect: Rect, size: Size, orientation: u8) -> Rect {
    let back = match orientation {
        6 => 8,
        8 => 6,
        same => same,
    };
    stored_rect(rect, upright_size(size, orientation), back)
}

/// The size of the upright image.
pub(super) fn upright_size(size: Size, orientation: u8) -> Size {
    if orientation >= 5 { Size::new(size.height, size.width) } else { size }
}

/// The image turned upright.
pub(super) fn upright(pixels: Pixels, orientation: u8) -> Pixels {
    if orientation <= 1 {
        return pixels;
    }
    fn turn<S: Sample>(samples: &[S], size: Size, channels: usize, orientation: u8) -> Samples {
        let (w, h) = (size.width as usize, size.height as usize);
        let to = upright_size(size, orientation);
        let mut out = Vec::with_capacity(samples.len());
        for y in 0..to.height as usize {
            for x in 0..to.width as usize {
                let (from_x, from_y) = match orientation {
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (y, h - 1 - x),
                    7 => (w - 1 - y, h - 1 - x),
                    _ => (w - 1 - y, x),
                };
                out.extend_from_slice(&samples[(from_y * w + from_x) * channels..][..channels]);
            }
        }
        S::wrap(out)
    }
    let (size, channels) = (pixels.size(), pixels.channels());
    let samples = each_type!(pixels.samples(), s => turn(s, size, channels as usize, orientation));
    Pixels::new(upright_size(size, orientation), channels, samples).unwrap_or_else(|_| unreachable!("same pixels"))
}

/// Stored numbers turned upright.
fn rotated_raw(numbers: &RawSamples, orientation: u8) -> Result<RawSamples> {
    let (size, width) = (numbers.size(), numbers.pixel_bytes());
    let to = upright_size(size, orientation);
    let mut bytes = Vec::with_capacity(numbers.bytes().len());
    for place in (0..i64::from(to.height)).flat_map(|y| (0..i64::from(to.width)).map(move |x| (x, y))) {
        let from = stored_rect(Rect::at(place.0, place.1, Size::new(1, 1)), size, orientation);
        let at = (from.y0 as usize * size.width as usize + from.x0 as usize) * width;
        bytes.extend_from_slice(&numbers.bytes()[at..at + width]);
    }
    RawSamples::new(to, numbers.channels(), numbers.kind(), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::SampleType;
    use crate::testing::{Pattern, check_source};

    #[test]
    fn a_turned_part_is_that_part_of_the_turned_whole() {
        let pattern = Arc::new(Pattern::new(Size::new(37, 21), 3, SampleType::U8));
        for orientation in 1..=8 {
            let turned = Upright::of(Arc::clone(&pattern) as Arc<dyn Source>, orientation);
            check_source(&*turned);
            let whole = pattern.read(Region::new(0, pattern.info().whole(0))).unwrap();
            assert_eq!(turned.read(Region::new(0, turned.info().whole(0))).unwrap(), upright(whole, orientation));
        }
    }

    #[test]
    fn every_orientation_comes_upright() {
        // The letter F, upright, as stored under each orientation (EXIF 2.32, 4.6.4).
        let upright_f = ["###", "#..", "##.", "#.."];
        let stored: [(u8, &[&str]); 8] = [
            (1, &["###", "#..", "##.", "#.."]),
            (2, &["###", "..#", ".##", "..#"]),
            (3, &["..#", ".##", "..#", "###"]),
            (4, &["#..", "##.", "#..", "###"]),
            (5, &["####", "#.#.", "#..."]),
            (6, &["#...", "#.#.", "####"]),
            (7, &["...#", ".#.#", "####"]),
            (8, &["####", ".#.#", "...#"]),
        ];
        let picture = |rows: &[&str]| {
            let samples = rows.iter().flat_map(|row| row.bytes()).collect();
            Pixels::new(Size::new(rows[0].len() as u32, rows.len() as u32), 1, Samples::U8(samples)).unwrap()
        };
        for (orientation, rows) in stored {
            assert_eq!(upright(picture(rows), orientation), picture(&upright_f), "orientation {orientation}");
        }
    }
}
