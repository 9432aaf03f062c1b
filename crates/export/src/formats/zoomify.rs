//! Zoomify: `TileGroupN/Z-X-Y.jpg` and `ImageProperties.xml`; 256 tiles to a group, counted from the coarsest level.
//!
//! The format was never written down. Zoomify itself and `OpenSeadragon` halve sides rounding *down*, and that decides how many
//! levels there are, which number a tile has, and where the last tile of a row ends (libvips and `OpenLayers` round up by
//! default). But `OpenSeadragon` also asks for the sliver that rounding up would leave beyond it: it is written too, uncounted.

use serde_json::{Value, json};

use super::Job;
use super::pictures::{Layout, Pictures, Shown};
use super::spec::FormatSpec;
use super::templates::TILE_FOLDER;
use super::tile::Place;
use crate::Result;
use crate::earlier::{OutputFolder, PAGE};
use crate::format::{Format, Levels};
use crate::geometry::{Rect, Size, TileGrid};
use crate::pixels::PixelsView;

/// A folder of groups of tiles.
pub(super) const ZOOMIFY: FormatSpec = FormatSpec {
    format: Format::Zoomify,
    name: "zoomify",
    title: "Zoomify",
    levels: Levels::ToTileByFloor,
    folder: Some(&FOLDER),
    create: |job| Ok(Box::new(Pictures::in_own_folder(job, Zoomify::new(job))?)),
    ..TILE_FOLDER
};

/// The folder that is the output.
pub(crate) const FOLDER: OutputFolder = OutputFolder {
    descriptor: "ImageProperties.xml",
    says: "<IMAGE_PROPERTIES",
    names: &["ImageProperties.xml", "TileGroup#/#-#-#.@", PAGE],
};

/// The layout of one export.
pub(super) struct Zoomify {
    /// Rounded down, coarsest first.
    grids: Vec<TileGrid>,
    ending: &'static str,
}

impl Zoomify {
    pub(super) fn new(job: Job<'_>) -> Self {
        let (size, count) = (job.plan.levels[0], job.plan.levels.len());
        let level = |level: usize| Size::new(size.width >> level, size.height >> level);
        let grids = (0..count).rev().map(|n| TileGrid::square(level(n), job.plan.tile)).collect();
        Self { grids, ending: job.options.tile_format().ending() }
    }

    /// The format's level.
    fn tier(&self, level: usize) -> usize {
        self.grids.len() - 1 - level
    }

    /// The tile's number, as the readers count.
    fn number(&self, Place { level, column, row }: Place) -> u64 {
        let tier = self.tier(level);
        let before: u64 = self.grids[..tier].iter().map(|grid| grid.count()).sum();
        before + u64::from(self.grids[tier].columns()) * u64::from(row) + u64::from(column)
    }

    fn full(&self) -> TileGrid {
        self.grids[self.grids.len() - 1]
    }
}

impl Layout for Zoomify {
    fn path(&self, place: Place) -> String {
        let Place { level, column, row } = place;
        format!("TileGroup{}/{}-{column}-{row}.{}", self.number(place) / 256, self.tier(level), self.ending)
    }

    fn shown<'a>(&self, Place { level, column, row }: Place, tile: PixelsView<'a>) -> Result<Shown<'a>> {
        let inside = self.grids[self.tier(level)].rect(column, row);
        let size = tile.size();
        let cut = |counted: u64, side: u32| if counted == 0 { i64::from(side) } else { counted as i64 };
        let shown = Rect::new(0, 0, cut(inside.width(), size.width), cut(inside.height(), size.height));
        Ok(Shown::Part(tile.part(shown)))
    }

    fn descriptors(&self) -> Vec<(String, Vec<u8>)> {
        let TileGrid { size, tile } = self.full();
        let count: u64 = self.grids.iter().map(|grid| grid.count()).sum();
        let text = format!(
            "<IMAGE_PROPERTIES WIDTH=\"{}\" HEIGHT=\"{}\" NUMTILES=\"{count}\" NUMIMAGES=\"1\" VERSION=\"1.8\" TILESIZE=\"{}\" />\n",
            size.width, size.height, tile.width
        );
        vec![("ImageProperties.xml".into(), text.into_bytes())]
    }

    fn tile_source(&self) -> Option<Value> {
        let TileGrid { size, tile } = self.full();
        Some(json!({
            "type": "zoomifytileservice", "width": size.width, "height": size.height, "tileSize": tile.width,
            "tilesUrl": "./", "fileFormat": self.ending,
        }))
    }
}
