//! [`Light`]: a document's flat field and dark image, ready to be applied; [`Correction`]: all that changes an image's samples.

use super::place::Place;
use crate::cache::Library;
use crate::geometry::{Point, Region, Size};
use crate::mosaic::{Flat, FlatField, ImageRef, Surface};
use crate::pixels::{Pixels, Sample, each_type};
use crate::source::Source as _;
use crate::{Error, IoResultExt as _, Result};

/// The most samples of a flat field that is an image.
const MOST_SAMPLES: u64 = 1 << 28;
/// Where less light than this part of the most came in, no more is made of it.
const LEAST_LIGHT: f32 = 1e-3;
/// A flat field's brightest part is looked for in means of so many parts across and down, so that noise is none.
const PARTS: usize = 24;

/// What evens out the light of images, in parts of their sizes.
pub struct Light {
    /// What samples are divided by: 1 where most light came in.
    flat: Option<Nodes>,
    /// What is taken off before.
    dark: Option<Nodes>,
}

/// Values on a grid stretched over an image, linear between.
struct Nodes {
    columns: usize,
    rows: usize,
    channels: usize,
    /// Channel by channel.
    values: Vec<f32>,
    /// Whether the outer nodes lie on the image's edges, not half a step inside.
    is_spanning: bool,
}

impl Light {
    /// Reads the images that `field` names. Fails where one cannot be read, or is larger than any camera's, or black.
    pub fn load(field: &FlatField, library: &Library) -> Result<Self> {
        let dark = field.dark.as_ref().map(|image| Nodes::of_image(image, library)).transpose()?;
        let flat = match &field.flat {
            Flat::None => None,
            Flat::Surface(surface) => Some(Nodes::of_surface(surface)),
            Flat::Image(image) => {
                let mut flat = Nodes::of_image(image, library)?;
                dark.iter().for_each(|dark| flat.take_off(dark));
                Some(flat)
            }
        };
        let name = || match &field.flat {
            Flat::Image(image) => image.name(),
            Flat::None | Flat::Surface(_) => "the flat field".into(),
        };
        let flat = flat.map(|flat| flat.scaled().ok_or_else(|| Error::invalid(format!("{} is black", name()))));
        Ok(Self { flat: flat.transpose()?, dark })
    }

    /// A sample of an image, in its own units, as it would be in even light; (x, y) are parts of the image's width and height.
    pub fn even(&self, value: f32, channel: usize, (x, y): (f64, f64)) -> f32 {
        let dark = self.dark.as_ref().map_or(0.0, |dark| dark.at(channel, x, y));
        (value - dark) / self.flat.as_ref().map_or(1.0, |flat| flat.at(channel, x, y))
    }
}

impl Nodes {
    fn of_surface(surface: &Surface) -> Self {
        let (columns, rows) = (surface.columns as usize, surface.rows as usize);
        let (channels, values) = (usize::from(surface.channels), surface.values.clone());
        Self { columns, rows, channels, values, is_spanning: true }
    }

    fn of_image(image: &ImageRef, library: &Library) -> Result<Self> {
        let source = library.open(image).at(&image.path)?;
        let info = source.info();
        let size = info.size();
        if size.area() * u64::from(info.channels) > MOST_SAMPLES || size.is_empty() {
            return Err(Error::limit(format!("{size} pixels are no flat field or dark image")).at(&image.path));
        }
        let pixels = source.read(Region::new(0, info.whole(0))).at(&image.path)?;
        Ok(Self::of_pixels(&pixels, usize::from(info.channels) - usize::from(info.color.has_alpha())))
    }

    fn of_pixels(pixels: &Pixels, channels: usize) -> Self {
        let (Size { width, height }, all) = (pixels.size(), usize::from(pixels.channels()));
        let mut values = Vec::with_capacity(width as usize * height as usize * channels);
        each_type!(pixels.samples(), samples => for channel in 0..channels {
            values.extend(samples.iter().skip(channel).step_by(all).map(|sample| sample.to_f32()));
        });
        Self { columns: width as usize, rows: height as usize, channels, values, is_spanning: false }
    }

    /// Take `dark` off at each node.
    fn take_off(&mut self, dark: &Self) {
        let (columns, rows) = (self.columns, self.rows);
        for (index, value) in self.values.iter_mut().enumerate() {
            let (channel, at) = (index / (columns * rows), index % (columns * rows));
            let part = |at: usize, count: usize| (at as f64 + 0.5) / count as f64;
            *value -= dark.at(channel, part(at % columns, columns), part(at / columns, rows));
        }
    }

    /// Each channel in parts of its brightest part. `None` if one has none.
    fn scaled(mut self) -> Option<Self> {
        let (columns, rows) = (self.columns, self.rows);
        for plane in self.values.chunks_exact_mut(columns * rows) {
            let most = brightest(plane, columns, rows);
            if most.is_nan() || most <= 0.0 {
                return None;
            }
            plane.iter_mut().for_each(|value| *value = (*value / most).max(LEAST_LIGHT));
        }
        Some(self)
    }

    /// At a part of the image's width and height.
    fn at(&self, channel: usize, x: f64, y: f64) -> f32 {
        let place = |part: f64, count: usize| {
            let last = (count - 1) as f64;
            let at = if self.is_spanning { part * last } else { part * count as f64 - 0.5 };
            let at = at.clamp(0.0, last);
            let first = (at as usize).min(count.saturating_sub(2));
            (first, (first + 1).min(count - 1), (at - first as f64) as f32)
        };
        let ((left, right, across), (above, below, down)) = (place(x, self.columns), place(y, self.rows));
        let plane = &self.values[channel.min(self.channels - 1) * self.columns * self.rows..];
        let row = |y: usize| {
            let (a, b) = (plane[y * self.columns + left], plane[y * self.columns + right]);
            a + (b - a) * across
        };
        let (a, b) = (row(above), row(below));
        a + (b - a) * down
    }
}

/// The largest mean of parts.
fn brightest(plane: &[f32], columns: usize, rows: usize) -> f32 {
    let (across, down) = (columns.min(PARTS), rows.min(PARTS));
    let mut most = f32::NAN;
    for part in 0..across * down {
        let (x, y) = (part % across, part / across);
        let (x0, x1) = (x * columns / across, (x + 1) * columns / across);
        let (y0, y1) = (y * rows / down, (y + 1) * rows / down);
        let sum: f64 = (y0..y1).map(|y| f64::from(plane[y * columns + x0..y * columns + x1].iter().sum::<f32>())).sum();
        most = most.max((sum / ((x1 - x0) * (y1 - y0)) as f64) as f32);
    }
    most
}

/// All that changes an image's samples before they are painted: each color becomes gain · (sample - dark) / flat + offset.
pub(super) struct Correction<'a> {
    pub(super) light: Option<(&'a Light, Place, Size)>,
    pub(super) gain: f32,
    pub(super) offset: f32,
}

impl Correction<'_> {
    /// Whether every sample stays as it is.
    pub(super) fn is_none(&self) -> bool {
        self.light.is_none() && self.gain == 1.0 && self.offset == 0.0
    }

    /// Correct a row of interleaved samples, in the image's own units, whose first `colors` of `channels` are colors. It begins
    /// at (x, y) of the level.
    pub(super) fn row(&self, (x, y): (i64, i64), channels: usize, colors: usize, row: &mut [f32]) {
        if let Some((light, place, size)) = &self.light {
            for (column, pixel) in (x..).zip(row.chunks_exact_mut(channels)) {
                let Point { x: across, y: down } = place.middle(column, y);
                let (across, down) = (across / f64::from(size.width), down / f64::from(size.height));
                for (channel, value) in pixel[..colors].iter_mut().enumerate() {
                    *value = light.even(*value, channel, (across, down));
                }
            }
        }
        if (self.gain, self.offset) != (1.0, 0.0) {
            for pixel in row.chunks_exact_mut(channels) {
                pixel[..colors].iter_mut().for_each(|value| *value = *value * self.gain + self.offset);
            }
        }
    }

    /// Correct `pixels`, whose first lies at (x, y) of the level, and round them once; alpha, the last channel if `alpha`,
    /// stays.
    pub(super) fn apply(&self, pixels: &mut Pixels, alpha: bool, (x, y): (i64, i64)) {
        let (channels, width) = (usize::from(pixels.channels()), pixels.size().width as usize);
        let colors = channels - usize::from(alpha);
        let mut values = vec![0.0f32; width * channels];
        each_type!(pixels.samples_mut(), samples => for (line, row) in (y..).zip(samples.chunks_exact_mut((width * channels).max(1))) {
            values.iter_mut().zip(&*row).for_each(|(value, sample)| *value = sample.to_f32());
            self.row((x, line), channels, colors, &mut values);
            for (pixel, values) in row.chunks_exact_mut(channels).zip(values.chunks_exact(channels)) {
                pixel[..colors].iter_mut().zip(values).for_each(|(sample, value)| *sample = Sample::from_f32(*value));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Samples;

    #[test]
    fn gain_keeps_alpha_and_saturates() {
        let mut pixels = Pixels::new(Size::new(2, 1), 2, Samples::U8(vec![10, 20, 200, 30])).unwrap();
        Correction { light: None, gain: 2.0, offset: -5.0 }.apply(&mut pixels, true, (0, 0));
        assert_eq!(pixels.samples(), &Samples::U8(vec![15, 20, 255, 30]));
    }

    #[test]
    fn a_flat_field_is_scaled_to_its_brightest_part_and_linear_between_nodes() {
        let surface = Surface { columns: 3, rows: 2, channels: 1, values: vec![10.0, 20.0, 10.0, 10.0, 20.0, 10.0] };
        let flat = Nodes::of_surface(&surface).scaled().unwrap();
        let at = |x: f64| flat.at(2, x, 0.7);
        assert_eq!([at(0.0), at(0.25), at(0.5), at(1.0)], [0.5, 0.75, 1.0, 0.5]);
        let image = Pixels::new(Size::new(4, 1), 1, Samples::U8(vec![50, 100, 100, 0])).unwrap();
        let flat = Nodes::of_pixels(&image, 1).scaled().unwrap();
        let at = |x: f64| flat.at(0, x, 0.5);
        assert_eq!([at(0.125), at(0.375), at(0.0), at(0.25)], [0.5, 1.0, 0.5, 0.75], "pixels have their middles there");
        assert!((at(1.0) - LEAST_LIGHT).abs() < 1e-6, "bounded");
        let black = Pixels::new(Size::new(4, 1), 1, Samples::U8(vec![0; 4])).unwrap();
        assert!(Nodes::of_pixels(&black, 1).scaled().is_none());
    }

    #[test]
    fn dark_is_taken_off_the_flat_image_too() {
        let image = |samples: [u8; 2]| Pixels::new(Size::new(2, 1), 1, Samples::U8(samples.to_vec())).unwrap();
        let mut flat = Nodes::of_pixels(&image([110, 60]), 1);
        flat.take_off(&Nodes::of_pixels(&image([10, 10]), 1));
        assert_eq!(flat.scaled().unwrap().values, [1.0, 0.5]);
    }
}
