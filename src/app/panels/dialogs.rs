//! What lies over the window: export, a typed path, shortcuts, notices, the drop hint.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Align2, Id, Key, Modal, RichText};

use super::super::state::Preview;
use super::super::theme::palette;
use super::super::{App, Command, ExportForm, Shot};
use crate::Result;
use crate::export::{Compression, FORMATS, Traits};
use crate::job::show_bytes;
use crate::mosaic::Mosaic;
use crate::work::preview_plan;

impl App {
    pub(super) fn dialogs_ui(&mut self, ui: &mut egui::Ui) {
        self.export_ui(ui);
        self.typed_path_ui(ui);
        self.shortcuts_ui(ui);
        self.go_to_ui(ui);
        self.unconfirmed_ui(ui);
        self.drop_hint_ui(ui);
    }

    fn export_ui(&mut self, ui: &mut egui::Ui) {
        let Some(mut form) = self.export_form.take() else { return };
        let mosaic = self.mosaic().clone();
        let mut done = None;
        let modal = modal(ui, "export").show(ui.ctx(), |ui| {
            ui.set_width(430.0);
            ui.heading("Export");
            ui.add_space(6.0);
            form_ui(ui, &mut form, &mosaic);
            ui.horizontal(|ui| {
                ui.add(egui::TextEdit::singleline(&mut form.path).desired_width(330.0).hint_text("Write to"));
                if ui.button("Browse…").clicked() {
                    done = Some(Command::AskExportPath);
                }
            });
            ui.add_space(4.0);
            let ready = self.preview_ui(ui, &form);
            ui.add_space(8.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let start = egui::Button::new("Start").fill(palette(ui).accent_fill).min_size(egui::vec2(90.0, 28.0));
                if ui.add_enabled(ready, start).clicked() {
                    done = Some(Command::StartExport);
                }
                if ui.button("Close").clicked() {
                    ui.close();
                }
            });
        });
        if !modal.should_close() {
            self.export_form = Some(form);
        }
        if let Some(command) = done {
            self.ask(command);
        }
    }

    /// How the export would go; whether it can. Found anew only when something has changed.
    fn preview_ui(&mut self, ui: &mut egui::Ui, form: &ExportForm) -> bool {
        let mosaic = self.mosaic().clone();
        let known = self.preview.take().filter(|known| known.form == *form && Arc::ptr_eq(&known.mosaic, &mosaic));
        let preview = known.unwrap_or_else(|| {
            let found = preview(form, &mosaic).map_err(|error| error.reason());
            Preview { form: form.clone(), mosaic, found }
        });
        match &preview.found {
            Ok(text) => ui.label(RichText::new(text).color(palette(ui).weak)),
            Err(text) => ui.colored_label(palette(ui).bad, text),
        };
        let ready = preview.found.is_ok();
        self.preview = Some(preview);
        ready
    }

    fn typed_path_ui(&mut self, ui: &mut egui::Ui) {
        let Some(mut text) = self.typed_path.take() else { return };
        // A proposed name means that something is to be saved.
        let open = !self.mosaic().placements.is_empty();
        let picture = text.to_lowercase().ends_with(".png") && open;
        let saving = picture || text.to_lowercase().ends_with(".mosaic") && open;
        let mut done = None;
        let modal = modal(ui, "path").show(ui.ctx(), |ui| {
            ui.set_width(440.0);
            ui.heading(match (picture, saving) {
                (true, _) => "Save the view as a picture",
                (_, true) => "Save the project as",
                _ => "Open",
            });
            let hint = "A file, a folder of tiles or a .mosaic project";
            let field = ui.add(egui::TextEdit::singleline(&mut text).desired_width(430.0).hint_text(hint));
            if !field.has_focus() && !field.lost_focus() {
                field.request_focus();
            }
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            ui.add_space(6.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let go = egui::Button::new(if saving { "Save" } else { "Open path" }).fill(palette(ui).accent_fill);
                let clicked = ui.add_enabled(!text.trim().is_empty(), go).clicked();
                if (clicked || entered) && !text.trim().is_empty() {
                    let path = PathBuf::from(text.trim());
                    done = Some(match (picture, saving) {
                        (true, _) => Command::Shot(Shot::SaveView(path)),
                        (_, true) => Command::SaveTo(path),
                        _ => Command::Open(vec![path]),
                    });
                }
                if ui.button("Cancel").clicked() {
                    ui.close();
                }
            });
        });
        match done {
            Some(command) => self.ask(command),
            None if !modal.should_close() => self.typed_path = Some(text),
            None => {}
        }
    }

    fn unconfirmed_ui(&mut self, ui: &mut egui::Ui) {
        let Some(command) = self.unconfirmed.clone() else { return };
        let modal = modal(ui, "unconfirmed").show(ui.ctx(), |ui| {
            ui.set_width(380.0);
            ui.heading("Changes are not saved");
            ui.label(
                "Since the last saving the arrangement or the regions have changed. The image files are never touched.",
            );
            ui.add_space(8.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.add(egui::Button::new("Save").fill(palette(ui).accent_fill)).clicked() {
                    self.ask(Command::KeepChanges);
                    self.ask(Command::Save);
                }
                if ui.button("Discard").clicked() {
                    self.ask(Command::Discard(Box::new(command)));
                }
                if ui.button("Keep working").clicked() {
                    ui.close();
                }
            });
        });
        if modal.should_close() {
            self.ask(Command::KeepChanges);
        }
    }

    /// What has been done or has failed, until it is closed.
    pub(super) fn notices_ui(&mut self, ui: &mut egui::Ui) {
        if self.notices.is_empty() {
            return;
        }
        let colours = palette(ui);
        egui::Area::new(Id::unique("notices")).anchor(Align2::CENTER_BOTTOM, [0.0, -44.0]).show(ui.ctx(), |ui| {
            egui::Frame::popup(ui.style()).inner_margin(egui::Margin::symmetric(14, 10)).show(ui, |ui| {
                ui.set_max_width(640.0);
                for notice in &self.notices {
                    let colour = if notice.bad { colours.bad } else { colours.good };
                    ui.horizontal(|ui| {
                        ui.colored_label(colour, "●");
                        ui.add(egui::Label::new(&notice.text).wrap());
                    });
                }
                if ui.small_button("Close").clicked() {
                    self.ask(Command::DismissNotices);
                }
            });
        });
    }

    fn drop_hint_ui(&self, ui: &mut egui::Ui) {
        let count = ui.input(|input| input.raw.hovered_files.len());
        if count > 0 && !self.mosaic().placements.is_empty() {
            let text = format!("Drop to add {count} to the canvas");
            let at = self.tab.screen.center();
            let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, Id::unique("drop")));
            painter.rect_filled(self.tab.screen, 0.0, palette(ui).accent.gamma_multiply(0.2));
            painter.text(at, Align2::CENTER_CENTER, text, egui::FontId::proportional(24.0), egui::Color32::WHITE);
        }
    }
}

pub(super) fn modal(ui: &egui::Ui, name: &str) -> Modal {
    Modal::new(Id::unique(name)).frame(egui::Frame::popup(ui.style()).inner_margin(egui::Margin::same(20)))
}

fn form_ui(ui: &mut egui::Ui, form: &mut ExportForm, mosaic: &Mosaic) {
    egui::Grid::new("export form").num_columns(2).spacing([16.0, 7.0]).show(ui, |ui| {
        ui.label("Format");
        let mut format = form.format;
        egui::ComboBox::from_id_salt("format")
            .width(250.0)
            .height(480.0)
            .selected_text(title(format.traits()))
            .show_ui(ui, |ui| {
                for traits in FORMATS {
                    ui.selectable_value(&mut format, traits.format, title(traits));
                }
            });
        if form.format != format {
            form.set_format(format);
        }
        ui.end_row();
        ui.label("What");
        let name = |id| mosaic.region(id).map_or_else(|| "–".to_owned(), |region| region.name.clone());
        let chosen = form.region.map_or_else(|| "The whole mosaic".to_owned(), name);
        egui::ComboBox::from_id_salt("what").width(250.0).selected_text(chosen).show_ui(ui, |ui| {
            ui.selectable_value(&mut form.region, None, "The whole mosaic");
            for region in &mosaic.regions {
                ui.selectable_value(&mut form.region, Some(region.id), &region.name);
            }
        });
        ui.end_row();
        ui.label("Resolution");
        let rect = form.region.and_then(|id| mosaic.region(id)).map_or(mosaic.bounds(), |region| region.shape.bounds());
        let level_name = |level: usize| {
            let size = rect.size().halved_times(level);
            if level == 0 { format!("Full, {size}") } else { format!("1/{}, {size}", 1 << level) }
        };
        egui::ComboBox::from_id_salt("level").width(250.0).selected_text(level_name(form.level)).show_ui(ui, |ui| {
            for level in (0..8).filter(|&level| level == 0 || rect.size().halved_times(level).longest() >= 32) {
                ui.selectable_value(&mut form.level, level, level_name(level));
            }
        });
        ui.end_row();
        let traits = form.format.traits();
        if form.format.is_tiff() {
            ui.label("Compression");
            ui.horizontal(|ui| {
                egui::ComboBox::from_id_salt("compression")
                    .width(130.0)
                    .selected_text(compression_name(form.compression))
                    .show_ui(ui, |ui| {
                        for value in [
                            Compression::Jpeg,
                            Compression::Deflate,
                            Compression::Zstd,
                            Compression::Lzw,
                            Compression::None,
                        ] {
                            ui.selectable_value(&mut form.compression, value, compression_name(value));
                        }
                    });
                ui.checkbox(&mut form.pyramid, "Pyramid");
            });
            ui.end_row();
        }
        if !traits.tiles.is_empty() {
            ui.label("Tiles");
            ui.horizontal(|ui| {
                for &tiles in traits.tiles {
                    ui.selectable_value(&mut form.tiles, tiles, tiles.ending().to_uppercase());
                }
                if traits.viewer {
                    ui.checkbox(&mut form.viewer, "With a page to look at it");
                }
            });
            ui.end_row();
        }
        if form.is_jpeg() {
            ui.label("Quality");
            ui.add(egui::Slider::new(&mut form.quality, 1..=100));
            ui.end_row();
        }
        ui.label("Memory");
        ui.add(egui::Slider::new(&mut form.memory_mib, 128..=8192).logarithmic(true).suffix(" MiB"));
        ui.end_row();
    });
}

/// How the export would go, or why it cannot.
fn preview(form: &ExportForm, mosaic: &Mosaic) -> Result<String> {
    let request = form.request(mosaic)?;
    let plan = preview_plan(mosaic, &request)?;
    let free = plan.free_bytes.map_or_else(String::new, |free| format!("; {} free on the disk", show_bytes(free)));
    Ok(format!(
        "{} levels, {} tiles, about {}; at most {} of memory{free}",
        plan.levels.len(),
        plan.tiles,
        show_bytes(plan.output_bytes),
        show_bytes(plan.peak_bytes),
    ))
}

/// A format's name with the ending of its files, if they have one.
fn title(traits: &Traits) -> String {
    traits.endings.first().map_or_else(|| traits.title.to_owned(), |ending| format!("{} (.{ending})", traits.title))
}

fn compression_name(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "None",
        Compression::Lzw => "LZW",
        Compression::Deflate => "Deflate",
        Compression::Zstd => "Zstandard",
        Compression::Jpeg => "JPEG",
    }
}
