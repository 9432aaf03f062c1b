//! Changes of the window: tools, dialogs, panels, overlays and shortcuts.

use crate::mosaic::PlacementIds;
use egui::ViewportCommand;

use crate::app::bindings::{action_of, assign};
use crate::app::dialog::Dialog;
use crate::app::go_to_form::GoToForm;
use crate::app::{App, BatchCommand, EditCommand, RegionCommand, WindowCommand};
use crate::work::QueueState;

impl App {
    pub(super) fn apply_window(&mut self, command: WindowCommand) {
        match command {
            WindowCommand::SetTool(id) => self.layout.toolbox.choose(id),
            WindowCommand::CancelJob => self.cancel_job(),
            WindowCommand::ShowGoTo(shown) => self.show_go_to(shown),
            WindowCommand::ShowShortcuts(true) => self.dialogs.open(Dialog::Shortcuts(None)),
            WindowCommand::ShowShortcuts(false) => self.dialogs.close_shortcuts(),
            WindowCommand::CopyDiagnostics => self.copy_diagnostics(),
            WindowCommand::FullScreen => {
                self.context.send_viewport_cmd(ViewportCommand::Fullscreen(!self.is_full_screen()));
            }
            WindowCommand::HidePanels => self.layout.panels_hidden = !self.layout.panels_hidden,
            WindowCommand::Escape => self.escape(),
            WindowCommand::Toggle(toggle) => self.preferences.settings.switch(toggle),
            WindowCommand::SwitchTheme => {
                self.preferences.settings.light = !self.preferences.settings.light;
                self.apply_theme();
            }
            WindowCommand::TogglePerformance => self.layout.performance.shown = !self.layout.performance.shown,
            WindowCommand::SetUnit(unit) => self.preferences.settings.unit = unit,
            WindowCommand::Rebind(id, keys) => {
                if let Some(action) = action_of(id) {
                    assign(&mut self.preferences.settings.keys, action, &keys);
                }
            }
            WindowCommand::ResetKeys => self.preferences.settings.keys.clear(),
            WindowCommand::SetOverlaps(overlaps) => self.preferences.settings.overlaps = overlaps,
            WindowCommand::SetSnapGrid(step) => self.preferences.settings.set_snap_grid(step),
            WindowCommand::ResetVisited => self.documents.tab.nav.visited.forget(),
            WindowCommand::SetPanelWidth(width) => self.preferences.settings.panel_width = Some(width),
            WindowCommand::ShowPanel(id) => self.preferences.settings.show_panel(id),
            WindowCommand::DismissNotices => self.notices.close_all(),
            WindowCommand::CloseNotice(number) => self.notices.close(number),
            WindowCommand::SeeNotices => self.notices.see(),
            WindowCommand::ClearNotices => self.notices.clear(),
            WindowCommand::ShowAbout => self.dialogs.open(Dialog::About),
        }
    }

    /// Cancel the job shown in the status bar, or else the export that runs or is next.
    fn cancel_job(&mut self) {
        let mut items = self.services.exports.items();
        items.retain(|item| item.is_under_way() || matches!(item.state, QueueState::Waiting));
        match (self.services.jobs.current(), items.iter().min_by_key(|item| !item.is_under_way())) {
            (Some(job), _) => job.progress.cancel(),
            (None, Some(item)) => self.services.exports.cancel(item.id),
            (None, None) => self.apply(BatchCommand::Cancel),
        }
    }

    fn show_go_to(&mut self, shown: bool) {
        let georeference = self.georeference();
        let unit = georeference.unit(self.preferences.settings.unit);
        if shown && !self.mosaic().placements.is_empty() {
            let form = GoToForm::at(&self.heading(), &georeference, unit, self.context.pixels_per_point());
            self.dialogs.open(Dialog::GoTo(form));
        }
    }

    fn escape(&mut self) {
        if self.layout.toolbox.cancel_drag() {
            // What was dragged is where it was.
        } else if self.layout.panels_hidden {
            self.layout.panels_hidden = false;
        } else if self.is_full_screen() {
            self.apply(WindowCommand::FullScreen);
        } else {
            self.apply(EditCommand::Select { ids: PlacementIds::default(), add: false });
            self.apply(RegionCommand::Select(None));
        }
    }

    fn is_full_screen(&self) -> bool {
        self.context.input(|input| input.viewport().fullscreen.unwrap_or(false))
    }
}
