//! A decoder in the plain words of the standard, for tests: bit by bit, in double precision, every cosine on its own.
//!
//! It takes only the parsed headers from the real one, and is about a thousand times slower.

use std::f64::consts::PI;

use super::ColorSpace;
use super::markers::Segments;
use super::tables::{HuffmanSpec, ZIGZAG};

/// Width, height and interleaved samples of the image in a baseline `stream`, halved `reduce` times by the mean.
///
/// Samples of components are rounded, as the standard has it; what interpolation and colors add is rounded once, at the end.
/// `nudge` is added before the former: no arithmetic can say on which side of a tie a sum of cosines falls.
pub(super) fn decode(stream: &[u8], reduce: u8, nudge: f64) -> (usize, usize, Vec<u8>) {
    let segments = Segments::read(&[], stream).unwrap();
    let size = segments.header.size.halved_times(reduce.into());
    let (width, height) = (size.width as usize, size.height as usize);
    let planes = planes(&segments, &stream[segments.data_at..], reduce, nudge);
    let is_ycc = segments.is_ycc(ColorSpace::Marked);
    let mut samples = Vec::new();
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let stored: Vec<f64> = planes.iter().map(|plane| plane.interpolated(x, y)).collect();
        let pixel = match stored[..] {
            [luma, cb, cr] if is_ycc => {
                let (cb, cr) = (cb - 128.0, cr - 128.0);
                vec![luma + 1.402 * cr, luma - 0.344_136_286 * cb - 0.714_136_286 * cr, luma + 1.772 * cb]
            }
            _ => stored,
        };
        samples.extend(pixel.into_iter().map(|sample| sample.round().clamp(0.0, 255.0) as u8));
    }
    (width, height, samples)
}

/// One component at its own resolution.
struct Plane {
    /// Without what only fills blocks.
    width: usize,
    height: usize,
    stride: usize,
    is_half: (bool, bool),
    samples: Vec<f64>,
}

impl Plane {
    /// The sample for a pixel: 3/4 of the nearest and 1/4 of the next, each way. Rows of one or two samples are repeated.
    fn interpolated(&self, x: usize, y: usize) -> f64 {
        let at = |x: usize, y: usize| self.samples[y.min(self.height - 1) * self.stride + x.min(self.width - 1)];
        let (half_x, half_y) = self.is_half;
        let (near_x, near_y) = (x >> u8::from(half_x), y >> u8::from(half_y));
        if half_x && self.width <= 2 {
            return at(near_x, near_y);
        }
        let next = |near: usize, at: usize, half| match (half, at % 2) {
            (false, _) => near,
            (true, 0) => near.saturating_sub(1),
            _ => near + 1,
        };
        let (next_x, next_y) = (next(near_x, x, half_x), next(near_y, y, half_y));
        let across = |y| 0.75 * at(near_x, y) + 0.25 * at(next_x, y);
        0.75 * across(near_y) + 0.25 * across(next_y)
    }
}

fn planes(segments: &Segments<'_>, data: &[u8], reduce: u8, nudge: f64) -> Vec<Plane> {
    let count = usize::from(segments.header.components);
    let components = &segments.components[..count];
    let single = count == 1;
    let factors = |i: usize| if single { (1, 1) } else { (components[i].h as usize, components[i].v as usize) };
    let (h_max, v_max) = (0..count).map(factors).fold((1, 1), |max, (h, v)| (max.0.max(h), max.1.max(v)));
    let size = segments.header.size;
    let across = (size.width as usize).div_ceil(8 * h_max);
    let down = (size.height as usize).div_ceil(8 * v_max);
    let side = |is_half: bool| 8usize >> reduce.saturating_sub(is_half.into());
    let reduced = size.halved_times(reduce.into());
    let mut planes: Vec<Plane> = (0..count)
        .map(|i| {
            let (h, v) = factors(i);
            let half = (h_max / h == 2, v_max / v == 2);
            let is_half = if reduce == 0 { half } else { (false, false) };
            let stride = across * h * side(half.0);
            Plane {
                width: (reduced.width as usize).div_ceil(1 << u8::from(is_half.0)),
                height: (reduced.height as usize).div_ceil(1 << u8::from(is_half.1)),
                stride,
                is_half,
                samples: vec![0.0; stride * down * v * side(half.1)],
            }
        })
        .collect();
    let mut intervals = intervals(data).into_iter();
    let mut bits = Bits { bytes: intervals.next().unwrap(), at: 0 };
    let mut predictions = [0; 4];
    for mcu in 0..across * down {
        let interval = segments.restart_interval as usize;
        if interval > 0 && mcu > 0 && mcu % interval == 0 {
            bits = Bits { bytes: intervals.next().unwrap(), at: 0 };
            predictions = [0; 4];
        }
        for (i, component) in components.iter().enumerate() {
            let (h, v) = factors(i);
            for block in 0..h * v {
                let tables = (segments.dc[component.dc as usize].unwrap(), segments.ac[component.ac as usize].unwrap());
                let steps = segments.quantisers[component.quantizer as usize].unwrap();
                let coefficients = bits.block(tables, &mut predictions[i]);
                let samples = inverse(&std::array::from_fn(|at| f64::from(coefficients[at]) * f64::from(steps[at])));
                let (bx, by) = (side(h_max / h == 2), side(v_max / v == 2));
                let (x, y) = ((mcu % across * h + block % h) * bx, (mcu / across * v + block / h) * by);
                for (dy, dx) in (0..by).flat_map(|dy| (0..bx).map(move |dx| (dy, dx))) {
                    let at = (y + dy) * planes[i].stride + x + dx;
                    planes[i].samples[at] =
                        (mean(&samples, (dx, dy), (8 / bx, 8 / by)) + 128.5 + nudge).floor().clamp(0.0, 255.0);
                }
            }
        }
    }
    planes
}

/// The mean over a cell of a block.
fn mean(samples: &[f64; 64], cell: (usize, usize), (w, h): (usize, usize)) -> f64 {
    let rows = (0..h).flat_map(|y| (0..w).map(move |x| samples[(cell.1 * h + y) * 8 + cell.0 * w + x]));
    rows.sum::<f64>() / (w * h) as f64
}

/// A.3.3, in rows.
fn inverse(coefficients: &[f64; 64]) -> [f64; 64] {
    let basis = |x: usize, u: usize| {
        let scale = if u == 0 { 0.5f64.sqrt() } else { 1.0 };
        0.5 * scale * ((2 * x + 1) as f64 * u as f64 * PI / 16.0).cos()
    };
    let table: [[f64; 8]; 8] = std::array::from_fn(|x| std::array::from_fn(|u| basis(x, u)));
    let half: [f64; 64] = std::array::from_fn(|at| {
        let (v, x) = (at / 8, at % 8);
        (0..8).map(|u| coefficients[v * 8 + u] * table[x][u]).sum()
    });
    std::array::from_fn(|at| (0..8).map(|v| half[v * 8 + at % 8] * table[at / 8][v]).sum())
}

/// The data between restart markers, without stuffed zeros.
fn intervals(data: &[u8]) -> Vec<Vec<u8>> {
    let (mut all, mut at) = (vec![Vec::new()], 0);
    while at < data.len() {
        match data[at..] {
            [0xFF, 0, ..] => all.last_mut().unwrap().push(0xFF),
            [0xFF, 0xD0..=0xD7, ..] => all.push(Vec::new()),
            [0xFF, ..] | [] => break,
            [byte, ..] => all.last_mut().unwrap().push(byte),
        }
        at += if data[at] == 0xFF { 2 } else { 1 };
    }
    all
}

struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn bit(&mut self) -> i32 {
        let bit = self.bytes[self.at / 8] >> (7 - self.at % 8) & 1;
        self.at += 1;
        bit.into()
    }

    /// F.2.2.3: lengthen the code until there is one of that length.
    fn symbol(&mut self, spec: HuffmanSpec<'_>) -> u8 {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for &count in spec.counts {
            code = code << 1 | self.bit();
            if code - first < i32::from(count) {
                return spec.symbols[(index + code - first) as usize];
            }
            index += i32::from(count);
            first = (first + i32::from(count)) << 1;
        }
        panic!("no such code");
    }

    /// F.2.2.1, RECEIVE and EXTEND.
    fn amplitude(&mut self, size: u8) -> i32 {
        let value = (0..size).fold(0, |value, _| value << 1 | self.bit());
        if size > 0 && value < 1 << (size - 1) { value - (1 << size) + 1 } else { value }
    }

    /// F.2.2: a block, in rows.
    fn block(&mut self, (dc, ac): (HuffmanSpec<'_>, HuffmanSpec<'_>), prediction: &mut i32) -> [i32; 64] {
        let mut block = [0; 64];
        let size = self.symbol(dc);
        *prediction += self.amplitude(size);
        block[0] = *prediction;
        let mut k = 1;
        while k < 64 {
            let symbol = self.symbol(ac);
            let (run, size) = (usize::from(symbol >> 4), symbol & 15);
            match (run, size) {
                (15, 0) => k += 16,
                (_, 0) => break,
                _ => {
                    k += run;
                    block[ZIGZAG[k] as usize] = self.amplitude(size);
                    k += 1;
                }
            }
        }
        block
    }
}
