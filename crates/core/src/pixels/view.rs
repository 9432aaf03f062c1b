//! [`Pixels`] and a rectangle of them, [`PixelsView`].

use super::{Sample, SampleType, Samples, buffer_pool, by_type, each_type};
use crate::geometry::{Rect, Size};
use crate::{Error, Result};

/// A rectangle of pixels: `size.height` rows of `size.width` pixels of `channels` interleaved samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Pixels {
    size: Size,
    channels: u8,
    samples: Samples,
}

impl Pixels {
    /// Wrap `samples`, which must be exactly width × height × channels.
    pub fn new(size: Size, channels: u8, samples: Samples) -> Result<Self> {
        let expected = size.area() * channels as u64;
        if samples.len() as u64 != expected || channels == 0 {
            let what = format!("{} samples for {size} pixels of {channels} channels", samples.len());
            return Err(Error::corrupt(what));
        }
        Ok(Self { size, channels, samples })
    }

    /// Zeros: black, or fully transparent.
    pub fn zeroed(size: Size, channels: u8, sample: SampleType) -> Self {
        let len = size.area() as usize * channels as usize;
        Self { size, channels, samples: Samples::zeroed(sample, len) }
    }

    /// Any values, all of which are to be written over.
    pub fn unwritten(size: Size, channels: u8, sample: SampleType) -> Self {
        let len = size.area() as usize * channels as usize;
        let samples = by_type!(sample, S => S::wrap(buffer_pool::buffer::<S>(len)));
        Self { size, channels, samples }
    }

    /// Every pixel the same: `pixel` holds one value for each channel, in units of the sample type.
    pub fn filled(size: Size, sample: SampleType, pixel: &[f32]) -> Self {
        if pixel.iter().all(|&value| value == 0.0) {
            return Self::zeroed(size, pixel.len() as u8, sample);
        }
        fn fill<S: Sample>(count: usize, pixel: &[f32]) -> Samples {
            let pixel: Vec<S> = pixel.iter().map(|&value| S::from_f32(value)).collect();
            let mut samples = buffer_pool::buffer(count * pixel.len());
            let (mut done, all) = (pixel.len().min(samples.len()), samples.len());
            samples[..done].copy_from_slice(&pixel[..done]);
            while done < all {
                let more = done.min(all - done);
                samples.copy_within(..more, done);
                done += more;
            }
            S::wrap(samples)
        }
        let count = size.area() as usize;
        let samples = by_type!(sample, S => fill::<S>(count, pixel));
        Self { size, channels: pixel.len() as u8, samples }
    }

    /// Width and height.
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Samples per pixel.
    pub const fn channels(&self) -> u8 {
        self.channels
    }

    /// The type of the samples.
    pub const fn sample_type(&self) -> SampleType {
        self.samples.sample_type()
    }

    /// All samples, row by row.
    pub const fn samples(&self) -> &Samples {
        &self.samples
    }

    /// All samples, to be changed in place. Their number must stay.
    pub const fn samples_mut(&mut self) -> &mut Samples {
        &mut self.samples
    }

    /// Take the samples out.
    pub fn into_samples(mut self) -> Samples {
        std::mem::replace(&mut self.samples, Samples::U8(Vec::new()))
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.samples.len() * self.sample_type().bytes()
    }

    /// All of it.
    pub const fn view(&self) -> PixelsView<'_> {
        PixelsView { pixels: self, rect: Rect::from_size(self.size) }
    }

    /// A rectangle of it, cut at its edges.
    pub fn part(&self, rect: Rect) -> PixelsView<'_> {
        PixelsView { pixels: self, rect: rect.intersect(Rect::from_size(self.size)) }
    }

    /// A copy of a rectangle of it, cut at its edges.
    #[must_use]
    pub fn crop(&self, rect: Rect) -> Self {
        self.part(rect).to_pixels()
    }

    /// Lay `source` on top, its first pixel at (x, y); what falls outside is dropped.
    ///
    /// Both must have the same channels and sample type (see [`conform`](super::conform)): anything else is a bug.
    pub fn paste(&mut self, source: PixelsView<'_>, x: i64, y: i64) {
        debug_assert_eq!(source.channels(), self.channels, "conform first");
        let rect = Rect::at(x, y, source.size()).intersect(Rect::from_size(self.size));
        if rect.is_empty() {
            return;
        }
        let (width, channels) = (self.size.width as usize, self.channels as usize);
        let count = rect.width() as usize * channels;
        fn copy<S: Sample>(
            to: &mut [S],
            source: PixelsView<'_>,
            from: (usize, usize),
            to_at: (usize, usize, usize),
            rows: usize,
            count: usize,
        ) {
            let (start, stride, channels) = to_at;
            for row in 0..rows {
                let Some(line) = source.row::<S>(from.1 + row) else { return debug_assert!(false, "conform first") };
                let line = &line[from.0 * channels..][..count];
                to[start + row * stride..][..count].copy_from_slice(line);
            }
        }
        let from = ((rect.x0 - x) as usize, (rect.y0 - y) as usize);
        let start = (rect.y0 as usize * width + rect.x0 as usize) * channels;
        let to_at = (start, width * channels, channels);
        each_type!(&mut self.samples, to => copy(to, source, from, to_at, rect.height() as usize, count));
    }
}

impl Drop for Pixels {
    fn drop(&mut self) {
        buffer_pool::give(std::mem::replace(&mut self.samples, Samples::U8(Vec::new())));
    }
}

/// A rectangle of some [`Pixels`], without a copy: blocks are cut into tiles like this.
#[derive(Debug, Clone, Copy)]
pub struct PixelsView<'a> {
    pixels: &'a Pixels,
    rect: Rect,
}

impl<'a> PixelsView<'a> {
    /// Width and height.
    pub fn size(&self) -> Size {
        self.rect.size()
    }

    /// Samples per pixel.
    pub const fn channels(&self) -> u8 {
        self.pixels.channels
    }

    /// The type of the samples.
    pub const fn sample_type(&self) -> SampleType {
        self.pixels.sample_type()
    }

    /// The samples of row `y` (0 is the first of the view), if they are of type `S`.
    pub fn row<S: Sample>(&self, y: usize) -> Option<&'a [S]> {
        let channels = self.pixels.channels as usize;
        let start = (self.rect.y0 as usize + y) * self.pixels.size.width as usize + self.rect.x0 as usize;
        let samples = S::slice(&self.pixels.samples)?;
        let line = self.rect.width() as usize * channels;
        // A view that lies outside begins anywhere, and has nothing.
        Some(if line == 0 { &[] } else { &samples[start * channels..][..line] })
    }

    /// All rows, if they are of type `S`.
    pub fn rows<S: Sample>(self) -> impl Iterator<Item = &'a [S]> {
        (0..self.rect.height() as usize).map_while(move |y| self.row(y))
    }

    /// A rectangle of this view, in its own coordinates, cut at its edges.
    #[must_use]
    pub fn part(self, rect: Rect) -> Self {
        let rect = rect.translate(self.rect.x0, self.rect.y0).intersect(self.rect);
        Self { pixels: self.pixels, rect }
    }

    /// All samples as one slice, if the view has full width and the type `S`.
    pub fn contiguous<S: Sample>(&self) -> Option<&'a [S]> {
        if self.rect.width() != self.pixels.size.width as u64 {
            return None;
        }
        let stride = self.pixels.size.width as usize * self.pixels.channels as usize;
        S::slice(&self.pixels.samples)?
            .get(self.rect.y0 as usize * stride..self.rect.y1.max(self.rect.y0) as usize * stride)
    }

    /// A copy.
    pub fn to_pixels(&self) -> Pixels {
        fn gather<S: Sample>(view: PixelsView<'_>) -> Samples {
            let mut all = buffer_pool::room(view.size().area() as usize * view.channels() as usize);
            view.rows::<S>().for_each(|row| all.extend_from_slice(row));
            S::wrap(all)
        }
        let samples = by_type!(self.sample_type(), S => gather::<S>(*self));
        Pixels { size: self.size(), channels: self.channels(), samples }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: u32, height: u32) -> Pixels {
        let samples = (0..width * height).map(|i| i as u8).collect();
        Pixels::new(Size::new(width, height), 1, Samples::U8(samples)).unwrap()
    }

    #[test]
    fn pasting_clips_on_every_side() {
        let tile = ramp(3, 3);
        for (x, y, first) in [(-1, -1, 4), (-2, 0, 2), (0, -2, 6), (2, 2, 0)] {
            let mut canvas = Pixels::filled(Size::new(3, 3), SampleType::U8, &[99.0]);
            canvas.paste(tile.view(), x, y);
            let at = (x.max(0) + y.max(0) * 3) as usize;
            let Samples::U8(samples) = canvas.samples() else { panic!("type changed") };
            assert_eq!(samples[at], first, "pasted at {x},{y}");
        }
        let mut canvas = ramp(3, 3);
        canvas.paste(tile.view(), 3, 0);
        assert_eq!(canvas, tile, "outside: nothing changes");
    }

    #[test]
    fn a_part_of_a_part_is_a_crop() {
        let whole = ramp(10, 10);
        let part = whole.part(Rect::new(2, 3, 9, 9)).part(Rect::new(1, 1, 3, 20));
        assert_eq!(part.to_pixels(), whole.crop(Rect::new(3, 4, 5, 9)));
        assert!(whole.crop(Rect::new(12, 3, 15, 20)).samples().is_empty(), "outside there is nothing");
    }

    #[test]
    fn a_wrong_length_is_refused() {
        assert!(Pixels::new(Size::new(2, 2), 3, Samples::U8(vec![0; 11])).is_err());
        assert!(Pixels::new(Size::new(0, 2), 0, Samples::U8(vec![])).is_err());
    }
}
