//! Compares a pair of tiles: from two strips to the step between them, with its confidence.

use mosaicist_fourier::Fourier;

use crate::Result;
use crate::correlate::{Offset, Window, peaks};
use crate::geometry::{Point, Rect};
use crate::ncc::{evenness, ncc, shared};
use crate::neighbors::Pair;
use crate::refine::refine;
use crate::strip::{BARE, Strip, shrinking};
use crate::{Tile, TileReader};

/// Peaks closer than this to a better one, in pixels of the search, are part of it.
const SAME: i64 = 4;
/// A match that is better than chance by this many standard deviations is none by chance, be it the best of thousands.
const CLEAR: f32 = 6.0;
/// A match that is better than its runner-up by this many standard deviations is the better one.
const DISTINCT: f32 = 3.5;
/// A match that correlates so well explains the overlap; then a runner-up is no rival if it leaves this many times as much
/// unexplained.
const EXPLAINS: f32 = 0.85;
const LEAVES: f32 = 1.5;
/// How far the edges of strips are not to be trusted, in pixels: there they have been blurred with what lies mirrored beyond.
const RIM: usize = 10;
/// Alternatives must correlate at least this fraction of the best.
const RIVAL: f32 = 0.6;
/// And so many of them.
const RIVALS: usize = 4;
/// The least that a match correlates.
const LEAST_NCC: f32 = 0.12;
/// The most pixels to refine; of larger overlaps only the part with the most texture.
const MOST_REFINED: usize = 1 << 20;
/// More pixels than these of a tile are not read for one pair.
const MOST_READ: u64 = 2 << 20;

/// The least overlap and the largest shift of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// How far the step may be from the expected one, along each axis, in pixels.
    pub max_shift: f64,
    /// What both must share along each axis, in pixels.
    pub least_overlap: f64,
}

/// One place where both match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Where `b` lies from `a`, in canvas pixels.
    pub step: Point,
    /// The correlation of what both show there, band-passed and centered.
    pub ncc: f32,
    /// The standard deviation of the step by noise alone, in pixels.
    pub sigma: f32,
}

/// The comparison of a pair.
#[derive(Debug, Clone, PartialEq)]
pub enum Comparison {
    /// There is too little to see in the overlap.
    Bare,
    /// Nothing inside the cap matches better than chance.
    Different { best: Option<Match> },
    /// Several places match about as well; the best first.
    Ambiguous { matches: Vec<Match> },
    /// One place matches, clearly better than any other.
    Clear { best: Match, distinct: f32 },
}

/// A comparison, and what else is seen in the overlap.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Compared {
    pub(crate) comparison: Comparison,
    /// How much there is to see: below 1 no more than noise alone.
    pub(crate) texture: f32,
    /// The part of it that matches about as well as the best of it.
    pub(crate) evenness: f32,
}

/// Compares pairs; one for each thread.
pub(crate) struct Comparer<'a> {
    tiles: &'a [Tile],
    reader: &'a dyn TileReader,
    limits: Limits,
    fourier: Fourier,
}

/// A candidate in the pixels of the search.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    offset: Offset,
    ncc: f32,
    /// What chance alone makes of its Fisher transform, as a standard deviation.
    chance: f32,
}

impl Candidate {
    /// In standard deviations of chance.
    fn score(&self) -> f32 {
        fisher(self.ncc) / self.chance
    }
}

impl<'a> Comparer<'a> {
    /// For pairs of `tiles`.
    pub(crate) fn new(tiles: &'a [Tile], reader: &'a dyn TileReader, limits: Limits) -> Self {
        Self { tiles, reader, limits, fourier: Fourier::default() }
    }

    /// Compare a pair. Fails where a tile cannot be read.
    pub(crate) fn compare(&mut self, pair: &Pair) -> Result<Compared> {
        let different = Comparison::Different { best: None };
        let Some((rect_a, rect_b)) = self.rects(pair) else {
            return Ok(Compared { comparison: different, texture: 0.0, evenness: 0.0 });
        };
        let by = shrinking(rect_a.area().max(rect_b.area()));
        let a = Strip::new(rect_a, self.reader.read(pair.a as usize, rect_a)?, by);
        let b = Strip::new(rect_b, self.reader.read(pair.b as usize, rect_b)?, by);
        let (comparison, evenness) = self.compare_strips(&a, &b, pair.step);
        Ok(Compared { comparison, texture: a.texture.min(b.texture) / BARE, evenness })
    }

    /// What of each may lie in the overlap, in its own pixels.
    fn rects(&self, pair: &Pair) -> Option<(Rect, Rect)> {
        let (a, b) = (&self.tiles[pair.a as usize], &self.tiles[pair.b as usize]);
        let reach = self.limits.max_shift.ceil() as i64;
        let (x, y) = pair.step.round();
        let (whole_a, whole_b) = (Rect::from_size(a.size), Rect::from_size(b.size));
        let of_a = whole_a.intersect(whole_b.translate(x, y).expand(reach));
        let of_b = whole_b.intersect(whole_a.translate(-x, -y).expand(reach));
        let (of_a, of_b) = bounded(of_a, of_b, (x, y), reach);
        let least = self.limits.least_overlap.ceil() as u64;
        let enough = |rect: Rect| rect.width() >= least && rect.height() >= least;
        (enough(of_a) && enough(of_b)).then_some((of_a, of_b))
    }

    /// Also how evenly they match at best.
    fn compare_strips(&mut self, a: &Strip, b: &Strip, expected: Point) -> (Comparison, f32) {
        let by = a.by as f64;
        let origin = Point::new((a.rect.x0 - b.rect.x0) as f64, (a.rect.y0 - b.rect.y0) as f64);
        if a.texture <= 0.0 || b.texture <= 0.0 {
            return (Comparison::Bare, 0.0);
        }
        let range = |expected: f64, origin: f64| {
            let (from, to) = (expected - self.limits.max_shift - origin, expected + self.limits.max_shift - origin);
            (from / by).ceil() as i64..=(to / by).floor() as i64
        };
        let window = Window { x: range(expected.x, origin.x), y: range(expected.y, origin.y) };
        if window.x.is_empty() || window.y.is_empty() {
            return (Comparison::Different { best: None }, 0.0);
        }
        let found = peaks(&mut self.fourier, &a.band, &b.band, &window);
        let candidates = self.verified(a, b, &found.offsets, &window, found.chance);
        let Some(best) = candidates.first().copied() else { return (Comparison::Different { best: None }, 0.0) };
        let evenness = evenness(&a.band, &b.band, best.offset, RIM / a.by);
        (Self::judged(a, b, &candidates, origin), evenness)
    }

    /// What the candidates, the best first, say of a pair.
    fn judged(a: &Strip, b: &Strip, candidates: &[Candidate], origin: Point) -> Comparison {
        let Some(best) = candidates.first().copied() else { return Comparison::Different { best: None } };
        let runner_up = candidates.iter().skip(1).map(|candidate| candidate.ncc).fold(0.0, f32::max);
        let distinct = (fisher(best.ncc) - fisher(runner_up)) / (best.chance * std::f32::consts::SQRT_2);
        // Of pictures that repeat themselves, chance makes much; but where nearly all is explained, what is left tells.
        let explains = best.ncc >= EXPLAINS && 1.0 - runner_up >= LEAVES * (1.0 - best.ncc);
        let is_distinct = distinct >= DISTINCT || explains;
        let refined = |candidate: &Candidate| Self::refined(a, b, candidate, origin);
        let bare = a.texture.min(b.texture) < BARE;
        if (best.score() < CLEAR && best.ncc < EXPLAINS) || best.ncc < LEAST_NCC {
            return if bare { Comparison::Bare } else { Comparison::Different { best: refined(&best) } };
        }
        if is_distinct {
            let distinct = distinct.max(DISTINCT);
            return match refined(&best) {
                Some(best) => Comparison::Clear { best, distinct },
                None => Comparison::Different { best: None },
            };
        }
        let rivals = candidates.iter().filter(|candidate| candidate.ncc >= RIVAL * best.ncc).take(RIVALS);
        Comparison::Ambiguous { matches: rivals.filter_map(refined).collect() }
    }

    /// The candidates with their correlation, the best first, no two of the same peak.
    fn verified(&self, a: &Strip, b: &Strip, offsets: &[Offset], window: &Window, chance: f32) -> Vec<Candidate> {
        let least = ((self.limits.least_overlap / a.by as f64).ceil() as usize).max(2);
        let whole = (a.band.data.len().min(b.band.data.len())) as f32;
        let rate = |offset: Offset| {
            let ncc = ncc(&a.band, &b.band, offset, least, RIM / a.by)?;
            let (_, _, width, height) = shared(&a.band, &b.band, offset)?;
            let chance = chance * (whole / (width * height) as f32).sqrt();
            Some(Candidate { offset, ncc, chance: chance.max(1e-6) })
        };
        let climb = |mut at: Candidate| {
            for _ in 0..4 {
                let around = (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (dx, dy))).filter(|step| *step != (0, 0));
                let places = around.map(|(dx, dy)| (at.offset.0 + dx, at.offset.1 + dy));
                let better = places.filter(|place| window.contains(*place)).filter_map(rate);
                match better.max_by(|a, b| a.ncc.total_cmp(&b.ncc)) {
                    Some(other) if other.ncc > at.ncc => at = other,
                    _ => break,
                }
            }
            at
        };
        let mut rated: Vec<Candidate> = offsets.iter().filter_map(|offset| rate(*offset)).collect();
        // A correlation over few pixels is easily high: what chance may add is taken off.
        let cautious = |c: &Candidate| fisher(c.ncc) - 2.0 * c.chance;
        rated.sort_by(|a, b| cautious(b).total_cmp(&cautious(a)));
        if let Some(first) = rated.first_mut() {
            *first = climb(*first);
        }
        let mut chosen: Vec<Candidate> = Vec::with_capacity(rated.len());
        for candidate in rated {
            let near = |other: &Candidate| {
                (other.offset.0 - candidate.offset.0).abs().max((other.offset.1 - candidate.offset.1).abs()) <= SAME
            };
            if !chosen.iter().any(near) {
                chosen.push(candidate);
            }
        }
        chosen
    }

    /// A candidate to a fraction of a pixel. `None` if there the refinement does not hold.
    fn refined(a: &Strip, b: &Strip, candidate: &Candidate, origin: Point) -> Option<Match> {
        let by = a.by as f64;
        let (x, y) = candidate.offset;
        let rate = |dx: i64, dy: i64| ncc(&a.band, &b.band, (x + dx, y + dy), 2, RIM / a.by).unwrap_or(candidate.ncc);
        let top = (parabola(rate(-1, 0), candidate.ncc, rate(1, 0)), parabola(rate(0, -1), candidate.ncc, rate(0, 1)));
        let start = ((x as f64 + top.0) * by, (y as f64 + top.1) * by);
        let whole = (start.0.round() as i64, start.1.round() as i64);
        let (x, y, width, height) = best_part(a, b, whole)?;
        // The same part of both, so that what is left to find is a small offset.
        let part_a = a.smooth.crop(x, y, width, height);
        let (left, top) = ((x as i64 - whole.0) as usize, (y as i64 - whole.1) as usize);
        let part_b = b.smooth.crop(left, top, width, height);
        let found = refine(&part_a, &part_b, (start.0 - whole.0 as f64, start.1 - whole.1 as f64))?;
        let step = origin + Point::new(found.offset.0 + whole.0 as f64, found.offset.1 + whole.1 as f64);
        Some(Match { step, ncc: found.ncc, sigma: found.sigma })
    }
}

/// Where the top of the parabola through the values at -1, 0 and 1 lies, at most half a step away.
fn parabola(before: f32, at: f32, after: f32) -> f64 {
    let bend = before + after - 2.0 * at;
    if bend >= 0.0 { 0.0 } else { f64::from(0.5 * (before - after) / bend).clamp(-0.5, 0.5) }
}

/// Both rectangles, cut along their longer side about the middle where they are more than is looked at.
fn bounded(of_a: Rect, of_b: Rect, (x, y): (i64, i64), reach: i64) -> (Rect, Rect) {
    if of_a.area().max(of_b.area()) <= MOST_READ {
        return (of_a, of_b);
    }
    let short = of_a.width().min(of_a.height()).max(1);
    let half = ((MOST_READ / short) as i64 / 2).max(reach + 8);
    let (middle_x, middle_y) = (i64::midpoint(of_a.x0, of_a.x1), i64::midpoint(of_a.y0, of_a.y1));
    let (half_x, half_y) = (half.min(of_a.width() as i64), half.min(of_a.height() as i64));
    let part = Rect::new(middle_x - half_x, middle_y - half_y, middle_x + half_x, middle_y + half_y);
    (of_a.intersect(part), of_b.intersect(part.translate(-x, -y).expand(reach)))
}

/// Where to refine: all that both strips share at an offset, or where that is too much, the part of it along its longer side
/// with the most texture. As a rectangle (x, y, width, height) of strip a.
fn best_part(a: &Strip, b: &Strip, offset: Offset) -> Option<(usize, usize, usize, usize)> {
    let (x, y, width, height) = shared(&a.smooth, &b.smooth, offset)?;
    if width * height <= MOST_REFINED {
        return Some((x, y, width, height));
    }
    let down = height >= width;
    let (long, short, start) = if down { (height, width, y) } else { (width, height, x) };
    let length = (MOST_REFINED / short).clamp(1, long);
    // The texture of each line across, in the pixels of the search.
    let lines = if down { a.band.height } else { a.band.width };
    let mut energy = vec![0.0f64; lines + 1];
    for row in 0..a.band.height {
        for (column, value) in a.band.row(row).iter().enumerate() {
            energy[if down { row } else { column } + 1] += f64::from(value * value);
        }
    }
    for k in 1..energy.len() {
        energy[k] += energy[k - 1];
    }
    let sum = |from: usize| energy[((from + length) / a.by).min(lines)] - energy[(from / a.by).min(lines)];
    let starts = (start..=start + long - length).step_by((length / 4).max(1));
    let best = starts.max_by(|one, other| sum(*one).total_cmp(&sum(*other))).unwrap_or(start);
    Some(if down { (x, best, width, length) } else { (best, y, length, height) })
}

/// Fisher's transform of a correlation of at most 0.9999.
fn fisher(ncc: f32) -> f32 {
    ncc.clamp(-0.9999, 0.9999).atanh()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::plane::Plane;
    use crate::testing::{Scene, noise};

    /// Parts of a scene, with noise and a gain of their own; tile 2 is blank.
    struct Cuts {
        scene: Scene,
        places: Vec<(f64, f64)>,
        size: Size,
        noise: f32,
    }

    impl TileReader for Cuts {
        fn read(&self, tile: usize, rect: Rect) -> Result<Plane> {
            let (x, y) = self.places[tile];
            let mut state = tile as u64 * 1000 + rect.x0 as u64 + 17;
            let (width, height) = (rect.width() as usize, rect.height() as usize);
            let mut plane = self.scene.cut(x + rect.x0 as f64, y + rect.y0 as f64, width, height);
            for value in &mut plane.data {
                *value =
                    if tile == 2 { 190.0 } else { *value * (1.0 + 0.1 * tile as f32) } + self.noise * noise(&mut state);
            }
            Ok(plane)
        }
    }

    fn cuts(noise: f32) -> (Cuts, Vec<Tile>) {
        let size = Size::new(220, 180);
        let places = vec![(0.0, 0.0), (195.3, 4.6), (3.0, 160.0)];
        let tile = |&(x, y): &(f64, f64)| Tile { position: Point::new(x, y), size, locked: false, round: 0 };
        let tiles = places.iter().map(tile).collect();
        (Cuts { scene: Scene::new(8), places, size, noise }, tiles)
    }

    const LIMITS: Limits = Limits { max_shift: 12.0, least_overlap: 8.0 };

    #[test]
    fn a_pair_is_found_from_a_wrong_guess() {
        for noise in [0.0, 12.0] {
            let (reader, tiles) = cuts(noise);
            assert_eq!(reader.size, tiles[0].size);
            let mut comparer = Comparer::new(&tiles, &reader, LIMITS);
            let pair = Pair { a: 0, b: 1, step: Point::new(186.0, -3.0) };
            let Comparison::Clear { best, .. } = comparer.compare(&pair).unwrap().comparison else {
                panic!("not found")
            };
            let error = (best.step.x - 195.3).hypot(best.step.y - 4.6);
            assert!(error < if noise > 0.0 { 0.25 } else { 0.03 }, "{best:?}");
        }
    }

    #[test]
    fn offsets_outside_the_cap_are_not_found() {
        let (reader, tiles) = cuts(1.0);
        let mut comparer = Comparer::new(&tiles, &reader, LIMITS);
        let pair = Pair { a: 0, b: 1, step: Point::new(180.0, 4.0) };
        let found = comparer.compare(&pair).unwrap().comparison;
        assert!(matches!(found, Comparison::Different { .. }), "{found:?}");
    }

    #[test]
    fn a_blank_overlap_is_bare() {
        for noise in [0.0, 3.0] {
            let (reader, tiles) = cuts(noise);
            let pair = Pair { a: 0, b: 2, step: Point::new(3.0, 160.0) };
            let Compared { comparison: found, texture, .. } =
                Comparer::new(&tiles, &reader, LIMITS).compare(&pair).unwrap();
            assert!(texture < 1.0, "{texture}");
            assert!(matches!(found, Comparison::Bare), "{found:?}");
        }
    }
}
