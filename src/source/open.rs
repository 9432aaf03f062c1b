//! The table of formats, and opening a file by it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::{Opened, flat, tiff};
use crate::{Error, IoResultExt as _, Result};

/// One row of the table: how to know and open a format.
pub struct Format {
    pub name: &'static str,
    /// Lower case, without the dot.
    pub extensions: &'static [&'static str],
    /// Whether a file with this beginning is one.
    pub detect: fn(&Path, head: &[u8]) -> bool,
    pub open: fn(&Path) -> Result<Box<dyn Opened>>,
}

/// Every format that can be opened, in the order they are tried.
pub static FORMATS: &[Format] = &[
    Format { name: "TIFF", extensions: &["tif", "tiff", "btf", "tf8", "svs"], detect: tiff::detect, open: tiff::open },
    Format { name: "JPEG", extensions: &["jpg", "jpeg", "jfif"], detect: flat::jpeg::detect, open: flat::jpeg::open },
    Format { name: "PNG", extensions: &["png"], detect: flat::png::detect, open: flat::png::open },
    Format {
        name: "BMP",
        extensions: &["bmp", "dib"],
        detect: |_, head| head.starts_with(b"BM"),
        open: flat::other::open,
    },
    Format { name: "GIF", extensions: &["gif"], detect: |_, head| head.starts_with(b"GIF8"), open: flat::other::open },
    Format { name: "WebP", extensions: &["webp"], detect: flat::other::is_webp, open: flat::other::open },
    Format {
        name: "PNM",
        extensions: &["pnm", "pbm", "pgm", "ppm", "pam"],
        detect: flat::other::is_pnm,
        open: flat::other::open,
    },
];

/// Open the image file at `path`, by what it holds, not by its name.
pub fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let head = read_head(path)?;
    let format = FORMATS.iter().find(|format| (format.detect)(path, &head));
    let format = format.ok_or_else(|| {
        let names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
        Error::unsupported(format!("not an image this program knows ({})", names.join(", "))).at(path)
    })?;
    (format.open)(path).at(path)
}

/// Whether a file of this name is worth opening: for folders, where other files lie about.
pub fn is_image_name(path: &Path) -> bool {
    let Some(ending) = path.extension() else { return false };
    let ending = ending.to_string_lossy().to_ascii_lowercase();
    FORMATS.iter().any(|format| format.extensions.contains(&&*ending))
}

fn read_head(path: &Path) -> Result<Vec<u8>> {
    let file = File::open(path).at(path)?;
    let found = file.metadata().at(path)?;
    if found.is_dir() {
        return Err(Error::invalid(format!("{}: a folder, not an image", path.display())));
    }
    if found.is_file() && found.len() == 0 {
        return Err(Error::corrupt("the file is empty").at(path));
    }
    let mut head = Vec::with_capacity(512);
    file.take(512).read_to_end(&mut head).at(path)?;
    Ok(head)
}
