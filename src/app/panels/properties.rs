//! What a file says of itself: its pages and associated images, its properties, its levels.

use std::sync::Arc;

use egui::{ComboBox, Label, RichText, ScrollArea, Sense, Slider, TextEdit};

use super::super::properties::Described;
use super::super::theme::{Icon, palette};
use super::super::{App, Command};
use super::side::section;
use super::tab_bar::small_button;
use crate::mosaic::{Placement, PlacementId};
use crate::source::associated_path;
use crate::work::{PageAxis, Properties};

impl App {
    /// Of the image that is selected or under the mouse: its pages and the images that come with it, if there are any.
    pub(super) fn pages_of_ui(&mut self, ui: &mut egui::Ui) {
        let Some(placement) = self.described_placement() else { return };
        let Some(Ok(described)) = self.facts.get(&placement).cloned() else { return };
        if described.facts.pages > 1 {
            section(ui, Icon::BookOpen, "Pages", |ui| self.pages_ui(ui, &described, placement.id, placement.page));
        }
        if !described.facts.associated.is_empty() {
            section(ui, Icon::Image, "Associated images", |ui| {
                self.associated_ui(ui, &described.facts, &placement.path);
            });
        }
    }

    /// What it says of itself.
    pub(super) fn properties_ui(&mut self, ui: &mut egui::Ui) {
        let Some(placement) = self.described_placement() else {
            section(ui, Icon::Info, "Properties", |ui| {
                ui.label(RichText::new("Select an image, or point at one.").color(palette(ui).weak));
            });
            return;
        };
        self.tab.pointed = Some(placement.id);
        match self.facts.get(&placement).cloned() {
            None => {
                if self.facts.asked.is_none() {
                    self.ask(Command::Describe(Arc::clone(&placement.path), placement.page));
                }
            }
            Some(Err(error)) => section(ui, Icon::Info, "Properties", |ui| {
                ui.colored_label(palette(ui).bad, error.reason());
            }),
            Some(Ok(described)) => {
                section(ui, Icon::Info, "Properties", |ui| self.property_list_ui(ui, &described, &placement));
                if described.facts.levels.len() > 1 {
                    section(ui, Icon::Layers, "Levels", |ui| levels_ui(ui, &described.facts));
                }
            }
        }
    }

    fn pages_ui(&mut self, ui: &mut egui::Ui, described: &Described, id: PlacementId, page: u32) {
        let pages = &described.pages;
        let (at, count) = (page as usize, described.facts.pages);
        ui.spacing_mut().slider_width = (ui.available_width() - 130.0).max(60.0);
        let mut wanted = at;
        let sliced = pages.counts[1..].iter().any(|count| *count > 1);
        // Where slices or moments are all there is, one slider is enough.
        let alone = pages.counts.iter().filter(|count| **count > 1).count() == 1 && sliced;
        let all = |ui: &mut egui::Ui| {
            if small_button(ui, Icon::ChevronLeft, "The page before", false) {
                wanted = at.saturating_sub(1);
            }
            let mut number = at + 1;
            if ui.add(Slider::new(&mut number, 1..=count).show_value(false)).changed() {
                wanted = number - 1;
            }
            if small_button(ui, Icon::ChevronRight, "The next page", false) {
                wanted = (at + 1).min(count - 1);
            }
            ui.label(format!("{} / {count}", at + 1));
        };
        if !alone {
            ui.horizontal(all);
        }
        if pages.counts[0] > 1 && (sliced || !described.facts.page_names.is_empty()) {
            let chosen = pages.at(at, PageAxis::Named);
            let mut named = chosen;
            let name = |number: usize| pages.names.get(number).cloned().unwrap_or_default();
            ComboBox::from_id_salt("series").width(ui.available_width() - 8.0).selected_text(name(chosen)).show_ui(
                ui,
                |ui| {
                    let row = ui.spacing().interact_size.y;
                    ScrollArea::vertical().max_height(300.0).show_rows(ui, row, pages.names.len(), |ui, rows| {
                        for number in rows {
                            ui.selectable_value(&mut named, number, name(number));
                        }
                    });
                },
            );
            if named != chosen {
                wanted = pages.moved(at, PageAxis::Named, named).unwrap_or(wanted);
            }
        }
        for (axis, name) in [(PageAxis::Slice, "Slice"), (PageAxis::Time, "Time")] {
            let count = pages.counts[axis as usize];
            if count > 1 {
                ui.horizontal(|ui| {
                    ui.add_sized([36.0, 18.0], Label::new(RichText::new(name).color(palette(ui).weak)));
                    let mut number = pages.at(at, axis) + 1;
                    if ui.add(Slider::new(&mut number, 1..=count).show_value(false)).changed() {
                        wanted = pages.moved(at, axis, number - 1).unwrap_or(wanted);
                    }
                    ui.label(format!("{number} / {count}"));
                });
            }
        }
        if wanted != at {
            self.ask(Command::ShowPage(id, wanted as u32));
        }
    }

    fn associated_ui(&mut self, ui: &mut egui::Ui, facts: &Properties, path: &std::path::Path) {
        ui.horizontal_wrapped(|ui| {
            for name in &facts.associated {
                if ui.button(name).on_hover_text("Open in a tab of its own").clicked() {
                    self.ask(Command::OpenTab(vec![associated_path(path, name)]));
                }
            }
        });
    }

    fn property_list_ui(&mut self, ui: &mut egui::Ui, described: &Described, placement: &Placement) {
        let weak = palette(ui).weak;
        let name = RichText::new(format!("Of {}", placement.name())).color(weak);
        ui.add(Label::new(name).truncate()).on_hover_text(placement.path.to_string_lossy());
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.facts.search).hint_text("Search");
            ui.add(field.desired_width(ui.available_width() - 44.0));
            if small_button(ui, Icon::Copy, "Copy all properties", false) {
                let text: String = described.lines.iter().flat_map(|(name, value)| [name, "\t", value, "\n"]).collect();
                ui.ctx().copy_text(text);
            }
        });
        let search = self.facts.search.to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&search);
        let found: Vec<_> =
            described.lines.iter().filter(|(name, value)| search.is_empty() || holds(name) || holds(value)).collect();
        if found.is_empty() {
            ui.label(RichText::new("Nothing found").color(weak));
        }
        ScrollArea::vertical().id_salt("properties").max_height(260.0).show(ui, |ui| {
            for (name, value) in found {
                property_ui(ui, name, value);
            }
        });
    }
}

/// A name and its value on one line; a click copies the value.
fn property_ui(ui: &mut egui::Ui, name: &str, value: &str) {
    let weak = palette(ui).weak;
    let short = name.rsplit_once('.').map_or(name, |(_, last)| last);
    ui.horizontal(|ui| {
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

fn levels_ui(ui: &mut egui::Ui, facts: &Properties) {
    egui::Grid::new("levels").num_columns(4).spacing([10.0, 3.0]).striped(true).show(ui, |ui| {
        for heading in ["", "Pixels", "1 :", "Tiles"] {
            ui.label(RichText::new(heading).small().color(palette(ui).weak));
        }
        ui.end_row();
        for (number, level) in facts.levels.iter().enumerate() {
            ui.label(RichText::new(number.to_string()).small());
            ui.label(RichText::new(format!("{} × {}", level.width, level.height)).small());
            ui.label(RichText::new(format!("{:.2}", level.downsample)).small());
            ui.label(RichText::new(format!("{} × {}", level.tile_width, level.tile_height)).small());
            ui.end_row();
        }
    });
}
