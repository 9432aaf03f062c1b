//! Suggested file names: the document's or region's name, beside it, numbered if taken.

use std::path::{Path, PathBuf};

use directories::UserDirs;

use super::tab::Tab;
use crate::export::{FORMATS, Format};
use crate::mosaic::{Mosaic, RoiId};
use crate::work::demo;

/// Bytes of the longest name proposed, without its ending.
const LONGEST: usize = 120;
/// Numbers tried behind a name that is taken.
const MOST_TRIED: u32 = 9999;

impl Tab {
    /// The base name for files made of this document, without folder and extension.
    pub(super) fn stem(&self, region: Option<RoiId>) -> String {
        let mosaic = self.history.now();
        let region = region.and_then(|id| mosaic.region(id)).map(|region| region.title().to_owned());
        let first = mosaic.placements.front().map(|placement| &*placement.image.path);
        let named = match (region, &self.project, first) {
            (Some(region), ..) => region,
            (None, Some(project), _) => project.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            (None, None, Some(file)) if mosaic.placements.len() == 1 => without_ending(file),
            (None, None, Some(file)) => {
                file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned()
            }
            (None, None, None) => String::new(),
        };
        safe(&named)
    }

    /// The folder in which that is proposed: beside the project, else `last`, else beside the images.
    pub(super) fn folder(&self, last: Option<&Path>) -> PathBuf {
        let project = self.project.as_deref().and_then(Path::parent);
        let folder = project.or(last).map(Path::to_owned).or_else(|| beside(self.history.now()));
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| std::env::current_dir().unwrap_or_default());
        std::path::absolute(&folder).unwrap_or(folder)
    }
}

/// The folder beside the images. A folder of several images is opened as a whole, so files are proposed beside that folder, not in it;
/// what is made of the example, which lies in a hidden folder, where the user has pictures.
fn beside(mosaic: &Mosaic) -> Option<PathBuf> {
    let folder = mosaic.placements.front()?.image.path.parent()?;
    if demo::folder().is_ok_and(|example| example == folder) {
        let folders = UserDirs::new()?;
        return Some(folders.picture_dir().unwrap_or(folders.home_dir()).to_owned());
    }
    let several = mosaic.placements.len() > 1;
    Some(folder.parent().filter(|_| several).unwrap_or(folder).to_owned())
}

/// `path` if it is not taken, else the first of `base-2`, `base-3`, … with the format's ending. Reads the disk.
pub(super) fn free_name(path: PathBuf, base: &Path, format: Format) -> PathBuf {
    if !is_taken(&path, format) {
        return path;
    }
    let numbered = |number: u32| with_ending(&with_text(base, &format!("-{number}")), format);
    (2..=MOST_TRIED).map(numbered).find(|path| !is_taken(path, format)).unwrap_or(path)
}

/// `folder` if nothing stands there, else the first of `folder-2`, `folder-3`, … Reads the disk.
pub(super) fn free_folder(folder: &Path) -> PathBuf {
    let is_free = |path: &PathBuf| std::fs::symlink_metadata(path).is_err();
    let numbered = (2..=MOST_TRIED).map(|number| with_text(folder, &format!("-{number}")));
    std::iter::once(folder.to_owned()).chain(numbered).find(is_free).unwrap_or_else(|| folder.to_owned())
}

/// The path that was typed or pasted: quotes around it are left out, and `~` is the home folder.
pub(super) fn typed(text: &str) -> PathBuf {
    let text = text.trim();
    let bare = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text);
    match (bare.strip_prefix("~/"), UserDirs::new()) {
        (Some(rest), Some(folders)) => folders.home_dir().join(rest),
        _ => PathBuf::from(bare),
    }
}

/// The path that `text` shows: in `folder`, which need not be text, where that is the folder shown or none is.
pub(super) fn in_folder(text: &str, folder: &Path) -> PathBuf {
    let typed = typed(text);
    let is_shown = typed.parent().is_some_and(|parent| *parent.as_os_str() == *folder.to_string_lossy());
    match typed.file_name() {
        Some(name) if is_shown => folder.join(name),
        _ if typed.is_relative() => folder.join(typed),
        _ => typed,
    }
}

/// `base` with the usual ending of `format` behind it.
pub(super) fn with_ending(base: &Path, format: Format) -> PathBuf {
    let ending = format.spec().endings.first().map(|ending| format!(".{ending}"));
    with_text(base, &ending.unwrap_or_default())
}

/// `path` with `text` behind its name.
pub(super) fn with_text(path: &Path, text: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(text);
    name.into()
}

/// Whether an output there would meet something.
fn is_taken(path: &Path, format: Format) -> bool {
    format.spec().names(path).iter().any(|(path, _)| std::fs::symlink_metadata(path).is_ok())
}

/// The name of a file without the ending of a format, which may have two parts (`.ome.tif`).
fn without_ending(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let lower = name.to_ascii_lowercase();
    let endings = FORMATS.iter().flat_map(|spec| spec.endings).filter(|ending| ending.contains('.'));
    let known =
        endings.map(|ending| format!(".{ending}")).filter(|ending| lower.ends_with(ending)).max_by_key(String::len);
    let dot = name.rfind('.').filter(|dot| *dot > 0).unwrap_or(name.len());
    name[..known.map_or(dot, |ending| name.len() - ending.len())].to_owned()
}

/// A name that every file system takes.
fn safe(name: &str) -> String {
    let bad = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let name: String = name.chars().map(|c| if bad(c) { '_' } else { c }).collect();
    let name = name.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    let end = (0..=LONGEST.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    if end == 0 { "mosaic".to_owned() } else { name[..end].to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::mosaic::Placement;

    #[test]
    fn nothing_is_proposed_in_the_folder_of_the_example() {
        let mosaic = |folder: &Path| {
            let mut mosaic = Mosaic::default();
            for name in ["a.jpg", "b.jpg"] {
                mosaic.add(Placement::new(folder.join(name), Size::new(4, 4)));
            }
            mosaic
        };
        let example = demo::folder().unwrap();
        let hidden = example.parent().and_then(Path::parent).unwrap();
        assert!(!beside(&mosaic(&example)).unwrap().starts_with(hidden));
        assert_eq!(beside(&mosaic(Path::new("/scans/tiles"))).unwrap(), Path::new("/scans"));
    }

    #[cfg(unix)]
    #[test]
    fn non_utf8_folders_are_found_by_their_displayed_name() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = Path::new(std::ffi::OsStr::from_bytes(b"/a/\xff"));
        let shown = folder.join("b.tif").to_string_lossy().into_owned();
        assert_eq!(in_folder(&shown, folder), folder.join("b.tif"));
        assert_eq!(in_folder("/c/b.tif", folder), Path::new("/c/b.tif"));
        assert_eq!(in_folder("b.tif", folder), folder.join("b.tif"));
    }

    #[test]
    fn paths_are_taken_as_people_type_and_paste_them() {
        let read = [" /a/b c.tif ", "'/a/b c.tif'", "\"/a/b c.tif\""].map(typed);
        assert!(read.iter().all(|path| path == Path::new("/a/b c.tif")), "{read:?}");
        let home = UserDirs::new().unwrap().home_dir().to_owned();
        assert_eq!(typed("~/b.tif"), home.join("b.tif"));
        assert_eq!(in_folder("b.tif", Path::new("/a")), Path::new("/a/b.tif"));
        assert_eq!(in_folder("~/b.tif", Path::new("/a")), home.join("b.tif"));
    }

    #[test]
    fn names_lose_extensions_and_invalid_characters() {
        let bare = |name: &str| without_ending(Path::new(name));
        assert_eq!([bare("a.ome.tif"), bare("b.c.png"), bare("plain"), bare("x.OME.TIF")], ["a", "b.c", "plain", "x"]);
        assert_eq!(
            [safe("a/b: c?"), safe(".. "), safe("…".repeat(99).as_str())],
            ["a_b_ c_".into(), "mosaic".into(), "…".repeat(40)]
        );
    }

    #[test]
    fn taken_names_are_numbered() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("name");
        let free = |format| free_name(with_ending(&base, format), &base, format).file_name().unwrap().to_owned();
        assert_eq!(
            [free(Format::Tiff), free(Format::DeepZoom), free(Format::Zoomify)],
            ["name.tif", "name.dzi", "name"]
        );
        assert_eq!(free_folder(&base), base);
        for name in ["name.tif", "name-2.tif", "name"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("name_files")).unwrap();
        assert_eq!(
            [free(Format::Tiff), free(Format::DeepZoom), free(Format::Zoomify)],
            ["name-3.tif", "name-2.dzi", "name-2"]
        );
        assert_eq!(free_folder(&base), folder.path().join("name-2"));
    }
}
