//! What a report of a fault needs: the window's log file, and the text of "Copy diagnostics".

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::App;
use crate::job::{resident, show_bytes};
use crate::log;

/// At most so much of the end of the log is copied, in bytes.
const LOG_TAIL: u64 = 64 << 10;
/// At most so many unreadable images are listed.
const MOST_FAILURES: usize = 20;

/// The log file in the folder where the system keeps such files for the user.
pub(super) fn usual_log() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("org", "mosaicist", "Mosaicist")?;
    Some(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).join("log.txt"))
}

/// Begins to write the log file, panics included.
pub(super) fn begin_log() {
    let Some(path) = usual_log() else { return };
    if path.parent().is_some_and(|folder| std::fs::create_dir_all(folder).is_err()) {
        return;
    }
    log::to_file(&path);
    tracing::info!(
        "Mosaicist {} started on {} {}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!("{panic}");
        usual(panic);
    }));
}

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
            let changed = if tab.history.is_dirty() { ", changed" } else { "" };
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

/// The end of the log file, or why there is none.
fn log_report(path: &Path) -> String {
    match tail(path, LOG_TAIL) {
        Ok(lines) => format!("Log {}:\n{lines}", path.display()),
        Err(error) => format!("Log {}: {error}\n", path.display()),
    }
}

/// Whole lines at the end of a file, at most `most` bytes.
fn tail(path: &Path, most: u64) -> std::io::Result<String> {
    let length = std::fs::symlink_metadata(path).and_then(|found| match found.is_file() {
        true => Ok(found.len()),
        false => Err(std::io::Error::other("not a plain file")),
    })?;
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let whole = if length > most { text.split_once('\n').map_or("", |(_, lines)| lines) } else { &text };
    Ok(whole.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tail_begins_with_a_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.txt");
        std::fs::write(&path, "first\nsecond\nthird\n").unwrap();
        assert_eq!(tail(&path, 100).unwrap(), "first\nsecond\nthird\n");
        assert_eq!(tail(&path, 15).unwrap(), "second\nthird\n");
        assert!(log_report(&folder.path().join("none")).contains("none"));
    }
}
