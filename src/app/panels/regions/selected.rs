//! The selected regions: name, class, notes, color, and what can be done to all of them at once.

use egui::{RichText, TextEdit};

use super::menu::{ClassChoice, class_menu_ui};
use super::place::RegionPlace;
use crate::app::panels::field::{number_field, text_field};
use crate::app::panels::menu::menu;
use crate::app::panels::side::row;
use crate::app::theme::palette;
use crate::app::{App, RegionCommand, Shaping};
use crate::mosaic::{Region, RegionProperty, RoiId};
use crate::region::Geometry;
use crate::region::measure::shape;

/// The fields.
#[derive(Default)]
pub(super) struct SelectedRegions {
    /// Name, notes and text being typed, and of which region.
    typed: Option<(RoiId, Typed)>,
    class: String,
    place: RegionPlace,
}

#[derive(Clone, PartialEq)]
struct Typed {
    name: String,
    notes: String,
    text: String,
}

impl SelectedRegions {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        let selection = app.selection();
        if let Some(region) = selection.region().and_then(|id| app.mosaic().region(id)) {
            self.single_ui(ui, app, region);
        } else {
            self.typed = None;
            ui.label(format!("{} regions", selection.regions.len()));
        }
        let single = app.documents().tab.single_region();
        row(ui, "Class", |ui| {
            let now = single.and_then(|region| region.class.as_ref());
            if let Some(ClassChoice(class)) = class_menu_ui(ui, app, "selected class", now, &mut self.class) {
                app.ask(RegionCommand::Set(RegionProperty::Class(class)));
            }
        });
        row(ui, "Color", |ui| {
            let own = single.and_then(|region| region.shown_color()).unwrap_or([242, 177, 60]);
            let mut color = own;
            // Changes of very many at every step of a drag would be as many steps to undo.
            if ui.color_edit_button_srgb(&mut color).changed() && color != own {
                app.ask(RegionCommand::Set(RegionProperty::Color(Some(color))));
            }
            if ui.button("Of class").clicked() {
                app.ask(RegionCommand::Set(RegionProperty::Color(None)));
            }
        });
        operations_ui(ui, app);
    }

    fn single_ui(&mut self, ui: &mut egui::Ui, app: &App, region: &Region) {
        let text = |text: Option<&std::sync::Arc<str>>| text.map_or_else(String::new, ToString::to_string);
        let label = match &region.geometry {
            Geometry::Text { text, .. } => text.to_string(),
            _ => String::new(),
        };
        let before = Typed { name: text(region.name.as_ref()), notes: text(region.notes.as_ref()), text: label };
        let known = self.typed.take().filter(|(id, _)| *id == region.id);
        let mut typed = known.map_or_else(|| before.clone(), |(_, typed)| typed);
        let field = |ui: &mut egui::Ui, name: &str, value: &mut String, was: &String| {
            let mut done = false;
            row(ui, name, |ui| {
                let field = text_field(ui, TextEdit::singleline(value).desired_width(f32::INFINITY));
                field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, format!("Region {name}")));
                done = field.lost_focus() && value != was;
                if !field.has_focus() && !done {
                    value.clone_from(was);
                }
            });
            done
        };
        let name = field(ui, "Name", &mut typed.name, &before.name);
        if name {
            app.ask(RegionCommand::Rename(region.id, typed.name.trim().to_owned()));
        }
        if let Geometry::Text { at, .. } = region.geometry
            && field(ui, "Text", &mut typed.text, &before.text)
        {
            let shape = Geometry::Text { at, text: typed.text.as_str().into() };
            app.ask(RegionCommand::Reshape(vec![(region.id, shape)]));
        }
        if field(ui, "Notes", &mut typed.notes, &before.notes) {
            app.ask(RegionCommand::SetOf(region.id, RegionProperty::Notes(typed.notes.clone())));
        }
        self.typed = Some((region.id, typed));
        self.place.ui(ui, app, region);
        let mpp = app.documents().tab.nav.georeference.calibration.mpp;
        for line in measures(&region.geometry, mpp) {
            ui.label(RichText::new(line).small().color(palette(ui).weak));
        }
    }
}

/// Area, perimeter, length and angle, in px and µm.
fn measures(geometry: &Geometry, mpp: Option<(f64, f64)>) -> Vec<String> {
    let found = shape(geometry, mpp);
    let line = |name: &str, px: Option<f64>, um: Option<f64>, square: &str| {
        let um = um.map_or_else(String::new, |um| format!(" · {} µm{square}", short(um)));
        px.map(|px| format!("{name} {} px{square}{um}", short(px)))
    };
    let angle = found.angle_degrees.map(|angle| format!("Angle {angle:.1}°"));
    let points = matches!(geometry, Geometry::Points(_)).then(|| format!("{} points", geometry.points().len()));
    [
        line("Area", found.area_px, found.area_um2, "²"),
        line("Perimeter", found.perimeter_px, found.perimeter_um, ""),
        line("Length", found.length_px, found.length_um, ""),
        angle,
        points,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A number with as many digits as are of use.
fn short(value: f64) -> String {
    if value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn operations_ui(ui: &mut egui::Ui, app: &App) {
    let several = app.selection().regions.len() > 1;
    let before = &app.preferences().settings.drawing;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
        let mut button = |text: &str, command: RegionCommand, enabled: bool| {
            if ui.add_enabled(enabled, egui::Button::new(text).small()).clicked() {
                app.ask(command);
            }
        };
        button("Merge", RegionCommand::Shape(Shaping::Merge), several);
        button("Subtract", RegionCommand::Shape(Shaping::Subtract), several);
        button("Intersect", RegionCommand::Shape(Shaping::Intersect), several);
        button("Split", RegionCommand::Shape(Shaping::Split), true);
        button("Fill holes", RegionCommand::Shape(Shaping::FillHoles), true);
        button("Hull", RegionCommand::Shape(Shaping::Hull), true);
        button("Duplicate", RegionCommand::Duplicate, true);
        button("Lock", RegionCommand::Set(RegionProperty::Locked(true)), true);
        button("Unlock", RegionCommand::Set(RegionProperty::Locked(false)), true);
        button("Hide", RegionCommand::Set(RegionProperty::Hidden(true)), true);
        button("Show all", RegionCommand::ShowAll, true);
        button("Remove", RegionCommand::RemoveSelected, true);
    });
    ui.horizontal_wrapped(|ui| {
        if ui.add(egui::Button::new("Simplify").small()).clicked() {
            app.ask(RegionCommand::Shape(Shaping::Simplify(before.simplify)));
        }
        let mut drawing = before.clone();
        let field = number_field(&mut drawing.simplify).range(0.1..=1000.0).speed(0.1).suffix(" px");
        if ui.add(field).on_hover_text("Vertices that change the outline by less are left out").changed() {
            app.ask(RegionCommand::SetDrawing(drawing));
        }
        menu(ui, "More…", |ui| app.region_menu_ui(ui));
    });
}
