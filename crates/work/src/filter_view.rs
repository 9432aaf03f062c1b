//! [`FilterView`]: a source through filters, as it is looked at.

use crate::filters::InFloats;
use crate::geometry::{Rect, Region};
use crate::pixels::{Pixels, conform, halve};
use crate::source::{Info, Source};
use crate::{Error, Result};
use mosaicist_filter::{FilterSpec, Filtered};

/// A source through filters that leave pixels in place, each level filtered by itself with radii to its scale: what is looked at
/// costs as much as it has pixels. The result has the source's kind of pixels.
pub struct FilterView<S> {
    filtered: Filtered<InFloats<S>>,
    info: Info,
}

impl<S: Source> FilterView<S> {
    /// `source` through `filters`. Fails if they do not go with its pixels, or move them.
    pub fn new(source: S, filters: &[FilterSpec]) -> Result<Self> {
        let info = source.info().clone();
        let filtered = Filtered::new(InFloats::of(source), filters)?;
        if filtered.info().size() != info.size() {
            return Err(Error::invalid("filters that move pixels cannot be looked at on the canvas"));
        }
        Ok(Self { filtered, info })
    }

    /// The filtered pixels of `rect` at `level`, which may be beyond the source's last.
    pub fn read(&self, level: u32, rect: Rect) -> Result<Pixels> {
        let last = self.info.levels.len() - 1;
        let up = (level as usize).saturating_sub(last);
        let whole = self.info.whole(last.min(level as usize));
        let finest = Rect::new(rect.x0 << up, rect.y0 << up, rect.x1 << up, rect.y1 << up);
        let finest = if up > 0 { finest.intersect(whole) } else { finest };
        let mut pixels = self.filtered.read(Region::new(level as usize - up, finest))?;
        for _ in 0..up {
            pixels = halve(pixels.view(), false);
        }
        let Info { color, channels, sample, .. } = self.info;
        Ok(conform(pixels, self.filtered.info().color, color, channels, sample))
    }

    /// The pixels of the source, at full resolution, that those of `rect` at full resolution depend on when they are looked at in
    /// `level`.
    pub fn needs(&self, level: u32, rect: Rect) -> Rect {
        let level = (level as usize).min(self.info.levels.len() - 1);
        if self.filtered.looks_at_whole() {
            return self.info.whole(0);
        }
        let step = 1i64 << level;
        let (down, up) = (|at: i64| at.div_euclid(step), |at: i64| (at + step - 1).div_euclid(step));
        let there = Rect::new(down(rect.x0), down(rect.y0), up(rect.x1), up(rect.y1));
        let needed = self.filtered.needs(level, there);
        Rect::new(needed.x0 * step, needed.y0 * step, needed.x1 * step, needed.y1 * step).union(rect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::pixels::SampleType;
    use crate::source::testing::Pattern;

    fn view(filter: &str) -> FilterView<Pattern> {
        let source = Pattern::new(Size::new(300, 200), 3, SampleType::U8);
        FilterView::new(source, &[filter.parse().unwrap()]).unwrap()
    }

    #[test]
    fn every_level_has_the_kind_of_the_source() {
        for filter in ["gaussian:sigma=3", "sobel", "gray", "threshold", "depth:type=f32"] {
            let view = view(filter);
            for level in 0..3 {
                let rect = Rect::from_size(Size::new(300, 200).halved_times(level as usize));
                let pixels = view.read(level, rect).unwrap();
                assert_eq!((pixels.size(), pixels.channels()), (rect.size(), 3), "{filter} at {level}");
                assert_eq!(pixels.sample_type(), SampleType::U8);
            }
        }
    }

    #[test]
    fn a_pixel_depends_on_its_surroundings_or_on_all() {
        let rect = Rect::new(100, 100, 110, 110);
        assert_eq!(view("invert").needs(0, rect), rect);
        let needed = view("gaussian:sigma=3").needs(0, rect);
        assert!(needed.contains(rect.expand(5)) && rect.expand(30).contains(needed), "{needed:?}");
        assert_eq!(view("otsu").needs(1, rect), Rect::new(0, 0, 300, 200));
        assert!(
            FilterView::new(Pattern::new(Size::new(30, 20), 1, SampleType::U8), &["resize:0.5".parse().unwrap()])
                .is_err()
        );
    }
}
