//! [`TileCommand`] and [`CanvasCommand`]: what can be done to the selected tiles and to the canvas.

use std::path::PathBuf;
use std::sync::Arc;

use crate::geometry::{Affine, Point, Rect};
use crate::mosaic::{Alignment, Distribution, Margins, PixelSize, Placement, PlacementId, PlacementIds, Stacking};

/// Selects tiles, or changes the selected ones, each as one step to undo.
#[derive(Debug, Clone, PartialEq)]
pub enum TileCommand {
    /// Selects these placements, or deselects those that are selected.
    Toggle(PlacementIds),
    /// Selects what lies in a polygon of canvas points; `add` leaves selected what is.
    SelectIn {
        polygon: Vec<Point>,
        add: bool,
    },
    SelectInverse,
    SelectRow,
    SelectColumn,
    /// Moves by whole tiles: −1 to the left or up.
    StepTiles(i8, i8),
    /// Transforms on the canvas: what handles do.
    Transform {
        label: &'static str,
        by: Affine,
    },
    /// Changes a value as a field or slider does: as one step until [`EndAdjusting`](Self::EndAdjusting).
    Adjust(Adjustment),
    EndAdjusting,
    /// Clockwise, about the middle of all.
    Rotate(f64),
    Flip(Direction),
    Align(Alignment),
    Distribute(Distribution),
    /// Cuts the margins of one placement.
    Crop(PlacementId, Margins),
    ResetCrop,
    /// Rotation, scale and flip as the image was opened.
    ResetTransform,
    ResetLook,
    Restack(Stacking),
    Lock(bool),
    Hide,
    /// Shows the selected tiles alone.
    Isolate,
    ShowAll,
    Group,
    Ungroup,
    Duplicate,
    /// The tiles, whatever else is selected.
    Remove,
    /// Exchanges the places of the two selected tiles.
    Swap,
    /// Asks for a file to show instead of the selected one.
    AskReplace,
    /// Shows another file instead.
    Replace(PlacementId, PathBuf),
}

/// Left to right, or top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Horizontal,
    Vertical,
}

/// A margin of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CropSide {
    Left,
    Top,
    Right,
    Bottom,
}

/// A value of the selected tiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Adjustment {
    /// Moves by so many canvas pixels, added up.
    Nudge(Point),
    /// The left edge of the box around all, in canvas pixels.
    X(f64),
    /// Its upper edge.
    Y(f64),
    /// Canvas pixels: of a single tile along its own edges, of several of the box around them.
    Width(f64),
    Height(f64),
    /// Canvas pixels for each of the image's, across and down alike.
    Scale(f64),
    /// Clockwise, in degrees: of a single tile its rotation; several are rotated by so much about the middle of all.
    Rotation(f64),
    /// From 0 (transparent) to 1.
    Opacity(f32),
    Gain(f32),
    /// In the image's sample values.
    Offset(f32),
    /// Image pixels.
    Crop(CropSide, u32),
    /// Whether fractions of pixels count.
    Subpixel(bool),
}

impl Adjustment {
    /// What the step is called.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Nudge(_) => "Nudge tiles",
            Self::X(_) | Self::Y(_) => "Move tiles",
            Self::Width(_) | Self::Height(_) | Self::Scale(_) => "Scale tiles",
            Self::Rotation(_) => "Rotate tiles",
            Self::Opacity(_) => "Set opacity",
            Self::Gain(_) => "Set gain",
            Self::Offset(_) => "Set offset",
            Self::Crop(..) => "Crop tiles",
            Self::Subpixel(_) => "Set sub-pixel position",
        }
    }
}

/// Changes the canvas, each as one step to undo.
#[derive(Debug, Clone, PartialEq)]
pub enum CanvasCommand {
    /// As large as what lies on it.
    Fit,
    /// This part, whatever lies on it.
    Fix(Rect),
    CropToSelection,
    CropToRegion,
    Background([u8; 3]),
    /// What the images say if `None`.
    PixelSize(Option<PixelSize>),
}

/// What a background thread found for [`TileCommand::Replace`].
pub(super) struct Replacement {
    pub(super) id: PlacementId,
    pub(super) shown: Placement,
}

/// Selected placements.
pub(super) type Chosen = Arc<PlacementIds>;
