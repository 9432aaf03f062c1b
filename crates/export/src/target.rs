//! [`standing`]: what exists under an output's name, and whether it may be replaced.
//!
//! An output never touches an input of its job, with or without leave to replace. A file gives way if told, a folder if it is
//! an earlier output of the same format and holds nothing else; anything else never does.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mosaicist_core::whole_file::{folder_of, followed, replaceable};

use super::earlier::says;
use super::format::Format;
use super::inputs;
use super::workspace::Workspace;
use crate::job::show_bytes;
use crate::{Error, Result};

/// What exists under an output's name.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Nothing: the name is free.
    Free,
    /// What would be replaced, the output's own name first.
    Replaces(Vec<Replaced>),
}

/// One file or folder that an output would replace.
#[derive(Debug, Clone, PartialEq)]
pub struct Replaced {
    pub path: PathBuf,
    pub is_folder: bool,
    /// In all: 1 for a file.
    pub files: u64,
    pub bytes: u64,
    /// The latest modification time; `None` if unknown.
    pub modified: Option<SystemTime>,
}

/// One name that an output has.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    pub(super) is_folder: bool,
}

/// What stands where an export of `format` to `out` will write, which reads `inputs` (files, folders, paths as placements have
/// them).
///
/// Fails where the export must never write, whatever it is told: an output that is, holds or lies inside an input or a part
/// of one, a foreign folder, a device, a link to nothing. Reads the names in a folder that would be replaced, which takes
/// seconds for millions of tiles.
pub fn standing(out: &Path, format: Format, inputs: &[PathBuf]) -> Result<Standing> {
    check_inputs(out, &parts(out, format), inputs)?;
    standing_at(out, format)
}

/// Fails if there is no folder to write `out` in, and says what to do.
pub fn check_folder(out: &Path) -> Result<()> {
    let folder = folder_of(out);
    if folder.is_dir() {
        return Ok(());
    }
    let (out, folder) = (out.display(), folder.display());
    Err(Error::invalid(format!("{out}: there is no folder {folder}; create it, or choose another")))
}

/// [`standing`] for one plain file: a project, a table, a picture.
pub fn standing_file(out: &Path, inputs: &[PathBuf]) -> Result<Standing> {
    inputs::refuse(&[out.to_owned()], inputs, fs::symlink_metadata(out).is_ok())?;
    let out = followed(out)?;
    Ok(match replaceable(&out)? {
        None => Standing::Free,
        Some(found) => Standing::Replaces(vec![of_file(out, &found)]),
    })
}

impl Standing {
    /// Fails if something exists there and may not be replaced. The error names it and how to allow it.
    pub fn allow(&self, overwrite: bool) -> Result<()> {
        match self {
            Self::Replaces(all) if !overwrite => all.first().map_or(Ok(()), |first| Err(first.refused())),
            _ => Ok(()),
        }
    }
}

impl Replaced {
    fn refused(&self) -> Error {
        let kind = if self.is_folder { format!("a folder of {} files", self.files) } else { "a file".to_owned() };
        let size = show_bytes(self.bytes);
        let what = format!("exists already ({kind}, {size}); give --overwrite to replace it, or choose another name");
        Error::limit(what).at(&self.path)
    }
}

/// The name under which an output is made: a link is followed where the output has a single name.
pub(super) fn resolved(out: &Path, format: Format) -> Result<PathBuf> {
    if out.file_name().is_none() {
        return Err(Error::invalid(format!("'{}' names no file; say where to write", out.display())));
    }
    if format.spec().names(out).iter().skip(1).any(|(beside, _)| beside == out) {
        let what = format!("{} has its header under this name; choose another ending", format.spec().title);
        return Err(Error::limit(what).at(out));
    }
    if parts(out, format).len() == 1 { followed(out) } else { Ok(out.to_owned()) }
}

/// All names of an output, its own first.
pub(super) fn parts(out: &Path, format: Format) -> Vec<Part> {
    format.spec().names(out).into_iter().map(|(path, is_folder)| Part { path, is_folder }).collect()
}

/// Fail if an output touches an input; so must the folder in which it is made.
pub(super) fn check_inputs(out: &Path, parts: &[Part], inputs: &[PathBuf]) -> Result<()> {
    let mut all: Vec<PathBuf> = parts.iter().map(|part| part.path.clone()).collect();
    let stands = all.iter().any(|part| fs::symlink_metadata(part).is_ok());
    all.push(Workspace::folder_for(out));
    inputs::refuse(&all, inputs, stands)
}

/// What exists there, without checking inputs.
pub(super) fn standing_at(out: &Path, format: Format) -> Result<Standing> {
    let out = &*resolved(out, format)?;
    let mut all = Vec::new();
    for part in parts(out, format) {
        all.extend(replaced(&part, out, out, format)?);
    }
    Ok(if all.is_empty() { Standing::Free } else { Standing::Replaces(all) })
}

/// What stands as `part` of the output `out`, if anything does. A `descriptor` beside a folder is usually `out` itself.
pub(super) fn replaced(part: &Part, out: &Path, descriptor: &Path, format: Format) -> Result<Option<Replaced>> {
    let path = &part.path;
    let says = format.spec().companion.map(|beside| beside.says).filter(|says| path != out && !says.is_empty());
    if let Some(says) = says {
        check_companion(path, out, says)?;
    }
    if !part.is_folder {
        return Ok(replaceable(path)?.map(|found| of_file(path.clone(), &found)));
    }
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(None) };
    if !found.is_dir() {
        let what = "is no folder, and a folder is to be written; choose another name";
        return Err(Error::limit(what).at(path));
    }
    let folder = format.spec().folder.ok_or_else(|| Error::invalid("internal error: no folder is written"))?;
    let contents = folder.measure(path, (path != out).then_some(descriptor))?;
    let (files, bytes, modified) = (contents.files, contents.bytes, contents.modified);
    Ok(Some(Replaced { path: path.clone(), is_folder: true, files, bytes, modified }))
}

/// A header gives way with the file that it is about, and to nothing else.
fn check_companion(path: &Path, out: &Path, text: &str) -> Result<()> {
    if fs::symlink_metadata(path).is_ok() && !(out.exists() && says(path, text)) {
        let what = format!("is in the way and is not the header of {}; choose another name", out.display());
        return Err(Error::limit(what).at(path));
    }
    Ok(())
}

fn of_file(path: PathBuf, found: &fs::Metadata) -> Replaced {
    Replaced { path, is_folder: false, files: 1, bytes: found.len(), modified: found.modified().ok() }
}
