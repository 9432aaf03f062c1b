//! Paths of associated images: the label of `slide.svs` is `slide.svs#associated=label`, opened like any other file.

use std::path::{Path, PathBuf};

use super::single::Single;
use super::{Opened, RawLayout, joined, open};
use crate::{IoResultExt as _, Result};

/// Stands between the path of a file and the name of its image.
const MARK: &str = "#associated=";

/// The path of the associated image `name` of the file at `path`.
pub fn associated_path(path: &Path, name: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(format!("{MARK}{name}"));
    text.into()
}

/// The file that `path` names, without what a raw layout, the name of an associated image or a choice of channels adds.
pub fn file_of(path: &Path) -> PathBuf {
    let bare = detach(path).map(|(file, _)| file).or_else(|| RawLayout::detach(path).map(|(file, _)| file));
    let bare = bare.or_else(|| joined::detach(path).map(|(file, _)| file));
    bare.unwrap_or_else(|| path.to_owned())
}

/// What [`associated_path`] made one path of. A file that is called so is itself.
pub(super) fn detach(path: &Path) -> Option<(PathBuf, String)> {
    let (file, name) = path.to_str()?.rsplit_once(MARK)?;
    (!path.exists()).then(|| (file.into(), name.to_owned()))
}

pub(super) fn open_associated(path: &Path, name: &str) -> Result<Box<dyn Opened>> {
    Ok(Box::new(Single(open(path)?.associated_image(name).at(path)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_back() {
        let slide = Path::new("/a/b#1.svs");
        let label = associated_path(slide, "label");
        assert_eq!(detach(&label), Some((slide.to_owned(), "label".to_owned())));
        assert_eq!((file_of(&label), file_of(slide)), (slide.to_owned(), slide.to_owned()));
        let raw: RawLayout = "8,4,1,u8".parse().unwrap();
        assert_eq!(file_of(&raw.attach(slide)), slide);
    }
}
