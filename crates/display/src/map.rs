//! [`Mapper`]: a [`Display`] prepared for one pixel type; maps pixels to RGBA.

use super::curve::{Curve, Floats, Table};
use super::{Channel, Display};
use crate::pixels::{Color, Pixels, Sample, SampleType, Samples, each_type};

/// Maps blocks of one kind of pixel to red, green, blue and alpha.
pub struct Mapper {
    color: Color,
    channels: u8,
    curves: Curves,
    plan: Plan,
}

enum Curves {
    U8(Vec<Table<256>>),
    U16(Vec<Table<65536>>),
    F32(Vec<Floats>),
}

/// The fastest mapping for the display.
enum Plan {
    /// 8-bit color or gray, copied unchanged.
    Copy,
    /// The curves of channels 0, 1 and 2 (or 0 for all) are red, green and blue; `false` for one that is off.
    Direct([usize; 3], [bool; 3]),
    /// One channel, by its ramp.
    One(usize, Box<[[u8; 4]; 256]>),
    /// Several channels, added up: red, green and blue of each as 16-bit lanes of one number.
    Sum(Vec<(usize, Box<[u64; 256]>)>),
}

impl Mapper {
    /// For pixels of that kind. A display of fewer channels leaves the others dark.
    pub fn new(display: &Display, color: Color, channels: u8, sample: SampleType) -> Self {
        let count = usize::from(channels) - usize::from(color.has_alpha());
        let shown = &display.channels[..display.channels.len().min(count)];
        let curves = match sample {
            SampleType::U8 => Curves::U8(shown.iter().map(Table::new).collect()),
            SampleType::U16 => Curves::U16(shown.iter().map(Table::new).collect()),
            _ => Curves::F32(shown.iter().map(Floats::new).collect()),
        };
        let plan = plan(display, shown, &curves);
        Self { color, channels, curves, plan }
    }

    /// Four bytes for each pixel: red, green, blue, alpha (not premultiplied). `pixels` must be of the mapper's kind.
    pub fn rgba(&self, pixels: &Pixels) -> Vec<u8> {
        debug_assert_eq!(pixels.channels(), self.channels, "conform first");
        match (pixels.samples(), &self.curves) {
            (Samples::U8(samples), _) if matches!(self.plan, Plan::Copy) => self.copy(samples),
            (Samples::U8(samples), Curves::U8(curves)) => self.map(samples, curves),
            (Samples::U16(samples), Curves::U16(curves)) => self.map(samples, curves),
            (Samples::F32(samples), Curves::F32(curves)) => self.map(samples, curves),
            // For the screen the nearest float is near enough.
            (samples, Curves::F32(curves)) => {
                let floats: Vec<f32> =
                    each_type!(samples, samples => samples.iter().map(|value| value.to_f32()).collect());
                self.map(&floats, curves)
            }
            _ => {
                debug_assert!(false, "conform first");
                vec![0; pixels.size().area() as usize * 4]
            }
        }
    }

    fn copy(&self, samples: &[u8]) -> Vec<u8> {
        match (self.color, self.channels) {
            (Color::Rgba, 4) => samples.to_vec(),
            (_, 3) => quads(samples, |[r, g, b]| [r, g, b, 255]),
            (Color::GrayAlpha, 2) => quads(samples, |[g, a]| [g, g, g, a]),
            _ => quads(samples, |[g]| [g, g, g, 255]),
        }
    }

    fn map<S: Sample, C: Curve<S>>(&self, samples: &[S], curves: &[C]) -> Vec<u8> {
        match (&self.plan, self.channels, self.color.has_alpha()) {
            (Plan::Direct([0, 1, 2], [true, true, true]), 3, _) => {
                let [red, green, blue] = [&curves[0], &curves[1], &curves[2]];
                quads(samples, |[r, g, b]: [S; 3]| [red.byte(r), green.byte(g), blue.byte(b), 255])
            }
            (Plan::Direct(picks, on), ..) => self.each(samples, |pixel| {
                let at = |k: usize| if on[k] { curves[picks[k]].byte(pixel[picks[k]]) } else { 0 };
                [at(0), at(1), at(2)]
            }),
            (Plan::One(0, ramp), 1, _) => {
                let curve = &curves[0];
                quads(samples, |[value]: [S; 1]| ramp[usize::from(curve.byte(value))])
            }
            (Plan::One(at, ramp), ..) => self.each(samples, |pixel| {
                let [r, g, b, _] = ramp[usize::from(curves[*at].byte(pixel[*at]))];
                [r, g, b]
            }),
            (Plan::Sum(ramps), ..) => self.each(samples, |pixel| {
                let parts = ramps.iter().map(|(at, ramp)| ramp[usize::from(curves[*at].byte(pixel[*at]))]);
                let sum: u64 = parts.sum();
                [0, 16, 32].map(|lane| ((sum >> lane) & 0xFFFF).min(255) as u8)
            }),
            (Plan::Copy, ..) => unreachable!("only bytes are copied"),
        }
    }

    /// One color for each pixel by `show`, and its alpha.
    fn each<S: Sample>(&self, samples: &[S], show: impl Fn(&[S]) -> [u8; 3]) -> Vec<u8> {
        let (channels, alpha) = (usize::from(self.channels), self.color.has_alpha());
        let mut out = vec![255; samples.len() / channels * 4];
        for (pixel, to) in samples.chunks_exact(channels).zip(out.as_chunks_mut::<4>().0) {
            let [r, g, b] = show(pixel);
            let a = if alpha { (pixel[channels - 1].to_f32() / S::TYPE.max() * 255.0 + 0.5) as u8 } else { 255 };
            *to = [r, g, b, a];
        }
        out
    }
}

/// Four bytes from each `N` samples.
fn quads<S: Copy, const N: usize>(samples: &[S], show: impl Fn([S; N]) -> [u8; 4]) -> Vec<u8> {
    let pixels = samples.as_chunks::<N>().0;
    let mut out = vec![0; pixels.len() * 4];
    for (pixel, to) in pixels.iter().zip(out.as_chunks_mut::<4>().0) {
        *to = show(*pixel);
    }
    out
}

fn plan(display: &Display, shown: &[Channel], curves: &Curves) -> Plan {
    if display.is_natural() && shown.len() == display.channels.len() {
        let straight = |curves: &[Table<256>]| curves.iter().all(Table::is_identity);
        let all_on = shown.iter().all(|channel| channel.on);
        return match curves {
            Curves::U8(curves) if all_on && straight(curves) => Plan::Copy,
            _ if shown.len() == 3 => Plan::Direct([0, 1, 2], [0, 1, 2].map(|at| shown[at].on)),
            _ => Plan::Direct([0; 3], [true; 3]),
        };
    }
    let mut on = shown.iter().enumerate().filter(|(_, channel)| channel.on);
    if let (Some((at, channel)), None) = (on.next(), on.next()) {
        return Plan::One(at, Box::new(channel.ramp().map(|[r, g, b]| [r, g, b, 255])));
    }
    let lanes = |[r, g, b]: [u8; 3]| u64::from(r) | u64::from(g) << 16 | u64::from(b) << 32;
    let all = shown.iter().enumerate().filter(|(_, channel)| channel.on);
    Plan::Sum(all.map(|(at, channel)| (at, Box::new(channel.ramp().map(lanes)))).collect())
}
