//! [`WordRows`]: bytes as 16-bit numbers for weighted sums of rows, and rows side by side for sums across.

use crate::words::{CHUNK, Group, LANES, PLACES, sum_scaled, widen};

/// With more pixels to one of the result along an axis, so many rounded products would be off by a half: floats are used.
pub(super) const MOST_TAPS: usize = 12;

/// Rows of bytes as 16-bit numbers, the last few of them.
pub(super) struct WordRows<'a> {
    bytes: &'a [u8],
    stride: usize,
    padded: usize,
    ring: Vec<i16>,
    /// The next row to take.
    next: usize,
    groups: Vec<Group>,
}

impl<'a> WordRows<'a> {
    pub(super) fn new(bytes: &'a [u8], stride: usize) -> Self {
        let padded = stride.next_multiple_of(CHUNK);
        let groups = (0..MOST_TAPS).map(|row| Group { weight: 0, rows: vec![row] }).collect();
        Self { bytes, stride, padded, ring: vec![0; MOST_TAPS * padded], next: 0, groups }
    }

    /// The sum of the rows from `top` on, weighted; no earlier call was for rows further down.
    pub(super) fn sum(&mut self, top: usize, weights: &[i16], sums: &mut [i16]) {
        self.next = self.next.max(top);
        while self.next < top + weights.len() {
            let place = self.next % MOST_TAPS * self.padded;
            let row = &self.bytes[self.next * self.stride..][..self.stride];
            widen(row, PLACES, &mut self.ring[place..][..self.stride]);
            self.next += 1;
        }
        let row = |number: usize| &self.ring[(top + number) % MOST_TAPS * self.padded..][..self.padded];
        let rows: [&[i16]; MOST_TAPS] = std::array::from_fn(row);
        self.groups.iter_mut().zip(weights).for_each(|(group, weight)| group.weight = *weight);
        sum_scaled(&rows, &self.groups[..weights.len()], sums, false);
    }
}

/// Puts row `number` of pixels beside others.
pub(super) fn interleave(row: &[i16], channels: usize, number: usize, beside: &mut [[i16; LANES]]) {
    fn put<const N: usize>(row: &[i16], number: usize, beside: &mut [[i16; LANES]]) {
        for (pixel, to) in row.as_chunks::<N>().0.iter().zip(beside) {
            to[number * N..][..N].copy_from_slice(pixel);
        }
    }
    match channels {
        1 => put::<1>(row, number, beside),
        2 => put::<2>(row, number, beside),
        3 => put::<3>(row, number, beside),
        _ => put::<4>(row, number, beside),
    }
}

/// Row `number` out of those that lie side by side.
pub(super) fn take_apart(beside: &[[i16; LANES]], channels: usize, number: usize, row: &mut [i16]) {
    fn take<const N: usize>(beside: &[[i16; LANES]], number: usize, row: &mut [i16]) {
        for (pixel, from) in row.as_chunks_mut::<N>().0.iter_mut().zip(beside) {
            pixel.copy_from_slice(&from[number * N..][..N]);
        }
    }
    match channels {
        1 => take::<1>(beside, number, row),
        2 => take::<2>(beside, number, row),
        3 => take::<3>(beside, number, row),
        _ => take::<4>(beside, number, row),
    }
}
