//! What becomes of the selected regions by boolean operations and the like. Takes long for many: made by a job.

use std::collections::HashSet;

use super::{Combine, Shaping};
use crate::mosaic::{Mosaic, Region, RoiId};
use crate::region::{Geometry, Roi, convex_hull, fill_holes, intersect, simplify, split, subtract, union, union_all};

/// Draws `shape` into the regions `ids`, as `combine` says; as a new region of the fields of `pattern` where that is what it says, or
/// none of them has an inside. The ids of the regions that it is part of.
pub(in crate::app) fn combined(
    mosaic: &mut Mosaic,
    ids: &HashSet<RoiId>,
    shape: &Geometry,
    combine: Combine,
    pattern: Roi,
) -> HashSet<RoiId> {
    let areas = areas(mosaic, ids);
    match combine {
        Combine::Subtract => {
            let touched = areas.iter().filter(|region| region.geometry.bounds().touches(shape.bounds()));
            let rest = touched.map(|region| (region.id, subtract(&region.geometry, shape)));
            let rest: Vec<_> = rest.filter(|(id, rest)| is_smaller(&areas, *id, rest)).collect();
            put(mosaic, rest);
            ids.iter().copied().filter(|id| mosaic.region(*id).is_some()).collect()
        }
        Combine::Add if !areas.is_empty() && shape.is_area() => {
            let first = &areas[0];
            let all = areas.iter().map(|region| &region.geometry).chain([shape]);
            let (joined, others) = (union_all(all), areas[1..].iter().map(|region| region.id).collect());
            mosaic.reshape(vec![(first.id, joined)]);
            mosaic.remove_regions(&others);
            [first.id].into()
        }
        Combine::New | Combine::Add => mosaic.add_regions(vec![Roi { geometry: shape.clone(), ..pattern }]).collect(),
    }
}

/// Whether something of a region has gone.
fn is_smaller(areas: &[Region], id: RoiId, rest: &Geometry) -> bool {
    areas.iter().any(|region| region.id == id && region.geometry.area() - rest.area() > 1e-9)
}

/// Makes other shapes of the regions `ids`. The ids of what comes of them.
pub(in crate::app) fn shaped(mosaic: &mut Mosaic, ids: &HashSet<RoiId>, how: &Shaping) -> HashSet<RoiId> {
    let areas = areas(mosaic, ids);
    let each = |change: &dyn Fn(&Geometry) -> Geometry| {
        areas.iter().map(|region| (region.id, change(&region.geometry))).collect::<Vec<_>>()
    };
    match how {
        Shaping::Merge => joined(mosaic, &areas, |all| union_all(all.iter().map(|region| &region.geometry))),
        Shaping::Subtract => joined(mosaic, &areas, |all| {
            let (first, rest) = (&all[0].geometry, &all[1..]);
            rest.iter().fold(first.clone(), |left, region| subtract(&left, &region.geometry))
        }),
        Shaping::Intersect => joined(mosaic, &areas, |all| {
            let (first, rest) = (&all[0].geometry, &all[1..]);
            rest.iter().fold(first.clone(), |common, region| intersect(&common, &region.geometry))
        }),
        Shaping::Split => parted(mosaic, &areas, |geometry| {
            // Joined with nothing first: parts that touch are one.
            let whole = union(geometry, &Geometry::MultiPolygon([].into()));
            whole.polygons().iter().cloned().map(Geometry::Polygon).collect()
        }),
        Shaping::Cut(path) => parted(mosaic, &areas, |geometry| split(geometry, path)),
        Shaping::Simplify(tolerance) => {
            let lines = ids.iter().filter_map(|id| mosaic.region(*id)).filter(|region| !region.geometry.is_area());
            let lines = lines.map(|region| (region.id, simplify(&region.geometry, *tolerance)));
            let mut simple: Vec<_> = lines.collect();
            simple.extend(each(&|geometry| match geometry {
                Geometry::Polygon(_) | Geometry::MultiPolygon(_) => simplify(geometry, *tolerance),
                other => other.clone(),
            }));
            put(mosaic, simple);
            ids.clone()
        }
        Shaping::Hull => {
            let all = ids.iter().filter_map(|id| mosaic.region(*id));
            let hulls = all.map(|region| (region.id, convex_hull(&region.geometry))).collect();
            put(mosaic, hulls);
            ids.clone()
        }
        Shaping::FillHoles => {
            let filled = each(&fill_holes);
            put(mosaic, filled);
            ids.clone()
        }
        Shaping::Box => {
            let all = ids.iter().filter_map(|id| mosaic.region(*id));
            let boxes = all.map(|region| (region.id, Geometry::Rectangle(region.geometry.bounds()))).collect();
            put(mosaic, boxes);
            ids.clone()
        }
    }
}

/// Those of `ids` that have an inside and may be changed, in the order in which they were drawn.
fn areas(mosaic: &Mosaic, ids: &HashSet<RoiId>) -> Vec<Region> {
    let regions = ids.iter().filter_map(|id| mosaic.region(*id));
    let mut areas: Vec<Region> =
        regions.filter(|region| region.geometry.is_area() && !region.locked).cloned().collect();
    areas.sort_unstable_by_key(|region| region.id);
    areas
}

/// Gives regions other shapes; those that nothing is left of are removed.
fn put(mosaic: &mut Mosaic, shapes: Vec<(RoiId, Geometry)>) {
    let is_empty = |geometry: &Geometry| matches!(geometry, Geometry::MultiPolygon(parts) if parts.is_empty());
    let (gone, left): (Vec<_>, Vec<_>) = shapes.into_iter().partition(|(_, geometry)| is_empty(geometry));
    mosaic.reshape(left);
    mosaic.remove_regions(&gone.into_iter().map(|(id, _)| id).collect());
}

/// One region of several, with the fields of the first.
fn joined(mosaic: &mut Mosaic, areas: &[Region], shape: impl Fn(&[Region]) -> Geometry) -> HashSet<RoiId> {
    let [first, rest @ ..] = areas else { return HashSet::new() };
    if rest.is_empty() {
        return [first.id].into();
    }
    put(mosaic, vec![(first.id, shape(areas))]);
    mosaic.remove_regions(&rest.iter().map(|region| region.id).collect());
    mosaic.region(first.id).map(|region| region.id).into_iter().collect()
}

/// Several regions of each, with its fields.
fn parted(mosaic: &mut Mosaic, areas: &[Region], parts: impl Fn(&Geometry) -> Vec<Geometry>) -> HashSet<RoiId> {
    let mut made = HashSet::new();
    for region in areas {
        let parts = parts(&region.geometry);
        let [first, rest @ ..] = &parts[..] else { continue };
        made.insert(region.id);
        if rest.is_empty() {
            continue;
        }
        mosaic.reshape(vec![(region.id, first.clone())]);
        let others = rest.iter().map(|part| Roi { geometry: part.clone(), id: None, ..region.roi.clone() });
        made.extend(mosaic.add_regions(others.collect()));
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;

    fn mosaic(shapes: &[Geometry]) -> (Mosaic, Vec<RoiId>) {
        let mut mosaic = Mosaic::default();
        let ids = mosaic.add_regions(shapes.iter().cloned().map(Roi::new).collect()).collect();
        (mosaic, ids)
    }

    fn shape_areas(mosaic: &Mosaic) -> Vec<f64> {
        mosaic.regions.iter().map(|region| region.geometry.area()).collect()
    }

    #[test]
    fn operations_leave_the_areas_that_they_should() {
        let squares = [Geometry::rectangle(0.0, 0.0, 10.0, 10.0), Geometry::rectangle(5.0, 0.0, 10.0, 10.0)];
        let path = vec![Point::new(-1.0, 5.0), Point::new(99.0, 5.0)];
        for (how, expected) in [
            (Shaping::Merge, vec![150.0]),
            (Shaping::Subtract, vec![50.0]),
            (Shaping::Intersect, vec![50.0]),
            (Shaping::Cut(path), vec![50.0; 4]),
            (Shaping::Hull, vec![100.0; 2]),
            (Shaping::Split, vec![100.0; 2]),
        ] {
            let (mut mosaic, ids) = mosaic(&squares);
            let chosen = shaped(&mut mosaic, &ids.into_iter().collect(), &how);
            assert_eq!((shape_areas(&mosaic), chosen.len()), (expected.clone(), expected.len()), "{how:?}");
        }
    }

    #[test]
    fn a_drawn_shape_is_new_or_joined_or_cut_out() {
        let drawn = Geometry::rectangle(5.0, 0.0, 10.0, 10.0);
        for (combine, expected) in
            [(Combine::New, vec![100.0, 100.0]), (Combine::Add, vec![150.0]), (Combine::Subtract, vec![50.0])]
        {
            let (mut mosaic, ids) = mosaic(&[Geometry::rectangle(0.0, 0.0, 10.0, 10.0)]);
            let pattern = Roi::new(drawn.clone());
            combined(&mut mosaic, &ids.into_iter().collect(), &drawn, combine, pattern);
            assert_eq!(shape_areas(&mosaic), expected, "{combine:?}");
        }
        let (mut mosaic, ids) = mosaic(&[Geometry::rectangle(6.0, 1.0, 2.0, 2.0)]);
        combined(&mut mosaic, &ids.into_iter().collect(), &drawn, Combine::Subtract, Roi::new(drawn.clone()));
        assert!(mosaic.regions.is_empty(), "nothing is left of it");
    }
}
