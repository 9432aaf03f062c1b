//! [`Axes`]: whether a region is written upright on the canvas or rotated; the document, rotated for that.

use crate::export::ExportRequest;
use crate::geometry::{Affine, Point, Rect, Size};
use crate::mosaic::{Mosaic, PixelKind, PixelSize, Placement};
use crate::{Result, filters};
use mosaicist_region::{Bounds, Geometry, own_angle};

/// The axes of an output.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Axes {
    /// Those of the canvas: pixels are written as they are.
    #[default]
    Canvas,
    /// The region's own: a rotated rectangle comes out upright.
    Own,
    /// Those of a view: first flipped horizontally if `mirrored`, then rotated clockwise.
    View { degrees: f64, mirrored: bool },
}

impl Axes {
    /// From the canvas to pixels of full resolution along these axes, and the box of `geometry` there.
    pub(super) fn frame(self, geometry: &Geometry) -> (Affine, Rect) {
        let linear = match self {
            Self::Canvas => Affine::IDENTITY,
            Self::Own => Affine::rotation(-own_angle(geometry).to_degrees()),
            Self::View { degrees, mirrored } => {
                let flip = if mirrored { -1.0 } else { 1.0 };
                Affine::scale(flip, 1.0).then(Affine::rotation(degrees))
            }
        };
        let is_straight = [linear.a, linear.b, linear.c, linear.d].iter().all(|part| part.fract() == 0.0);
        if linear == Affine::IDENTITY {
            return (linear, whole_pixels(geometry.bounds()));
        }
        if is_straight {
            // Whole pixels stay whole.
            let rect = linear.bounds_of(whole_pixels(geometry.bounds()));
            let corner = Point::new(-rect.x0 as f64, -rect.y0 as f64);
            return (linear.then(Affine::translation(corner)), rect.translate(-rect.x0, -rect.y0));
        }
        let bounds = geometry.transformed(linear).bounds();
        let corner = Point::new(-bounds.x0, -bounds.y0);
        let rect = whole_pixels(Bounds::at(0.0, 0.0, bounds.width(), bounds.height()));
        (linear.then(Affine::translation(corner)), rect)
    }
}

/// Bounds in whole pixels; rounding errors of whole numbers are ignored.
pub(super) fn whole_pixels(bounds: Bounds) -> Rect {
    let near = |value: f64| if (value - value.round()).abs() < 1e-6 { value.round() } else { value };
    // Far beyond any canvas.
    let cut = |value: f64| near(value.clamp(-1e15, 1e15));
    Bounds { x0: cut(bounds.x0), y0: cut(bounds.y0), x1: cut(bounds.x1), y1: cut(bounds.y1) }.pixels()
}

/// The part of the document that `rect` shows, which is in pixels of `frame`, the request for it, and the map from the canvas to pixels
/// of what is read then. Without filters the images are resampled to the resolution of the output in one step; filters work at full
/// resolution.
///
/// Fails on filters that do not fit the document's pixels. `mpp` are the µm of a canvas pixel, across and down.
pub(super) fn turned(
    mosaic: &Mosaic,
    (frame, rect): (Affine, Rect),
    request: &ExportRequest,
    mpp: Option<(f64, f64)>,
) -> Result<(Mosaic, ExportRequest, Affine)> {
    let at_once = request.filters.is_empty();
    let size = if at_once { size_at(rect.size(), request) } else { rect.size() };
    let by = |to: u32, from: u64| f64::from(to) / from.max(1) as f64;
    let (across, down) = (by(size.width, rect.width()), by(size.height, rect.height()));
    let corner = Point::new(-rect.x0 as f64, -rect.y0 as f64);
    let map = frame.then(Affine::translation(corner)).then(Affine::scale(across, down));
    let shown = Rect::from_size(size);
    let kind = mosaic.placements.kind().unwrap_or(PixelKind::RGB8);
    // What filters read besides, as far as the document goes.
    let canvas = if at_once {
        shown
    } else {
        let whole = map.bounds_of(mosaic.bounds());
        let near = filters::reach(kind, &request.filters)?.map_or(whole, |reach| shown.expand(reach).intersect(whole));
        shown.union(near)
    };
    let mut turned = mosaic.clone();
    let touched = map.invert().map_or_else(Rect::default, |back| back.bounds_of(canvas));
    let placed = |placement: &Placement| {
        let transform = placement.settled(placement.painted().then(map));
        Placement { transform, ..placement.clone() }
    };
    let touching = mosaic.placements.touching(touched);
    turned.placements = touching.into_iter().filter_map(|id| mosaic.placements.get(id)).map(placed).collect();
    turned.canvas = Some(canvas);
    turned.pixel_size = mpp.map(|(x, y)| {
        // A pixel of the output is as wide as its place along the output's axes.
        let along = |dx: f64, dy: f64| (dx * x).hypot(dy * y);
        map.invert().map_or(PixelSize { x, y }, |back| PixelSize { x: along(back.a, back.b), y: along(back.c, back.d) })
    });
    let request = ExportRequest { region: Some(shown), ..request.clone() };
    let request = if at_once { ExportRequest { level: 0, scale: None, ..request } } else { request };
    let onto = map.then(Affine::translation(Point::new(-canvas.x0 as f64, -canvas.y0 as f64)));
    Ok((turned, request, onto))
}

/// Full-resolution pixels at the level and scale of a request.
fn size_at(full: Size, request: &ExportRequest) -> Size {
    let reduced = full.halved_times(request.level);
    let scaled = |side: u32| (f64::from(side) * request.scale.unwrap_or(1.0)).round().max(1.0) as u32;
    Size::new(scaled(reduced.width), scaled(reduced.height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_adds_no_pixel() {
        let bounds = Bounds { x0: 10.000_000_001, y0: 5.0, x1: 19.999_999_999, y1: 7.5 };
        assert_eq!(whole_pixels(bounds), Rect::new(10, 5, 20, 8));
        assert!(!whole_pixels(Bounds { x0: -1e300, y0: 0.0, x1: 1e300, y1: 1.0 }).is_empty());
    }

    #[test]
    fn a_rotated_rectangle_comes_out_in_its_own_size() {
        let shape =
            Geometry::RotatedRectangle { center: Point::new(50.3, 40.1), width: 30.0, height: 20.0, angle: 0.4 };
        let (frame, rect) = Axes::Own.frame(&shape);
        assert_eq!(rect, Rect::new(0, 0, 30, 20));
        let middle = frame.apply(Point::new(50.3, 40.1));
        assert!((middle.x - 15.0).abs() < 1e-9 && (middle.y - 10.0).abs() < 1e-9, "{middle:?}");
    }

    #[test]
    fn quarter_turns_and_flips_keep_whole_pixels() {
        let shape = Geometry::rectangle(10.0, 20.0, 7.0, 3.0);
        let frame = |degrees, mirrored| Axes::View { degrees, mirrored }.frame(&shape);
        let (turn, rect) = frame(90.0, false);
        assert_eq!((rect, turn.apply(Point::new(10.0, 23.0))), (Rect::new(0, 0, 3, 7), Point::new(0.0, 0.0)));
        let (flip, rect) = frame(0.0, true);
        assert_eq!((rect, flip.apply(Point::new(17.0, 20.0))), (Rect::new(0, 0, 7, 3), Point::new(0.0, 0.0)));
        assert_eq!(frame(0.0, false), (Affine::IDENTITY, Rect::new(10, 20, 17, 23)));
        assert_eq!(Axes::Own.frame(&shape).0, Affine::IDENTITY);
    }
}
