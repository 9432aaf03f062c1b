//! [`ImageRef`]: how every layer names an image: a file and the part of it.
//!
//! As text, a part is a mark behind the path: `slide.svs#associated=label`, `cells.ome.tif#channels=0,2`,
//! `image.raw#raw=640,480,3,u8`. Text is parsed only by [`ImageRef::parse`], for user input: arguments, dropped
//! files, projects of version 1. A file whose name contains a mark is itself.

mod stored;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::RawLayout;

const ASSOCIATED: &str = "#associated=";
const CHANNELS: &str = "#channels";
const RAW: &str = "#raw=";

/// Names one image: a file, and the part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageRef {
    /// A file or, for formats that are folders, a folder.
    pub path: Arc<Path>,
    pub part: Part,
}

/// Which image of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// A stored page, from 0.
    Page(u32),
    /// The channels of one image that are stored as pages, as one image.
    Channels {
        /// Which of the images that pages make, from 0.
        image: u32,
        /// The channels' numbers from 0, in the order wanted; all channels if empty.
        chosen: Arc<[usize]>,
    },
    /// The image of that name that comes with a slide.
    Associated(Arc<str>),
    /// All of a file without a header, read by a layout.
    Raw(RawLayout),
}

impl ImageRef {
    /// The first page of the file at `path`. The path is not parsed.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into().into(), part: Part::Page(0) }
    }

    /// The same file's page `page`, as stored.
    #[must_use]
    pub fn page(self, page: u32) -> Self {
        Self { part: Part::Page(page), ..self }
    }

    /// The channels `chosen` (all if empty) of the same file's image `image`, together.
    #[must_use]
    pub fn channels(self, image: u32, chosen: &[usize]) -> Self {
        Self { part: Part::Channels { image, chosen: chosen.into() }, ..self }
    }

    /// The same file's associated image `name`.
    #[must_use]
    pub fn associated(self, name: &str) -> Self {
        Self { part: Part::Associated(name.into()), ..self }
    }

    /// The same file's pixels, lying as `layout` says.
    #[must_use]
    pub fn raw(self, layout: RawLayout) -> Self {
        Self { part: Part::Raw(layout), ..self }
    }

    /// The number of the page, or of the image whose channels are together; 0 for the parts of which there is only one.
    pub fn number(&self) -> u32 {
        match &self.part {
            Part::Page(number) | Part::Channels { image: number, .. } => *number,
            Part::Associated(_) | Part::Raw(_) => 0,
        }
    }

    /// The page or image of that number in the same file, with the same channels; itself where there is only one.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let part = match &self.part {
            Part::Page(_) => Part::Page(number),
            Part::Channels { chosen, .. } => Part::Channels { image: number, chosen: Arc::clone(chosen) },
            other => other.clone(),
        };
        Self { path: Arc::clone(&self.path), part }
    }

    /// The same part of the file at `path`.
    #[must_use]
    pub fn moved(&self, path: impl Into<PathBuf>) -> Self {
        Self { path: path.into().into(), part: self.part.clone() }
    }

    /// What `text` names: a path, or a path with a mark behind it unless a file is called so.
    pub fn parse(text: &Path) -> Self {
        marked(text).filter(|_| !text.exists()).unwrap_or_else(|| Self::file(text))
    }

    /// The text that [`parse`](Self::parse) takes apart again, but for the number of a page.
    pub fn to_text(&self) -> PathBuf {
        let mut text = self.path.as_os_str().to_owned();
        text.push(self.mark());
        text.into()
    }

    /// The file's name and its part, for lists.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
        match &self.part {
            Part::Channels { chosen, .. } if !chosen.is_empty() => format!("{name} (channels {})", listed(chosen)),
            Part::Associated(associated) => format!("{name} ({associated})"),
            Part::Page(_) | Part::Channels { .. } | Part::Raw(_) => name.into_owned(),
        }
    }

    fn mark(&self) -> String {
        match &self.part {
            Part::Page(_) => String::new(),
            Part::Channels { chosen, .. } if chosen.is_empty() => CHANNELS.to_owned(),
            Part::Channels { chosen, .. } => format!("{CHANNELS}={}", listed(chosen)),
            Part::Associated(name) => format!("{ASSOCIATED}{name}"),
            Part::Raw(layout) => format!("{RAW}{layout}"),
        }
    }
}

impl<P: Into<PathBuf>> From<P> for ImageRef {
    fn from(path: P) -> Self {
        Self::file(path)
    }
}

impl fmt::Display for ImageRef {
    /// For display: bytes that are not UTF-8 are replaced.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.path.display(), self.mark())
    }
}

impl fmt::Display for Part {
    /// Tells one part of a file from any other; the same in every run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(page) => write!(f, "page {page}"),
            Self::Channels { image, chosen } => write!(f, "channels [{}] of image {image}", listed(chosen)),
            Self::Associated(name) => write!(f, "associated image {name:?}"),
            Self::Raw(layout) => write!(f, "raw {layout}"),
        }
    }
}

fn listed(numbers: &[usize]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// What a path with a mark behind it names.
fn marked(text: &Path) -> Option<ImageRef> {
    if let Some((path, rest)) = split(text, RAW)
        && let Ok(layout) = rest.parse()
    {
        return Some(ImageRef::file(path).raw(layout));
    }
    if let Some((path, name)) = split(text, ASSOCIATED) {
        return Some(ImageRef::file(path).associated(&name));
    }
    let (path, rest) = split(text, CHANNELS)?;
    let chosen = match rest.strip_prefix('=') {
        Some(list) => list.split(',').map(|number| number.parse().ok()).collect::<Option<Vec<usize>>>()?,
        None if rest.is_empty() => Vec::new(),
        None => return None,
    };
    Some(ImageRef::file(path).channels(0, &chosen))
}

/// Splits a path at its last `mark`; the part before it need not be UTF-8.
#[cfg(unix)]
fn split(path: &Path, mark: &str) -> Option<(PathBuf, String)> {
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    let bytes = path.as_os_str().as_bytes();
    let at = bytes.windows(mark.len()).rposition(|window| window == mark.as_bytes())?;
    let rest = std::str::from_utf8(&bytes[at + mark.len()..]).ok()?;
    Some((std::ffi::OsString::from_vec(bytes[..at].to_vec()).into(), rest.to_owned()))
}

/// Splits a path at its last `mark`.
#[cfg(not(unix))]
fn split(path: &Path, mark: &str) -> Option<(PathBuf, String)> {
    let (path, rest) = path.to_str()?.rsplit_once(mark)?;
    Some((path.into(), rest.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(path: &Path) -> Vec<ImageRef> {
        let file = || ImageRef::file(path);
        let layout: RawLayout = "8,4,1,u8,512,be".parse().unwrap();
        vec![
            file(),
            file().channels(0, &[]),
            file().channels(0, &[2, 0]),
            file().associated("label"),
            file().raw(layout),
        ]
    }

    #[test]
    fn text_names_the_same_part_again() {
        for image in parts(Path::new("/a/b#1.svs")) {
            assert_eq!(ImageRef::parse(&image.to_text()), image, "{image}");
        }
        let name = |image: &ImageRef| image.name();
        assert_eq!(
            parts(Path::new("/a/b.svs")).iter().map(name).collect::<Vec<_>>(),
            ["b.svs", "b.svs", "b.svs (channels 2,0)", "b.svs (label)", "b.svs"]
        );
        for text in ["/a/b#channelsX", "/a/b#channels=x", "/a/b#raw=8,4", "/a/b#2"] {
            assert_eq!(ImageRef::parse(Path::new(text)), ImageRef::file(text), "no mark");
        }
    }

    #[test]
    fn a_number_stays_with_its_kind() {
        let file = ImageRef::file("a.tif");
        assert_eq!(file.clone().channels(1, &[4]).numbered(7), file.clone().channels(7, &[4]));
        assert_eq!((file.numbered(3), file.numbered(3).number()), (file.clone().page(3), 3));
        assert_eq!(file.clone().associated("label").numbered(3), file.associated("label"));
    }

    #[cfg(unix)]
    #[test]
    fn paths_that_are_no_text_have_parts() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"/a/\xff.svs"));
        for image in parts(path) {
            assert_eq!(ImageRef::parse(&image.to_text()), image, "{image}");
        }
    }
}
