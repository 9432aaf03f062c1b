//! The project file: a mosaic as JSON, with paths relative to the file where they lie beside or below it.

use std::io::Write;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ImageRef, Mosaic};
use crate::{Error, IoResultExt as _, Result};
use mosaicist_core::whole_file;

/// The ending of project files.
const ENDING: &str = "mosaic";
/// Raised when an older program could misread a file.
const VERSION: u32 = 2;
/// From this version on, parts of files stand beside their paths; before, in marks at the ends of the paths.
const PARTS_APART: u64 = 2;
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
        let path = &placement.image.path;
        placement.image = placement.image.moved(match folder {
            Some(folder) => relative(path, folder),
            None => std::path::absolute(path)?,
        });
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
    let version = match head.mosaicist {
        Some(version) if version <= VERSION.into() => version,
        Some(version) => {
            let what = format!("project version {version}; this program knows up to {VERSION}: get a newer one");
            return Err(Error::unsupported(what).at(path));
        }
        None => return Err(corrupt("no project file: it does not say \"mosaicist\"".into())),
    };
    let mut mosaic: Mosaic = serde_json::from_slice(text).map_err(|error| corrupt(error.to_string()))?;
    let folder = folder_of(path);
    for placement in &mut mosaic.placements {
        let (path, number) = (folder.join(&placement.image.path), placement.image.number());
        placement.image =
            if version < PARTS_APART { ImageRef::parse(&path).numbered(number) } else { placement.image.moved(path) };
    }
    Ok(mosaic)
}

fn folder_of(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// `path` as seen from `folder`, if it lies in or below it or a few steps beside; else absolute.
fn relative(path: &Path, folder: &Path) -> PathBuf {
    let Ok(absolute) = std::path::absolute(path) else { return path.to_owned() };
    let shared = absolute.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().count() - shared;
    if shared <= 1 || up > 3 {
        return absolute;
    }
    let steps = std::iter::repeat_n(Component::ParentDir, up).chain(absolute.components().skip(shared));
    steps.collect()
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
        assert_eq!(back.placements[0].image, mosaic.placements[0].image);
        assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 1, "no temporary file left");
    }

    #[test]
    fn parts_of_files_come_back_beside_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        let (path, file) = (folder.path().join("p.mosaic"), |name: &str| ImageRef::file(folder.path().join(name)));
        let images = [
            file("a.tif").page(3),
            file("a.tif").channels(2, &[1, 0]),
            file("a.tif").channels(0, &[]),
            file("a.svs").associated("label"),
            file("a.raw").raw("8,4,1,u8,2".parse().unwrap()),
            // No such file is there: a mark in its name is still no mark.
            file("b#channels"),
        ];
        let mut mosaic = Mosaic::default();
        for image in &images {
            mosaic.add(Placement::new(image.clone(), Size::new(8, 4)));
        }
        save(&mosaic, &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"a.svs\"") && text.contains("\"associated\": \"label\""), "{text}");
        let back = load(&path).unwrap();
        assert_eq!(back.placements.iter().map(|placement| &placement.image).collect::<Vec<_>>(), images.each_ref());
        assert_eq!(back, mosaic);
    }

    #[test]
    fn projects_of_version_1_have_parts_in_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.mosaic");
        std::fs::write(folder.path().join("real#channels"), "a file of that name").unwrap();
        let old = [("a.ome.tif#channels=0,2", 1), ("s.svs#associated=label", 0), ("r.raw#raw=8,4,1,u8", 0)];
        let placement = |(number, (path, page)): (usize, (&str, u32))| {
            let place = r#""position": {"x": 0.0, "y": 0.0}, "size": {"width": 8, "height": 4}"#;
            format!(r#"{{"id": {number}, "path": "{path}", "page": {page}, {place}}}"#)
        };
        let all = old.into_iter().chain([("a.ome.tif", 5), ("real#channels", 1)]).enumerate().map(placement);
        let list = all.collect::<Vec<_>>().join(",");
        let text = format!(r#"{{"mosaicist": 1, "placements": [{list}], "regions": [], "last_id": 9}}"#);
        std::fs::write(&path, text).unwrap();
        let file = |name: &str| ImageRef::file(folder.path().join(name));
        let expected = [
            file("a.ome.tif").channels(1, &[0, 2]),
            file("s.svs").associated("label"),
            file("r.raw").raw("8,4,1,u8".parse().unwrap()),
            file("a.ome.tif").page(5),
            file("real#channels").page(1),
        ];
        let loaded = load(&path).unwrap();
        assert_eq!(loaded.placements.iter().map(|placement| &placement.image).collect::<Vec<_>>(), expected.each_ref());
    }

    #[cfg(unix)]
    #[test]
    fn paths_that_are_no_text_come_back() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().unwrap();
        let name = std::ffi::OsStr::from_bytes(b"a\xff%.png");
        let mut mosaic = Mosaic::default();
        mosaic.add(Placement::new(folder.path().join(name), Size::new(8, 4)));
        mosaic.add(Placement::new(ImageRef::file(folder.path().join(name)).associated("label"), Size::new(8, 4)));
        let path = folder.path().join("p.mosaic");
        save(&mosaic, &path).unwrap();
        assert_eq!(load(&path).unwrap(), mosaic);
        assert!(std::fs::read_to_string(&path).unwrap().contains("a%FF%25.png"));
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
