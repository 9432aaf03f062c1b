//! [`Opened`]: what the paths are that the user has named, as a job finds it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::TabId;
use super::opening::OpenedImages;
use crate::Result;
use crate::job::Progress;
use crate::mosaic::{Mosaic, is_project};
use crate::source::{Part, format_of};
use crate::work::{list_images, load_project};

/// Where opened images go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// Adds to that tab.
    Tab(TabId),
    /// To a new tab.
    Own,
}

/// The kinds of opened paths.
pub(super) enum Opened {
    Images(Box<OpenedImages>),
    Project {
        mosaic: Box<Mosaic>,
        path: PathBuf,
    },
    /// A file that no format knows, and its length in bytes.
    Unknown {
        path: PathBuf,
        length: u64,
    },
}

impl Opened {
    /// Determines the kinds of `paths`.
    pub(super) fn read(base: &Arc<Mosaic>, paths: Vec<PathBuf>, progress: &Progress) -> Result<Self> {
        if let [project] = &*paths
            && is_project(project)
        {
            return Ok(Self::Project { mosaic: Box::new(load_project(project, progress)?), path: project.clone() });
        }
        let files = list_images(&paths)?;
        if let [image] = &*files
            && image.part == Part::Page(0)
            && let Some(length) = unknown(&image.path)?
        {
            return Ok(Self::Unknown { path: image.path.to_path_buf(), length });
        }
        Ok(Self::Images(Box::new(OpenedImages::read(base, files, paths, progress)?)))
    }
}

/// The length in bytes of a file of unknown format; `None` for known formats and unreadable files.
fn unknown(path: &Path) -> Result<Option<u64>> {
    let Ok(found) = std::fs::metadata(path) else { return Ok(None) };
    let empty = !found.is_file() || found.len() == 0;
    Ok((!empty && format_of(path)?.is_none()).then_some(found.len()))
}
