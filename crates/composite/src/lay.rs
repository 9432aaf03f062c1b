//! Laying pixels over others: alpha and opacity.

use crate::geometry::{Rect, Size};
use crate::pixels::{Pixels, PixelsView, Sample, by_type, each_type, is_nodata};

/// Porter and Duff's "over" (1984) for pixels whose last channel is alpha, not premultiplied.
pub(super) fn lay_over(top: &Pixels, x: i64, y: i64, out: &mut Pixels) {
    fn over<S: Sample>(top: &[S], below: &mut [S]) {
        let last = top.len() - 1;
        let (a, b) = (top[last].to_f32() / S::TYPE.max(), below[last].to_f32() / S::TYPE.max());
        let all = a + b * (1.0 - a);
        if a >= 1.0 || b <= 0.0 {
            below.copy_from_slice(top);
        } else if a > 0.0 {
            for c in 0..last {
                below[c] = S::from_f32((top[c].to_f32() * a + below[c].to_f32() * b * (1.0 - a)) / all);
            }
            below[last] = S::from_f32(all * S::TYPE.max());
        }
    }
    fn rows<S: Sample>(top: &Pixels, (x, y): (i64, i64), rect: Rect, channels: usize, width: usize, out: &mut [S]) {
        for row in rect.y0..rect.y1 {
            let Some(line) = top.view().row::<S>((row - y) as usize) else { return };
            let line = &line[(rect.x0 - x) as usize * channels..][..rect.width() as usize * channels];
            let to = &mut out[(row as usize * width + rect.x0 as usize) * channels..][..line.len()];
            line.chunks_exact(channels).zip(to.chunks_exact_mut(channels)).for_each(|(top, below)| over(top, below));
        }
    }
    let rect = Rect::at(x, y, top.size()).intersect(Rect::from_size(out.size()));
    let (channels, width) = (out.channels() as usize, out.size().width as usize);
    each_type!(out.samples_mut(), out => rows(top, (x, y), rect, channels, width, out));
}

/// The same with alpha times `opacity`, and only those pixels of `top` that are `covered`, or all. `alpha` says whether the last
/// channel is alpha; without it, what is below is opaque.
pub(super) fn lay_faded(
    top: &Pixels,
    alpha: bool,
    opacity: f32,
    covered: Option<&[bool]>,
    (x, y): (i64, i64),
    out: &mut Pixels,
) {
    let rect = Rect::at(x, y, top.size()).intersect(Rect::from_size(out.size()));
    let (channels, width) = (out.channels() as usize, out.size().width as usize);
    fn fade<S: Sample>(top: &[S], below: &mut [S], alpha: bool, opacity: f32) {
        let colors = top.len() - usize::from(alpha);
        let of = |samples: &[S]| samples[colors].to_f32() / S::TYPE.max();
        let (a, b) = if alpha { (of(top) * opacity, of(below)) } else { (opacity, 1.0) };
        let all = a + b * (1.0 - a);
        if a >= 1.0 {
            below.copy_from_slice(top);
        } else if a > 0.0 {
            for c in 0..colors {
                below[c] = S::from_f32((top[c].to_f32() * a + below[c].to_f32() * b * (1.0 - a)) / all);
            }
            if alpha {
                below[colors] = S::from_f32(all * S::TYPE.max());
            }
        }
    }
    mosaicist_core::pixels::each_type!(out.samples_mut(), out => {
        for row in rect.y0..rect.y1 {
            let Some(line) = top.view().row((row - y) as usize) else { return };
            for column in rect.x0..rect.x1 {
                let (from, to) = ((column - x) as usize, row as usize * width + column as usize);
                if covered.is_none_or(|covered| covered[(row - y) as usize * top.size().width as usize + from]) {
                    let top = &line[from * channels..][..channels];
                    fade(top, &mut out[to * channels..][..channels], alpha, opacity);
                }
            }
        }
    });
}

/// Which pixels of `view` are known and, if that is given, `covered`; nothing if all are known. A pixel is not known if all its
/// samples are `nodata`.
pub(super) fn known(view: PixelsView<'_>, nodata: f64, covered: Option<&[bool]>) -> Option<Vec<bool>> {
    fn all<S: Sample>(view: PixelsView<'_>, nodata: f64) -> Vec<bool> {
        let channels = usize::from(view.channels());
        let known = |pixel: &[S]| pixel.iter().any(|sample| !is_nodata(sample.to_f64(), nodata));
        view.rows::<S>().flat_map(|row| row.chunks_exact(channels).map(known)).collect()
    }
    let mut all = by_type!(view.sample_type(), S => all::<S>(view, nodata));
    if all.iter().all(|known| *known) {
        return None;
    }
    if let Some(covered) = covered {
        all.iter_mut().zip(covered).for_each(|(known, covered)| *known &= covered);
    }
    Some(all)
}

/// Diagonal stripes of full and zero intensity over `place`, aligned to `origin`.
pub(super) fn hatch(out: &mut Pixels, place: Rect, origin: (i64, i64)) {
    let place = place.intersect(Rect::from_size(out.size()));
    let (channels, sample) = (out.channels() as usize, out.sample_type());
    for y in place.y0..place.y1 {
        for x in place.x0..place.x1 {
            let stripe = ((x - origin.0) + (y - origin.1)) / 12 % 2 == 0;
            let value = if stripe { 0.85 * sample.max() } else { 0.15 * sample.max() };
            let pixel: Vec<f32> =
                (0..channels).map(|c| if c == 0 || c == 3 { value.max(0.5) } else { value * 0.2 }).collect();
            out.paste(Pixels::filled(Size::new(1, 1), sample, &pixel).view(), x, y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Samples;

    #[test]
    fn alpha_blends_over() {
        let mut out = Pixels::new(Size::new(1, 1), 4, Samples::U8(vec![0, 0, 200, 255])).unwrap();
        let top = Pixels::new(Size::new(1, 1), 4, Samples::U8(vec![100, 0, 0, 128])).unwrap();
        lay_over(&top, 0, 0, &mut out);
        assert_eq!(out.samples(), &Samples::U8(vec![50, 0, 100, 255]));
    }

    #[test]
    fn fading_mixes_and_covers_only_what_is_covered() {
        let pixels = |samples: &[u8]| Pixels::new(Size::new(2, 1), 1, Samples::U8(samples.to_vec())).unwrap();
        let mut out = pixels(&[100, 100]);
        lay_faded(&pixels(&[200, 200]), false, 0.25, Some(&[true, false]), (0, 0), &mut out);
        assert_eq!(out.samples(), &Samples::U8(vec![125, 100]));
        lay_faded(&pixels(&[7, 9]), false, 1.0, None, (1, 0), &mut out);
        assert_eq!(out.samples(), &Samples::U8(vec![125, 7]));
        let mut faint = Pixels::new(Size::new(1, 1), 2, Samples::U8(vec![0, 0])).unwrap();
        lay_faded(
            &Pixels::new(Size::new(1, 1), 2, Samples::U8(vec![90, 255])).unwrap(),
            true,
            0.5,
            None,
            (0, 0),
            &mut faint,
        );
        assert_eq!(faint.samples(), &Samples::U8(vec![90, 128]));
    }
}
