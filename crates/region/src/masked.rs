//! Sources that know regions: an image with what lies outside them cleared, and an image of labels.

use crate::Result;
use crate::core_geometry::{Rect, Region, Size};
use crate::pixels::{Color, Pixels, RawSamples, Sample, SampleType, Samples, conform, each_type};
use crate::raster::{Mask, Raster};
use crate::source::{Capabilities, Info, ReadRaw, ReadingCost, Source};
use mosaicist_shape::Geometry;

/// The pixels of a large block of an export.
const MOST_BLOCK: u64 = 1 << 22;

/// What there is outside the regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outside {
    /// Nothing: alpha is 0. Images of measured channels have no alpha; their samples become 0.
    #[default]
    Transparent,
    /// Red, green, blue, as bytes; the mean of them where the image is gray.
    Color([u8; 3]),
}

/// An image of which only what lies inside some regions is left.
pub struct MaskedSource<'a> {
    source: &'a dyn Source,
    info: Info,
    /// One for each level.
    rasters: Vec<Raster>,
    /// What each pixel outside becomes.
    outside: Vec<f32>,
}

impl<'a> MaskedSource<'a> {
    /// `source` inside `geometries`, which are in pixels of its level 0.
    pub fn new(source: &'a dyn Source, geometries: &[&Geometry], outside: Outside) -> Self {
        let mut info = source.info().clone();
        let shapes: Vec<(&Geometry, u32)> = geometries.iter().map(|&geometry| (geometry, 1)).collect();
        let rasters = rasters_of(&info, &shapes);
        if outside == Outside::Transparent {
            let (color, channels) = match info.color {
                Color::Gray => (Color::GrayAlpha, 2),
                Color::Rgb => (Color::Rgba, 4),
                same => (same, info.channels),
            };
            if channels != info.channels {
                info.background.push(0.0);
                info.stored = None;
            }
            (info.color, info.channels) = (color, channels);
            // CMYK has no alpha.
            info.is_cmyk = false;
        }
        let outside = match outside {
            Outside::Transparent => vec![0.0; info.channels as usize],
            Outside::Color(rgb) => pixel_of(&info, rgb),
        };
        Self { source, info, rasters, outside }
    }

    fn mask(&self, region: Region) -> Mask<u8> {
        let raster = self.rasters.get(region.level);
        raster.map_or_else(|| Mask { rect: region.rect, labels: Vec::new() }, |raster| raster.mask(region.rect))
    }
}

/// Labeled shapes, in pixels of level 0, for each level of an image.
pub(crate) fn rasters_of(info: &Info, shapes: &[(&Geometry, u32)]) -> Vec<Raster> {
    let size = info.size();
    let raster = |level: &crate::source::Level| {
        let scale = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
        let scale = (scale(level.size.width, size.width), scale(level.size.height, size.height));
        Raster::scaled(shapes.iter().copied(), scale)
    };
    info.levels.iter().map(raster).collect()
}

/// The samples of an opaque pixel of that color: red, green, blue, as bytes. The mean of them where the image is gray; zeros in
/// measured channels.
pub(crate) fn pixel_of(info: &Info, rgb: [u8; 3]) -> Vec<f32> {
    let mut pixel = vec![0.0; info.channels as usize];
    let full = info.sample.max();
    let [r, g, b] = rgb.map(|value| f32::from(value) / 255.0 * full);
    match (info.color, &mut pixel[..]) {
        (Color::Rgb | Color::Rgba, [red, green, blue, rest @ ..]) => {
            (*red, *green, *blue) = (r, g, b);
            rest.fill(full);
        }
        (Color::Gray | Color::GrayAlpha, [gray, rest @ ..]) => {
            *gray = (r + g + b) / 3.0;
            rest.fill(full);
        }
        _ => {}
    }
    pixel
}

impl Source for MaskedSource<'_> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        // Encoded tiles show what is masked.
        Capabilities {
            raw_samples: Some(self),
            cmyk: None,
            planar: None,
            encoded: None,
            sequential: None,
            deferred: self.source.capabilities().deferred,
            preview: None,
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        let cost = self.source.cost(region);
        // The pixels before they are made alike, and the mask.
        let block = region.rect.area().min(MOST_BLOCK) * (self.source.info().pixel_bytes() as u64 + 4);
        ReadingCost { working: cost.working + block, ..cost }
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        let from = self.source.info();
        if self.rasters.get(region.level).is_some_and(|raster| !raster.touches(region.rect)) {
            return Ok(Pixels::filled(region.rect.size(), self.info.sample, &self.outside));
        }
        let pixels = self.source.read(region)?;
        let mut pixels = conform(pixels, from.color, self.info.color, self.info.channels, self.info.sample);
        let mask = self.mask(region);
        fn clear<S: Sample>(samples: &mut [S], mask: &[u8], outside: &[f32]) {
            let outside: Vec<S> = outside.iter().map(|&value| S::from_f32(value)).collect();
            for (pixel, _) in samples.chunks_exact_mut(outside.len()).zip(mask).filter(|(_, inside)| **inside == 0) {
                pixel.copy_from_slice(&outside);
            }
        }
        each_type!(pixels.samples_mut(), samples => clear(samples, &mask.labels, &self.outside));
        Ok(pixels)
    }
}

impl ReadRaw for MaskedSource<'_> {
    /// The numbers as they are, zeros outside; nothing where there is alpha now that the file doesn't have.
    fn read_raw(&self, region: Region) -> Result<Option<RawSamples>> {
        if self.info.channels != self.source.info().channels {
            return Ok(None);
        }
        let Some(mut numbers) = self.source.capabilities().raw_samples.map_or(Ok(None), |raw| raw.read_raw(region))?
        else {
            return Ok(None);
        };
        let pixel = numbers.kind().bytes() * numbers.channels() as usize;
        let mask = self.mask(region);
        for (pixel, _) in numbers.bytes_mut().chunks_exact_mut(pixel).zip(&mask.labels).filter(|(_, l)| **l == 0) {
            pixel.fill(0);
        }
        Ok(Some(numbers))
    }
}

/// An image of labels: 0 is no region. Bytes where they suffice, else 16 bits, else 32 bits without a sign.
pub struct LabelSource {
    info: Info,
    raster: Raster,
}

impl LabelSource {
    /// `size` pixels of `raster`, whose labels go up to `last`. Its pixels are `mpp` µm across and down, if that is known.
    pub fn new(raster: Raster, size: Size, last: u32, mpp: Option<(f64, f64)>) -> Self {
        let sample = match last {
            0..=0xFF => SampleType::U8,
            0x100..=0xFFFF => SampleType::U16,
            _ => SampleType::U32,
        };
        Self { info: Info { mpp, ..Info::plain("labels", size, Size::new(512, 512), 1, sample) }, raster }
    }
}

impl Source for LabelSource {
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
        let bounds = Rect::from_size(self.info.level(region)?.size);
        let inside = region.rect.intersect(bounds);
        let samples = match self.info.sample {
            SampleType::U8 => Samples::U8(self.raster.mask(inside).labels),
            SampleType::U16 => Samples::U16(self.raster.mask(inside).labels),
            _ => Samples::U32(self.raster.mask(inside).labels),
        };
        let pixels = Pixels::new(inside.size(), 1, samples)?;
        if inside == region.rect {
            return Ok(pixels);
        }
        let mut out = self.info.blank(region.rect.size());
        out.paste(pixels.view(), inside.x0 - region.rect.x0, inside.y0 - region.rect.y0);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{InMemory, Pattern, check_source};

    #[test]
    fn masked_and_label_sources_conform() {
        let shape = Geometry::Ellipse { center: (20.0, 30.0).into(), rx: 15.0, ry: 9.0, angle: 0.3 };
        let size = Size::new(37, 60);
        for label in [200, 300, 70_000] {
            check_source(&LabelSource::new(Raster::new([(&shape, label)]), size, label, None));
        }
        for sample in [SampleType::U8, SampleType::U16, SampleType::F32] {
            let pattern = Pattern::new(size, 3, sample);
            let source = MaskedSource::new(&pattern, &[&shape], Outside::Color([0, 0, 0]));
            let inside = source.read(Region::new(0, Rect::new(19, 29, 20, 30))).unwrap();
            assert_eq!(inside, pattern.read(Region::new(0, Rect::new(19, 29, 20, 30))).unwrap());
        }
    }

    #[test]
    fn outside_is_transparent_and_16_bits_stay() {
        let pixels = Pixels::new(Size::new(2, 1), 1, Samples::U16(vec![500, 600])).unwrap();
        let shape = Geometry::rectangle(0.0, 0.0, 1.0, 1.0);
        let read = |outside| {
            let memory = InMemory::new(pixels.clone());
            let source = MaskedSource::new(&memory, &[&shape], outside);
            source.read(Region::new(0, Rect::new(0, 0, 2, 1))).unwrap().into_samples()
        };
        assert_eq!(read(Outside::Transparent), Samples::U16(vec![500, 65535, 0, 0]));
        assert_eq!(read(Outside::Color([255; 3])), Samples::U16(vec![500, 65535]));
    }
}
