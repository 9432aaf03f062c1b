//! The View menu: zoom, places, turning, what is shown over the picture.

use super::super::theme::{Icon, icon, palette};
use super::super::units::Unit;
use super::super::{App, Command, DisplayChange, Toggle, ViewChange, ViewCommand, WindowCommand, Zoom};

impl App {
    pub(super) fn view_menu_ui(&self, ui: &mut egui::Ui) {
        let open = !self.mosaic().placements.is_empty();
        ui.set_min_width(230.0);
        self.item(ui, "Fit", Command::View(ViewCommand::Zoom(Zoom::Fit)), open);
        self.item(ui, "100 %", Command::View(ViewCommand::Zoom(Zoom::Percent(100.0))), open);
        self.item(ui, "Zoom in", Command::View(ViewCommand::Zoom(Zoom::By(1.25))), open);
        self.item(ui, "Zoom out", Command::View(ViewCommand::Zoom(Zoom::By(0.8))), open);
        self.item(ui, "Go to…", Command::Window(WindowCommand::ShowGoTo(true)), open);
        let (back, forward) = (self.tab.nav.trail.can_go_back(), self.tab.nav.trail.can_go_forward());
        self.item(ui, "Back", Command::View(ViewCommand::Change(ViewChange::Back)), back);
        self.item(ui, "Forward", Command::View(ViewCommand::Change(ViewChange::Forward)), forward);
        ui.separator();
        ui.add_enabled_ui(open, |ui| {
            ui.menu_button("Turn and mirror", |ui| self.turn_menu_ui(ui));
            ui.menu_button("Bookmarks", |ui| self.bookmark_menu_ui(ui));
        });
        ui.menu_button("Compare tabs", |ui| self.compare_menu_ui(ui));
        ui.menu_button("Over the picture", |ui| self.over_menu_ui(ui));
        ui.menu_button("Units", |ui| self.unit_menu_ui(ui));
        ui.separator();
        let shown = self.tab.display.look().is_some();
        self.item(ui, "Contrast that fits", Command::Display(DisplayChange::Fit), shown);
        self.item(ui, "Bright for dark", Command::Display(DisplayChange::Invert), shown);
        self.item(ui, "Display as at first", Command::Display(DisplayChange::Reset), shown);
        ui.separator();
        self.item(ui, "Full screen", Command::Window(WindowCommand::FullScreen), true);
        self.item(ui, "Only the picture", Command::Window(WindowCommand::HidePanels), open);
        self.item(ui, "Dark or light", Command::Window(WindowCommand::SwitchTheme), true);
        self.toggle_item(ui, "Smooth motion", Toggle::Motion);
        self.toggle_item(ui, "Trackpad: two fingers pan", Toggle::Trackpad);
    }

    fn turn_menu_ui(&self, ui: &mut egui::Ui) {
        ui.set_min_width(200.0);
        for (text, look) in [
            ("Turn right", ViewChange::Turn(90.0)),
            ("Turn left", ViewChange::Turn(-90.0)),
            ("Mirror left and right", ViewChange::Mirror),
            ("Mirror top and bottom", ViewChange::UpsideDown),
            ("Upright again", ViewChange::Upright),
        ] {
            self.item(ui, text, Command::View(ViewCommand::Change(look)), true);
        }
        ui.horizontal(|ui| {
            ui.label("Angle");
            let mut degrees = self.heading().degrees;
            let field = egui::DragValue::new(&mut degrees).range(0.0..=360.0).speed(0.5).suffix("°").max_decimals(2);
            if ui.add(field).changed() {
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
            ("On the map, shade what was not looked at", Toggle::Visited),
        ] {
            self.toggle_item(ui, text, toggle);
        }
    }

    fn unit_menu_ui(&self, ui: &mut egui::Ui) {
        let georeference = self.georeference();
        let known = georeference.units();
        let chosen = self.settings.unit;
        if ui.radio(chosen.is_none(), "The best the image knows").clicked() {
            self.ask(WindowCommand::SetUnit(None));
        }
        for unit in [Unit::Pixels, Unit::Micrometers, Unit::Map] {
            let radio = egui::RadioButton::new(chosen == Some(unit), georeference.name(unit));
            if ui.add_enabled(known.contains(&unit), radio).clicked() {
                self.ask(WindowCommand::SetUnit(Some(unit)));
            }
        }
    }

    /// A menu's line with a tick.
    pub(super) fn toggle_item(&self, ui: &mut egui::Ui, text: &str, toggle: Toggle) {
        let command = Command::Window(WindowCommand::Toggle(toggle));
        let on = self.settings.is_on(toggle);
        let color = if on { palette(ui).accent } else { egui::Color32::TRANSPARENT };
        let tick = icon(Icon::Check, 13.0).color(color);
        let button = egui::Button::new((tick, text)).shortcut_text(self.shortcut_text(&command));
        let response = ui.add(button);
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, text));
        if response.clicked() {
            self.ask(command);
        }
    }
}
