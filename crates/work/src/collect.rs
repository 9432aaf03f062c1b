//! From file and folder names to placements.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::geometry::Size;
use crate::job::Progress;
use crate::mosaic::{Natural, Placement};
use crate::source::{ImageRef, Info, Part, is_image_folder, is_image_name, open_image, open_whole};
use crate::{Error, IoResultExt as _, Result};

/// What a tile gets whose size nothing tells.
const UNKNOWN: Size = Size::new(512, 512);

/// The images that `paths` name, in order ([`ImageRef::parse`]); a folder stands for the images in it, in natural order, unless
/// it is itself one: the tiles of a web pyramid. Hidden files in a folder are skipped.
pub fn list_images(paths: &[PathBuf]) -> Result<Vec<ImageRef>> {
    let mut all = Vec::new();
    for path in paths {
        if path.is_dir() && !is_image_folder(path) {
            let mut inside = Vec::new();
            for entry in std::fs::read_dir(path).at(path)? {
                let entry = entry.at(path)?;
                let file = entry.path();
                // Only what a link leads to is looked up.
                let is_file =
                    || entry.file_type().is_ok_and(|kind| kind.is_file() || kind.is_symlink() && file.is_file());
                if !is_hidden(&file) && is_image_name(&file) && is_file() {
                    inside.push(file);
                }
            }
            sort_naturally(&mut inside);
            if inside.is_empty() {
                return Err(Error::invalid(format!("{}: no image in this folder", path.display())));
            }
            all.extend(inside.into_iter().map(ImageRef::file));
        } else {
            all.push(ImageRef::parse(path));
        }
    }
    Ok(all)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Warnings about the images that may be no tiles but earlier results made of them: of `placements` by far most have one size,
/// and these are at least twice as wide or high and no smaller in the other direction.
pub fn suspected_results(placements: &[Placement]) -> Vec<Error> {
    let Some(usual) = most_common(placements.iter().map(|placement| placement.size)) else { return Vec::new() };
    let tiles = placements.iter().filter(|placement| placement.size == usual).count();
    let large = |size: Size| {
        let (across, down) = (size.width / usual.width.max(1), size.height / usual.height.max(1));
        across.min(down) >= 1 && across.max(down) >= 2
    };
    let suspects = placements.iter().filter(|placement| large(placement.size));
    let warn = |placement: &Placement| {
        let what = format!("{} px among tiles of {usual} px: if it is an earlier result, move it away", placement.size);
        Error::limit(what).at(&placement.image.path)
    };
    let warnings: Vec<_> = suspects.map(warn).collect();
    if tiles >= 3 && warnings.len() * 4 <= tiles { warnings } else { Vec::new() }
}

/// The image so many places after the file or tile folder `path` in its folder, in natural order, around the end; `path` itself
/// if there is no other.
pub fn neighbor(path: &Path, step: isize) -> Result<PathBuf> {
    let path = std::path::absolute(path).at(path)?;
    let folder = path.parent().ok_or_else(|| Error::invalid(format!("{}: not in a folder", path.display())))?;
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(folder).at(folder)? {
        let file = entry.at(folder)?.path();
        let is_image = || file.is_file() && is_image_name(&file) || is_image_folder(&file);
        if file == path || !is_hidden(&file) && is_image() {
            inside.push(file);
        }
    }
    if inside.is_empty() {
        return Ok(path);
    }
    sort_naturally(&mut inside);
    let at = inside.iter().position(|file| *file == path).unwrap_or(0) as isize;
    Ok(inside.swap_remove((at + step).rem_euclid(inside.len() as isize) as usize))
}

fn sort_naturally(files: &mut [PathBuf]) {
    files.sort_by_cached_key(|file| Natural(file.to_string_lossy().into_owned()));
}

/// A placement for each file, its size and kind read from its header; all at the canvas's origin.
///
/// The first page of a file stands for its first image: channels that are stored apart are together.
///
/// A file that cannot be read gets the size that most have, no kind, and its reason beside it.
pub fn probe(images: &[ImageRef], progress: &Progress) -> Result<Vec<(Placement, Option<Error>)>> {
    let probed = probe_with(images, progress, |_| ())?;
    Ok(probed.into_iter().map(|(placement, read)| (placement, read.err())).collect())
}

/// The same with what `read_header` makes of each file's header, or the reason why it cannot be read.
pub(crate) fn probe_with<T: Send>(
    images: &[ImageRef],
    progress: &Progress,
    read_header: impl Fn(&Info) -> T + Sync,
) -> Result<Vec<(Placement, Result<T>)>> {
    progress.set_total(images.len() as u64);
    let one = |image: &ImageRef| {
        progress.advance(1)?;
        let found = match image.part {
            Part::Page(0) => open_whole(&image.path).and_then(|(image, opened)| Ok((image, opened.page(0)?))),
            _ => open_image(image).map(|source| (image.clone(), source)),
        };
        Ok(match found {
            Ok((image, source)) => {
                let mut placement = Placement::new(image, source.info().size());
                placement.kind = Some(source.info().into());
                let found = read_header(source.info());
                (placement, Ok(found))
            }
            Err(error) => (Placement::new(image.clone(), Size::default()), Err(error.at(&image.path))),
        })
    };
    let mut all: Vec<(Placement, Result<T>)> = match images {
        // By the thread that asks: it may have to wait for the file, and threads that all share must not.
        [image] => vec![one(image)?],
        _ => images.par_iter().map(one).collect::<Result<_>>()?,
    };
    let usual = most_common(all.iter().filter(|(_, read)| read.is_ok()).map(|(placement, _)| placement.size));
    for (placement, _) in all.iter_mut().filter(|(_, read)| read.is_err()) {
        placement.size = usual.unwrap_or(UNKNOWN);
    }
    Ok(all)
}

/// The most frequent size, of equals the larger.
fn most_common(sizes: impl Iterator<Item = Size>) -> Option<Size> {
    let mut counts: HashMap<Size, usize> = HashMap::new();
    sizes.for_each(|size| *counts.entry(size).or_default() += 1);
    counts.into_iter().max_by_key(|(size, count)| (*count, size.area(), size.width)).map(|(size, _)| size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_give_their_images_in_natural_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["t10.png", "t2.png", "notes.txt", "t1.JPG", ".t3.png", "._t1.JPG"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let found = list_images(&[folder.path().to_owned()]).unwrap();
        let names: Vec<_> = found.iter().map(ImageRef::name).collect();
        assert_eq!(names, ["t1.JPG", "t2.png", "t10.png"]);
        let beside = |name: &str, step| neighbor(&folder.path().join(name), step).unwrap();
        assert_eq!(beside("t2.png", 1), folder.path().join("t10.png"));
        assert_eq!(beside("t10.png", 1), folder.path().join("t1.JPG"), "around the end");
        assert_eq!(beside("notes.txt", -1), folder.path().join("t10.png"), "what was opened counts, whatever its name");
        let empty = tempfile::tempdir().unwrap();
        assert!(list_images(&[empty.path().to_owned()]).is_err());
    }

    #[test]
    fn an_unreadable_file_gets_the_usual_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (name, width) in [("a.png", 30), ("b.png", 30), ("c.png", 40)] {
            write_bmp(&path(name), width);
        }
        std::fs::write(path("d.png"), "no image").unwrap();
        let images = ["a.png", "b.png", "c.png", "d.png", "gone.png"].map(|name| path(name).into());
        let probed = probe(&images, &Progress::default()).unwrap();
        let sizes: Vec<_> = probed.iter().map(|(placement, error)| (placement.size.width, error.is_some())).collect();
        assert_eq!(sizes, [(30, false), (30, false), (40, false), (30, true), (30, true)]);
    }

    #[test]
    fn a_file_whose_name_holds_a_mark_is_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let names = ["a#channels", "a#associated=label", "a#raw=8,4,1,u8", "a#channels=0"];
        for name in names {
            write_bmp(&path(name), 30);
        }
        let listed = list_images(&names.map(path)).unwrap();
        assert_eq!(listed, names.map(|name| ImageRef::file(path(name))));
        let probed = probe(&listed, &Progress::default()).unwrap();
        assert!(probed.iter().all(|(placement, error)| placement.size.width == 30 && error.is_none()), "{probed:?}");
        // Of two files, the mark belongs to none; without the longer one, it is a part of the other.
        write_bmp(&path("a"), 31);
        std::fs::remove_file(path("a#channels")).unwrap();
        assert_eq!(list_images(&[path("a#channels")]).unwrap(), [ImageRef::file(path("a")).channels(0, &[])]);
    }

    #[test]
    fn an_earlier_result_among_tiles_is_named() {
        let placed = |sizes: &[(u32, u32)]| {
            let of = |(number, &(width, height)): (usize, &(u32, u32))| {
                Placement::new(PathBuf::from(format!("{number}.png")), Size::new(width, height))
            };
            sizes.iter().enumerate().map(of).collect::<Vec<_>>()
        };
        let tiles = [(64, 64); 12];
        assert!(suspected_results(&placed(&tiles)).is_empty());
        let with = |size| suspected_results(&placed(&[&tiles[..], &[size]].concat()));
        assert!(with((256, 192))[0].to_string().starts_with("12.png: "));
        assert_eq!((with((64, 128)).len(), with((40, 64)).len(), with((128, 40)).len()), (1, 0, 0));
        assert!(suspected_results(&placed(&[(64, 64), (640, 480), (32, 32)])).is_empty(), "nothing is usual here");
    }

    fn write_bmp(path: &Path, width: u32) {
        image::GrayImage::new(width, 20).save_with_format(path, image::ImageFormat::Bmp).unwrap();
    }
}
