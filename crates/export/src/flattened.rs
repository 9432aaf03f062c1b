//! [`Flattened`]: a source flattened onto a background color, for outputs without alpha.

use crate::Result;
use crate::geometry::Region;
use crate::pixels::{Color, Pixels, Sample, Samples, each_type};
use crate::source::{Capabilities, Info, ReadingCost, Source};

/// A source without its alpha.
pub(super) struct Flattened<'a> {
    source: Box<dyn Source + 'a>,
    info: Info,
}

impl<'a> Flattened<'a> {
    /// `source`, whose last channel is alpha, flattened onto `background` (8-bit RGB, scaled to the range of the sample type).
    pub(super) fn new(source: Box<dyn Source + 'a>, background: [u8; 3]) -> Self {
        let from = source.info();
        let channels = from.channels - 1;
        let [r, g, b] = background.map(|value| f32::from(value) / 255.0 * from.sample.max());
        let behind = if channels == 3 { vec![r, g, b] } else { vec![0.299 * r + 0.587 * g + 0.114 * b] };
        let info = Info { channels, color: Color::of_channels(channels), background: behind, ..from.clone() };
        Self { source, info }
    }
}

impl Source for Flattened<'_> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        // Every pixel is new, and reads of an export block.
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        self.source.cost(region)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let pixels = self.source.read(region)?;
        let (size, behind) = (pixels.size(), &*self.info.background);
        let flat = each_type!(pixels.samples(), samples => wrapped(flat(samples, behind)));
        Pixels::new(size, self.info.channels, flat)
    }
}

fn wrapped<S: Sample>(samples: Vec<S>) -> Samples {
    S::wrap(samples)
}

fn flat<S: Sample>(samples: &[S], behind: &[f32]) -> Vec<S> {
    let mut out = Vec::with_capacity(samples.len() / (behind.len() + 1) * behind.len());
    for pixel in samples.chunks_exact(behind.len() + 1) {
        let alpha = pixel[behind.len()].to_f32() / S::TYPE.max();
        let lay = |(over, under): (&S, &f32)| S::from_f32(over.to_f32() * alpha + under * (1.0 - alpha));
        out.extend(pixel.iter().zip(behind).map(lay));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::pixels::SampleType;
    use crate::source::testing::{Pattern, check_source};

    #[test]
    fn flattened_sources_conform() {
        for (channels, sample) in [(2, SampleType::U8), (4, SampleType::U16), (4, SampleType::F32)] {
            let pattern = Box::new(Pattern::new(Size::new(90, 41), channels, sample));
            check_source(&Flattened::new(pattern, [255, 128, 0]));
        }
    }

    #[test]
    fn transparent_pixels_show_the_background() {
        let behind = [255.0, 128.0, 0.0];
        let samples = [9u8, 9, 9, 0, 9, 8, 7, 255, 100, 100, 100, 51];
        assert_eq!(flat(&samples, &behind), [255, 128, 0, 9, 8, 7, 224, 122, 20]);
        assert_eq!(flat(&[0.5f32, 1.0, 7.0, 0.0], &[1.0]), [0.5, 1.0]);
    }
}
