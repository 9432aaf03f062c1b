//! Map tiles: `Z/X/Y.png`, zoom 0 being a single tile, as the viewers of web maps ask for them (OSM's "slippy map" names).
//!
//! All tiles have the full size, for map viewers stretch smaller ones; the rest is background, transparent where the tiles have
//! alpha. Only tiles that the picture touches are written. Rows count from the top.

use serde_json::{Value, json};

use super::Job;
use super::pictures::{Layout, Pictures, Shown};
use super::spec::FormatSpec;
use super::templates::TILE_FOLDER;
use super::tile::Place;
use crate::Result;
use crate::earlier::{MARKER, OutputFolder, PAGE, marker};
use crate::format::Format;
use crate::geometry::Size;
use crate::pixels::{Pixels, PixelsView};

/// A folder of map tiles.
pub(super) const XYZ: FormatSpec = FormatSpec {
    format: Format::Xyz,
    name: "xyz",
    title: "Map tiles (z/x/y)",
    folder: Some(&FOLDER),
    create: |job| Ok(Box::new(Pictures::in_own_folder(job, Xyz::new(job))?)),
    ..TILE_FOLDER
};

/// The folder that is the output. Nothing in the layout itself tells it from another folder of numbered pictures.
pub(crate) const FOLDER: OutputFolder =
    OutputFolder { descriptor: MARKER, says: "\"format\":\"xyz\"", names: &[MARKER, "#/#/#.@", PAGE] };

/// The layout of one export.
pub(super) struct Xyz {
    size: Size,
    levels: usize,
    tile: Size,
    ending: &'static str,
    filling: Vec<f32>,
}

impl Xyz {
    pub(super) fn new(job: Job<'_>) -> Self {
        Self {
            size: job.plan.levels[0],
            levels: job.plan.levels.len(),
            tile: Size::new(job.plan.tile, job.plan.tile),
            ending: job.options.tile_format().ending(),
            filling: filling(job),
        }
    }
}

impl Layout for Xyz {
    fn path(&self, Place { level, column, row }: Place) -> String {
        format!("{}/{column}/{row}.{}", self.levels - 1 - level, self.ending)
    }

    fn shown<'a>(&self, _place: Place, tile: PixelsView<'a>) -> Result<Shown<'a>> {
        Ok(filled_up(tile, self.tile, &self.filling))
    }

    fn descriptors(&self) -> Vec<(String, Vec<u8>)> {
        vec![(MARKER.into(), marker("xyz", &[]))]
    }

    fn tile_source(&self) -> Option<Value> {
        Some(json!({
            "xyz": true, "width": self.size.width, "height": self.size.height, "tileSize": self.tile.width,
            "maxLevel": self.levels - 1, "ending": self.ending,
        }))
    }
}

/// The pixels beyond the image's edge: transparent, or the output's background.
pub(super) fn filling(job: Job<'_>) -> Vec<f32> {
    let info = job.info;
    if info.color.has_alpha() {
        return vec![0.0; info.channels as usize];
    }
    let [red, green, blue] = job.options.background.map(|value| f32::from(value) / 255.0 * info.sample.max());
    let exact = |value: f32| if info.sample.is_float() { value } else { value.round() };
    match info.channels {
        1 => vec![exact(0.299 * red + 0.587 * green + 0.114 * blue)],
        3 => vec![exact(red), exact(green), exact(blue)],
        _ => info.background.clone(),
    }
}

/// `tile` in the upper left of `size` pixels, the rest filled.
pub(super) fn filled_up<'a>(tile: PixelsView<'a>, size: Size, filling: &[f32]) -> Shown<'a> {
    if tile.size() == size {
        return Shown::Part(tile);
    }
    let mut whole = Pixels::filled(size, tile.sample_type(), filling);
    whole.paste(tile, 0, 0);
    Shown::Whole(whole)
}
