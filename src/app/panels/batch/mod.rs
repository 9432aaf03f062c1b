//! The batch dialog: its form before, its table of states while it runs and after.

mod form;
mod run;
mod table;

use crate::app::batch::BatchDialog;
use crate::app::{App, BatchCommand};
use crate::work::BatchOverview;

/// What the dialog is called.
const HEADING: &str = "Batch";
/// Points that it is wide, where the window is.
const WIDTH: f32 = 760.0;

impl App {
    /// Whether it stays open; the run goes on without it.
    pub(in crate::app::panels) fn batch_ui(&self, ui: &mut egui::Ui, batch: &mut BatchDialog) -> bool {
        let is_open = match self.batch_runner() {
            Some(runner) => self.batch_run_ui(ui, &mut batch.list, runner),
            None => self.batch_form_ui(ui, batch),
        };
        if !is_open {
            self.ask(BatchCommand::Keep(Box::new(batch.form.clone())));
        }
        is_open
    }
}

/// A running batch in the status bar.
pub(super) fn batch_title(now: &BatchOverview) -> String {
    let over = now.done + now.done_before + now.failed;
    let failed = if now.failed > 0 { format!(", {} failed", now.failed) } else { String::new() };
    format!("Batch {} of {}{failed}", over + usize::from(now.current.is_some()), over + now.left)
}

/// A number of files, in words.
fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}
