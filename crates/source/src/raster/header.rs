//! The header before each page (CUPS raster specification; `cups_page_header2_t` of libcups).

use std::collections::BTreeMap;

use crate::geometry::Size;
use crate::{Error, Result};

/// The variant given by the first four bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    number: u8,
    pub(super) little: bool,
}

impl Version {
    pub(super) fn read(head: &[u8]) -> Option<Self> {
        let (number, little) = match head.get(..4)? {
            b"RaSt" => (1, false),
            b"tSaR" => (1, true),
            b"RaS2" => (2, false),
            b"2SaR" => (2, true),
            b"RaS3" => (3, false),
            b"3SaR" => (3, true),
            _ => return None,
        };
        Some(Self { number, little })
    }

    pub(super) fn header_bytes(self) -> u64 {
        if self.number == 1 { 420 } else { 1796 }
    }

    pub(super) fn is_packed(self) -> bool {
        self.number == 2
    }
}

/// How the colors of a pixel lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColorLayout {
    /// Pixel by pixel.
    Chunky,
    /// Color by color within each line.
    Banded,
    /// Color by color over the page.
    Planar,
}

/// The fields of a page's header in use.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) version: Version,
    pub(super) size: Size,
    pub(super) bits: u32,
    pub(super) pixel_bits: u32,
    pub(super) line_bytes: u32,
    pub(super) order: ColorLayout,
    pub(super) space: u32,
    pub(super) colors: u32,
    pub(super) properties: BTreeMap<String, String>,
}

impl Header {
    pub(super) fn read(bytes: &[u8], version: Version) -> Result<Self> {
        let int = |at: usize| {
            let four = bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
            if version.little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) }
        };
        let no = |what: String| Err(Error::unsupported(what));
        let space = int(400);
        let colors = match if version.number == 1 { 0 } else { int(420) } {
            0 => colors_of(space),
            colors => colors,
        };
        let order = match int(396) {
            0 => ColorLayout::Chunky,
            1 => ColorLayout::Banded,
            2 => ColorLayout::Planar,
            order => return no(format!("CUPS raster with color order {order}")),
        };
        let header = Self {
            version,
            size: Size::new(int(372), int(376)),
            bits: int(384),
            pixel_bits: int(388),
            line_bytes: int(392),
            order,
            space,
            colors,
            properties: properties(bytes, int),
        };
        if !matches!(header.bits, 1 | 2 | 4 | 8 | 16) || !(1..=16).contains(&header.colors) {
            return no(format!("CUPS raster of {} colors with {} bits", header.colors, header.bits));
        }
        header.check()?;
        Ok(header)
    }

    /// Whether the sizes agree with each other.
    fn check(&self) -> Result<()> {
        if self.size.is_empty() || self.size.longest() > 1 << 28 || self.line_bytes > 1 << 26 {
            return Err(Error::corrupt(format!("a CUPS raster page of {} pixels", self.size)));
        }
        let (pixel, parts) = match self.order {
            ColorLayout::Chunky => (self.pixel_bits, 1),
            ColorLayout::Banded => (self.bits, self.colors),
            ColorLayout::Planar => (self.bits, 1),
        };
        let needed = (u64::from(self.size.width) * u64::from(pixel)).div_ceil(8) * u64::from(parts);
        if self.order == ColorLayout::Chunky && self.pixel_bits < self.bits * self.colors
            || u64::from(self.line_bytes) < needed
        {
            return Err(Error::corrupt("a CUPS raster header whose line is too short for its pixels"));
        }
        Ok(())
    }

    /// Lines of the whole page; each color has its own where planar.
    pub(super) fn lines(&self) -> u64 {
        u64::from(self.size.height) * if self.order == ColorLayout::Planar { u64::from(self.colors) } else { 1 }
    }

    /// The unit of the run-length encoding: a pixel, or one color of it.
    pub(super) fn unit(&self) -> usize {
        (if self.order == ColorLayout::Chunky { self.pixel_bits } else { self.bits }).div_ceil(8) as usize
    }

    /// The filler of incomplete lines: white.
    pub(super) fn blank(&self) -> u8 {
        if matches!(self.space, 0 | 1 | 17 | 18 | 19 | 20) { 0xFF } else { 0 }
    }

    /// Whether the bytes of the file must be swapped in pairs, as libcups does it: 16-bit words, in the file's order.
    pub(super) fn has_words(&self) -> bool {
        self.bits == 16 || matches!(self.pixel_bits, 12 | 16)
    }
}

fn colors_of(space: u32) -> u32 {
    match space {
        1 | 4 | 5 | 15 | 16 | 19 | 20 => 3,
        2 | 6..=8 | 10 | 11 | 17 => 4,
        9 => 6,
        32..=46 => space - 31,
        48..=62 => space - 47,
        _ => 1,
    }
}

fn properties(bytes: &[u8], int: impl Fn(usize) -> u32) -> BTreeMap<String, String> {
    let text = |at: usize| {
        let field = bytes.get(at..at + 64).unwrap_or_default();
        String::from_utf8_lossy(field.split(|&b| b == 0).next().unwrap_or_default()).trim().to_owned()
    };
    let mut all = BTreeMap::new();
    for (at, name) in
        [(0, "MediaClass"), (64, "MediaColor"), (128, "MediaType"), (192, "OutputType"), (1732, "cupsPageSizeName")]
    {
        let text = text(at);
        if !text.is_empty() {
            all.insert(format!("cups.{name}"), text);
        }
    }
    all.insert("cups.HWResolution".into(), format!("{}×{} dpi", int(276), int(280)));
    all.insert("cups.PageSize".into(), format!("{}×{} pt", int(352), int(356)));
    for (at, name) in
        [(384, "cupsBitsPerColor"), (388, "cupsBitsPerPixel"), (396, "cupsColorOrder"), (400, "cupsColorSpace")]
    {
        all.insert(format!("cups.{name}"), int(at).to_string());
    }
    all
}
