//! [`Staged`]: an output under a temporary name, gone unless it is finished.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, IoResultExt as _, Result};

/// A file or folder being made beside its final place. Dropped unfinished, it is removed.
#[derive(Debug)]
pub(in crate::export) struct Staged {
    temporary: PathBuf,
    target: PathBuf,
    done: bool,
}

impl Staged {
    /// A temporary name for `target`, in the same folder. Fails if that folder is not there.
    pub(in crate::export) fn new(target: &Path) -> Result<Self> {
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(Error::invalid(format!("the folder {} does not exist", folder.display())));
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        if name.is_empty() {
            return Err(Error::invalid(format!("{}: not a name for a file", target.display())));
        }
        let temporary = folder.join(format!(".{name}.{}.part", std::process::id()));
        remove(&temporary)?;
        Ok(Self { temporary, target: target.to_owned(), done: false })
    }

    /// Where to write.
    pub(in crate::export) fn path(&self) -> &Path {
        &self.temporary
    }

    /// Put it in its place, instead of whatever was there.
    pub(in crate::export) fn finish(mut self) -> Result<()> {
        if self.target.is_dir() {
            // A folder cannot replace another in one step: the old one steps aside first.
            let aside = self.temporary.with_extension("old");
            remove(&aside)?;
            fs::rename(&self.target, &aside).at(&self.target)?;
            if let Err(error) = fs::rename(&self.temporary, &self.target) {
                fs::rename(&aside, &self.target).at(&self.target)?;
                return Err(Error::io(&self.target, error));
            }
            remove(&aside)?;
        } else {
            fs::rename(&self.temporary, &self.target).at(&self.target)?;
        }
        self.done = true;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.done && remove(&self.temporary).is_err() {
            // Nobody is left to tell; the name says that it is a part.
        }
    }
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_is_gone_and_finished_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        for text in ["one", "two"] {
            fs::create_dir(Staged::new(&target).unwrap().path()).unwrap();
            let staged = Staged::new(&target).unwrap();
            fs::create_dir(staged.path()).unwrap();
            fs::write(staged.path().join("x"), text).unwrap();
            drop(Staged { temporary: folder.path().join("nothing"), target: target.clone(), done: false });
            staged.finish().unwrap();
            assert_eq!(fs::read_to_string(target.join("x")).unwrap(), text);
        }
        let unfinished = Staged::new(&folder.path().join("other")).unwrap();
        fs::write(unfinished.path(), "half").unwrap();
        drop(unfinished);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(Staged::new(&folder.path().join("no/such/folder")).is_err());
    }
}
