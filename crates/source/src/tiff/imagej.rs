//! Stacks of `ImageJ` and `MetaMorph`: channels, Z-slices and timepoints, whose planes have a directory each, or follow one
//! another behind the only directory, as `ImageJ` writes them above 4 GB and `MetaMorph` always.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Contents;
use super::directory::Directory;
use super::image::planes_behind;
use super::page::{Details, Page};
use super::tags as tag;
use crate::{PageIndex, PagePlace, PositionedFile};

/// No stack has more planes.
const MOST_PLANES: u64 = 1 << 20;

/// The contents of the file, if it says that it is such a stack or has a scale of its own.
pub(super) fn contents(file: &Arc<PositionedFile>, chain: &[Directory]) -> Option<Contents> {
    let first = chain.first()?;
    let notes = first.text(file, tag::IMAGE_DESCRIPTION).as_deref().and_then(Notes::read);
    let planes = match &notes {
        Some(notes) => notes.count("images").unwrap_or(1),
        None => first.count(tag::UIC2),
    };
    if notes.is_none() && (planes < 2 || chain.len() > 1) {
        return None;
    }
    let notes = notes.unwrap_or_default();
    let details = Arc::new(notes.details(file, first));
    let behind = if chain.len() == 1 && planes > 1 { planes_there(file, first, planes) } else { 0 };
    let count = if behind > 1 { behind } else { chain.len() as u64 };
    let page = |number: u64| {
        let place = notes.place(number, count);
        let name = place.as_ref().and_then(PagePlace::name);
        let (plane, directory) = if behind > 1 { (Some(number), first) } else { (None, &chain[number as usize]) };
        let (levels, details) = (vec![directory.clone()], Arc::clone(&details));
        Page { file: Arc::clone(file), levels, below: behind < 2, elsewhere: None, plane, name, place, details }
    };
    Some(Contents::of((0..count).map(page).collect(), Vec::new()))
}

/// How many of `planes` follow one another in the file; 0 where they cannot.
fn planes_there(file: &PositionedFile, directory: &Directory, planes: u64) -> u64 {
    let (Ok((start, bytes)), Ok(have)) = (planes_behind(file, directory), file.length()) else { return 0 };
    (have.saturating_sub(start) / bytes).min(planes).min(MOST_PLANES)
}

/// The lines `name=value` of a description.
#[derive(Debug, Default)]
struct Notes(BTreeMap<String, String>);

impl Notes {
    fn read(text: &str) -> Option<Self> {
        let lines = text.starts_with("ImageJ=").then(|| text.lines().filter_map(|line| line.split_once('=')))?;
        Some(Self(lines.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()))
    }

    fn count(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.parse().ok().filter(|count| *count > 0)
    }

    /// Channel, slice and time of plane `number`, of which channels count fastest, then slices.
    fn place(&self, number: u64, planes: u64) -> Option<PagePlace> {
        let count = |name| self.count(name).unwrap_or(1);
        let (channels, slices, times) = (count("channels"), count("slices"), count("frames"));
        let told = channels.checked_mul(slices).and_then(|both| both.checked_mul(times)) == Some(planes);
        let (channels, slices, times) = if told { (channels, slices, times) } else { (1, planes, 1) };
        let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let index = PageIndex {
            series: 0,
            c: small(number % channels),
            z: small(number / channels % slices),
            t: small(number / channels / slices),
        };
        let counts = PageIndex { series: 1, c: small(channels), z: small(slices), t: small(times) };
        (planes > 1).then(|| PagePlace { index, counts, is_one_channel: channels > 1, ..PagePlace::default() })
    }

    fn details(&self, file: &PositionedFile, directory: &Directory) -> Details {
        let micrometers = self.0.get("unit").and_then(|unit| match unit.as_str() {
            "um" | "µm" | "μm" | "\\u00B5m" | "\\u00b5m" | "micron" | "microns" | "micrometer" => Some(1.0),
            "nm" => Some(1e-3),
            "mm" => Some(1e3),
            "cm" => Some(1e4),
            "m" => Some(1e6),
            "inch" => Some(25_400.0),
            _ => None,
        });
        let side = |tag| {
            let per_unit = directory.doubles(file, tag).first().copied()?;
            Some(micrometers? / per_unit).filter(|side| side.is_finite() && *side > 0.0)
        };
        let shown = ["channels", "slices", "frames", "spacing", "unit", "mode", "finterval", "min", "max"];
        let shown = shown.iter().filter_map(|name| Some((format!("imagej.{name}"), self.0.get(*name)?.clone())));
        let mpp = side(tag::X_RESOLUTION).zip(side(tag::Y_RESOLUTION));
        Details { mpp, properties: shown.collect(), ..Details::plain("TIFF") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_count_channels_first() {
        let notes = Notes::read("ImageJ=1.54\nimages=12\nchannels=2\nslices=3\nframes=2\nunit=um\n").unwrap();
        let place = notes.place(7, 12).unwrap();
        assert_eq!(place.index, PageIndex { series: 0, c: 1, z: 0, t: 1 });
        assert!(place.is_one_channel && notes.place(0, 1).is_none());
        let other = notes.place(4, 5).unwrap();
        assert_eq!(
            (other.index.z, other.counts),
            (4, PageIndex { series: 1, c: 1, z: 5, t: 1 }),
            "numbers that do not fit"
        );
        assert!(Notes::read("Image\nImageJ=1").is_none());
    }
}
