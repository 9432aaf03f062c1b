//! [`Opened`]: what the paths are that the user has named, as a job finds it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::TabId;
use super::dialog::UnknownFile;
use super::opening::OpenedImages;
use crate::job::Progress;
use crate::mosaic::{Mosaic, is_project};
use crate::region::files::is_region_name;
use crate::source::{Part, open};
use crate::work::{list_images, load_project};
use crate::{Error, Result};

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
    /// A file that cannot be opened as an image, and why.
    Unknown(UnknownFile),
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
            && let Some(reason) = why_not(&image.path)
        {
            return Ok(Self::Unknown(UnknownFile { path: image.path.to_path_buf(), reason }));
        }
        Ok(Self::Images(Box::new(OpenedImages::read(base, files, paths, progress)?)))
    }
}

/// Why a file is not opened as an image, though it can be read.
fn why_not(path: &Path) -> Option<String> {
    let is_there = std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() > 0);
    match open(path).err().filter(|_| is_there)? {
        Error::Unsupported { .. } if is_region_name(path) => {
            Some("not supported: not an image. If it holds regions, open their image first, then this file".into())
        }
        error @ (Error::Corrupt { .. } | Error::Unsupported { .. }) => Some(error.reason()),
        _ => None,
    }
}
