//! Deep Zoom: a descriptor `NAME.dzi` and a folder `NAME_files/LEVEL/COLUMN_ROW.jpg`; or both in one zip, `NAME.szi`.
//!
//! Microsoft's schema of 2008; level 0 of the format is 1×1, its last one full resolution. The zip is libvips' SZI: files
//! stored as they are, all in one folder of the archive's name. Tiles are bytes: wider samples are scaled from their full
//! range.
//!
//! Two names cannot change in one step: `publish` says how they do.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Job;
use super::pictures::{Layout, Pictures};
use super::spec::{Companion, FormatSpec, OptionName};
use super::templates::{OVERLAPPING, TILE_FOLDER};
use super::tile::Place;
use crate::earlier::{OutputFolder, PAGE};
use crate::format::{Format, Levels};
use crate::geometry::Size;

/// `NAME.dzi` with the folder `NAME_files`.
pub(super) const DEEP_ZOOM: FormatSpec = FormatSpec {
    format: Format::DeepZoom,
    name: "dzi",
    title: "Deep Zoom",
    endings: &["dzi"],
    levels: Levels::ToPixel,
    tile: 254,
    overlap: Some(1),
    options: OVERLAPPING,
    folder: Some(&FOLDER),
    companion: Some(Companion { path: files_of, is_folder: true, says: "" }),
    create: |job| {
        let files = files_of(job.work.out());
        Ok(Box::new(Pictures::in_folder(job, files.file_name().unwrap_or_default(), DeepZoom::new(job))?))
    },
    ..TILE_FOLDER
};

/// The same in one zip.
pub(super) const SZI: FormatSpec = FormatSpec {
    format: Format::Szi,
    name: "szi",
    title: "Deep Zoom in one zip",
    endings: &["szi"],
    options: &[
        OptionName::Tile,
        OptionName::Overlap,
        OptionName::Tiles,
        OptionName::Quality,
        OptionName::Subsampling,
        OptionName::Copy,
    ],
    folder: None,
    companion: None,
    tile_overhead: |_| 760,
    table_bytes: |_, _, tiles| tiles * 16,
    create: |job| Ok(Box::new(Pictures::in_zip(job, Zipped::new(job))?)),
    ..DEEP_ZOOM
};

/// `NAME.dzi` and `NAME_files`.
pub(super) struct DeepZoom {
    descriptor: PathBuf,
    size: Size,
    levels: usize,
    tile: u32,
    overlap: u32,
    ending: &'static str,
}

impl DeepZoom {
    pub(super) fn new(job: Job<'_>) -> Self {
        Self {
            descriptor: job.path(),
            size: job.plan.levels[0],
            levels: job.plan.levels.len(),
            tile: job.plan.tile,
            overlap: job.plan.overlap,
            ending: job.options.tile_format().ending(),
        }
    }

    fn text(&self) -> Vec<u8> {
        let Self { tile, overlap, size, ending, .. } = self;
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Image xmlns=\"{SCHEMA}\" Format=\"{ending}\" Overlap=\"{overlap}\" TileSize=\"{tile}\">\n  \
             <Size Width=\"{}\" Height=\"{}\"/>\n</Image>\n",
            size.width, size.height
        )
        .into_bytes()
    }
}

/// The folder beside the descriptor.
pub(crate) const FOLDER: OutputFolder = OutputFolder { descriptor: "", says: SCHEMA, names: &["#/#_#.@", PAGE] };

const SCHEMA: &str = "http://schemas.microsoft.com/deepzoom/2008";

impl Layout for DeepZoom {
    fn path(&self, Place { level, column, row }: Place) -> String {
        format!("{}/{column}_{row}.{}", self.levels - 1 - level, self.ending)
    }

    fn descriptors(&self) -> Vec<(String, Vec<u8>)> {
        Vec::new()
    }

    fn beside(&self) -> Option<(PathBuf, Vec<u8>)> {
        Some((self.descriptor.clone(), self.text()))
    }

    fn tile_source(&self) -> Option<Value> {
        Some(json!({ "Image": {
            "xmlns": SCHEMA, "Url": "./", "Format": self.ending, "Overlap": self.overlap.to_string(),
            "TileSize": self.tile.to_string(),
            "Size": { "Width": self.size.width.to_string(), "Height": self.size.height.to_string() },
        } }))
    }
}

/// The same in a zip.
pub(super) struct Zipped {
    inside: DeepZoom,
    name: String,
}

impl Zipped {
    pub(super) fn new(job: Job<'_>) -> Self {
        Self { inside: DeepZoom::new(job), name: job.name() }
    }
}

impl Layout for Zipped {
    fn path(&self, place: Place) -> String {
        format!("{name}/{name}_files/{}", self.inside.path(place), name = self.name)
    }

    fn descriptors(&self) -> Vec<(String, Vec<u8>)> {
        vec![(format!("{name}/{name}.dzi", name = self.name), self.inside.text())]
    }
}

/// `NAME_files` of `NAME.dzi`.
pub(crate) fn files_of(out: &Path) -> PathBuf {
    let mut name = out.file_stem().unwrap_or_default().to_owned();
    name.push("_files");
    out.with_file_name(name)
}
