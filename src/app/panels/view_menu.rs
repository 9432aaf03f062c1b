//! The View menu: zoom, places, rotation, overlays.

use super::super::theme::{Icon, icon, palette};
use super::super::units::Unit;
use super::super::{App, Command, DisplayChange, Toggle, ViewChange, ViewCommand, WindowCommand, Zoom};
use super::field::number_field;
use super::menu::menu;

impl App {
    pub(super) fn view_menu_ui(&self, ui: &mut egui::Ui) {
        let open = !self.mosaic().placements.is_empty();
        ui.set_min_width(230.0);
        self.item(ui, "Fit", Command::View(ViewCommand::Zoom(Zoom::Fit)), open);
        self.item(ui, "100 %", Command::View(ViewCommand::Zoom(Zoom::Percent(100.0))), open);
        self.item(ui, "Zoom in", Command::View(ViewCommand::Zoom(Zoom::By(1.25))), open);
        self.item(ui, "Zoom out", Command::View(ViewCommand::Zoom(Zoom::By(0.8))), open);
        self.item(ui, "Go to…", Command::Window(WindowCommand::ShowGoTo(true)), open);
        let (back, forward) =
            (self.documents().tab.nav.trail.can_go_back(), self.documents().tab.nav.trail.can_go_forward());
        self.item(ui, "Back", Command::View(ViewCommand::Change(ViewChange::Back)), back);
        self.item(ui, "Forward", Command::View(ViewCommand::Change(ViewChange::Forward)), forward);
        ui.separator();
        ui.add_enabled_ui(open, |ui| {
            menu(ui, "Rotate and flip", |ui| self.turn_menu_ui(ui));
            menu(ui, "Bookmarks", |ui| self.bookmark_menu_ui(ui));
        });
        menu(ui, "Compare tabs", |ui| self.compare_menu_ui(ui));
        menu(ui, "Overlays", |ui| self.over_menu_ui(ui));
        menu(ui, "Overlapping tiles", |ui| self.overlaps_menu_ui(ui));
        menu(ui, "Units", |ui| self.unit_menu_ui(ui));
        ui.separator();
        let shown = self.documents().tab.display.render_settings().is_some();
        self.item(ui, "Auto contrast", Command::Display(DisplayChange::Fit), shown);
        self.item(ui, "Invert colors", Command::Display(DisplayChange::Invert), shown);
        self.item(ui, "Reset display", Command::Display(DisplayChange::Reset), shown);
        ui.separator();
        self.item(ui, "Full screen", Command::Window(WindowCommand::FullScreen), true);
        self.item(ui, "Hide panels", Command::Window(WindowCommand::HidePanels), open);
        self.check_item(ui, "Dark theme", WindowCommand::SwitchTheme.into(), !self.preferences().settings.light);
        self.toggle_item(ui, "Smooth motion", Toggle::Motion);
        self.toggle_item(ui, "Trackpad: pan with two fingers", Toggle::Trackpad);
    }

    fn turn_menu_ui(&self, ui: &mut egui::Ui) {
        ui.set_min_width(200.0);
        for (text, change) in [
            ("Rotate right", ViewChange::Turn(90.0)),
            ("Rotate left", ViewChange::Turn(-90.0)),
            ("Flip horizontal", ViewChange::Mirror),
            ("Flip vertical", ViewChange::UpsideDown),
            ("Reset rotation", ViewChange::Upright),
        ] {
            self.item(ui, text, Command::View(ViewCommand::Change(change)), true);
        }
        ui.horizontal(|ui| {
            ui.label("Angle");
            let mut degrees = self.heading().angle();
            let field = number_field(&mut degrees).range(0.0..=360.0).speed(0.5).suffix("°").max_decimals(2);
            let field = ui.add(field);
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Angle"));
            if field.changed() {
                self.ask(ViewCommand::Change(ViewChange::TurnTo(degrees)));
            }
        });
    }

    fn over_menu_ui(&self, ui: &mut egui::Ui) {
        ui.set_min_width(220.0);
        for (text, toggle) in [
            ("Scale bar", Toggle::ScaleBar),
            ("Grid", Toggle::Grid),
            ("Rulers", Toggle::Rulers),
            ("Crosshair", Toggle::Crosshair),
            ("Viewed areas on navigator", Toggle::Visited),
        ] {
            self.toggle_item(ui, text, toggle);
        }
    }

    fn unit_menu_ui(&self, ui: &mut egui::Ui) {
        let georeference = self.georeference();
        let known = georeference.units();
        let chosen = self.preferences().settings.unit;
        if ui.radio(chosen.is_none(), "Best available").clicked() {
            self.ask(WindowCommand::SetUnit(None));
            ui.close();
        }
        for unit in [Unit::Pixels, Unit::Micrometers, Unit::Map] {
            let radio = egui::RadioButton::new(chosen == Some(unit), georeference.name(unit));
            if ui.add_enabled(known.contains(&unit), radio).clicked() {
                self.ask(WindowCommand::SetUnit(Some(unit)));
                ui.close();
            }
        }
    }

    /// A menu entry with a check mark.
    pub(super) fn toggle_item(&self, ui: &mut egui::Ui, text: &str, toggle: Toggle) {
        let on = self.preferences().settings.is_on(toggle);
        self.check_item(ui, text, WindowCommand::Toggle(toggle).into(), on);
    }

    /// A menu's line with a check mark that is there if `on`.
    fn check_item(&self, ui: &mut egui::Ui, text: &str, command: Command, on: bool) {
        let color = if on { palette(ui).accent } else { egui::Color32::TRANSPARENT };
        let check = icon(Icon::Check, 13.0).color(color);
        let button = egui::Button::new((check, text)).shortcut_text(self.shortcut_text(&command));
        let response = ui.add(button);
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, text));
        if response.clicked() {
            self.ask(command);
            ui.close();
        }
    }
}
