//! [`Publication`]: renames a complete output to its final names, so that a crash loses neither it nor the replaced output.
//!
//! The intent is written to the [`Workspace`] first, with the identities of the new and the old files. Then each name is exchanged
//! atomically where the system can (the old goes with the workspace); otherwise the old is moved into the workspace, and the new
//! renamed to its name. A descriptor that would temporarily not match the new folder
//! is moved first and renamed last. The next process to open the workspace completes the intent before anything else.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mosaicist_core::whole_file::{self, folder_of, sync_folder};
use serde::{Deserialize, Serialize};

use super::format::Format;
use super::identity::FileId;
use super::target::{self, Part};
use super::workspace::Workspace;
use crate::{Error, IoResultExt as _, Result};

/// The intent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Publication {
    format: Format,
    overwrite: bool,
    /// One entry for each name of the output, in order.
    entries: Vec<Identities>,
}

/// Identities for one name. Empty if there is no file, or if the system has no persistent identities.
#[derive(Debug, Serialize, Deserialize)]
struct Identities {
    new: String,
    /// Of the old file.
    old: String,
}

/// One name of the output.
struct Entry<'a> {
    /// Where it is made, and where it belongs.
    from: PathBuf,
    to: PathBuf,
    is_folder: bool,
    ids: &'a Identities,
}

/// The intent's file in the workspace.
const INTENT: &str = "publishing";

/// A rename that can be reverted.
enum Step {
    Moved(PathBuf, PathBuf),
    Exchanged(PathBuf, PathBuf),
}

impl Publication {
    /// Whether a publication was begun in the workspace of `out` and not ended.
    pub(super) fn was_begun(out: &Path) -> bool {
        fs::symlink_metadata(Workspace::folder_for(out).join(INTENT)).is_ok_and(|found| found.is_file())
    }

    /// Publishes the output in `work`. Fails without any change where a file exists that `overwrite` or
    /// the rules for `format` do not give away.
    pub(super) fn run(work: &Workspace, format: Format, overwrite: bool) -> Result<()> {
        if Self::was_begun(work.out()) {
            return Self::finish(work);
        }
        let publication = Self::write_down(work, format, overwrite)?;
        let mut steps = Vec::new();
        if let Err(error) = publication.take_names(work, &mut steps) {
            steps.into_iter().rev().try_for_each(Step::undo).at(work.out())?;
            let path = work.scratch(INTENT);
            fs::remove_file(&path).at(&path)?;
            return Err(error);
        }
        sync_folder(folder_of(work.out())).at(work.out())
    }

    fn write_down(work: &Workspace, format: Format, overwrite: bool) -> Result<Self> {
        let ids = |(from, part): (PathBuf, Part)| Identities { new: id_of(&from), old: id_of(&part.path) };
        let publication = Self { format, overwrite, entries: names(work, format).map(ids).collect() };
        let text = serde_json::to_vec(&publication).map_err(|error| Error::invalid(error.to_string()))?;
        whole_file::write_bytes(&work.scratch(INTENT), &text)?;
        Ok(publication)
    }

    /// Completes the intent in `work`, from wherever it was interrupted. On failure the intent stays.
    pub(super) fn finish(work: &Workspace) -> Result<()> {
        let path = work.scratch(INTENT);
        let text = fs::read(&path).at(&path)?;
        let publication: Self =
            serde_json::from_slice(&text).map_err(|error| Error::corrupt(error.to_string()).at(&path))?;
        publication.take_names(work, &mut Vec::new())?;
        sync_folder(folder_of(work.out())).at(work.out())
    }

    fn take_names(&self, work: &Workspace, steps: &mut Vec<Step>) -> Result<()> {
        let entries = names(work, self.format).zip(&self.entries);
        let entries: Vec<Entry<'_>> =
            entries.map(|((from, part), ids)| Entry { from, to: part.path, is_folder: part.is_folder, ids }).collect();
        let pending: Vec<&Entry<'_>> = entries.iter().filter(|entry| !entry.is_done()).collect();
        for entry in &pending {
            self.check(entry, work)?;
        }
        // The descriptor of the old does not stand beside the new, unless both are the same.
        if let ([_, .., last], Some(_)) = (&*entries, pending.last())
            && let Ok(found) = fs::symlink_metadata(&last.to)
            && !last.is_done()
            && !are_equal(&last.from, &last.to).at(&last.from)?
        {
            fs::set_permissions(&last.from, found.permissions()).at(&last.from)?;
            step_aside(work, &last.to, steps)?;
        }
        pending.iter().try_for_each(|entry| put(work, entry, entries.len() == 1, steps))
    }

    /// Whether the new may take the name: nothing stands there, or what stood there when this was written down, and that
    /// gives way.
    fn check(&self, entry: &Entry<'_>, work: &Workspace) -> Result<()> {
        let Entry { from, to, is_folder, ids } = entry;
        if fs::symlink_metadata(from).is_err() {
            let what = format!("a part of the output is gone from {}; export it again", work.folder().display());
            return Err(Error::corrupt(what).at(to));
        }
        if fs::symlink_metadata(to).is_err() {
            return Ok(());
        }
        if !self.overwrite || id_of(to) != ids.old {
            let what = "has appeared during the export. The export is complete and saved: move this file away and give the same \
                        command with --resume";
            return Err(Error::limit(what).at(to));
        }
        // A descriptor may have stepped aside before an interruption.
        let aside = aside(work, work.out());
        let descriptor = if work.out().exists() { work.out() } else { &aside };
        target::replaced(&Part { path: to.clone(), is_folder: *is_folder }, work.out(), descriptor, self.format)
            .map(|_| ())
    }
}

/// Where each part of the output is made, and what it will be: folders before files, and what describes the rest last.
fn names(work: &Workspace, format: Format) -> impl Iterator<Item = (PathBuf, Part)> {
    let mut parts = target::parts(work.out(), format);
    // A companion that is a file describes the output's own, which describes a folder.
    let described = format.spec().companion.is_some_and(|beside| !beside.is_folder);
    parts.sort_by_key(|part| if described { part.path != work.out() } else { !part.is_folder });
    parts.into_iter().map(|part| (work.output(part.path.file_name().unwrap_or_default()), part))
}

impl Entry<'_> {
    /// Whether the new file has the name.
    fn is_done(&self) -> bool {
        if self.ids.new.is_empty() {
            return fs::symlink_metadata(&self.from).is_err() && self.to.exists();
        }
        id_of(&self.to) == self.ids.new
    }
}

impl Step {
    fn undo(self) -> io::Result<()> {
        match self {
            Self::Moved(from, to) => fs::rename(to, from),
            Self::Exchanged(from, to) => exchange(&from, &to),
        }
    }
}

/// Whether two files hold the same bytes; the first is small.
fn are_equal(small: &Path, other: &Path) -> io::Result<bool> {
    let is_small_too = fs::metadata(small)?.len() == fs::metadata(other)?.len();
    Ok(is_small_too && fs::read(small)? == fs::read(other)?)
}

/// Renames the new file to its name, replacing what is there, and records how.
fn put(work: &Workspace, Entry { from, to, .. }: &Entry<'_>, alone: bool, steps: &mut Vec<Step>) -> Result<()> {
    let found = fs::symlink_metadata(to).ok();
    if let Some(found) = found.filter(fs::Metadata::is_file) {
        fs::set_permissions(from, found.permissions()).at(from)?;
        if alone {
            // One atomic step: nothing to revert.
            checkpoint().at(to)?;
            return fs::rename(from, to).at(to);
        }
    } else if fs::symlink_metadata(to).is_err() {
        return take_free_name(from, to, steps);
    }
    checkpoint().at(to)?;
    match exchange(from, to) {
        Ok(()) => {
            steps.push(Step::Exchanged(from.clone(), to.clone()));
            Ok(())
        }
        Err(error) if cannot_exchange(&error) => {
            step_aside(work, to, steps)?;
            take_free_name(from, to, steps)
        }
        Err(error) => Err(Error::io(to, error)),
    }
}

fn take_free_name(from: &Path, to: &Path, steps: &mut Vec<Step>) -> Result<()> {
    checkpoint().at(to)?;
    rename_to_free(from, to).at(to)?;
    steps.push(Step::Moved(from.to_owned(), to.to_owned()));
    Ok(())
}

/// Moves the file at `to` into the workspace.
fn step_aside(work: &Workspace, to: &Path, steps: &mut Vec<Step>) -> Result<()> {
    let aside = aside(work, to);
    checkpoint().at(to)?;
    fs::rename(to, &aside).at(to)?;
    steps.push(Step::Moved(to.to_owned(), aside));
    Ok(())
}

fn aside(work: &Workspace, to: &Path) -> PathBuf {
    let mut name = OsString::from("replaced-");
    name.push(to.file_name().unwrap_or_default());
    work.folder().join(name)
}

/// Let two names change places in one step.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    if !can_exchange() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Rename to a name that nothing has; a file created there at the same time is not replaced, where the system can promise that.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE).map_err(io::Error::from) {
        Err(error) if cannot_exchange(&error) => fs::rename(from, to),
        renamed => renamed,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Whether the disk or the system does not know such a renaming.
fn cannot_exchange(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput)
}

fn id_of(path: &Path) -> String {
    FileId::of(path).and_then(|id| id.text()).unwrap_or_default()
}

/// Called before every rename, so that tests can interrupt.
#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "a test's may fail")]
fn checkpoint() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
use tests::{can_exchange, checkpoint};

#[cfg(not(test))]
const fn can_exchange() -> bool {
    true
}

#[cfg(test)]
mod tests;
