//! Files that a file names: the one way to open them.
//!
//! What is named must be a regular file, or a folder of them, inside the folder that the image lies in, links resolved: a file
//! from a stranger must reach nothing else of the user's, and neither a device nor a pipe, which would never end.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use mosaicist_core::regular_file;

use crate::{Error, IoResultExt as _, PositionedFile, Result};

/// Whether `path`, which the file or folder `image` names, is a regular file in the folder of `image` or below.
pub(crate) fn is_file(image: &Path, path: &Path) -> bool {
    matches!(find(image, path), Ok(Some(found)) if found.is_file)
}

/// Open the regular file `path` that the file or folder `image` names; nothing if it is not there.
pub(crate) fn open(image: &Path, path: &Path) -> Result<Option<PositionedFile>> {
    match find(image, path)? {
        None => Ok(None),
        Some(Found { is_file: false, .. }) => Err(Error::corrupt("a part of the image that is no file").at(path)),
        Some(found) => {
            let file = regular_file::open(&found.path)?;
            Ok(Some(PositionedFile::new(file, path)))
        }
    }
}

/// All bytes of such a file, of at most `most`; nothing if it is not there.
pub(crate) fn read(image: &Path, path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    let Some(file) = open(image, path)? else { return Ok(None) };
    let length = file.length()?;
    if length > most {
        return Err(Error::limit(format!("{length} bytes where at most {most} belong")).at(path));
    }
    file.read_at(0, length).map(Some)
}

/// Fail if `path`, which is there, leads out of the folder `folder`.
pub(crate) fn confined(folder: &Path, path: &Path) -> Result<()> {
    find(folder, path).map(|_| ())
}

struct Found {
    path: PathBuf,
    is_file: bool,
}

fn find(image: &Path, path: &Path) -> Result<Option<Found>> {
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(Error::io(path, error)),
    };
    let inside = |folder: &Path| folder.canonicalize().is_ok_and(|folder| real.starts_with(folder));
    // The folder that the user opened, or that the file they opened lies in: that file may be a link.
    let own = match image {
        image if image.as_os_str().is_empty() => Path::new("."),
        image if image.is_dir() => image,
        image => folder_of(image),
    };
    let linked = || !image.is_dir() && image.canonicalize().is_ok_and(|image| inside(folder_of(&image)));
    if !inside(own) && !linked() {
        let what = format!("it leads out of the image's folder, to {}", real.display());
        return Err(Error::unsupported(what).at(path));
    }
    let is_file = std::fs::metadata(&real).at(path)?.is_file();
    Ok(Some(Found { path: real, is_file }))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_files_of_the_folder_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("slide/parts")).unwrap();
        for name in ["secret", "slide/a.xml", "slide/parts/b"] {
            std::fs::write(at(name), name).unwrap();
        }
        symlink("../secret", at("slide/out")).unwrap();
        symlink("parts/b", at("slide/in")).unwrap();
        symlink("/dev/zero", at("slide/zero")).unwrap();
        symlink("slide/a.xml", at("link.xml")).unwrap();
        let image = at("slide/a.xml");
        let read = |image: &Path, name: &str| read(image, &at(name), 100);
        assert_eq!(read(&image, "slide/in").unwrap().as_deref(), Some(&b"slide/parts/b"[..]));
        assert!(read(&at("link.xml"), "slide/parts/b").unwrap().is_some(), "beside what a link leads to");
        assert!(read(&image, "slide/gone").unwrap().is_none());
        assert!(read(&at("slide"), "slide/in").is_ok() && read(&at("slide"), "slide/out").is_err(), "of a folder");
        for name in ["slide/out", "secret", "slide/zero", "slide/../secret", "slide/parts"] {
            assert!(read(&image, name).is_err(), "{name}");
        }
        assert!(super::read(&image, &at("slide/in"), 3).is_err(), "too long");
        let regular = |path: &Path| regular_file::open(path).is_ok();
        assert!(!regular(Path::new("/dev/zero")) && !regular(&at("slide")) && regular(&at("secret")));
    }
}
