//! Resampling an image through an [`Affine`] transform.
//!
//! The filter is the bicubic one of Catmull and Rom ("A class of local interpolating splines", 1974; Keys 1981 with a = -1/2):
//! exact at whole pixels. Where the image is made smaller, the interpolation reads the 2× downsampled level nearest above the wanted
//! size, so aliasing is limited to a factor of two. Colors are weighted by alpha.
//!
//! A canvas pixel is covered if its center lies on the image, wholly or not at all: so abutting images leave neither a gap nor
//! a seam between them. At its edges the image is extended by its last pixels.

use crate::Result;
use crate::cache::Cached;
use crate::geometry::{Affine, Point, Rect};
use crate::pixels::{Pixels, PixelsView, Sample};
use crate::source::Source as _;

/// Pixel centers this near to an edge count as inside, so that abutting images leave no gap.
const SLACK: f64 = 1e-6;
/// Reduction (log2) beyond any image's size.
const MAX_REDUCTION: u32 = 31;

/// A part of an image, resampled to canvas pixels.
pub(super) struct Resampled {
    /// Pixels of the image's type.
    pub(super) pixels: Pixels,
    /// Their position in the requested rectangle.
    pub(super) at: (i64, i64),
    /// Which pixels the image covers, row by row.
    pub(super) covered: Vec<bool>,
}

/// Resamples `slot` (in image pixels) to `rect` of the canvas at level `level`. `to_canvas` maps image pixels to the canvas at
/// full resolution. `None` if they do not intersect.
pub(super) fn read(
    source: &Cached,
    slot: Rect,
    to_canvas: Affine,
    level: u32,
    rect: Rect,
) -> Result<Option<Resampled>> {
    let slot = slot.intersect(Rect::from_size(source.info().size()));
    let factor = 0.5f64.powi(level as i32);
    let to_level = to_canvas.then(Affine::scale(factor, factor));
    let Some(back) = to_level.invert() else { return Ok(None) };
    let wanted = to_level.bounds_of(slot).intersect(rect);
    if wanted.is_empty() {
        return Ok(None);
    }
    let reduction = reduction_of(back);
    let scale = (1u64 << reduction) as f64;
    let to_reduced = back.then(Affine::scale(1.0 / scale, 1.0 / scale));
    // The pixels to read: those of the slot, with a margin of two for the kernel.
    let limits = slot.reduced(reduction);
    let from = to_reduced.bounds_of(wanted).expand(2).intersect(limits);
    if from.is_empty() {
        return Ok(None);
    }
    let pixels = source.read_reduced(reduction, from)?;
    let info = source.info();
    let mut out = Pixels::zeroed(wanted.size(), info.channels, info.sample);
    let grid = Grid { wanted, back, to_reduced, slot, from };
    let alpha = info.color.has_alpha();
    let covered =
        mosaicist_core::pixels::each_type!(out.samples_mut(), samples => grid.sample(pixels.view(), alpha, samples));
    Ok(Some(Resampled { pixels: out, at: (wanted.x0 - rect.x0, wanted.y0 - rect.y0), covered }))
}

/// The reduction (log2) at which an image is sampled; `back` maps output pixels to image pixels.
fn reduction_of(back: Affine) -> u32 {
    // The distance in the image of adjacent canvas pixels.
    let apart = back.invert().map_or(1.0, Affine::minification);
    if apart < 2.0 { 0 } else { (apart.log2() as u32).min(MAX_REDUCTION) }
}

/// The requested pixels, and their mapping to the image.
struct Grid {
    wanted: Rect,
    /// From requested pixels to image pixels.
    back: Affine,
    /// From requested pixels to the pixels that were read.
    to_reduced: Affine,
    slot: Rect,
    /// The rectangle that was read.
    from: Rect,
}

impl Grid {
    /// Sample all; which of them the image covers.
    fn sample<S: Sample>(&self, pixels: PixelsView<'_>, alpha: bool, out: &mut [S]) -> Vec<bool> {
        let channels = pixels.channels() as usize;
        let rows: Vec<&[S]> = pixels.rows().collect();
        let mut covered = Vec::with_capacity(out.len() / channels);
        let mut targets = out.chunks_exact_mut(channels);
        let mut sums = vec![0.0; channels];
        let first = (self.from.x0, self.from.y0);
        for y in self.wanted.y0..self.wanted.y1 {
            for x in self.wanted.x0..self.wanted.x1 {
                let middle = Point::new(x as f64 + 0.5, y as f64 + 0.5);
                let is_covered = self.holds(self.back.apply(middle));
                covered.push(is_covered);
                if let Some(target) = targets.next()
                    && is_covered
                {
                    bicubic(&rows, channels, alpha, self.within(middle), first, &mut sums);
                    target.iter_mut().zip(&sums).for_each(|(to, sum)| *to = S::from_f32(*sum));
                }
            }
        }
        covered
    }

    fn holds(&self, at: Point) -> bool {
        let in_line = |at: f64, from: i64, to: i64| from as f64 - SLACK <= at && at <= to as f64 + SLACK;
        in_line(at.x, self.slot.x0, self.slot.x1) && in_line(at.y, self.slot.y0, self.slot.y1)
    }

    /// Where to sample the image as it was read: whole numbers are middles of pixels. It is counted from the image's own first
    /// pixel, so that the same comes out whatever part of it was read.
    fn within(&self, middle: Point) -> Point {
        self.to_reduced.apply(middle) - Point::new(0.5, 0.5)
    }
}

/// The pixel at `at`, between others, into `sums`; `rows` begin at the pixel `first`.
fn bicubic<S: Sample>(rows: &[&[S]], channels: usize, alpha: bool, at: Point, first: (i64, i64), sums: &mut [f32]) {
    let ((column, across), (row, down)) = (taps(at.x), taps(at.y));
    let (column, row) = (column - first.0, row - first.1);
    let width = rows.first().map_or(0, |row| row.len() / channels) as i64;
    let clamped = |at: i64, count: i64| at.clamp(0, (count - 1).max(0)) as usize;
    sums.fill(0.0);
    for (dy, &weight_y) in (0i64..).zip(&down) {
        let Some(line) = rows.get(clamped(row + dy, rows.len() as i64)) else { return };
        for (dx, &weight_x) in (0i64..).zip(&across) {
            let weight = weight_x * weight_y;
            if weight == 0.0 {
                continue;
            }
            let pixel = &line[clamped(column + dx, width) * channels..][..channels];
            let own = if alpha { weight * pixel[channels - 1].to_f32() } else { weight };
            let colors = channels - usize::from(alpha);
            sums.iter_mut().zip(&pixel[..colors]).for_each(|(sum, value)| *sum += own * value.to_f32());
            if alpha {
                sums[colors] += own;
            }
        }
    }
    if let Some((alpha_value, colors)) = sums.split_last_mut().filter(|_| alpha) {
        let all = *alpha_value;
        colors.iter_mut().for_each(|sum| *sum = if all > 0.0 { *sum / all } else { 0.0 });
    }
}

/// The first of the four samples around a place and the weight of each.
fn taps(at: f64) -> (i64, [f32; 4]) {
    let first = at.floor();
    let mut t = at - first;
    // What rounding makes of a whole number is one.
    let mut start = first as i64 - 1;
    if t > 1.0 - SLACK {
        (t, start) = (0.0, start + 1);
    } else if t < SLACK {
        t = 0.0;
    }
    let (t2, t3) = (t * t, t * t * t);
    let weights =
        [-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3];
    (start, weights.map(|weight| weight as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_make_one_and_whole_places_are_exact() {
        for at in [-3.7, 0.0, 0.25, 5.5, 7.999_999_9] {
            let (_, weights) = taps(at);
            assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
        assert_eq!(taps(7.0), (6, [0.0, 1.0, 0.0, 0.0]));
        assert_eq!(taps(6.999_999_99), (6, [0.0, 1.0, 0.0, 0.0]));
    }

    #[test]
    fn transparent_colors_do_not_bleed() {
        let line: Vec<u8> = [[200, 255], [200, 255], [0, 0], [0, 0]].concat();
        let mut sums = [0.0; 2];
        bicubic(&[&line[..]], 2, true, Point::new(4.5, 7.0), (3, 7), &mut sums);
        assert!((sums[0] - 200.0).abs() < 1e-3 && (sums[1] - 127.5).abs() < 1e-3, "{sums:?}");
    }

    #[test]
    fn smaller_images_are_sampled_from_coarser_levels() {
        let of = |factor: f64| reduction_of(Affine::scale(factor, factor).invert().unwrap());
        assert_eq!([of(3.0), of(1.0), of(0.51), of(0.5), of(0.24), of(1e-30)], [0, 0, 0, 1, 2, MAX_REDUCTION]);
    }
}
