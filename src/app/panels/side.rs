//! The panel at the right: navigator, mosaic, layout, regions.

use egui::{Panel, RichText};

use super::super::theme::{Icon, icon, palette};
use super::super::{App, Command, Tool, Zoom};
use crate::mosaic::{Corner, Order};

impl App {
    pub(super) fn side_panel_ui(&mut self, ui: &mut egui::Ui) {
        let frame = egui::Frame::NONE.fill(ui.visuals().panel_fill).inner_margin(egui::Margin::symmetric(12, 8));
        Panel::right("side").default_size(280.0).size_range(230.0..=460.0).frame(frame).show(ui, |ui| {
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                if !self.exports.items().is_empty() {
                    section(ui, Icon::Download, "Exports", |ui| self.exports_ui(ui));
                }
                section(ui, Icon::Compass, "Navigator", |ui| {
                    self.minimap_ui(ui, 200.0);
                    self.visited_ui(ui);
                });
                section(ui, Icon::Images, "Mosaic", |ui| self.mosaic_ui(ui));
                self.pages_of_ui(ui);
                section(ui, Icon::Contrast, "Display", |ui| self.display_ui(ui));
                if self.mosaic().placements.len() > 1 {
                    section(ui, Icon::LayoutGrid, "Arrange as a grid", |ui| self.layout_ui(ui));
                }
                section(ui, Icon::SquareDashed, "Regions", |ui| self.regions_ui(ui));
                section(ui, Icon::Bookmark, "Bookmarks", |ui| self.bookmarks_ui(ui));
                self.properties_ui(ui);
            });
        });
    }

    fn mosaic_ui(&mut self, ui: &mut egui::Ui) {
        let mosaic = self.mosaic().clone();
        let bounds = self.tab.scene.bounds();
        let megapixels = bounds.area() as f64 / 1e6;
        let fact = |ui: &mut egui::Ui, name: &str, value: String| {
            ui.label(RichText::new(name).color(palette(ui).weak));
            ui.add(egui::Label::new(value).truncate());
            ui.end_row();
        };
        egui::Grid::new("facts").num_columns(2).spacing([14.0, 4.0]).show(ui, |ui| {
            fact(ui, "Images", mosaic.placements.len().to_string());
            fact(ui, "Size", format!("{} × {} px", bounds.width(), bounds.height()));
            fact(ui, "Pixels", format!("{megapixels:.1} Mpx"));
            let chosen = &self.tab.selection.placements;
            let selected = || mosaic.placements.iter().find(|placement| chosen.contains(&placement.id));
            match ((!chosen.is_empty()).then(selected).flatten(), chosen.len()) {
                (Some(one), 1) => {
                    fact(ui, "Selected", one.name());
                    fact(ui, "Position", format!("{}, {}", one.position.x, one.position.y));
                    fact(ui, "Its size", format!("{} × {} px", one.size.width, one.size.height));
                }
                (Some(_), many) => fact(ui, "Selected", format!("{many} images")),
                (None, _) => {}
            }
        });
        // Of this document: there may be others in other tabs.
        let failures = &self.textures.failures;
        let bad = |placement: &&crate::mosaic::Placement| failures.contains_key(&placement.path);
        let failed = if failures.is_empty() { 0 } else { mosaic.placements.iter().filter(bad).count() };
        if failed > 0 {
            ui.horizontal(|ui| {
                ui.colored_label(palette(ui).bad, format!("{failed} cannot be read"));
                if ui.small_button("Try again").clicked() {
                    self.textures.retry();
                    self.facts.forget();
                }
            });
        }
    }

    fn layout_ui(&mut self, ui: &mut egui::Ui) {
        let before = self.tab.grid;
        let grid = &mut self.tab.grid;
        egui::Grid::new("layout").num_columns(2).spacing([14.0, 5.0]).show(ui, |ui| {
            let name = |ui: &mut egui::Ui, text: &str| ui.label(RichText::new(text).color(palette(ui).weak));
            name(ui, "Across");
            ui.add(egui::DragValue::new(&mut grid.across).range(1..=100_000));
            ui.end_row();
            name(ui, "Order");
            egui::ComboBox::from_id_salt("order").width(130.0).selected_text(order_name(grid.order)).show_ui(
                ui,
                |ui| {
                    for order in [Order::Rows, Order::Columns, Order::SnakeRows, Order::SnakeColumns] {
                        ui.selectable_value(&mut grid.order, order, order_name(order));
                    }
                },
            );
            ui.end_row();
            name(ui, "First tile");
            egui::ComboBox::from_id_salt("corner").width(130.0).selected_text(corner_name(grid.start)).show_ui(
                ui,
                |ui| {
                    for corner in [Corner::TopLeft, Corner::TopRight, Corner::BottomLeft, Corner::BottomRight] {
                        ui.selectable_value(&mut grid.start, corner, corner_name(corner));
                    }
                },
            );
            ui.end_row();
            name(ui, "Overlap");
            ui.horizontal(|ui| {
                ui.add(egui::DragValue::new(&mut grid.overlap.0).prefix("x ").suffix(" px"));
                ui.add(egui::DragValue::new(&mut grid.overlap.1).prefix("y ").suffix(" px"));
            });
            ui.end_row();
        });
        let what = if self.tab.selection.placements.len() > 1 { "Arrange selected" } else { "Arrange all" };
        if ui.button(what).clicked() {
            self.ask(Command::Arrange(before));
        }
    }

    fn regions_ui(&mut self, ui: &mut egui::Ui) {
        let mosaic = self.mosaic().clone();
        if mosaic.regions.is_empty() {
            let key = self.shortcut_text(&Command::SetTool(Tool::Region));
            let how = if key.is_empty() { "Choose the tool".to_owned() } else { format!("Press {key}") };
            ui.label(RichText::new(format!("None yet. {how} and drag on the picture.")).color(palette(ui).weak));
            return;
        }
        for region in &mosaic.regions {
            let rect = region.shape.bounds();
            ui.horizontal(|ui| {
                let selected = self.tab.selection.region == Some(region.id);
                if ui.selectable_label(selected, &region.name).on_hover_text(rect.to_string()).clicked() {
                    self.ask(Command::SelectRegion(Some(region.id)));
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    for (picture, text, command) in [
                        (Icon::Trash2, "Remove the region", Command::RemoveRegion(region.id)),
                        (Icon::Download, "Export the region", Command::ShowExport(Some(region.id))),
                        (Icon::Focus, "Show the region", Command::Zoom(Zoom::Show(rect))),
                    ] {
                        let button = ui.add(egui::Button::new(icon(picture, 13.0)).frame(false));
                        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, text));
                        if button.on_hover_text(text).clicked() {
                            self.ask(command);
                        }
                    }
                    ui.label(
                        RichText::new(format!("{} × {}", rect.width(), rect.height())).small().color(palette(ui).weak),
                    );
                });
            });
        }
    }
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

fn order_name(order: Order) -> &'static str {
    match order {
        Order::Rows => "Rows",
        Order::Columns => "Columns",
        Order::SnakeRows => "Snake rows",
        Order::SnakeColumns => "Snake columns",
    }
}

fn corner_name(corner: Corner) -> &'static str {
    match corner {
        Corner::TopLeft => "Top left",
        Corner::TopRight => "Top right",
        Corner::BottomLeft => "Bottom left",
        Corner::BottomRight => "Bottom right",
    }
}
