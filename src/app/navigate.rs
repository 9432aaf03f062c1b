//! [`ViewChange`], and [`Navigation`]: how the view of a document moves, and what is known of where it is.

use egui::Vec2;

use super::View;
use super::flight::{Flight, Hand, Trail};
use super::units::Georeference;
use super::visited::Visited;

/// Changes of the view besides zoom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ViewChange {
    /// By so many points on the screen, smoothly.
    Slide(Vec2),
    /// By nearly a screen: −1 to the left or up, 1 to the right or down.
    Page(i8, i8),
    /// To the edge of the image.
    Edge(i8, i8),
    /// Let go while moving, in points a second.
    Flick(Vec2),
    /// Clockwise by so many degrees.
    Turn(f64),
    /// To this angle.
    TurnTo(f64),
    /// Flip the view horizontally.
    Mirror,
    /// Flip the view vertically.
    UpsideDown,
    /// Reset rotation and flips.
    Upright,
    /// The previous view.
    Back,
    Forward,
    /// Exactly this view.
    At(View),
}

/// The pixel under the mouse.
#[derive(Default)]
pub(super) struct Under {
    /// The georeference there.
    pub(super) georeference: Georeference,
    /// The name of the image, if there is one.
    pub(super) image: Option<String>,
    /// Its samples there have been read.
    pub(super) fresh: bool,
}

/// The navigation state of a document besides its view.
#[derive(Default)]
pub(super) struct Navigation {
    pub(super) flight: Flight,
    pub(super) trail: Trail,
    /// The fitted view, until the user changes it: it follows the size of the window.
    pub(super) fitted: Option<View>,
    /// The view to begin with instead of fitting everything.
    pub(super) opening: Option<View>,
    pub(super) hand: Hand,
    pub(super) visited: Visited,
    /// The map's veil over what has not been viewed, for a revision and a color.
    pub(super) veil: Option<((u64, egui::Color32), egui::TextureHandle)>,
    /// The georeference of the canvas.
    pub(super) georeference: Georeference,
    pub(super) under: Under,
}
