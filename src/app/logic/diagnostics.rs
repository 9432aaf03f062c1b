//! "Copy diagnostics": the state of the window as text.

use std::fmt::Write as _;

use crate::app::App;
use crate::app::diagnostics::log_report;
use crate::job::{resident, show_bytes};

/// At most so many unreadable images are listed.
const MOST_FAILURES: usize = 20;

impl App {
    /// Copies the state of the window and the end of the log to the clipboard.
    pub(super) fn copy_diagnostics(&self) {
        let (state, log) = (self.state_report(), self.preferences.storage.log.clone());
        let read = move || Ok(state + &log.map_or_else(String::new, |path| log_report(&path)));
        self.services.jobs.run(read, |app, text| {
            let lines = text.lines().count();
            app.context.copy_text(text);
            app.tell(format!("Copied diagnostics ({lines} lines, with file names)"), false);
        });
    }

    /// Version, system, memory, documents and failures, a line for each.
    fn state_report(&self) -> String {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let memory = resident().map_or_else(|| "unknown".to_owned(), show_bytes);
        let mut text = format!(
            "Mosaicist {}\nSystem: {} {}, {threads} threads\nMemory: {memory}\nPixels per point: {}\n",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH,
            self.context.pixels_per_point(),
        );
        for tab in self.documents.tabs.ids().into_iter().filter_map(|id| self.tab_of(id)) {
            let mosaic = tab.history.now();
            let bounds = mosaic.bounds();
            let (images, regions) = (mosaic.placements.len(), mosaic.regions.len());
            let changed = if tab.is_dirty() { ", changed" } else { "" };
            let (name, width, height) = (tab.name(), bounds.width(), bounds.height());
            let line =
                format!("Document: {name}, {images} images, {width} × {height} px, {regions} regions{changed}\n");
            text.push_str(&line);
        }
        let failures = &self.services.textures.failures;
        let mut failed: Vec<String> = failures.values().map(ToString::to_string).collect();
        failed.sort_unstable();
        for error in failed.iter().take(MOST_FAILURES) {
            writeln!(text, "Unreadable: {error}").ok();
        }
        if let Some(more) = failed.len().checked_sub(MOST_FAILURES).filter(|more| *more > 0) {
            writeln!(text, "Unreadable: {more} more").ok();
        }
        text
    }
}
