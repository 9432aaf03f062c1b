//! [`Motion`]: the velocity of a view, measured from frame to frame, to load tiles ahead.

use super::View;
use crate::geometry::{Point, Rect};

/// Seconds that are looked ahead.
const AHEAD: f64 = 0.4;
/// A view that has not moved for so many seconds rests.
const RESTS: f64 = 0.15;

/// The course of a view.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Motion {
    last: Option<(View, f64)>,
    /// When it moved last.
    moved: f64,
    /// Canvas pixels a second.
    velocity: Point,
}

impl Motion {
    /// Records the view at `time`, in seconds.
    pub(super) fn observe(&mut self, view: View, time: f64) {
        let Some((before, then)) = self.last.replace((view, time)) else { return };
        if view != before {
            self.moved = time;
        }
        let step = (time - then).clamp(1e-3, 0.1);
        let moved = view.center - before.center;
        let now = Point::new(moved.x / step, moved.y / step);
        // A zoom about the mouse moves the middle, too, but leads nowhere.
        let now = if (view.zoom / before.zoom - 1.0).abs() > 1e-6 { Point::default() } else { now };
        let left = (-step / 0.05).exp();
        let mix = |old: f64, new: f64| old * left + new * (1.0 - left);
        self.velocity = Point::new(mix(self.velocity.x, now.x), mix(self.velocity.y, now.y));
        if self.rests(time) {
            self.velocity = Point::default();
        }
    }

    /// Whether the view has stood still for a short time.
    pub(super) fn rests(&self, time: f64) -> bool {
        time - self.moved > RESTS
    }

    /// `visible`, extended in the direction of motion by at most one screen.
    pub(super) fn ahead(&self, visible: Rect) -> Rect {
        let reach = |velocity: f64, most: u64| (velocity * AHEAD).clamp(-(most as f64), most as f64) as i64;
        visible
            .union(visible.translate(reach(self.velocity.x, visible.width()), reach(self.velocity.y, visible.height())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_ahead_in_the_direction_of_motion_only() {
        let visible = Rect::new(0, 0, 1000, 800);
        let mut motion = Motion::default();
        let view = |x: f64, zoom: f64| View { center: Point::new(x, 0.0), zoom, ..View::default() };
        for frame in 0..20 {
            motion.observe(view(f64::from(frame) * 20.0, 1.0), f64::from(frame) / 60.0);
        }
        let ahead = motion.ahead(visible);
        assert!(ahead.x0 == 0 && ahead.x1 > 1300 && ahead.x1 < 1600, "1200 a second, 0.4 s: {ahead}");
        assert_eq!((ahead.y0, ahead.y1), (0, 800));
        for frame in 20..40 {
            motion.observe(view(380.0, 1.0), f64::from(frame) / 60.0);
        }
        assert!(motion.rests(40.0 / 60.0));
        assert_eq!(motion.ahead(visible), visible);
        motion.observe(view(500.0, 2.0), 41.0 / 60.0);
        assert_eq!(motion.ahead(visible), visible, "a zoom leads nowhere");
        motion.observe(view(1e7, 2.0), 42.0 / 60.0);
        assert_eq!(motion.ahead(visible).width(), 2000, "never more than a screen");
    }
}
