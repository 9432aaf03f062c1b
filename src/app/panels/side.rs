//! The right side: the navigator, below it the open tab, and at the edge the bar of tabs.

use egui::{Panel as Side, RichText, Sense};

use super::Panel;
use crate::app::settings::FIRST_PANEL;
use crate::app::theme::{Icon, icon, palette};
use crate::app::{App, Toggle, WindowCommand};

/// Points that the open tab can be wide.
const WIDTHS: std::ops::RangeInclusive<f32> = 230.0..=460.0;
/// Points that the bar of tabs is wide, and that one of its tabs is high.
const BAR: f32 = 58.0;
const TAB: f32 = 50.0;

impl App {
    /// Panels read the state and push commands.
    pub(super) fn side_panel_ui(&self, ui: &mut egui::Ui, panels: &mut [Box<dyn Panel>]) {
        let infos: Vec<_> = panels.iter().filter(|panel| panel.is_shown(self)).map(|panel| panel.info()).collect();
        // If the selected tab is empty, the first is shown.
        let chosen = self.preferences().settings.panel();
        let there = chosen.is_empty() || infos.iter().any(|info| info.id == chosen);
        let open = if there { chosen } else { FIRST_PANEL }.to_owned();
        self.panel_bar_ui(ui, &infos, &open);
        if let Some(panel) = panels.iter_mut().find(|panel| panel.info().id == open && panel.is_shown(self)) {
            let frame = egui::Frame::NONE.fill(ui.visuals().panel_fill).inner_margin(egui::Margin::symmetric(12, 8));
            let side = Side::right("side").default_size(self.preferences().settings.panel_width()).size_range(WIDTHS);
            let shown = side.frame(frame).show(ui, |ui| {
                self.navigator_ui(ui);
                let area = egui::ScrollArea::vertical().id_salt(&open).auto_shrink(false);
                area.show(ui, |ui| as_wide_as_there_is_room(ui, |ui| panel.ui(ui, self)));
            });
            let width = shown.response.rect.width().round() as u32;
            if width != self.preferences().settings.panel_width() as u32 {
                self.ask(WindowCommand::SetPanelWidth(width));
            }
        }
    }

    fn panel_bar_ui(&self, ui: &mut egui::Ui, infos: &[super::PanelInfo], open: &str) {
        let frame = egui::Frame::NONE.fill(ui.visuals().panel_fill).inner_margin(egui::Margin::symmetric(4, 6));
        Side::right("panel tabs").exact_size(BAR).resizable(false).frame(frame).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            for info in infos {
                self.panel_tab_ui(ui, info, info.id == open);
            }
        });
    }

    fn panel_tab_ui(&self, ui: &mut egui::Ui, info: &super::PanelInfo, open: bool) {
        let colors = palette(ui);
        let (rect, response) = ui.allocate_exact_size(egui::vec2(ui.available_width(), TAB), Sense::click());
        let label = format!("{} panel", info.title);
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, open, &label));
        let fill = match (open, response.hovered()) {
            (true, _) => colors.accent_fill,
            (false, true) => ui.visuals().widgets.hovered.bg_fill,
            (false, false) => egui::Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect, 7.0, fill);
        let color = if open { colors.accent } else { ui.visuals().text_color() };
        let font = egui::FontId::new(18.0, egui::FontFamily::Name("icons".into()));
        let at = rect.center_top() + egui::vec2(0.0, 17.0);
        ui.painter().text(at, egui::Align2::CENTER_CENTER, char::from(info.icon), font, color);
        let font = egui::FontId::proportional(10.5);
        let at = rect.center_bottom() - egui::vec2(0.0, 11.0);
        ui.painter().text(at, egui::Align2::CENTER_CENTER, info.title, font, color);
        if response.on_hover_text(label).clicked() {
            self.ask(WindowCommand::ShowPanel(info.id));
        }
    }

    fn navigator_ui(&self, ui: &mut egui::Ui) {
        let shown = self.preferences().settings.is_on(Toggle::Navigator);
        let colors = palette(ui);
        ui.horizontal(|ui| {
            let fold = icon(if shown { Icon::ChevronDown } else { Icon::ChevronRight }, 14.0).color(colors.weak);
            let title = RichText::new("Navigator").strong().color(colors.strong);
            let button = ui.add(egui::Button::new((fold, title)).frame(false));
            button.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, shown, "Navigator"));
            if button.clicked() {
                self.ask(WindowCommand::Toggle(Toggle::Navigator));
            }
        });
        if shown {
            // In a low window it leaves the room to the tab.
            let highest = (ui.ctx().content_rect().height() * 0.3 - 100.0).clamp(80.0, 170.0);
            self.minimap_ui(ui, highest);
            self.visited_ui(ui);
        }
        ui.separator();
    }
}

/// Content that needs more width is cut off: it would widen the panel, which would stay so.
fn as_wide_as_there_is_room(ui: &mut egui::Ui, content: impl FnOnce(&mut egui::Ui)) {
    let room = ui.available_rect_before_wrap();
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(room));
    content(&mut inside);
    let size = egui::vec2(room.width(), inside.min_rect().height());
    ui.allocate_rect(egui::Rect::from_min_size(room.min, size), Sense::hover());
}

/// A heading that folds its content away.
pub(super) fn section(ui: &mut egui::Ui, picture: Icon, title: &str, content: impl FnOnce(&mut egui::Ui)) {
    let id = ui.make_persistent_id(title);
    let state = egui::collapsing_header::CollapsingState::load_with_default_open(ui.ctx(), id, true);
    state
        .show_header(ui, |ui| {
            ui.label(icon(picture, 14.0).color(palette(ui).weak));
            ui.label(RichText::new(title).strong().color(palette(ui).strong));
        })
        .body_unindented(|ui| {
            ui.add_space(2.0);
            content(ui);
        });
    ui.add_space(4.0);
    ui.separator();
}

/// The same, folded away at first; a click on the heading opens it.
pub(super) fn folded_section(ui: &mut egui::Ui, title: &str, content: impl FnOnce(&mut egui::Ui)) {
    let text = RichText::new(title).strong().color(palette(ui).strong);
    egui::CollapsingHeader::new(text).id_salt(title).show_unindented(ui, |ui| {
        ui.add_space(2.0);
        content(ui);
    });
    ui.separator();
}

/// A name at the left, and something that changes it. The names' column is as wide everywhere.
pub(super) fn row(ui: &mut egui::Ui, name: &str, content: impl FnOnce(&mut egui::Ui)) {
    const NAME: f32 = 76.0;
    ui.horizontal(|ui| {
        let (rect, response) = ui.allocate_exact_size(egui::vec2(NAME, ui.spacing().interact_size.y), Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, name));
        let font = egui::TextStyle::Body.resolve(ui.style());
        ui.painter().text(rect.left_center(), egui::Align2::LEFT_CENTER, name, font, palette(ui).weak);
        ui.spacing_mut().item_spacing.x = 4.0;
        content(ui);
    });
}
