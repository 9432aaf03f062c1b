//! Hamamatsu's older slides (`.vms`): settings that name some long JPEG streams side by side, one small one of the whole, and
//! perhaps a file that says where their rows begin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ini::Ini;
use crate::restart::{Hint, RestartJpeg};
use crate::slide::{self, Slide, Stored};
use crate::streams::{Sheet, Streams};
use crate::{Error, IoResultExt as _, Result};
use crate::{Opened, PositionedFile, Source as _};

const SECTION: &str = "Virtual Microscope Specimen";
const UNCOMPRESSED: &str = "Uncompressed Virtual Microscope Specimen";
/// Bytes of a record of the file with row starts; the offset stands first.
const RECORD: u64 = 40;
const MOST_STREAMS: usize = 4096;

pub(crate) fn detect(_: &Path, head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    text.trim_start_matches('\u{feff}').trim_start().starts_with('[') && text.contains("Virtual Microscope Specimen]")
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let ini = Ini::read(path)?;
    if ini.section(UNCOMPRESSED).is_some() {
        return Err(Error::unsupported("Hamamatsu's uncompressed slides (.vmu)"));
    }
    let section = ini.section(SECTION).ok_or_else(|| Error::corrupt("a slide without its section"))?;
    let (columns, rows): (usize, usize) = (ini.number(SECTION, "NoJpegColumns")?, ini.number(SECTION, "NoJpegRows")?);
    let count = columns.checked_mul(rows).filter(|count| (1..=MOST_STREAMS).contains(count));
    let count = count.ok_or_else(|| Error::corrupt(format!("{columns}×{rows} JPEGs")))?;
    let mut names: Vec<Option<&str>> = vec![None; count];
    for (key, name) in section {
        if let Some((column, row)) = key.strip_prefix("ImageFile").and_then(place)
            && column < columns
            && row < rows
        {
            names[row * columns + column] = Some(name);
        }
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let starts = section.get("OptimisationFile").and_then(|name| slide::inside(folder, name).ok());
    let starts = starts.and_then(|path| PositionedFile::open(&path).ok()).map(Arc::new);
    let (mut streams, mut before) = (Vec::with_capacity(count), 0);
    for name in names {
        let name = name.ok_or_else(|| Error::corrupt("one of its JPEGs is not named"))?;
        let mut stream = stream(&slide::inside(folder, name)?)?;
        let (across, down) = stream.intervals();
        if let Some(starts) = &starts {
            stream.set_hint(row_starts(starts, before, across.into()));
        }
        before += u64::from(down);
        streams.push(Arc::new(stream));
    }
    let mut sheets = vec![Sheet { columns, streams }];
    if let Some(name) = section.get("MapFile") {
        sheets.push(Sheet { columns: 1, streams: vec![Arc::new(stream(&slide::inside(folder, name)?)?)] });
    }
    let mut source = Streams::new("Hamamatsu VMS", sheets)?;
    describe(section, &mut source);
    let glass =
        section.get("MacroImage").and_then(|name| slide::inside(folder, name).ok()).filter(|path| path.is_file());
    let associated = glass.map(|path| ("macro".to_owned(), Stored::Jpeg(path))).into_iter().collect();
    Ok(Slide::single(path, source, associated))
}

/// The files that the slide at `path` names.
pub(crate) fn parts(path: &Path) -> Vec<PathBuf> {
    let Ok(ini) = Ini::read(path) else { return Vec::new() };
    let folder = path.parent().unwrap_or(Path::new(""));
    let names =
        [SECTION, UNCOMPRESSED].into_iter().filter_map(|section| ini.section(section)).flat_map(BTreeMap::values);
    names.filter_map(|name| slide::inside(folder, name).ok()).filter(|path| path.is_file()).collect()
}

fn stream(path: &Path) -> Result<RestartJpeg> {
    let file = Arc::new(PositionedFile::open(path)?);
    let length = file.length()?;
    RestartJpeg::open(file, (0, length), None, None).at(path)
}

/// Column and row of `ImageFile`, `ImageFile(x,y)` or `ImageFile(0,x,y)`: the layer in focus.
fn place(key: &str) -> Option<(usize, usize)> {
    if key.is_empty() {
        return Some((0, 0));
    }
    let inside = key.strip_prefix('(')?.strip_suffix(')')?;
    let numbers: Option<Vec<usize>> = inside.split(',').map(|number| number.trim().parse().ok()).collect();
    match numbers?[..] {
        [0] => Some((0, 0)),
        [column, row] | [0, column, row] => Some((column, row)),
        _ => None,
    }
}

/// The file has a record for each row of MCUs of all streams together, but for the last.
fn row_starts(file: &Arc<PositionedFile>, before: u64, across: u64) -> Hint {
    let file = Arc::clone(file);
    Box::new(move |number| {
        if number % across != 0 {
            return None;
        }
        let bytes = file.read_at((before + number / across).checked_mul(RECORD)?, 8).ok()?;
        bytes.first_chunk().map(|&bytes| u64::from_le_bytes(bytes))
    })
}

fn describe(section: &BTreeMap<String, String>, source: &mut Streams) {
    let size = source.info().size();
    let info = source.info_mut();
    let number = |key: &str| {
        let value = section.get(key).and_then(|text| text.parse::<f64>().ok());
        value.filter(|value| value.is_finite() && *value > 0.0)
    };
    let mpp = |key: &str, pixels: u32| number(key).map(|nanometers| nanometers / (1000.0 * f64::from(pixels)));
    info.mpp = mpp("PhysicalWidth", size.width).zip(mpp("PhysicalHeight", size.height));
    info.objective = number("SourceLens");
    info.properties = section.iter().map(|(key, value)| (format!("hamamatsu.{key}"), value.clone())).collect();
    slide::tell_openslide("hamamatsu", None, info);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_have_places() {
        let cases =
            [("", Some((0, 0))), ("(1,2)", Some((1, 2))), ("(0,3,4)", Some((3, 4))), ("(1,3,4)", None), ("x", None)];
        for (key, expected) in cases {
            assert_eq!(place(key), expected, "{key}");
        }
    }
}
