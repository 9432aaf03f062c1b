//! The bar of tabs, with the ways to compare them.

use egui::{Panel, Popup, RichText, ScrollArea, Sense, Slider};

use super::super::theme::{Icon, icon, palette};
use super::super::{App, Command, Compare, ExportCommand, FileCommand, TabCommand, TabId};
use super::menu::context_menu;
use crate::app::tab::Tab;

/// The ways to compare: their picture, their name.
const WAYS: [(Compare, Icon, &str); 6] = [
    (Compare::One, Icon::Square, "Single view"),
    (Compare::Two, Icon::Columns2, "Two side by side"),
    (Compare::Four, Icon::Grid2x2, "Four side by side"),
    (Compare::Swipe, Icon::SquareSplitHorizontal, "Swipe: drag the edge between two"),
    (Compare::Blink, Icon::Layers2, "Blink: alternate two"),
    (Compare::Difference, Icon::Diff, "Difference of two"),
];
/// In a bar with less room, the ways to compare are in a menu.
const NARROW: f32 = 560.0;
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
                self.tab_list_ui(ui);
                if small_button(ui, Icon::Plus, "Open in a new tab", false) {
                    self.ask(FileCommand::AskFiles);
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    // The wheel has one way to go.
                    ui.style_mut().always_scroll_the_only_direction = true;
                    ui.spacing_mut().scroll.floating_allocated_width = 0.0;
                    ui.spacing_mut().scroll.dormant_handle_opacity = 0.0;
                    // Animated, a second tab to follow would be missed while the bar is on its way to the first.
                    ScrollArea::horizontal().auto_shrink(false).animated(false).show(ui, |ui| {
                        ui.horizontal_centered(|ui| {
                            ui.spacing_mut().item_spacing.x = 2.0;
                            for id in self.documents().tabs.ids() {
                                self.tab_ui(ui, id);
                            }
                        });
                    });
                });
            });
        });
    }

    /// All tabs in a list, the current one marked.
    fn tab_list_ui(&self, ui: &mut egui::Ui) {
        let button = ui.add(
            egui::Button::new(icon(Icon::ChevronDown, 15.0))
                .fill(egui::Color32::TRANSPARENT)
                .min_size(egui::vec2(26.0, 26.0)),
        );
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "List of tabs"));
        let button = button.on_hover_text("List of tabs");
        Popup::menu(&button).align(egui::RectAlign::BOTTOM_END).show(|ui| {
            ui.set_min_width(240.0);
            let highest = ui.ctx().content_rect().height() - 120.0;
            ScrollArea::vertical().max_height(highest).min_scrolled_height(highest).show(ui, |ui| {
                for tab in self.documents().tabs.ids() {
                    let current = tab == self.documents().tabs.current();
                    let line = ui.add(egui::Button::selectable(current, tab_name(self, tab)).truncate());
                    if current && Popup::is_any_open(ui.ctx()) && ui.data(|data| data.get_temp(line.id)) != Some(true) {
                        line.scroll_to_me(Some(egui::Align::Center));
                    }
                    ui.data_mut(|data| data.insert_temp(line.id, current));
                    if line.clicked() {
                        self.ask(TabCommand::Show(tab));
                    }
                }
            });
        });
    }

    /// What can be done to a tab and those beside it.
    fn tab_menu_ui(&self, ui: &mut egui::Ui, id: TabId) {
        ui.set_min_width(200.0);
        let ids = self.documents().tabs.ids();
        let place = ids.iter().position(|other| *other == id).unwrap_or(0);
        self.item(ui, "Close", TabCommand::Close(id).into(), true);
        let close = |ui: &mut egui::Ui, text: &str, which: Vec<TabId>| {
            if ui.add_enabled(!which.is_empty(), egui::Button::new(text)).clicked() {
                self.ask(TabCommand::Show(id));
                which.into_iter().for_each(|other| self.ask(TabCommand::Close(other)));
                ui.close();
            }
        };
        // Those with changes stay: each of them would have to be asked about.
        let is_saved = |other: &TabId| *other != id && self.tab_of(*other).is_some_and(|tab| !tab.is_dirty());
        close(ui, "Close other saved tabs", ids.iter().copied().filter(is_saved).collect());
        close(ui, "Close saved tabs to the right", ids[place + 1..].iter().copied().filter(is_saved).collect());
        ui.separator();
        let places = self.tab_of(id).map(Tab::places).unwrap_or_default();
        if ui.add_enabled(!places.is_empty(), egui::Button::new("Copy path")).clicked() {
            let lines: Vec<_> = places.iter().map(|path| path.to_string_lossy()).collect();
            ui.ctx().copy_text(lines.join("\n"));
            ui.close();
        }
        if let Some(place) = places.first() {
            self.item(ui, "Show in folder", ExportCommand::ShowFolder(place.clone()).into(), true);
        }
    }

    fn tab_ui(&self, ui: &mut egui::Ui, id: TabId) {
        let Some(tab) = self.tab_of(id) else { return };
        let name = tab_name(self, id);
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
        // The bar follows the current tab, also where others come before it, and goes where the wheel moves it until then. It stays where
        // those before it are closed: the next to be closed may be beside them.
        let known = egui::Id::unique("shown tab");
        let width = ui.clip_rect().width();
        let shown_as = (id, width, rect.left() - ui.min_rect().left());
        let before: Option<(TabId, f32, f32)> = ui.data(|data| data.get_temp(known));
        let follows = before.is_none_or(|(tab, room, left)| (tab, room) != (id, width) || shown_as.2 > left);
        if current && follows {
            let around = ((width - rect.width()) / 2.0).clamp(0.0, 24.0);
            ui.scroll_to_rect(rect.expand2(egui::vec2(around, 0.0)), None);
        }
        if current {
            ui.data_mut(|data| data.insert_temp(known, shown_as));
        }
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
        context_menu(&response, |ui| self.tab_menu_ui(ui, id));
        if close.clicked() || response.middle_clicked() {
            self.ask(TabCommand::Close(id));
            return;
        }
        let hint = || {
            let places = tab.places();
            let lines = places.iter().map(|path| path.to_string_lossy());
            std::iter::once(name.as_str().into()).chain(lines).collect::<Vec<_>>().join("\n")
        };
        if response.on_hover_ui(|ui| _ = ui.label(hint())).clicked() {
            self.ask(TabCommand::Show(id));
        }
    }

    /// From the right: the buttons for comparing tabs.
    fn ways_ui(&self, ui: &mut egui::Ui) {
        ui.spacing_mut().item_spacing.x = 2.0;
        let how = self.documents().comparison.how;
        if ui.available_width() < NARROW {
            // The same, and all else about comparing, in a menu.
            let picture = WAYS.iter().find(|(way, ..)| *way == how).map_or(Icon::Columns2, |(_, picture, _)| *picture);
            let button = egui::Button::new(icon(picture, 15.0)).fill(egui::Color32::TRANSPARENT);
            let button = ui.add(button.min_size(egui::vec2(26.0, 26.0)));
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Compare tabs"));
            let button = button.on_hover_text("Compare tabs");
            Popup::menu(&button).align(egui::RectAlign::BOTTOM_END).show(|ui| self.compare_menu_ui(ui));
            return;
        }
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

/// What a tab is called, with a mark if it has changes.
fn tab_name(app: &App, id: TabId) -> String {
    let Some(tab) = app.tab_of(id) else { return String::new() };
    let mark = if tab.is_dirty() { "• " } else { "" };
    let name = if tab.is_blank() { "New tab".to_owned() } else { tab.name() };
    format!("{mark}{name}")
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
