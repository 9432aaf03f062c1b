//! [`find_moved`]: files that have been moved, found again in another folder by their names and folders.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::collect::probe;
use crate::job::Progress;
use crate::mosaic::{Placement, PlacementId};
use crate::source::ImageRef;
use crate::{Error, IoResultExt as _, Result};

/// Folders are entered so deep.
const DEEPEST: usize = 32;
/// No more files and folders are looked at.
const MAX_ENTRIES: u64 = 5_000_000;

/// The tiles of `missing` whose files lie in `folder` or below it, with the new images.
///
/// A file is known by its name. Of several of that name, the one is meant that agrees in the most folders above it; if there are
/// several of those, none. What could not be read before gets its size and kind. Nothing is written.
///
/// Fails if `folder` cannot be read or holds too many files, or if it is cancelled.
pub fn find_moved(missing: &[Placement], folder: &Path, progress: &Progress) -> Result<Vec<(PlacementId, Placement)>> {
    let mut named: HashMap<&OsStr, Vec<PathBuf>> = HashMap::new();
    for placement in missing {
        named.entry(placement.image.path.file_name().unwrap_or_default()).or_default();
    }
    let folder = std::path::absolute(folder).at(folder)?;
    walk(&folder, &mut named, progress)?;
    let mut found = Vec::new();
    for placement in missing {
        let candidates = placement.image.path.file_name().and_then(|name| named.get(name));
        if let Some(path) = candidates.and_then(|candidates| best(&placement.image.path, candidates)) {
            let image = ImageRef { path: path.as_path().into(), ..placement.image.clone() };
            found.push((placement.id, Placement { image, ..placement.clone() }));
        }
    }
    let unknown: Vec<usize> = (0..found.len()).filter(|at| found[*at].1.kind.is_none()).collect();
    let images: Vec<ImageRef> = unknown.iter().map(|at| found[*at].1.image.clone()).collect();
    for (at, (probed, error)) in unknown.into_iter().zip(probe(&images, progress)?) {
        if error.is_none() {
            let shown = &mut found[at].1;
            (shown.image, shown.size, shown.kind) = (probed.image, probed.size, probed.kind);
        }
    }
    Ok(found)
}

fn walk(folder: &Path, named: &mut HashMap<&OsStr, Vec<PathBuf>>, progress: &Progress) -> Result<()> {
    let mut folders = vec![(folder.to_owned(), 0)];
    let mut entries = 0;
    while let Some((inside, depth)) = folders.pop() {
        let listed = match std::fs::read_dir(&inside) {
            Ok(listed) => listed,
            Err(error) if inside == folder => return Err(error).at(folder),
            // One of many that nobody may read.
            Err(_) => continue,
        };
        for entry in listed.flatten() {
            entries += 1;
            if entries > MAX_ENTRIES {
                let what = format!("more than {MAX_ENTRIES} files: choose a folder nearer to the tiles");
                return Err(Error::limit(what).at(folder));
            }
            progress.check()?;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if let Some(paths) = named.get_mut(&*entry.file_name()) {
                paths.push(entry.path());
            } else if is_folder && depth < DEEPEST {
                folders.push((entry.path(), depth + 1));
            }
        }
    }
    Ok(())
}

/// The only one of `candidates` that has the most last parts in common with `path`.
fn best<'a>(path: &Path, candidates: &'a [PathBuf]) -> Option<&'a PathBuf> {
    let common = |other: &PathBuf| {
        let parts = path.components().rev().zip(other.components().rev());
        parts.take_while(|(a, b)| a == b).count()
    };
    let most = candidates.iter().map(common).max()?;
    let mut best = candidates.iter().filter(|candidate| common(candidate) == most);
    best.next().filter(|_| best.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn moved(missing: &[&str], there: &[&str]) -> Vec<Option<String>> {
        let folder = tempfile::tempdir().unwrap();
        for path in there {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            image::GrayImage::new(30, 20).save_with_format(&path, image::ImageFormat::Bmp).unwrap();
        }
        let kind = Some(crate::pixels::PixelKind::RGB8);
        let tile = |(name, number): (&&str, u64)| {
            let tile = Placement::new(*name, Size::new(1, 1));
            Placement { id: PlacementId(number), kind, ..tile }
        };
        let tiles: Vec<Placement> = missing.iter().zip(1..).map(tile).collect();
        let found = find_moved(&tiles, folder.path(), &Progress::default()).unwrap();
        let below = |path: &Path| path.strip_prefix(folder.path()).unwrap().to_string_lossy().replace('\\', "/");
        let path = |tile: &Placement| {
            let of_tile = found.iter().find(|(id, _)| *id == tile.id);
            of_tile.map(|(_, shown)| below(&shown.image.path))
        };
        tiles.iter().map(path).collect()
    }

    #[test]
    fn files_are_found_by_name_and_folders() {
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(moved(&["/old/a.bmp", "/old/gone.bmp"], &["x/y/a.bmp", "x/other.bmp"]), [some("x/y/a.bmp"), None]);
        let both = ["/old/left/a.bmp", "/old/right/a.bmp"];
        assert_eq!(
            moved(&both, &["new/right/a.bmp", "new/left/a.bmp"]),
            [some("new/left/a.bmp"), some("new/right/a.bmp")]
        );
        assert_eq!(moved(&["/old/a.bmp"], &["x/a.bmp", "y/a.bmp"]), [None], "either may be meant");
    }

    #[test]
    fn what_was_never_read_gets_its_size() {
        let folder = tempfile::tempdir().unwrap();
        image::GrayImage::new(30, 20).save_with_format(folder.path().join("a"), image::ImageFormat::Bmp).unwrap();
        let tile = Placement { id: PlacementId(1), ..Placement::new("/old/a", Size::new(512, 512)) };
        let found = find_moved(&[tile], folder.path(), &Progress::default()).unwrap();
        assert_eq!((found[0].1.size, found[0].1.kind.is_some()), (Size::new(30, 20), true));
        assert!(find_moved(&[], &folder.path().join("none"), &Progress::default()).is_err());
    }
}
