//! The cores of a tissue microarray: round objects of about one size in rows and columns.

use super::{Found, Options, RegionKind, objects};
use crate::core_geometry::{Affine, Point};
use mosaicist_shape::{Bounds, Geometry, Kind, Roi, distance};

/// Cores have at least and at most so much of the usual diameter.
const SIZES: (f64, f64) = (0.5, 1.7);

/// The cores, in pixels of the overview, row by row, named by row (letters) and column (numbers).
///
/// Pieces of a core are joined by the grid: those in one place are one core.
pub(super) fn cores(found: &Found, options: &Options) -> Vec<Roi> {
    let boxes = objects::bounds(found);
    let diameter = |bounds: &Bounds| bounds.width().max(bounds.height());
    let Some(usual) = median(boxes.iter().map(diameter).collect()) else { return Vec::new() };
    let candidates: Vec<Bounds> =
        boxes.into_iter().filter(|b| diameter(b) >= usual * SIZES.0 && diameter(b) <= usual * SIZES.1).collect();
    let Some(usual) = median(candidates.iter().map(diameter).collect()) else { return Vec::new() };
    let centers: Vec<Point> = candidates.iter().copied().map(Bounds::center).collect();
    let turn = Affine::rotation(-angle(&centers).to_degrees());
    let upright: Vec<Point> = centers.iter().map(|&center| turn.apply(center)).collect();
    let rows = groups(&upright.iter().map(|point| point.y).collect::<Vec<_>>(), usual);
    let columns = groups(&upright.iter().map(|point| point.x).collect::<Vec<_>>(), usual);
    let mut places: std::collections::BTreeMap<(usize, usize), Bounds> = std::collections::BTreeMap::new();
    for (index, bounds) in candidates.iter().enumerate() {
        let place = places.entry((rows[index], columns[index])).or_insert(*bounds);
        *place = place.union(*bounds);
    }
    let core = |((row, column), bounds): ((usize, usize), Bounds)| {
        let geometry = match options.shape {
            RegionKind::Boxes => Geometry::Rectangle(bounds),
            RegionKind::Outlines => Geometry::Ellipse {
                center: bounds.center(),
                rx: bounds.width() / 2.0,
                ry: bounds.height() / 2.0,
                angle: 0.0,
            },
        };
        Roi { kind: Kind::TmaCore, ..Roi::new(geometry).named(format!("{}-{}", letters(row), column + 1)) }
    };
    places.into_iter().map(core).collect()
}

/// The middle one.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// How far the grid is rotated, within an eighth of a turn: the median direction to the nearest neighbors.
fn angle(centers: &[Point]) -> f64 {
    let quarter = std::f64::consts::FRAC_PI_2;
    let nearest = |(index, &center): (usize, &Point)| {
        let others = centers.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, &other)| other);
        let next = others.min_by(|a, b| distance(*a, center).total_cmp(&distance(*b, center)))?;
        let angle = (next.y - center.y).atan2(next.x - center.x);
        Some(angle - (angle / quarter).round() * quarter)
    };
    median(centers.iter().enumerate().filter_map(nearest).collect()).unwrap_or(0.0)
}

/// The number of each value's row or column: a gap of more than half a core begins the next one. Rows that are missing
/// altogether are counted by the usual distance between rows.
fn groups(values: &[f64], size: f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut means: Vec<(f64, Vec<usize>)> = Vec::new();
    for index in order {
        match means.last_mut() {
            Some((last, members)) if values[index] - *last <= size / 2.0 => {
                members.push(index);
                *last = members.iter().map(|&member| values[member]).sum::<f64>() / members.len() as f64;
            }
            _ => means.push((values[index], vec![index])),
        }
    }
    let pitch = median(means.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()).unwrap_or(1.0).max(1e-9);
    let (mut numbers, mut number, mut last) = (vec![0; values.len()], 0, None);
    for (mean, members) in means {
        number += last.map_or(0, |last: f64| (((mean - last) / pitch).round() as usize).max(1));
        last = Some(mean);
        members.into_iter().for_each(|member| numbers[member] = number);
    }
    numbers
}

/// A, B ... Z, AA, AB and so on.
fn letters(index: usize) -> String {
    let last = char::from(b'A' + (index % 26) as u8);
    if index < 26 { last.to_string() } else { format!("{}{last}", letters(index / 26 - 1)) }
}
