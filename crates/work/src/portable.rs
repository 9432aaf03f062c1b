//! [`save_portable`]: a project with copies of its files beside it, to be moved or sent as a whole.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mosaicist_core::whole_file::sync_folder;

use crate::job::Progress;
use crate::mosaic::{Edit, Mosaic, Placement, save};
use crate::source::{ImageRef, open_image};
use crate::{Error, IoResultExt as _, Result};

/// Copies the files of `mosaic` into a new folder beside `project` and saves a project there that shows the copies. Returns the
/// folder.
///
/// Files of one name get numbers. The folder's name ends in "(incomplete)" until all files are in it. Fails, and leaves nothing, if
/// `project` or the folder exists already, if a file cannot be copied, or if a copy cannot be opened alone, as that of an image
/// that is spread over several files.
pub fn save_portable(mosaic: &Mosaic, project: &Path, progress: &Progress) -> Result<PathBuf> {
    let stem = project.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = project.with_file_name(format!("{stem} files"));
    let incomplete = project.with_file_name(format!("{stem} files (incomplete)"));
    let is_taken = |path: &Path| fs::symlink_metadata(path).is_ok();
    for path in [project, &folder] {
        if is_taken(path) {
            return Err(Error::invalid("exists already: choose another name").at(path));
        }
    }
    if is_taken(&incomplete) {
        let what = "was left by a save that was interrupted: remove it or choose another name";
        return Err(Error::invalid(what).at(&incomplete));
    }
    fs::create_dir(&incomplete).at(&incomplete)?;
    let undo = |place: &Path, error: Error| {
        fs::remove_dir_all(place).ok();
        error
    };
    let copies = copy_all(mosaic, &incomplete, progress).map_err(|error| undo(&incomplete, error))?;
    fs::rename(&incomplete, &folder).at(&folder).map_err(|error| undo(&incomplete, error))?;
    let saved = with_copies(mosaic, &folder, &copies).and_then(|copied| save(&copied, project));
    saved.map_err(|error| undo(&folder, error))?;
    Ok(folder)
}

/// Copies the files of `mosaic` into `folder` and makes them durable. Returns the name of each copy.
fn copy_all<'a>(mosaic: &'a Mosaic, folder: &Path, progress: &Progress) -> Result<HashMap<&'a Path, String>> {
    let (mut copies, mut files, mut taken) = (HashMap::new(), Vec::new(), HashSet::new());
    let fields = mosaic.flat_field.iter().flat_map(|field| field.images());
    for image in mosaic.placements.iter().map(|placement| &placement.image).chain(fields) {
        let path: &Path = &image.path;
        if !copies.contains_key(path) {
            copies.insert(path, free_name(path, &mut taken));
            files.push(path);
        }
    }
    progress.set_total(files.len() as u64);
    for path in files {
        progress.advance(1)?;
        if path.is_dir() {
            return Err(Error::unsupported("copying an image that is a folder").at(path));
        }
        let copy = folder.join(&copies[path]);
        fs::copy(path, &copy).at(path)?;
        File::open(&copy).and_then(|copy| copy.sync_all()).at(&copy)?;
    }
    let mut checked: HashSet<&Path> = HashSet::new();
    for placement in mosaic.placements.iter().filter(|placement| placement.kind.is_some()) {
        let path: &Path = &placement.image.path;
        if checked.insert(path) && open_image(&placement.image.moved(folder.join(&copies[path]))).is_err() {
            return Err(Error::unsupported("copying an image that needs other files beside it").at(path));
        }
    }
    sync_folder(folder).at(folder)?;
    Ok(copies)
}

/// The mosaic with its images, and those of its flat field, from the `copies` in `folder`.
fn with_copies(mosaic: &Mosaic, folder: &Path, copies: &HashMap<&Path, String>) -> Result<Mosaic> {
    let copy = |image: &ImageRef| image.moved(folder.join(&copies[&*image.path]));
    let shown = mosaic.placements.iter().map(|placement| {
        let image = copy(&placement.image);
        (placement.id, Placement { image, ..placement.clone() })
    });
    let mut copied = mosaic.clone();
    copied.apply(&Edit::Relink(shown.collect()));
    if let Some(field) = &mosaic.flat_field {
        let field = field.with_paths(|image| Ok::<_, Error>(copy(image)))?;
        copied.apply(&Edit::FlatField(Some(Arc::new(field))));
    }
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
    use crate::mosaic::{Flat, FlatField, PlacementIds, load};

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
            mosaic.set(&PlacementIds::from_iter([id]), crate::mosaic::Property::Locked(true));
        }
        let dark = folder.path().join("dark.bmp");
        image::GrayImage::new(3, 3).save(&dark).unwrap();
        let field = FlatField { flat: Flat::None, dark: Some(dark.clone().into()) };
        mosaic.apply(&Edit::FlatField(Some(Arc::new(field))));
        let project = folder.path().join("p.mosaic");
        let files = save_portable(&mosaic, &project, &Progress::default()).unwrap();
        assert_eq!(files, folder.path().join("p files"));
        for inside in ["a", "b"] {
            std::fs::remove_dir_all(folder.path().join(inside)).unwrap();
        }
        std::fs::remove_file(dark).unwrap();
        let moved = folder.path().join("moved");
        std::fs::create_dir(&moved).unwrap();
        for name in ["p.mosaic", "p files"] {
            std::fs::rename(folder.path().join(name), moved.join(name)).unwrap();
        }
        let found = load(&moved.join("p.mosaic")).unwrap();
        let sides: Vec<u32> =
            found.placements.iter().map(|tile| open_image(&tile.image).unwrap().info().size().width).collect();
        assert_eq!(sides, [3, 4]);
        let images = found.flat_field.iter().flat_map(|field| field.images());
        assert_eq!(images.map(|image| open_image(image).unwrap().info().size().width).collect::<Vec<_>>(), [3]);
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
        let (project, left) = (folder.path().join("q.mosaic"), folder.path().join("q files (incomplete)"));
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("half"), "a copy").unwrap();
        let error = save_portable(&Mosaic::default(), &project, &Progress::default()).unwrap_err().to_string();
        assert!(error.contains("interrupted") && left.join("half").exists() && !project.exists(), "{error}");
    }
}
