//! [`Patches`]: what several images show of a piece, lowest first.

use crate::geometry::Rect;
use crate::mosaic::Placement;
use crate::patch::Patch;

/// Patches of one area, and whose they are.
pub(super) struct Patches<'a> {
    /// Of each pixel.
    pub(super) colors: usize,
    pub(super) all: Vec<(&'a Placement, Patch)>,
}

impl<'a> Patches<'a> {
    pub(super) const fn new(colors: usize) -> Self {
        Self { colors, all: Vec::new() }
    }

    pub(super) fn push(&mut self, placement: &'a Placement, patch: Patch) {
        self.all.push((placement, patch));
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Patch> {
        self.all.iter().map(|(_, patch)| patch)
    }

    /// How many cover each pixel of `area`, and how opaque they are together.
    pub(super) fn cover(&self, area: Rect) -> (Vec<u32>, Vec<f32>) {
        let width = area.width() as usize;
        let (mut count, mut clear) = (vec![0u32; area.area() as usize], vec![1.0f32; area.area() as usize]);
        for patch in self.iter() {
            let shared = patch.shared(area);
            for y in 0..shared.height {
                let (own, (x, line)) = shared.row(y);
                let to = line * width + x..line * width + x + shared.width;
                let both = count[to.clone()].iter_mut().zip(&mut clear[to]);
                for ((count, clear), cover) in both.zip(patch.cover(own, shared.width)) {
                    *count += u32::from(*cover > 0.0);
                    *clear *= 1.0 - cover;
                }
            }
        }
        clear.iter_mut().for_each(|clear| *clear = 1.0 - *clear);
        (count, clear)
    }
}
