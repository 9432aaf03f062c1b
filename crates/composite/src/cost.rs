//! The memory that reading a composite takes.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::Composite;
use crate::geometry::{Rect, Region};
use crate::mosaic::{Placement, Sampling};
use crate::source::ReadingCost;

/// The pixels of an image that a block of another angle is made from, at most.
const RESAMPLED: u64 = 8 << 20;

/// Images of one ending of the name, of which the largest is asked.
struct Kind<'a> {
    largest: &'a Placement,
    /// Pixels of all of them.
    area: u64,
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
            let kind = kinds.entry(ending).or_insert(Kind { largest: placement, area: 0 });
            kind.area += placement.size.area();
            if placement.size.area() > kind.largest.size.area() {
                kind.largest = placement;
            }
        }
        let is_alone = kinds.len() == 1 && kinds.values().all(|kind| kind.area == kind.largest.size.area());
        let each = kinds.values().filter_map(|kind| {
            let placement = kind.largest;
            let source = self.library.open(&placement.image).ok()?;
            let whole = Rect::from_size(placement.size);
            let (x, y) = self.image_at(placement);
            // Of a single image only what is wanted; of several, all of each.
            let part =
                if is_alone && placement.is_plain() { at_full.translate(-x, -y).intersect(whole) } else { whole };
            let cost = source.cost_reduced(region.level as u32, part.reduced(region.level as u32));
            let times = kind.area as f64 / placement.size.area().max(1) as f64;
            Some(ReadingCost { all: (cost.all as f64 * times) as u64, ..cost })
        });
        let cost = each.fold(ReadingCost::default(), ReadingCost::and);
        let is_resampled = kinds.values().any(|kind| kind.largest.sampling() == Sampling::Affine);
        let resampled = if is_resampled { RESAMPLED * self.info.pixel_bytes() as u64 } else { 0 };
        ReadingCost {
            working: cost.working + self.blending_bytes() + resampled,
            background: cost.background + self.light_bytes(),
            ..cost
        }
    }
}
