//! Positions from the tiles' own metadata: where a stage stood, or where on Earth they lie.

use std::sync::Arc;

use crate::geometry::{Point, Size};
use crate::mosaic::layout::{Axes, Unit};
use crate::source::{GeoTags, Info, StagePosition, StageUnit};
use crate::{Error, Result};

/// What a file says of its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) stage: Option<StagePosition>,
    pub(super) geo: Option<Arc<GeoTags>>,
    /// µm, across and down.
    pub(super) pixel_size: Option<(f64, f64)>,
}

impl Place {
    pub(super) fn of(info: &Info) -> Self {
        Self { stage: info.stage, geo: info.geo.clone(), pixel_size: info.mpp }
    }

    /// Where its corner and the ends of its first pixel lie on the map.
    fn map(&self) -> Option<MapPlace<'_>> {
        let geo = self.geo.as_deref()?;
        let at = |x: f64, y: f64| geo.map_of_pixel(x, y).filter(|(x, y)| x.is_finite() && y.is_finite());
        let (corner, right, below) = (at(0.0, 0.0)?, at(1.0, 0.0)?, at(0.0, 1.0)?);
        let step = |to: (f64, f64)| (to.0 - corner.0, to.1 - corner.1);
        Some(MapPlace { geo, corner, right: step(right), below: step(below) })
    }
}

/// The place of a tile on a map, in map units.
struct MapPlace<'a> {
    geo: &'a GeoTags,
    corner: (f64, f64),
    /// From the corner over one pixel across and down.
    right: (f64, f64),
    below: (f64, f64),
}

/// The position of each tile, `None` for one that tells none, and notes.
///
/// A map counts more than a stage. Fails if no tile tells a position, if they are in different projections or of different
/// pixel sizes, or if a stage's µm lack the size of a pixel.
pub(super) fn positions(
    places: &[Option<Place>],
    sizes: &[Size],
    names: &[String],
    axes: Axes,
    pixel_size: Option<(f64, f64)>,
) -> Result<(Vec<Option<Point>>, Vec<String>)> {
    let of = |at: usize| places[at].as_ref();
    let maps: Vec<(usize, MapPlace<'_>)> = (0..places.len()).filter_map(|at| Some((at, of(at)?.map()?))).collect();
    let stages: Vec<(usize, StagePosition)> = (0..places.len()).filter_map(|at| Some((at, of(at)?.stage?))).collect();
    let mut all = vec![None; places.len()];
    let mut notes = Vec::new();
    if !maps.is_empty() && maps.len() >= stages.len() {
        on_map(&maps, names, &mut all)?;
    } else if !stages.is_empty() {
        notes.extend(on_stage(&stages, places, sizes, names, axes, pixel_size, &mut all)?);
    } else {
        let what = "no tile tells its position: neither a stage (OME, Micro-Manager, CZI, TIFF) nor a map (GeoTIFF)";
        return Err(Error::invalid(what));
    }
    let known: Vec<&Point> = all.iter().flatten().collect();
    if known.len() > 1 && known.iter().all(|point| *point == known[0]) {
        return Err(Error::invalid(format!("all {} tiles tell the same position", known.len())));
    }
    Ok((all, notes))
}

fn on_stage(
    stages: &[(usize, StagePosition)],
    places: &[Option<Place>],
    sizes: &[Size],
    names: &[String],
    axes: Axes,
    pixel_size: Option<(f64, f64)>,
    all: &mut [Option<Point>],
) -> Result<Option<String>> {
    let (first, unit) = (stages[0].0, stages[0].1.unit);
    if let Some((other, _)) = stages.iter().find(|(_, stage)| stage.unit != unit) {
        let what = format!("{} tells its position in µm, {} in pixels", names[first], names[*other]);
        return Err(Error::invalid(what));
    }
    let points: Vec<(f64, f64)> = stages.iter().map(|(_, stage)| (stage.x, stage.y)).collect();
    let known: Vec<Size> = stages.iter().map(|(at, _)| sizes[*at]).collect();
    let micrometers = unit == StageUnit::Micrometer;
    let unit = if micrometers { Unit::Micrometer } else { Unit::Pixel };
    let placed = axes.to_canvas(&points, &known, unit, pixel_size)?;
    stages.iter().zip(&placed).for_each(|((at, _), point)| all[*at] = Some(*point));
    let differs = |at: &usize| {
        let own = places[*at].as_ref().and_then(|place| place.pixel_size).zip(pixel_size);
        own.is_some_and(|(own, used)| (own.0 / used.0 - 1.0).abs() > 0.01 || (own.1 / used.1 - 1.0).abs() > 0.01)
    };
    let other = stages.iter().map(|(at, _)| at).find(|at| micrometers && differs(at));
    Ok(other.map(|at| format!("warning: {} has pixels of another size than the first tile", names[*at])))
}

fn on_map(maps: &[(usize, MapPlace<'_>)], names: &[String], all: &mut [Option<Point>]) -> Result<()> {
    let (first, base) = (&names[maps[0].0], &maps[0].1);
    let turn = base.right.0 * base.below.1 - base.right.1 * base.below.0;
    if !(turn.abs() > 0.0 && turn.is_finite()) {
        return Err(Error::invalid(format!("{first}: its place on the map has no size")));
    }
    for (at, map) in maps {
        let name = &names[*at];
        if projection(map.geo) != projection(base.geo) {
            let said = |geo: &GeoTags| projection(geo).1;
            let what = format!("{name} is in {}, {first} in {}: reproject one", said(map.geo), said(base.geo));
            return Err(Error::invalid(what));
        }
        let unlike = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1) > 1e-6 * b.0.hypot(b.1);
        if unlike(map.right, base.right) || unlike(map.below, base.below) {
            return Err(Error::invalid(format!("{name} has other pixels on the map than {first}: resample one")));
        }
        let (x, y) = (map.corner.0 - base.corner.0, map.corner.1 - base.corner.1);
        let across = (x * base.below.1 - y * base.below.0) / turn;
        let down = (y * base.right.0 - x * base.right.1) / turn;
        all[*at] = Some(Point::new(near_whole(across), near_whole(down)));
    }
    Ok(())
}

/// Without the error that large coordinates leave: a thousandth of a pixel.
fn near_whole(px: f64) -> f64 {
    if (px - px.round()).abs() < 1e-3 { px.round() + 0.0 } else { px }
}

/// What has to be the same of two maps, and what it is called.
fn projection(geo: &GeoTags) -> (Vec<Option<String>>, String) {
    const PROJECTED: u16 = 3072;
    const GEOGRAPHIC: u16 = 2048;
    const USER_DEFINED: &str = "32767";
    let code = |key: u16| geo.key(key);
    let shown = match (code(PROJECTED), code(GEOGRAPHIC)) {
        (Some(code), _) | (None, Some(code)) if code != USER_DEFINED => format!("EPSG:{code}"),
        _ => {
            [3073, 1026, 2049].into_iter().find_map(|key| geo.key(key)).unwrap_or_else(|| "no known projection".into())
        }
    };
    // Those who define their own name it and give its parameters.
    let keys = [PROJECTED, GEOGRAPHIC, 3073, 3074, 3075, 3080, 3081, 3088, 3076];
    let own = code(PROJECTED).or_else(|| code(GEOGRAPHIC)).is_none_or(|code| code == USER_DEFINED);
    (keys[..if own { 9 } else { 2 }].iter().map(|key| geo.key(*key)).collect(), shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geo(x: f64, y: f64, epsg: u16) -> Option<Place> {
        let tags = GeoTags {
            pixel_scale: vec![0.5, 0.5, 0.0],
            tie_points: vec![0.0, 0.0, 0.0, x, y, 0.0],
            key_directory: vec![1, 1, 0, 1, 3072, 0, 1, epsg],
            ..GeoTags::default()
        };
        Some(Place { stage: None, geo: Some(Arc::new(tags)), pixel_size: None })
    }

    fn stage(x: f64, y: f64, unit: StageUnit) -> Option<Place> {
        Some(Place { stage: StagePosition::new(x, y, unit), geo: None, pixel_size: Some((0.5, 0.5)) })
    }

    fn place(places: &[Option<Place>], pixel_size: Option<(f64, f64)>) -> Result<Vec<Option<(f64, f64)>>> {
        let names: Vec<String> = (0..places.len()).map(|at| format!("{at}.tif")).collect();
        let sizes = vec![Size::new(10, 10); places.len()];
        let (points, _) = positions(places, &sizes, &names, Axes::default(), pixel_size)?;
        Ok(points.into_iter().map(|point| point.map(Into::into)).collect())
    }

    fn refusal(places: &[Option<Place>]) -> String {
        place(places, None).unwrap_err().to_string()
    }

    #[test]
    fn maps_of_one_projection_join() {
        let places = [geo(500_000.0, 4e6, 32633), geo(500_005.0, 4e6 - 2.5, 32633), None];
        assert_eq!(place(&places, None).unwrap(), [Some((0.0, 0.0)), Some((10.0, 5.0)), None]);
        let error = refusal(&[geo(0.0, 0.0, 32633), geo(0.0, 0.0, 3857)]);
        assert!(error.contains("1.tif is in EPSG:3857, 0.tif in EPSG:32633"), "{error}");
        let mut other = geo(0.0, 0.0, 32633);
        let mut tags = GeoTags::clone(other.as_ref().unwrap().geo.as_ref().unwrap());
        tags.pixel_scale[0] = 0.6;
        other.as_mut().unwrap().geo = Some(Arc::new(tags));
        assert!(refusal(&[geo(0.0, 0.0, 32633), other]).contains("1.tif has other pixels"));
    }

    #[test]
    fn stages_give_positions() {
        let um = |x, y| stage(x, y, StageUnit::Micrometer);
        assert_eq!(
            place(&[um(105.0, 7.0), um(100.0, 9.0)], Some((0.5, 0.5))).unwrap(),
            [Some((10.0, 0.0)), Some((0.0, 4.0))]
        );
        assert!(refusal(&[um(1.0, 1.0), um(2.0, 2.0)]).contains("size of a pixel"));
        assert!(refusal(&[um(1.0, 1.0), stage(2.0, 2.0, StageUnit::Pixel)]).contains("in pixels"));
        assert!(
            refusal(&[stage(3.0, 3.0, StageUnit::Pixel), stage(3.0, 3.0, StageUnit::Pixel)]).contains("same position")
        );
        assert!(refusal(&[None, None]).contains("no tile tells"));
    }
}
