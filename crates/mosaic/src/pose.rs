//! [`Pose`]: a transform as people say it: where the middle of an image is, how far it is rotated, how much it is enlarged.

use crate::geometry::{Affine, Point};

/// Numbers this near to a whole one are meant to be that: what rounding left of it.
const SLACK: f64 = 1e-9;

/// An affine map in parts: scaled and sheared, then rotated, so that a given middle comes to `center`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Of the image, in canvas pixels.
    pub center: Point,
    /// Clockwise, above -180 and up to 180.
    pub degrees: f64,
    /// Canvas pixels for each of the image's, across and down. Negative across where left and right are exchanged.
    pub scale: (f64, f64),
    /// How far across the canvas, before it is rotated, a step of one image pixel down goes.
    pub shear: f64,
}

impl Pose {
    /// The parts of `transform`; `middle` is that of the image, in its pixels. A flattened image has no rotation of its own.
    pub fn of(transform: Affine, middle: Point) -> Self {
        let Affine { a, b, c, d, .. } = transform;
        let sign = if transform.determinant() < 0.0 { -1.0 } else { 1.0 };
        let across = sign * a.hypot(b);
        let (degrees, shear, down) = if across == 0.0 {
            (0.0, c, d)
        } else {
            ((sign * b).atan2(sign * a).to_degrees(), (a * c + b * d) / across, transform.determinant() / across)
        };
        let degrees = tidy(degrees);
        Self {
            center: transform.apply(middle),
            degrees: if degrees <= -180.0 { degrees + 360.0 } else { degrees },
            scale: (tidy(across), tidy(down)),
            shear: tidy(shear),
        }
    }

    /// The transform that these are the parts of.
    pub fn transform(&self, middle: Point) -> Affine {
        let linear = Affine { a: self.scale.0, b: 0.0, c: self.shear, d: self.scale.1, e: 0.0, f: 0.0 };
        let turned = linear.then(Affine::rotation(self.degrees));
        turned.then(Affine::translation(self.center - turned.apply(middle)))
    }
}

fn tidy(value: f64) -> f64 {
    let whole = value.round();
    // No minus before a zero.
    if (value - whole).abs() < SLACK { whole + 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_transform_again() {
        let middle = Point::new(150.5, 101.5);
        let maps = [
            Affine::IDENTITY,
            Affine::scale(-1.0, 1.0),
            Affine::scale(1.0, -1.0),
            Affine::rotation(30.0).then(Affine::scale(2.0, 0.5)),
            Affine::scale(0.3, -1.7).then(Affine::rotation(-170.0)).then(Affine::translation(Point::new(7.25, -3.0))),
        ];
        for map in maps {
            let again = Pose::of(map, middle).transform(middle);
            let apart = <[f64; 6]>::from(map).into_iter().zip(<[f64; 6]>::from(again)).map(|(a, b)| (a - b).abs());
            assert!(apart.fold(0.0, f64::max) < 1e-9, "{map:?}: {again:?}");
        }
    }

    #[test]
    fn rotated_and_back_is_a_mere_shift() {
        let (middle, start) = (Point::new(150.5, 101.5), Affine::translation(Point::new(12.0, -40.0)));
        let mut pose = Pose::of(start, middle);
        assert_eq!((pose.degrees, pose.scale, pose.shear), (0.0, (1.0, 1.0), 0.0));
        pose.degrees = 33.3;
        let turned = pose.transform(middle);
        assert!(!turned.is_translation());
        let mut back = Pose::of(turned, middle);
        assert!((back.degrees - 33.3).abs() < 1e-9 && back.scale == (1.0, 1.0));
        back.degrees = 0.0;
        assert!(back.transform(middle).is_translation());
    }

    #[test]
    fn flips_and_quarter_turns_are_told_apart() {
        let parts = |map: Affine| {
            let pose = Pose::of(map, Point::default());
            (pose.degrees, pose.scale)
        };
        assert_eq!(parts(Affine::rotation(90.0)), (90.0, (1.0, 1.0)));
        assert_eq!(parts(Affine::rotation(180.0)), (180.0, (1.0, 1.0)));
        assert_eq!(parts(Affine::scale(-1.0, 1.0)), (0.0, (-1.0, 1.0)));
        assert_eq!(parts(Affine::scale(1.0, -1.0)), (180.0, (-1.0, 1.0)));
        assert_eq!(parts(Affine::scale(3.0, 0.0)), (0.0, (3.0, 0.0)));
    }
}
