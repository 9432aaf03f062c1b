//! [`find_problems`]: what may be wrong with the tiles of a mosaic, for a person to look at and to mend.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;
use std::path::Path;

use rayon::prelude::*;

use crate::geometry::{Rect, Size};
use crate::job::Progress;
use crate::mosaic::{Mosaic, Placement, PlacementId, PlacementIds};
use crate::source::ImageRef;
use crate::{Error, Result};

/// Empty cells are told up to so many.
const MAX_GAPS: usize = 1000;
/// A tile that touches more others than this is not compared with them.
const MAX_COMPARED: usize = 64;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The file is not there.
    Missing,
    /// The file is there, but no image can be read from it.
    Unreadable,
    /// A part of the image is missing.
    Damaged,
    /// The image lies in the mosaic already.
    SameFile,
    /// Another tile of the same size lies exactly above.
    SamePlace,
    /// Most tiles have another size. Smaller ones at the right and lower edges are usual.
    OtherSize,
    /// Most tiles have other channels or another sample type.
    OtherSamples,
    /// More than half of it lies on or under one other tile.
    Overlap,
    /// No tile lies where the grid of the others has a cell.
    Gap,
}

/// Tiles or places that have the same thing wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// In painting order; of doubles, all but the one that stays.
    pub tiles: Vec<PlacementId>,
    /// Of gaps: in canvas pixels.
    pub places: Vec<Rect>,
    /// What most tiles have instead, for people.
    pub usual: Option<String>,
}

/// The problems of `mosaic`, by kind. `is_unreadable` and `is_damaged` tell of images that are known to be; `is_there` tells whether
/// a file is.
///
/// Fails only if it is cancelled.
pub fn find_problems(
    mosaic: &Mosaic,
    is_unreadable: impl Fn(&ImageRef) -> bool,
    is_damaged: impl Fn(&ImageRef) -> bool,
    is_there: impl Fn(&Path) -> bool + Sync,
    progress: &Progress,
) -> Result<Vec<Problem>> {
    let all: Vec<&Placement> = mosaic.placements.iter().collect();
    let mut found: BTreeMap<ProblemKind, Problem> = BTreeMap::new();
    let mut add = |kind: ProblemKind, tiles: Vec<PlacementId>, usual: Option<String>| {
        if !tiles.is_empty() {
            found.insert(kind, Problem { kind, tiles, places: Vec::new(), usual });
        }
    };
    let missing = missing_files(&all, is_there, progress)?;
    let bad = |placement: &&&Placement| placement.kind.is_none() || is_unreadable(&placement.image);
    let bad = all.iter().filter(bad).map(|placement| placement.id).filter(|id| !missing.contains(*id));
    let bad: PlacementIds = bad.collect();
    let damaged = all.iter().filter(|placement| is_damaged(&placement.image)).map(|placement| placement.id);
    add(ProblemKind::Damaged, damaged.filter(|id| !missing.contains(*id) && !bad.contains(*id)).collect(), None);
    add(ProblemKind::Unreadable, bad.iter().collect(), None);
    let same_file = repeated(all.iter().map(|placement| (&placement.image, placement.id)));
    let twice: PlacementIds = same_file.iter().copied().collect();
    // Of tiles at one place the uppermost is seen.
    let visible: Vec<&Placement> = all.iter().copied().filter(|placement| placement.visible).collect();
    let once = visible.iter().rev().filter(|placement| !twice.contains(placement.id));
    let mut same_place = repeated(once.map(|placement| (placement.rect(), placement.id)));
    same_place.reverse();
    let hidden: PlacementIds = same_place.iter().copied().collect();
    add(ProblemKind::SamePlace, same_place, None);
    add(ProblemKind::SameFile, same_file, None);
    let (tiles, usual) = of_other_size(&all, mosaic.placements.bounds());
    add(ProblemKind::OtherSize, tiles, usual.map(|size| format!("{size} px")));
    let kinds = all.iter().filter_map(|placement| Some((placement.kind?, placement.id)));
    let usual = most_common(kinds.clone().map(|(kind, _)| kind));
    let others = kinds.filter(|(kind, _)| usual.is_some_and(|usual| *kind != usual)).map(|(_, id)| id);
    let text = usual.map(|kind| format!("{} of {}", channels(kind.channels), kind.sample.name()));
    add(ProblemKind::OtherSamples, others.collect(), text);
    let simple: Vec<&Placement> = visible
        .into_iter()
        .filter(|placement| !hidden.contains(placement.id) && !twice.contains(placement.id))
        .collect();
    add(ProblemKind::Overlap, overlapping(mosaic, &simple, progress)?, None);
    let missing = all.iter().map(|placement| placement.id).filter(|id| missing.contains(*id)).collect();
    add(ProblemKind::Missing, missing, None);
    let places = gaps(&simple);
    if !places.is_empty() {
        let gap = Problem { kind: ProblemKind::Gap, tiles: Vec::new(), places, usual: None };
        found.insert(ProblemKind::Gap, gap);
    }
    Ok(found.into_values().collect())
}

fn channels(count: u8) -> String {
    if count == 1 { "1 channel".to_owned() } else { format!("{count} channels") }
}

fn missing_files(
    all: &[&Placement],
    is_there: impl Fn(&Path) -> bool + Sync,
    progress: &Progress,
) -> Result<PlacementIds> {
    let paths: HashSet<&Path> = all.iter().map(|placement| &*placement.image.path).collect();
    let gone = paths.into_par_iter().map(|path| {
        progress.check()?;
        Ok::<_, Error>((!is_there(path)).then_some(path))
    });
    let gone: HashSet<&Path> = gone.filter_map(Result::transpose).collect::<Result<_>>()?;
    let missing = all.iter().filter(|placement| gone.contains(&*placement.image.path));
    Ok(missing.map(|placement| placement.id).collect())
}

/// Those whose key came before.
fn repeated<K: Eq + Hash>(all: impl Iterator<Item = (K, PlacementId)>) -> Vec<PlacementId> {
    let mut known = HashSet::new();
    all.filter_map(|(key, id)| (!known.insert(key)).then_some(id)).collect()
}

/// What more than half of all have.
fn most_common<T: Eq + Hash + Copy>(all: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    all.for_each(|value| *counts.entry(value).or_default() += 1);
    let total: usize = counts.values().sum();
    counts.into_iter().find(|(_, count)| count * 2 > total).map(|(value, _)| value)
}

fn of_other_size(all: &[&Placement], bounds: Rect) -> (Vec<PlacementId>, Option<Size>) {
    let Some(usual) = most_common(all.iter().map(|placement| placement.size)) else { return (Vec::new(), None) };
    let is_edge = |placement: &Placement| {
        let (size, rect) = (placement.size, placement.rect());
        let narrow = size.width < usual.width && rect.x1 == bounds.x1;
        let low = size.height < usual.height && rect.y1 == bounds.y1;
        (narrow || size.width == usual.width) && (low || size.height == usual.height)
    };
    let others = all.iter().filter(|placement| placement.size != usual && !is_edge(placement));
    (others.map(|placement| placement.id).collect(), Some(usual))
}

/// The upper one of each two that share more than half of the smaller one.
fn overlapping(mosaic: &Mosaic, tiles: &[&Placement], progress: &Progress) -> Result<Vec<PlacementId>> {
    let meant: HashMap<PlacementId, usize> = tiles.iter().enumerate().map(|(at, tile)| (tile.id, at)).collect();
    let covers = |(at, tile): (usize, &&Placement)| {
        progress.check()?;
        let rect = tile.rect();
        if mosaic.placements.is_crowded(rect, MAX_COMPARED) {
            return Ok(None);
        }
        let below = mosaic.placements.touching(rect).into_iter().filter_map(|id| meant.get(&id));
        let mut below = below.filter(|other| **other < at).map(|other| tiles[*other].rect());
        let half = |other: Rect| 2 * rect.intersect(other).area() > rect.area().min(other.area());
        Ok(below.any(half).then_some(tile.id))
    };
    tiles.par_iter().enumerate().map(covers).filter_map(Result::transpose).collect()
}

/// The empty cells between tiles that lie in a grid; none if they don't.
fn gaps(tiles: &[&Placement]) -> Vec<Rect> {
    let rects: Vec<Rect> = tiles.iter().map(|tile| tile.rect()).collect();
    let side = |of: fn(&Rect) -> u64| {
        let mut sides: Vec<u64> = rects.iter().map(of).collect();
        let middle = sides.len() / 2;
        if sides.is_empty() { 0 } else { *sides.select_nth_unstable(middle).1 as i64 }
    };
    let (width, height) = (side(|rect| rect.width()), side(|rect| rect.height()));
    let (columns, lefts) = lines(rects.iter().map(|rect| rect.x0).collect(), width);
    let (rows, tops) = lines(rects.iter().map(|rect| rect.y0).collect(), height);
    let (across, down) = (lefts.len(), tops.len());
    if rects.len() < 4 || across.saturating_mul(down) > 2 * rects.len() {
        return Vec::new();
    }
    let mut taken = vec![false; across * down];
    columns.iter().zip(&rows).for_each(|(column, row)| taken[row * across + column] = true);
    let is_taken = |column: usize, row: usize| taken[row * across + column];
    let is_inside = |column: usize, row: usize| {
        let (left, right) = ((0..column).any(|at| is_taken(at, row)), (column..across).any(|at| is_taken(at, row)));
        let (above, below) = ((0..row).any(|at| is_taken(column, at)), (row..down).any(|at| is_taken(column, at)));
        left && right || above && below
    };
    let cells = (0..down).flat_map(|row| (0..across).map(move |column| (column, row)));
    let empty = cells.filter(|(column, row)| !is_taken(*column, *row)).take(4 * MAX_GAPS);
    let inside = empty.filter(|(column, row)| is_inside(*column, *row)).take(MAX_GAPS);
    inside.map(|(column, row)| Rect::at(lefts[column], tops[row], Size::new(width as u32, height as u32))).collect()
}

/// The line of each start, and where lines begin: starts less than half of `side` apart are of one line.
fn lines(starts: Vec<i64>, side: i64) -> (Vec<usize>, Vec<i64>) {
    let mut sorted = starts.clone();
    sorted.sort_unstable();
    let mut begins: Vec<i64> = Vec::new();
    for start in sorted {
        if begins.last().is_none_or(|begin| 2 * (start - begin) >= side.max(1)) {
            begins.push(start);
        }
    }
    let line = |start: &i64| begins.partition_point(|begin| begin <= start).saturating_sub(1);
    (starts.iter().map(line).collect(), begins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;
    use crate::pixels::PixelKind;

    fn grid(across: i64, down: i64) -> Mosaic {
        let mut mosaic = Mosaic::default();
        for (row, column) in (0..down).flat_map(|row| (0..across).map(move |column| (row, column))) {
            mosaic.add(tile(&format!("r{row}c{column}"), (column * 9, row * 9), 10));
        }
        mosaic
    }

    fn tile(name: &str, (x, y): (i64, i64), side: u32) -> Placement {
        let tile = Placement::new(name, Size::new(side, side)).at(Point::new(x as f64, y as f64));
        Placement { kind: Some(PixelKind::RGB8), ..tile }
    }

    fn problems(mosaic: &Mosaic) -> Vec<Problem> {
        find_problems(mosaic, |_| false, |_| false, |path| path != Path::new("gone"), &Progress::default()).unwrap()
    }

    fn kinds(mosaic: &Mosaic) -> Vec<(ProblemKind, usize)> {
        let count = |problem: &Problem| (problem.kind, problem.tiles.len() + problem.places.len());
        problems(mosaic).iter().map(count).collect()
    }

    #[test]
    fn an_overlapping_grid_has_no_problem() {
        let mut mosaic = grid(5, 4);
        mosaic.add(tile("short last row", (0, 36), 10));
        assert_eq!(kinds(&mosaic), []);
        let narrow = Placement { size: Size::new(4, 10), ..tile("narrow", (45, 0), 10) };
        mosaic.add(narrow);
        assert_eq!(kinds(&mosaic), [], "narrow at the right edge");
    }

    #[test]
    fn each_problem_is_told() {
        use ProblemKind::{Gap, Missing, OtherSamples, OtherSize, Overlap, SameFile, SamePlace, Unreadable};
        let changed = |change: fn(&mut Mosaic)| {
            let mut mosaic = grid(5, 4);
            change(&mut mosaic);
            kinds(&mosaic)
        };
        assert_eq!(changed(|m| _ = m.add(tile("gone", (45, 0), 10))), [(Missing, 1)]);
        let unknown = |m: &mut Mosaic| _ = m.add(Placement { kind: None, ..tile("torn", (45, 0), 10) });
        assert_eq!(changed(unknown), [(Unreadable, 1)]);
        assert_eq!(changed(|m| _ = m.add(tile("r1c2", (45, 0), 10))), [(SameFile, 1)]);
        assert_eq!(changed(|m| _ = m.add(tile("x", (9, 9), 10))), [(SamePlace, 1)]);
        assert_eq!(changed(|m| _ = m.add(tile("x", (45, 0), 30))), [(OtherSize, 1)]);
        let gray = |m: &mut Mosaic| {
            let gray = PixelKind { color: crate::pixels::Color::Gray, ..PixelKind::RGB8 };
            _ = m.add(Placement { kind: Some(gray), ..tile("x", (45, 0), 10) });
        };
        assert_eq!(changed(gray), [(OtherSamples, 1)]);
        assert_eq!(changed(|m| _ = m.add(tile("x", (11, 9), 10))), [(Overlap, 1)]);
        let hole = |m: &mut Mosaic| m.remove(&PlacementIds::from_iter([m.placements[7].id]));
        assert_eq!(changed(hole), [(Gap, 1)]);
        let mut mosaic = grid(5, 4);
        hole(&mut mosaic);
        assert_eq!(problems(&mosaic)[0].places, [Rect::new(18, 9, 28, 19)]);
        assert_eq!(changed(|m| m.remove(&PlacementIds::from_iter([m.placements[0].id]))), [], "a corner may be empty");
    }

    #[test]
    fn of_doubles_one_stays() {
        let mut mosaic = Mosaic::default();
        let ids: Vec<_> = ["a", "b", "a"].iter().map(|name| mosaic.add(tile(name, (0, 0), 10))).collect();
        let found = problems(&mosaic);
        assert_eq!((found[0].kind, &*found[0].tiles), (ProblemKind::SameFile, &ids[2..]), "the first of a file");
        assert_eq!((found[1].kind, &*found[1].tiles), (ProblemKind::SamePlace, &ids[..1]), "the upper one of a place");
        mosaic.set_visible(&ids.iter().copied().collect(), false);
        assert_eq!(problems(&mosaic).len(), 1, "what is hidden covers nothing");
    }
}
