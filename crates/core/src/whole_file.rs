//! Atomic writes of small files: the final name holds the old or the complete new content, never a part.
//!
//! Projects, settings, single pictures: whatever is no export of its own. The new file is made beside the old one, made durable
//! and renamed.

use std::collections::HashSet;
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::TempPath;

use crate::{Error, IoResultExt, Result};

/// The beginning of a temporary name. Followed by random letters, in the folder of the final name.
const TEMPORARY: &str = ".mosaicist-save-";

/// Writes the file at `path` by `content`, replacing a file of that name in one step. Returns what `content` does.
///
/// A link is followed: the file that it leads to is replaced and the link stays. A replaced file's mode stays; a new file has
/// the mode that the user's umask gives. Fails, with nothing changed, where `path` is a folder, a device, a link to nothing or
/// write-protected.
pub fn write<T, R: IoResultExt<T>>(path: &Path, content: impl FnOnce(&mut BufWriter<File>) -> R) -> Result<T> {
    let place = followed(path)?;
    let before = replaceable(&place)?;
    let folder = folder_of(&place);
    remove_leftovers_once(folder);
    let (file, temporary) = temporary_file(folder).at(path)?;
    let mut writer = BufWriter::with_capacity(1 << 20, file);
    let returned = content(&mut writer).at(path)?;
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error).at(path)?;
    if let Some(before) = before {
        file.set_permissions(before.permissions()).at(path)?;
    }
    file.sync_all().at(path)?;
    drop(file);
    temporary.persist(&place).map_err(|error| Error::io(path, error.error))?;
    sync_folder(folder).at(path)?;
    Ok(returned)
}

/// Writes `bytes` as [`write()`] does.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, |file| file.write_all(bytes))
}

/// A new file in `folder`, locked while it is open, so that nobody takes it for a leftover.
fn temporary_file(folder: &Path) -> io::Result<(File, TempPath)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    if let Some(permissions) = usual_permissions() {
        builder.permissions(permissions);
    }
    loop {
        let (file, path) = builder.tempfile_in(folder)?.into_parts();
        // Some network disks have no locks. Without one, another process may remove the file and this write fails.
        file.try_lock().ok();
        // Another process may have removed it before it was locked.
        if path.exists() {
            return Ok((file, path));
        }
    }
}

/// Removes the temporary files that killed processes have left in `folder`, at the first write to it in this run.
fn remove_leftovers_once(folder: &Path) {
    static CLEANED: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);
    let Ok(whole) = std::path::absolute(folder) else { return };
    let is_first = CLEANED.lock().is_ok_and(|mut cleaned| cleaned.get_or_insert_default().insert(whole));
    if is_first {
        remove_leftovers(folder);
    }
}

/// Removes the temporary files in `folder` that no process has locked. Links and folders of such a name stay.
fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes());
        if !is_ours || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let path = entry.path();
        let Ok(file) = File::options().write(true).open(&path) else { continue };
        match file.try_lock() {
            Ok(()) => _ = fs::remove_file(&path),
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
        }
    }
}

/// Where `path` leads if it is a link; otherwise `path` itself. Fails for a link to nothing.
pub fn followed(path: &Path) -> Result<PathBuf> {
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
        return Ok(path.to_owned());
    }
    fs::canonicalize(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            refused(path, "is a link to something that is not there; remove the link or choose another name")
        }
        _ => Error::io(path, error),
    })
}

/// Checks that `path`, which is no link, does not exist or is a file that may be replaced. Anything else is an error.
pub fn replaceable(path: &Path) -> Result<Option<fs::Metadata>> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path, error)),
    };
    if found.is_dir() {
        return Err(refused(path, "is a folder, and a file is to be written; choose another name"));
    }
    if !found.is_file() {
        return Err(refused(path, "is no plain file (a link, a device or a pipe); choose another name"));
    }
    if found.permissions().readonly() {
        return Err(refused(path, "is write-protected; make it writable or choose another name"));
    }
    Ok(Some(found))
}

/// The folder that `path` is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes durable which names a folder holds, where the disk knows how.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some disks of the network do not.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// Makes durable which names a folder holds, where the disk knows how.
#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// What a new file may have before the umask takes its part; without it a temporary file is its owner's alone.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn usual_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn usual_permissions() -> Option<Permissions> {
    None
}

fn refused(path: &Path, what: &str) -> Error {
    Error::limit(what).at(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failure_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_bytes(&path, b"first").unwrap();
        let failed = write(&path, |file| {
            file.write_all(b"half")?;
            Err::<(), _>(io::Error::other("torn"))
        });
        assert!(failed.is_err_and(|error| error.to_string().contains("a.json")));
        assert_eq!(fs::read(&path).unwrap(), b"first");
        write_bytes(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(names(folder.path()), ["a.json"], "no temporary file is left");
    }

    #[test]
    fn folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::create_dir(&path).unwrap();
        assert!(write_bytes(&path, b"x").unwrap_err().to_string().contains("is a folder"));
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn leftovers_of_killed_processes_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at(".mosaicist-save-dead00"), "half a project").unwrap();
        fs::write(at(".mosaicist-part"), "of an export").unwrap();
        fs::create_dir(at(".mosaicist-save-folder")).unwrap();
        let (_file, living) = temporary_file(folder.path()).unwrap();
        let living = living.file_name().unwrap().to_str().unwrap().to_owned();
        write_bytes(&at("a.mosaic"), b"whole").unwrap();
        let mut expected = vec![".mosaicist-part", ".mosaicist-save-folder", &living, "a.mosaic"];
        expected.sort_unstable();
        assert_eq!(names(folder.path()), expected);
    }

    #[cfg(unix)]
    #[test]
    fn new_files_follow_the_umask_and_old_ones_keep_their_mode() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        let (plain, path) = (folder.path().join("plain"), folder.path().join("a.mosaic"));
        fs::write(&plain, "what the umask gives").unwrap();
        write_bytes(&path, b"first").unwrap();
        assert_eq!(mode(&path), mode(&plain));
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        write_bytes(&path, b"second").unwrap();
        assert_eq!(mode(&path), 0o640);
        fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
        assert!(write_bytes(&path, b"third").unwrap_err().to_string().contains("write-protected"));
        assert_eq!(fs::read(&path).unwrap(), b"second");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_written_through() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("far")).unwrap();
        fs::write(at("far/real"), "old").unwrap();
        symlink("far/real", at("link")).unwrap();
        write_bytes(&at("link"), b"new").unwrap();
        assert_eq!(fs::read(at("far/real")).unwrap(), b"new");
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        symlink("nowhere", at("dangling")).unwrap();
        assert!(write_bytes(&at("dangling"), b"x").unwrap_err().to_string().contains("not there"));
        assert_eq!(names(folder.path()), ["dangling", "far", "link"]);
    }
}
