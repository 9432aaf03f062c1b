//! The section "Canvas" of the Tiles tab: its size, background and pixel size.

use egui::{RichText, Ui};

use super::field::number_field;
use super::side::{row, section};
use super::tile_fields::{finish, half_of, number};
use crate::app::theme::{Icon, palette};
use crate::app::{App, CanvasCommand, TileCommand};
use crate::geometry::Rect;
use crate::mosaic::PixelSize;

/// No canvas is larger than this, in pixels: nothing could hold it.
const LARGEST: f64 = u32::MAX as f64;

pub(super) fn ui(ui: &mut Ui, app: &App) {
    section(ui, Icon::Frame, "Canvas", |ui| {
        size_ui(ui, app);
        background_ui(ui, app);
        pixel_size_ui(ui, app);
    });
}

fn size_ui(ui: &mut Ui, app: &App) {
    let mosaic = app.mosaic();
    let bounds = mosaic.bounds();
    row(ui, "Canvas", |ui| {
        if ui.radio(mosaic.canvas.is_none(), "Fitted").on_hover_text("As large as what lies on it").clicked() {
            app.ask(CanvasCommand::Fit);
        }
        if ui.radio(mosaic.canvas.is_some(), "Fixed").on_hover_text("This part, whatever lies on it").clicked() {
            app.ask(CanvasCommand::Fix(bounds));
        }
    });
    let (mut x, mut y) = (bounds.x0 as f64, bounds.y0 as f64);
    let (mut width, mut height) = (bounds.width() as f64, bounds.height() as f64);
    ui.add_enabled_ui(mosaic.canvas.is_some(), |ui| {
        let mut changed = false;
        let mut field = |ui: &mut Ui, half: f32, (name, prefix): (&str, &str), value: &mut f64| {
            let response = number(ui, half, name, prefix, " px", value);
            changed |= response.changed();
            finish(app, &response);
        };
        row(ui, "Corner", |ui| {
            let half = half_of(ui);
            field(ui, half, ("Canvas X", "X"), &mut x);
            field(ui, half, ("Canvas Y", "Y"), &mut y);
        });
        row(ui, "Size", |ui| {
            let half = half_of(ui);
            field(ui, half, ("Canvas width", "W"), &mut width);
            field(ui, half, ("Canvas height", "H"), &mut height);
        });
        if changed {
            let corner = (x.round() as i64, y.round() as i64);
            let length = |value: f64| value.round().clamp(1.0, LARGEST) as i64;
            let rect = Rect::new(corner.0, corner.1, corner.0 + length(width), corner.1 + length(height));
            app.ask(CanvasCommand::Fix(rect));
        }
    });
    ui.horizontal_wrapped(|ui| {
        let selected = app.selected_rect().is_some();
        if ui.add_enabled(selected, egui::Button::new("Crop to selection").small()).clicked() {
            app.ask(CanvasCommand::CropToSelection);
        }
        let region = app.selected_region().is_some();
        if ui.add_enabled(region, egui::Button::new("Crop to region").small()).clicked() {
            app.ask(CanvasCommand::CropToRegion);
        }
        let content = mosaic.placements.bounds();
        let differs = mosaic.canvas.is_some_and(|canvas| canvas != content);
        if ui.add_enabled(differs, egui::Button::new("Crop to content").small()).clicked() {
            app.ask(CanvasCommand::Fix(content));
        }
    });
}

fn background_ui(ui: &mut Ui, app: &App) {
    let mut color = app.mosaic().background;
    row(ui, "Background", |ui| {
        let response = ui.color_edit_button_srgb(&mut color);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ColorWell, true, "Background color"));
        if response.changed() {
            app.ask(CanvasCommand::Background(color));
        }
        finish(app, &response);
        for (text, preset) in [("Black", [0; 3]), ("White", [255; 3])] {
            if ui.add_enabled(color != preset, egui::Button::new(text).small()).clicked() {
                app.ask(CanvasCommand::Background(preset));
                app.ask(TileCommand::EndAdjusting);
            }
        }
    });
}

fn pixel_size_ui(ui: &mut Ui, app: &App) {
    let own = app.mosaic().pixel_size;
    let known = app.documents().tab.nav.georeference.calibration.mpp;
    let shown = own.or_else(|| known.map(|(x, y)| PixelSize { x, y }));
    row(ui, "Pixel size", |ui| {
        let mut size = shown.unwrap_or(PixelSize { x: 1.0, y: 1.0 });
        let before = size;
        for (name, value) in [("Pixel width", &mut size.x), ("Pixel height", &mut size.y)] {
            let mut field = number_field(value).speed(0.01).range(1e-6..=1e6).max_decimals(6).suffix(" µm");
            if shown.is_none() {
                field = field.custom_formatter(|_, _| "–".into());
            }
            let response = ui.add(field);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, name));
            finish(app, &response);
        }
        if size != before {
            app.ask(CanvasCommand::PixelSize(Some(size)));
        }
    });
    row(ui, "", |ui| {
        let text = match (own, known) {
            (Some(_), _) => "set here",
            (None, Some(_)) => "from the image",
            (None, None) => "not known",
        };
        ui.label(RichText::new(text).small().color(palette(ui).weak));
        if own.is_some() && ui.small_button("Reset").clicked() {
            app.ask(CanvasCommand::PixelSize(None));
        }
    });
}
