//! [`Target`]: the rectangles that an export of regions writes, one to a file.

use super::axes::whole_pixels;
use super::{PatchGrid, RegionExport};
use crate::export::ExportRequest;
use crate::geometry::{Affine, Point, Rect, Size};
use crate::job::Progress;
use crate::{Error, Result};
use mosaicist_region::{Bounds, Geometry, Kind, Raster, Roi};

/// The most files of one export.
const MOST_FILES: usize = 1_000_000;

/// A rectangle to be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    /// The index of its region.
    pub(super) roi: usize,
    /// From the canvas to pixels of full resolution along the output's axes.
    pub(super) frame: Affine,
    /// In pixels of `frame`.
    pub(super) rect: Rect,
    /// The fraction of `rect` inside the region, 0 to 1.
    pub(super) inside: f64,
}

impl Target {
    /// Whether its axes are those of the canvas.
    pub(super) fn is_upright(&self) -> bool {
        self.frame == Affine::IDENTITY
    }

    /// From the output's axes to the canvas.
    pub(super) fn back(&self) -> Affine {
        // A rotation always has one.
        self.frame.invert().unwrap_or(Affine::IDENTITY)
    }

    /// The canvas point that is its upper left corner.
    pub(super) fn corner(&self) -> Point {
        let corner = self.back().apply(Point::new(self.rect.x0 as f64, self.rect.y0 as f64));
        Point::new(tidy(corner.x), tidy(corner.y))
    }

    /// The direction of its upper edge on the canvas, in degrees clockwise, from -180 to 180.
    pub(super) fn angle(&self) -> f64 {
        tidy(self.back().b.atan2(self.back().a).to_degrees())
    }

    /// The smallest canvas rectangle around it.
    pub(super) fn on_canvas(&self) -> Rect {
        self.back().bounds_of(self.rect)
    }
}

/// What rounding has left of a whole number is one.
fn tidy(value: f64) -> f64 {
    if (value - value.round()).abs() < 1e-9 { value.round() + 0.0 } else { value }
}

/// The rectangles of `rois`; those that lie outside of `canvas` become warnings.
pub(super) fn targets(
    canvas: Rect,
    request: &ExportRequest,
    rois: &[Roi],
    how: &RegionExport,
    progress: &Progress,
) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for (index, roi) in rois.iter().enumerate().filter(|(_, roi)| roi.kind != Kind::Root) {
        let (frame, rect) = how.axes.frame(&roi.geometry);
        let on_canvas = whole_pixels(roi.geometry.bounds()).intersect(canvas);
        if on_canvas.is_empty() {
            let name = roi.name.as_deref().unwrap_or("a region");
            progress.warn(Error::invalid(format!("{name} (number {}) lies outside the image", index + 1)));
            continue;
        }
        let target = Target { roi: index, frame, rect, inside: 0.0 };
        let target = if target.is_upright() { Target { rect: on_canvas, ..target } } else { target };
        let shape = roi.geometry.transformed(frame);
        match how.patches {
            None => targets.push(Target { inside: covered(&shape, target.rect), ..target }),
            Some(grid) => patches(&mut targets, &target, &shape, (canvas, grid, request))?,
        }
        if targets.len() > MOST_FILES {
            return Err(Error::limit(format!("more than {MOST_FILES} files; export fewer regions or larger patches")));
        }
    }
    Ok(targets)
}

/// The fraction of `rect` inside `geometry`; 1 for lines and points.
fn covered(geometry: &Geometry, rect: Rect) -> f64 {
    if !geometry.is_area() || matches!(geometry, Geometry::Rectangle(_)) {
        return 1.0;
    }
    // In no more than about a million pixels, whatever the size.
    let scale = (1e6 / rect.area().max(1) as f64).sqrt().min(1.0);
    let small = Bounds {
        x0: rect.x0 as f64 * scale,
        y0: rect.y0 as f64 * scale,
        x1: rect.x1 as f64 * scale,
        y1: rect.y1 as f64 * scale,
    }
    .pixels();
    // Parts of a multipolygon that overlap count once.
    let mask = Raster::scaled([(geometry, 1)], (scale, scale)).mask::<u8>(small);
    mask.labels.iter().filter(|label| **label > 0).count() as f64 / small.area().max(1) as f64
}

/// The patches of one region of `shape`: a grid from its upper left corner, on the canvas alone.
fn patches(
    targets: &mut Vec<Target>,
    whole: &Target,
    shape: &Geometry,
    (canvas, grid, request): (Rect, PatchGrid, &ExportRequest),
) -> Result<()> {
    let scale = request.scale.unwrap_or(1.0);
    let full =
        |pixels: u32| ((f64::from(pixels) * (1u64 << request.level.min(32)) as f64 / scale).round() as i64).max(1);
    let (side, stride) = (full(grid.side), full(grid.stride));
    if grid.side == 0 || grid.stride == 0 || !(0.0..=1.0).contains(&grid.inside) {
        return Err(Error::invalid("patches want a side and a stride of at least 1, and 0 to 100 % inside"));
    }
    let rect = whole.rect;
    let size = Size::new(u32::try_from(side).unwrap_or(u32::MAX), u32::try_from(side).unwrap_or(u32::MAX));
    let steps = |from: i64, to: i64| (from..to).step_by(usize::try_from(stride).unwrap_or(usize::MAX));
    for y in steps(rect.y0, rect.y1) {
        for x in steps(rect.x0, rect.x1) {
            let patch = Target { rect: Rect::at(x, y, size), ..whole.clone() };
            if !lies_on(canvas, &patch) {
                continue;
            }
            let inside = match shape {
                Geometry::Rectangle(_) => patch.rect.intersect(rect).area() as f64 / patch.rect.area().max(1) as f64,
                other => covered(other, patch.rect),
            };
            if inside > 0.0 && inside >= grid.inside {
                targets.push(Target { inside, ..patch });
            }
            if targets.len() > MOST_FILES {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Whether all of a target lies on the canvas.
fn lies_on(canvas: Rect, target: &Target) -> bool {
    if target.is_upright() {
        return canvas.contains(target.rect);
    }
    let on_canvas = Bounds::from(canvas).expand(1e-6);
    Bounds::from(target.rect).corners().iter().all(|&corner| on_canvas.contains(target.back().apply(corner)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regions::Axes;
    use mosaicist_export::{ExportOptions, Format};

    fn request() -> ExportRequest {
        ExportRequest::new("x".into(), ExportOptions::new(Format::Png))
    }

    #[test]
    fn cover_is_counted_at_any_size() {
        let circle = |r: f64| Geometry::Ellipse { center: (r, r).into(), rx: r, ry: r, angle: 0.0 };
        for radius in [50.0, 5000.0] {
            let side = 2 * radius as i64;
            let cover = covered(&circle(radius), Rect::new(0, 0, side, side));
            assert!((cover - std::f64::consts::FRAC_PI_4).abs() < 0.01, "{cover}");
        }
    }

    #[test]
    fn patches_lie_on_the_canvas_and_inside() {
        let how = RegionExport {
            patches: Some(PatchGrid { side: 10, stride: 5, inside: 0.9 }),
            ..RegionExport::new("x".into(), "image".into())
        };
        let rois = [Roi::new(Geometry::rectangle(2.0, 2.0, 40.0, 20.0))];
        let found = targets(Rect::new(0, 0, 33, 40), &request(), &rois, &how, &Progress::default()).unwrap();
        let corners: Vec<_> = found.iter().map(|target| (target.rect.x0, target.rect.y0)).collect();
        assert_eq!(corners.len(), 5 * 3, "{corners:?}");
        assert_eq!((corners[0], corners[4]), ((2, 2), (22, 2)));
    }

    #[test]
    fn rotated_targets_know_their_place_on_the_canvas() {
        let how = RegionExport { axes: Axes::Own, ..RegionExport::new("x".into(), "image".into()) };
        let angle = std::f64::consts::FRAC_PI_6;
        let shape = Geometry::RotatedRectangle { center: (100.0, 100.0).into(), width: 60.0, height: 20.0, angle };
        let canvas = Rect::new(0, 0, 200, 200);
        let progress = Progress::default();
        let rois = [Roi::new(shape.clone()), Roi::new(Geometry::rectangle(500.0, 0.0, 5.0, 5.0))];
        let found = targets(canvas, &request(), &rois, &how, &progress).unwrap();
        assert_eq!((found.len(), progress.warnings().len()), (1, 1), "one lies outside");
        let [target] = &found[..] else { panic!() };
        assert_eq!((target.rect, target.inside > 0.999), (Rect::new(0, 0, 60, 20), true));
        assert!((target.angle() - 30.0).abs() < 1e-9, "{}", target.angle());
        let corner = shape.polygons()[0].exterior[0];
        let found = target.corner();
        assert!((found.x - corner.x).abs() < 1e-6 && (found.y - corner.y).abs() < 1e-6, "{found:?} {corner:?}");
    }
}
