//! [`NameLayout`]: tiles arranged by what a pattern reads from their names.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{Arrangement, Axes, Gap, Grid, Plane, extent_of};
use crate::geometry::{Point, Size};
use crate::pattern::{Matches, Pattern, TileName};
use crate::{Error, Result};

/// Tiles arranged by their names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NameLayout {
    /// As [`Pattern::parse`] reads it.
    pub pattern: String,
    /// Overlap, spacing and alignment of cells; where the first row and column lie; for `{i}` also counts and order.
    pub grid: Grid,
    /// How the axes of `{x}` and `{y}` lie.
    pub axes: Axes,
    /// µm of a pixel across and down, for `{x:um}` and `{y:um}`.
    pub pixel_size: Option<(f64, f64)>,
    /// Whether missing numbers of `{i}` leave no cell empty.
    pub close_gaps: bool,
}

/// Gaps are named up to so many.
const MAX_GAPS: usize = 1000;

/// The position of a tile as given by its name.
enum Place {
    Cell(i64, i64),
    At(f64, f64),
    Index(i64),
}

impl NameLayout {
    /// By `pattern`, without overlap.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self { pattern: pattern.into(), ..Self::default() }
    }

    /// The place of each tile; see [`TileLayout::apply`](super::TileLayout::apply).
    pub fn apply(&self, names: &[impl AsRef<str>], sizes: &[Size]) -> Result<Arrangement> {
        let pattern = Pattern::parse(&self.pattern)?;
        let Matches { matched, .. } = pattern.matches(names);
        if matched.is_empty() {
            let first = names.first().map_or(String::new(), |name| format!(", not even '{}'", name.as_ref()));
            return Err(Error::invalid(format!("the pattern '{}' matches no name{first}", self.pattern)));
        }
        let known: Vec<Size> = matched.iter().map(|(tile, _)| sizes.get(*tile).copied().unwrap_or_default()).collect();
        let placed = self.place(&pattern, &matched, &known)?;
        let (plane, planes) = planes_of(&matched);
        let mut all = Arrangement {
            positions: vec![None; names.len()],
            plane: vec![0; names.len()],
            planes,
            extent: placed.cells.as_deref().and_then(extent_of),
            ..Arrangement::default()
        };
        for (((tile, _), point), plane) in matched.iter().zip(&placed.points).zip(&plane) {
            all.positions[*tile] = Some(*point);
            all.plane[*tile] = *plane;
        }
        let tiles: Vec<usize> = matched.iter().map(|(tile, _)| *tile).collect();
        all.doubles = doubles(&tiles, &placed.points, &plane);
        if let Some((across, down)) = all.extent {
            let mut counts = vec![0u64; all.planes.len()];
            plane.iter().for_each(|plane| counts[*plane as usize] += 1);
            let fullest = (0..counts.len()).max_by_key(|plane| (counts[*plane], usize::MAX - plane)).unwrap_or(0);
            all.empty = across.saturating_mul(down).saturating_sub(counts[fullest]);
            let of_fullest = |at: &usize| plane[*at] as usize == fullest;
            all.gaps = match &placed.numbers {
                _ if all.empty == 0 => Vec::new(),
                Some(_) if self.close_gaps => Vec::new(),
                Some(numbers) => missing_numbers((0..numbers.len()).filter(of_fullest).map(|at| numbers[at])),
                None => {
                    let cells = placed.cells.as_deref().unwrap_or_default();
                    self.missing_cells((0..cells.len()).filter(of_fullest).map(|at| cells[at]))
                }
            };
        }
        Ok(all)
    }

    fn place(&self, pattern: &Pattern, matched: &[(usize, TileName)], sizes: &[Size]) -> Result<Placed> {
        let places = matched.iter().map(|(_, name)| place_of(name)).collect::<Option<Vec<_>>>();
        let places = places.ok_or_else(|| {
            let what = format!(
                "the pattern '{}' gives no place: it needs {{col}}, {{row}}, {{x}}, {{y}} or {{i}}",
                self.pattern
            );
            Error::invalid(what)
        })?;
        let positions: Option<Vec<(f64, f64)>> = places.iter().map(Place::position).collect();
        if let Some(points) = positions {
            let points = self.axes.to_canvas(&points, sizes, pattern.unit(), self.pixel_size)?;
            return Ok(Placed { points, cells: None, numbers: None });
        }
        let cells: Option<Vec<(i64, i64)>> = places.iter().map(|place| self.cell(place)).collect();
        let (cells, numbers) = if let Some(cells) = cells {
            (cells, None)
        } else {
            let numbers: Vec<i64> = places.iter().map(Place::index).collect();
            (self.indexed(&numbers)?, Some(numbers))
        };
        Ok(Placed { points: self.grid.place(&cells, sizes)?, cells: Some(cells), numbers })
    }

    /// The first cells between the outermost of `cells` that are none of them, row by row.
    fn missing_cells(&self, cells: impl Iterator<Item = (i64, i64)>) -> Vec<Gap> {
        let known: HashSet<(i64, i64)> = cells.collect();
        let range = |of: fn(&(i64, i64)) -> i64| {
            let (least, most) = (known.iter().map(of).min(), known.iter().map(of).max());
            least.unwrap_or(0)..=most.unwrap_or(-1)
        };
        let named = |value: i64, reversed: bool| if reversed { value.saturating_neg() } else { value };
        let (columns, rows) = (range(|cell| cell.0), range(|cell| cell.1));
        let all = rows.flat_map(|row| columns.clone().map(move |column| (column, row)));
        all.filter(|cell| !known.contains(cell))
            .take(MAX_GAPS)
            .map(|(column, row)| Gap::Cell {
                column: named(column, self.grid.start.is_right()),
                row: named(row, self.grid.start.is_bottom()),
            })
            .collect()
    }

    /// The cell as it is counted from the upper left.
    fn cell(&self, place: &Place) -> Option<(i64, i64)> {
        let Place::Cell(column, row) = *place else { return None };
        let reversed = |value: i64, reverse: bool| if reverse { value.saturating_neg() } else { value };
        Some((reversed(column, self.grid.start.is_right()), reversed(row, self.grid.start.is_bottom())))
    }

    /// Cells of running numbers, in the order of the grid.
    fn indexed(&self, numbers: &[i64]) -> Result<Vec<(i64, i64)>> {
        let mut known: Vec<i64> = numbers.to_vec();
        known.sort_unstable();
        known.dedup();
        let (first, last) = (known.first().copied().unwrap_or(0), known.last().copied().unwrap_or(0));
        let span = last.abs_diff(first).saturating_add(1);
        let most = 4 * known.len() as u64 + 1000;
        if !self.close_gaps && span > most {
            let what = format!("the numbers run from {first} to {last}, but there are only {} tiles", known.len());
            return Err(Error::invalid(what));
        }
        let count = if self.close_gaps { known.len() as u64 } else { span };
        let cells = self.grid.cells(count as usize)?;
        let index = |number: &i64| {
            if self.close_gaps { known.binary_search(number).unwrap_or(0) } else { number.abs_diff(first) as usize }
        };
        Ok(numbers.iter().map(|number| cells[index(number)]).collect())
    }
}

struct Placed {
    points: Vec<Point>,
    cells: Option<Vec<(i64, i64)>>,
    /// The running number of each, where these place them.
    numbers: Option<Vec<i64>>,
}

impl Place {
    fn position(&self) -> Option<(f64, f64)> {
        if let Self::At(x, y) = *self { Some((x, y)) } else { None }
    }

    fn index(&self) -> i64 {
        if let Self::Index(index) = *self { index } else { 0 }
    }
}

fn place_of(name: &TileName) -> Option<Place> {
    if name.x.is_some() || name.y.is_some() {
        return Some(Place::At(name.x.unwrap_or(0.0), name.y.unwrap_or(0.0)));
    }
    if name.column.is_some() || name.row.is_some() {
        return Some(Place::Cell(name.column.unwrap_or(0), name.row.unwrap_or(0)));
    }
    name.index.map(Place::Index)
}

/// The plane of each name, and the planes in order.
fn planes_of(matched: &[(usize, TileName)]) -> (Vec<u32>, Vec<Plane>) {
    let plane = |name: &TileName| Plane { z: name.z, t: name.t, channel: name.channel.clone() };
    let mut numbers: BTreeMap<Plane, u32> = matched.iter().map(|(_, name)| (plane(name), 0)).collect();
    numbers.values_mut().zip(0..).for_each(|(number, at)| *number = at);
    let of = matched.iter().map(|(_, name)| numbers.get(&plane(name)).copied().unwrap_or(0)).collect();
    (of, numbers.into_keys().collect())
}

/// The first numbers between the first and the last of `numbers` that are none of them.
fn missing_numbers(numbers: impl Iterator<Item = i64>) -> Vec<Gap> {
    let mut known: Vec<i64> = numbers.collect();
    known.sort_unstable();
    let between = known.windows(2).flat_map(|pair| pair[0].saturating_add(1)..pair[1]);
    between.take(MAX_GAPS).map(Gap::Number).collect()
}

/// Pairs of `tiles` that have the same place and plane.
fn doubles(tiles: &[usize], points: &[Point], planes: &[u32]) -> Vec<(usize, usize)> {
    let mut first: HashMap<(u64, u64, u32), usize> = HashMap::with_capacity(tiles.len());
    let mut found = Vec::new();
    for ((tile, point), plane) in tiles.iter().zip(points).zip(planes) {
        // Adding 0 makes one zero of both.
        let key = ((point.x + 0.0).to_bits(), (point.y + 0.0).to_bits(), *plane);
        match first.get(&key) {
            Some(known) => found.push((*known, *tile)),
            None => _ = first.insert(key, *tile),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Corner, GridOrder};

    const SIZE: Size = Size::new(10, 10);

    fn apply(layout: &NameLayout, names: &[&str]) -> Vec<Option<(f64, f64)>> {
        let found = layout.apply(names, &vec![SIZE; names.len()]).unwrap();
        found.positions.into_iter().map(|point| point.map(Into::into)).collect()
    }

    #[test]
    fn rows_and_columns_count_from_any_number() {
        let layout = NameLayout::new("r{row}_c{col}");
        let names = ["r1_c-1.png", "other.png", "r3_c1.png"];
        assert_eq!(apply(&layout, &names), [Some((0.0, 0.0)), None, Some((20.0, 20.0))]);
        let grid = Grid { start: Corner::BottomRight, ..Grid::default() }.with_overlap(2.0, 0.0);
        assert_eq!(apply(&NameLayout { grid, ..layout.clone() }, &names)[0], Some((16.0, 20.0)));
        let found = layout.apply(&["r1_c1", "r1_c1", "r2_c2"], &[SIZE; 3]).unwrap();
        assert_eq!((found.doubles, found.extent, found.empty), (vec![(0, 1)], Some((2, 2)), 1));
        let gaps = |layout: &NameLayout, names: &[&str]| {
            let found = layout.apply(names, &vec![SIZE; names.len()]).unwrap();
            found.gaps.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(gaps(&layout, &["r-1_c4", "r0_c5", "r0_c4"]), ["column 5, row -1"]);
        let upward = NameLayout { grid: Grid { start: Corner::BottomLeft, ..Grid::default() }, ..layout };
        assert_eq!(gaps(&upward, &["r1_c1", "r1_c2", "r2_c1"]), ["column 2, row 2"]);
        assert_eq!(gaps(&NameLayout::new("t{i}"), &["t3", "t6", "t7", "t1"]), ["number 2", "number 4", "number 5"]);
    }

    #[test]
    fn positions_and_running_numbers_place_too() {
        assert_eq!(apply(&NameLayout::new("{x}_{y}"), &["40_-3.5.png"]), [Some((40.0, -3.5))]);
        let um = NameLayout { pixel_size: Some((0.5, 0.5)), ..NameLayout::new("{x:um}_{y:um}") };
        assert_eq!(apply(&um, &["40_2.png", "50_2.png"]), [Some((0.0, 0.0)), Some((20.0, 0.0))]);
        assert!(NameLayout { pixel_size: None, ..um }.apply(&["1_2"], &[SIZE]).is_err());
        let snake = Grid { order: GridOrder::SnakeRows, ..Grid::across(2) };
        let numbers = NameLayout { grid: snake, ..NameLayout::new("s{*}_{i}") };
        let names = ["s1_7", "s1_4", "s1_5"];
        assert_eq!(apply(&numbers, &names), [Some((0.0, 10.0)), Some((0.0, 0.0)), Some((10.0, 0.0))], "6 is missing");
        let closed = NameLayout { close_gaps: true, ..numbers.clone() };
        assert_eq!(apply(&closed, &names)[0], Some((10.0, 10.0)));
        assert!(numbers.apply(&["s1_1", "s1_900000000"], &[SIZE; 2]).unwrap_err().to_string().contains("only 2"));
        for (pattern, says) in [("a{*}", "gives no place"), ("b{i}", "matches no name")] {
            let error = NameLayout::new(pattern).apply(&["a1.png"], &[SIZE]).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn planes_have_the_same_places() {
        let layout = NameLayout::new("{channel}_{row}_{col}_z{z}");
        let names = ["b_0_0_z1", "a_0_1_z1", "a_0_0_z2", "a_0_0_z1"];
        let found = layout.apply(&names, &[SIZE; 4]).unwrap();
        assert_eq!(found.plane, [1, 0, 2, 0]);
        assert_eq!(found.planes[1].to_string(), "channel b, z 1");
        assert_eq!((found.empty, found.doubles.len()), (0, 0));
        assert_eq!(found.positions[2], found.positions[3]);
    }
}
