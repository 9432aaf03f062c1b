//! The dialog that imports a raw file: its layout, with a live preview.

use egui::{ComboBox, RichText, Stroke, StrokeKind};

use super::super::raw_form::RawForm;
use super::super::theme::palette;
use super::super::{App, FileCommand};
use super::export_dialog::choice;
use super::field::number_field;
use super::modal::{Title, buttons, main_button, modal};
use crate::job::show_bytes;
use crate::source::{Interleave, RawLayout, RawType};

impl App {
    /// Whether it stays open.
    pub(super) fn raw_ui(&self, ui: &mut egui::Ui, form: &mut RawForm) -> bool {
        let (mut open, room) = (false, ui.ctx().content_rect().height());
        let title = Title { name: "raw", heading: "Import raw", width: 760.0 };
        let body = |ui: &mut egui::Ui, form: &mut RawForm| {
            let name = form.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let what = format!("{name}, {}: set its size and sample type.", show_bytes(form.length));
            ui.label(RichText::new(what).color(palette(ui).weak));
            ui.add_space(8.0);
            let height = (room - 210.0).clamp(260.0, 380.0);
            ui.horizontal_top(|ui| {
                ui.vertical(|ui| {
                    ui.set_width(300.0);
                    ui.set_min_height(height);
                    fields_ui(ui, form);
                });
                picture_ui(ui, form, height);
            });
        };
        let is_open = modal(ui, title, form, body, |ui, form, entered| {
            buttons(ui, |ui| {
                let ready = form.is_shown() && form.reason().is_none();
                open = main_button(ui, "Open", ready, entered);
                if ui.button("Cancel").clicked() {
                    ui.close();
                }
            });
        });
        if !form.is_shown() && form.asked.is_none() {
            self.ask(FileCommand::PreviewRaw);
        }
        if open {
            self.ask(FileCommand::OpenRaw);
        }
        is_open
    }
}

fn fields_ui(ui: &mut egui::Ui, form: &mut RawForm) {
    if !form.guesses.is_empty() {
        let text = if form.guesses.contains(&form.layout) { named(&form.layout) } else { "Custom".into() };
        ComboBox::from_id_salt("guesses").width(290.0).selected_text(text).show_ui(ui, |ui| {
            for guess in &form.guesses {
                ui.selectable_value(&mut form.layout, guess.clone(), named(guess));
            }
        });
        ui.add_space(4.0);
    }
    egui::Grid::new("raw form").num_columns(2).spacing([16.0, 7.0]).min_col_width(80.0).show(ui, |ui| {
        ui.label("Width");
        ui.horizontal(|ui| {
            let speed = (f64::from(form.layout.size.width) / 400.0).max(0.2);
            let field = number_field(&mut form.layout.size.width).range(1..=1 << 30).speed(speed).suffix(" px");
            ui.add(field);
        });
        ui.end_row();
        ui.label("Height");
        ui.horizontal(|ui| {
            let speed = (f64::from(form.layout.size.height) / 400.0).max(0.2);
            ui.add(number_field(&mut form.layout.size.height).range(1..=1 << 30).speed(speed).suffix(" px"));
            if ui.small_button("Fill").on_hover_text("Use all rows in the file").clicked() {
                form.fill_height();
            }
        });
        ui.end_row();
        ui.label("Bands");
        ui.add(number_field(&mut form.layout.bands).range(1..=255).speed(0.05));
        ui.end_row();
        ui.label("Type");
        let types = [
            RawType::U8,
            RawType::I8,
            RawType::U16,
            RawType::I16,
            RawType::U32,
            RawType::I32,
            RawType::F32,
            RawType::F64,
        ];
        choice(ui, "raw type", 160.0, &mut form.layout.sample, &types, type_name);
        ui.end_row();
        if form.layout.sample.bytes() > 1 {
            ui.label("Byte order");
            let name = |big| if big { "Big-endian" } else { "Little-endian" };
            choice(ui, "raw order", 160.0, &mut form.layout.big_endian, &[false, true], name);
            ui.end_row();
        }
        if form.layout.bands > 1 {
            ui.label("Interleave");
            let all = [Interleave::Pixel, Interleave::Line, Interleave::Plane];
            choice(ui, "raw interleave", 160.0, &mut form.layout.interleave, &all, interleave_name);
            ui.end_row();
        }
        ui.label("Offset");
        ui.add(number_field(&mut form.layout.offset).range(0..=form.length).suffix(" bytes"));
        ui.end_row();
    });
    ui.add_space(6.0);
    let (text, bad) = match form.left_over() {
        0 => ("Matches the file size exactly".to_owned(), false),
        left if left > 0 => (format!("{} remain after the image", show_bytes(left as u64)), false),
        lack => (format!("The file is {} too short", show_bytes(-lack as u64)), true),
    };
    let colors = palette(ui);
    ui.label(RichText::new(text).color(if bad { colors.bad } else { colors.weak }));
}

/// The picture by the numbers; while new ones are tried, the one before.
fn picture_ui(ui: &mut egui::Ui, form: &RawForm, height: f32) {
    let size = egui::vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "Preview"));
    let colors = palette(ui);
    ui.painter().rect(rect, 4.0, colors.canvas, Stroke::new(1.0, colors.border), StrokeKind::Inside);
    match &form.shown {
        Some((_, Ok(texture))) => {
            let full = texture.size_vec2();
            let scale = ((rect.width() - 8.0) / full.x).min((rect.height() - 8.0) / full.y);
            let place = egui::Rect::from_center_size(rect.center(), full * scale);
            let uv = egui::Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
            ui.painter().image(texture.id(), place, uv, egui::Color32::WHITE);
        }
        Some((_, Err(reason))) => {
            let font = egui::FontId::proportional(13.0);
            let galley = ui.painter().layout(reason.clone(), font, colors.bad, rect.width() - 40.0);
            let at = rect.center() - galley.size() / 2.0;
            ui.painter().galley(at, galley, colors.bad);
        }
        None => {}
    }
}

fn named(layout: &RawLayout) -> String {
    let bands = match layout.bands {
        1 => "gray".to_owned(),
        3 => "RGB".to_owned(),
        4 => "RGBA".to_owned(),
        many => format!("{many} bands"),
    };
    let offset = if layout.offset > 0 { format!(", after {} bytes", layout.offset) } else { String::new() };
    format!("{}, {bands}, {}{offset}", layout.size, type_name(layout.sample))
}

fn type_name(sample: RawType) -> &'static str {
    match sample {
        RawType::U8 => "8 bits",
        RawType::I8 => "8 bits, signed",
        RawType::U16 => "16 bits",
        RawType::I16 => "16 bits, signed",
        RawType::U32 => "32 bits",
        RawType::I32 => "32 bits, signed",
        RawType::F32 => "float",
        RawType::F64 => "double",
    }
}

fn interleave_name(interleave: Interleave) -> &'static str {
    match interleave {
        Interleave::Pixel => "By pixel (BIP)",
        Interleave::Line => "By line (BIL)",
        Interleave::Plane => "By band (BSQ)",
    }
}
