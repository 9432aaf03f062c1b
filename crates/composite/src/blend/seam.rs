//! [`Labels`]: which of several images each pixel is taken from; [`Seam`]: where two images are cut that overlap.
//!
//! A seam along the middle is where the weights of both images are the same. The other one is found by dynamic programming: the
//! path through the whole overlap of two images along which they differ the least (Davis 1998, "Mosaics of scenes with moving
//! objects"; Efros and Freeman 2001). So a pixel's label depends on the images that cover it and on their overlaps only.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::patches::Patches;
use crate::Composite;
use crate::Result;
use crate::cache::CancelToken;
use crate::geometry::Rect;
use crate::mosaic::{Placement, PlacementId, SeamPath};
use crate::patch::Patch;
use crate::pixels::{Samples, buffer_pool};

/// No image covers the pixel.
pub(super) const NONE: u32 = u32::MAX;
/// A seam through more pixels than these is looked for in coarser copies.
const MOST_PIXELS: u64 = 1 << 19;
/// Where more images than these overlap, each pixel is of the one with the greatest weight.
const MOST_RIVALS: usize = 8;
/// What it costs to be half an overlap away from its middle, in parts of the full range: less than any difference that is seen.
const AWAY: f32 = 0.01;
/// So many seams are remembered.
const MOST_SEAMS: usize = 4096;

/// Which patch each pixel of an area is taken from.
pub(super) struct Labels {
    pub(super) rect: Rect,
    /// By its number; [`NONE`] where there is none.
    pub(super) all: Vec<u32>,
}

/// Two images, and how often the canvas is halved.
type Key = (PlacementId, PlacementId, u32);

/// Seams that have been found. What is forgotten is found again, just as it was.
#[derive(Default)]
pub(crate) struct SeamCache(Mutex<HashMap<Key, Option<Arc<Seam>>>>);

/// A cut through the overlap of two images.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seam {
    /// In pixels of `level`.
    rect: Rect,
    level: u32,
    /// Whether it runs from the top down, not from left to right.
    is_down: bool,
    /// For each row (or column): the first pixel beyond the cut, counted from the rectangle's edge.
    cut: Vec<u32>,
    /// Whether what lies before the cut is of the first of both.
    is_first_before: bool,
}

impl Seam {
    /// Whether a pixel of a level, as fine as the seam's or finer, is of the first of both images.
    fn is_of_first(&self, (x, y): (i64, i64), level: u32) -> bool {
        let coarser = self.level - level;
        let (x, y) = ((x >> coarser) - self.rect.x0, (y >> coarser) - self.rect.y0);
        let (along, across) = if self.is_down { (y, x) } else { (x, y) };
        let line = along.clamp(0, self.cut.len() as i64 - 1) as usize;
        (across < i64::from(self.cut[line])) == self.is_first_before
    }
}

impl Labels {
    /// The colors of all pixels of `area`, which lies inside; zeros where there is no image.
    pub(super) fn colors(&self, patches: &Patches<'_>, area: Rect) -> Vec<f32> {
        let (width, colors) = (area.width() as usize, patches.colors);
        let mut out = buffer_pool::zeros(width * area.height() as usize * colors);
        for (number, patch) in (0u32..).zip(patches.iter()) {
            let shared = patch.shared(area);
            for y in 0..shared.height {
                let (own, (x, line)) = shared.row(y);
                let labels = self.row(area.x0 + x as i64, area.y0 + line as i64, shared.width);
                let from = patch.colors(own, shared.width, colors);
                for run in runs(shared.width, |x| labels[x] == number) {
                    let to = (line * width + x + run.start) * colors;
                    out[to..to + run.len() * colors].copy_from_slice(&from[run.start * colors..run.end * colors]);
                }
            }
        }
        out
    }

    /// Those of `width` pixels from (x, y) on.
    pub(super) fn row(&self, x: i64, y: i64, width: usize) -> &[u32] {
        let first = (y - self.rect.y0) as usize * self.rect.width() as usize + (x - self.rect.x0) as usize;
        &self.all[first..first + width]
    }
}

/// The parts of a row of `width` pixels that `are` it, from left to right.
pub(super) fn runs(width: usize, are: impl Fn(usize) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = (at..width).find(|x| are(*x))?;
        at = (start..width).find(|x| !are(*x)).unwrap_or(width);
        Some(start..at)
    })
}

impl Composite {
    /// Which of `patches` each pixel of `area` is taken from.
    pub(super) fn labels(&self, patches: &Patches<'_>, level: u32, area: Rect, cancel: &CancelToken) -> Result<Labels> {
        let width = area.width() as usize;
        let mut best = buffer_pool::zeros::<f32>(area.area() as usize);
        let mut all = vec![NONE; area.area() as usize];
        let mut weights = vec![0.0f32; width];
        for (number, patch) in (0u32..).zip(patches.iter()) {
            let shared = patch.shared(area);
            for y in 0..shared.height {
                let (own, (x, line)) = shared.row(y);
                let weights = &mut weights[..shared.width];
                patch.weights.row(own.0, own.1, weights);
                let at = line * width + x;
                let known = best[at..].iter_mut().zip(&mut all[at..]);
                for (((best, label), weight), cover) in known.zip(&*weights).zip(patch.cover(own, shared.width)) {
                    // Of equals the topmost.
                    if *cover > 0.0 && *weight >= *best {
                        (*best, *label) = (*weight, number);
                    }
                }
            }
        }
        buffer_pool::give(Samples::F32(best));
        let mut labels = Labels { rect: area, all };
        if self.blend.seam == SeamPath::LeastDifference {
            self.follow_seams(patches, level, &mut labels, cancel)?;
        }
        Ok(labels)
    }

    /// Where several cover a pixel: the one that wins against most others by their seams; of equals the one with the greatest
    /// weight.
    fn follow_seams(&self, patches: &Patches<'_>, level: u32, labels: &mut Labels, cancel: &CancelToken) -> Result<()> {
        let rect = labels.rect;
        let mut seams: HashMap<(usize, usize), Option<Arc<Seam>>> = HashMap::new();
        let mut rivals: Vec<usize> = Vec::new();
        for (at, label) in labels.all.iter_mut().enumerate() {
            let (x, y) = (rect.x0 + (at as u64 % rect.width()) as i64, rect.y0 + (at as u64 / rect.width()) as i64);
            rivals.clear();
            rivals.extend((0..patches.all.len()).filter(|number| patches.all[*number].1.covers(x, y)));
            if !(2..=MOST_RIVALS).contains(&rivals.len()) {
                continue;
            }
            let mut wins = [0u8; MOST_RIVALS];
            for first in 0..rivals.len() {
                for second in first + 1..rivals.len() {
                    let pair = (rivals[first], rivals[second]);
                    let seam = if let Some(seam) = seams.get(&pair) {
                        seam
                    } else {
                        let seam = self.seam((patches.all[pair.0].0, patches.all[pair.1].0), level, cancel)?;
                        seams.entry(pair).or_insert(seam)
                    };
                    let is_of_first = seam.as_ref().is_none_or(|seam| seam.is_of_first((x, y), level));
                    wins[if is_of_first { first } else { second }] += 1;
                }
            }
            let weightiest = *label as usize;
            let most = (0..rivals.len()).max_by_key(|rival| (wins[*rival], rivals[*rival] == weightiest));
            *label = most.map_or(*label, |most| rivals[most] as u32);
        }
        Ok(())
    }

    /// The cut between two placements where they differ the least, at `level` or coarser.
    fn seam(&self, (a, b): (&Placement, &Placement), level: u32, cancel: &CancelToken) -> Result<Option<Arc<Seam>>> {
        let key = (a.id, b.id, level);
        if let Some(known) = self.seams.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let found = self.find_seam((a, b), level, cancel)?.map(Arc::new);
        let mut seams = self.seams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seams.len() >= MOST_SEAMS {
            seams.clear();
        }
        seams.insert(key, found.clone());
        Ok(found)
    }

    fn find_seam(
        &self,
        (a, b): (&Placement, &Placement),
        mut level: u32,
        cancel: &CancelToken,
    ) -> Result<Option<Seam>> {
        let places = |level| Some((self.place_at(a, level)?, self.place_at(b, level)?));
        let (places, rect) = loop {
            let Some(places) = places(level) else { return Ok(None) };
            let rect = places.0.rect.intersect(places.1.rect);
            if rect.area() <= MOST_PIXELS {
                break (places, rect);
            }
            level += 1;
        };
        let patch = |placement, place| self.patch(placement, place, level, rect, cancel);
        let (Some(of_a), Some(of_b)) = (patch(a, &places.0)?, patch(b, &places.1)?) else { return Ok(None) };
        let rect = of_a.rect.intersect(of_b.rect);
        if rect.is_empty() {
            return Ok(None);
        }
        let is_down = rect.height() >= rect.width();
        let middle = |rect: Rect| if is_down { rect.x0 + rect.x1 } else { rect.y0 + rect.y1 };
        let is_first_before = middle(places.0.rect) <= middle(places.1.rect);
        let costs = costs(&of_a, &of_b, rect, is_down, self.colors(), self.kind().sample.max());
        let across = if is_down { rect.width() } else { rect.height() } as usize;
        Ok(Some(Seam { rect, level, is_down, cut: cheapest_path(&costs, across), is_first_before }))
    }
}

impl Patch {
    /// Whether a pixel of the level is covered.
    fn covers(&self, x: i64, y: i64) -> bool {
        self.rect.contains_pixel(x, y)
            && self.cover(((x - self.rect.x0) as usize, (y - self.rect.y0) as usize), 1)[0] > 0.0
    }
}

/// What it costs to cut at each pixel of `rect`, line by line along the cut: how much both differ there beyond what they differ
/// everywhere.
fn costs(a: &Patch, b: &Patch, rect: Rect, is_down: bool, colors: usize, most: f32) -> Vec<f32> {
    let (lines, across) = if is_down { (rect.height(), rect.width()) } else { (rect.width(), rect.height()) };
    let (lines, across) = (lines as usize, across as usize);
    let place = |line: usize, at: usize| if is_down { (at, line) } else { (line, at) };
    let pixel = |patch: &Patch, (x, y): (usize, usize)| {
        let own = (x + (rect.x0 - patch.rect.x0) as usize, y + (rect.y0 - patch.rect.y0) as usize);
        (own, patch.cover(own, 1)[0] > 0.0)
    };
    let mut means = vec![(0.0f64, 0.0f64); colors];
    let differences = |place: (usize, usize)| {
        let ((in_a, covers_a), (in_b, covers_b)) = (pixel(a, place), pixel(b, place));
        (covers_a && covers_b).then(|| a.colors(in_a, 1, colors).iter().zip(b.colors(in_b, 1, colors)))
    };
    for line in 0..lines {
        for at in 0..across {
            for (mean, (a, b)) in means.iter_mut().zip(differences(place(line, at)).into_iter().flatten()) {
                *mean = (mean.0 + f64::from(a - b), mean.1 + 1.0);
            }
        }
    }
    let means: Vec<f32> = means.iter().map(|(sum, count)| (sum / count.max(1.0)) as f32).collect();
    let scale = 1.0 / (most * colors as f32);
    let half = across as f32 / 2.0;
    let mut costs = Vec::with_capacity(lines * across);
    for line in 0..lines {
        for at in 0..across {
            let away = ((at as f32 + 0.5 - half) / half).abs() * AWAY;
            let differing = differences(place(line, at)).map_or(0.0, |differences| {
                differences.zip(&means).map(|((a, b), mean)| (a - b - mean).abs()).sum::<f32>()
            });
            costs.push(differing * scale + away);
        }
    }
    costs
}

/// For each line of `across` costs where the path of the least sum through all lines goes, at most one pixel aside from line to
/// line.
fn cheapest_path(costs: &[f32], across: usize) -> Vec<u32> {
    let lines = costs.len() / across;
    let mut sums = costs[..across].to_vec();
    let mut next = vec![0.0f32; across];
    let mut steps = vec![0i8; costs.len()];
    for line in 1..lines {
        for at in 0..across {
            let from = |step: i8| at.checked_add_signed(step.into()).and_then(|at| sums.get(at)).copied();
            // Straight on unless aside is cheaper.
            let mut best = (sums[at], 0);
            for step in [-1, 1] {
                best = from(step).filter(|sum| *sum < best.0).map_or(best, |sum| (sum, step));
            }
            next[at] = best.0 + costs[line * across + at];
            steps[line * across + at] = best.1;
        }
        std::mem::swap(&mut sums, &mut next);
    }
    let mut at = (0..across).min_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap_or(0);
    let mut path = vec![0u32; lines];
    for line in (0..lines).rev() {
        path[line] = at as u32;
        at = at.saturating_add_signed(steps[line * across + at].into());
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_path_goes_around_what_differs() {
        let costs = [
            [9.0, 0.0, 9.0, 9.0], //
            [9.0, 9.0, 0.0, 9.0],
            [9.0, 9.0, 9.0, 0.0],
            [9.0, 0.0, 9.0, 1.0],
        ];
        assert_eq!(cheapest_path(&costs.concat(), 4), [1, 2, 3, 3]);
        assert_eq!(cheapest_path(&[1.0; 6], 2), [0, 0, 0], "straight on where all is the same");
    }

    #[test]
    fn runs_are_where_the_label_is() {
        let found = |labels: &[u32]| runs(labels.len(), |x| labels[x] == 7).collect::<Vec<_>>();
        assert_eq!(found(&[7, 7, 1, 7, NONE, 7]), [0..2, 3..4, 5..6]);
        assert!(found(&[]).is_empty() && found(&[1, 2]).is_empty());
    }

    #[test]
    fn a_seam_parts_its_overlap_at_every_level() {
        let seam =
            Seam { rect: Rect::new(10, 0, 14, 2), level: 1, is_down: true, cut: vec![1, 3], is_first_before: true };
        let first = |y| (20..28).filter(|x| seam.is_of_first((*x, y), 0)).count();
        assert_eq!([first(0), first(1), first(2), first(3)], [2, 2, 6, 6]);
        assert!(seam.is_of_first((10, 0), 1) && !seam.is_of_first((11, 0), 1));
    }
}
