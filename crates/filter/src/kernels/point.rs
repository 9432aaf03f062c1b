//! [`Point`]: each sample by itself; [`PerPixel`]: the channels of a pixel together.

use crate::Result;
use crate::block::stored_as;
use crate::kernels::{Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample, SampleType, Samples};

/// A function of the value of one channel, in the units of the input.
pub(crate) type Curve = Box<dyn Fn(usize, f32) -> f32 + Send + Sync>;

/// A curve for each channel; whole numbers through a table.
pub(crate) struct Point {
    curve: Curve,
    channels: usize,
    tables: std::sync::OnceLock<Vec<f32>>,
}

impl Point {
    /// `curve` for an image of `channels`; it leaves alpha alone itself.
    pub(crate) fn new(channels: u8, curve: Curve) -> Self {
        Self { curve, channels: channels.into(), tables: std::sync::OnceLock::new() }
    }

    /// The results for each whole number, one channel after the other.
    fn table(&self, values: usize) -> &[f32] {
        self.tables.get_or_init(|| {
            let each = |c: usize| (0..values).map(move |value| (self.curve)(c, value as f32));
            (0..self.channels).flat_map(each).collect()
        })
    }
}

impl Op for Point {
    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let (pixels, channels) = (&task.input.pixels, self.channels);
        let mut out = Pixels::unwritten(task.out.size(), pixels.channels(), task.result);
        let values = match pixels.sample_type() {
            SampleType::U8 => 256,
            SampleType::U16 => 65536,
            _ => 0,
        };
        each_picture!(out.samples_mut(), out => match pixels.samples() {
            Samples::U8(from) => look_up(from, self.table(values), values, channels, out),
            Samples::U16(from) => look_up(from, self.table(values), values, channels, out),
            Samples::F32(from) => {
                for (i, (to, value)) in out.iter_mut().zip(from).enumerate() {
                    *to = Sample::from_f32(if value.is_nan() { *value } else { (self.curve)(i % channels, *value) });
                }
            }
            _ => unreachable!("filters are given the types of pictures"),
        });
        Ok(out)
    }
}

fn look_up<A: Sample + Into<usize>, B: Sample>(
    from: &[A],
    table: &[f32],
    values: usize,
    channels: usize,
    out: &mut [B],
) {
    let table: Vec<B> = table.iter().map(|value| B::from_f32(*value)).collect();
    let tables: Vec<&[B]> = table.chunks_exact(values).collect();
    for (to, from) in out.chunks_exact_mut(channels).zip(from.chunks_exact(channels)) {
        for ((to, from), table) in to.iter_mut().zip(from).zip(&tables) {
            *to = table[(*from).into()];
        }
    }
}

/// A function of the channels of a pixel to those of the result.
pub(crate) type Mixer = Box<dyn Fn(&[f32], &mut [f32]) + Send + Sync>;

/// Channels together. A pixel one of whose values is missing is missing.
pub(crate) struct PerPixel {
    mixer: Mixer,
    channels: u8,
}

impl PerPixel {
    /// To `channels` channels.
    pub(crate) fn new(channels: u8, mixer: Mixer) -> Self {
        Self { mixer, channels }
    }
}

impl Op for PerPixel {
    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let (had, wanted) = (task.input.channels(), self.channels as usize);
        let mut out = Pixels::unwritten(task.out.size(), self.channels, task.result);
        let (mut before, mut after) = (vec![0f32; had], vec![0f32; wanted]);
        each_picture!(out.samples_mut(), out => each_picture!(task.input.pixels.samples(), from => {
            for (to, from) in out.chunks_exact_mut(wanted).zip(from.chunks_exact(had)) {
                before.iter_mut().zip(from).for_each(|(to, value)| *to = value.to_f32());
                if before.iter().any(|value| value.is_nan()) {
                    after.fill(f32::NAN);
                } else {
                    (self.mixer)(&before, &mut after);
                }
                to.iter_mut().zip(&after).for_each(|(to, value)| *to = Sample::from_f32(*value));
            }
        }));
        Ok(out)
    }
}

/// Only some channels.
pub(crate) struct Pick(pub(crate) Vec<usize>);

impl Op for Pick {
    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let (pixels, had) = (&task.input.pixels, task.input.channels());
        fn pick<S: Sample>(from: &[S], had: usize, picks: &[usize]) -> Samples {
            S::wrap(from.chunks_exact(had).flat_map(|pixel| picks.iter().map(|c| pixel[*c])).collect())
        }
        let samples = each_picture!(pixels.samples(), from => pick(from, had, &self.0));
        Pixels::new(task.out.size(), self.0.len() as u8, samples)
    }
}

/// The same values times a factor in another type; rounded to it also where a float stands for it.
pub(crate) struct Convert {
    pub(crate) factor: f32,
    pub(crate) sample: SampleType,
}

impl Op for Convert {
    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let mut out = Pixels::unwritten(task.out.size(), task.input.pixels.channels(), task.result);
        each_picture!(out.samples_mut(), out => each_picture!(task.input.pixels.samples(), from => {
            for (to, value) in out.iter_mut().zip(from) {
                let value = value.to_f32() * self.factor;
                *to = Sample::from_f32(if value.is_nan() { value } else { stored_as(value, self.sample) });
            }
        }));
        Ok(out)
    }
}

/// A monotone cubic curve through points with rising x (Fritsch and Carlson 1980), level beyond the ends.
#[derive(Debug, Clone)]
pub(crate) struct Spline {
    points: Vec<(f64, f64)>,
    slopes: Vec<f64>,
}

impl Spline {
    pub(crate) fn new(points: Vec<(f64, f64)>) -> Self {
        let steps: Vec<f64> = points.windows(2).map(|p| (p[1].1 - p[0].1) / (p[1].0 - p[0].0)).collect();
        let widths: Vec<f64> = points.windows(2).map(|p| p[1].0 - p[0].0).collect();
        let inner = |i: usize| {
            let (before, after) = (steps[i - 1], steps[i]);
            if before * after <= 0.0 {
                return 0.0;
            }
            // The weighted harmonic mean keeps it monotone.
            let (a, b) = (2.0 * widths[i] + widths[i - 1], widths[i] + 2.0 * widths[i - 1]);
            (a + b) / (a / before + b / after)
        };
        let last = points.len() - 1;
        let slope = |i: usize| match i {
            0 => steps[0],
            i if i == last => steps[last - 1],
            i => inner(i),
        };
        let slopes = (0..points.len()).map(slope).collect();
        Self { points, slopes }
    }

    pub(crate) fn at(&self, x: f64) -> f64 {
        let last = self.points.len() - 1;
        if x <= self.points[0].0 {
            return self.points[0].1;
        }
        if x >= self.points[last].0 {
            return self.points[last].1;
        }
        let i = self.points.partition_point(|point| point.0 <= x) - 1;
        let ((x0, y0), (x1, y1)) = (self.points[i], self.points[i + 1]);
        let (width, t) = (x1 - x0, (x - x0) / (x1 - x0));
        let (t2, t3) = (t * t, t * t * t);
        y0 * (2.0 * t3 - 3.0 * t2 + 1.0)
            + y1 * (3.0 * t2 - 2.0 * t3)
            + self.slopes[i] * width * (t3 - 2.0 * t2 + t)
            + self.slopes[i + 1] * width * (t3 - t2)
    }
}
