//! [`ReadingCost`]: the memory that reading an image takes, told before anything is read.

use super::Info;
use crate::geometry::Region;

/// Bytes of memory that reading a region takes, piece by piece through a cache, besides the pixels that are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadingCost {
    /// The largest piece that is decoded at a time; 0 where any part is read by itself, so that a cache saves nothing.
    pub tile: u64,
    /// While that is decoded, itself included. Each reader decodes one piece at a time.
    pub decoding: u64,
    /// What each reader takes besides: pieces that are reduced, filtered or blended.
    pub working: u64,
    /// As long as the image is open, whoever reads: a sequential scan in the background.
    pub background: u64,
    /// All pieces of the region.
    pub all: u64,
}

impl ReadingCost {
    /// The pieces of `info` that `region` touches, each decoded in `times` its own size.
    pub fn of_tiles(info: &Info, region: Region, times: u64) -> Self {
        let Ok(level) = info.level(region) else { return Self::default() };
        let (grid, pixel) = (level.grid(), info.pixel_bytes() as u64);
        let rect = region.rect.intersect(info.whole(region.level));
        if rect.is_empty() {
            return Self::default();
        }
        let tile = grid.rect(0, 0).area() * pixel;
        let side = |from: i64, to: i64, tile: u32, end: u32| {
            let tile = i64::from(tile.max(1));
            ((to + tile - 1) / tile * tile).min(end.into()) - from / tile * tile
        };
        let across = side(rect.x0, rect.x1, grid.tile.width, grid.size.width);
        let down = side(rect.y0, rect.y1, grid.tile.height, grid.size.height);
        Self { tile, decoding: tile * times, working: 0, background: 0, all: across as u64 * down as u64 * pixel }
    }

    /// The same where any part of `region` is read by itself.
    #[must_use]
    pub fn without_pieces(self, info: &Info, region: Region) -> Self {
        let rect = info.levels.get(region.level).map(|_| region.rect.intersect(info.whole(region.level)));
        Self { tile: 0, all: rect.map_or(0, |rect| rect.area() * info.pixel_bytes() as u64), ..self }
    }

    /// Of a reader that reads now here, now from `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            tile: self.tile.max(other.tile),
            decoding: self.decoding.max(other.decoding),
            working: self.working.max(other.working),
            background: self.background + other.background,
            all: self.all + other.all,
        }
    }

    /// How many pieces there are.
    pub fn tiles(&self) -> u64 {
        self.all.div_ceil(self.tile.max(1))
    }

    /// Bytes that a cache of all pieces would hold.
    pub fn cached(&self) -> u64 {
        if self.tile == 0 { 0 } else { self.all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Rect, Size};
    use crate::pixels::SampleType;

    #[test]
    fn whole_pieces_are_counted() {
        let info = Info::plain("test", Size::new(1000, 700), Size::new(256, 100), 3, SampleType::U16);
        let cost = |rect| ReadingCost::of_tiles(&info, Region::new(0, rect), 2);
        let tile = 256 * 100 * 6;
        assert_eq!(
            cost(Rect::new(0, 0, 1, 1)),
            ReadingCost { tile, decoding: 2 * tile, all: tile, ..ReadingCost::default() }
        );
        assert_eq!(cost(Rect::new(255, 99, 257, 101)).tiles(), 4);
        assert_eq!(cost(Rect::new(-9, -9, 2000, 2000)).all, 1000 * 700 * 6, "no more than there is");
        assert_eq!(cost(Rect::new(1000, 0, 2000, 2000)), ReadingCost::default());
    }
}
