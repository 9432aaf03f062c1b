//! Moves of the view: zoom, flights, the trail of places.

use egui::Vec2;

use crate::app::flight::Flight;
use crate::app::{App, Toggle, View, ViewChange, Zoom};
use crate::geometry::Point;

/// A jump of more screens than this is made at once: on the way there would be nothing to see.
const FARTHEST_FLIGHT: f64 = 6.0;
/// The part of a screen that Page keys scroll by.
const PAGE: f32 = 0.9;

impl App {
    /// The view where it will be once nothing moves any more.
    pub fn heading(&self) -> View {
        self.documents.tab.heading()
    }

    /// Whether the view moves by itself just now.
    pub fn is_moving(&self) -> bool {
        self.documents.tab.nav.flight.is_moving()
    }

    pub(super) fn change_view(&mut self, change: ViewChange) {
        let now = self.heading();
        let mut to = now;
        match change {
            ViewChange::Flick(velocity) => {
                self.documents.tab.nav.flight = Flight::Glide { velocity };
                return;
            }
            ViewChange::Slide(by) => to.center = now.center - now.canvas_step(by),
            ViewChange::Page(x, y) => {
                let page = self.documents.tab.screen.size() * PAGE;
                to.center = now.center + now.canvas_step(egui::vec2(f32::from(x) * page.x, f32::from(y) * page.y));
            }
            ViewChange::Edge(x, y) => to.center = self.edge(now, x, y),
            ViewChange::Turn(degrees) => to.turn(degrees),
            ViewChange::TurnTo(degrees) => to.turn_to(degrees),
            ViewChange::Mirror => to.mirror(),
            ViewChange::UpsideDown => {
                to.mirror();
                to.turn(180.0);
            }
            ViewChange::Upright => (to.degrees, to.mirrored) = (0.0, false),
            ViewChange::Back | ViewChange::Forward => {
                let trail = &mut self.documents.tab.nav.trail;
                let found = if change == ViewChange::Back { trail.back(now) } else { trail.forward(now) };
                to = found.unwrap_or(now);
            }
            ViewChange::At(view) => {
                self.documents.tab.nav.trail.leave(now);
                to = view;
            }
        }
        self.fly_to(to);
    }

    pub(super) fn zoom(&mut self, zoom: Zoom) {
        let (now, screen) = (self.heading(), self.documents.tab.screen);
        let mut to = now;
        match zoom {
            Zoom::Fit => {
                self.documents.tab.nav.trail.leave(now);
                if self.documents.comparison.linked && !self.documents.comparison.panes.is_empty() {
                    // Each of its own size.
                    self.documents.tab.fit_pending = true;
                    return;
                }
                to = now.fitted(self.mosaic().bounds(), screen.size());
                self.documents.tab.nav.fitted = Some(to);
            }
            Zoom::Percent(percent) => {
                let wanted = percent / 100.0 / f64::from(self.context.pixels_per_point());
                to.zoom_about(now.center, wanted / now.zoom);
            }
            // The wheel is smooth already, and the hand is quicker than any flight.
            Zoom::About(point, factor) => {
                self.documents.tab.nav.flight = Flight::Still;
                let factor = self.in_sight(&self.documents.tab.view, factor);
                self.documents.tab.view.zoom_about(point, factor);
                return;
            }
            Zoom::Towards(point, factor) => to.zoom_about(point, self.in_sight(&now, factor)),
            Zoom::By(factor) => to.zoom_about(now.center, self.in_sight(&now, factor)),
            Zoom::Show(rect) => {
                self.documents.tab.nav.trail.leave(now);
                to = now.fitted(rect, screen.size());
            }
            Zoom::Box(chosen) => {
                self.documents.tab.nav.trail.leave(now);
                to.center = self.documents.tab.view.canvas_from_ui(screen, chosen.center());
                let across = f64::from(screen.width() / chosen.width().max(1.0));
                to.zoom_about(to.center, across.min(f64::from(screen.height() / chosen.height().max(1.0))));
            }
        }
        self.fly_to(to);
    }

    /// `factor`, or as little of it as leaves the picture large enough to be seen.
    fn in_sight(&self, view: &View, factor: f64) -> f64 {
        const SMALLEST: f64 = 4.0;
        let points = f64::from(self.mosaic().bounds().size().longest().max(1)) * view.zoom;
        factor.max((SMALLEST / points).min(1.0))
    }

    /// The view moves by the hand.
    pub(super) fn pan(&mut self, by: Vec2) {
        self.documents.tab.nav.flight = Flight::Still;
        self.documents.tab.view.center = self.documents.tab.view.center - self.documents.tab.view.canvas_step(by);
    }

    /// Before each frame: advances animations and records the view.
    pub(super) fn advance_view(&mut self, context: &egui::Context) {
        let (seconds, time) = context.input(|input| (f64::from(input.stable_dt.min(0.1)), input.time));
        self.documents.tab.nav.flight.advance(&mut self.documents.tab.view, seconds);
        if self.documents.tab.nav.flight.is_moving() {
            context.request_repaint();
        }
        let heading = self.heading();
        if self.documents.tab.screen.is_positive() && !self.documents.tab.fit_pending {
            self.documents.tab.nav.trail.watch(heading, time);
        }
    }

    /// Fits the image, or shows the requested part, once the size of the canvas is known.
    pub(super) fn fit_if_pending(&mut self) {
        if !self.documents.tab.fit_pending || !self.documents.tab.screen.is_positive() {
            return;
        }
        let bounds = self.mosaic().bounds();
        if !bounds.is_empty() {
            let asked = self.documents.tab.nav.opening.take();
            self.documents.tab.view =
                asked.unwrap_or_else(|| self.documents.tab.view.fitted(bounds, self.documents.tab.screen.size()));
            self.documents.tab.nav.flight = Flight::Still;
            self.documents.tab.nav.fitted = asked.is_none().then_some(self.documents.tab.view);
            self.documents.tab.fit_pending = false;
        }
    }

    /// The canvas is now this part of the window.
    pub(super) fn resize(&mut self, screen: egui::Rect) {
        let resized = self.documents.tab.screen.size() != screen.size();
        self.documents.tab.screen = screen;
        self.documents.tab.fit_pending |= resized && self.documents.tab.nav.fitted == Some(self.heading());
    }

    fn fly_to(&mut self, to: View) {
        let from = self.documents.tab.view;
        let step = to.center - from.center;
        let screens =
            step.x.hypot(step.y) * from.zoom.min(to.zoom) / f64::from(self.documents.tab.screen.width().max(1.0));
        let at_once = !self.preferences.settings.is_on(Toggle::Motion);
        if at_once || screens > FARTHEST_FLIGHT || from.mirrored != to.mirrored {
            self.documents.tab.view = to;
            self.documents.tab.nav.flight = Flight::Still;
        } else if from != to {
            self.documents.tab.nav.flight = Flight::Flying { from, to, elapsed: 0.0 };
        }
        self.context.request_repaint();
    }

    /// The center at which the picture ends at that side of the screen.
    fn edge(&self, view: View, x: i8, y: i8) -> Point {
        let bounds = self.documents.tab.scene.bounds();
        let screen = self.documents.tab.screen;
        let around = view.ui_from_rect(screen, bounds);
        let along = |way: i8, low: f32, high: f32, from: f32, to: f32| match way {
            -1 => low - from,
            1 => high - to,
            _ => 0.0,
        };
        let step = egui::vec2(
            along(x, around.left(), around.right(), screen.left(), screen.right()),
            along(y, around.top(), around.bottom(), screen.top(), screen.bottom()),
        );
        view.center + view.canvas_step(step)
    }
}
