//! [`halved`]: a picture blurred and at half its resolution, row by row, skipping what is zeros.

use std::ops::Range;

use super::bands::Grid;
use crate::geometry::Rect;

/// A row of a picture of which most is zeros.
pub(super) struct Line {
    values: Vec<f32>,
    channels: usize,
    /// Pixels of each of the 64 parts.
    part: usize,
    /// A bit for each part that may hold something.
    used: u64,
}

impl Line {
    fn new(width: usize, channels: usize) -> Self {
        Self { values: vec![0.0; width * channels], channels, part: width.div_ceil(64).max(1), used: 0 }
    }

    /// The numbers of some pixels, to be written.
    pub(super) fn part(&mut self, pixels: Range<usize>) -> &mut [f32] {
        if !pixels.is_empty() {
            let (first, last) = (pixels.start / self.part, (pixels.end - 1) / self.part);
            self.used |= (u64::MAX >> (63 - last)) & (u64::MAX << first);
        }
        &mut self.values[pixels.start * self.channels..pixels.end * self.channels]
    }

    fn clear(&mut self) {
        let (part, width) = (self.part, self.values.len() / self.channels);
        for pixels in used_pixels(self.used, part, width) {
            self.values[pixels.start * self.channels..pixels.end * self.channels].fill(0.0);
        }
        self.used = 0;
    }
}

/// The pixels of the parts whose bits are set, in runs.
fn used_pixels(mut used: u64, part: usize, width: usize) -> impl Iterator<Item = Range<usize>> {
    std::iter::from_fn(move || {
        let first = used.trailing_zeros();
        let end = first + (used.checked_shr(first)?).trailing_ones();
        used &= u64::MAX.checked_shl(end).unwrap_or(0);
        Some(first as usize * part..(end as usize * part).min(width))
    })
}

/// A picture blurred by 1 4 6 4 1, and every second pixel of that; nothing lies beyond the edges. `fill` writes each row of the
/// picture, which is zeros before. The rectangle begins and ends at even places.
pub(super) fn halved(whole: Rect, channels: usize, mut fill: impl FnMut(i64, &mut Line)) -> Grid {
    let rect = Rect::new(whole.x0 >> 1, whole.y0 >> 1, whole.x1 >> 1, whole.y1 >> 1);
    let mut out = Grid::unset(rect, channels);
    let width = whole.width() as usize;
    // Row y is the one number y mod 5.
    let mut lines: [Line; 5] = std::array::from_fn(|_| Line::new(width, channels));
    let number = |y: i64| y.rem_euclid(5) as usize;
    // A row with two pixels of nothing on each side.
    let mut blurred = vec![0.0f32; (width + 4) * channels];
    let mut known = whole.y0;
    for y in rect.y0..rect.y1 {
        while known <= 2 * y + 2 {
            let line = &mut lines[number(known)];
            line.clear();
            if known < whole.y1 {
                fill(known, line);
            }
            known += 1;
        }
        let used = lines.iter().fold(0, |all, line| all | line.used);
        let rows = [-2, -1, 0, 1, 2].map(|dy| &lines[number(2 * y + dy)]);
        blurred.fill(0.0);
        let to = out.row_from(rect.x0, y);
        to.fill(0.0);
        for pixels in used_pixels(used, rows[0].part, width) {
            let values = pixels.start * channels..pixels.end * channels;
            let target = &mut blurred[(pixels.start + 2) * channels..(pixels.end + 2) * channels];
            down(rows.map(|row| &row.values[values.clone()]), target);
        }
        for pixels in used_pixels(used, rows[0].part, width) {
            // Those that are less than three pixels away.
            let (first, end) = (pixels.start.saturating_sub(2) / 2, (pixels.end.div_ceil(2) + 1).min(width / 2));
            let (row, to) = (&blurred[2 * first * channels..], &mut to[first * channels..end * channels]);
            match channels {
                1 => across::<1>(row, to, channels),
                3 => across::<3>(row, to, channels),
                _ => across::<0>(row, to, channels),
            }
        }
    }
    out
}

/// The five rows weighed 1 4 6 4 1, of 16.
fn down(rows: [&[f32]; 5], out: &mut [f32]) {
    let [a, b, c, d, e] = rows.map(|row| &row[..out.len()]);
    for (k, out) in out.iter_mut().enumerate() {
        *out = (a[k] + e[k]) * 0.0625 + (b[k] + d[k]) * 0.25 + c[k] * 0.375;
    }
}

/// Every second pixel of a row, which has two more on each side, weighed 1 4 6 4 1, of 16.
fn across<const C: usize>(row: &[f32], out: &mut [f32], channels: usize) {
    let channels = known::<C>(channels);
    for (x, out) in out.chunks_exact_mut(channels).enumerate() {
        let near = &row[2 * x * channels..(2 * x + 5) * channels];
        for (c, out) in out.iter_mut().enumerate() {
            let at = |k: usize| near[k * channels + c];
            *out = (at(0) + at(4)) * 0.0625 + (at(1) + at(3)) * 0.25 + at(2) * 0.375;
        }
    }
}

/// `channels`, which the compiler knows if they are not 0.
pub(super) const fn known<const C: usize>(channels: usize) -> usize {
    if C == 0 { channels } else { C }
}
