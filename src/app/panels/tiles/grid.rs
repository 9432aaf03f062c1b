//! The fields of a grid.

use egui::{ComboBox, Ui};

use crate::app::panels::field::number_field;
use crate::app::panels::side::row;
use crate::app::{LayoutForm, PositionSource, Sequence};
use crate::mosaic::layout::{Align, CellSize};
use crate::mosaic::{Corner, Grid, GridOrder, Length};

/// The most columns or rows that can be set.
const MOST: u32 = 1_000_000;

const ORDERS: [(GridOrder, &str); 4] = [
    (GridOrder::Rows, "Rows"),
    (GridOrder::Columns, "Columns"),
    (GridOrder::SnakeRows, "Snake rows"),
    (GridOrder::SnakeColumns, "Snake columns"),
];

const CORNERS: [(Corner, &str); 4] = [
    (Corner::TopLeft, "Top left"),
    (Corner::TopRight, "Top right"),
    (Corner::BottomLeft, "Bottom left"),
    (Corner::BottomRight, "Bottom right"),
];

const CELLS: [(CellSize, &str); 3] = [
    (CellSize::Each, "Own of each row and column"),
    (CellSize::Largest, "As the largest tile"),
    (CellSize::Median, "As the median tile"),
];

pub(super) fn grid_ui(ui: &mut Ui, form: &mut LayoutForm) {
    row(ui, "Tiles", |ui| {
        count_ui(ui, "Tiles across", "across ", &mut form.grid.across);
        count_ui(ui, "Tiles down", "down ", &mut form.grid.down);
    });
    row(ui, "Order", |ui| choice(ui, "order", &mut form.grid.order, &ORDERS));
    row(ui, "First tile", |ui| choice(ui, "corner", &mut form.grid.start, &CORNERS));
    cells_ui(ui, form);
}

/// A grid in a few words.
pub(super) fn in_words(grid: &Grid) -> String {
    let name = |name: Option<&str>| name.unwrap_or_default().to_lowercase();
    let order = name(ORDERS.iter().find(|(order, _)| *order == grid.order).map(|(_, name)| *name));
    let corner = name(CORNERS.iter().find(|(corner, _)| *corner == grid.start).map(|(_, name)| *name));
    let across = grid.across.map_or_else(String::new, |across| format!("{across} across, "));
    let overlap = |length| match length {
        Length::Px(px) => format!("{px:.0} px"),
        Length::Percent(percent) => format!("{percent:.0} %"),
    };
    let (x, y) = (overlap(grid.overlap.0), overlap(grid.overlap.1));
    format!("{across}{order}, {corner}, overlap {x} / {y}")
}

/// What is the same for a grid and for names that tell cells: overlap, and in a fold the rarer fields.
pub(super) fn cells_ui(ui: &mut Ui, form: &mut LayoutForm) {
    row(ui, "Overlap", |ui| overlap_ui(ui, &mut form.grid.overlap));
    let usual = Grid { across: None, down: None, order: GridOrder::Rows, start: Corner::TopLeft, ..form.grid };
    let usual = Grid { overlap: Grid::default().overlap, ..usual } == Grid::default();
    let more = egui::CollapsingHeader::new("More").id_salt("more of the grid").default_open(!usual);
    more.show_unindented(ui, |ui| {
        row(ui, "Spacing", |ui| pair_ui(ui, "Spacing", &mut form.grid.spacing));
        row(ui, "Skew", |ui| pair_ui(ui, "Skew", &mut form.grid.skew));
        row(ui, "Cell size", |ui| choice(ui, "cells", &mut form.grid.cell, &CELLS));
        row(ui, "In its cell", |ui| {
            ui.spacing_mut().interact_size.x = 20.0;
            let x = [(Align::Start, "Left"), (Align::Center, "Center"), (Align::End, "Right")];
            let y = [(Align::Start, "Top"), (Align::Center, "Middle"), (Align::End, "Bottom")];
            narrow_choice(ui, "align x", &mut form.grid.align.0, &x);
            narrow_choice(ui, "align y", &mut form.grid.align.1, &y);
        });
        if form.source == PositionSource::Grid {
            let ways = [(Sequence::Name, "By name"), (Sequence::Stacking, "As stacked")];
            row(ui, "Sequence", |ui| choice(ui, "sequence", &mut form.sequence, &ways));
        }
    });
}

/// Columns or rows; 0 leaves it to the number of tiles.
fn count_ui(ui: &mut Ui, label: &str, prefix: &str, count: &mut Option<u32>) {
    let mut value = count.unwrap_or(0);
    let field = number_field(&mut value).range(0..=MOST).speed(0.1).prefix(prefix);
    let field = field
        .custom_formatter(|value, _| if value < 1.0 { "auto".to_owned() } else { format!("{value}") })
        .custom_parser(|text| if text.trim() == "auto" { Some(0.0) } else { text.trim().parse().ok() });
    let field = ui.add(field);
    field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, label));
    field.on_hover_text(format!("{label}; 0 is as many as needed"));
    *count = (value > 0).then_some(value);
}

fn overlap_ui(ui: &mut Ui, overlap: &mut (Length, Length)) {
    ui.spacing_mut().item_spacing.x = 4.0;
    let mut percent = matches!(overlap.0, Length::Percent(_));
    let was = percent;
    for (length, name) in [(&mut overlap.0, "x"), (&mut overlap.1, "y")] {
        let (Length::Px(value) | Length::Percent(value)) = length;
        let speed = if was { 0.1 } else { 1.0 };
        let field = ui.add(number_field(value).speed(speed).max_decimals(2).prefix(format!("{name} ")));
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, format!("Overlap {name}")));
    }
    narrow_choice(ui, "overlap unit", &mut percent, &[(false, "px"), (true, "%")]);
    for length in [&mut overlap.0, &mut overlap.1] {
        let (Length::Px(value) | Length::Percent(value)) = *length;
        *length = if percent { Length::Percent(value) } else { Length::Px(value) };
    }
}

fn pair_ui(ui: &mut Ui, label: &str, pair: &mut (f64, f64)) {
    ui.spacing_mut().item_spacing.x = 4.0;
    for (value, name) in [(&mut pair.0, "x"), (&mut pair.1, "y")] {
        let field = number_field(value).speed(1.0).max_decimals(2).prefix(format!("{name} ")).suffix(" px");
        let field = ui.add(field);
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, format!("{label} {name}")));
    }
}

/// A list to choose from, as wide as there is room.
pub(super) fn choice<T: Copy + PartialEq>(ui: &mut Ui, id: &str, value: &mut T, all: &[(T, &str)]) {
    let width = (ui.available_width() - 8.0).clamp(60.0, 190.0);
    choice_of_width(ui, id, value, all, width);
}

pub(super) fn narrow_choice<T: Copy + PartialEq>(ui: &mut Ui, id: &str, value: &mut T, all: &[(T, &str)]) {
    choice_of_width(ui, id, value, all, 30.0);
}

fn choice_of_width<T: Copy + PartialEq>(ui: &mut Ui, id: &str, value: &mut T, all: &[(T, &str)], width: f32) {
    let name = all.iter().find(|(known, _)| known == value).map_or("", |(_, name)| name);
    ComboBox::from_id_salt(id).width(width).selected_text(name).truncate().show_ui(ui, |ui| {
        for (known, name) in all {
            ui.selectable_value(value, *known, *name);
        }
    });
}
