//! Multi-band blending: cut along a seam, and each band of structures faded over a width of its own.
//!
//! After Burt and Adelson, "A multiresolution spline with application to image mosaics" (1983). Their pyramids are of the
//! *differences* of each image to the picture that is cut hard, W: an image is taken to go on as W where it has no pixel. As the
//! pyramid is linear, the result is W + Σ over images and bands of mask · band, and the finest band needs no product: there an
//! image that is shown differs from W by nothing. So what lies far from any seam is left as it is, exactly, and images with
//! transparent or missing pixels, turned or of any shape, are no special case.
//!
//! Near the edge of what is covered, blurs count only what is covered.

use std::ops::Range;

use super::Mixed;
use super::halved::{halved, known};
use super::patches::Patches;
use super::seam::{Labels, NONE, runs};
use crate::geometry::Rect;
use crate::patch::Patch;
use crate::pixels::{Samples, buffer_pool};

/// The side of a piece that is blended at a time, in pixels.
pub(super) const PIECE: i64 = 512;
/// How often differences are halved: structures above 2^LEVELS pixels fade over the widest band.
const LEVELS: u32 = 4;

/// How often differences are halved at a level of the canvas: a band is as wide there as at full resolution.
pub(super) const fn count(level: u32) -> u32 {
    LEVELS.saturating_sub(level)
}

/// How far from a pixel something may be that it depends on, in pixels: twice the reach of the coarsest level's blur.
pub(super) const fn reach(levels: u32) -> i64 {
    4 * ((1 << levels) - 1)
}

/// What has to be known to blend `piece`: all within reach, cut where the coarsest level has its pixels.
pub(super) fn area(piece: Rect, levels: u32) -> Rect {
    aligned(piece.expand(reach(levels)), levels)
}

fn aligned(rect: Rect, levels: u32) -> Rect {
    let (down, up) = (|at: i64| at >> levels << levels, |at: i64| (at + (1 << levels) - 1) >> levels << levels);
    Rect::new(down(rect.x0), down(rect.y0), up(rect.x1), up(rect.y1))
}

/// The pixels of `piece` that several cover or that lie near a seam. `labels` are of [`area`].
pub(super) fn blend(patches: &Patches<'_>, labels: &Labels, piece: Rect, levels: u32) -> Mixed {
    let (area, colors) = (labels.rect, patches.colors);
    let cut = labels.colors(patches, area);
    let covered: Vec<Covered> =
        pyramid(labels.halved(area, |label| label != NONE), levels).into_iter().map(Covered::from).collect();
    let mut sums: Vec<Grid> = covered.iter().map(|covered| Grid::zeros(covered.grid.rect, colors)).collect();
    // The finest of each image's blurred differences, and its number.
    let mut finest: Vec<(u32, Grid)> = Vec::new();
    for (number, patch) in (0u32..).zip(patches.iter()) {
        let hidden = hidden(patch, labels, number);
        if hidden.is_empty() {
            continue;
        }
        let near = aligned(hidden.expand(reach(levels)), levels).intersect(area);
        let mut blurred = pyramid(difference(patch, labels, (number, hidden, near), &cut, colors), levels);
        // A mask is blurred as far again.
        let around = aligned(near.expand(reach(levels)), levels).intersect(area);
        let mut masks = pyramid(labels.halved(around, |label| label == number), levels);
        for (level, covered) in covered.iter().enumerate() {
            blurred[level].divide_by(covered);
            masks[level].divide_by(covered);
        }
        for level in 0..blurred.len() {
            sums[level].add_band(&blurred[level], blurred.get(level + 1), &masks[level]);
        }
        finest.push((number, blurred.swap_remove(0)));
    }
    let mut coarser: Option<Grid> = None;
    while let Some(mut grid) = sums.pop() {
        if let Some(coarser) = &coarser {
            grid.add_expanded(coarser);
        }
        coarser = Some(grid);
    }
    let (count, cover) = patches.cover(piece);
    let mut mixed = Mixed {
        rect: piece,
        colors: part_of(&cut, area, piece, colors),
        cover,
        is_new: count.iter().map(|n| *n > 1).collect(),
    };
    if let (Some(sum), false) = (coarser, finest.is_empty()) {
        for (number, patch) in (0u32..).zip(patches.iter()) {
            let own = finest.iter().find(|(whose, _)| *whose == number).map(|(_, grid)| grid);
            add_correction(&mut mixed, labels, (number, patch.rect.intersect(piece)), &sum, own, colors);
        }
    }
    buffer_pool::give(Samples::F32(cut));
    mixed
}

/// The numbers of `piece`, a part of the `area` that has `all`.
fn part_of(all: &[f32], area: Rect, piece: Rect, colors: usize) -> Vec<f32> {
    let (line, width) = (area.width() as usize * colors, piece.width() as usize * colors);
    let first = (piece.y0 - area.y0) as usize * line + (piece.x0 - area.x0) as usize * colors;
    let mut part = buffer_pool::room(width * piece.height() as usize);
    (0..piece.height() as usize).for_each(|y| part.extend_from_slice(&all[first + y * line..][..width]));
    part
}

/// The smallest rectangle around the pixels that a patch covers and another one shows.
fn hidden(patch: &Patch, labels: &Labels, number: u32) -> Rect {
    let (shared, at) = (patch.shared(labels.rect), patch.rect.intersect(labels.rect));
    let mut all = Rect::default();
    for y in 0..shared.height {
        let (own, _) = shared.row(y);
        let line = at.y0 + y as i64;
        let row = labels.row(at.x0, line, shared.width).iter().zip(patch.cover(own, shared.width));
        let mut places =
            row.enumerate().filter(|(_, (label, cover))| **label != number && **cover > 0.0).map(|(x, _)| x);
        if let Some(first) = places.next() {
            let last = places.next_back().unwrap_or(first);
            all = all.union(Rect::new(at.x0 + first as i64, line, at.x0 + last as i64 + 1, line + 1));
        }
    }
    all
}

/// What a patch differs from the picture that is cut hard, where it is `hidden`, at half the resolution; zeros elsewhere in `near`.
fn difference(
    patch: &Patch,
    labels: &Labels,
    (number, hidden, near): (u32, Rect, Rect),
    cut: &[f32],
    colors: usize,
) -> Grid {
    let width = hidden.width() as usize;
    let (column, first) = ((hidden.x0 - patch.rect.x0) as usize, (hidden.x0 - near.x0) as usize);
    halved(near, colors, |y, line| {
        if !(hidden.y0..hidden.y1).contains(&y) {
            return;
        }
        let own = (column, (y - patch.rect.y0) as usize);
        let below =
            (y - labels.rect.y0) as usize * labels.rect.width() as usize + (hidden.x0 - labels.rect.x0) as usize;
        let (pixels, below) = (patch.colors(own, width, colors), &cut[below * colors..][..width * colors]);
        let (others, cover) = (labels.row(hidden.x0, y, width), patch.cover(own, width));
        for run in runs(width, |x| others[x] != number && cover[x] > 0.0) {
            let to = line.part(first + run.start..first + run.end);
            let run = run.start * colors..run.end * colors;
            let both = pixels[run.clone()].iter().zip(&below[run]);
            to.iter_mut().zip(both).for_each(|(to, (a, b))| *to = a - b);
        }
    })
}

impl Labels {
    /// 1 where labels are `chosen` and 0 elsewhere, at half the resolution.
    fn halved(&self, rect: Rect, chosen: impl Fn(u32) -> bool) -> Grid {
        let width = rect.width() as usize;
        halved(rect, 1, |y, line| {
            let row = self.row(rect.x0, y, width);
            for run in runs(width, |x| chosen(row[x])) {
                line.part(run).fill(1.0);
            }
        })
    }
}

/// Add to the pixels of one label in `part` what `sum`, less the label's own blurred difference, expands to.
fn add_correction(
    mixed: &mut Mixed,
    labels: &Labels,
    (number, part): (u32, Rect),
    sum: &Grid,
    own: Option<&Grid>,
    colors: usize,
) {
    if part.is_empty() {
        return;
    }
    let coarse = Rect::new(part.x0 >> 1, part.y0 >> 1, (part.x1 + 1) >> 1, (part.y1 + 1) >> 1).expand(1);
    let mut rest = sum.crop(coarse.intersect(sum.rect));
    if let Some(own) = own {
        rest.subtract(own);
    }
    // Far from any seam nothing is to be added.
    let part = part.intersect(rest.place_of_values());
    if part.is_empty() {
        return;
    }
    let width = part.width() as usize;
    let (mut expanded, mut between) = (vec![0.0f32; width * colors], Vec::new());
    for y in part.y0..part.y1 {
        if !rest.expand_row((part.x0, part.x1), y, &mut between, &mut expanded) {
            continue;
        }
        let first = (y - mixed.rect.y0) as usize * mixed.rect.width() as usize + (part.x0 - mixed.rect.x0) as usize;
        let pixels = mixed.colors[first * colors..].chunks_exact_mut(colors).zip(&mut mixed.is_new[first..]);
        let row = labels.row(part.x0, y, width).iter().zip(expanded.chunks_exact(colors));
        for ((pixel, is_new), (label, more)) in pixels.zip(row) {
            if *label == number {
                *is_new |= more.iter().any(|more| *more != 0.0);
                pixel.iter_mut().zip(more).for_each(|(to, more)| *to += more);
            }
        }
    }
}

/// Numbers at the pixels of a rectangle of some level.
pub(super) struct Grid {
    rect: Rect,
    channels: usize,
    data: Vec<f32>,
}

impl Drop for Grid {
    fn drop(&mut self) {
        buffer_pool::give(Samples::F32(std::mem::take(&mut self.data)));
    }
}

impl Grid {
    fn zeros(rect: Rect, channels: usize) -> Self {
        Self { rect, channels, data: buffer_pool::zeros(rect.area() as usize * channels) }
    }

    /// Of any numbers, which are all to be written.
    pub(super) fn unset(rect: Rect, channels: usize) -> Self {
        Self { rect, channels, data: buffer_pool::buffer(rect.area() as usize * channels) }
    }

    fn line(&self) -> usize {
        self.rect.width() as usize * self.channels
    }

    fn row(&self, y: i64) -> &[f32] {
        &self.data[(y - self.rect.y0) as usize * self.line()..][..self.line()]
    }

    /// The rest of row `y` from `x` on.
    pub(super) fn row_from(&mut self, x: i64, y: i64) -> &mut [f32] {
        let (line, channels) = (self.line(), self.channels);
        &mut self.data[(y - self.rect.y0) as usize * line..][..line][(x - self.rect.x0) as usize * channels..]
    }

    fn crop(&self, rect: Rect) -> Self {
        let mut out = Self::unset(rect, self.channels);
        for y in rect.y0..rect.y1 {
            let from = (rect.x0 - self.rect.x0) as usize * self.channels;
            let length = out.line();
            out.row_from(rect.x0, y).copy_from_slice(&self.row(y)[from..from + length]);
        }
        out
    }

    /// Take off what `other` has at the same places.
    fn subtract(&mut self, other: &Self) {
        let both = self.rect.intersect(other.rect);
        let (length, from) =
            (both.width() as usize * self.channels, (both.x0 - other.rect.x0) as usize * self.channels);
        for y in both.y0..both.y1 {
            let other = &other.row(y)[from..from + length];
            self.row_from(both.x0, y).iter_mut().zip(other).for_each(|(to, less)| *to -= less);
        }
    }

    /// What the pixels that are not zero reach when this is expanded, at twice the resolution.
    fn place_of_values(&self) -> Rect {
        let mut all = Rect::default();
        for y in self.rect.y0..self.rect.y1 {
            let row = self.row(y);
            if let Some(first) = row.iter().position(|value| *value != 0.0) {
                let last = row.iter().rposition(|value| *value != 0.0).unwrap_or(first);
                let column = |at: usize| self.rect.x0 + (at / self.channels) as i64;
                all = all.union(Rect::new(column(first), y, column(last) + 1, y + 1));
            }
        }
        all.doubled().expand(2)
    }

    /// This at half the resolution.
    fn reduced(&self) -> Self {
        let width = self.rect.width() as usize;
        halved(self.rect, self.channels, |y, line| line.part(0..width).copy_from_slice(self.row(y)))
    }

    /// Divide by how much of each pixel's surroundings is covered; nothing stays nothing.
    fn divide_by(&mut self, covered: &Covered) {
        let (rect, channels) = (self.rect, self.channels);
        for y in rect.y0..rect.y1 {
            let (first, width) = ((rect.x0 - covered.grid.rect.x0) as usize, rect.width() as usize);
            let whole = &covered.whole[(y - covered.grid.rect.y0) as usize];
            let (row, parts) = (self.row_from(rect.x0, y), &covered.grid.row(y)[first..first + width]);
            let (start, end) =
                (whole.start.saturating_sub(first).min(width), whole.end.saturating_sub(first).min(width));
            for part in [0..start, end..width] {
                let pixels = row[part.start * channels..part.end * channels].chunks_exact_mut(channels);
                for (pixel, part) in pixels.zip(&parts[part]) {
                    let scale = if *part > 0.0 { 1.0 / part } else { 0.0 };
                    pixel.iter_mut().for_each(|value| *value *= scale);
                }
            }
        }
    }

    /// Add the band between `blurred` and what is `coarser`, times `mask`.
    fn add_band(&mut self, blurred: &Self, coarser: Option<&Self>, mask: &Self) {
        let (rect, channels) = (blurred.rect, self.channels);
        let (mut expanded, mut between) = (vec![0.0f32; blurred.line()], Vec::new());
        for y in rect.y0..rect.y1 {
            if let Some(coarser) = coarser {
                coarser.expand_row((rect.x0, rect.x1), y, &mut between, &mut expanded);
            }
            let mask = &mask.row(y)[(rect.x0 - mask.rect.x0) as usize..];
            let (sums, fine) = (self.row_from(rect.x0, y), blurred.row(y));
            match channels {
                1 => add_masked::<1>(sums, fine, &expanded, mask, channels),
                3 => add_masked::<3>(sums, fine, &expanded, mask, channels),
                _ => add_masked::<0>(sums, fine, &expanded, mask, channels),
            }
        }
    }

    /// Add what `coarser` is at this resolution.
    fn add_expanded(&mut self, coarser: &Self) {
        let rect = self.rect;
        let (mut expanded, mut between) = (vec![0.0f32; self.line()], Vec::new());
        for y in rect.y0..rect.y1 {
            coarser.expand_row((rect.x0, rect.x1), y, &mut between, &mut expanded);
            self.row_from(rect.x0, y).iter_mut().zip(&expanded).for_each(|(to, more)| *to += more);
        }
    }

    /// Row `y` of this at twice the resolution, from column `x0` to `x1`, into `out`; `between` is scratch. Beyond the edges the
    /// last pixels go on. Whether anything but zeros came.
    fn expand_row(&self, (x0, x1): (i64, i64), y: i64, between: &mut Vec<f32>, out: &mut [f32]) -> bool {
        let channels = self.channels;
        let row = |y: i64| self.row(y.clamp(self.rect.y0, self.rect.y1 - 1));
        let at = y >> 1;
        // The coarse columns that count, one more on each side.
        let (first, end) = ((x0 >> 1) - 1, ((x1 + 1) >> 1) + 1);
        between.clear();
        between.resize((end - first) as usize * channels, 0.0);
        let (from, to) = (first.max(self.rect.x0), end.min(self.rect.x1));
        let inside = (from - first) as usize * channels..(to - first) as usize * channels;
        let own = (from - self.rect.x0) as usize * channels..(to - self.rect.x0) as usize * channels;
        let target = &mut between[inside.clone()];
        if y & 1 == 0 {
            let (above, here, below) = (&row(at - 1)[own.clone()], &row(at)[own.clone()], &row(at + 1)[own]);
            for (((to, a), b), c) in target.iter_mut().zip(above).zip(here).zip(below) {
                *to = (a + c) * 0.125 + b * 0.75;
            }
        } else {
            let (above, below) = (&row(at)[own.clone()], &row(at + 1)[own]);
            target.iter_mut().zip(above).zip(below).for_each(|((to, a), b)| *to = (a + b) * 0.5);
        }
        if target.iter().all(|value| *value == 0.0) {
            out.fill(0.0);
            return false;
        }
        // Where the grid ends, its last pixels go on.
        for at in (0..inside.start).rev() {
            between[at] = between[at + channels];
        }
        for at in inside.end..between.len() {
            between[at] = between[at - channels];
        }
        let begins_odd = x0 & 1 == 1;
        match channels {
            1 => widen::<1>(between, begins_odd, out, channels),
            3 => widen::<3>(between, begins_odd, out, channels),
            _ => widen::<0>(between, begins_odd, out, channels),
        }
        true
    }
}

/// How much of each pixel's surroundings is covered.
struct Covered {
    grid: Grid,
    /// Of each row a stretch of which all is, counted from its beginning. At the ends of a row less is covered, since nothing counts
    /// beyond the rectangle.
    whole: Vec<Range<usize>>,
}

impl From<Grid> for Covered {
    fn from(grid: Grid) -> Self {
        let stretch = |row: &[f32]| {
            let first = row.iter().position(|part| *part == 1.0)?;
            let end = row.iter().rposition(|part| *part == 1.0)? + 1;
            row[first..end].iter().all(|part| *part == 1.0).then_some(first..end)
        };
        let whole = (grid.rect.y0..grid.rect.y1).map(|y| stretch(grid.row(y)).unwrap_or_default()).collect();
        Self { grid, whole }
    }
}

/// A picture at half its resolution, which is `first`, at a quarter, and so on: `levels` of them.
fn pyramid(first: Grid, levels: u32) -> Vec<Grid> {
    let mut all = Vec::with_capacity(levels as usize);
    let mut next = first;
    for _ in 1..levels {
        let coarser = next.reduced();
        all.push(next);
        next = coarser;
    }
    all.push(next);
    all
}

/// A row at twice the resolution: `row` begins one pixel before the one that `out` begins in, whose second half that is if it
/// `begins_odd`.
fn widen<const C: usize>(row: &[f32], begins_odd: bool, out: &mut [f32], channels: usize) {
    let channels = known::<C>(channels);
    let even = |near: &[f32], out: &mut [f32]| {
        for (c, out) in out.iter_mut().enumerate() {
            *out = (near[c] + near[2 * channels + c]) * 0.125 + near[channels + c] * 0.75;
        }
    };
    let odd = |near: &[f32], out: &mut [f32]| {
        for (c, out) in out.iter_mut().enumerate() {
            *out = (near[channels + c] + near[2 * channels + c]) * 0.5;
        }
    };
    let head = if begins_odd { channels.min(out.len()) } else { 0 };
    let (first, out) = out.split_at_mut(head);
    if begins_odd {
        odd(&row[..3 * channels], first);
    }
    let row = &row[head..];
    let mut pairs = out.chunks_exact_mut(2 * channels);
    let mut at = 0;
    for pair in &mut pairs {
        let near = &row[at..at + 3 * channels];
        let (left, right) = pair.split_at_mut(channels);
        even(near, left);
        odd(near, right);
        at += channels;
    }
    let last = pairs.into_remainder();
    if !last.is_empty() {
        even(&row[at..at + 3 * channels], last);
    }
}

/// Add to each pixel of `sums` what `fine` has more than `coarse`, times its `mask`.
fn add_masked<const C: usize>(sums: &mut [f32], fine: &[f32], coarse: &[f32], mask: &[f32], channels: usize) {
    let channels = known::<C>(channels);
    let band = fine.chunks_exact(channels).zip(coarse.chunks_exact(channels));
    for ((sums, (fine, coarse)), mask) in sums.chunks_exact_mut(channels).zip(band).zip(mask) {
        sums.iter_mut().zip(fine.iter().zip(coarse)).for_each(|(sum, (a, b))| *sum += mask * (a - b));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_widen_alike_whatever_their_channels_are() {
        // Pixels of one channel, spread over three.
        let row: Vec<f32> = (0u16..16).map(|k| f32::from(k * 37 % 19)).collect();
        let three: Vec<f32> = row.iter().flat_map(|value| [*value, value + 1.0, 2.0 * value]).collect();
        for (begins_odd, pixels) in [(false, 12), (false, 13), (true, 12), (true, 13), (true, 1)] {
            let (mut one, mut fixed, mut any) = (vec![0.0; pixels], vec![0.0; pixels * 3], vec![0.0; pixels * 3]);
            widen::<1>(&row, begins_odd, &mut one, 1);
            widen::<3>(&three, begins_odd, &mut fixed, 3);
            widen::<0>(&three, begins_odd, &mut any, 3);
            assert_eq!(fixed, any);
            for (x, (pixel, one)) in fixed.chunks_exact(3).zip(&one).enumerate() {
                let at = x + usize::from(begins_odd);
                let (a, b, c) = (row[at / 2], row[at / 2 + 1], row[at / 2 + 2]);
                let expected = if at % 2 == 0 { (a + c) * 0.125 + b * 0.75 } else { (b + c) * 0.5 };
                assert_eq!(*one, expected);
                assert!(pixel[0] == *one && (pixel[1] - one - 1.0).abs() < 1e-5 && (pixel[2] - 2.0 * one).abs() < 1e-5);
            }
        }
    }
}
