//! [`OutlinedSource`]: an image with the outlines of regions burnt in.

use crate::core_geometry::{Rect, Region};
use crate::masked::{pixel_of, rasters_of};
use crate::pixels::{Color, Pixels, Sample, each_type};
use crate::raster::Raster;
use crate::source::{Capabilities, Info, ReadingCost, Source};
use crate::{Error, Result};
use mosaicist_shape::Geometry;

/// An image with lines painted over it.
pub struct OutlinedSource<'a> {
    source: &'a dyn Source,
    info: Info,
    /// One for each level.
    rasters: Vec<Raster>,
    /// What a pixel of each line becomes: that of label 1 is the first.
    colors: Vec<Vec<f32>>,
}

impl<'a> OutlinedSource<'a> {
    /// `source` with `lines` over it: shapes in pixels of its level 0, each with its color in red, green and blue; later ones on top.
    ///
    /// Fails where the image has measured channels, which have no colors.
    pub fn new(source: &'a dyn Source, lines: &[(Geometry, [u8; 3])]) -> Result<Self> {
        let mut info = source.info().clone();
        if info.color == Color::Channels {
            let what =
                "outlines in an image of measured channels, which have no colors; apply the display settings too";
            return Err(Error::unsupported(what));
        }
        // What is painted is red, green and blue.
        (info.is_cmyk, info.stored) = (false, None);
        let shapes: Vec<(&Geometry, u32)> = (1..).zip(lines).map(|(label, (line, _))| (line, label)).collect();
        let rasters = rasters_of(&info, &shapes);
        let colors = lines.iter().map(|(_, rgb)| pixel_of(&info, *rgb)).collect();
        Ok(Self { source, info, rasters, colors })
    }
}

impl Source for OutlinedSource<'_> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        // Encoded tiles and raw samples are without the lines.
        Capabilities {
            raw_samples: None,
            cmyk: None,
            planar: None,
            encoded: None,
            sequential: None,
            deferred: self.source.capabilities().deferred,
            preview: None,
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        self.source.cost(region)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let bounds = Rect::from_size(self.info.level(region)?.size);
        let mut pixels = self.source.read(region)?;
        let inside = region.rect.intersect(bounds);
        let Some(raster) = self.rasters.get(region.level).filter(|raster| raster.touches(inside)) else {
            return Ok(pixels);
        };
        let (width, channels) = (region.rect.width() as usize, self.info.channels as usize);
        fn paint<S: Sample>(run: &mut [S], pixel: &[f32]) {
            let pixel: Vec<S> = pixel.iter().map(|&value| S::from_f32(value)).collect();
            run.chunks_exact_mut(pixel.len()).for_each(|to| to.copy_from_slice(&pixel));
        }
        each_type!(pixels.samples_mut(), samples => raster.spans(inside, |span| {
            let row = (span.y - region.rect.y0) as usize * width;
            let at = |x: i64| (row + (x - region.rect.x0) as usize) * channels;
            let color = self.colors.get(span.label as usize - 1);
            if let (Some(run), Some(color)) = (samples.get_mut(at(span.from)..at(span.to)), color) {
                paint(run, color);
            }
        }));
        Ok(pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core_geometry::Size;
    use crate::pixels::{SampleType, Samples};
    use crate::source::testing::{InMemory, Pattern, check_source};
    use crate::stroke;

    #[test]
    fn lines_are_painted_in_the_type_of_the_image_and_parts_equal_the_whole() {
        let line = Geometry::Line([(2.0, 3.5).into(), (30.0, 3.5).into()]);
        let lines = [(stroke(&line, 1.0), [255, 0, 51])];
        let painted = [
            (SampleType::U8, Samples::U8(vec![255, 0, 51])),
            (SampleType::U16, Samples::U16(vec![65535, 0, 13107])),
            (SampleType::F32, Samples::F32(vec![1.0, 0.0, 0.2])),
        ];
        for (sample, expected) in painted {
            let pattern = || Pattern::new(Size::new(37, 60), 3, sample);
            let image = pattern();
            let source = OutlinedSource::new(&image, &lines).unwrap();
            check_source(&source);
            let read = |rect| source.read(Region::new(0, rect)).unwrap();
            assert_eq!(read(Rect::new(10, 3, 11, 4)).samples(), &expected);
            let beside = Rect::new(10, 10, 20, 20);
            assert_eq!(read(beside), pattern().read(Region::new(0, beside)).unwrap());
        }
    }

    #[test]
    fn lines_over_transparent_pixels_are_opaque_and_measured_channels_have_no_colors() {
        let clear = Pixels::new(Size::new(4, 1), 4, Samples::U8(vec![0; 16])).unwrap();
        let image = InMemory::new(clear);
        let lines = [(Geometry::rectangle(1.0, 0.0, 2.0, 1.0), [9, 8, 7])];
        let source = OutlinedSource::new(&image, &lines).unwrap();
        let read = source.read(Region::new(0, Rect::new(0, 0, 4, 1))).unwrap().into_samples();
        assert_eq!(read, Samples::U8(vec![0, 0, 0, 0, 9, 8, 7, 255, 9, 8, 7, 255, 0, 0, 0, 0]));
        let channels = Pattern::new(Size::new(4, 4), 5, SampleType::U16);
        assert!(OutlinedSource::new(&channels, &lines).is_err());
    }
}
