//! The project file: a mosaic as JSON, with paths relative to the file where they lie beside or below it.

use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Mosaic;
use crate::{Error, IoResultExt as _, Result};
use mosaicist_core::whole_file;

/// The ending of project files.
const ENDING: &str = "mosaic";
/// Raised when an older program could misread a file.
const VERSION: u32 = 1;
/// No project is larger; a file that claims to be is not read.
const LARGEST: u64 = 4 << 30;

#[derive(Serialize)]
struct Project {
    mosaicist: u32,
    #[serde(flatten)]
    mosaic: Mosaic,
}

/// What a project file says first. It is read apart from the rest, which then needs no copy of a large file in memory.
#[derive(Deserialize)]
struct Head {
    mosaicist: Option<u64>,
}

/// Whether `path` names a project, by its ending.
pub fn is_project(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(ENDING))
}

/// Write `mosaic` to `path`: whole or not at all (see [`whole_file::write`](mosaicist_core::whole_file::write)).
pub fn save(mosaic: &Mosaic, path: &Path) -> Result<()> {
    let folder = folder_of(path);
    whole_file::write(path, |file| write(mosaic, Some(&folder), file))
}

/// Write `mosaic` as a project file's text. Paths in or near `folder` become relative to it; all are absolute without one.
pub fn write(mosaic: &Mosaic, folder: Option<&Path>, writer: &mut dyn Write) -> std::io::Result<()> {
    let mut mosaic = mosaic.clone();
    for placement in &mut mosaic.placements {
        placement.path = match folder {
            Some(folder) => relative(&placement.path, folder),
            None => std::path::absolute(&placement.path)?.into(),
        };
    }
    serde_json::to_writer_pretty(&mut *writer, &Project { mosaicist: VERSION, mosaic })?;
    writer.write_all(b"\n")
}

/// Read the project at `path`.
pub fn load(path: &Path) -> Result<Mosaic> {
    let length = std::fs::metadata(path).at(path)?.len();
    if length > LARGEST {
        return Err(Error::limit("too long for a project file").at(path));
    }
    read(&std::fs::read(path).at(path)?, path)
}

/// Read a project file's text, which stands at `path`.
pub fn read(text: &[u8], path: &Path) -> Result<Mosaic> {
    let corrupt = |what: String| Error::corrupt(what).at(path);
    let head: Head = serde_json::from_slice(text).map_err(|error| corrupt(format!("no project file: {error}")))?;
    match head.mosaicist {
        Some(version) if version <= VERSION.into() => {}
        Some(version) => {
            let what = format!("project version {version}; this program knows up to {VERSION}: get a newer one");
            return Err(Error::unsupported(what).at(path));
        }
        None => return Err(corrupt("no project file: it does not say \"mosaicist\"".into())),
    }
    let mut mosaic: Mosaic = serde_json::from_slice(text).map_err(|error| corrupt(error.to_string()))?;
    let folder = folder_of(path);
    for placement in &mut mosaic.placements {
        placement.path = Arc::from(folder.join(&placement.path));
    }
    Ok(mosaic)
}

fn folder_of(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// `path` as seen from `folder`, if it lies in or below it or a few steps beside; else absolute.
fn relative(path: &Path, folder: &Path) -> Arc<Path> {
    let Ok(absolute) = std::path::absolute(path) else { return path.into() };
    let shared = absolute.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().count() - shared;
    if shared <= 1 || up > 3 {
        return absolute.into();
    }
    let steps = std::iter::repeat_n(Component::ParentDir, up).chain(absolute.components().skip(shared));
    steps.collect::<PathBuf>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Rect, Size};
    use crate::{Placement, Shape};

    fn sample(folder: &Path) -> Mosaic {
        let mut mosaic = Mosaic::default();
        mosaic.add(Placement::new(folder.join("tiles/a.png"), Size::new(30, 20)));
        mosaic.add(Placement::new(folder.parent().unwrap().join("beside.png"), Size::new(5, 5)));
        mosaic.add_region(None, Shape::Rectangle(Rect::new(1, 2, 30, 40)));
        mosaic
    }

    #[test]
    fn what_is_saved_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let mosaic = sample(&inner);
        let path = inner.join("p.mosaic");
        save(&mosaic, &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"tiles/a.png\"") && text.contains("\"../beside.png\""), "{text}");
        let back = load(&path).unwrap();
        assert_eq!(back.regions, mosaic.regions);
        let rects = |m: &Mosaic| m.placements.iter().map(Placement::rect).collect::<Vec<_>>();
        assert_eq!(rects(&back), rects(&mosaic));
        assert_eq!(back.placements[0].path, mosaic.placements[0].path);
        assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 1, "no temporary file left");
    }

    #[test]
    fn other_files_are_refused_clearly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.mosaic");
        for (text, says) in [
            ("", "no project file"),
            ("{}", "does not say"),
            (r#"{"mosaicist": 99}"#, "get a newer one"),
            (r#"{"mosaicist": 1}"#, "missing field"),
            (r#"{"mosaicist": 1, "placements": [7], "regions": [], "last_id": 0}"#, "damaged"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = load(&path).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains("x.mosaic"), "{text}: {error}");
        }
    }
}
