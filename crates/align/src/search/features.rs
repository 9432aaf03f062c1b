//! [`Features`]: the keypoints of all tiles with their descriptors, from smaller copies of the tiles.

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::descriptor::{Descriptor, Pattern, RADIUS};
use super::keypoints::{Place, keypoints};
use crate::geometry::{Point, Rect, Size};
use crate::job::Progress;
use crate::plane::Plane;
use crate::strip::take_logarithms;
use crate::{Error, Result, Tile, TileReader};

/// The longer side of the copies, in pixels.
const LONGEST: u32 = 1024;
/// The features of one tile at most, and at least, where all together would be too many.
const MOST: usize = 500;
const LEAST: usize = 64;
/// The features of all tiles: 160 MiB of descriptors.
const MOST_OF_ALL: usize = 4 << 20;
/// So many pixels of a tile are read at a time.
const MOST_READ: u64 = 4 << 20;
/// The blur, in pixels of the copies: what noise is left changes few comparisons.
const BLUR: f32 = 2.0;

/// The features of each tile, one tile after the other.
pub(super) struct Features {
    /// Those of tile `t` have the numbers `starts[t]..starts[t + 1]`.
    pub(super) starts: Vec<u32>,
    /// In pixels of the copies.
    pub(super) places: Vec<Place>,
    pub(super) descriptors: Vec<Descriptor>,
    /// Which tile each is of.
    pub(super) tiles: Vec<u32>,
    /// How many canvas pixels a pixel of the copies is wide.
    pub(super) by: usize,
}

impl Features {
    /// Reads all tiles, on all cores; `progress` counts them. A tile that cannot be read is warned about and has no features.
    /// Fails only when cancelled.
    pub(super) fn of(tiles: &[Tile], reader: &dyn TileReader, progress: &Progress) -> Result<Self> {
        let longest = tiles.iter().map(|tile| tile.size.longest()).max().unwrap_or(1);
        let by = longest.div_ceil(LONGEST).max(1) as usize;
        let most = (MOST_OF_ALL / tiles.len().max(1)).clamp(LEAST, MOST);
        let pattern = Pattern::new();
        let of_tile = |tile: usize| {
            let found = match smooth_copy(reader, tile, tiles[tile].size, by, progress) {
                Ok(smooth) => {
                    let places = keypoints(&smooth, RADIUS, most);
                    places.into_iter().map(|place| (place, pattern.describe(&smooth, place))).collect()
                }
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => {
                    progress.warn_once(error);
                    Vec::new()
                }
            };
            progress.advance(1).map(|()| found)
        };
        let found: Vec<Vec<(Place, Descriptor)>> =
            (0..tiles.len()).into_par_iter().map(of_tile).collect::<Result<_>>()?;
        let count = found.iter().map(Vec::len).sum();
        let mut features = Self {
            starts: vec![0],
            places: Vec::with_capacity(count),
            descriptors: Vec::with_capacity(count),
            tiles: Vec::with_capacity(count),
            by,
        };
        for (tile, found) in (0u32..).zip(found) {
            for (place, descriptor) in found {
                features.places.push(place);
                features.descriptors.push(descriptor);
                features.tiles.push(tile);
            }
            features.starts.push(features.places.len() as u32);
        }
        Ok(features)
    }

    /// The numbers of a tile's features.
    pub(super) fn of_tile(&self, tile: usize) -> std::ops::Range<usize> {
        self.starts[tile] as usize..self.starts[tile + 1] as usize
    }

    /// Once all are compared.
    pub(super) fn forget_descriptors(&mut self) {
        self.descriptors = Vec::new();
        self.tiles = Vec::new();
    }

    /// How many features of a tile lie in a rectangle of it, given by two corners in canvas pixels from its own, less a margin in
    /// pixels of the copies.
    pub(super) fn count_within(&self, tile: u32, (x0, y0): (f64, f64), (x1, y1): (f64, f64), margin: usize) -> usize {
        let (by, margin) = (self.by as f64, margin as f64);
        let across = x0 / by + margin..x1 / by - margin;
        let down = y0 / by + margin..y1 / by - margin;
        if across.is_empty() || down.is_empty() {
            return 0;
        }
        let is_inside = |[x, y]: &&Place| across.contains(&f64::from(*x)) && down.contains(&f64::from(*y));
        self.places[self.of_tile(tile as usize)].iter().filter(is_inside).count()
    }

    /// Where the tile of feature `b` lies from that of `a` if both are of the same place, in pixels of the copies.
    pub(super) fn step(&self, a: usize, b: usize) -> (i32, i32) {
        let ([ax, ay], [bx, by]) = (self.places[a], self.places[b]);
        (i32::from(ax) - i32::from(bx), i32::from(ay) - i32::from(by))
    }

    /// A step in pixels of the copies, in canvas pixels.
    pub(super) fn on_canvas(&self, (x, y): (f64, f64)) -> Point {
        Point::new(x * self.by as f64, y * self.by as f64)
    }
}

/// The blurred logarithms of a tile, `by` times smaller. Reads it in parts.
fn smooth_copy(reader: &dyn TileReader, tile: usize, size: Size, by: usize, progress: &Progress) -> Result<Plane> {
    let (width, height) = (size.width as usize / by, size.height as usize / by);
    let mut copy = Plane::zeros(width, height);
    if width == 0 || height == 0 {
        return Ok(copy);
    }
    let part = (MOST_READ as usize / (by * by)).max(1);
    let across = width.min(part);
    let down = (part / across).clamp(1, height);
    for y in (0..height).step_by(down) {
        for x in (0..width).step_by(across) {
            progress.check()?;
            let (right, bottom) = ((x + across).min(width), (y + down).min(height));
            let rect = Rect::new((x * by) as i64, (y * by) as i64, (right * by) as i64, (bottom * by) as i64);
            let small = reader.read(tile, rect)?.binned(by);
            for row in 0..small.height.min(bottom - y) {
                let to = &mut copy.row_mut(y + row)[x..right];
                to.iter_mut().zip(small.row(row)).for_each(|(to, value)| *to = *value);
            }
        }
    }
    take_logarithms(&mut copy);
    Ok(copy.gauss(BLUR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::texture;

    struct Whole(Plane);

    impl TileReader for Whole {
        fn read(&self, _: usize, rect: Rect) -> Result<Plane> {
            let (x, y) = (rect.x0 as usize, rect.y0 as usize);
            Ok(self.0.crop(x, y, rect.width() as usize, rect.height() as usize))
        }
    }

    #[test]
    fn a_tile_read_in_parts_gives_the_same_copy() {
        let whole = texture(301, 203, 3);
        let size = Size::new(301, 203);
        for by in [1, 3] {
            let mut expected = whole.binned(by);
            take_logarithms(&mut expected);
            let found = smooth_copy(&Whole(whole.clone()), 0, size, by, &Progress::default()).unwrap();
            assert_eq!(found, expected.gauss(BLUR));
        }
    }
}
