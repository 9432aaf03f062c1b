//! The Tiles tab: the mosaic, its selection, and its arrangement as a grid.

use egui::RichText;

use super::selected_tiles::SelectedTiles;
use super::side::section;
use super::{Panel, PanelInfo, canvas_section};
use crate::app::theme::{Icon, palette};
use crate::app::{App, EditCommand, FileCommand, TabId};
use crate::mosaic::{Corner, Grid, GridOrder, Length};

/// The Tiles tab.
#[derive(Default)]
pub(super) struct Tiles {
    /// The fields of the grid, for the tab they were changed in.
    edited: Option<(TabId, Grid)>,
    selected: SelectedTiles,
}

impl Panel for Tiles {
    fn info(&self) -> PanelInfo {
        PanelInfo { id: "tiles", icon: Icon::LayoutGrid, title: "Tiles" }
    }

    fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        section(ui, Icon::Images, "Mosaic", |ui| mosaic_ui(ui, app));
        self.selected.ui(ui, app);
        canvas_section::ui(ui, app);
        if app.mosaic().placements.len() > 1 {
            section(ui, Icon::LayoutGrid, "Arrange as a grid", |ui| self.grid_ui(ui, app));
        }
    }
}

impl Tiles {
    fn grid_ui(&mut self, ui: &mut egui::Ui, app: &App) {
        let tab = app.documents.tabs.current();
        let edited = self.edited.filter(|(of, _)| *of == tab).map(|(_, grid)| grid);
        let mut grid = edited.unwrap_or(app.documents.tab.grid);
        egui::Grid::new("layout").num_columns(2).spacing([14.0, 5.0]).show(ui, |ui| {
            let name = |ui: &mut egui::Ui, text: &str| ui.label(RichText::new(text).color(palette(ui).weak));
            name(ui, "Across");
            let mut across = grid.across.unwrap_or(1);
            ui.add(egui::DragValue::new(&mut across).range(1..=100_000));
            grid.across = Some(across);
            ui.end_row();
            name(ui, "Order");
            egui::ComboBox::from_id_salt("order").width(130.0).selected_text(order_name(grid.order)).show_ui(
                ui,
                |ui| {
                    for order in [GridOrder::Rows, GridOrder::Columns, GridOrder::SnakeRows, GridOrder::SnakeColumns] {
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
                for (length, prefix) in [(&mut grid.overlap.0, "x "), (&mut grid.overlap.1, "y ")] {
                    let (value, suffix) = match length {
                        Length::Px(value) => (value, " px"),
                        Length::Percent(value) => (value, " %"),
                    };
                    ui.add(egui::DragValue::new(value).speed(1.0).max_decimals(1).prefix(prefix).suffix(suffix));
                }
            });
            ui.end_row();
        });
        let what = if app.documents.tab.selection.placements.len() > 1 { "Arrange selected" } else { "Arrange all" };
        if ui.button(what).clicked() {
            app.ask(EditCommand::Arrange(grid));
        }
        self.edited = Some((tab, grid));
    }
}

fn mosaic_ui(ui: &mut egui::Ui, app: &App) {
    let mosaic = app.mosaic().clone();
    let bounds = app.documents.tab.scene.bounds();
    let megapixels = bounds.area() as f64 / 1e6;
    let fact = |ui: &mut egui::Ui, name: &str, value: String| {
        ui.label(RichText::new(name).color(palette(ui).weak));
        ui.add(egui::Label::new(value).truncate());
        ui.end_row();
    };
    egui::Grid::new("properties").num_columns(2).spacing([14.0, 4.0]).show(ui, |ui| {
        fact(ui, "Images", mosaic.placements.len().to_string());
        fact(ui, "Size", format!("{} × {} px", bounds.width(), bounds.height()));
        fact(ui, "Pixels", format!("{megapixels:.1} Mpx"));
        let chosen = &app.documents.tab.selection.placements;
        let selected = || mosaic.placements.iter().find(|placement| chosen.contains(&placement.id));
        match ((!chosen.is_empty()).then(selected).flatten(), chosen.len()) {
            (Some(one), 1) => {
                fact(ui, "Selected", one.name());
                fact(ui, "Position", format!("{}, {} px", one.position().x, one.position().y));
                fact(ui, "Image size", format!("{} × {} px", one.size.width, one.size.height));
            }
            (Some(_), many) => fact(ui, "Selected", format!("{many} images")),
            (None, _) => {}
        }
    });
    // Of this document: there may be others in other tabs.
    let failures = &app.services.textures.failures;
    let bad = |placement: &&crate::mosaic::Placement| failures.contains_key(&placement.image);
    let failed = if failures.is_empty() { 0 } else { mosaic.placements.iter().filter(bad).count() };
    if failed > 0 {
        ui.horizontal(|ui| {
            ui.colored_label(palette(ui).bad, format!("{failed} cannot be read"));
            if ui.small_button("Retry").clicked() {
                app.ask(FileCommand::Retry);
            }
        });
    }
}

fn order_name(order: GridOrder) -> &'static str {
    match order {
        GridOrder::Rows => "Rows",
        GridOrder::Columns => "Columns",
        GridOrder::SnakeRows => "Snake rows",
        GridOrder::SnakeColumns => "Snake columns",
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
