//! [`save_portable`]: a project with copies of its files beside it, to be moved or sent as a whole.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::job::Progress;
use crate::mosaic::{Edit, Mosaic, Placement, PlacementId, save};
use crate::source::{ImageRef, open_image};
use crate::{Error, IoResultExt as _, Result};

/// Copies the files of `mosaic` into a new folder beside `project` and saves a project there that shows the copies. Returns the
/// folder.
///
/// Files of one name get numbers. Fails, and leaves nothing, if `project` or the folder exists already, if a file cannot be copied,
/// or if a copy cannot be opened alone, as that of an image that is spread over several files.
pub fn save_portable(mosaic: &Mosaic, project: &Path, progress: &Progress) -> Result<PathBuf> {
    let stem = project.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = project.with_file_name(format!("{stem} files"));
    for path in [project, &folder] {
        if std::fs::symlink_metadata(path).is_ok() {
            return Err(Error::invalid("exists already: choose another name").at(path));
        }
    }
    std::fs::create_dir(&folder).at(&folder)?;
    let saved = copy_all(mosaic, &folder, progress).and_then(|copied| save(&copied, project));
    if let Err(error) = saved {
        // What is left is only what was made here.
        std::fs::remove_dir_all(&folder).ok();
        return Err(error);
    }
    Ok(folder)
}

/// The mosaic with copies of its files in `folder`.
fn copy_all(mosaic: &Mosaic, folder: &Path, progress: &Progress) -> Result<Mosaic> {
    let mut copies: HashMap<&Path, PathBuf> = HashMap::new();
    let mut taken: HashSet<String> = HashSet::new();
    let mut files: Vec<&Path> = Vec::new();
    for placement in &mosaic.placements {
        let path: &Path = &placement.image.path;
        if !copies.contains_key(path) {
            copies.insert(path, folder.join(free_name(path, &mut taken)));
            files.push(path);
        }
    }
    progress.set_total(files.len() as u64);
    for path in files {
        progress.advance(1)?;
        if path.is_dir() {
            return Err(Error::unsupported("copying an image that is a folder").at(path));
        }
        std::fs::copy(path, &copies[path]).at(path)?;
    }
    let mut checked: HashSet<&Path> = HashSet::new();
    let mut shown: Vec<(PlacementId, Placement)> = Vec::with_capacity(mosaic.placements.len());
    for placement in &mosaic.placements {
        let image = ImageRef { path: copies[&*placement.image.path].as_path().into(), ..placement.image.clone() };
        if placement.kind.is_some() && checked.insert(&placement.image.path) && open_image(&image).is_err() {
            let what = "copying an image that needs other files beside it";
            return Err(Error::unsupported(what).at(&placement.image.path));
        }
        shown.push((placement.id, Placement { image, ..placement.clone() }));
    }
    let mut copied = mosaic.clone();
    copied.apply(&Edit::Relink(shown));
    Ok(copied)
}

/// The file's name, with a number if another has it. Upper and lower case count as the same.
fn free_name(path: &Path, taken: &mut HashSet<String>) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (stem, ending) = match name.find('.').filter(|dot| *dot > 0) {
        Some(dot) => name.split_at(dot),
        None => (&*name, ""),
    };
    let numbered = (2u64..).map(|number| format!("{stem}-{number}{ending}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| taken.insert(name.to_lowercase()));
    free.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::mosaic::load;

    #[test]
    fn files_of_one_name_are_copied_beside_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let mut mosaic = Mosaic::default();
        for (inside, side) in [("a", 3), ("b", 4)] {
            let path = folder.path().join(inside).join("tile.bmp");
            std::fs::create_dir(path.parent().unwrap()).unwrap();
            image::GrayImage::new(side, side).save(&path).unwrap();
            let kind = Some(crate::pixels::PixelKind::RGB8);
            let id = mosaic.add(Placement { kind, ..Placement::new(path, Size::new(side, side)) });
            mosaic.set(&[id].into(), crate::mosaic::Property::Locked(true));
        }
        let project = folder.path().join("p.mosaic");
        let files = save_portable(&mosaic, &project, &Progress::default()).unwrap();
        assert_eq!(files, folder.path().join("p files"));
        for inside in ["a", "b"] {
            std::fs::remove_dir_all(folder.path().join(inside)).unwrap();
        }
        let moved = folder.path().join("moved");
        std::fs::create_dir(&moved).unwrap();
        for name in ["p.mosaic", "p files"] {
            std::fs::rename(folder.path().join(name), moved.join(name)).unwrap();
        }
        let found = load(&moved.join("p.mosaic")).unwrap();
        let sides: Vec<u32> =
            found.placements.iter().map(|tile| open_image(&tile.image).unwrap().info().size().width).collect();
        assert_eq!(sides, [3, 4]);
    }

    #[test]
    fn nothing_is_replaced_and_nothing_half_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("p.mosaic");
        let mut mosaic = Mosaic::default();
        mosaic.add(Placement::new(folder.path().join("gone.png"), Size::new(1, 1)));
        assert!(save_portable(&mosaic, &project, &Progress::default()).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        std::fs::write(&project, "other").unwrap();
        let error = save_portable(&Mosaic::default(), &project, &Progress::default()).unwrap_err().to_string();
        assert!(error.contains("exists already"), "{error}");
        assert_eq!(std::fs::read(&project).unwrap(), b"other");
    }
}
