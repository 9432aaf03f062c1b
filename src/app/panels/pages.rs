//! The pages of a file: its series, Z-slices and timepoints.

use egui::{ComboBox, Label, RichText, ScrollArea, Slider};

use super::side::section;
use super::tab_bar::small_button;
use crate::app::properties::Described;
use crate::app::theme::{Icon, palette};
use crate::app::{App, PageCommand};
use crate::mosaic::PlacementId;
use crate::work::PageAxis;

impl App {
    /// Of the image that is selected or under the mouse: its pages, if there are several.
    pub(super) fn pages_of_ui(&self, ui: &mut egui::Ui) {
        let Some(placement) = self.described_placement() else { return };
        let Some(Ok(described)) = self.services().properties.get(&placement).cloned() else { return };
        if described.properties.pages > 1 {
            section(ui, Icon::BookOpen, "Pages", |ui| {
                self.pages_ui(ui, &described, placement.id, placement.image.number());
            });
        }
    }

    fn pages_ui(&self, ui: &mut egui::Ui, described: &Described, id: PlacementId, page: u32) {
        let pages = &described.pages;
        let (at, count) = (page as usize, described.properties.pages);
        ui.spacing_mut().slider_width = (ui.available_width() - 130.0).max(60.0);
        let mut wanted = at;
        let sliced = pages.counts[1..].iter().any(|count| *count > 1);
        // Where Z-slices or timepoints are all there is, one slider is enough.
        let alone = pages.counts.iter().filter(|count| **count > 1).count() == 1 && sliced;
        let all = |ui: &mut egui::Ui| {
            if small_button(ui, Icon::ChevronLeft, "Previous page", false) {
                wanted = at.saturating_sub(1);
            }
            let mut number = at + 1;
            if ui.add(Slider::new(&mut number, 1..=count).show_value(false)).changed() {
                wanted = number - 1;
            }
            if small_button(ui, Icon::ChevronRight, "Next page", false) {
                wanted = (at + 1).min(count - 1);
            }
            ui.label(format!("{} / {count}", at + 1));
        };
        if !alone {
            ui.horizontal(all);
        }
        if pages.counts[0] > 1 && (sliced || !described.properties.page_names.is_empty()) {
            let chosen = pages.at(at, PageAxis::SeriesChannel);
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
                wanted = pages.moved(at, PageAxis::SeriesChannel, named).unwrap_or(wanted);
            }
        }
        for (axis, name) in [(PageAxis::Z, "Z-slice"), (PageAxis::Time, "Timepoint")] {
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
            self.ask(PageCommand::Show(id, wanted as u32));
        }
    }
}
