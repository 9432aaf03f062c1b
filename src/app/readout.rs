//! [`Readout`]: calibration and raw sample values under the mouse, read in the background.
//!
//! The loader's request queue is the newest question alone, so that a moving mouse leaves no work behind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::units::Calibration;
use crate::cache::{CancelToken, Library, Loader};
use crate::geometry::{Rect, Region};
use crate::mosaic::Placement;
use crate::pixels::{Color, RawSampleType, RawSamples};
use crate::source::{ReadRaw as _, Source as _};
use crate::{ImageRef, Result};

/// A pixel of an image, by x and y; and the channels asked for, all if there are none.
type Place = (ImageRef, i64, i64, Vec<usize>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Question {
    Calibration(ImageRef),
    Samples(Place),
}

enum Answer {
    Calibration(Calibration),
    Samples(Vec<Value>),
}

/// One sample as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// `R`, `G`, `B`, `A`, a number.
    pub channel: String,
    /// The channel's number, from 0.
    pub number: usize,
    pub value: String,
}

/// Questions and answers.
pub(super) struct Readout {
    /// Of the document that is shown: its decoded tiles are the ones on the screen.
    library: Arc<Mutex<Library>>,
    loader: Loader<Question, Answer>,
    calibration: HashMap<ImageRef, Arc<Calibration>>,
    samples: Option<(Place, Vec<Value>)>,
    requests: Vec<Question>,
}

impl Readout {
    pub(super) fn new(context: &egui::Context, library: &Library) -> Self {
        let (library, context) = (Arc::new(Mutex::new(library.clone())), context.clone());
        let shared = Arc::clone(&library);
        let make = move |question: &Question, _: &CancelToken| {
            let library = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
            answer(question, &library)
        };
        let loader = Loader::new(1, make, move |_| context.request_repaint());
        Self { library, loader, calibration: HashMap::new(), samples: None, requests: Vec::new() }
    }

    /// Another document, whose files are read through `library`: they may have changed since.
    pub(super) fn forget(&mut self, library: &Library) {
        *self.library.lock().unwrap_or_else(PoisonError::into_inner) = library.clone();
        self.calibration.clear();
        self.samples = None;
    }

    /// Begins a frame: takes results.
    pub(super) fn begin(&mut self) {
        self.requests.clear();
        while let Some((question, answer)) = self.loader.take() {
            match (question, answer) {
                (Question::Calibration(image), Ok(Answer::Calibration(calibration))) => {
                    self.calibration.insert(image, Arc::new(calibration));
                }
                // Unreadable images have no values; the canvas shows the error.
                (Question::Calibration(image), _) => {
                    self.calibration.insert(image, Arc::default());
                }
                (Question::Samples(place), Ok(Answer::Samples(values))) => self.samples = Some((place, values)),
                (Question::Samples(place), _) => self.samples = Some((place, Vec::new())),
            }
        }
    }

    /// Ends a frame: requests missing values.
    pub(super) fn end(&mut self) {
        self.loader.request(self.requests.drain(..));
    }

    /// The georeference of the image, once it is read.
    pub(super) fn calibration(&mut self, placement: &Placement) -> Option<Arc<Calibration>> {
        let known = self.calibration.get(&placement.image).cloned();
        if known.is_none() {
            self.requests.push(Question::Calibration(placement.image.clone()));
        }
        known
    }

    /// The samples of the image's pixel (x, y), or nothing until they have been read: of channels that are stored apart, those
    /// that are `on`.
    pub(super) fn samples(&mut self, placement: &Placement, (x, y): (i64, i64), on: &[usize]) -> Option<&[Value]> {
        let place = (placement.image.clone(), x, y, on.to_vec());
        if self.samples.as_ref().is_none_or(|(known, _)| *known != place) {
            self.requests.push(Question::Samples(place));
            return None;
        }
        self.samples.as_ref().map(|(_, values)| &**values)
    }

    /// The samples that were read last.
    pub(super) fn last_samples(&self) -> &[Value] {
        self.samples.as_ref().map_or(&[], |(_, values)| values)
    }
}

/// On the loader's thread.
fn answer(question: &Question, library: &Library) -> Result<Answer> {
    match question {
        Question::Calibration(image) => Ok(Answer::Calibration(Calibration::from(library.open(image)?.info()))),
        Question::Samples((image, x, y, on)) => {
            let source = library.open(image)?;
            let some = source.of_channels(on);
            let numbers: Vec<usize> = if some.is_some() { on.clone() } else { (0..256).collect() };
            let source = some.unwrap_or(source);
            let region = Region::new(0, Rect::new(*x, *y, x + 1, y + 1));
            let pixel = match source.read_raw(region)? {
                Some(numbers) => numbers,
                None => RawSamples::from_pixels(source.read(region)?),
            };
            Ok(Answer::Samples(values(&pixel, source.info().color, &numbers)))
        }
    }
}

/// The samples of one pixel; `numbers` are those of its channels.
fn values(pixel: &RawSamples, color: Color, numbers: &[usize]) -> Vec<Value> {
    let count = pixel.channels();
    let named: &[&str] = match (color, count) {
        (Color::Gray, 1) => &["V"],
        (Color::GrayAlpha, 2) => &["V", "A"],
        (Color::Rgb, 3) => &["R", "G", "B"],
        (Color::Rgba, 4) => &["R", "G", "B", "A"],
        _ => &[],
    };
    let kind = pixel.kind();
    let samples = pixel.bytes().chunks_exact(kind.bytes()).take(count.into()).zip(numbers).enumerate();
    samples
        .map(|(index, (bytes, number))| {
            let channel = named.get(index).map_or_else(|| format!("{}:", number + 1), ToString::to_string);
            Value { channel, number: *number, value: shown(bytes, kind) }
        })
        .collect()
}

/// Formats a little-endian sample: integers exactly, floats with seven digits.
fn shown(bytes: &[u8], kind: RawSampleType) -> String {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(wide);
    match kind {
        RawSampleType::U8 | RawSampleType::U16 | RawSampleType::U32 | RawSampleType::U64 => bits.to_string(),
        RawSampleType::I8 => (bits as i8).to_string(),
        RawSampleType::I16 => (bits as i16).to_string(),
        RawSampleType::I32 => (bits as i32).to_string(),
        RawSampleType::I64 => (bits as i64).to_string(),
        RawSampleType::F32 => real(f64::from(f32::from_bits(bits as u32))),
        RawSampleType::F64 => real(f64::from_bits(bits)),
    }
}

fn real(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.5e}");
    }
    let digits = (6 - size.log10().floor() as i32).clamp(0, 10) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::pixels::{Pixels, Samples};

    fn read(samples: Samples, color: Color) -> Vec<String> {
        let count = samples.len() as u8;
        let pixels = Pixels::new(Size::new(1, 1), count, samples).unwrap();
        values(&RawSamples::from_pixels(pixels), color, &[0, 1, 2, 3, 4])
            .into_iter()
            .map(|v| format!("{} {}", v.channel, v.value))
            .collect()
    }

    #[test]
    fn samples_are_shown_as_they_are() {
        assert_eq!(read(Samples::U16(vec![65535, 0, 9]), Color::Rgb), ["R 65535", "G 0", "B 9"]);
        let floats = vec![0.1, -1234.5, 1e-7, f32::NAN, 3e9];
        assert_eq!(
            read(Samples::F32(floats), Color::Channels),
            ["1: 0.1", "2: -1234.5", "3: 1.00000e-7", "4: NaN", "5: 3.00000e9"]
        );
        assert_eq!(shown(&(-5i16).to_le_bytes(), RawSampleType::I16), "-5");
        assert_eq!(shown(&u32::MAX.to_le_bytes(), RawSampleType::U32), "4294967295");
        assert_eq!(shown(&1.5f64.to_le_bytes(), RawSampleType::F64), "1.5");
    }
}
