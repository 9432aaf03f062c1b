//! The bar of tabs, with the ways to compare them.

use egui::{Panel, RichText, ScrollArea, Sense, Slider};

use super::super::theme::{Icon, icon, palette};
use super::super::{App, Command, Compare, FileCommand, TabCommand, TabId};

/// The ways to compare: their picture, their name.
const WAYS: [(Compare, Icon, &str); 6] = [
    (Compare::One, Icon::Square, "Single view"),
    (Compare::Two, Icon::Columns2, "Two side by side"),
    (Compare::Four, Icon::Grid2x2, "Four side by side"),
    (Compare::Swipe, Icon::SquareSplitHorizontal, "Swipe: drag the edge between two"),
    (Compare::Blink, Icon::Layers2, "Blink: alternate two"),
    (Compare::Difference, Icon::Diff, "Difference of two"),
];
/// Points that a tab is wide at most.
const WIDEST: f32 = 220.0;

impl App {
    /// Nothing while there is but one tab.
    pub(super) fn tab_bar_ui(&self, ui: &mut egui::Ui) {
        if self.documents().tabs.count() < 2 {
            return;
        }
        let frame = egui::Frame::NONE.fill(ui.visuals().panel_fill).inner_margin(egui::Margin::symmetric(4, 0));
        Panel::top("tabs").exact_size(34.0).frame(frame).show(ui, |ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                self.ways_ui(ui);
                ui.separator();
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
                        ui.horizontal_centered(|ui| {
                            ui.spacing_mut().item_spacing.x = 2.0;
                            for id in self.documents().tabs.ids() {
                                self.tab_ui(ui, id);
                            }
                            if small_button(ui, Icon::Plus, "Open in a new tab", false) {
                                self.ask(FileCommand::AskFiles);
                            }
                        });
                    });
                });
            });
        });
    }

    fn tab_ui(&self, ui: &mut egui::Ui, id: TabId) {
        let Some(tab) = self.tab_of(id) else { return };
        let mark = if tab.is_dirty() { "• " } else { "" };
        let name = if tab.history.now().placements.is_empty() { "New tab".to_owned() } else { tab.name() };
        let name = format!("{mark}{name}");
        let colors = palette(ui);
        let current = id == self.documents().tabs.current();
        let shown = self.documents().comparison.panes.contains(&id);
        let font = egui::FontId::proportional(13.0);
        let color = if current { colors.strong } else { colors.weak };
        let mut job = egui::text::LayoutJob::simple_singleline(name.clone(), font, color);
        job.wrap = egui::text::TextWrapping::truncate_at_width(WIDEST - 46.0);
        let galley = ui.painter().layout_job(job);
        let size = egui::vec2(galley.size().x + 46.0, 34.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, current, &name));
        let fill = match (current, response.hovered()) {
            (true, _) => colors.canvas,
            (false, true) => ui.visuals().widgets.hovered.bg_fill,
            (false, false) => egui::Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect, 0.0, fill);
        if current || shown {
            let line = egui::Rect::from_min_size(rect.min, egui::vec2(rect.width(), 2.0));
            let color = if current { colors.accent } else { colors.accent.gamma_multiply(0.5) };
            ui.painter().rect_filled(line, 0.0, color);
        }
        let text = egui::pos2(rect.left() + 12.0, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(text, galley, color);
        let cross =
            egui::Rect::from_center_size(egui::pos2(rect.right() - 16.0, rect.center().y), egui::vec2(18.0, 18.0));
        let close = ui.interact(cross, response.id.with("close"), Sense::click());
        close.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Close {name}")));
        if close.hovered() {
            ui.painter().rect_filled(cross, 4.0, ui.visuals().widgets.active.bg_fill);
        }
        let font = egui::FontId::new(12.0, egui::FontFamily::Name("icons".into()));
        ui.painter().text(cross.center(), egui::Align2::CENTER_CENTER, char::from(Icon::X), font, color);
        if close.clicked() || response.middle_clicked() {
            self.ask(TabCommand::Close(id));
        } else if response.on_hover_text(name).clicked() {
            self.ask(TabCommand::Show(id));
        }
    }

    /// From the right: the buttons for comparing tabs.
    fn ways_ui(&self, ui: &mut egui::Ui) {
        ui.spacing_mut().item_spacing.x = 2.0;
        let how = self.documents().comparison.how;
        for (way, picture, text) in WAYS.into_iter().rev() {
            if small_button(ui, picture, text, way == how) {
                self.ask(TabCommand::Compare(way));
            }
        }
        if how == Compare::One {
            return;
        }
        ui.separator();
        let linked = self.documents().comparison.linked;
        let picture = if linked { Icon::Link } else { Icon::Unlink };
        if small_button(ui, picture, "Link views", linked) {
            self.ask(TabCommand::LinkViews(!linked));
        }
        if small_button(ui, Icon::ScanEye, "Show the same area in all views", false) {
            self.ask(TabCommand::AlignViews);
        }
        if how == Compare::Difference {
            ui.separator();
            let mut gain = self.documents().comparison.gain;
            ui.spacing_mut().slider_width = 70.0;
            let slider = ui.add(Slider::new(&mut gain, 0..=7).show_value(false));
            if slider.on_hover_text("Factor by which differences are multiplied").changed() {
                self.ask(TabCommand::Gain(gain));
            }
            ui.label(RichText::new(format!("×{}", 1 << self.documents().comparison.gain)).monospace());
        }
    }

    pub(super) fn compare_menu_ui(&self, ui: &mut egui::Ui) {
        for (way, _, text) in WAYS {
            self.item(
                ui,
                text,
                Command::Tab(TabCommand::Compare(way)),
                way == Compare::One || self.documents().tabs.count() > 1,
            );
        }
        ui.separator();
        let linked = self.documents().comparison.linked;
        let text = if linked { "Unlink views" } else { "Link views" };
        self.item(ui, text, Command::Tab(TabCommand::ToggleLink), true);
        self.item(
            ui,
            "Show the same area in all views",
            Command::Tab(TabCommand::AlignViews),
            self.documents().comparison.how != Compare::One,
        );
    }
}

/// A picture to press, `chosen` or not.
pub(super) fn small_button(ui: &mut egui::Ui, picture: Icon, text: &str, chosen: bool) -> bool {
    let color = if chosen { palette(ui).accent } else { ui.visuals().text_color() };
    let fill = if chosen { palette(ui).accent_fill } else { egui::Color32::TRANSPARENT };
    let button = egui::Button::new(icon(picture, 15.0).color(color)).fill(fill).min_size(egui::vec2(26.0, 26.0));
    let button = ui.add(button);
    button.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, text));
    button.on_hover_text(text).clicked()
}
