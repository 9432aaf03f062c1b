//! The welcome screen: open, drop, restore the last session, recent documents, example.

use std::path::PathBuf;

use egui::{Align2, Color32, FontId, RichText, Sense, Stroke, StrokeKind};

use super::super::theme::{Icon, icon, palette};
use super::super::{App, Command, FileCommand};

/// A recent document: its picture and its name.
const TILE: egui::Vec2 = egui::vec2(156.0, 122.0);
/// The part of it that is the picture.
const PICTURE: f32 = 92.0;
const GAP: f32 = 10.0;
/// Height above the recent documents, margins included.
const HEAD: f32 = 262.0;

impl App {
    pub(super) fn welcome_ui(&self, ui: &mut egui::Ui) {
        let colors = palette(ui);
        let frame = egui::Frame::NONE.fill(colors.canvas);
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            let area = ui.max_rect();
            let hovering = ui.input(|input| !input.raw.hovered_files.is_empty());
            let room = area.size() - egui::vec2(24.0, 24.0);
            let (recent, resume) =
                (self.preferences().settings.recent.len(), !self.preferences().settings.session.is_empty());
            let head = HEAD + if resume { 44.0 } else { 0.0 };
            let across = (((room.x.min(760.0) - 56.0 + GAP) / (TILE.x + GAP)).floor() as usize).max(1);
            let fitting = (((room.y - head - 22.0 + GAP) / (TILE.y + GAP)).floor().max(1.0)) as usize;
            let rows = recent.div_ceil(across).min(2).min(fitting);
            let below = if recent == 0 { 0.0 } else { rows as f32 * (TILE.y + GAP) + 18.0 };
            let width = if recent == 0 { 560.0 } else { across as f32 * (TILE.x + GAP) - GAP + 56.0 };
            let size = egui::vec2(width, head + below).min(room);
            let card = egui::Rect::from_center_size(area.center(), size);
            let edge = if hovering { Stroke::new(2.0, colors.accent) } else { Stroke::new(1.0, colors.border) };
            ui.painter().rect(card, 14.0, ui.visuals().panel_fill, edge, StrokeKind::Inside);
            let inner =
                egui::UiBuilder::new().max_rect(card.shrink(28.0)).layout(egui::Layout::top_down(egui::Align::Center));
            ui.scope_builder(inner, |ui| {
                ui.label(icon(Icon::Grid3x3, 44.0).color(colors.accent));
                ui.add_space(2.0);
                ui.label(RichText::new("Drop images, a folder or a project here").size(19.0).color(colors.strong));
                let what = "Several tiles open as a mosaic. Images can be larger than memory.";
                ui.label(RichText::new(what).color(colors.weak));
                ui.add_space(14.0);
                self.welcome_buttons_ui(ui);
                ui.add_space(10.0);
                if resume {
                    self.resume_ui(ui);
                    ui.add_space(10.0);
                }
                self.recent_ui(ui, across, across * rows);
            });
        });
    }

    fn welcome_buttons_ui(&self, ui: &mut egui::Ui) {
        let size = egui::vec2(150.0, 36.0);
        let fill = palette(ui).accent_fill;
        ui.horizontal(|ui| {
            let gap = (ui.available_width() - 3.0 * size.x - 2.0 * ui.spacing().item_spacing.x) / 2.0;
            ui.add_space(gap.max(0.0));
            for (text, command, main) in [
                ("Open files…", Command::File(FileCommand::AskFiles), true),
                ("Open folder…", Command::File(FileCommand::AskFolder), false),
                ("Open example", Command::File(FileCommand::Demo), false),
            ] {
                let button = egui::Button::new(RichText::new(text).size(14.0)).min_size(size);
                if ui.add(if main { button.fill(fill) } else { button }).clicked() {
                    self.ask(command);
                }
            }
        });
    }

    /// The last session.
    fn resume_ui(&self, ui: &mut egui::Ui) {
        let names: Vec<_> =
            self.preferences().settings.session.iter().map(super::super::settings::Visit::name).collect();
        let text = format!("Restore last session: {}", names.join(", "));
        let button = egui::Button::new(RichText::new(text)).truncate().min_size(egui::vec2(0.0, 28.0));
        if ui.add(button).on_hover_text("Opens the same documents at the same views").clicked() {
            self.ask(FileCommand::RestoreSession);
        }
    }

    fn recent_ui(&self, ui: &mut egui::Ui, across: usize, most: usize) {
        let recent = self.preferences().settings.recent.clone();
        let weak = palette(ui).weak;
        if recent.is_empty() {
            let text = "Wheel zooms at the cursor, dragging pans. Press ? for all shortcuts.";
            ui.label(RichText::new(text).color(weak));
            return;
        }
        ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
            ui.label(RichText::new("Recent").color(weak));
            ui.spacing_mut().item_spacing = egui::vec2(GAP, GAP);
            let shown: Vec<PathBuf> = recent.into_iter().take(most).collect();
            for row in shown.chunks(across) {
                ui.horizontal(|ui| {
                    for path in row {
                        self.recent_tile_ui(ui, path);
                    }
                });
            }
        });
    }

    fn recent_tile_ui(&self, ui: &mut egui::Ui, path: &PathBuf) {
        let colors = palette(ui);
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let (rect, response) = ui.allocate_exact_size(TILE, Sense::click());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
        let picture = egui::Rect::from_min_size(rect.min, egui::vec2(TILE.x, PICTURE));
        let edge = if response.hovered() { colors.accent } else { colors.border };
        ui.painter().rect(picture, 6.0, colors.canvas, Stroke::new(1.0, edge), StrokeKind::Inside);
        if let Some(texture) = self.services().thumbnails.pictures.get(path) {
            let inner = picture.shrink(4.0);
            let scale = (inner.size() / texture.size_vec2()).min_elem();
            let place = egui::Rect::from_center_size(inner.center(), texture.size_vec2() * scale);
            let whole = egui::Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
            ui.painter().image(texture.id(), place, whole, Color32::WHITE);
        } else {
            let font = FontId::new(26.0, egui::FontFamily::Name("icons".into()));
            let sign = if path.extension().is_some() { Icon::Image } else { Icon::Folder };
            ui.painter().text(picture.center(), Align2::CENTER_CENTER, char::from(sign), font, colors.weak);
        }
        let color = ui.visuals().text_color();
        let mut line = egui::text::LayoutJob::simple_singleline(name, FontId::proportional(12.0), color);
        line.wrap = egui::text::TextWrapping::truncate_at_width(TILE.x - 4.0);
        let text = ui.painter().layout_job(line);
        ui.painter().galley(picture.left_bottom() + egui::vec2(2.0, 6.0), text, color);
        if response.on_hover_text(path.to_string_lossy()).clicked() {
            self.ask(FileCommand::OpenTab(vec![path.clone()]));
        }
    }
}
