//! [`RegionCommand`]: what can be done to regions of interest.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{DetectForm, Drawing, MeasureForm};
use crate::geometry::{Affine, Point, Rect};
use crate::mosaic::{RegionProperty, RoiId};
use crate::region::Geometry;

/// The selected regions. Shared: there may be very many.
pub(in crate::app) type ChosenRegions = Arc<HashSet<RoiId>>;

/// How a click changes what is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// Nothing else stays selected.
    Only,
    /// What is selected stays selected.
    Add,
    /// What is selected is no longer, and the other way round.
    Toggle,
}

/// What becomes of a shape that is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Combine {
    /// A new region.
    #[default]
    New,
    /// Joined with the selected regions that have an inside.
    Add,
    /// Cut out of the selected regions.
    Subtract,
}

impl Combine {
    /// What the keys that are held ask for.
    pub(in crate::app) fn of(modifiers: egui::Modifiers) -> Self {
        if modifiers.alt {
            Self::Subtract
        } else if modifiers.command {
            Self::Add
        } else {
            Self::New
        }
    }
}

/// What makes other shapes of the selected regions.
#[derive(Debug, Clone, PartialEq)]
pub enum Shaping {
    /// One region of all.
    Merge,
    /// The first without the others.
    Subtract,
    /// What all have in common.
    Intersect,
    /// A region for each part.
    Split,
    /// Cut along a path of canvas points.
    Cut(Vec<Point>),
    /// Fewer vertices, off by about so many pixels.
    Simplify(f64),
    Hull,
    FillHoles,
    /// The box around each.
    Box,
}

/// Which regions are written or measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegionFiles {
    #[default]
    All,
    Selected,
}

/// Changes regions of interest, each as one step to undo, and which are selected.
#[derive(Debug, Clone, PartialEq)]
pub enum RegionCommand {
    /// Selects one region alone, or none.
    Select(Option<RoiId>),
    Pick {
        ids: HashSet<RoiId>,
        how: Pick,
    },
    SelectAll,
    /// Selects and shows the region so many places further.
    Next(isize),
    /// Shows regions as large as they fit.
    Show(HashSet<RoiId>),
    /// Adds a rectangle.
    Add(Rect),
    Draw {
        shape: Geometry,
        combine: Combine,
    },
    /// Finishes the outline that is being drawn.
    Finish,
    /// Takes back the last vertex of the outline that is being drawn.
    TakeBack,
    /// The pixels like the one at a canvas point, at the displayed level.
    Wand {
        at: Point,
        combine: Combine,
    },
    Reshape(Vec<(RoiId, Geometry)>),
    /// Transforms the selected regions on the canvas.
    Transform {
        label: &'static str,
        by: Affine,
    },
    /// Changes a property of the selected regions.
    Set(RegionProperty),
    Rename(RoiId, String),
    SetOf(RoiId, RegionProperty),
    ShowAll,
    Remove(RoiId),
    RemoveSelected,
    Duplicate,
    Shape(Shaping),
    /// How tools draw.
    SetDrawing(Drawing),
    /// Asks for files of regions to import.
    AskImport,
    Import(Vec<PathBuf>),
    /// Asks for a file to write regions to.
    AskSave(RegionFiles),
    /// What to look for. Finds it for the preview.
    Detect(DetectForm),
    /// Adds what is found.
    AddFound,
    /// Shows no preview any more.
    EndDetecting,
    /// Crops the canvas to what is found.
    CropToFound,
    Measure(MeasureForm),
    /// Copies the table of measures as tab-separated text.
    CopyMeasures,
    /// Asks for a file to write the table of measures to.
    AskSaveMeasures,
}
