//! A document as a project file stores it; default values are omitted.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use imbl::Vector;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::stored_region::{self, StoredRegion};
use super::{
    Blend, Bookmark, FilterStep, Flat, FlatField, GroupId, Margins, Mosaic, PixelSize, Placement, PlacementId,
    Placements, Regions,
};
use crate::ImageRef;
use crate::geometry::{Affine, Point, Rect, Size};
use crate::pixels::{Color, PixelKind, SampleType};
use mosaicist_display::Display;
use serde_json::{Map, Value};

/// A number written without a fraction if it is whole.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(transparent)]
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = (1u64 << 53) as f64;
        if self.0.fract() == 0.0 && self.0.abs() < EXACT {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// `[width, height]`, or the form of version 1.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredSize {
    Pair([u32; 2]),
    Named(Size),
}

impl Serialize for StoredSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Pair(pair) => pair.serialize(serializer),
            Self::Named(size) => [size.width, size.height].serialize(serializer),
        }
    }
}

/// `rgb8` and similar, or the form of version 1.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredKind {
    Word(String),
    Named(PixelKind),
}

/// No canvas reaches farther, in pixels, and no image is longer.
const FARTHEST: f64 = 1e12;
const LONGEST: u32 = 1 << 31;

/// Whether there are pixels of this kind: as many channels as its colors have.
fn is_possible(kind: PixelKind) -> bool {
    match kind.color {
        Color::Channels => kind.channels > 0,
        color => COLORS.iter().any(|(known, _, channels)| (*known, *channels) == (color, kind.channels)),
    }
}

/// Words for kinds of pixels: colors (channels have their number in front, `5ch`), then bits, with an f for floating point.
const COLORS: [(Color, &str, u8); 4] =
    [(Color::Gray, "gray", 1), (Color::GrayAlpha, "graya", 2), (Color::Rgb, "rgb", 3), (Color::Rgba, "rgba", 4)];
const SAMPLES: [(SampleType, &str); 8] = [
    (SampleType::U8, "8"),
    (SampleType::U16, "16"),
    (SampleType::F32, "32f"),
    (SampleType::I8, "8i"),
    (SampleType::I16, "16i"),
    (SampleType::U32, "32"),
    (SampleType::I32, "32i"),
    (SampleType::F64, "64f"),
];

fn word_of(kind: PixelKind) -> Option<String> {
    let sample = SAMPLES.iter().find(|(sample, _)| *sample == kind.sample)?.1;
    if kind.color == Color::Channels {
        return Some(format!("{}ch{sample}", kind.channels));
    }
    let usual = COLORS.iter().find(|(color, _, channels)| (*color, *channels) == (kind.color, kind.channels))?;
    Some(format!("{}{sample}", usual.1))
}

fn kind_of(word: &str) -> Option<PixelKind> {
    let at = SAMPLES.iter().filter_map(|(sample, ending)| Some((*sample, word.strip_suffix(ending)?)));
    let mut all = at.filter_map(|(sample, start)| {
        if let Some((color, _, channels)) = COLORS.iter().find(|(_, word, _)| *word == start) {
            return Some(PixelKind { color: *color, channels: *channels, sample });
        }
        let channels = start.strip_suffix("ch")?.parse().ok()?;
        Some(PixelKind { color: Color::Channels, channels, sample })
    });
    all.next()
}

impl Serialize for StoredKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Word(word) => word.serialize(serializer),
            Self::Named(kind) => kind.serialize(serializer),
        }
    }
}

/// A placement. Default values are omitted, and the id if it is one more than the previous one.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredPlacement {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(flatten)]
    image: ImageRef,
    /// The position of the image's upper left corner.
    #[serde(default, alias = "position", skip_serializing_if = "Option::is_none")]
    at: Option<[Number; 2]>,
    /// Instead of the position, if it is no translation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transform: Option<[Number; 6]>,
    size: StoredSize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<StoredKind>,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    visible: bool,
    #[serde(default, skip_serializing_if = "is_no")]
    locked: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<GroupId>,
    #[serde(default, skip_serializing_if = "is_no")]
    subpixel: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crop: Option<Margins>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gain: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opacity: Option<f32>,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_yes(is: &bool) -> bool {
    *is
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_no(is: &bool) -> bool {
    !*is
}

/// A value that differs from the default.
fn unusual<T: PartialEq>(value: T, usual: &T) -> Option<T> {
    (value != *usual).then_some(value)
}

impl StoredPlacement {
    /// From `placement`, which follows one of the id `last`; its image is stored as `image`.
    pub(super) fn new(placement: &Placement, image: ImageRef, last: u64) -> Self {
        let transform = placement.transform;
        let plain = transform.is_translation();
        Self {
            id: unusual(placement.id.0, &(last + 1)),
            image,
            at: plain.then_some([Number(transform.e), Number(transform.f)]),
            transform: (!plain).then(|| <[f64; 6]>::from(transform).map(Number)),
            size: StoredSize::Named(placement.size),
            kind: placement.kind.map(|kind| word_of(kind).map_or(StoredKind::Named(kind), StoredKind::Word)),
            visible: placement.visible,
            locked: placement.locked,
            group: placement.group,
            subpixel: placement.subpixel,
            crop: unusual(placement.crop, &Margins::default()),
            gain: unusual(placement.gain, &1.0),
            offset: unusual(placement.offset, &0.0),
            opacity: unusual(placement.opacity, &1.0),
        }
    }

    /// The placement, which follows one of the id `last`; or why it is invalid.
    fn placement(self, last: u64) -> Result<Placement, String> {
        let size = match self.size {
            StoredSize::Pair([width, height]) => Size::new(width, height),
            StoredSize::Named(size) => size,
        };
        let kind = match self.kind {
            None => None,
            Some(StoredKind::Named(kind)) => Some(kind),
            Some(StoredKind::Word(word)) => {
                Some(kind_of(&word).ok_or_else(|| format!("unknown kind of pixel '{word}'"))?)
            }
        };
        let transform = match (self.transform, self.at) {
            (Some(numbers), _) => Affine::from(numbers.map(|number| number.0)),
            (None, Some([x, y])) => Affine::translation(Point::new(x.0, y.0)),
            (None, None) => Affine::IDENTITY,
        };
        let placement = Placement {
            id: PlacementId(self.id.unwrap_or(last.saturating_add(1))),
            transform,
            kind,
            visible: self.visible,
            locked: self.locked,
            group: self.group,
            subpixel: self.subpixel,
            crop: self.crop.unwrap_or_default(),
            gain: self.gain.unwrap_or(1.0),
            offset: self.offset.unwrap_or(0.0),
            opacity: self.opacity.unwrap_or(1.0),
            ..Placement::new(self.image, size)
        };
        let is_sound = transform.is_finite() && placement.gain.is_finite() && placement.offset.is_finite();
        let is_near = <[f64; 6]>::from(transform).iter().all(|number| number.abs() <= FARTHEST);
        let is_possible = size.longest() <= LONGEST && placement.kind.is_none_or(is_possible);
        if !(is_sound && is_near && is_possible && (0.0..=1.0).contains(&placement.opacity)) {
            return Err(format!("{}: numbers out of range", placement.image));
        }
        Ok(placement)
    }
}

/// The fields of a document other than its lists, which are written one item per line.
#[derive(Serialize)]
pub(super) struct StoredHead {
    pub(super) mosaicist: u32,
    pub(super) last_id: u64,
    #[serde(skip_serializing_if = "is_black")]
    pub(super) background: [u8; 3],
    #[serde(skip_serializing_if = "is_usual")]
    pub(super) blend: Blend,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) flat_field: Option<FlatField>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) filters: Vec<FilterStep>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) canvas: Option<Rect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pixel_size: Option<PixelSize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) display: Option<Arc<Display>>,
    #[serde(skip_serializing_if = "is_nothing")]
    pub(super) region_members: Arc<Map<String, Value>>,
}

fn is_nothing(members: &Arc<Map<String, Value>>) -> bool {
    members.is_empty()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_black(color: &[u8; 3]) -> bool {
    *color == [0; 3]
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_usual(blend: &Blend) -> bool {
    *blend == Blend::default()
}

/// A document of any version; missing fields have their defaults.
#[derive(Deserialize)]
struct StoredMosaic {
    placements: Vec<StoredPlacement>,
    #[serde(default)]
    regions: Vec<StoredRegion>,
    #[serde(default)]
    bookmarks: Vector<Bookmark>,
    #[serde(default)]
    canvas: Option<Rect>,
    #[serde(default)]
    pixel_size: Option<PixelSize>,
    #[serde(default)]
    background: [u8; 3],
    #[serde(default)]
    blend: Blend,
    #[serde(default)]
    flat_field: Option<Arc<FlatField>>,
    #[serde(default)]
    filters: Vec<FilterStep>,
    #[serde(default)]
    display: Option<Arc<Display>>,
    #[serde(default)]
    region_members: Arc<Map<String, Value>>,
    last_id: u64,
}

impl<'de> Deserialize<'de> for Mosaic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredMosaic::deserialize(deserializer)?;
        let mut last = 0;
        let placements = stored.placements.into_iter().map(|stored| {
            let placement = stored.placement(last)?;
            last = placement.id.0;
            Ok(placement)
        });
        let placements: Vec<Placement> = placements.collect::<Result<_, String>>().map_err(D::Error::custom)?;
        twice(placements.iter().map(|placement| placement.id.0)).map_err(D::Error::custom)?;
        if let Some(Flat::Surface(surface)) = stored.flat_field.as_ref().map(|field| &field.flat) {
            surface.check().map_err(D::Error::custom)?;
        }
        crate::filter_step::check(&stored.filters).map_err(D::Error::custom)?;
        twice(stored.regions.iter().map(|region| region.id.0)).map_err(D::Error::custom)?;
        let ids =
            placements.iter().map(|placement| placement.id.0).chain(stored.regions.iter().map(|region| region.id.0));
        let groups = placements.iter().filter_map(|placement| placement.group).map(|group| group.0);
        let last_id = ids
            .chain(groups)
            .chain(stored.bookmarks.iter().map(|bookmark| bookmark.id.0))
            .fold(stored.last_id, u64::max);
        Ok(Self {
            placements: placements.into_iter().collect::<Placements>(),
            regions: stored_region::regions(stored.regions).map_err(D::Error::custom)?.into_iter().collect::<Regions>(),
            bookmarks: stored.bookmarks,
            canvas: stored.canvas,
            background: stored.background,
            pixel_size: stored.pixel_size.filter(PixelSize::is_sound),
            blend: stored.blend,
            flat_field: stored.flat_field,
            filters: stored.filters,
            display: stored.display,
            region_members: stored.region_members,
            last_id,
            record: None,
        })
    }
}

/// Fails if an id occurs twice.
fn twice(ids: impl Iterator<Item = u64>) -> Result<(), impl fmt::Display> {
    let mut known = HashSet::new();
    for id in ids {
        if !known.insert(id) {
            return Err(format!("the id {id} is there twice"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_words() {
        for color in [Color::Gray, Color::GrayAlpha, Color::Rgb, Color::Rgba, Color::Channels] {
            for (channels, sample) in
                [(1, SampleType::U8), (3, SampleType::U16), (4, SampleType::F32), (2, SampleType::U8)]
            {
                let kind = PixelKind { color, channels, sample };
                assert!(word_of(kind).is_none_or(|word| kind_of(&word) == Some(kind)), "{kind:?}");
            }
        }
        assert_eq!(word_of(PixelKind::RGB8).as_deref(), Some("rgb8"));
        assert_eq!(kind_of("5ch32f").map(|kind| kind.channels), Some(5));
        assert_eq!([kind_of("rgb9"), kind_of("ch8"), kind_of("")], [None; 3]);
    }
}
