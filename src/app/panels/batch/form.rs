//! The form of a batch: which files, what is done with them, where results go.

use std::sync::Arc;

use egui::{ComboBox, RichText, TextEdit, Ui};

use super::table::{Row, Rows, details_ui, table_ui};
use super::{HEADING, WIDTH, files};
use crate::app::batch::{BatchDialog, BatchForm, BatchList, PlannedBatch};
use crate::app::panels::bars::file_name;
use crate::app::panels::export_dialog::{FIELD, as_seen_ui, encoding_ui, form_grid, format_ui, more_ui};
use crate::app::panels::field::{number_field, text_field};
use crate::app::panels::modal::{Title, buttons, main_button, modal};
use crate::app::panels::process::filter_title;
use crate::app::theme::palette;
use crate::app::{App, BatchCommand, ExportCommand};
use crate::work::{ItemStanding, document_filters};

/// Points of the window's height that are not the table's, and the least and the most that the table is high.
const REST: f32 = 560.0;
const TABLE: (f32, f32) = (112.0, 264.0);

impl App {
    /// Whether it stays open.
    pub(super) fn batch_form_ui(&self, ui: &mut Ui, batch: &mut BatchDialog) -> bool {
        let title = Title { name: "batch", heading: HEADING, width: WIDTH };
        modal(
            ui,
            title,
            batch,
            |ui, batch| {
                self.batch_files_ui(ui, batch);
                form_grid(ui, |ui| {
                    self.batch_recipe_ui(ui, &mut batch.form);
                    format_ui(ui, &mut batch.form.export);
                    extent_ui(ui, &mut batch.form);
                    encoding_ui(ui, &mut batch.form.export, true);
                });
                more_ui(ui, &mut batch.form.export);
            },
            |ui, batch, entered| {
                ui.add_space(4.0);
                self.batch_where_ui(ui, &mut batch.form);
                ui.add_space(4.0);
                let ready = self.batch_plan_ui(ui, batch);
                buttons(ui, |ui| {
                    let goes_on = batch.current().is_some_and(|planned| planned.done_before > 0) && !batch.form.replace;
                    if main_button(ui, if goes_on { "Resume" } else { "Start" }, ready, entered) {
                        self.ask(BatchCommand::Start);
                    }
                    if ui.button("Close").clicked() {
                        ui.close();
                    }
                });
            },
        )
    }

    /// The files, and what each becomes.
    fn batch_files_ui(&self, ui: &mut Ui, batch: &mut BatchDialog) {
        let BatchDialog { form, planned, list, .. } = batch;
        ui.horizontal_wrapped(|ui| {
            if ui.button("Add files…").clicked() {
                self.ask(BatchCommand::AskFiles);
            }
            if ui.button("Add folder…").clicked() {
                self.ask(BatchCommand::AskFolder);
            }
            if ui.add_enabled(!list.chosen.is_empty(), egui::Button::new("Remove")).clicked() {
                remove_chosen(form, list);
            }
            if ui.add_enabled(!form.files.is_empty(), egui::Button::new("Remove all")).clicked() {
                (form.files, *list) = (Arc::default(), BatchList::default());
            }
            let count = if form.files.is_empty() {
                "Files and folders can be dropped here".into()
            } else {
                files(form.files.len())
            };
            ui.label(RichText::new(count).color(palette(ui).weak));
        });
        let plan = planned.as_ref().and_then(|planned| planned.found.as_ref().ok());
        let planned = |number: usize| {
            let planned = plan?.items.get(number)?;
            (Some(&planned.item.input) == form.files.get(number)).then_some(planned)
        };
        let row = |ui: &Ui, number: usize| {
            let name = form.files[number].name();
            let (state, result, color) = match planned(number).map(|planned| (&planned.standing, &planned.item.out)) {
                None => (String::new(), String::new(), None),
                Some((ItemStanding::New, out)) => (String::new(), file_name(out), None),
                Some((ItemStanding::DoneBefore, out)) => ("Done before".into(), file_name(out), None),
                Some((ItemStanding::Exists, out)) => {
                    let bad = (!form.replace).then(|| palette(ui).bad);
                    let state = if form.replace { "Is replaced" } else { "Exists" };
                    (state.into(), file_name(out), bad)
                }
                Some((ItemStanding::Refused(error), _)) => ("Refused".into(), error.reason(), Some(palette(ui).bad)),
            };
            Row { texts: [name, state, result, String::new()], color }
        };
        let open = |number: usize| self.open_input(&form.files[number]);
        let removed = std::cell::Cell::new(false);
        let menu = |ui: &mut Ui, number: usize| {
            if ui.button("Open image").clicked() {
                open(number);
                ui.close();
            }
            if let Some(folder) = form.files[number].path.parent() {
                self.item(ui, "Show in folder", ExportCommand::ShowFolder(folder.to_owned()).into(), true);
            }
            if ui.button("Remove").clicked() {
                removed.set(true);
                ui.close();
            }
        };
        let room = ui.ctx().content_rect().height();
        let height = (room - REST).clamp(TABLE.0, TABLE.1);
        let rows =
            Rows { numbers: None, count: form.files.len(), current: None, height, row: &row, menu: &menu, open: &open };
        table_ui(ui, list, &rows);
        let chosen = list.chosen.iter().next().copied().filter(|_| list.chosen.len() == 1);
        let text = chosen.and_then(|number| {
            let (image, planned) = (form.files.get(number)?, planned(number));
            Some(match planned.map(|planned| (&planned.standing, &planned.item.out)) {
                Some((ItemStanding::Refused(error), _)) => (error.to_string(), true),
                Some((_, out)) => (format!("{image} → {}", out.display()), false),
                None => (image.to_string(), false),
            })
        });
        let (text, bad) = text.unwrap_or_default();
        details_ui(ui, &text, bad);
        if removed.get() {
            remove_chosen(form, list);
        }
    }

    /// The filters, and where they come from.
    fn batch_recipe_ui(&self, ui: &mut Ui, form: &mut BatchForm) {
        ui.label("Filters");
        ui.horizontal_wrapped(|ui| {
            let names: Vec<String> = form.filters.iter().map(|spec| filter_title(spec.filter().name)).collect();
            let text = if names.is_empty() { "None".to_owned() } else { names.join(", ") };
            let all: Vec<String> = form.filters.iter().map(ToString::to_string).collect();
            let label = ui.add(egui::Label::new(text).wrap());
            if !all.is_empty() {
                label.on_hover_text(all.join("\n"));
            }
            let own = document_filters(self.mosaic()).unwrap_or_default();
            let is_offered = !own.is_empty() && own != form.filters;
            let hint = "The filters of the current document";
            if ui.add_enabled(is_offered, egui::Button::new("From Process tab")).on_hover_text(hint).clicked() {
                form.filters = own;
            }
            if !form.filters.is_empty() && ui.button("Remove filters").clicked() {
                form.filters.clear();
            }
        });
        ui.end_row();
        ui.label("Recipe");
        ui.horizontal_wrapped(|ui| {
            let hint = "Filters and options of an export in a file, as 'mosaicist batch --recipe' reads them";
            if ui.button("Load…").on_hover_text(hint).clicked() {
                self.ask(BatchCommand::AskRecipe);
            }
            if ui.button("Save as…").on_hover_text(hint).clicked() {
                self.ask(BatchCommand::AskSaveRecipe);
            }
            if !form.further.is_empty() {
                let options: Vec<_> = form.further.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                ui.label(RichText::new(options.join(", ")).color(palette(ui).weak))
                    .on_hover_text("Options of the recipe that have no field here");
                if ui.button("Remove options").clicked() {
                    form.further.clear();
                }
            }
        });
        ui.end_row();
    }

    /// Whether it can start. Found anew after a change.
    fn batch_plan_ui(&self, ui: &mut Ui, batch: &BatchDialog) -> bool {
        let current = batch.current();
        if current.is_none() {
            self.ask(BatchCommand::Plan);
        }
        let (text, bad) = current.or(batch.planned.as_ref()).map_or_else(|| (String::new(), false), plan_text);
        let color = if bad { palette(ui).bad } else { palette(ui).weak };
        let size = egui::vec2(ui.available_width(), 34.0);
        ui.allocate_ui_with_layout(size, egui::Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_height(size.y);
            ui.add(egui::Label::new(RichText::new(text).color(color)).wrap());
        });
        current.is_some_and(PlannedBatch::is_ready)
    }

    /// Where results go.
    fn batch_where_ui(&self, ui: &mut Ui, form: &mut BatchForm) {
        egui::Grid::new("batch out").num_columns(2).spacing([16.0, 6.0]).min_col_width(90.0).show(ui, |ui| {
            ui.label("Folder");
            ui.horizontal(|ui| {
                let width = (ui.available_width() - 92.0).max(120.0);
                let field = TextEdit::singleline(&mut form.folder).desired_width(width).hint_text("Write to");
                let field = text_field(ui, field);
                field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Folder of the results"));
                if ui.button("Browse…").clicked() {
                    self.ask(BatchCommand::AskOut);
                }
            });
            ui.end_row();
            ui.label("Names");
            ui.horizontal(|ui| {
                let field = text_field(ui, TextEdit::singleline(&mut form.export.path).desired_width(FIELD));
                field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Names of the results"));
                field.on_hover_text("{name} is the name of the file without its ending, {index} its number from 1");
                ui.checkbox(&mut form.replace, "Replace results that exist");
            });
            ui.end_row();
        });
    }

    /// Shows an image in a tab.
    pub(super) fn open_input(&self, image: &crate::ImageRef) {
        self.ask(BatchCommand::Open(image.clone()));
    }
}

/// What is going to be done, or what stands in the way.
fn plan_text(planned: &PlannedBatch) -> (String, bool) {
    if planned.form.files.is_empty() {
        return ("Add images to begin".into(), false);
    }
    let all = match &planned.found {
        Err(why) => return (why.clone(), true),
        Ok(plan) => plan.items.len(),
    };
    let PlannedBatch { done_before, existing, refused, .. } = *planned;
    let replace = planned.form.replace;
    if refused > 0 {
        let first = planned.found.as_ref().ok().and_then(|plan| plan.check().err());
        let why = first.map_or_else(String::new, |error| error.to_string());
        return (format!("{} cannot be done: {why}", files(refused)), true);
    }
    if existing > 0 && !replace {
        return (format!("{existing} of the results exist; choose Replace, or other names"), true);
    }
    let mut text = format!("{} to do", files(if replace { all } else { all - done_before }));
    if done_before > 0 && !replace {
        text += &format!(", {done_before} done before");
    } else if existing + done_before > 0 {
        text += &format!(", {} are replaced", existing + done_before);
    }
    (text, false)
}

/// How large results are, and their values.
fn extent_ui(ui: &mut Ui, form: &mut BatchForm) {
    ui.label("Resolution");
    ui.horizontal(|ui| {
        let name = |level: usize| if level == 0 { "Full".to_owned() } else { format!("1/{}", 1 << level) };
        ComboBox::from_id_salt("level").width(90.0).selected_text(name(form.export.level)).show_ui(ui, |ui| {
            for level in 0..8 {
                ui.selectable_value(&mut form.export.level, level, name(level));
            }
        });
        let mut percent = form.export.scale * 100.0;
        let field = number_field(&mut percent).range(0.1..=1600.0).speed(0.5).max_decimals(3).suffix(" %");
        if ui.add(field).on_hover_text("On top of the resolution, in any factor").changed() {
            form.export.scale = percent / 100.0;
        }
    });
    ui.end_row();
    ui.label("Values");
    as_seen_ui(ui, &mut form.as_seen);
    ui.end_row();
}

fn remove_chosen(form: &mut BatchForm, list: &mut BatchList) {
    let kept = form.files.iter().enumerate().filter(|(number, _)| !list.chosen.contains(number));
    form.files = Arc::new(kept.map(|(_, image)| image.clone()).collect());
    (list.chosen, list.anchor) = (std::collections::BTreeSet::new(), None);
}
