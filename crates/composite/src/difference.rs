//! Differences of overlapping images: dark where they agree.

use super::Composite;
use crate::Result;
use crate::cache::CancelToken;
use crate::geometry::Rect;
use crate::mosaic::Placement;
use crate::pixels::{Pixels, PixelsView, Sample};

impl Composite {
    /// Paint one placement into `out`, which shows `rect` of level `level`: its samples where it is the first, and how far they are
    /// from those that are there already where others were painted, which `painted` tells. Its opacity doesn't count.
    pub(super) fn paint_difference(
        &self,
        placement: &Placement,
        level: usize,
        rect: Rect,
        (painted, out): (&mut [bool], &mut Pixels),
        cancel: &CancelToken,
    ) -> Result<()> {
        let placement = Placement { opacity: 1.0, ..placement.clone() };
        // Rounding at a level may move an edge by a pixel.
        let part = self.place(&placement).reduced(level as u32).expand(1).intersect(rect);
        if part.is_empty() {
            return Ok(());
        }
        // What looks alike on the darkest and the brightest ground is the image's.
        let ground = |of_range: f32| {
            let value = out.sample_type().max() * of_range;
            Pixels::filled(part.size(), out.sample_type(), &vec![value; out.channels().into()])
        };
        let (mut dark, mut bright) = (ground(0.0), ground(1.0));
        for ground in [&mut dark, &mut bright] {
            self.paint(&self.layer(&placement), level, part, ground, cancel)?;
        }
        let alpha = self.info.color.has_alpha();
        let (dark, bright) = (dark.view(), bright.view());
        let width = rect.width() as usize;
        mosaicist_core::pixels::each_type!(out.samples_mut(), samples => {
            for y in 0..part.height() as usize {
                let first = ((part.y0 - rect.y0) as usize + y) * width + (part.x0 - rect.x0) as usize;
                lay_row((&dark, &bright), y, first, painted, samples, alpha);
            }
        });
        Ok(())
    }
}

/// Row `y` of a placement, painted on two grounds, over the pixels from `first` on.
fn lay_row<S: Sample + PartialEq>(
    (dark, bright): (&PixelsView<'_>, &PixelsView<'_>),
    y: usize,
    first: usize,
    painted: &mut [bool],
    samples: &mut [S],
    alpha: bool,
) {
    let channels = usize::from(dark.channels());
    let (Some(dark), Some(bright)) = (dark.row::<S>(y), bright.row::<S>(y)) else { return };
    let pixels = dark.chunks_exact(channels).zip(bright.chunks_exact(channels));
    for (at, (own, other)) in (first..).zip(pixels) {
        if own == other {
            let below = &mut samples[at * channels..][..channels];
            lay(own, below, std::mem::replace(&mut painted[at], true), alpha);
        }
    }
}

/// A pixel over another: the difference of both, of all but alpha, if there is one below.
fn lay<S: Sample>(own: &[S], below: &mut [S], is_painted: bool, alpha: bool) {
    if !is_painted {
        return below.copy_from_slice(own);
    }
    let colors = own.len() - usize::from(alpha);
    for (below, own) in below[..colors].iter_mut().zip(own) {
        *below = S::from_f32((below.to_f32() - own.to_f32()).abs());
    }
}
