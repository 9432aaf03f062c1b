//! The left of the status bar: zoom, coordinates, the samples under the mouse.

use egui::{RichText, Ui};

use super::super::theme::palette;
use super::super::{App, WindowCommand};
use crate::app::tools::{Snapping, Viewed};
use crate::app::units::Unit;
use crate::geometry::Point;

/// Where the status bar has less room than this, the less important is left out or short: samples and hint, position in a unit.
const ROOM: [f32; 2] = [500.0, 680.0];
/// Points that samples take, where there is little room and where there is more.
const SAMPLES: [f32; 2] = [132.0, 210.0];
/// And here the position in pixels.
const NARROW: f32 = 250.0;

impl App {
    pub(super) fn readout_ui(&self, ui: &mut Ui, room: f32) {
        self.zoom_ui(ui);
        if room < NARROW {
            return;
        }
        ui.separator();
        let (georeference, at) = (self.documents().tab.nav.under.georeference.clone(), self.documents().tab.cursor);
        let unit = georeference.unit(self.preferences().settings.unit);
        let position = |unit| at.and_then(|at| georeference.position(unit, at));
        cell(ui, 134.0, position(Unit::Pixels).unwrap_or_else(|| "x –  y –".to_owned()), None);
        if unit != Unit::Pixels && room > ROOM[1] {
            ui.separator();
            cell(ui, 176.0, position(unit).unwrap_or_else(|| "–".to_owned()), None);
        }
        if room > ROOM[0] {
            ui.separator();
            self.samples_ui(ui, SAMPLES[usize::from(room > ROOM[1])]);
            ui.separator();
            ui.add(egui::Label::new(RichText::new(self.told(at)).color(palette(ui).weak)).truncate());
        }
    }

    /// What the tool does at a canvas point, the image there, or how the tool is used.
    fn told(&self, at: Option<Point>) -> String {
        let tab = &self.documents().tab;
        let tool = self.layout().toolbox.current();
        let viewed = Viewed { tab, snapping: Snapping::default(), drawing: &self.preferences().settings.drawing };
        let here = at.and_then(|at| tool.hint(at, &viewed));
        here.or_else(|| tab.nav.under.image.clone()).unwrap_or_else(|| tool.info().hint.to_owned())
    }

    /// The zoom in percent and as objective power; a click opens the Go to dialog.
    fn zoom_ui(&self, ui: &mut Ui) {
        let shown = self.documents().tab.view.zoom * f64::from(ui.pixels_per_point()) * 100.0;
        let objective = self.documents().tab.nav.georeference.calibration.objective.map(|power| power * shown / 100.0);
        let times = objective.map_or_else(String::new, |power| format!("  {}×", rounded(power)));
        let turned = match self.documents().tab.view.angle() {
            0.0 => String::new(),
            degrees => format!("  {}°", (degrees * 10.0).round() / 10.0),
        };
        let mirror = if self.documents().tab.view.mirrored { "  mirrored" } else { "" };
        let text = RichText::new(format!("{} %{times}{turned}{mirror}", rounded(shown))).monospace();
        if ui
            .add(egui::Button::new(text).frame(false).min_size(egui::vec2(66.0, 0.0)))
            .on_hover_text("Go to exact coordinates, zoom or angle")
            .clicked()
        {
            self.ask(WindowCommand::ShowGoTo(true));
        }
    }

    /// `width` points wide.
    fn samples_ui(&self, ui: &mut Ui, width: f32) {
        const MOST: usize = 4;
        let samples = self.services().readout.last_samples();
        let fresh = self.documents().tab.nav.under.fresh;
        let text = |most: usize| {
            let shown: Vec<_> = samples.iter().take(most).map(|v| format!("{} {}", v.channel, v.value)).collect();
            shown.join("  ")
        };
        let more = if samples.len() > MOST { "  …" } else { "" };
        let here = self.documents().tab.nav.under.image.is_some();
        let line = if here { format!("{}{more}", text(MOST)) } else { "–".to_owned() };
        let all = (here && samples.len() > MOST).then(|| text(samples.len()));
        // The last values stay, dimmed, until new ones are read.
        let color = if fresh { None } else { Some(palette(ui).weak) };
        let response = cell(ui, width, line, color);
        if let Some(all) = all {
            response.on_hover_text(all);
        }
    }
}

/// Text in a place of fixed width, so that nothing beside it jumps.
fn cell(ui: &mut Ui, width: f32, text: String, color: Option<egui::Color32>) -> egui::Response {
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let height = ui.available_height();
    ui.allocate_ui_with_layout(egui::vec2(width, height), layout, |ui| {
        ui.set_min_width(width);
        let mut text = RichText::new(text).monospace();
        if let Some(color) = color {
            text = text.color(color);
        }
        ui.add(egui::Label::new(text).truncate())
    })
    .inner
}

/// About three digits.
fn rounded(value: f64) -> String {
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$}")
}
