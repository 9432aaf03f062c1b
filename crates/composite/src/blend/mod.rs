//! Blending: what those pixels become that several images cover.
//!
//! The canvas is painted first, each image over those below. Then, piece by piece, pixels that more than one image covers are
//! made anew from all that cover them; a pixel that one image covers stays as it was painted, and whatever needs no blending
//! costs nothing. A pixel depends on the document and its place alone, never on what is read with it: `reach` says how far
//! around it images and seams count. So every split of the canvas into blocks gives the same samples.

mod bands;
mod halved;
mod mix;
mod seam;

pub(super) use seam::SeamCache;

use super::place::Place;
use super::{BadTiles, Composite};
use crate::cache::CancelToken;
use crate::geometry::Rect;
use crate::mosaic::{BlendMode, Placement};
use crate::pixels::{Pixels, Sample, Samples, buffer_pool, each_type};
use crate::{Error, Result};
use patches::Patches;

mod patches;
#[cfg(test)]
mod tests;

/// The side of a piece that is mixed at a time, in pixels; each piece is bounded by what its images share.
const PIECE: i64 = 128;
/// The most numbers of all images in a piece; of more images, smaller pieces are mixed.
const MOST_NUMBERS: usize = 4 << 20;
/// Where images are smaller than this at a level, their overlaps are of no size.
const LEAST_SIDE: u64 = 12;

/// A placement and where it lies at the level being read.
pub(super) struct Placed<'a> {
    pub(super) placement: &'a Placement,
    pub(super) place: Place,
}

impl Drop for Mixed {
    fn drop(&mut self) {
        for numbers in [&mut self.colors, &mut self.cover] {
            buffer_pool::give(Samples::F32(std::mem::take(numbers)));
        }
    }
}

/// What a piece of the canvas becomes, and of which pixels.
pub(super) struct Mixed {
    pub(super) rect: Rect,
    /// Interleaved, without alpha, in the canvas's sample values.
    pub(super) colors: Vec<f32>,
    pub(super) cover: Vec<f32>,
    /// Whether a pixel is to be made anew.
    pub(super) is_new: Vec<bool>,
}

impl Composite {
    /// Make those pixels of `out` anew, which shows `rect` of `level` as painted, that more than one image covers.
    pub(super) fn blend(&self, level: usize, rect: Rect, out: &mut Pixels, cancel: &CancelToken) -> Result<()> {
        let level = level as u32;
        let inside = rect.intersect(self.info.whole(level as usize));
        let levels = bands::count(level);
        let reach = if self.blend.mode == BlendMode::MultiBand { bands::reach(levels) } else { 0 };
        let placed = self.placed(level, inside.expand(reach));
        let sides = placed.iter().map(|placed| placed.place.rect.width().max(placed.place.rect.height()));
        if placed.len() < 2 || sides.max().is_none_or(|side| side < LEAST_SIDE) {
            return Ok(());
        }
        let side = if reach > 0 { bands::PIECE } else { PIECE };
        for piece in pieces(inside, side) {
            cancel.check()?;
            let near: Vec<&Placed<'_>> =
                placed.iter().filter(|placed| placed.place.rect.overlaps(piece.expand(reach))).collect();
            let shared = shared(&near, piece.expand(reach));
            if shared.is_empty() {
                continue;
            }
            if reach > 0 {
                let piece = piece.intersect(shared.expand(reach));
                let area = bands::area(piece, levels);
                let patches = self.patches(&near, level, area, cancel)?;
                let labels = self.labels(&patches, level, area, cancel)?;
                self.put(&bands::blend(&patches, &labels, piece, levels), rect, out);
            } else {
                self.mix(&near, level, piece.intersect(shared), rect, out, cancel)?;
            }
        }
        Ok(())
    }

    /// The most bytes that reading a region takes besides the result and decoded tiles, for blending.
    pub(super) fn blending_bytes(&self) -> u64 {
        let colors = self.colors() as u64 * 4;
        match self.blend.mode {
            mode if mode == BlendMode::Overlay || self.placements.visible() < 2 => 0,
            // Patches that overlap by a half, the picture cut hard, one difference at a time and the blurred ones.
            BlendMode::MultiBand => {
                let area = bands::area(Rect::new(0, 0, bands::PIECE, bands::PIECE), bands::count(0)).area();
                area * (colors * 4 + 24)
            }
            _ => (PIECE * PIECE) as u64 * (colors + 4) * 8,
        }
    }

    /// Mix all images of `area`, in parts where they are many.
    fn mix(
        &self,
        near: &[&Placed<'_>],
        level: u32,
        area: Rect,
        rect: Rect,
        out: &mut Pixels,
        cancel: &CancelToken,
    ) -> Result<()> {
        let numbers = area.area() as usize * (self.colors() + 1) * near.len();
        if numbers > MOST_NUMBERS && area.area() > 1 {
            let (x, y) = (i64::midpoint(area.x0, area.x1), i64::midpoint(area.y0, area.y1));
            let halves = if area.width() >= area.height() {
                [Rect { x1: x, ..area }, Rect { x0: x, ..area }]
            } else {
                [Rect { y1: y, ..area }, Rect { y0: y, ..area }]
            };
            for half in halves {
                let near: Vec<&Placed<'_>> =
                    near.iter().copied().filter(|placed| placed.place.rect.overlaps(half)).collect();
                let area = half.intersect(shared(&near, half));
                if !area.is_empty() {
                    self.mix(&near, level, area, rect, out, cancel)?;
                }
            }
            return Ok(());
        }
        let patches = self.patches(near, level, area, cancel)?;
        let mixed = if self.blend.mode == BlendMode::Seam {
            let labels = self.labels(&patches, level, area, cancel)?;
            mix::chosen(&patches, &labels, area)
        } else {
            mix::mix(self.blend.mode, &patches, area)
        };
        self.put(&mixed, rect, out);
        Ok(())
    }

    /// The visible placements that touch `rect` of `level`, lowest first.
    fn placed(&self, level: u32, rect: Rect) -> Vec<Placed<'_>> {
        let scale = 1i64 << level;
        let at_full = Rect::new(rect.x0 * scale, rect.y0 * scale, rect.x1 * scale, rect.y1 * scale);
        let touching = self.touching(at_full.expand(scale - 1));
        let placed = touching
            .filter_map(|placement| Some(Placed { placement, place: self.place_at(placement, level)? }))
            .filter(|placed| placed.place.rect.overlaps(rect));
        placed.collect()
    }

    /// What all that are `near` show of `area`. One that cannot be read shows nothing: it was reported when it was painted.
    fn patches<'a>(&self, near: &[&Placed<'a>], level: u32, area: Rect, cancel: &CancelToken) -> Result<Patches<'a>> {
        let mut patches = Patches::new(self.colors());
        for Placed { placement, place } in near.iter().copied() {
            match self.patch(placement, place, level, area, cancel) {
                Ok(Some(patch)) => patches.push(placement, patch),
                Ok(None) => {}
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) if self.bad == BadTiles::Fail => return Err(error.at(&placement.image.path)),
                Err(_) => {}
            }
        }
        Ok(patches)
    }

    /// Write what is new of `mixed` into `out`, which shows `rect`, over the background where it is not opaque.
    fn put(&self, mixed: &Mixed, rect: Rect, out: &mut Pixels) {
        let (kind, width) = (self.kind(), rect.width() as usize);
        let (colors, channels, most) = (self.colors(), usize::from(kind.channels), kind.sample.max());
        let below = &self.info.background;
        let has_alpha = kind.color.has_alpha();
        let below_opaque = if has_alpha { below[colors] / most } else { 1.0 };
        let area = mixed.rect.intersect(rect);
        let own_width = mixed.rect.width() as usize;
        each_type!(out.samples_mut(), out => for y in area.y0..area.y1 {
            let first = (y - mixed.rect.y0) as usize * own_width + (area.x0 - mixed.rect.x0) as usize;
            let to = ((y - rect.y0) as usize * width + (area.x0 - rect.x0) as usize) * channels;
            let row = out[to..].chunks_exact_mut(channels).take(area.width() as usize);
            for (pixel, at) in row.zip(first..).filter(|(_, at)| mixed.is_new[*at]) {
                let (cover, from) = (mixed.cover[at], &mixed.colors[at * colors..][..colors]);
                let left = below_opaque * (1.0 - cover);
                let all = cover + left;
                for ((to, value), below) in pixel.iter_mut().zip(from).zip(below) {
                    let value = if left > 0.0 { (value * cover + below * left) / all } else { *value };
                    *to = Sample::from_f32(value);
                }
                if has_alpha {
                    pixel[colors] = Sample::from_f32(all * most);
                }
            }
        });
    }
}

/// `rect` in parts of at most `side` pixels across and down, all cut at multiples of it.
fn pieces(rect: Rect, side: i64) -> impl Iterator<Item = Rect> {
    let cells = move |from: i64, to: i64| from.div_euclid(side)..(to - 1).div_euclid(side) + 1;
    let rows = if rect.is_empty() { 0..0 } else { cells(rect.y0, rect.y1) };
    rows.flat_map(move |row| {
        cells(rect.x0, rect.x1).map(move |column| {
            Rect::new(column * side, row * side, (column + 1) * side, (row + 1) * side).intersect(rect)
        })
    })
}

/// The smallest rectangle around all of `area` that two images may share.
fn shared(near: &[&Placed<'_>], area: Rect) -> Rect {
    let mut all = Rect::default();
    for (index, one) in near.iter().enumerate() {
        let own = one.place.rect.intersect(area);
        if all.contains(own) {
            continue;
        }
        for other in &near[index + 1..] {
            all = all.union(own.intersect(other.place.rect));
        }
    }
    all
}
