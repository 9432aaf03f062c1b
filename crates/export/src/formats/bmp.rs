//! BMP: rows from the bottom up, blue first, each filled up to four bytes.
//!
//! Microsoft's `BITMAPINFOHEADER` for gray (with its palette) and colors; `BITMAPV4HEADER`, which names the alpha's bits,
//! where there is alpha. The file's length has 32 bits.

use std::borrow::Cow;

use super::Job;
use super::places::{Places, RowPlaces};
use super::resolved::check_colors;
use super::spec::FormatSpec;
use super::templates::PICTURE;
use crate::depth::bytes_of;
use crate::format::{Format, OutputLayout};
use crate::geometry::Size;
use crate::pixels::{PixelsView, SampleType};
use crate::source::Info;
use crate::{Error, Result};

/// One BMP.
pub(super) const BMP: FormatSpec = FormatSpec {
    format: Format::Bmp,
    name: "bmp",
    title: "BMP",
    endings: &["bmp"],
    layout: OutputLayout::Places,
    check: |options, info| {
        check_colors(options, info)?;
        match info.sample {
            SampleType::U8 => Ok(()),
            sample => {
                let what =
                    format!("BMP of {} samples; write a .tif, or apply display settings (--as-seen)", sample.name());
                Err(Error::unsupported(what))
            }
        }
    },
    check_size: |_, info| {
        if u32::try_from(bytes(info)).is_ok() {
            return Ok(());
        }
        let size = info.size();
        Err(Error::limit(format!(
            "BMP ends at 4 GiB, {size} is more; write a .tif, .dzi or .png, or only a part, or at a \
                                  lower resolution (--level)"
        )))
    },
    exact_bytes: |info| Some(bytes(info)),
    create: |job| Ok(Box::new(Places::create(job, Bmp::new(job))?)),
    ..PICTURE
};

/// Bytes of a BMP of such an image, which has 8-bit samples only.
fn bytes(info: &Info) -> u64 {
    let channels =
        if info.channels <= 2 { 1 + 3 * u64::from(info.color.has_alpha()) } else { u64::from(info.channels) };
    let size = info.size();
    (u64::from(size.width) * channels).next_multiple_of(4) * u64::from(size.height) + 1200
}

/// How one BMP is made.
pub(super) struct Bmp {
    size: Size,
    /// Of the image: 1 to 4.
    channels: u8,
    mpp: Option<(f64, f64)>,
}

impl Bmp {
    pub(super) fn new(job: Job<'_>) -> Self {
        let Info { channels, mpp, .. } = *job.info;
        Self { size: job.plan.levels[0], channels, mpp }
    }

    fn line(&self) -> u64 {
        (u64::from(self.size.width) * self.pixel_bytes() as u64).next_multiple_of(4)
    }

    /// Bytes before the pixels: two headers and gray's palette.
    const fn start(&self) -> u32 {
        match self.channels {
            1 => 14 + 40 + 1024,
            3 => 14 + 40,
            _ => 14 + 108,
        }
    }
}

impl RowPlaces for Bmp {
    fn head(&self) -> Vec<u8> {
        let has_alpha = matches!(self.channels, 2 | 4);
        let per_meter = |mpp: f64| (1e6 / mpp).round().clamp(1.0, f64::from(i32::MAX)) as u32;
        let resolution = self.mpp.map_or([2835, 2835], |(x, y)| [per_meter(x), per_meter(y)]);
        let mut out = b"BM".to_vec();
        let mut long = |values: &[u32]| values.iter().for_each(|value| out.extend(value.to_le_bytes()));
        long(&[self.length() as u32, 0, self.start()]);
        long(&[if has_alpha { 108 } else { 40 }, self.size.width, self.size.height]);
        // One plane; bits of a pixel in the upper half.
        long(&[1 | (self.pixel_bytes() as u32 * 8) << 16, if has_alpha { 3 } else { 0 }]);
        long(&[(self.length() - u64::from(self.start())) as u32]);
        long(&resolution);
        long(&[if self.channels == 1 { 256 } else { 0 }, 0]);
        if has_alpha {
            // Masks of red, green, blue and alpha; the color space sRGB; its points and gamma, unused.
            long(&[0x00FF_0000, 0x0000_FF00, 0x0000_00FF, 0xFF00_0000, u32::from_be_bytes(*b"sRGB")]);
            long(&[0; 12]);
        }
        if self.channels == 1 {
            (0..256).for_each(|gray| long(&[gray * 0x0001_0101]));
        }
        out
    }

    fn length(&self) -> u64 {
        u64::from(self.start()) + self.line() * u64::from(self.size.height)
    }

    fn pixel_bytes(&self) -> usize {
        if self.channels == 2 { 4 } else { self.channels.into() }
    }

    fn position(&self, y: u64) -> u64 {
        u64::from(self.start()) + (u64::from(self.size.height) - 1 - y) * self.line()
    }

    fn packed<'a>(&self, square: PixelsView<'a>) -> Result<Cow<'a, [u8]>> {
        let bytes = bytes_of(square);
        Ok(match self.channels {
            2 => bytes.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect(),
            3 => swapped::<3>(bytes.into_owned()).into(),
            4 => swapped::<4>(bytes.into_owned()).into(),
            _ => bytes,
        })
    }
}

/// Red and blue the other way round.
fn swapped<const N: usize>(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.chunks_exact_mut(N).for_each(|pixel| pixel.swap(0, 2));
    bytes
}
