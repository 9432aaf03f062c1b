//! [`Median`] of a square: a sorting network for small ones, bisection over the values' bits for others.
#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the instruction set found at run time")]

use crate::Result;
use crate::frame::{Border, Frame};
use crate::geometry::Rect;
use crate::kernels::{Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample, Samples};
use crate::vector::vector_fn;

/// The median of `size` × `size` pixels, each channel its own.
pub(crate) struct Median {
    size: usize,
    border: Border,
    /// The channel that stays, and hides colors where it is 0.
    alpha: Option<usize>,
}

impl Median {
    pub(crate) fn new(size: usize, border: Border, frame: &Frame, weighted: bool) -> Self {
        Self { size, border, alpha: frame.alpha().filter(|_| weighted) }
    }

    fn radius(&self) -> usize {
        self.size / 2
    }
}

impl Op for Median {
    fn needs(&self, out: Rect) -> Rect {
        out.expand(self.radius() as i64)
    }

    fn border(&self) -> Border {
        self.border
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let input = task.input;
        let layout = RowLayout {
            channels: input.channels(),
            stride: input.stride(),
            width: task.out.width() as usize * input.channels(),
            height: task.out.height() as usize,
        };
        let hides = self.alpha.is_some_and(|alpha| is_hidden_anywhere(input.pixels.samples(), alpha, layout.channels));
        let mut out = Pixels::unwritten(task.out.size(), input.pixels.channels(), input.pixels.sample_type());
        match (input.pixels.samples(), out.samples_mut()) {
            (Samples::U8(from), Samples::U8(to)) if !hides => self.plain(from, to, layout),
            (Samples::U16(from), Samples::U16(to)) if !hides => self.plain(from, to, layout),
            (Samples::F32(from), Samples::F32(to)) if !hides && !input.has_missing() => self.plain(from, to, layout),
            (Samples::U8(from), Samples::U8(to)) => self.masked(from, to, layout),
            (Samples::U16(from), Samples::U16(to)) => self.masked(from, to, layout),
            (Samples::F32(from), Samples::F32(to)) => self.masked(from, to, layout),
            _ => unreachable!("filters are given the types of pictures"),
        }
        Ok(out)
    }
}

#[derive(Clone, Copy)]
struct RowLayout {
    channels: usize,
    /// Samples in a row of the input and of the result.
    stride: usize,
    width: usize,
    height: usize,
}

fn is_hidden_anywhere(samples: &Samples, alpha: usize, channels: usize) -> bool {
    each_picture!(samples, samples => samples.iter().skip(alpha).step_by(channels).any(|a| a.to_f32() == 0.0))
}

impl Median {
    fn plain<S: Ordered>(&self, from: &[S], to: &mut [S], layout: RowLayout) {
        let (radius, mut scratch) = (self.radius(), vec![S::default(); layout.stride * 5]);
        for (y, out) in to.chunks_exact_mut(layout.width).enumerate() {
            let rows: Vec<&[S]> = (y..y + self.size).map(|y| &from[y * layout.stride..][..layout.stride]).collect();
            match &*rows {
                [a, b, c] => median_9([a, b, c], layout.channels, &mut scratch, out),
                [a, b, c, d, e] => median_25([a, b, c, d, e], layout.channels, &mut scratch, out),
                _ => bisect(&rows, layout.channels, self.size * self.size / 2, out),
            }
            if let Some(alpha) = self.alpha {
                let own = &rows[radius][radius * layout.channels..][..layout.width];
                let pixels = out.chunks_exact_mut(layout.channels).zip(own.chunks_exact(layout.channels));
                pixels.for_each(|(to, own)| to[alpha] = own[alpha]);
            }
        }
        debug_assert_eq!(to.len(), layout.width * layout.height);
    }

    /// Of the neighbors that are there; of two in the middle the lower.
    fn masked<S: Ordered>(&self, from: &[S], to: &mut [S], layout: RowLayout) {
        let (radius, channels) = (self.radius(), layout.channels);
        let mut found: Vec<S> = Vec::with_capacity(self.size * self.size);
        for (i, out) in to.iter_mut().enumerate() {
            let (y, x, c) = (i / layout.width, i % layout.width / channels, i % channels);
            let at = |dx: usize, dy: usize| (y + dy) * layout.stride + (x + dx) * channels;
            let own = from[at(radius, radius) + c];
            let stays = self.alpha == Some(c) || own.to_f32().is_nan();
            found.clear();
            if !stays {
                let places = (0..self.size).flat_map(|dy| (0..self.size).map(move |dx| at(dx, dy)));
                let shown = |place: &usize| self.alpha.is_none_or(|alpha| from[place + alpha].to_f32() > 0.0);
                found
                    .extend(places.filter(shown).map(|place| from[place + c]).filter(|value| !value.to_f32().is_nan()));
            }
            let middle = found.len().saturating_sub(1) / 2;
            *out = if found.is_empty() {
                own
            } else {
                *found.select_nth_unstable_by(middle, |a, b| a.to_f32().total_cmp(&b.to_f32())).1
            };
        }
    }
}

/// A sample whose order is that of whole numbers.
pub(crate) trait Ordered: Sample {
    type Key: Key;

    fn key(self) -> Self::Key;
    fn of_key(key: Self::Key) -> Self;
}

/// A whole number whose bits are found one by one.
pub(crate) trait Key: Copy + PartialOrd + Default {
    const BITS: u32;

    fn with_bit(self, bit: u32) -> Self;
}

macro_rules! ordered {
    ($type:ty, $key:ty, $to:expr, $from:expr) => {
        impl Key for $key {
            const BITS: u32 = <$key>::BITS;

            #[inline(always)]
            fn with_bit(self, bit: u32) -> Self {
                self | 1 << bit
            }
        }

        impl Ordered for $type {
            type Key = $key;

            #[inline(always)]
            fn key(self) -> $key {
                let to: fn($type) -> $key = $to;
                to(self)
            }

            #[inline(always)]
            fn of_key(key: $key) -> Self {
                let from: fn($key) -> $type = $from;
                from(key)
            }
        }
    };
}

ordered!(u8, u8, |v| v, |k| k);
ordered!(u16, u16, |v| v, |k| k);
// The bits of positive floats are in their order; those of negative ones in the opposite one.
ordered!(
    f32,
    u32,
    |v| {
        let bits = v.to_bits();
        bits ^ (((bits as i32 >> 31) as u32) | 0x8000_0000)
    },
    |k| f32::from_bits(k ^ ((((!k) as i32 >> 31) as u32) | 0x8000_0000))
);

/// Samples side by side that are compared at once: arrays, for which the compiler takes one vector register.
#[derive(Debug, Clone, Copy)]
struct Lanes<S, const L: usize>([S; L]);

/// Enough samples for a vector register of any processor.
const LANES: usize = 64;

impl<S: Sample, const L: usize> Lanes<S, L> {
    #[inline(always)]
    fn of(samples: &[S], at: usize) -> Self {
        match samples[at..].first_chunk() {
            Some(lanes) => Self(*lanes),
            None => unreachable!("the last place is known"),
        }
    }

    #[inline(always)]
    fn write(self, samples: &mut [S], at: usize) {
        if let Some(lanes) = samples[at..].first_chunk_mut() {
            *lanes = self.0;
        }
    }

    #[inline(always)]
    fn least(self, other: Self) -> Self {
        let mut lanes = self;
        for lane in 0..L {
            lanes.0[lane] = if other.0[lane] < self.0[lane] { other.0[lane] } else { self.0[lane] };
        }
        lanes
    }

    #[inline(always)]
    fn largest(self, other: Self) -> Self {
        let mut lanes = self;
        for lane in 0..L {
            lanes.0[lane] = if other.0[lane] < self.0[lane] { self.0[lane] } else { other.0[lane] };
        }
        lanes
    }
}

#[inline(always)]
fn sort2<S: Sample, const L: usize>(values: &mut [Lanes<S, L>], i: usize, j: usize) {
    let (a, b) = (values[i], values[j]);
    values[i] = a.least(b);
    values[j] = a.largest(b);
}

#[inline(always)]
fn sort3<S: Sample, const L: usize>(mut v: [Lanes<S, L>; 3]) -> [Lanes<S, L>; 3] {
    sort2(&mut v, 0, 1);
    sort2(&mut v, 1, 2);
    sort2(&mut v, 0, 1);
    v
}

#[inline(always)]
fn sort5<S: Sample, const L: usize>(mut v: [Lanes<S, L>; 5]) -> [Lanes<S, L>; 5] {
    // Knuth, The Art of Computer Programming 3, 5.3.4.
    sort2(&mut v, 0, 3);
    sort2(&mut v, 1, 4);
    sort2(&mut v, 0, 2);
    sort2(&mut v, 1, 3);
    sort2(&mut v, 0, 1);
    sort2(&mut v, 2, 4);
    sort2(&mut v, 1, 2);
    sort2(&mut v, 3, 4);
    sort2(&mut v, 2, 3);
    v
}

// No closures below: what they call is compiled for the instruction set of the caller only if it is inlined.

/// Call `function::<S, N>(at, ...)` for the places from 0 to a count: with N = `LANES` at a time, and with 1 for each of the rest.
macro_rules! by_lanes {
    ($count:expr, $function:ident($($argument:expr),*)) => {{
        let (mut at, count) = (0, $count);
        while at + LANES <= count {
            $function::<S, LANES>(at, $($argument),*);
            at += LANES;
        }
        while at < count {
            $function::<S, 1>(at, $($argument),*);
            at += 1;
        }
    }};
}

vector_fn! {
    /// Each column of three is sorted once, for the three pixels that use it.
    fn median_9[S: Sample](rows: [&[S]; 3], channels: usize, scratch: &mut [S], out: &mut [S]) {
        let wide = out.len() + 2 * channels;
        by_lanes!(wide, sort_columns_3(rows, wide, scratch));
        by_lanes!(out.len(), middle_of_9(scratch, wide, channels, out));
    }
}

/// Each column sorted, the least in the first `wide` samples of `sorted`.
#[inline(always)]
fn sort_columns_3<S: Sample, const L: usize>(at: usize, [a, b, c]: [&[S]; 3], wide: usize, sorted: &mut [S]) {
    let [a, b, c] = sort3([Lanes::<S, L>::of(a, at), Lanes::of(b, at), Lanes::of(c, at)]);
    a.write(sorted, at);
    b.write(sorted, wide + at);
    c.write(sorted, 2 * wide + at);
}

#[inline(always)]
fn middle_of_9<S: Sample, const L: usize>(at: usize, sorted: &[S], wide: usize, channels: usize, out: &mut [S]) {
    // The median is the median of the largest low, the middle middle and the least high.
    let [_, _, low] = sort3(neighbors_3::<S, L>(sorted, at, channels));
    let [_, middle, _] = sort3(neighbors_3::<S, L>(sorted, wide + at, channels));
    let [high, _, _] = sort3(neighbors_3::<S, L>(sorted, 2 * wide + at, channels));
    sort3([low, middle, high])[1].write(out, at);
}

#[inline(always)]
fn neighbors_3<S: Sample, const L: usize>(row: &[S], at: usize, step: usize) -> [Lanes<S, L>; 3] {
    [Lanes::of(row, at), Lanes::of(row, at + step), Lanes::of(row, at + 2 * step)]
}

#[inline(always)]
fn neighbors_5<S: Sample, const L: usize>(row: &[S], at: usize, step: usize) -> [Lanes<S, L>; 5] {
    let [a, b, c] = neighbors_3(row, at, step);
    [a, b, c, Lanes::of(row, at + 3 * step), Lanes::of(row, at + 4 * step)]
}

vector_fn! {
    /// Columns are sorted once; then rows of what is sorted. Of a square sorted both ways 6 values are below and 6 above the median
    /// whatever they are; it is the median of the other 13.
    fn median_25[S: Sample](rows: [&[S]; 5], channels: usize, scratch: &mut [S], out: &mut [S]) {
        let wide = out.len() + 4 * channels;
        by_lanes!(wide, sort_columns_5(rows, wide, scratch));
        by_lanes!(out.len(), middle_of_25(scratch, wide, channels, out));
    }
}

#[inline(always)]
fn sort_columns_5<S: Sample, const L: usize>(at: usize, [a, b, c, d, e]: [&[S]; 5], wide: usize, sorted: &mut [S]) {
    let columns = [Lanes::<S, L>::of(a, at), Lanes::of(b, at), Lanes::of(c, at), Lanes::of(d, at), Lanes::of(e, at)];
    let [a, b, c, d, e] = sort5(columns);
    a.write(sorted, at);
    b.write(sorted, wide + at);
    c.write(sorted, 2 * wide + at);
    d.write(sorted, 3 * wide + at);
    e.write(sorted, 4 * wide + at);
}

#[inline(always)]
fn middle_of_25<S: Sample, const L: usize>(at: usize, sorted: &[S], wide: usize, channels: usize, out: &mut [S]) {
    let [_, _, _, a3, a4] = sort5(neighbors_5::<S, L>(sorted, at, channels));
    let [_, _, b2, b3, b4] = sort5(neighbors_5::<S, L>(sorted, wide + at, channels));
    let [_, c1, c2, c3, _] = sort5(neighbors_5::<S, L>(sorted, 2 * wide + at, channels));
    let [d0, d1, d2, _, _] = sort5(neighbors_5::<S, L>(sorted, 3 * wide + at, channels));
    let [e0, e1, _, _, _] = sort5(neighbors_5::<S, L>(sorted, 4 * wide + at, channels));
    median_13([a3, a4, b2, b3, b4, c1, c2, c3, d0, d1, d2, e0, e1]).write(out, at);
}

/// By forgetting: of 8 of 13 values neither the least nor the largest can be the median; each pair that goes lets one more in.
#[inline(always)]
fn median_13<S: Sample, const L: usize>(v: [Lanes<S, L>; 13]) -> Lanes<S, L> {
    let mut w = [v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]];
    extremes(&mut w);
    let mut w = [v[8], w[1], w[2], w[3], w[4], w[5], w[6]];
    extremes(&mut w);
    let mut w = [v[9], w[1], w[2], w[3], w[4], w[5]];
    extremes(&mut w);
    let mut w = [v[10], w[1], w[2], w[3], w[4]];
    extremes(&mut w);
    let mut w = [v[11], w[1], w[2], w[3]];
    extremes(&mut w);
    sort3([v[12], w[1], w[2]])[1]
}

/// The least to the front and the largest to the end.
#[inline(always)]
fn extremes<S: Sample, const L: usize, const N: usize>(w: &mut [Lanes<S, L>; N]) {
    // Pairs from both ends: the lesser of each to the lower half.
    let half = N / 2;
    for i in 0..half {
        sort2(w, i, N - 1 - i);
    }
    let low_end = N.div_ceil(2);
    for i in 1..low_end {
        sort2(w, 0, i);
    }
    for i in (N - low_end..N - 1).rev() {
        sort2(w, i, N - 1);
    }
}

/// The value of `rank` from below, bit by bit: the largest with no more than `rank` values below it.
fn bisect<S: Ordered>(rows: &[&[S]], channels: usize, rank: usize, out: &mut [S]) {
    let keys: Vec<Vec<S::Key>> = rows.iter().map(|row| row.iter().map(|value| value.key()).collect()).collect();
    let mut found = vec![S::Key::default(); out.len()];
    find_keys(&keys, channels, rank, &mut found);
    out.iter_mut().zip(found).for_each(|(out, key)| *out = S::of_key(key));
}

vector_fn! {
    fn find_keys[K: Key](keys: &[Vec<K>], channels: usize, rank: usize, found: &mut [K]) {
        let count = found.len();
        let (mut tried, mut below) = (vec![K::default(); count], vec![0u16; count]);
        for bit in (0..K::BITS).rev() {
            tried.iter_mut().zip(&*found).for_each(|(tried, found)| *tried = found.with_bit(bit));
            below.fill(0);
            for row in keys {
                for shift in 0..keys.len() {
                    let row = &row[shift * channels..][..count];
                    for ((below, value), tried) in below.iter_mut().zip(row).zip(&tried) {
                        *below += u16::from(*value < *tried);
                    }
                }
            }
            for ((found, tried), below) in found.iter_mut().zip(&tried).zip(&below) {
                if usize::from(*below) <= rank {
                    *found = *tried;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_find_the_middle() {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8 / 8
        };
        for _ in 0..2000 {
            let values: [u8; 13] = std::array::from_fn(|_| next());
            let mut sorted = values;
            sorted.sort_unstable();
            assert_eq!(median_13(values.map(|v| Lanes([v]))).0, [sorted[6]], "{values:?}");
            let five: [u8; 5] = std::array::from_fn(|_| next());
            let mut sorted = five;
            sorted.sort_unstable();
            assert_eq!(sort5(five.map(|v| Lanes([v]))).map(|lanes| lanes.0[0]), sorted);
        }
    }

    #[test]
    fn keys_are_in_the_order_of_floats() {
        let values = [f32::NEG_INFINITY, -3.5, -1e-30, 0.0, 1e-30, 2.0, f32::INFINITY];
        assert!(values.windows(2).all(|pair| pair[0].key() < pair[1].key()));
        assert!(values.iter().all(|value| f32::of_key(value.key()).to_bits() == value.to_bits()));
    }
}
