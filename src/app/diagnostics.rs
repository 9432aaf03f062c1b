//! The window's log file, and its end for "Copy diagnostics".

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::log;

/// At most so much of the end of the log is copied, in bytes.
const LOG_TAIL: u64 = 64 << 10;

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

/// The end of the log file, or why there is none.
pub(super) fn log_report(path: &Path) -> String {
    match tail(path, LOG_TAIL) {
        Ok(lines) => format!("Log {}:\n{lines}", path.display()),
        Err(error) => format!("Log {}: {error}\n", path.display()),
    }
}

/// Whole lines at the end of a file, at most `most` bytes.
fn tail(path: &Path, most: u64) -> std::io::Result<String> {
    let length = std::fs::symlink_metadata(path).and_then(|found| {
        if found.is_file() { Ok(found.len()) } else { Err(std::io::Error::other("not a plain file")) }
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
