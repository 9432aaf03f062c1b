//! [`Workspace`]: the hidden folder beside the output in which an export is made, until it is complete.
//!
//! It lies on the output's own disk, so that publishing (see `publish`) is renaming. Nothing in it is ever taken for an output.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use mosaicist_core::whole_file::{folder_of, sync_folder};

use crate::{Error, IoResultExt, Result};

/// The folder `.NAME.mosaicist-part` beside `NAME`, locked as long as this lives.
///
/// Dropping it leaves the folder (an export may resume from it).
#[derive(Debug)]
pub struct Workspace {
    folder: PathBuf,
    out: PathBuf,
    /// Held for its lock.
    _lock: File,
}

const LOCK: &str = "lock";
/// Says that the folder is ours.
const MARK: &str = "mosaicist";
const MARK_TEXT: &str = "A folder in which Mosaicist makes an export.\n";
/// The progress of the export.
pub(super) const JOURNAL: &str = "journal";
const OUTPUT: &str = "output";

impl Workspace {
    /// Enter the folder that belongs to `out`, made if need be. Fails while another export is in it, and where a link, a file
    /// or somebody else's folder has its name: nothing is changed there.
    pub(super) fn enter(out: &Path) -> Result<Self> {
        let folder = Self::folder_for(out);
        // Not the folders above it: a name mistyped must not make any.
        match create_private(&folder) {
            Ok(()) => mark(&folder)?,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => check_own(&folder)?,
            Err(error) => return Err(Error::io(out, error)),
        }
        let path = folder.join(LOCK);
        let lock = open_lock(&path).at(&path)?;
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

    /// The path of a file to be published as `name` beside (or as) the output.
    pub fn output(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.folder.join(OUTPUT).join(name.as_ref())
    }

    /// The path of a temporary file, such as a spool. Removed with the workspace.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Remove all that was made here, and stay in.
    pub(super) fn clear(&self) -> Result<()> {
        self.empty()?;
        let output = self.folder.join(OUTPUT);
        fs::create_dir(&output).at(&output)
    }

    /// Removes all but the lock; the journal first, because without it nothing is resumed.
    fn empty(&self) -> Result<()> {
        let journal = self.folder.join(JOURNAL);
        remove(&journal).at(&journal)?;
        for entry in fs::read_dir(&self.folder).at(&self.folder)? {
            let entry = entry.at(&self.folder)?;
            if entry.file_name() != LOCK && entry.file_name() != MARK {
                remove(&entry.path()).at(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Make durable all that has been written below it, by whichever thread.
    pub fn sync(&self) -> Result<()> {
        sync_below(&self.folder).at(&self.folder)
    }

    /// Remove the folder with all that is in it.
    pub(super) fn discard(self) -> Result<()> {
        self.empty()?;
        for name in [LOCK, MARK] {
            let path = self.folder.join(name);
            remove(&path).at(&path)?;
        }
        match fs::remove_dir(&self.folder) {
            // Another export has come in meanwhile: it is its own now.
            Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => Ok(()),
            removed => removed.at(&self.folder),
        }
    }
}

/// The folder of that name is one that we have made: real, with our mark, and of the owner that our files have.
fn check_own(folder: &Path) -> Result<()> {
    let foreign = |what: &str| {
        Err(Error::limit(format!("{what}, and the export is to be made in a folder of this name; move it away"))
            .at(folder))
    };
    let found = fs::symlink_metadata(folder).at(folder)?;
    if found.is_symlink() {
        return foreign("is a link");
    }
    if !found.is_dir() {
        return foreign("is no folder");
    }
    if !has_own_files(folder, &found).at(folder)? {
        return foreign("belongs to another user");
    }
    let mut entries = fs::read_dir(folder).at(folder)?;
    let path = folder.join(MARK);
    match (entries.next(), entries.next()) {
        // Interrupted right after it was made.
        (None, _) => return mark(folder),
        // Interrupted while it was marked.
        (Some(Ok(only)), None) if only.path() == path && is_begun(&path)? => {
            remove(&path).at(&path)?;
            return mark(folder);
        }
        _ => {}
    }
    let marked =
        fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.len() == MARK_TEXT.len() as u64);
    if marked && fs::read(&path).at(&path)? == MARK_TEXT.as_bytes() {
        return Ok(());
    }
    foreign("holds what no export has made")
}

/// Whether the file is a mark that was not written to its end.
fn is_begun(path: &Path) -> Result<bool> {
    let found = fs::symlink_metadata(path).at(path)?;
    let is_short = found.is_file() && found.len() < MARK_TEXT.len() as u64;
    Ok(is_short && MARK_TEXT.as_bytes().starts_with(&fs::read(path).at(path)?))
}

fn mark(folder: &Path) -> Result<()> {
    let path = folder.join(MARK);
    match File::create_new(&path) {
        Ok(mut file) => file.write_all(MARK_TEXT.as_bytes()).at(&path),
        // Another export has just created it; the lock decides which one continues.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::io(&path, error)),
    }
}

/// Creates a folder that no other user can write to.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether files that we make in the folder have its owner. Asked of a file, for disks of the network have owners of their own.
#[cfg(unix)]
fn has_own_files(folder: &Path, found: &fs::Metadata) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(tempfile::tempfile_in(folder)?.metadata()?.uid() == found.uid())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "other systems ask the disk")]
fn has_own_files(_: &Path, _: &fs::Metadata) -> std::io::Result<bool> {
    Ok(true)
}

/// Open the file that is locked; never through a link.
fn open_lock(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    options.open(path)
}

pub(super) fn remove(path: &Path) -> std::io::Result<()> {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let removed = if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
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
    fn foreign_files_are_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a.tif");
        let place = Workspace::folder_for(&out);
        fs::create_dir(&place).unwrap();
        fs::write(place.join("letter.txt"), "precious").unwrap();
        let error = Workspace::enter(&out).unwrap_err().to_string();
        assert!(error.contains("no export has made") && error.contains(".a.tif.mosaicist-part"), "{error}");
        fs::write(place.join(MARK), "something else").unwrap();
        assert!(Workspace::enter(&out).is_err());
        assert_eq!(fs::read_dir(&place).unwrap().count(), 2);
        fs::remove_dir_all(&place).unwrap();
        fs::write(&place, "a file").unwrap();
        assert!(Workspace::enter(&out).unwrap_err().to_string().contains("is no folder"));
        fs::remove_file(&place).unwrap();
        fs::create_dir(&place).unwrap();
        assert!(Workspace::enter(&out).is_ok(), "interrupted right after it was made");
        fs::remove_dir_all(&place).unwrap();
        for length in 0..MARK_TEXT.len() {
            fs::create_dir(&place).unwrap();
            fs::write(place.join(MARK), &MARK_TEXT[..length]).unwrap();
            assert!(Workspace::enter(&out).is_ok(), "interrupted while it was marked, after {length} bytes");
            fs::remove_dir_all(&place).unwrap();
        }
        fs::create_dir(&place).unwrap();
        fs::write(place.join(MARK), "").unwrap();
        fs::write(place.join("letter.txt"), "precious").unwrap();
        assert!(Workspace::enter(&out).is_err());
        assert_eq!(fs::read_dir(&place).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_never_followed() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let out = at("a.tif");
        fs::create_dir(at("mine")).unwrap();
        fs::write(at("mine").join(MARK), MARK_TEXT).unwrap();
        fs::write(at("letter.txt"), "precious").unwrap();
        symlink("mine", Workspace::folder_for(&out)).unwrap();
        assert!(Workspace::enter(&out).unwrap_err().to_string().contains("is a link"));
        assert_eq!(fs::read_dir(at("mine")).unwrap().count(), 1);
        fs::remove_file(Workspace::folder_for(&out)).unwrap();
        drop(Workspace::enter(&out).unwrap());
        let lock = Workspace::folder_for(&out).join(LOCK);
        fs::remove_file(&lock).unwrap();
        symlink(at("letter.txt"), &lock).unwrap();
        assert!(Workspace::enter(&out).is_err());
        assert_eq!(fs::read_to_string(at("letter.txt")).unwrap(), "precious");
    }
}
