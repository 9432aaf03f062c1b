//! The run of a batch: its progress, and the state of each file.

use egui::{ProgressBar, RichText, Ui};

use super::table::{Row, Rows, details_ui, table_ui};
use super::{HEADING, WIDTH};
use crate::app::batch::BatchList;
use crate::app::panels::bars::{about, duration, file_name};
use crate::app::panels::modal::{Title, buttons, main_button, modal};
use crate::app::theme::palette;
use crate::app::{App, BatchCommand, ExportCommand};
use crate::job::show_bytes;
use crate::work::{BatchOverview, BatchRunner, ItemState, Rerun};

/// Points of the window's height that are not the table's, and the least and the most that the table is high.
const REST: f32 = 330.0;
const TABLE: (f32, f32) = (120.0, 440.0);

impl App {
    /// Whether it stays open.
    pub(super) fn batch_run_ui(&self, ui: &mut Ui, list: &mut BatchList, runner: &BatchRunner) -> bool {
        let now = runner.overview();
        let title = Title { name: "batch", heading: HEADING, width: WIDTH };
        let body = |ui: &mut Ui, list: &mut BatchList| {
            progress_ui(ui, &now);
            ui.add_space(2.0);
            self.batch_states_ui(ui, list, runner, &now);
        };
        modal(ui, title, list, body, |ui, _, entered| {
            buttons(ui, |ui| {
                for (number, (text, command)) in actions(&now).into_iter().enumerate() {
                    let is_main = number == 0 && !now.is_running;
                    if if is_main { main_button(ui, text, true, entered) } else { ui.button(text).clicked() } {
                        self.ask(command);
                    }
                }
                if ui.button("Close").clicked() {
                    ui.close();
                }
            });
        })
    }

    fn batch_states_ui(&self, ui: &mut Ui, list: &mut BatchList, runner: &BatchRunner, now: &BatchOverview) {
        let failed_only = now.failed > 0 && list.failed_only.unwrap_or(!now.is_running);
        ui.horizontal(|ui| {
            for (only, text) in
                [(false, format!("All ({})", runner.items().len())), (true, format!("Failed ({})", now.failed))]
            {
                let is_on = !only || now.failed > 0;
                let button = egui::Button::selectable(only == failed_only, text);
                if ui.add_enabled(is_on, button).clicked() {
                    list.failed_only = Some(only);
                }
            }
            if now.is_running {
                ui.checkbox(&mut list.follows, "Follow").on_hover_text("Keeps the file that is exported in view");
            }
        });
        let failed = runner.failed();
        let row = |ui: &Ui, number: usize| row_of(ui, runner, number, now);
        let open = |number: usize| self.open_input(&runner.items()[number].item.input);
        let menu = |ui: &mut Ui, number: usize| {
            let (item, state) = (&runner.items()[number].item, runner.state(number));
            if ui.button("Open image").clicked() {
                open(number);
                ui.close();
            }
            if let (ItemState::Done { .. } | ItemState::DoneBefore, Some(folder)) = (&state, item.out.parent()) {
                self.item(ui, "Show result in folder", ExportCommand::ShowFolder(folder.to_owned()).into(), true);
            }
            if let ItemState::Failed(error) = &state
                && ui.button("Copy reason").clicked()
            {
                ui.ctx().copy_text(error.to_string());
                ui.close();
            }
        };
        let height = (ui.ctx().content_rect().height() - REST).clamp(TABLE.0, TABLE.1);
        let rows = Rows {
            numbers: failed_only.then_some(&*failed),
            count: runner.items().len(),
            current: now.current.as_ref().map(|(number, _)| *number),
            height,
            row: &row,
            menu: &menu,
            open: &open,
        };
        table_ui(ui, list, &rows);
        let chosen = list.chosen.iter().next().copied().and_then(|number| Some((number, runner.items().get(number)?)));
        let (text, bad) = match chosen.map(|(number, planned)| (runner.state(number), &planned.item)) {
            None => (String::new(), false),
            Some((ItemState::Failed(error), _)) => (error.to_string(), true),
            Some((_, item)) => (format!("{} → {}", item.input, item.out.display()), false),
        };
        details_ui(ui, &text, bad);
    }
}

/// What can be done now, the most likely first.
fn actions(now: &BatchOverview) -> Vec<(&'static str, BatchCommand)> {
    if now.is_running {
        let pause = if now.progress.paused { "Resume" } else { "Pause" };
        return vec![("Cancel batch", BatchCommand::Cancel), (pause, BatchCommand::Pause(!now.progress.paused))];
    }
    let mut all = Vec::new();
    if now.left > 0 {
        all.push(("Resume", BatchCommand::Rerun(Rerun::Rest)));
    }
    if now.failed > 0 {
        all.push(("Try failed again", BatchCommand::Rerun(Rerun::Failed)));
    }
    all.push(("New batch", BatchCommand::Forget));
    all
}

/// How far the whole is.
fn progress_ui(ui: &mut Ui, now: &BatchOverview) {
    let all = now.done + now.done_before + now.failed + now.left;
    let mut counts = vec![format!("{} of {all} done", now.done + now.done_before)];
    if now.done_before > 0 {
        counts.push(format!("{} of these before", now.done_before));
    }
    if now.failed > 0 {
        counts.push(format!("{} failed", now.failed));
    }
    if now.is_running {
        match now.progress.left {
            _ if now.progress.paused => counts.push("paused".into()),
            Some(left) => counts.push(format!("{} left", about(left))),
            None => {}
        }
    } else {
        if now.left > 0 {
            counts.push(format!("{} cancelled", now.left));
        }
        counts.push(duration(now.progress.elapsed));
    }
    let part = (now.done + now.done_before + now.failed) as f32 + now.current.map_or(0.0, |(_, now)| now.fraction());
    ui.add(ProgressBar::new(part / all.max(1) as f32).desired_height(6.0));
    // Of the whole width, whatever it says.
    ui.with_layout(egui::Layout::top_down_justified(egui::Align::Min), |ui| ui.label(counts.join(", ")));
    if let Some(error) = &now.error {
        ui.add(egui::Label::new(RichText::new(error.to_string()).color(palette(ui).bad)).wrap());
    }
}

fn row_of(ui: &Ui, runner: &BatchRunner, number: usize, now: &BatchOverview) -> Row {
    let item = &runner.items()[number].item;
    let mut time = String::new();
    let (state, result, color) = match runner.state(number) {
        ItemState::Waiting => ("Waiting".into(), file_name(&item.out), None),
        ItemState::Running => {
            let now = now.current.filter(|(current, _)| *current == number).map(|(_, now)| now);
            let part = now.map_or(0.0, |now| now.fraction() * 100.0);
            time = now.and_then(|now| now.left).map_or_else(String::new, |left| format!("{} left", duration(left)));
            (format!("{part:.0} %"), file_name(&item.out), Some(palette(ui).accent))
        }
        ItemState::Done { bytes, seconds } => {
            time = format!("{seconds:.1} s");
            (format!("Done, {}", show_bytes(bytes)), file_name(&item.out), None)
        }
        ItemState::DoneBefore => ("Done before".into(), file_name(&item.out), None),
        ItemState::Failed(error) => ("Failed".into(), error.reason(), Some(palette(ui).bad)),
        ItemState::Cancelled => ("Cancelled".into(), file_name(&item.out), None),
    };
    Row { texts: [item.input.name(), state, result, time], color }
}
