//! Filters of the composed canvas, and presets of them.

use crate::app::{App, ProcessCommand};
use crate::geometry::Point;
use crate::mosaic::Edit;

impl App {
    pub(super) fn apply_process(&mut self, command: ProcessCommand) {
        match command {
            ProcessCommand::Set { label, steps, goes_on: true } => {
                self.edit_live(label, Point::default(), |mosaic, _, _| _ = mosaic.apply(&Edit::Filters(steps)));
            }
            ProcessCommand::Set { label, steps, goes_on: false } => {
                self.documents.tab.live = None;
                self.documents.tab.history.edit(label, |mosaic| _ = mosaic.apply(&Edit::Filters(steps)));
            }
            ProcessCommand::Show(before) => self.documents.tab.before = before,
            ProcessCommand::SavePreset(name) => {
                let steps = self.mosaic().filters.clone();
                self.preferences.settings.presets.insert(name, steps);
            }
            ProcessCommand::RemovePreset(name) => _ = self.preferences.settings.presets.remove(&name),
        }
    }
}
