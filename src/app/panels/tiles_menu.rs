//! The Tiles menu: what can be done to the selected tiles.

use super::super::{
    App, Command, Direction, EditCommand, OverlapCommand, Overlaps, RoundUse, TileCommand, Toggle, WindowCommand,
};
use super::menu::menu;
use crate::mosaic::{Alignment, Distribution, Stacking};

impl App {
    pub(super) fn tiles_menu_ui(&self, ui: &mut egui::Ui) {
        ui.set_min_width(230.0);
        let open = !self.mosaic().placements.is_empty();
        let count = self.documents().tab.selection.placements.len();
        let (some, several) = (count > 0, count > 1);
        let item = |ui: &mut egui::Ui, text: &str, command: TileCommand, enabled: bool| {
            self.item(ui, text, Command::Tile(command), enabled);
        };
        ui.add_enabled_ui(open, |ui| {
            menu(ui, "Select", |ui| {
                ui.set_min_width(200.0);
                self.item(ui, "Select all tiles", Command::Edit(EditCommand::SelectAll), true);
                item(ui, "Invert selection", TileCommand::SelectInverse, true);
                item(ui, "Select row", TileCommand::SelectRow, some);
                item(ui, "Select column", TileCommand::SelectColumn, some);
            });
        });
        ui.separator();
        ui.add_enabled_ui(some, |ui| {
            menu(ui, "Rotate and flip tiles", |ui| {
                ui.set_min_width(220.0);
                item(ui, "Rotate tiles right", TileCommand::Rotate(90.0), true);
                item(ui, "Rotate tiles left", TileCommand::Rotate(-90.0), true);
                item(ui, "Flip tiles horizontally", TileCommand::Flip(Direction::Horizontal), true);
                item(ui, "Flip tiles vertically", TileCommand::Flip(Direction::Vertical), true);
                item(ui, "Reset rotation and scale", TileCommand::ResetTransform, true);
            });
            menu(ui, "Order", |ui| {
                ui.set_min_width(200.0);
                item(ui, "Bring to front", TileCommand::Restack(Stacking::Front), true);
                item(ui, "Bring forward", TileCommand::Restack(Stacking::Forward), true);
                item(ui, "Send backward", TileCommand::Restack(Stacking::Backward), true);
                item(ui, "Send to back", TileCommand::Restack(Stacking::Back), true);
            });
        });
        ui.add_enabled_ui(several, |ui| {
            menu(ui, "Align and distribute", |ui| {
                ui.set_min_width(220.0);
                for (text, how) in ALIGNMENTS {
                    item(ui, text, TileCommand::Align(how), true);
                }
                ui.separator();
                for (text, across) in [("Equal gaps across", true), ("Equal gaps down", false)] {
                    item(ui, text, TileCommand::Distribute(Distribution { across, gap: None }), count > 2);
                }
            });
        });
        ui.separator();
        item(ui, "Group", TileCommand::Group, several);
        item(ui, "Ungroup", TileCommand::Ungroup, some);
        item(ui, "Lock", TileCommand::Lock(true), some);
        item(ui, "Unlock", TileCommand::Lock(false), some);
        ui.separator();
        item(ui, "Hide", TileCommand::Hide, some);
        item(ui, "Isolate", TileCommand::Isolate, some);
        item(ui, "Show all", TileCommand::ShowAll, open);
        ui.separator();
        item(ui, "Duplicate", TileCommand::Duplicate, some);
        item(ui, "Swap two tiles", TileCommand::Swap, count == 2);
        item(ui, "Replace file…", TileCommand::AskReplace, count == 1);
        item(ui, "Remove", TileCommand::Remove, some);
        ui.separator();
        self.rounds_menu_ui(ui);
        ui.separator();
        menu(ui, "Snapping", |ui| {
            ui.set_min_width(240.0);
            self.toggle_item(ui, "Snap to edges", Toggle::SnapEdges);
            self.toggle_item(ui, "Snap to equal overlaps", Toggle::SnapOverlaps);
            self.toggle_item(ui, "Snap to a grid", Toggle::SnapGrid);
        });
        menu(ui, "Overlapping tiles", |ui| self.overlaps_menu_ui(ui));
    }

    /// What is done with the tiles of another channel or round.
    pub(super) fn rounds_menu_ui(&self, ui: &mut egui::Ui) {
        let enabled = !self.mosaic().placements.is_empty() && !self.services().jobs.is_busy();
        for (text, what) in
            [("Apply positions to another folder…", RoundUse::Positions), ("Align a second round…", RoundUse::Align)]
        {
            self.item(ui, text, OverlapCommand::AskRound(what).into(), enabled);
        }
    }

    /// What is shown where tiles overlap.
    pub(super) fn overlaps_menu_ui(&self, ui: &mut egui::Ui) {
        ui.set_min_width(200.0);
        for (text, overlaps) in [
            ("Normal", Overlaps::Normal),
            ("Difference", Overlaps::Difference),
            ("Outlines with names", Overlaps::Outlines),
        ] {
            if ui.radio(self.preferences().settings.overlaps == overlaps, text).clicked() {
                self.ask(WindowCommand::SetOverlaps(overlaps));
                ui.close();
            }
        }
    }
}

/// Each alignment and what it is called.
pub(super) const ALIGNMENTS: [(&str, Alignment); 6] = [
    ("Align left edges", Alignment::Left),
    ("Align centers", Alignment::Center),
    ("Align right edges", Alignment::Right),
    ("Align top edges", Alignment::Top),
    ("Align middles", Alignment::Middle),
    ("Align bottom edges", Alignment::Bottom),
];
