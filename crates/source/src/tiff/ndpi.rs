//! Hamamatsu's NDPI: a classic TIFF with links of 64 bits (see `directory`), and one JPEG stream for each level, whose restart
//! markers tags 65426 and 65432 point to.
//!
//! Properties are those that `OpenSlide` found out (its `openslide-vendor-hamamatsu.c`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::directory::Directory;
use super::image::size_of;
use super::page::Details;
use super::tags as tag;
use super::{Associated, Contents, Shown};
use crate::restart::{Hint, RestartJpeg};
use crate::streams::{Sheet, Streams};
use crate::{Error, Result};
use crate::{PositionedFile, Source};

/// The most bytes of a macro picture.
const MOST_MACRO: u64 = 64 << 20;
/// A frame header can name no longer side.
const JPEG_SIDE: u32 = 65_535;

/// The contents of the file, if it is one of Hamamatsu's.
pub(super) fn contents(file: &Arc<PositionedFile>, chain: &[Directory]) -> Result<Option<Contents>> {
    if !chain[0].has(tag::NDPI_FORMAT) {
        return Ok(None);
    }
    if chain[0].int(tag::NDPI_CAPTURE_MODE).is_some_and(|mode| mode >= 6) {
        return Err(Error::unsupported("an NDPI of fluorescence, whose samples have more than 8 bits"));
    }
    let (mut planes, mut associated): (BTreeMap<i64, Vec<&Directory>>, _) = (BTreeMap::new(), Vec::new());
    for directory in chain {
        let lens = directory.doubles(file, tag::NDPI_SOURCE_LENS).first().copied().unwrap_or(0.0);
        if lens > 0.0 {
            let plane = directory.doubles(file, tag::NDPI_FOCAL_PLANE).first().map_or(0, |plane| *plane as i64);
            planes.entry(plane).or_default().push(directory);
        } else if (lens + 1.0).abs() < 1e-3
            && let Ok((start, end)) = place(file, directory)
            && let Ok(stream) = file.read_at(start, (end - start).min(MOST_MACRO))
        {
            associated.push(("macro".to_owned(), Associated::Jpeg(stream.into())));
        }
    }
    // The middle plane is in focus.
    let mut planes: Vec<(i64, Vec<&Directory>)> = planes.into_iter().collect();
    planes.sort_by_key(|(plane, _)| (*plane != 0, *plane));
    if planes.is_empty() {
        return Err(Error::corrupt("an NDPI without a level"));
    }
    let count = planes.len();
    let pages: Result<Vec<Shown>> = planes.iter().map(|(plane, levels)| page(file, *plane, levels, count)).collect();
    Ok(Some(Contents { format: FORMAT, pages: pages?, associated }))
}

const FORMAT: &str = "Hamamatsu NDPI";

fn page(file: &Arc<PositionedFile>, plane: i64, levels: &[&Directory], planes: usize) -> Result<Shown> {
    let mut sheets = Vec::new();
    for directory in levels {
        let stream = stream(file, directory)?;
        let smaller = |last: &Sheet| stream.size().width < last.size().width;
        if !sheets.last().is_none_or(smaller) {
            return Err(Error::corrupt("an NDPI whose levels do not get smaller"));
        }
        sheets.push(Sheet { columns: 1, streams: vec![Arc::new(stream)] });
    }
    let mut streams = Streams::new(FORMAT, sheets)?;
    let full = levels[0];
    let properties = properties(file, full);
    let details = Details {
        objective: full.doubles(file, tag::NDPI_SOURCE_LENS).first().copied(),
        properties,
        ..Details::slide(FORMAT, "hamamatsu")
    };
    details.describe(file, full, streams.info_mut());
    let name = (planes > 1).then(|| format!("focus {:+} µm", plane as f64 / 1000.0));
    let source: Arc<dyn Source> = Arc::new(streams);
    Ok(Shown::Ready { source, name })
}

fn stream(file: &Arc<PositionedFile>, directory: &Directory) -> Result<RestartJpeg> {
    let size = size_of(directory)?;
    let compression = directory.int(tag::COMPRESSION).unwrap_or(tag::compression::JPEG);
    if compression != tag::compression::JPEG {
        return Err(Error::unsupported(format!("an NDPI in compression {compression} (22610 is JPEG XR)")));
    }
    let (start, end) = place(file, directory)?;
    // Where both fit, the stream's own header counts, as libjpeg reads it.
    let stated = (size.longest() > JPEG_SIDE).then_some(size);
    let lower = directory.table(file, tag::NDPI_MCU_STARTS)?;
    let upper = directory.table(file, tag::NDPI_MCU_STARTS_HIGH)?;
    let hint = lower.map(|lower| -> Hint {
        let file = Arc::clone(file);
        Box::new(move |number| {
            let low = lower.get(&file, number).ok()?;
            let high = upper.as_ref().map_or(Some(0), |upper| upper.get(&file, number).ok())?;
            start.checked_add(low.checked_add(high.checked_shl(32)?)?)
        })
    });
    RestartJpeg::open(Arc::clone(file), (start, end), stated, hint)
}

/// Where the only strip begins and ends.
fn place(file: &PositionedFile, directory: &Directory) -> Result<(u64, u64)> {
    let offsets = directory.ints(file, tag::STRIP_OFFSETS)?;
    let counts = directory.ints(file, tag::STRIP_BYTE_COUNTS)?;
    match (&offsets[..], &counts[..]) {
        (&[start], &[count]) => Ok((start, start.saturating_add(count))),
        _ => Err(Error::corrupt("an NDPI level that is not one piece")),
    }
}

fn properties(file: &PositionedFile, directory: &Directory) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let text = directory.text(file, tag::NDPI_PROPERTIES).unwrap_or_default();
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        if !key.is_empty() && !value.is_empty() {
            found.insert(format!("hamamatsu.{key}"), value.to_owned());
        }
    }
    let numbers = [
        (tag::NDPI_SOURCE_LENS, "SourceLens"),
        (tag::NDPI_X_OFFSET, "XOffsetFromSlideCentre"),
        (tag::NDPI_Y_OFFSET, "YOffsetFromSlideCentre"),
    ];
    for (tag, name) in numbers {
        if let Some(value) = directory.doubles(file, tag).first() {
            found.insert(format!("hamamatsu.{name}"), value.to_string());
        }
    }
    for (tag, name) in [(tag::NDPI_REFERENCE, "Reference"), (tag::NDPI_SERIAL, "SerialNumber")] {
        if let Some(text) = directory.text(file, tag) {
            found.insert(format!("hamamatsu.{name}"), text);
        }
    }
    found
}
