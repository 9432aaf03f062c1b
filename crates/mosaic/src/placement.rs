//! [`Placement`]: an image on the canvas.

use serde::{Deserialize, Serialize};

use super::Extent;
use crate::ImageRef;
use crate::geometry::{Affine, Point, Rect, Size};
use crate::pixels::PixelKind;

/// Identifies a placement within its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct PlacementId(pub u64);

/// Identifies a group of placements that are selected together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct GroupId(pub u64);

/// The crop of an image on each side, in its own pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "[u32; 4]", into = "[u32; 4]")]
pub struct Margins {
    pub left: u32,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
}

impl From<[u32; 4]> for Margins {
    fn from([left, top, right, bottom]: [u32; 4]) -> Self {
        Self { left, top, right, bottom }
    }
}

impl From<Margins> for [u32; 4] {
    fn from(Margins { left, top, right, bottom }: Margins) -> Self {
        [left, top, right, bottom]
    }
}

impl Margins {
    /// These, as far as a pixel of an image of that size is left.
    #[must_use]
    pub fn within(self, size: Size) -> Self {
        let cut = |low: u32, high: u32, all: u32| {
            let low = low.min(all.saturating_sub(1));
            (low, high.min(all.saturating_sub(low + 1)))
        };
        let ((left, right), (top, bottom)) =
            (cut(self.left, self.right, size.width), cut(self.top, self.bottom, size.height));
        Self { left, top, right, bottom }
    }
}

/// How an image's pixels map to the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sampling {
    /// Each pixel of the image is one pixel of the canvas.
    Shift,
    /// Canvas pixels are resampled from the image.
    Affine,
}

/// One image on the canvas, with its transform and appearance.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    pub id: PlacementId,
    pub image: ImageRef,
    /// From the image's pixels (its upper left corner at (0, 0)) to the canvas's.
    pub transform: Affine,
    /// Of the image, in its pixels. A guess if the file could not be read.
    pub size: Size,
    /// `None` while the file could not be read.
    pub kind: Option<PixelKind>,
    pub visible: bool,
    /// Whether edits that move, change or remove it skip it.
    pub locked: bool,
    pub group: Option<GroupId>,
    /// Whether a translation keeps its fraction of a pixel. Otherwise the image is painted at the nearest whole pixel, without
    /// resampling.
    pub subpixel: bool,
    pub crop: Margins,
    /// Each sample except alpha is painted as `gain` · sample + `offset`, in the image's own sample values.
    pub gain: f32,
    pub offset: f32,
    /// From 0 (transparent) to 1 (opaque).
    pub opacity: f32,
}

impl Placement {
    /// A visible placement of `image` (or the first page of a file) at the origin of the canvas, without a kind.
    pub fn new(image: impl Into<ImageRef>, size: Size) -> Self {
        Self {
            id: PlacementId::default(),
            image: image.into(),
            transform: Affine::IDENTITY,
            size,
            kind: None,
            visible: true,
            locked: false,
            group: None,
            subpixel: false,
            crop: Margins::default(),
            gain: 1.0,
            offset: 0.0,
            opacity: 1.0,
        }
    }

    /// The same at another position.
    #[must_use]
    pub fn at(mut self, position: Point) -> Self {
        self.set_position(position);
        self
    }

    /// The position of the image's upper left corner, in canvas pixels.
    pub fn position(&self) -> Point {
        self.transform.translation_part()
    }

    /// Moves the image's upper left corner to a canvas point.
    pub fn set_position(&mut self, position: Point) {
        (self.transform.e, self.transform.f) = (position.x, position.y);
    }

    /// The [`position`](Self::position) that puts the upper left corner of what is seen of it, cropped or turned, at `corner`.
    pub fn position_at(&self, corner: Point) -> Point {
        if self.is_plain() {
            return corner;
        }
        let (rect, position) = (self.rect(), self.position());
        corner - (Point::new(rect.x0 as f64, rect.y0 as f64) - position)
    }

    /// The part of the image that is shown, in its own pixels.
    pub fn part(&self) -> Rect {
        let (width, height) = (i64::from(self.size.width), i64::from(self.size.height));
        let Margins { left, top, right, bottom } = self.crop;
        Rect::new(left.into(), top.into(), width - i64::from(right), height - i64::from(bottom))
    }

    /// From the image's pixels to where they are painted: as [`transform`](Self::transform), a mere shift at whole pixels.
    pub fn painted(&self) -> Affine {
        match self.sampling() {
            Sampling::Shift => {
                let (x, y) = self.position().round();
                Affine::translation(Point::new(x as f64, y as f64))
            }
            Sampling::Affine => self.transform,
        }
    }

    /// Where the corners of what is shown lie on the canvas: those that are upper left, upper right, lower right, lower left in the
    /// image.
    pub fn corners(&self) -> [Point; 4] {
        let (part, painted) = (self.part(), self.painted());
        let corner = |x: i64, y: i64| painted.apply(Point::new(x as f64, y as f64));
        [corner(part.x0, part.y0), corner(part.x1, part.y0), corner(part.x1, part.y1), corner(part.x0, part.y1)]
    }

    /// The smallest upright box around it, in canvas pixels.
    pub fn extent(&self) -> Extent {
        Extent::around(self.corners())
    }

    /// Transforms it on the canvas. Where edges stay straight and pixels keep their size, whole pixels stay whole.
    pub fn transform_by(&mut self, by: Affine) {
        self.transform = self.settled(self.transform.then(by));
    }

    /// `transform`, moved to the nearest whole pixel where it leaves edges straight and the size of pixels as it is, unless parts of
    /// pixels are asked for.
    pub fn settled(&self, transform: Affine) -> Affine {
        // What rounding left of a whole number is one.
        const SLACK: f64 = 1e-9;
        let tidy = |value: f64| if (value - value.round()).abs() < SLACK { value.round() + 0.0 } else { value };
        let Affine { e, f, .. } = transform;
        let [a, b, c, d] = [transform.a, transform.b, transform.c, transform.d].map(tidy);
        let is_straight = [a, b, c, d].iter().all(|v| *v == 0.0 || v.abs() == 1.0);
        let (e, f) = if is_straight && !self.subpixel { (e.round(), f.round()) } else { (e, f) };
        Affine { a, b, c, d, e, f }
    }

    /// The smallest rectangle around it, in whole canvas pixels.
    pub fn rect(&self) -> Rect {
        match self.sampling() {
            Sampling::Shift => {
                let (x, y) = self.position().round();
                let part = self.part();
                if part.is_empty() { Rect::at(x, y, Size::new(0, 0)) } else { part.translate(x, y) }
            }
            Sampling::Affine => self.transform.bounds_of(self.part()),
        }
    }

    /// Whether a canvas point lies on its cropped image.
    pub fn holds(&self, at: Point) -> bool {
        if self.sampling() == Sampling::Shift {
            return self.rect().contains_pixel(at.x.floor() as i64, at.y.floor() as i64);
        }
        let within = |at: Point| self.part().contains_pixel(at.x.floor() as i64, at.y.floor() as i64);
        self.transform.invert().is_some_and(|back| within(back.apply(at)))
    }

    /// How its pixels map to the canvas.
    pub fn sampling(&self) -> Sampling {
        let shifts = self.transform.is_translation() && (!self.subpixel || self.transform.is_whole_pixel());
        if shifts { Sampling::Shift } else { Sampling::Affine }
    }

    /// Whether its pixels are unchanged and uncropped: then tiles of the image can be drawn and passed through.
    pub fn is_plain(&self) -> bool {
        self.sampling() == Sampling::Shift && self.keeps_samples() && self.crop == Margins::default()
    }

    /// Whether no sample's value is changed.
    pub fn keeps_samples(&self) -> bool {
        self.gain == 1.0 && self.offset == 0.0 && self.opacity == 1.0
    }

    /// Shows the image of `other` instead, of its size and kind.
    pub(crate) fn show(&mut self, other: &Self) {
        self.image = other.image.clone();
        (self.size, self.kind) = (other.size, other.kind);
    }

    /// The image's name, for lists.
    pub fn name(&self) -> String {
        self.image.name()
    }

    /// Whether two placements paint the same pixels.
    pub(crate) fn paints_like(&self, other: &Self) -> bool {
        let rest = |p: &Self| (p.visible, p.transform, p.size, p.kind, p.appearance());
        !self.visible && !other.visible || self.image == other.image && rest(self) == rest(other)
    }

    /// What, besides image, size and transform, determines its pixels on the canvas.
    pub fn appearance(&self) -> Appearance {
        let Self { subpixel, crop, gain, offset, opacity, .. } = *self;
        Appearance { subpixel, crop, gain, offset, opacity }
    }
}

/// What, besides image, size and transform, determines the pixels of a placement; see its fields.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Appearance {
    pub subpixel: bool,
    pub crop: Margins,
    pub gain: f32,
    pub offset: f32,
    pub opacity: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_keeps_whole_pixels_whole() {
        let mut placement = Placement::new("a.png", Size::new(31, 20)).at(Point::new(10.0, 5.0));
        let middle = placement.extent().middle();
        let turn = Affine::rotation(90.0).about(middle);
        placement.transform_by(turn);
        let extent = placement.extent();
        assert_eq!((extent.width(), extent.height()), (20.0, 31.0));
        assert_eq!((extent.min.x.fract(), extent.min.y.fract()), (0.0, 0.0));
        let mut fine = Placement { subpixel: true, ..Placement::new("a.png", Size::new(31, 20)) };
        fine.transform_by(Affine::rotation(90.0).about(fine.extent().middle()));
        assert_eq!(fine.extent().min.x, 5.5, "asked for");
    }

    #[test]
    fn margins_leave_a_pixel() {
        let size = Size::new(10, 4);
        let margins = Margins { left: 3, top: 9, right: 8, bottom: 1 };
        assert_eq!(margins.within(size), Margins { left: 3, top: 3, right: 6, bottom: 0 });
        assert_eq!(Margins::default().within(size), Margins::default());
    }

    #[test]
    fn a_rectangle_follows_position_crop_and_transform() {
        let mut placement = Placement::new("a.png", Size::new(30, 20)).at(Point::new(10.6, -0.5));
        assert_eq!(placement.rect(), Rect::new(11, 0, 41, 20), "at the nearest whole pixel");
        placement.crop = Margins { left: 1, top: 2, right: 3, bottom: 4 };
        assert_eq!(placement.rect(), Rect::new(12, 2, 38, 16));
        placement.subpixel = true;
        assert_eq!(placement.rect(), Rect::new(11, 1, 38, 16), "all pixels that it touches");
        placement.transform = Affine::rotation(90.0);
        assert_eq!(placement.rect(), Rect::new(-16, 1, -2, 27));
        placement.crop.left = 40;
        assert!(placement.rect().is_empty(), "all of it cut off");
    }
}
