//! [`Affine`]: a map of the plane that keeps lines straight and parallel.

use serde::{Deserialize, Serialize};

use super::{Point, Rect};

/// x' = a·x + c·y + e, y' = b·x + d·y + f; the order of the numbers is that of SVG and of PDF.
///
/// Pixels are squares whose corners have whole coordinates: the middle of the first one is at (0.5, 0.5).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 6]", into = "[f64; 6]")]
pub struct Affine {
    pub a: f64,
    pub b: f64,
    pub c: f64,
    pub d: f64,
    pub e: f64,
    pub f: f64,
}

impl Default for Affine {
    fn default() -> Self {
        Self::IDENTITY
    }
}

impl From<[f64; 6]> for Affine {
    fn from([a, b, c, d, e, f]: [f64; 6]) -> Self {
        Self { a, b, c, d, e, f }
    }
}

impl From<Affine> for [f64; 6] {
    fn from(Affine { a, b, c, d, e, f }: Affine) -> Self {
        [a, b, c, d, e, f]
    }
}

impl Affine {
    /// Leaves every point where it is.
    pub const IDENTITY: Self = Self { a: 1.0, b: 0.0, c: 0.0, d: 1.0, e: 0.0, f: 0.0 };

    /// Moves by `by`.
    pub const fn translation(by: Point) -> Self {
        Self { e: by.x, f: by.y, ..Self::IDENTITY }
    }

    /// Scales by `across` and `down` about the origin.
    pub const fn scale(across: f64, down: f64) -> Self {
        Self { a: across, d: down, ..Self::IDENTITY }
    }

    /// Turns clockwise (y runs down) about the origin. Quarter turns are exact.
    pub fn rotation(degrees: f64) -> Self {
        let quarters = degrees / 90.0;
        let (sin, cos) = if quarters.fract() == 0.0 {
            [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)][quarters.rem_euclid(4.0) as usize % 4]
        } else {
            degrees.to_radians().sin_cos()
        };
        Self { a: cos, b: sin, c: -sin, d: cos, e: 0.0, f: 0.0 }
    }

    /// The same map with `fixed` as its origin.
    #[must_use]
    pub fn about(self, fixed: Point) -> Self {
        let to_origin = Self::translation(Point::new(-fixed.x, -fixed.y));
        to_origin.then(self).then(Self::translation(fixed))
    }

    /// Where it takes a point.
    pub fn apply(self, at: Point) -> Point {
        Point::new(self.a * at.x + self.c * at.y + self.e, self.b * at.x + self.d * at.y + self.f)
    }

    /// This one first, then `next`.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let origin = next.apply(self.translation_part());
        Self {
            a: next.a * self.a + next.c * self.b,
            b: next.b * self.a + next.d * self.b,
            c: next.a * self.c + next.c * self.d,
            d: next.b * self.c + next.d * self.d,
            e: origin.x,
            f: origin.y,
        }
    }

    /// The factor by which areas grow; negative where left and right are exchanged.
    pub fn determinant(self) -> f64 {
        self.a * self.d - self.b * self.c
    }

    /// The map back. `None` if it flattens the plane, or if a number is none.
    pub fn invert(self) -> Option<Self> {
        let determinant = self.determinant();
        if !determinant.is_normal() || !self.is_finite() {
            return None;
        }
        let linear = Self {
            a: self.d / determinant,
            b: -self.b / determinant,
            c: -self.c / determinant,
            d: self.a / determinant,
            e: 0.0,
            f: 0.0,
        };
        let origin = linear.apply(self.translation_part());
        Some(Self { e: -origin.x, f: -origin.y, ..linear })
    }

    /// Where it takes the origin.
    pub const fn translation_part(self) -> Point {
        Point::new(self.e, self.f)
    }

    /// Whether all its numbers are finite.
    pub fn is_finite(self) -> bool {
        <[f64; 6]>::from(self).iter().all(|number| number.is_finite())
    }

    /// Whether it only moves.
    pub fn is_translation(self) -> bool {
        Self { e: 0.0, f: 0.0, ..self } == Self::IDENTITY
    }

    /// Whether rectangles along the axes stay such, their sides not exchanged.
    pub fn keeps_axes(self) -> bool {
        self.b == 0.0 && self.c == 0.0
    }

    /// The scale and the angle (radians, clockwise), if it only scales alike in both directions, rotates and moves.
    pub fn similarity(self) -> Option<(f64, f64)> {
        let scale = self.a.hypot(self.b);
        let close = |x: f64, y: f64| (x - y).abs() <= 1e-9 * scale.max(1e-300);
        (close(self.a, self.d) && close(self.c, -self.b)).then(|| (scale, self.b.atan2(self.a)))
    }

    /// Whether it only moves, by whole pixels.
    pub fn is_whole_pixel(self) -> bool {
        self.is_translation() && self.e.fract() == 0.0 && self.f.fract() == 0.0
    }

    /// How many pixels become one in the direction in which it makes things smallest: above 1 where it does, infinite where it
    /// flattens the plane.
    pub fn minification(self) -> f64 {
        // The larger singular value of the linear part; both multiply to the determinant.
        let squares = self.a * self.a + self.b * self.b + self.c * self.c + self.d * self.d;
        let apart = (self.a * self.a + self.b * self.b - self.c * self.c - self.d * self.d)
            .hypot(2.0 * (self.a * self.c + self.b * self.d));
        (f64::midpoint(squares, apart)).sqrt() / self.determinant().abs()
    }

    /// The smallest whole-pixel rectangle around where it takes `rect`. Rounding of up to 1e-6 px is not counted.
    pub fn bounds_of(self, rect: Rect) -> Rect {
        if rect.is_empty() || !self.is_finite() {
            return Rect::default();
        }
        let corners = [(rect.x0, rect.y0), (rect.x1, rect.y0), (rect.x0, rect.y1), (rect.x1, rect.y1)];
        let corners = corners.map(|(x, y)| self.apply(Point::new(x as f64, y as f64)));
        let least = |axis: fn(&Point) -> f64| corners.iter().map(axis).fold(f64::INFINITY, f64::min);
        let most = |axis: fn(&Point) -> f64| corners.iter().map(axis).fold(f64::NEG_INFINITY, f64::max);
        const SLACK: f64 = 1e-6;
        let down = |value: f64| (value + SLACK).floor() as i64;
        let up = |value: f64| (value - SLACK).ceil() as i64;
        Rect::new(down(least(|p| p.x)), down(least(|p| p.y)), up(most(|p| p.x)), up(most(|p| p.y)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Point, b: Point) -> bool {
        (a.x - b.x).abs() < 1e-9 && (a.y - b.y).abs() < 1e-9
    }

    #[test]
    fn the_inverse_leads_back() {
        let map =
            Affine::rotation(33.0).then(Affine::scale(2.0, -0.5)).then(Affine::translation(Point::new(7.0, -3.5)));
        let back = map.invert().unwrap();
        let at = Point::new(12.25, -99.0);
        assert!(near(back.apply(map.apply(at)), at));
        assert!(near(map.then(back).apply(at), at));
        assert_eq!(Affine::scale(0.0, 1.0).invert(), None);
        assert_eq!(Affine::translation(Point::new(f64::NAN, 0.0)).invert(), None);
    }

    #[test]
    fn quarter_turns_are_exact_and_clockwise() {
        let turn = Affine::rotation(90.0);
        assert_eq!(turn.apply(Point::new(3.0, 1.0)), Point::new(-1.0, 3.0));
        assert_eq!(turn.bounds_of(Rect::new(0, 0, 30, 20)), Rect::new(-20, 0, 0, 30));
        assert_eq!(Affine::rotation(-90.0), Affine::rotation(270.0));
    }

    #[test]
    fn map_kinds_are_distinguished() {
        let shift = |x, y| Affine::translation(Point::new(x, y));
        assert!(shift(3.0, -4.0).is_whole_pixel() && shift(0.5, 0.0).is_translation());
        assert!(!shift(0.5, 0.0).is_whole_pixel() && !Affine::scale(2.0, 2.0).is_translation());
        assert!((Affine::scale(0.25, 0.5).minification() - 4.0).abs() < 1e-12);
    }
}
