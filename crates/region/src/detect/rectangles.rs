//! Rectangular fields: objects that fill their bounding rectangle, upright or rotated.

use geo::MinimumRotatedRect as _;

use super::{Found, Options, RegionKind, objects};
use crate::convert::{from_polygon, to_multi};
use mosaicist_shape::{Bounds, Geometry, Roi, distance};

/// The least part of a rectangle that a field covers.
const LEAST_COVER: f64 = 0.85;
/// Rows and columns of an upright field that are covered less are ragged edges.
const LEAST_EDGE: f64 = 0.5;

/// The fields, in pixels of the overview. Rotated ones become boxes around them, or outlines that are rotated rectangles.
pub(super) fn fields(found: &Found, options: &Options) -> Vec<Roi> {
    let traced = objects::outlines(found);
    let boxes = objects::bounds(found);
    let field = |(index, outline): (usize, &Geometry)| {
        let upright = trimmed(found, found.chosen[index], boxes[index]);
        if likeness(found, found.chosen[index], upright, outline.area()) >= LEAST_COVER {
            return Some(Geometry::Rectangle(upright));
        }
        let (turned, cover) = rotated(outline)?;
        if cover < LEAST_COVER {
            return None;
        }
        Some(match options.shape {
            RegionKind::Boxes => Geometry::Rectangle(turned.bounds()),
            RegionKind::Outlines => turned,
        })
    };
    traced.iter().enumerate().filter_map(field).map(Roi::new).collect()
}

/// The smallest rotated rectangle around it, and which part of that it covers.
fn rotated(outline: &Geometry) -> Option<(Geometry, f64)> {
    let rectangle = from_polygon(&to_multi(outline).minimum_rotated_rect()?);
    let &[a, b, c, d] = &rectangle.exterior[..] else { return None };
    let (width, height, along) = (distance(a, b), distance(b, c), b - a);
    let center = Bounds::of([a, b, c, d]).center();
    // An angle between -45° and 45°: the rectangle is the same after a quarter turn.
    let quarter = std::f64::consts::FRAC_PI_2;
    let angle = along.y.atan2(along.x);
    let turns = (angle / quarter).round();
    let (width, height) = if turns as i64 % 2 == 0 { (width, height) } else { (height, width) };
    let turned = Geometry::RotatedRectangle { center, width, height, angle: angle - turns * quarter };
    Some((turned, outline.area() / (width * height).max(1.0)))
}

/// How alike an object of `area` pixels and `rect` are: what they share of what either covers, 0 to 1.
fn likeness(found: &Found, index: usize, rect: Bounds, area: f64) -> f64 {
    let (label, width, pixels) = (index as u32 + 1, found.all.size.width as usize, rect.pixels());
    let row = |y: i64| &found.all.labels[y as usize * width..][pixels.x0 as usize..pixels.x1 as usize];
    let shared = (pixels.y0..pixels.y1).map(|y| row(y).iter().filter(|&&at| at == label).count()).sum::<usize>() as f64;
    shared / (rect.width() * rect.height() + area - shared).max(1.0)
}

/// The bounds without outer rows and columns that the object covers by less than half.
fn trimmed(found: &Found, index: usize, bounds: Bounds) -> Bounds {
    let rect = bounds.pixels();
    let (label, width) = (index as u32 + 1, found.all.size.width as usize);
    let is_in = |x: i64, y: i64| found.all.labels[y as usize * width + x as usize] == label;
    let row = |y: i64| (rect.x0..rect.x1).filter(|&x| is_in(x, y)).count() as f64 >= LEAST_EDGE * bounds.width();
    let column = |x: i64| (rect.y0..rect.y1).filter(|&y| is_in(x, y)).count() as f64 >= LEAST_EDGE * bounds.height();
    let ends = |mut range: std::ops::Range<i64>, is_full: &dyn Fn(i64) -> bool| {
        let first = range.clone().find(|&at| is_full(at))?;
        let last = range.rfind(|&at| is_full(at))?;
        Some((first as f64, last as f64 + 1.0))
    };
    match (ends(rect.x0..rect.x1, &column), ends(rect.y0..rect.y1, &row)) {
        (Some((x0, x1)), Some((y0, y1))) => Bounds { x0, y0, x1, y1 },
        _ => bounds,
    }
}
