//! The handlers of [`Command`]s: one file per topic, each with an exhaustive match, so that an unhandled command does not
//! compile. Besides results of jobs, only these change the state.

mod adjust;
mod batch;
mod best_match;
mod canvas;
mod edit;
mod export;
mod file;
mod layout;
mod overlap;
mod page;
mod process;
mod region;
mod region_export;
mod region_files;
mod region_find;
mod region_measure;
mod rounds;
mod select;
mod repair;
mod tab;
mod tile;
mod view;
mod window;

use crate::app::{App, Command};

impl App {
    /// Do one thing.
    pub(super) fn apply(&mut self, command: impl Into<Command>) {
        match command.into() {
            Command::File(command) => self.apply_file(command),
            Command::Page(command) => self.apply_page(command),
            Command::Edit(command) => self.apply_edit(command),
            Command::Tile(command) => self.apply_tile(command),
            Command::Canvas(command) => self.apply_canvas(command),
            Command::Layout(command) => self.apply_layout(command),
            Command::Repair(command) => self.apply_repair(command),
            Command::Region(command) => self.apply_region(command),
            Command::Overlap(command) => self.apply_overlap(command),
            Command::Process(command) => self.apply_process(command),
            Command::View(command) => self.apply_view(command),
            Command::Display(change) => {
                self.documents.tab.display.change(&change, self.services.textures.library(), &self.context);
            }
            Command::Export(command) => self.apply_export(command),
            Command::Batch(command) => self.apply_batch(command),
            Command::Tab(command) => self.apply_tab(command),
            Command::Window(command) => self.apply_window(command),
        }
    }
}
