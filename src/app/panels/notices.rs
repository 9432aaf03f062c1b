//! What the user is told: good news over the canvas for a while, errors in lines of their own, all of it under the bell.

use std::fmt::Write as _;

use egui::{Align2, Color32, Id, Label, Panel, Popup, PopupCloseBehavior, RectAlign, RichText, ScrollArea, Ui};

use super::tab_bar::small_button;
use crate::app::notices::{Notice, Tone};
use crate::app::standing::age;
use crate::app::theme::{Icon, icon, palette};
use crate::app::{App, WindowCommand};

/// So many errors have a line; of more, the list tells.
const LINES: usize = 3;

impl App {
    /// Errors, each in a line above the status bar, so that they cover nothing. They stay until they are closed.
    pub(super) fn errors_ui(&self, ui: &mut Ui) {
        let errors: Vec<&Notice> = self.shown_notices().errors().rev().take(LINES).collect();
        if errors.is_empty() {
            return;
        }
        let more = self.shown_notices().errors().count() - errors.len();
        let frame = egui::Frame::NONE.fill(ui.visuals().panel_fill).inner_margin(egui::Margin::symmetric(12, 2));
        Panel::bottom("errors").frame(frame).show(ui, |ui| {
            for notice in errors {
                self.error_ui(ui, notice);
            }
            if more > 0 {
                ui.label(RichText::new(format!("{more} more under the bell")).small().color(palette(ui).weak));
            }
        });
    }

    fn error_ui(&self, ui: &mut Ui, notice: &Notice) {
        let bad = palette(ui).bad;
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if small_button(ui, Icon::X, "Close notice", false) {
                    self.ask(WindowCommand::CloseNotice(notice.number));
                }
                self.action_ui(ui, notice);
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.label(icon(Icon::TriangleAlert, 14.0).color(bad));
                    ui.add(Label::new(&notice.text).truncate()).on_hover_text(&notice.text);
                });
            });
        });
    }

    /// What can be done about it.
    fn action_ui(&self, ui: &mut Ui, notice: &Notice) {
        if let Some((text, command)) = &notice.action
            && ui.small_button(*text).clicked()
        {
            self.ask(command.clone());
            self.ask(WindowCommand::CloseNotice(notice.number));
        }
    }

    /// Good news, for some seconds.
    pub(super) fn passing_ui(&self, ui: &Ui) {
        let now = ui.input(|input| input.time);
        let passing: Vec<&Notice> = self.shown_notices().passing(now).collect();
        let Some(seconds) = self.shown_notices().passes_in(now) else { return };
        // Asked anew in each frame: a frame in between would be the last.
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(seconds + 0.05));
        // Over the canvas, so that it covers no panel and no error.
        let window = ui.ctx().content_rect();
        let canvas = if self.shows_canvas() { self.canvas_rect() } else { window.shrink(32.0) };
        let area = egui::Area::new(Id::unique("notices")).pivot(Align2::CENTER_BOTTOM);
        let area = area.fixed_pos(canvas.center_bottom() - egui::vec2(0.0, 12.0));
        area.interactable(false).show(ui.ctx(), |ui| {
            egui::Frame::popup(ui.style()).inner_margin(egui::Margin::symmetric(14, 8)).show(ui, |ui| {
                ui.set_max_width((canvas.width() - 60.0).clamp(160.0, 640.0));
                for notice in passing {
                    ui.horizontal(|ui| {
                        ui.colored_label(color(ui, notice.tone), "●");
                        ui.add(Label::new(&notice.text).wrap());
                    });
                }
            });
        });
    }

    /// The bell, and the list under it.
    pub(super) fn bell_ui(&self, ui: &mut Ui) {
        let notices = self.shown_notices();
        let (picture, tint) = match (notices.errors().next().is_some(), notices.is_new()) {
            (true, _) => (Icon::BellDot, palette(ui).bad),
            (false, true) => (Icon::BellDot, palette(ui).weak),
            (false, false) => (Icon::Bell, palette(ui).weak),
        };
        let button = ui.add(egui::Button::new(icon(picture, 14.0).color(tint)).frame(false));
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Notices"));
        let button = button.on_hover_text("Notices");
        if button.clicked() {
            self.ask(WindowCommand::SeeNotices);
        }
        Popup::from_toggle_button_response(&button)
            .align(RectAlign::TOP_END)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| self.list_ui(ui));
    }

    fn list_ui(&self, ui: &mut Ui) {
        let room = ui.ctx().content_rect().size();
        ui.set_width((room.x - 60.0).min(420.0));
        if self.shown_notices().all().next().is_none() {
            ui.label(RichText::new("No notices").color(palette(ui).weak));
            return;
        }
        ScrollArea::vertical().max_height((room.y - 160.0).min(360.0)).show(ui, |ui| {
            for notice in self.shown_notices().all().rev() {
                ui.horizontal_top(|ui| {
                    ui.colored_label(color(ui, notice.tone), "●");
                    ui.vertical(|ui| {
                        ui.add(Label::new(&notice.text).wrap());
                        ui.horizontal(|ui| {
                            ui.label(RichText::new(age(notice.time)).small().color(palette(ui).weak));
                            self.action_ui(ui, notice);
                        });
                    });
                });
                ui.add_space(2.0);
            }
        });
        ui.separator();
        ui.horizontal(|ui| {
            if ui.small_button("Copy all").clicked() {
                let mut text = String::new();
                for notice in self.shown_notices().all() {
                    writeln!(text, "{}", notice.text).ok();
                }
                ui.ctx().copy_text(text);
            }
            if ui.small_button("Clear").clicked() {
                self.ask(WindowCommand::ClearNotices);
                ui.close();
            }
        });
    }
}

fn color(ui: &Ui, tone: Tone) -> Color32 {
    let colors = palette(ui);
    match tone {
        Tone::Good => colors.good,
        Tone::Plain => colors.weak,
        Tone::Bad => colors.bad,
    }
}
