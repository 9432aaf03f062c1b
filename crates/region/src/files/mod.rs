//! The files that regions come in, in one table: each format is a row here and a file beside this one.
//!
//! Reading never fails on a single region: what cannot be read is left out and listed. Files of hundreds of thousands of
//! regions are read in one sequential scan, straight into [`Roi`]s.

mod asap;
mod boxes;
mod geojson;
mod imagej;
mod imagescope;
mod loaded;
mod ndpa;
mod ome;
mod xml;

pub use loaded::{Frame, Loaded};

use std::io::Write;
use std::path::Path;

use mosaicist_core::whole_file;

use crate::{Error, IoResultExt as _, Result};
use mosaicist_shape::Roi;

/// The most bytes of a file of regions: they are read whole.
const LARGEST: u64 = 4 << 30;

/// One row of the table.
pub struct Format {
    pub name: &'static str,
    /// Lower case, without the dot; the first is the usual one.
    pub extensions: &'static [&'static str],
    /// Whether a file that begins like this is one.
    pub detect: fn(head: &[u8]) -> bool,
    pub read: fn(&[u8], &Frame) -> Result<Loaded>,
    /// Returns what could not be written as it is.
    pub write: fn(&Loaded, &Frame, &mut dyn Write) -> Result<Vec<String>>,
}

/// Every format, in the order they are tried.
pub static FORMATS: &[Format] = &[
    Format {
        name: "GeoJSON",
        extensions: &["geojson", "json"],
        detect: geojson::detect,
        read: geojson::read,
        write: geojson::write,
    },
    Format {
        name: "OME-XML",
        extensions: &["ome.xml", "ome"],
        detect: ome::detect,
        read: ome::read,
        write: ome::write,
    },
    Format { name: "ASAP XML", extensions: &["asap.xml"], detect: asap::detect, read: asap::read, write: asap::write },
    Format { name: "NDPA", extensions: &["ndpa"], detect: ndpa::detect, read: ndpa::read, write: ndpa::write },
    Format {
        name: "Aperio ImageScope XML",
        extensions: &["xml"],
        detect: imagescope::detect,
        read: imagescope::read,
        write: imagescope::write,
    },
    Format {
        name: "ImageJ ROI",
        extensions: &["roi"],
        detect: imagej::detect_one,
        read: imagej::read_one,
        write: imagej::write_one,
    },
    Format {
        name: "ImageJ ROI set",
        extensions: &["zip"],
        detect: imagej::detect_set,
        read: imagej::read_set,
        write: imagej::write_set,
    },
    Format {
        name: "CSV of boxes",
        extensions: &["csv"],
        detect: boxes::detect,
        read: boxes::read,
        write: boxes::write,
    },
];

/// Whether a file of this name may hold regions: for drops on a window.
pub fn is_region_name(path: &Path) -> bool {
    by_ending(path).is_some()
}

/// Read the regions of the file at `path`, by what it holds, not by its name.
///
/// Fails with [`Error::Unsupported`] where it is none of [`FORMATS`], with [`Error::Corrupt`] where nothing of it can be read.
pub fn load(path: &Path, frame: &Frame) -> Result<Loaded> {
    let length = std::fs::metadata(path).at(path)?.len();
    if length > LARGEST {
        return Err(Error::limit(format!("{length} bytes of regions; at most {LARGEST} are read")).at(path));
    }
    let bytes = std::fs::read(path).at(path)?;
    let head = &bytes[..bytes.len().min(4096)];
    let format = FORMATS.iter().find(|format| (format.detect)(head)).ok_or_else(|| {
        let names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
        Error::unsupported(format!("not a file of regions this program knows ({})", names.join(", "))).at(path)
    })?;
    (format.read)(&bytes, frame).at(path)
}

/// Write `loaded` to `path`, in the format that its ending names. The file appears when it is complete.
///
/// Returns what could not be written as it is.
pub fn save(path: &Path, loaded: &Loaded, frame: &Frame) -> Result<Vec<String>> {
    let format = by_ending(path).ok_or_else(|| {
        let endings: Vec<_> = FORMATS.iter().map(|format| format!(".{}", format.extensions[0])).collect();
        Error::unsupported(format!("writing regions to such a name; end it in {}", endings.join(" "))).at(path)
    })?;
    whole_file::write(path, |out| (format.write)(loaded, frame, out))
}

/// Write `rois` to `path`: [`save`] for regions that come from nowhere.
pub fn save_rois(path: &Path, rois: Vec<Roi>, frame: &Frame) -> Result<Vec<String>> {
    save(path, &Loaded::new(rois), frame)
}

/// `.ome.xml` is `.xml` too: the longest ending counts.
fn by_ending(path: &Path) -> Option<&'static Format> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let ends = |ending: &str| name.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.'));
    let all = FORMATS.iter().flat_map(|format| format.extensions.iter().map(move |ending| (format, *ending)));
    all.filter(|(_, ending)| ends(ending)).max_by_key(|(_, ending)| ending.len()).map(|(format, _)| format)
}

#[cfg(test)]
mod tests;
