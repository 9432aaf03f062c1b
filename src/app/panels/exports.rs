//! The list of exports, with their progress and actions.

use egui::{ProgressBar, RichText};

use super::super::theme::{Icon, icon, palette};
use super::super::{App, Command, ExportCommand};
use super::bars::{about, file_name};
use super::menu::context_menu;
use super::side::section;
use super::{Panel, PanelInfo};
use crate::job::show_bytes;
use crate::work::{QueueItem, QueueState};

/// The Exports tab, there while the list is not empty.
pub(super) struct Exports;

impl Panel for Exports {
    fn info(&self) -> PanelInfo {
        PanelInfo { id: "exports", icon: Icon::Download, title: "Exports" }
    }

    fn is_shown(&self, app: &App) -> bool {
        !app.services().exports.items().is_empty()
    }

    fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        section(ui, Icon::Download, "Exports", |ui| app.exports_ui(ui));
    }
}

impl App {
    fn exports_ui(&self, ui: &mut egui::Ui) {
        for item in self.services().exports.items() {
            ui.push_id(item.id, |ui| self.export_item_ui(ui, &item));
            ui.add_space(4.0);
        }
    }

    fn export_item_ui(&self, ui: &mut egui::Ui, item: &QueueItem) {
        let line = ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                for (picture, text, command) in actions(item) {
                    let button = ui.add(egui::Button::new(icon(picture, 13.0)).frame(false));
                    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, text));
                    if button.on_hover_text(text).clicked() {
                        self.ask(command);
                    }
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let name = egui::Label::new(file_name(&item.out)).truncate();
                    ui.add(name).on_hover_text(item.out.to_string_lossy());
                });
            });
        });
        context_menu(&line.response.interact(egui::Sense::click()), |ui| {
            for (_, text, command) in actions(item) {
                self.item(ui, text, command, true);
            }
            if ui.button("Copy path").clicked() {
                ui.ctx().copy_text(item.out.to_string_lossy().into_owned());
                ui.close();
            }
        });
        if item.is_under_way() {
            ui.add(ProgressBar::new(item.progress.fraction()).desired_height(5.0));
        }
        let color = if matches!(item.state, QueueState::Failed(_)) { palette(ui).bad } else { palette(ui).weak };
        ui.add(egui::Label::new(RichText::new(state_text(item)).small().color(color)).wrap());
        if !item.warnings.is_empty() {
            let text = match item.warning_count {
                1 => "1 image was left as background".to_owned(),
                count => format!("{count} images were left as background"),
            };
            let reasons: Vec<_> = item.warnings.iter().map(ToString::to_string).collect();
            ui.label(RichText::new(text).small().color(palette(ui).bad)).on_hover_text(reasons.join("\n"));
        }
    }
}

/// The actions of an export in its state, from the right.
fn actions(item: &QueueItem) -> Vec<(Icon, &'static str, Command)> {
    let id = item.id;
    let pause = (Icon::Pause, "Pause", Command::Export(ExportCommand::Pause(id, true)));
    let go_on = (Icon::Play, "Resume", Command::Export(ExportCommand::Pause(id, false)));
    let cancel = (Icon::X, "Cancel export", Command::Export(ExportCommand::Cancel(id)));
    let forget = (Icon::X, "Remove from list", Command::Export(ExportCommand::Remove(id)));
    let anew = (Icon::RotateCcw, "Restart", Command::Export(ExportCommand::Repeat { id, anew: true }));
    let resume = (Icon::Play, "Resume", Command::Export(ExportCommand::Repeat { id, anew: false }));
    match (&item.state, item.unfinished) {
        (QueueState::Waiting | QueueState::Running, _) => vec![cancel, pause],
        (QueueState::Paused, _) => vec![cancel, go_on],
        (QueueState::Done(_), _) => {
            let folder = item.out.parent().unwrap_or(&item.out).to_owned();
            vec![forget, (Icon::FolderOpen, "Show in folder", Command::Export(ExportCommand::ShowFolder(folder)))]
        }
        (QueueState::Failed(_) | QueueState::Cancelled, Some(_)) => vec![forget, anew, resume],
        (QueueState::Failed(_) | QueueState::Cancelled, None) => vec![forget, anew],
    }
}

fn state_text(item: &QueueItem) -> String {
    let now = &item.progress;
    let left = now.left.map_or_else(String::new, |left| format!(", {} left", about(left)));
    let speed = match now.pixels_per_second / 1e6 {
        0.0 => String::new(),
        megapixels => format!(", {megapixels:.0} Mpx/s"),
    };
    let part = item.unfinished.map_or_else(String::new, |left| {
        format!("; {:.0} % can be resumed", left.done as f64 * 100.0 / left.total.max(1) as f64)
    });
    match &item.state {
        QueueState::Waiting => "Waiting for the previous export".into(),
        QueueState::Running if now.total == 0 => "Preparing…".into(),
        QueueState::Running => format!("{:.0} %{left}{speed}", now.fraction() * 100.0),
        QueueState::Paused => format!("Paused at {:.0} %", now.fraction() * 100.0),
        QueueState::Done(done) => format!("Done: {} in {:.1} s", show_bytes(done.bytes), done.seconds),
        QueueState::Failed(error) => format!("{}{part}", error.reason()),
        QueueState::Cancelled => format!("Cancelled{part}"),
    }
}
