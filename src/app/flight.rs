//! How a view moves by itself: flights to another view, gliding on after a flick; and the [`Trail`] of where it has been.

use super::View;
use crate::geometry::Point;

/// Seconds that a flight takes.
const FLIGHT: f64 = 0.18;
/// Seconds in which a glide loses two thirds of its speed.
const GLIDE: f64 = 0.22;
/// Seconds over which the hand's speed is averaged; one that has stood still for longer does not move.
const RECENT: f64 = 0.08;
/// Points a second below which a glide has ended.
const STILL: f32 = 12.0;
/// Seconds a view must have stayed to be a place on the trail.
const REST: f64 = 0.8;
/// The longest trail.
const MOST_PLACES: usize = 200;

/// The animation of the view.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum Flight {
    #[default]
    Still,
    /// To another view, animated.
    Flying { from: View, to: View, elapsed: f64 },
    /// On and on, ever slower, in points a second.
    Glide { velocity: egui::Vec2 },
}

impl Flight {
    /// Whether there will be another frame of it.
    pub(super) fn is_moving(&self) -> bool {
        *self != Self::Still
    }

    /// Advances the animation by `seconds`.
    pub(super) fn advance(&mut self, view: &mut View, seconds: f64) {
        match self {
            Self::Still => {}
            Self::Flying { from, to, elapsed } => {
                *elapsed += seconds;
                if *elapsed >= FLIGHT {
                    *view = *to;
                    *self = Self::Still;
                } else {
                    let rest = 1.0 - *elapsed / FLIGHT;
                    *view = between(from, to, 1.0 - rest * rest * rest);
                }
            }
            Self::Glide { velocity } => {
                let left = (-seconds / GLIDE).exp();
                view.center = view.center - view.canvas_step(*velocity * (GLIDE * (1.0 - left)) as f32);
                *velocity *= left as f32;
                if velocity.length() < STILL {
                    *self = Self::Still;
                }
            }
        }
    }
}

/// The motion of a drag of the view, which continues after release.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hand {
    /// Points per second, averaged over the last movements.
    pub(super) velocity: egui::Vec2,
    /// Times of the last frame and of the last movement, in seconds.
    observed: f64,
    moved: f64,
}

impl Hand {
    /// Records a movement by `step` points since the last frame.
    pub(super) fn observe(&mut self, step: egui::Vec2, time: f64, begins: bool) {
        let elapsed = (time - self.observed).clamp(1e-3, 0.1);
        let left = if begins { 0.0 } else { (-elapsed / RECENT).exp() as f32 };
        self.velocity = self.velocity * left + step / elapsed as f32 * (1.0 - left);
        self.observed = time;
        if step != egui::Vec2::ZERO {
            self.moved = time;
        }
    }

    /// Whether the last movement is recent.
    pub(super) fn moves(&self) -> bool {
        self.observed - self.moved < RECENT
    }
}

/// The view at `part` of the way, 0 to 1. A point that is at the same place of the screen in both stays there.
fn between(from: &View, to: &View, part: f64) -> View {
    let zoom = from.zoom * (to.zoom / from.zoom).powf(part);
    let way = if (to.zoom / from.zoom - 1.0).abs() < 1e-3 {
        part
    } else {
        (1.0 - from.zoom / zoom) / (1.0 - from.zoom / to.zoom)
    };
    let step = to.center - from.center;
    let center = from.center + Point::new(step.x * way, step.y * way);
    let turn = (to.degrees - from.degrees + 180.0).rem_euclid(360.0) - 180.0;
    let mut view = View { center, zoom, degrees: from.degrees, mirrored: to.mirrored };
    view.turn(turn * part);
    view
}

/// The views a user has visited, to go back to and forward again.
#[derive(Debug, Default)]
pub(super) struct Trail {
    behind: Vec<View>,
    ahead: Vec<View>,
    /// Where the view is, and since when, in seconds.
    now: Option<(View, f64)>,
}

impl Trail {
    /// Each frame: a view that is left after it has stayed for a while is a place.
    pub(super) fn watch(&mut self, view: View, time: f64) {
        match self.now {
            Some((known, _)) if known == view => {}
            Some((known, since)) => {
                if time - since >= REST {
                    self.leave(known);
                }
                self.now = Some((view, time));
            }
            None => self.now = Some((view, time)),
        }
    }

    /// `view` is left by a jump.
    pub(super) fn leave(&mut self, view: View) {
        self.ahead.clear();
        if self.behind.last().is_none_or(|last| !near(last, &view)) {
            self.behind.push(view);
            let over = self.behind.len().saturating_sub(MOST_PLACES);
            self.behind.drain(..over);
        }
    }

    /// The place before `now`.
    pub(super) fn back(&mut self, now: View) -> Option<View> {
        Self::step(&mut self.behind, &mut self.ahead, &mut self.now, now)
    }

    /// The place from which [`back`](Self::back) came.
    pub(super) fn forward(&mut self, now: View) -> Option<View> {
        Self::step(&mut self.ahead, &mut self.behind, &mut self.now, now)
    }

    pub(super) fn can_go_back(&self) -> bool {
        !self.behind.is_empty()
    }

    pub(super) fn can_go_forward(&self) -> bool {
        !self.ahead.is_empty()
    }

    fn step(from: &mut Vec<View>, to: &mut Vec<View>, at: &mut Option<(View, f64)>, now: View) -> Option<View> {
        // A flight between almost equal views would be invisible.
        while let Some(place) = from.pop() {
            if !near(&place, &now) {
                to.push(now);
                // The way there is no place.
                *at = Some((place, f64::INFINITY));
                return Some(place);
            }
        }
        None
    }
}

/// Whether both show about the same.
fn near(a: &View, b: &View) -> bool {
    let step = b.center - a.center;
    let moved = step.x.hypot(step.y) * a.zoom.max(b.zoom);
    let turned = (a.degrees - b.degrees).abs() > 1.0 || a.mirrored != b.mirrored;
    moved < 60.0 && (a.zoom / b.zoom).log2().abs() < 0.2 && !turned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64, zoom: f64) -> View {
        View { center: Point::new(x, 0.0), zoom, ..View::default() }
    }

    #[test]
    fn a_flight_ends_exactly_and_keeps_the_fixed_point() {
        let from = at(1000.0, 0.5);
        let mut to = from;
        to.zoom_about(Point::new(1300.0, 40.0), 6.0);
        let (mut view, mut flight) = (from, Flight::Flying { from, to, elapsed: 0.0 });
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(800.0, 600.0));
        let place = |view: &View| view.ui_from_canvas(screen, Point::new(1300.0, 40.0));
        let mut frames = 0;
        while flight.is_moving() {
            flight.advance(&mut view, 1.0 / 60.0);
            assert!((place(&view) - place(&from)).length() < 0.01, "{view:?}");
            frames += 1;
        }
        assert_eq!(view, to);
        assert!((8..20).contains(&frames), "{frames}");
    }

    #[test]
    fn a_glide_comes_to_rest() {
        let (mut view, mut flight) = (View::default(), Flight::Glide { velocity: egui::vec2(-900.0, 0.0) });
        for _ in 0..300 {
            flight.advance(&mut view, 1.0 / 60.0);
        }
        assert!(!flight.is_moving());
        assert!((150.0..200.0).contains(&view.center.x), "{view:?}");
    }

    #[test]
    fn the_shorter_turn_is_taken() {
        let (from, to) = (View { degrees: 350.0, ..View::default() }, View { degrees: 20.0, ..View::default() });
        assert!((between(&from, &to, 0.5).degrees - 5.0).abs() < 1e-9);
        assert!((between(&to, &from, 0.5).degrees - 5.0).abs() < 1e-9);
    }

    #[test]
    fn the_trail_is_of_places_that_were_looked_at() {
        let mut trail = Trail::default();
        // Rest at 0; move past 500; rest at 1000; jump to 2000.
        for (view, time) in [(at(0.0, 1.0), 0.0), (at(500.0, 1.0), 5.0), (at(1000.0, 1.0), 5.1)] {
            trail.watch(view, time);
        }
        trail.leave(at(1000.0, 1.0));
        trail.watch(at(2000.0, 1.0), 9.0);
        assert_eq!(trail.back(at(2000.0, 1.0)), Some(at(1000.0, 1.0)));
        trail.watch(at(1000.0, 1.0), 9.1);
        assert_eq!(trail.back(at(1000.0, 1.0)), Some(at(0.0, 1.0)));
        assert_eq!(trail.back(at(0.0, 1.0)), None);
        assert_eq!(trail.forward(at(0.0, 1.0)), Some(at(1000.0, 1.0)));
        assert_eq!(trail.forward(at(1000.0, 1.0)), Some(at(2000.0, 1.0)));
        assert!(trail.can_go_back() && !trail.can_go_forward());
    }
}
