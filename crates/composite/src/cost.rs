//! The memory that reading a composite takes.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::Composite;
use crate::geometry::{Rect, Region, TileGrid};
use crate::mosaic::{Placement, Sampling};
use crate::source::{ReadingCost, Source as _};

/// The pixels of an image that a block of another angle is made from, at most.
const RESAMPLED: u64 = 8 << 20;

/// Images of one ending of the name, of which the largest is asked.
#[derive(Default)]
struct Kind<'a> {
    images: Vec<&'a Placement>,
    largest: Option<&'a Placement>,
}

impl Composite {
    /// What reading `region` takes. Opens the largest image of each ending of the names; those that cannot be opened take nothing.
    pub(super) fn reading_cost(&self, region: Region) -> ReadingCost {
        let scale = 1i64 << region.level;
        let rect = region.rect;
        let at_full = Rect::new(rect.x0 * scale, rect.y0 * scale, rect.x1 * scale, rect.y1 * scale);
        let mut kinds: BTreeMap<OsString, Kind<'_>> = BTreeMap::new();
        for placement in self.touching(at_full) {
            let ending = placement.image.path.extension().unwrap_or_default().to_ascii_lowercase();
            let kind = kinds.entry(ending).or_default();
            kind.images.push(placement);
            if kind.largest.is_none_or(|largest| placement.size.area() > largest.size.area()) {
                kind.largest = Some(placement);
            }
        }
        let cost = kinds.values().filter_map(|kind| self.cost_of(kind, at_full, region.level as u32));
        let cost = cost.fold(ReadingCost::default(), ReadingCost::and);
        let largest = |kind: &Kind<'_>| kind.largest.is_some_and(|image| image.sampling() == Sampling::Affine);
        let is_resampled = kinds.values().any(largest);
        let resampled = if is_resampled { RESAMPLED * self.info.pixel_bytes() as u64 } else { 0 };
        ReadingCost {
            working: cost.working + self.blending_bytes() + resampled,
            background: cost.background + self.light_bytes(),
            ..cost
        }
    }

    /// What the images of `kind` take for `rect` of the canvas, at 1/2^`reduction`.
    fn cost_of(&self, kind: &Kind<'_>, rect: Rect, reduction: u32) -> Option<ReadingCost> {
        let largest = kind.largest?;
        let source = self.library.open(&largest.image).ok()?;
        let wanted = |placement: &Placement| {
            let (whole, (x, y)) = (Rect::from_size(placement.size), self.image_at(placement));
            // What a turned image gives lies anywhere in it.
            if self.is_plain(placement) { rect.translate(-x, -y).intersect(whole) } else { whole }
        };
        if let [_] = kind.images[..] {
            return Some(source.cost_reduced(reduction, wanted(largest).reduced(reduction)));
        }
        // All have pieces like those of the largest.
        let tile = source.info().levels.first()?.tile;
        let in_pieces = |placement: &&Placement| {
            let grid = TileGrid::new(placement.size, tile);
            grid.touching(wanted(placement)).map(|(column, row)| grid.rect(column, row).area()).sum::<u64>()
        };
        let area = kind.images.iter().map(in_pieces).sum::<u64>();
        let whole = Rect::from_size(largest.size);
        let cost = source.cost_reduced(reduction, whole.reduced(reduction));
        let times = area as f64 / largest.size.area().max(1) as f64;
        Some(ReadingCost { all: (cost.all as f64 * times) as u64, ..cost })
    }
}
