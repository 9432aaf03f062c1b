//! Changes of the canvas, each as one step to undo.

use crate::app::{App, CanvasCommand};
use crate::geometry::{Point, Rect};
use crate::mosaic::{Edit, Region};

impl App {
    pub(super) fn apply_canvas(&mut self, command: CanvasCommand) {
        self.documents.tab.follow_frame(&self.context);
        let (label, edit) = match command {
            CanvasCommand::Fit => ("Fit canvas to content", Edit::Canvas(None)),
            CanvasCommand::Fix(rect) => ("Set canvas size", Edit::Canvas(Some(rect))),
            CanvasCommand::CropToSelection => match self.selected_rect() {
                Some(rect) => ("Crop canvas to selection", Edit::Canvas(Some(rect))),
                None => return,
            },
            CanvasCommand::CropToRegion => match self.selected_region() {
                Some(rect) => ("Crop canvas to region", Edit::Canvas(Some(rect))),
                None => return,
            },
            CanvasCommand::Background(color) => ("Set background", Edit::Background(color)),
            CanvasCommand::PixelSize(size) => ("Set pixel size", Edit::PixelSize(size)),
        };
        if let Edit::Canvas(Some(rect)) = edit
            && rect.is_empty()
        {
            self.tell("The canvas needs a width and a height of at least 1 px".into(), true);
            return;
        }
        self.edit_live(label, Point::default(), |m, _, _| _ = m.apply(&edit));
    }

    /// The box around the selected tiles.
    pub(in crate::app) fn selected_rect(&self) -> Option<Rect> {
        self.documents.tab.frame().map(|frame| frame.extent.rect())
    }

    /// The box around the selected region.
    pub(in crate::app) fn selected_region(&self) -> Option<Rect> {
        self.documents.tab.single_region().map(Region::rect)
    }
}
