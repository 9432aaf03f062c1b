//! What can go wrong, sorted by what the person in front of the screen can do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The result of everything that may fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error. Cheap to clone, because the window keeps the error of each bad tile.
///
/// Code that knows no path (a codec, say) leaves it empty; the first caller that knows it adds it with [`Error::at`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The system refused: the file is missing, not permitted, the disk failed.
    #[error("{}{}", prefix(.path), told(.source))]
    Io { path: PathBuf, source: Arc<io::Error> },
    /// The file is not what it claims to be. Another copy of it may help.
    #[error("{}damaged: {what}", prefix(.path))]
    Corrupt { path: PathBuf, what: String },
    /// The file is sound, but this program cannot read or write such a thing.
    #[error("{}not supported: {what}", prefix(.path))]
    Unsupported { path: PathBuf, what: String },
    /// The request is larger than a format, the memory budget or this program allows. The text says what to do instead.
    #[error("{}{what}", prefix(.path))]
    Limit { path: PathBuf, what: String },
    /// The disk cannot hold the result.
    #[error("{}no space left: {what}", prefix(.path))]
    NoSpace { path: PathBuf, what: String },
    /// The request is invalid.
    #[error("{what}")]
    Invalid { what: String },
    /// Cancelled by the user.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// A system error about `path`. A full disk becomes [`Error::NoSpace`], one that allows no such large file [`Error::Limit`].
    pub fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::NoSpace { path, what: "make room on this disk or choose another".into() }
            }
            io::ErrorKind::FileTooLarge => {
                let what = "its disk allows no file so large (FAT32 ends at 4 GiB); choose another disk".into();
                Self::Limit { path, what }
            }
            _ => Self::Io { path, source: Arc::new(source) },
        }
    }

    /// Damaged data in a place whose path is not known here.
    pub fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { path: PathBuf::new(), what: what.into() }
    }

    /// Something this program cannot do, in a place whose path is not known here.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { path: PathBuf::new(), what: what.into() }
    }

    /// A request beyond a limit.
    pub fn limit(what: impl Into<String>) -> Self {
        Self::Limit { path: PathBuf::new(), what: what.into() }
    }

    /// A request that makes no sense.
    pub fn invalid(what: impl Into<String>) -> Self {
        Self::Invalid { what: what.into() }
    }

    /// The same error, naming `path` unless it names one already.
    #[must_use]
    pub fn at(mut self, at: &Path) -> Self {
        match &mut self {
            Self::Io { path, .. }
            | Self::Corrupt { path, .. }
            | Self::Unsupported { path, .. }
            | Self::Limit { path, .. }
            | Self::NoSpace { path, .. } => {
                if path.as_os_str().is_empty() {
                    at.clone_into(path);
                }
            }
            Self::Invalid { .. } | Self::Cancelled => {}
        }
        self
    }

    /// The same failure, of `path` where it is one of something inside `folder`: of what the user knows, in place of where it is made.
    #[must_use]
    pub fn inside(mut self, folder: &Path, path: &Path) -> Self {
        match &mut self {
            Self::Io { path: at, .. }
            | Self::Corrupt { path: at, .. }
            | Self::Unsupported { path: at, .. }
            | Self::Limit { path: at, .. }
            | Self::NoSpace { path: at, .. } => {
                if at.starts_with(folder) {
                    path.clone_into(at);
                }
            }
            Self::Invalid { .. } | Self::Cancelled => {}
        }
        self
    }

    /// The same failure with the part of the picture that it costs: "256×256 px at 512,0".
    #[must_use]
    pub fn of_part(mut self, part: impl std::fmt::Display) -> Self {
        match &mut self {
            Self::Io { path, source } => {
                let (path, what) = (std::mem::take(path), format!("{source} ({part})"));
                return Self::Corrupt { path, what };
            }
            Self::Corrupt { what, .. }
            | Self::Unsupported { what, .. }
            | Self::Limit { what, .. }
            | Self::NoSpace { what, .. }
            | Self::Invalid { what } => *what += &format!(" ({part})"),
            Self::Cancelled => {}
        }
        self
    }

    /// The same failure without its path, for a place that shows the path already.
    pub fn reason(&self) -> String {
        let mut bare = self.clone();
        match &mut bare {
            Self::Io { path, .. }
            | Self::Corrupt { path, .. }
            | Self::Unsupported { path, .. }
            | Self::Limit { path, .. }
            | Self::NoSpace { path, .. } => path.clear(),
            Self::Invalid { .. } | Self::Cancelled => {}
        }
        bare.to_string()
    }

    /// Whether the user asked for this.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }
}

/// Adds the path to a system error on its way out.
pub trait IoResultExt<T> {
    /// Name `path` in the error.
    fn at(self, path: &Path) -> Result<T>;
}

impl<T> IoResultExt<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T> {
        self.map_err(|source| Error::io(path, source))
    }
}

impl<T> IoResultExt<T> for Result<T> {
    fn at(self, path: &Path) -> Result<T> {
        self.map_err(|error| error.at(path))
    }
}

fn prefix(path: &Path) -> String {
    if path.as_os_str().is_empty() { String::new() } else { format!("{}: ", path.display()) }
}

/// What the system says, without its number for it.
fn told(source: &io::Error) -> String {
    let text = source.to_string();
    match text.rsplit_once(" (os error ") {
        Some((told, number)) if number.ends_with(')') => told.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_path_stays() {
        let error = Error::corrupt("no end marker").at(Path::new("a.jpg")).at(Path::new("b.json"));
        assert_eq!(error.to_string(), "a.jpg: damaged: no end marker");
        assert_eq!(error.reason(), "damaged: no end marker");
    }

    #[test]
    fn a_system_error_is_told_without_its_number() {
        let error = Error::io(Path::new("a.png"), io::Error::from_raw_os_error(2));
        assert!(!error.to_string().contains("os error"), "{error}");
        assert!(error.to_string().len() > "a.png: ".len(), "{error}");
    }

    #[test]
    fn what_happens_in_a_hidden_folder_happens_to_the_output() {
        let full = Error::io(Path::new("/disk/.a.tif.part/output/a.tif"), io::ErrorKind::StorageFull.into());
        let told = full.inside(Path::new("/disk/.a.tif.part"), Path::new("/disk/a.tif")).to_string();
        assert!(told.starts_with("/disk/a.tif: no space left"), "{told}");
        let other = Error::corrupt("torn").at(Path::new("/disk/b.jpg"));
        assert!(other.inside(Path::new("/disk/.a.tif.part"), Path::new("/disk/a.tif")).to_string().contains("b.jpg"));
    }

    #[test]
    fn a_full_disk_is_its_own_kind() {
        let error = Error::io(Path::new("out"), io::Error::from(io::ErrorKind::StorageFull));
        assert!(matches!(error, Error::NoSpace { .. }), "{error}");
    }
}
