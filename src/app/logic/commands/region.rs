//! Changes of regions of interest, each as one step to undo.

use crate::app::{App, RegionCommand};
use crate::mosaic::Shape;

impl App {
    pub(super) fn apply_region(&mut self, command: RegionCommand) {
        let history = &mut self.documents.tab.history;
        match command {
            RegionCommand::Select(region) => self.documents.tab.selection.region = region,
            RegionCommand::Add(rect) => {
                let mut made = None;
                history.edit("Draw region", |m| made = Some(m.add_region(None, Shape::Rectangle(rect))));
                self.documents.tab.selection.region = made;
            }
            RegionCommand::Reshape(id, rect) => {
                history.edit("Change region", |m| m.reshape(id, Shape::Rectangle(rect)));
            }
            RegionCommand::Rename(id, name) => history.edit("Rename region", |m| m.rename_region(id, name)),
            RegionCommand::Remove(id) => history.edit("Remove region", |m| m.remove_region(id)),
        }
        self.forget_vanished(0);
    }
}
