//! [`PlacedTiles`]: an image of tiles at arbitrary positions, later ones on top.
//!
//! For slides whose tiles overlap, as the stage stopped. Positions are whole pixels of their level.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Capabilities, Info, ReadingCost, Source};
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Color, Pixels, conform};
use crate::{Error, Result};

/// The tile size for reads, because the tiles themselves overlap.
pub(super) const CELL: Size = Size::new(1024, 1024);
/// The most decoded tiles in memory during one read.
const MAX_DECODED: usize = 64;
/// No slide has more pieces.
pub(super) const MOST_PIECES: usize = 1 << 22;

/// The decoder of the tiles.
pub(super) trait Pictures: Send + Sync {
    /// Identifies a tile.
    type Key: Copy + Eq + Hash + Send + Sync;

    /// The tile; `None` if the file lacks it.
    fn picture(&self, key: Self::Key) -> Result<Option<Pixels>>;
}

/// A tile, or a part of one, and its position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<K> {
    pub(super) key: K,
    /// Its upper left in the level.
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Its offset within the tile.
    pub(super) from: (u32, u32),
}

impl<K> Piece<K> {
    fn place(&self) -> Rect {
        Rect::at(self.x.into(), self.y.into(), Size::new(self.width, self.height))
    }
}

/// The source.
pub(super) struct PlacedTiles<P: Pictures> {
    info: Info,
    levels: Vec<Placed<P::Key>>,
    pictures: P,
}

impl<P: Pictures> PlacedTiles<P> {
    /// `levels` holds the pieces of each level of `info`, in the order they are painted.
    pub(super) fn new(info: Info, levels: Vec<Vec<Piece<P::Key>>>, pictures: P) -> Result<Self> {
        if info.levels.is_empty() || levels.len() != info.levels.len() {
            return Err(Error::corrupt("an image without levels"));
        }
        if let Some(level) = info.levels.iter().find(|level| level.size.is_empty() || level.size.longest() > 1 << 30) {
            return Err(Error::corrupt(format!("a level of {} pixels", level.size)));
        }
        if levels.iter().map(Vec::len).sum::<usize>() > MOST_PIECES {
            return Err(Error::limit(format!("a slide of more than {MOST_PIECES} tiles")));
        }
        let levels = levels.into_iter().map(Placed::new).collect();
        Ok(Self { info, levels, pictures })
    }
}

impl<P: Pictures> Source for PlacedTiles<P> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let info = &self.info;
        let inside = region.rect.intersect(Rect::from_size(info.level(region)?.size));
        let mut out = info.blank(region.rect.size());
        let mut decoded: HashMap<P::Key, Option<Pixels>> = HashMap::new();
        let placed = &self.levels[region.level];
        for number in placed.touching(inside) {
            let piece = &placed.pieces[number as usize];
            if decoded.len() >= MAX_DECODED && !decoded.contains_key(&piece.key) {
                decoded.clear();
            }
            let picture = match decoded.entry(piece.key) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    let picture = self.pictures.picture(piece.key)?;
                    entry.insert(picture.map(|pixels| {
                        let from = Color::of_channels(pixels.channels());
                        conform(pixels, from, info.color, info.channels, info.sample)
                    }))
                }
            };
            let Some(picture) = picture else { continue };
            let part = piece.place().intersect(inside);
            let (dx, dy) = (i64::from(piece.from.0) - i64::from(piece.x), i64::from(piece.from.1) - i64::from(piece.y));
            out.paste(picture.part(part.translate(dx, dy)), part.x0 - region.rect.x0, part.y0 - region.rect.y0);
        }
        Ok(out)
    }
}

/// Pieces, found by place: in bands as high as the highest of them, each from left to right.
struct Placed<K> {
    pieces: Vec<Piece<K>>,
    /// Band, left edge and number, sorted.
    order: Vec<(i32, i32, u32)>,
    /// The widest and highest piece.
    most: (u32, u32),
}

impl<K> Placed<K> {
    fn new(mut pieces: Vec<Piece<K>>) -> Self {
        // Larger tiles are damaged.
        pieces.retain(|piece| (1..1 << 24).contains(&piece.width) && (1..1 << 24).contains(&piece.height));
        let most = |side: fn(&Piece<K>) -> u32| pieces.iter().map(side).max().unwrap_or(1);
        let most = (most(|piece| piece.width), most(|piece| piece.height));
        let entry = |(number, piece): (usize, &Piece<K>)| (piece.y.div_euclid(most.1 as i32), piece.x, number as u32);
        let mut order: Vec<_> = pieces.iter().enumerate().map(entry).collect();
        order.sort_unstable();
        Self { pieces, order, most }
    }

    /// The numbers of the pieces that overlap `rect`, in the order they are painted.
    fn touching(&self, rect: Rect) -> Vec<u32> {
        let (width, height) = (i64::from(self.most.0), i64::from(self.most.1));
        let mut found = Vec::new();
        if rect.is_empty() {
            return found;
        }
        for band in (rect.y0 - height).div_euclid(height)..=rect.y1.div_euclid(height) {
            let Ok(band) = i32::try_from(band) else { continue };
            let at = |x: i64| {
                let x = x.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
                self.order.partition_point(|entry| (entry.0, entry.1) < (band, x))
            };
            let some = self.order[at(rect.x0 - width)..at(rect.x1)].iter().map(|entry| entry.2);
            found.extend(some.filter(|number| self.pieces[*number as usize].place().overlaps(rect)));
        }
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;
    use crate::pixels::{SampleType, Samples};
    use crate::testing::check_source;

    struct Plain;

    impl Pictures for Plain {
        type Key = u8;

        fn picture(&self, key: u8) -> Result<Option<Pixels>> {
            let samples = (0..64).map(|n| key.wrapping_mul(64).wrapping_add(n)).collect();
            (key != 3).then(|| Pixels::new(Size::new(8, 8), 1, Samples::U8(samples))).transpose()
        }
    }

    fn piece(key: u8, x: i32, y: i32, side: u32, from: (u32, u32)) -> Piece<u8> {
        Piece { key, x, y, width: side, height: side, from }
    }

    fn source() -> PlacedTiles<Plain> {
        let mut info = Info::plain("placed", Size::new(40, 30), CELL, 1, SampleType::U8);
        info.background = vec![9.0];
        info.levels.push(Level { size: Size::new(20, 15), downsample: 2.0, tile: CELL });
        let first = vec![piece(0, -3, -2, 8, (0, 0)), piece(1, 2, 3, 8, (0, 0)), piece(3, 20, 3, 8, (0, 0))];
        let second = vec![piece(2, 10, 10, 4, (4, 4)), piece(2, 17, 13, 8, (0, 0))];
        PlacedTiles::new(info, vec![first, second], Plain).unwrap()
    }

    #[test]
    fn pieces_lie_where_they_belong() {
        let source = source();
        check_source(&source);
        let at = |level, x, y| {
            let pixels = source.read(Region::new(level, Rect::new(x, y, x + 1, y + 1))).unwrap();
            pixels.view().row::<u8>(0).unwrap()[0]
        };
        assert_eq!([at(0, 0, 0), at(0, 1, 2), at(0, 4, 5), at(0, 30, 20)], [2 * 8 + 3, 36, 64 + 2 * 8 + 2, 9]);
        assert_eq!([at(0, 22, 5), at(1, 10, 10), at(1, 9, 10)], [9, 128 + 4 * 8 + 4, 9], "a picture that is not there");
    }

    #[test]
    fn nonsense_is_refused() {
        let info = Info::plain("placed", Size::new(40, 30), CELL, 1, SampleType::U8);
        assert!(PlacedTiles::new(info, vec![], Plain).is_err());
    }
}
