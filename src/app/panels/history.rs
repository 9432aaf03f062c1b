//! The History tab: the steps of the document; a click goes back or forward to one.

use egui::RichText;

use super::side::section;
use super::{Panel, PanelInfo};
use crate::app::theme::{Icon, palette};
use crate::app::{App, EditCommand};

/// The History tab.
pub(super) struct HistoryPanel;

impl Panel for HistoryPanel {
    fn info(&self) -> PanelInfo {
        PanelInfo { id: "history", icon: Icon::History, title: "History" }
    }

    fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        section(ui, Icon::History, "History", |ui| steps_ui(ui, app));
    }
}

/// The state that was opened, and that after each step; those that were undone are paler.
fn steps_ui(ui: &mut egui::Ui, app: &App) {
    let history = &app.documents().tab.history;
    let (done, undone) = history.steps();
    let now = done.len();
    let row = ui.spacing().interact_size.y;
    let area = egui::ScrollArea::vertical().id_salt("steps").max_height(ui.available_height() - 30.0);
    area.show_rows(ui, row, 1 + now + undone.len(), |ui, rows| {
        for number in rows {
            let label = match number.checked_sub(1) {
                None => "Opened",
                Some(step) => done.get(step).or_else(|| undone.get(step - now)).copied().unwrap_or_default(),
            };
            let text = RichText::new(format!("{number}. {label}"));
            let text = if number > now { text.color(palette(ui).weak) } else { text };
            if ui.selectable_label(number == now, text).clicked() {
                app.ask(EditCommand::Jump(number as isize - now as isize));
            }
        }
    });
}
