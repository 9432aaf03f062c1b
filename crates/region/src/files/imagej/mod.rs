//! `ImageJ`'s ROIs: single files (`.roi`) and sets of them (`.zip`), by its `RoiDecoder` and `RoiEncoder` (version 228).
//!
//! All numbers are big-endian. Coordinates are floats of 32 bits: beyond 131,072 px they are off by up to 1/128 px.

mod read;
mod write;

use std::collections::HashSet;
use std::io::{Cursor, Read as _, Seek, Write};
use std::path::Path;

use super::loaded::{Frame, Loaded};
use crate::{Error, IoResultExt as _, Result};
use mosaicist_shape::Roi;

/// The most bytes of one ROI in a set: two million vertices.
const LARGEST: u64 = 64 << 20;

/// Kinds of ROI.
mod kind {
    pub(super) const POLYGON: u8 = 0;
    pub(super) const RECTANGLE: u8 = 1;
    pub(super) const OVAL: u8 = 2;
    pub(super) const LINE: u8 = 3;
    pub(super) const FREE_LINE: u8 = 4;
    pub(super) const POLYLINE: u8 = 5;
    pub(super) const FREEHAND: u8 = 7;
    pub(super) const TRACED: u8 = 8;
    pub(super) const ANGLE: u8 = 9;
    pub(super) const POINT: u8 = 10;
}

/// What a kind stands for besides itself.
mod subtype {
    pub(super) const TEXT: u16 = 1;
    pub(super) const ELLIPSE: u16 = 3;
    pub(super) const ROTATED: u16 = 5;
}

/// Coordinates follow as floats too.
const SUB_PIXEL: u16 = 128;

pub(super) fn detect_one(head: &[u8]) -> bool {
    head.starts_with(b"Iout")
}

pub(super) fn detect_set(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

pub(super) fn read_one(bytes: &[u8], _: &Frame) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    match read::roi(bytes) {
        Ok(roi) => loaded.push(roi, || "the region".to_owned()),
        Err(fault) => return Err(Error::corrupt(fault)),
    }
    Ok(loaded.finished())
}

pub(super) fn read_set(bytes: &[u8], _: &Frame) -> Result<Loaded> {
    let damaged = |error: zip::result::ZipError| Error::corrupt(format!("no zip: {error}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut loaded = Loaded::default();
    for index in 0..archive.len() {
        let file = match archive.by_index(index) {
            Ok(file) => file,
            Err(error) => {
                loaded.warn(format!("entry {index}: {error}"));
                continue;
            }
        };
        let name = file.name().map_or_else(|_| format!("{index:04}.roi"), std::borrow::Cow::into_owned);
        if !name.to_ascii_lowercase().ends_with(".roi") {
            continue;
        }
        let mut entry = Vec::new();
        // The size that a zip states is no promise.
        if let Err(error) = file.take(LARGEST).read_to_end(&mut entry) {
            loaded.warn(format!("{name}: {error}"));
            continue;
        }
        match read::roi(&entry) {
            Ok(mut roi) => {
                let stem = name.rsplit('/').next().unwrap_or_default();
                let stem = &stem[..stem.len().saturating_sub(4)];
                roi.name = roi.name.or_else(|| (!stem.is_empty()).then(|| stem.into()));
                loaded.push(roi, || name.clone());
            }
            Err(fault) => loaded.warn(format!("{name}: {fault}")),
        }
    }
    if loaded.rois.is_empty() && loaded.warnings.is_empty() {
        return Err(Error::unsupported("a zip without ImageJ ROIs"));
    }
    Ok(loaded.finished())
}

pub(super) fn write_one(loaded: &Loaded, _: &Frame, out: &mut dyn Write) -> Result<Vec<String>> {
    let [roi] = &loaded.rois[..] else {
        return Err(Error::invalid(format!(
            "a .roi file holds one region, not {}; end the name in .zip for a set of them",
            loaded.rois.len()
        )));
    };
    let mut notes = Notes::default();
    out.write_all(&write::roi(roi, &mut notes)).at(Path::new(""))?;
    Ok(notes.lines())
}

pub(super) fn write_set(loaded: &Loaded, _: &Frame, out: &mut dyn Write) -> Result<Vec<String>> {
    let mut notes = Notes::default();
    // The writer of zips goes back to write sizes: a stream cannot.
    let mut bytes = Cursor::new(Vec::new());
    write_entries(&loaded.rois, &mut bytes, &mut notes).map_err(std::io::Error::from).at(Path::new(""))?;
    out.write_all(bytes.get_ref()).at(Path::new(""))?;
    Ok(notes.lines())
}

fn write_entries<W: Write + Seek>(rois: &[Roi], out: W, notes: &mut Notes) -> zip::result::ZipResult<()> {
    let mut archive = zip::ZipWriter::new(out);
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let mut given = HashSet::new();
    for (index, roi) in rois.iter().enumerate() {
        let name = roi.name.as_deref().map_or_else(|| format!("{:04}", index + 1), str::to_owned);
        let name: String =
            name.chars().map(|c| if matches!(c, '/' | '\\') || c.is_control() { '_' } else { c }).collect();
        let name = if given.insert(name.clone()) { name } else { format!("{name}-{}", index + 1) };
        given.insert(name.clone());
        archive.start_file(format!("{name}.roi"), options)?;
        archive.write_all(&write::roi(roi, notes))?;
    }
    archive.finish()?;
    Ok(())
}

/// What could not be written as it is, counted.
#[derive(Default)]
struct Notes {
    classes: usize,
    turned: usize,
    lines: usize,
}

impl Notes {
    fn lines(&self) -> Vec<String> {
        let all = [
            (self.classes, "classes were left out: ImageJ knows none"),
            (self.turned, "flat rotated shapes may be off by rounding to 32-bit floats"),
            (self.lines, "regions of several lines were written as their first"),
        ];
        all.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
    }
}
