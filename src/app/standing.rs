//! Checks the destination of a file before writing: the question to ask if it exists, and whether it may be written at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::question::{Question, Writing};
use super::recovering::WORTH_RESUMING;
use crate::export::{Replaced, ResumeMode, Standing, Unfinished, unfinished};
use crate::job::show_bytes;
use crate::mosaic::Mosaic;
use crate::{Error, Result, work};

/// One line with kind, size and date of the file to replace.
pub(super) fn describe(replaced: &Replaced) -> String {
    let size = show_bytes(replaced.bytes);
    let what = match (replaced.is_folder, replaced.files) {
        (false, _) => format!("file, {size}"),
        (true, 1) => format!("folder of 1 file, {size}"),
        (true, files) => format!("folder of {files} files, {size}"),
    };
    match replaced.modified {
        Some(modified) => format!("{what}, modified {}", date(modified)),
        None => what,
    }
}

/// What there is to ask before `writing`. `others`: the projects of other tabs; `open`: all open documents. Fails where it may not be
/// written. Reads the disk.
pub(super) fn look_before(writing: &Writing, others: &[PathBuf], open: &[Arc<Mosaic>]) -> Result<Option<Question>> {
    let path = writing.path();
    let standing = match writing {
        Writing::Export { mosaic, request } => {
            let standing = work::standing(mosaic, request)?;
            let left = (request.start == ResumeMode::New).then(|| unfinished(path)).flatten();
            if let Some(Unfinished { done, total, seconds }) = left.filter(|left| left.seconds >= WORTH_RESUMING) {
                return Ok(Some(Question::Unfinished { done, total, seconds, writing: writing.clone() }));
            }
            standing
        }
        Writing::Project { .. }
        | Writing::Picture { .. }
        | Writing::Positions { .. }
        | Writing::Report { .. }
        | Writing::Regions { .. }
        | Writing::Measures { .. }
        | Writing::Recipe { .. } => {
            if let Some(other) = others.iter().find(|other| is_same(other, path)) {
                let name = other.file_name().unwrap_or_default().to_string_lossy();
                let what = format!("{name} is open in another tab: save under another name, or close that tab first");
                return Err(Error::invalid(what).at(path));
            }
            let mut standing = Standing::Free;
            for mosaic in open {
                standing = work::standing_file(mosaic, path, &[])?;
            }
            standing
        }
    };
    Ok(match standing {
        Standing::Replaces(replaced) if !writing.is_confirmed() => {
            Some(Question::Replace { replaced, writing: writing.clone() })
        }
        _ => None,
    })
}

/// Whether both paths name one file, through links and other spellings too.
fn is_same(a: &Path, b: &Path) -> bool {
    let place = |path: &Path| std::fs::canonicalize(path).or_else(|_| std::path::absolute(path)).ok();
    place(a) == place(b)
}

/// Formats a date and time: local, to the minute.
pub(super) fn date(time: SystemTime) -> String {
    let Ok(time) = jiff::ZonedDateTime::try_from(time) else { return "at an unknown time".into() };
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

/// How long ago `time` was, in words.
pub(super) fn age(time: SystemTime) -> String {
    let minutes = time.elapsed().unwrap_or_default().as_secs() / 60;
    let (count, unit) = match minutes {
        0 => return "Less than a minute ago".into(),
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
    fn ages_and_dates_are_formatted() {
        let ago = |seconds| age(SystemTime::now() - Duration::from_secs(seconds));
        assert_eq!(ago(5), "Less than a minute ago");
        assert_eq!(
            [ago(61), ago(3 * 60), ago(7300), ago(90_000)],
            ["1 minute ago", "3 minutes ago", "2 hours ago", "1 day ago"]
        );
        let text = date(SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365));
        assert!(text.starts_with("197") && text.len() == 16, "{text}");
    }
}
