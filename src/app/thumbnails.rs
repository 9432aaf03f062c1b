//! Small pictures of the recent documents, stored in the user's cache folder.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use egui::ColorImage;

use super::display::RenderSettings;
use super::rendering;
use crate::Result;
use crate::cache::Library;
use crate::geometry::Region;
use crate::job::Progress;
use crate::mosaic::Mosaic;
use crate::pixels::{Color, halve, to_rgba8};
use crate::source::open;

/// Pixels along the longer side, at most.
const SIDE: u32 = 256;
/// A mosaic of more images is not read as a whole for a thumbnail.
const MOST_IMAGES: usize = 300;
/// The folder holds no more than so many.
const MOST_FILES: usize = 64;

/// The folder of the thumbnails.
pub(super) fn usual_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("org", "mosaicist", "Mosaicist")?;
    Some(folders.cache_dir().join("thumbnails"))
}

/// Make the thumbnail of the document that was opened as `path`.
pub(super) fn make(
    folder: &Path,
    path: &Path,
    mosaic: &Mosaic,
    library: Library,
    settings: &RenderSettings,
) -> Result<()> {
    let Some(image) = picture(mosaic, library, settings)? else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| crate::Error::io(folder, error))?;
    rendering::write(&image, &file(folder, path))?;
    prune(folder);
    Ok(())
}

/// A small picture of a document; none of one with very many images.
pub(super) fn picture(mosaic: &Mosaic, library: Library, settings: &RenderSettings) -> Result<Option<ColorImage>> {
    if mosaic.placements.len() > MOST_IMAGES {
        return Ok(None);
    }
    let bounds = mosaic.bounds();
    let level = (0..24).find(|&level| bounds.reduced(level).size().longest() <= SIDE).unwrap_or(24);
    Ok(Some(rendering::read(mosaic, library, bounds, level, settings, &Progress::default())?.0))
}

/// The thumbnails there are of `paths`.
pub(super) fn load(folder: &Path, paths: &[PathBuf]) -> Vec<(PathBuf, ColorImage)> {
    paths.iter().filter_map(|path| Some((path.clone(), read(&file(folder, path)).ok()?))).collect()
}

fn read(path: &Path) -> Result<ColorImage> {
    let source = open(path)?.page(0)?;
    if source.info().size().longest() > 4 * SIDE {
        return Err(crate::Error::limit("too large for a thumbnail"));
    }
    let mut pixels = source.read(Region::new(0, source.info().whole(0)))?;
    while pixels.size().longest() > SIDE {
        pixels = halve(pixels.view(), false);
    }
    let size = [pixels.size().width as usize, pixels.size().height as usize];
    let color = Color::of_channels(pixels.channels());
    let rgba = to_rgba8(&pixels, color, (0.0, pixels.sample_type().max()));
    Ok(ColorImage::from_rgba_unmultiplied(size, &rgba))
}

fn file(folder: &Path, path: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    folder.join(format!("{:016x}.png", hasher.finish()))
}

/// Removes the oldest thumbnails above a number, ignoring errors.
fn prune(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut files: Vec<_> =
        entries.flatten().filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    files.sort_unstable();
    let over = files.len().saturating_sub(MOST_FILES);
    for (_, path) in files.drain(..over) {
        if std::fs::remove_file(path).is_err() {
            return;
        }
    }
}
