//! [`Standing`]: what stands where something is to be written, as a question tells it; and whether that may be written at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::question::{Question, Writing};
use super::recovering::WORTH_RESUMING;
use crate::export::{Start, Unfinished, unfinished};
use crate::job::show_bytes;
use crate::mosaic::Mosaic;
use crate::source::file_of;
use crate::{Error, IoResultExt as _, Result};

/// A file or a folder that would be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) path: PathBuf,
    /// Of a file.
    pub(super) bytes: Option<u64>,
    pub(super) changed: Option<SystemTime>,
}

impl Standing {
    /// Its kind, size and date, as one line.
    pub(super) fn describe(&self) -> String {
        let what = self.bytes.map_or_else(|| "folder".to_owned(), |bytes| format!("file, {}", show_bytes(bytes)));
        match self.changed {
            Some(changed) => format!("{what}, modified {}", date(changed)),
            None => what,
        }
    }
}

/// What there is to ask before `writing`. `others`: the projects of other tabs; `open`: all open documents. Fails where it may not be
/// written. Reads the disk.
pub(super) fn look_before(writing: &Writing, others: &[PathBuf], open: &[Arc<Mosaic>]) -> Result<Option<Question>> {
    let path = writing.path();
    let replace = |standing| Some(Question::Replace { standing, writing: writing.clone() });
    if let Writing::Export { request, .. } = writing {
        let left = (request.start == Start::New).then(|| unfinished(path)).flatten();
        if let Some(Unfinished { done, total, seconds }) = left.filter(|left| left.seconds >= WORTH_RESUMING) {
            return Ok(Some(Question::Unfinished { done, total, seconds, writing: writing.clone() }));
        }
        let standing = standing(path)?;
        return Ok(standing.filter(|_| !writing.is_confirmed()).and_then(replace));
    }
    if let Some(other) = others.iter().find(|other| is_same(other, path)) {
        let name = other.file_name().unwrap_or_default().to_string_lossy();
        return Err(Error::invalid(format!(
            "{name} is open in another tab: save under another name, or close that tab first"
        ))
        .at(path));
    }
    let Some(standing) = standing(path)? else { return Ok(None) };
    if standing.bytes.is_none() {
        return Err(Error::invalid("a folder of this name is there: choose another name").at(path));
    }
    let images = open.iter().flat_map(|mosaic| &mosaic.placements);
    if images.into_iter().any(|placement| is_same(&file_of(&placement.path), path)) {
        return Err(Error::invalid(
            "this is an image of an open document, which is never replaced: choose another name",
        )
        .at(path));
    }
    Ok(if writing.is_confirmed() { None } else { replace(standing) })
}

fn standing(path: &Path) -> Result<Option<Standing>> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path, error)),
    }
    let found = std::fs::metadata(path).or_else(|_| std::fs::symlink_metadata(path)).at(path)?;
    let bytes = (!found.is_dir()).then_some(found.len());
    Ok(Some(Standing { path: path.to_owned(), bytes, changed: found.modified().ok() }))
}

/// Whether both paths name one file or folder, through links too.
fn is_same(a: &Path, b: &Path) -> bool {
    if std::path::absolute(a).ok() == std::path::absolute(b).ok() {
        return true;
    }
    let (Ok(a), Ok(b)) = (std::fs::metadata(a), std::fs::metadata(b)) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        (a.dev(), a.ino()) == (b.dev(), b.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = (a, b);
        false
    }
}

/// A date and time as people here write them: local, to the minute.
pub(super) fn date(time: SystemTime) -> String {
    let Ok(time) = jiff::ZonedDateTime::try_from(time) else { return "at an unknown time".into() };
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

/// How long ago `time` was, in words.
pub(super) fn age(time: SystemTime) -> String {
    let minutes = time.elapsed().unwrap_or_default().as_secs() / 60;
    let (count, unit) = match minutes {
        0 => return "less than a minute ago".into(),
        1..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ages_and_dates_are_told_in_words() {
        let ago = |seconds| age(SystemTime::now() - Duration::from_secs(seconds));
        assert_eq!(ago(5), "less than a minute ago");
        assert_eq!(
            [ago(61), ago(3 * 60), ago(7300), ago(90_000)],
            ["1 minute ago", "3 minutes ago", "2 hours ago", "1 day ago"]
        );
        let text = date(SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365));
        assert!(text.starts_with("197") && text.len() == 16, "{text}");
    }

    #[test]
    fn links_to_a_file_are_that_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&file, "x").unwrap();
        std::fs::hard_link(&file, &link).unwrap();
        assert!(is_same(&file, &link) && is_same(&folder.path().join("x/../a"), &file) || cfg!(not(unix)));
        std::fs::write(folder.path().join("c"), "x").unwrap();
        assert!(!is_same(&file, &folder.path().join("c")) && !is_same(&file, &folder.path().join("missing")));
    }
}
