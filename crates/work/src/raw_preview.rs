//! [`raw_preview`]: a thumbnail of a raw file for choosing its layout.

use std::path::Path;

use crate::Result;
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Pixels, Sample as _, SampleType, each_type, to_rgba8};
use crate::source::{RawLayout, open_raw};

/// The most bytes read of one row.
const MOST_BYTES: u64 = 16 << 20;

/// Every n-th pixel of every n-th row, such that neither side is longer than `longest`, as RGBA bytes; from its darkest to its
/// lightest sample; 8-bit samples are shown unchanged. Reads only the rows shown.
pub fn raw_preview(file: &Path, layout: &RawLayout, longest: u32) -> Result<(Size, Vec<u8>)> {
    let source = open_raw(file, layout)?.page(0)?;
    let info = source.info();
    let full = info.size();
    let step = full.longest().div_ceil(longest.max(1)).max(1);
    let width = u64::from(full.width).min(MOST_BYTES / info.pixel_bytes() as u64).max(1) as u32;
    let size = Size::new(width.div_ceil(step), full.height.div_ceil(step));
    let mut small = Pixels::zeroed(size, info.channels, info.sample);
    for row in 0..size.height {
        let y = i64::from(row * step);
        let line = source.read(Region::new(0, Rect::new(0, y, width.into(), y + 1)))?;
        for column in 0..size.width {
            let x = i64::from(column * step);
            small.paste(line.part(Rect::new(x, 0, x + 1, 1)), column.into(), row.into());
        }
    }
    let window = if info.sample == SampleType::U8 { (0.0, 255.0) } else { extremes(&small) };
    Ok((size, to_rgba8(&small, info.color, window)))
}

/// The least and the greatest sample, ignoring NaN.
fn extremes(pixels: &Pixels) -> (f32, f32) {
    each_type!(pixels.samples(), samples => {
        let values = samples.iter().map(|&sample| sample.to_f32()).filter(|value| value.is_finite());
        values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::RawType;

    #[test]
    fn preview_samples_the_whole_with_full_contrast() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.raw");
        let samples: Vec<u8> = (0..300u16 * 100).flat_map(|i| (1000 + i % 300).to_le_bytes()).collect();
        std::fs::write(&path, samples).unwrap();
        let layout = RawLayout::new(Size::new(300, 100), 1, RawType::U16);
        let (size, rgba) = raw_preview(&path, &layout, 150).unwrap();
        assert_eq!((size, &rgba[..4]), (Size::new(150, 50), &[0, 0, 0, 255][..]));
        assert_eq!(rgba[149 * 4], 255, "298 of 298");
        let long = RawLayout::new(Size::new(300, 101), 1, RawType::U16);
        assert!(raw_preview(&path, &long, 150).is_err(), "the file is too short");
    }
}
