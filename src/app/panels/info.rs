//! The Info tab: properties of a file, its associated images, its levels.

use egui::{Label, RichText, Sense, TextEdit};

use super::field::text_field;
use super::side::section;
use super::tab_bar::small_button;
use super::{Panel, PanelInfo};
use crate::ImageRef;
use crate::app::properties::Described;
use crate::app::theme::{Icon, palette};
use crate::app::{App, FileCommand};
use crate::mosaic::Placement;
use crate::work::Properties;

/// Points that a property is high.
const ROW: f32 = 18.0;

/// The Info tab.
#[derive(Default)]
pub(super) struct Info {
    /// The search text.
    search: String,
}

impl Panel for Info {
    fn info(&self) -> PanelInfo {
        PanelInfo { id: "info", icon: Icon::Info, title: "Info" }
    }

    fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        let known =
            app.described_placement().map(|placement| (app.services().properties.get(&placement).cloned(), placement));
        match known {
            None => section(ui, Icon::Info, "Properties", |ui| {
                ui.label(RichText::new("Select an image, or point at one.").color(palette(ui).weak));
            }),
            Some((None, _)) => {}
            Some((Some(Err(error)), _)) => section(ui, Icon::Info, "Properties", |ui| {
                ui.colored_label(palette(ui).bad, error.reason());
            }),
            Some((Some(Ok(described)), placement)) => {
                if !described.properties.associated.is_empty() {
                    section(ui, Icon::Image, "Associated images", |ui| {
                        associated_ui(ui, app, &described.properties, &placement.image);
                    });
                }
                if described.properties.levels.len() > 1 {
                    section(ui, Icon::Layers, "Levels", |ui| levels_ui(ui, &described.properties));
                }
                // The longest is the last: it has the room that is left, and scrolls with the tab.
                section(ui, Icon::Info, "Properties", |ui| self.property_list_ui(ui, &described, &placement));
            }
        }
    }
}

impl Info {
    fn property_list_ui(&mut self, ui: &mut egui::Ui, described: &Described, placement: &Placement) {
        let weak = palette(ui).weak;
        let name = RichText::new(format!("Of {}", placement.name())).color(weak);
        ui.add(Label::new(name).truncate()).on_hover_text(placement.image.to_string());
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.search).hint_text("Search");
            let width = ui.available_width() - 44.0;
            text_field(ui, field.desired_width(width));
            if small_button(ui, Icon::Copy, "Copy all properties", false) {
                let text: String = described.lines.iter().flat_map(|(name, value)| [name, "\t", value, "\n"]).collect();
                ui.ctx().copy_text(text);
            }
        });
        let search = self.search.to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&search);
        let found: Vec<_> =
            described.lines.iter().filter(|(name, value)| search.is_empty() || holds(name) || holds(value)).collect();
        if found.is_empty() {
            ui.label(RichText::new("Nothing found").color(weak));
        }
        for (name, value) in found {
            property_ui(ui, name, value);
        }
    }
}

fn associated_ui(ui: &mut egui::Ui, app: &App, properties: &Properties, image: &ImageRef) {
    ui.horizontal_wrapped(|ui| {
        for name in &properties.associated {
            if ui.button(name).on_hover_text("Open in a new tab").clicked() {
                app.ask(FileCommand::OpenImage(image.clone().associated(name)));
            }
        }
    });
}

/// A name and its value on one line; a click copies the value.
fn property_ui(ui: &mut egui::Ui, name: &str, value: &str) {
    // Of thousands, those in view are drawn.
    let height = ui.spacing().interact_size.y.min(ROW);
    let place = egui::Rect::from_min_size(ui.cursor().min, egui::vec2(ui.available_width(), height));
    if !ui.is_rect_visible(place) {
        ui.advance_cursor_after_rect(place);
        return;
    }
    let weak = palette(ui).weak;
    let short = name.rsplit_once('.').map_or(name, |(_, last)| last);
    let line = egui::UiBuilder::new().max_rect(place).layout(egui::Layout::left_to_right(egui::Align::Center));
    ui.scope_builder(line, |ui| {
        ui.set_min_height(height);
        let width = ui.available_width() * 0.42;
        ui.allocate_ui_with_layout(egui::vec2(width, 16.0), egui::Layout::left_to_right(egui::Align::Center), |ui| {
            ui.set_min_width(width);
            ui.add(Label::new(RichText::new(short).color(weak)).truncate()).on_hover_text(name);
        });
        let first = value.lines().next().unwrap_or_default();
        let response = ui.add(Label::new(first).truncate().sense(Sense::click()));
        let most = value.char_indices().nth(1200).map_or(value, |(end, _)| &value[..end]);
        let copied = response.clicked();
        response.on_hover_ui(|ui| {
            ui.set_max_width(420.0);
            ui.label(RichText::new(name).strong());
            ui.label(most);
            ui.label(RichText::new("Click to copy").small().weak());
        });
        if copied {
            ui.ctx().copy_text(value.to_owned());
        }
    });
}

fn levels_ui(ui: &mut egui::Ui, properties: &Properties) {
    egui::Grid::new("levels").num_columns(4).spacing([10.0, 3.0]).striped(true).show(ui, |ui| {
        for heading in ["", "Pixels", "1 :", "Tiles"] {
            ui.label(RichText::new(heading).small().color(palette(ui).weak));
        }
        ui.end_row();
        for (number, level) in properties.levels.iter().enumerate() {
            ui.label(RichText::new(number.to_string()).small());
            ui.label(RichText::new(format!("{} × {}", level.width, level.height)).small());
            ui.label(RichText::new(format!("{:.2}", level.downsample)).small());
            ui.label(RichText::new(format!("{} × {}", level.tile_width, level.tile_height)).small());
            ui.end_row();
        }
    });
}
