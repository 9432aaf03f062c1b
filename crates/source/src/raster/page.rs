//! One page as a source: samples widened to 8 or 16 bits, CMY and CMYK converted to RGB.

use std::sync::Arc;

use super::header::{ColorLayout, Header};
use super::lines::LineIndex;
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Color, Pixels, SampleType, Samples};
use crate::{Capabilities, Info, PositionedFile, ReadingCost, Source};
use crate::{IoResultExt as _, Result};

/// Lines that count as one piece hold about so many bytes.
const PIECE: u64 = 1 << 20;

/// How the stored colors are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cmyk {
    /// As they are.
    None,
    /// One colorant on white paper.
    Black,
    /// The channels of cyan, magenta and yellow.
    Three([usize; 3]),
    /// Four, with black.
    Four([usize; 4]),
}

/// A page.
pub(super) struct Page {
    file: Arc<PositionedFile>,
    header: Header,
    index: LineIndex,
    cmyk: Cmyk,
    info: Info,
}

impl Page {
    /// The page whose pixels start at `start`; also where they end.
    pub(super) fn open(file: Arc<PositionedFile>, header: Header, start: u64) -> Result<(Self, u64)> {
        let (index, end) = LineIndex::of(&file, &header, start)?;
        let (cmyk, color) = match (header.space, header.colors) {
            (0 | 18, 1) => (Cmyk::None, Color::Gray),
            (3, 1) => (Cmyk::Black, Color::Gray),
            (1 | 19 | 20, 3) => (Cmyk::None, Color::Rgb),
            (2, 4) => (Cmyk::None, Color::Rgba),
            (4, 3) => (Cmyk::Three([0, 1, 2]), Color::Rgb),
            (5, 3) => (Cmyk::Three([2, 1, 0]), Color::Rgb),
            (6, 4) => (Cmyk::Four([0, 1, 2, 3]), Color::Rgb),
            (7, 4) => (Cmyk::Four([2, 1, 0, 3]), Color::Rgb),
            (8, 4) => (Cmyk::Four([1, 2, 3, 0]), Color::Rgb),
            _ => (Cmyk::None, Color::Channels),
        };
        let channels = if let Cmyk::Four(_) = cmyk { 3 } else { header.colors as u8 };
        let sample = if header.bits == 16 { SampleType::U16 } else { SampleType::U8 };
        let rows = (PIECE / u64::from(header.line_bytes)).clamp(16, 1024).min(header.size.height.into());
        let tile = Size::new(header.size.width, rows as u32);
        let mut info = Info::plain("CUPS raster", header.size, tile, channels, sample);
        (info.color, info.properties) = (color, header.properties.clone());
        if matches!(color, Color::Gray | Color::Rgb) {
            info.background = vec![sample.max(); channels as usize];
        }
        Ok((Self { file, header, index, cmyk, info }, end))
    }

    /// The samples of `rect`, all colors of a pixel together, in the file's range.
    fn stored(&self, rect: Rect) -> Result<Vec<u16>> {
        let (header, colors) = (&self.header, self.header.colors as usize);
        let width = rect.width() as usize;
        let mut samples = vec![0; width * rect.height() as usize * colors];
        let mut take = |line: u64, bytes: &[u8], first: usize, count: usize, plane: usize, top: u64| {
            let row = ((line - top) as usize - rect.y0 as usize) * width * colors;
            for x in 0..width {
                let to = &mut samples[row + x * colors + plane..][..count];
                for (c, to) in to.iter_mut().enumerate() {
                    *to = self.sample(bytes, rect.x0 as usize + x, first + c);
                }
            }
        };
        let (y0, y1, height) = (rect.y0 as u64, rect.y1 as u64, u64::from(header.size.height));
        match header.order {
            ColorLayout::Chunky | ColorLayout::Banded => {
                self.index.read(&self.file, header, (y0, y1), |line, bytes| take(line, bytes, 0, colors, 0, 0))?;
            }
            ColorLayout::Planar => {
                for plane in 0..colors {
                    let top = plane as u64 * height;
                    let lines = (top + y0, top + y1);
                    self.index.read(&self.file, header, lines, |line, bytes| take(line, bytes, 0, 1, plane, top))?;
                }
            }
        }
        Ok(samples)
    }

    /// Color `c` of pixel `x` in a line. The bits of a pixel are padded at their upper end.
    fn sample(&self, line: &[u8], x: usize, c: usize) -> u16 {
        let header = &self.header;
        let (bits, colors) = (header.bits as usize, header.colors as usize);
        let bit = match header.order {
            ColorLayout::Chunky => {
                let pixel = header.pixel_bits as usize;
                x * pixel + pixel - (colors - c) * bits
            }
            ColorLayout::Banded => c * (line.len() / colors) * 8 + x * bits,
            ColorLayout::Planar => x * bits,
        };
        // In a file of the other byte order, 16-bit words are byte-swapped.
        let swapped = header.has_words() && !header.version.little;
        let at = bit / 8;
        match bits {
            16 => {
                let pair = [line[at], line[at + 1]];
                if header.version.little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
            }
            8 => line[at].into(),
            _ => {
                let at = if swapped { (at ^ 1).min(line.len() - 1) } else { at };
                u16::from(line[at] >> (8 - bits - bit % 8)) & ((1 << bits) - 1)
            }
        }
    }

    /// Samples scaled to the full range, CMY and CMYK as RGB.
    fn shown(&self, stored: &[u16]) -> Vec<u16> {
        let bits = self.header.bits;
        let (full, of) = if bits == 16 { (65_535u32, 65_535u32) } else { (255, (1 << bits) - 1) };
        let wide = |value: u16| u32::from(value) * full / of;
        let left = |value: u16| full - wide(value).min(full);
        match self.cmyk {
            Cmyk::None => stored.iter().map(|&value| wide(value) as u16).collect(),
            Cmyk::Black => stored.iter().map(|&value| left(value) as u16).collect(),
            Cmyk::Three(order) => {
                stored.chunks_exact(3).flat_map(|pixel| order.map(|c| left(pixel[c]) as u16)).collect()
            }
            Cmyk::Four([c, m, y, k]) => {
                let light = |pixel: &[u16], channel: usize| {
                    let product = u64::from(left(pixel[channel])) * u64::from(left(pixel[k]));
                    ((product + u64::from(full / 2)) / u64::from(full)) as u16
                };
                stored.chunks_exact(4).flat_map(|pixel| [c, m, y].map(|channel| light(pixel, channel))).collect()
            }
        }
    }
}

impl Source for Page {
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
        let size = self.info.level(region)?.size;
        let inside = region.rect.intersect(Rect::from_size(size));
        let mut out = self.info.blank(region.rect.size());
        if inside.is_empty() {
            return Ok(out);
        }
        let shown = self.shown(&self.stored(inside).at(self.file.path())?);
        let samples = match self.info.sample {
            SampleType::U16 => Samples::U16(shown),
            _ => Samples::U8(shown.into_iter().map(|value| value as u8).collect()),
        };
        let pixels = Pixels::new(inside.size(), self.info.channels, samples)?;
        out.paste(pixels.view(), inside.x0 - region.rect.x0, inside.y0 - region.rect.y0);
        Ok(out)
    }
}
