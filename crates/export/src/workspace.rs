//! [`Workspace`]: the hidden folder beside the output in which an export is made, until it is complete.
//!
//! It lies on the output's own disk, so that publishing is renaming. Nothing in it is ever taken for an output.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::{Error, IoResultExt, Result};

/// The folder `.NAME.mosaicist-part` beside `NAME`, locked as long as this lives.
///
/// Dropped, it stays as it is (an export may go on from it).
#[derive(Debug)]
pub struct Workspace {
    folder: PathBuf,
    out: PathBuf,
    /// Held for its lock.
    _lock: File,
}

const LOCK: &str = "lock";
const OUTPUT: &str = "output";

impl Workspace {
    /// Enter the folder that belongs to `out`, made if need be. Fails while another export is in it.
    pub(super) fn enter(out: &Path) -> Result<Self> {
        let folder = Self::folder_for(out);
        // Not the folders above it: a name mistyped must not make any.
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(Error::io(out, error)),
            _ => {}
        }
        let path = folder.join(LOCK);
        let lock = File::create(&path).at(&path)?;
        match lock.try_lock() {
            // Some disks of the network know no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => {
                let what = "another export writes to this name now; wait for it or choose another name";
                return Err(Error::limit(what).at(out));
            }
        }
        Ok(Self { folder, out: out.to_owned(), _lock: lock })
    }

    /// Where the unfinished export of `out` lies, if there is one.
    pub(super) fn folder_for(out: &Path) -> PathBuf {
        let mut name = OsString::from(".");
        name.push(out.file_name().unwrap_or_default());
        name.push(".mosaicist-part");
        folder_of(out).join(name)
    }

    /// The final name of the output.
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where to write what will stand as `name` beside (or as) the output. Only what has been made there is published.
    pub fn output(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.folder.join(OUTPUT).join(name.as_ref())
    }

    /// Where to write what is needed only until the export is complete, spools say. Gone with the workspace.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Remove all that was made here, and stay in.
    pub(super) fn clear(&self) -> Result<()> {
        for entry in fs::read_dir(&self.folder).at(&self.folder)? {
            let entry = entry.at(&self.folder)?;
            if entry.file_name() != LOCK {
                remove(&entry.path()).at(&entry.path())?;
            }
        }
        let output = self.folder.join(OUTPUT);
        fs::create_dir(&output).at(&output)
    }

    /// Make durable all that has been written below it, by whichever thread.
    pub fn sync(&self) -> Result<()> {
        sync_below(&self.folder).at(&self.folder)
    }

    /// Give everything in the output folder its final name: folders first, single files (which name the folders) last.
    ///
    /// May be called again after it was interrupted anywhere.
    pub(super) fn publish(&self) -> Result<()> {
        let output = self.folder.join(OUTPUT);
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&output).at(&output)? {
            let from = entry.at(&output)?.path();
            let to = folder_of(&self.out).join(from.file_name().unwrap_or_default());
            if from.is_file() { files.push((from, to)) } else { folders.push((from, to)) }
        }
        self.publish_folders(&folders, &files)?;
        for (from, to) in files {
            self.replace(&from, &to)?;
        }
        sync_folder(folder_of(&self.out)).at(&self.out)
    }

    /// Give the folders their names. The files that are to be replaced leave before: not for a moment may an old one name what
    /// the new folders hold.
    fn publish_folders(&self, folders: &[(PathBuf, PathBuf)], files: &[(PathBuf, PathBuf)]) -> Result<()> {
        let mut aside = Vec::new();
        for (_, to) in files.iter().filter(|(_, to)| !folders.is_empty() && to.is_file()) {
            let old = self.aside(to);
            fs::rename(to, &old).at(to)?;
            aside.push((old, to));
        }
        let published = folders.iter().try_for_each(|(from, to)| self.replace(from, to));
        if published.is_err() {
            for (old, to) in aside {
                fs::rename(&old, to).at(to)?;
            }
        }
        published
    }

    /// Where what stands as `to` goes when it is replaced.
    fn aside(&self, to: &Path) -> PathBuf {
        let mut name = OsString::from("replaced-");
        name.push(to.file_name().unwrap_or_default());
        self.folder.join(name)
    }

    /// Remove the folder with all that is in it.
    pub(super) fn discard(self) -> Result<()> {
        remove(&self.folder).at(&self.folder)
    }

    /// Rename `from` to `to`; a folder in the way comes to lie here, and goes with it.
    ///
    /// Exchanging both in one step would leave no moment without an output, but no way either to tell after an interruption
    /// which of the two is the new one.
    fn replace(&self, from: &Path, to: &Path) -> Result<()> {
        let in_the_way = to.is_dir() || from.is_dir() && to.exists();
        if !in_the_way {
            return fs::rename(from, to).at(to);
        }
        let old = self.aside(to);
        remove(&old).at(&old)?;
        fs::rename(to, &old).at(to)?;
        if let Err(error) = fs::rename(from, to) {
            fs::rename(&old, to).at(to)?;
            return Err(Error::io(to, error));
        }
        Ok(())
    }
}

/// The folder that `out` is in.
pub(super) fn folder_of(out: &Path) -> &Path {
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// More files than this are made durable by one call for the whole disk, for each alone would cost a turn of it; with fewer
/// that would wait for what other programs write.
#[cfg(target_os = "linux")]
const FEW: usize = 64;

#[cfg(target_os = "linux")]
pub(super) fn sync_below(folder: &Path) -> std::io::Result<()> {
    fn count(folder: &Path, mut found: usize) -> std::io::Result<usize> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            found = if entry.file_type()?.is_dir() { count(&entry.path(), found)? } else { found + 1 };
            if found > FEW {
                break;
            }
        }
        Ok(found)
    }
    if count(folder, 0)? > FEW { Ok(rustix::fs::syncfs(File::open(folder)?)?) } else { sync_each(folder) }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn sync_below(folder: &Path) -> std::io::Result<()> {
    sync_each(folder)
}

fn sync_each(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_each(&path)?;
        } else {
            // A file must be open for writing to be made durable on every system.
            File::options().append(true).open(&path)?.sync_all()?;
        }
    }
    sync_folder(folder)
}

/// Make durable which names a folder holds.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_export_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a.tif");
        let first = Workspace::enter(&out).unwrap();
        let error = Workspace::enter(&out).unwrap_err();
        assert!(error.to_string().contains("another export"), "{error}");
        assert!(Workspace::enter(&folder.path().join("b.tif")).is_ok());
        drop(first);
        Workspace::enter(&out).unwrap().discard().unwrap();
        assert!(!Workspace::folder_for(&out).exists());
    }

    #[test]
    fn no_old_descriptor_stands_beside_a_new_folder() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a.dzi");
        fs::write(&out, "old").unwrap();
        let work = Workspace::enter(&out).unwrap();
        work.clear().unwrap();
        fs::write(work.output("a.dzi"), "new").unwrap();
        fs::create_dir(work.output("a_files")).unwrap();
        let places = |name: &str| (work.output(name), folder.path().join(name));
        let files = [places("a.dzi")];
        assert!(work.publish_folders(&[places("missing")], &files).is_err());
        assert_eq!(fs::read_to_string(&out).unwrap(), "old", "what failed changes nothing");
        work.publish_folders(&[places("a_files")], &files).unwrap();
        assert!(folder.path().join("a_files").exists() && !out.exists(), "interrupted here");
        work.publish().unwrap();
        assert_eq!(fs::read_to_string(&out).unwrap(), "new");
    }

    #[test]
    fn publishing_replaces_files_and_folders() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a.dzi");
        for (text, gone) in [("first", None), ("second", Some("only-first"))] {
            let work = Workspace::enter(&out).unwrap();
            work.clear().unwrap();
            fs::write(work.output("a.dzi"), text).unwrap();
            fs::create_dir(work.output("a_files")).unwrap();
            fs::write(work.output("a_files").join(format!("only-{text}")), text).unwrap();
            fs::write(work.scratch("spool"), text).unwrap();
            work.sync().unwrap();
            work.publish().unwrap();
            work.publish().unwrap();
            work.discard().unwrap();
            assert_eq!(fs::read_to_string(&out).unwrap(), text);
            assert!(folder.path().join(format!("a_files/only-{text}")).exists());
            assert!(gone.is_none_or(|name| !folder.path().join("a_files").join(name).exists()));
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        }
    }
}
