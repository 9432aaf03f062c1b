//! [`Block`]: the pixels of a rectangle of an image between two filters.

use std::borrow::Cow;

use crate::frame::Border;
use crate::geometry::{Rect, Size};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample, SampleType, Samples, by_type};
use crate::words::PLACES;

/// The pixels of `rect`. Floats stand for any type of sample, in its units; NaN for what is missing. Between some filters 16-bit numbers
/// with [`PLACES`] binary places stand for bytes.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) pixels: Pixels,
    pub(crate) rect: Rect,
}

impl Block {
    pub(crate) fn new(pixels: Pixels, rect: Rect) -> Self {
        debug_assert_eq!(pixels.size(), rect.size());
        Self { pixels, rect }
    }

    pub(crate) fn channels(&self) -> usize {
        self.pixels.channels() as usize
    }

    /// Samples of one row.
    pub(crate) fn stride(&self) -> usize {
        self.rect.width() as usize * self.channels()
    }

    /// The block for `rect`, with pixels outside of the image of `size` filled by the border mode.
    pub(crate) fn extended(self, rect: Rect, size: Size, border: Border) -> Self {
        if rect == self.rect {
            return self;
        }
        let columns: Vec<usize> =
            (rect.x0..rect.x1).map(|x| (border.place(x, size.width.into()) - self.rect.x0) as usize).collect();
        let rows: Vec<usize> =
            (rect.y0..rect.y1).map(|y| (border.place(y, size.height.into()) - self.rect.y0) as usize).collect();
        let mut out = Pixels::unwritten(rect.size(), self.pixels.channels(), self.pixels.sample_type());
        fn copy<S: Sample>(
            out: &mut [S],
            from: &[S],
            columns: &[usize],
            rows: &[usize],
            width: usize,
            channels: usize,
        ) {
            for (line, &row) in out.chunks_exact_mut(columns.len() * channels).zip(rows) {
                let row = &from[row * width * channels..][..width * channels];
                for (pixel, &column) in line.chunks_exact_mut(channels).zip(columns) {
                    pixel.copy_from_slice(&row[column * channels..][..channels]);
                }
            }
        }
        let (width, channels) = (self.rect.width() as usize, self.channels());
        if let (Samples::I16(out), Samples::I16(from)) = (out.samples_mut(), self.pixels.samples()) {
            copy(out, from, &columns, &rows, width, channels);
        } else {
            each_picture!(out.samples_mut(), out => {
                if let Some(from) = slice_like(out, self.pixels.samples()) {
                    copy(out, from, &columns, &rows, width, channels);
                }
            });
        }
        Self::new(out, rect)
    }

    /// The same values as floats.
    pub(crate) fn floats(self) -> Self {
        if self.pixels.sample_type() == SampleType::F32 {
            return self;
        }
        let mut out = Pixels::unwritten(self.pixels.size(), self.pixels.channels(), SampleType::F32);
        if let Samples::F32(out) = out.samples_mut() {
            each_picture!(self.pixels.samples(), from => out.iter_mut().zip(from).for_each(|(to, v)| *to = v.to_f32()));
        }
        Self::new(out, self.rect)
    }

    /// As floats, borrowed if they are floats already.
    pub(crate) fn to_floats(&self) -> Cow<'_, [f32]> {
        match self.pixels.samples() {
            Samples::F32(values) => Cow::Borrowed(values),
            other => each_picture!(other, values => Cow::Owned(values.iter().map(|value| value.to_f32()).collect())),
        }
    }

    /// Floats with NaN in place of `nodata`.
    pub(crate) fn masked(self, nodata: f32) -> Self {
        let mut block = self.floats();
        if let Samples::F32(values) = block.pixels.samples_mut() {
            values.iter_mut().filter(|value| **value == nodata).for_each(|value| *value = f32::NAN);
        }
        block
    }

    /// Whether any sample is missing.
    pub(crate) fn has_missing(&self) -> bool {
        let Samples::F32(values) = self.pixels.samples() else { return false };
        values.chunks(4096).any(|part| part.iter().fold(false, |any, v| any | v.is_nan()))
    }

    /// Whether the last channel, alpha of which `full` is opaque, is above 0.
    pub(crate) fn has_transparent(&self, full: f32) -> bool {
        let channels = self.channels();
        if let Samples::I16(words) = self.pixels.samples() {
            // Nearer to another value than to the full one.
            let least = (full - 0.5) * (1u32 << PLACES) as f32;
            return words.iter().skip(channels - 1).step_by(channels).any(|alpha| f32::from(*alpha) < least);
        }
        each_picture!(self.pixels.samples(), samples => {
            let (channels, full) = (channels, full);
            samples.iter().skip(channels - 1).step_by(channels).any(|alpha| alpha.to_f32() != full)
        })
    }

    /// The end of a chain: rounded to `sample`; missing pixels become `nodata`.
    pub(crate) fn rounded(self, sample: SampleType, nodata: Option<f32>) -> Pixels {
        let Self { pixels, .. } = self;
        if pixels.sample_type() == sample && (sample != SampleType::F32 || nodata.is_none_or(f32::is_nan)) {
            return pixels;
        }
        let (size, channels) = (pixels.size(), pixels.channels());
        let mut out = Pixels::unwritten(size, channels, sample);
        fn put<S: Sample>(from: &Pixels, out: &mut [S], nodata: Option<f32>) {
            each_picture!(from.samples(), from => out.iter_mut().zip(from).for_each(|(to, value)| {
                let value = value.to_f32();
                *to = S::from_f32(if value.is_nan() { nodata.unwrap_or(value) } else { value });
            }));
        }
        each_picture!(out.samples_mut(), out => put(&pixels, out, nodata));
        out
    }
}

/// The samples, if they are of the type of `alike`.
fn slice_like<'a, S: Sample>(_alike: &[S], samples: &'a Samples) -> Option<&'a [S]> {
    S::slice(samples)
}

/// What `value` as a sample: rounded and clamped.
pub(crate) fn stored_as(value: f32, sample: SampleType) -> f32 {
    by_type!(sample, S => S::from_f32(value).to_f32())
}
