//! [`PlacementReader`]: reads the images of a document for alignment.

use crate::cache::Library;
use crate::geometry::{Rect, Region};
use crate::mosaic::Mosaic;
use crate::pixels::{Pixels, Sample, each_type};
use crate::source::{ImageRef, Source as _};
use crate::{Error, IoResultExt as _, Result};
use mosaicist_align::{Plane, TileReader};

/// The value of a pixel to align by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PixelValue {
    /// The luma of colors, the mean of measured channels; alpha is ignored.
    #[default]
    Gray,
    /// One channel, from 0.
    Channel(usize),
}

/// Reads the placements of a document through its library, whose cache decodes each tile few times.
pub struct PlacementReader {
    library: Library,
    tiles: Vec<ImageRef>,
    value: PixelValue,
}

impl PlacementReader {
    /// The placements of `mosaic`, in their order.
    pub fn new(library: Library, mosaic: &Mosaic, value: PixelValue) -> Self {
        Self::of(library, mosaic.placements.iter().map(|placement| placement.image.clone()).collect(), value)
    }

    /// Images that lie nowhere yet.
    pub fn of(library: Library, tiles: Vec<ImageRef>, value: PixelValue) -> Self {
        Self { library, tiles, value }
    }
}

impl TileReader for PlacementReader {
    fn read(&self, tile: usize, rect: Rect) -> Result<Plane> {
        let image = &self.tiles[tile];
        let source = self.library.open(image).at(&image.path)?;
        let has_alpha = matches!(source.info().channels, 2 | 4) && source.info().color.has_alpha();
        let pixels = source.read(Region::new(0, rect)).at(&image.path)?;
        plane_of(&pixels, has_alpha, self.value).at(&image.path)
    }
}

/// One value of each pixel.
fn plane_of(pixels: &Pixels, has_alpha: bool, value: PixelValue) -> Result<Plane> {
    let (size, channels) = (pixels.size(), pixels.channels() as usize);
    let colors = channels - usize::from(has_alpha);
    let weights: Vec<f32> = match value {
        PixelValue::Channel(channel) if channel >= channels => {
            return Err(Error::invalid(format!("there is no channel {channel}: the image has {channels}")));
        }
        PixelValue::Channel(channel) => (0..channels).map(|c| f32::from(u8::from(c == channel))).collect(),
        PixelValue::Gray if colors == 3 => vec![0.299, 0.587, 0.114],
        PixelValue::Gray => vec![1.0 / colors as f32; colors],
    };
    fn gray<S: Sample>(samples: &[S], channels: usize, weights: &[f32]) -> Vec<f32> {
        let finite = |value: f32| if value.is_finite() { value } else { 0.0 };
        if channels == 1 {
            return samples.iter().map(|sample| finite(sample.to_f32())).collect();
        }
        let mixed = |pixel: &[S]| pixel.iter().zip(weights).map(|(sample, weight)| sample.to_f32() * weight).sum();
        samples.chunks_exact(channels).map(|pixel| finite(mixed(pixel))).collect()
    }
    let data = each_type!(pixels.samples(), samples => gray(samples, channels, &weights));
    Ok(Plane { width: size.width as usize, height: size.height as usize, data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::pixels::Samples;

    #[test]
    fn gray_is_luma_without_alpha() {
        let pixels = Pixels::new(Size::new(2, 1), 4, Samples::U8(vec![10, 20, 30, 255, 0, 0, 0, 9])).unwrap();
        let gray = plane_of(&pixels, true, PixelValue::Gray).unwrap();
        assert!((gray.data[0] - 18.15).abs() < 1e-4 && gray.data[1] == 0.0, "{gray:?}");
        assert_eq!(plane_of(&pixels, true, PixelValue::Channel(2)).unwrap().data, [30.0, 0.0]);
        assert!(plane_of(&pixels, true, PixelValue::Channel(4)).is_err());
    }
}
