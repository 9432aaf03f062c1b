//! IIIF's Image API at compliance level 0: every request that its `info.json` promises is a file of that name.
//!
//! Version 2.1 and 3.0. Tile (x, y) of scale s is the region x·T·s, y·T·s of T·s pixels, cut at the image's edge, in
//! 1/s of its size, rounded up: the tiles of a pyramid. Names are canonical (section 4.7 of both versions): `full` for the
//! whole image; sizes as `w,` in version 2 and `w,h` in version 3, `full` and `max` where that is the full size.
//!
//! `full/max` must exist, but the whole image in one file may be very large. So `full/max` is the coarsest level larger than a
//! tile, and `maxWidth` is its width.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Job;
use super::pictures::{Layout, Pictures, Shown};
use super::spec::{FormatSpec, OptionName};
use super::templates::TILE_FOLDER;
use super::tile::{Place, TileEncoder};
use crate::earlier::{OutputFolder, PAGE};
use crate::format::Format;
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::pixels::{Pixels, PixelsView};
use crate::source::open;
use crate::{Error, IoResultExt, Result};
use crate::{TileFolder, TileFormat};

/// Image API 3.
pub(super) const IIIF_3: FormatSpec = FormatSpec {
    format: Format::Iiif3,
    name: "iiif3",
    title: "IIIF 3",
    tile: 512,
    options: &[
        OptionName::Tile,
        OptionName::Tiles,
        OptionName::Quality,
        OptionName::Subsampling,
        OptionName::Viewer,
        OptionName::Id,
        OptionName::Copy,
    ],
    folder: Some(&FOLDER_3),
    create: |job| Ok(Box::new(Pictures::in_own_folder(job, Iiif::new(job, Version::Three))?)),
    ..TILE_FOLDER
};

/// Image API 2. Its readers ask for nothing but JPEG.
pub(super) const IIIF_2: FormatSpec = FormatSpec {
    format: Format::Iiif,
    name: "iiif",
    title: "IIIF 2",
    tiles: &[TileFormat::Jpg],
    folder: Some(&FOLDER_2),
    create: |job| Ok(Box::new(Pictures::in_own_folder(job, Iiif::new(job, Version::Two))?)),
    ..IIIF_3
};

/// The folder that is the output, of version 2.
pub(crate) const FOLDER_2: OutputFolder =
    OutputFolder { descriptor: DESCRIPTOR, says: "http://iiif.io/api/image/2/context.json", names: NAMES };
/// The same of version 3.
pub(crate) const FOLDER_3: OutputFolder =
    OutputFolder { descriptor: DESCRIPTOR, says: "http://iiif.io/api/image/3/context.json", names: NAMES };

const DESCRIPTOR: &str = "info.json";
const NAMES: &[&str] = &[
    DESCRIPTOR,
    PAGE,
    "full/full/0/default.@",
    "full/max/0/default.@",
    "full/#,/0/default.@",
    "full/#,#/0/default.@",
    "#,#,#,#/full/0/default.@",
    "#,#,#,#/max/0/default.@",
    "#,#,#,#/#,/0/default.@",
    "#,#,#,#/#,#/0/default.@",
];

/// Of the Image API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Two,
    Three,
}

/// The layout of one export.
pub(super) struct Iiif {
    version: Version,
    levels: Vec<Size>,
    tile: u32,
    ending: &'static str,
    id: String,
}

impl Iiif {
    pub(super) fn new(job: Job<'_>, version: Version) -> Self {
        let name = job.work.out().file_name().unwrap_or_default().to_string_lossy();
        let example = || format!("https://example.org/iiif/{name}");
        Self {
            version,
            levels: job.plan.levels.clone(),
            tile: job.plan.tile,
            ending: job.options.tile_format().ending(),
            id: job.options.extras.id.clone().unwrap_or_else(example),
        }
    }

    /// The level of `full/max`: the coarsest one larger than a tile, if any is.
    fn reduced(&self) -> usize {
        self.levels.len().saturating_sub(2)
    }

    /// Sizes of the whole image that exist: the coarsest level, and the reduced one if it has its own name.
    fn sizes(&self) -> Vec<Size> {
        let (coarsest, reduced) = (self.levels[self.levels.len() - 1], self.levels[self.reduced()]);
        let both = self.size_name(coarsest) != self.size_name(reduced);
        if both { vec![coarsest, reduced] } else { vec![coarsest] }
    }

    fn file(&self, region: &str, size: &str) -> String {
        format!("{region}/{size}/0/default.{}", self.ending)
    }

    /// The region that a tile shows, in full pixels, and its own size.
    fn request(&self, Place { level, column, row }: Place) -> (Rect, Size) {
        let scale = 1_i64 << level;
        let tile = TileGrid::square(self.levels[level], self.tile).rect(column, row);
        let region = Rect::new(tile.x0 * scale, tile.y0 * scale, tile.x1 * scale, tile.y1 * scale);
        (region.intersect(Rect::from_size(self.levels[0])), tile.size())
    }

    /// A size as the version writes it.
    fn size_name(&self, size: Size) -> String {
        match self.version {
            Version::Two if size.width == self.levels[0].width => "full".into(),
            Version::Two => format!("{},", size.width),
            Version::Three if size == self.levels[0] => "max".into(),
            Version::Three => format!("{},{}", size.width, size.height),
        }
    }

    /// `info.json` for the folder at `id`.
    fn description(&self, id: &str) -> Value {
        let Size { width, height } = self.levels[0];
        let factors: Vec<u64> = (0..self.levels.len()).map(|level| 1 << level).collect();
        let tiles = json!([{ "width": self.tile, "height": self.tile, "scaleFactors": factors }]);
        let reduced = self.levels[self.reduced()];
        let size = |size: Size| json!({ "width": size.width, "height": size.height });
        let sizes: Vec<Value> = self.sizes().into_iter().map(size).collect();
        let most = (self.reduced() > 0).then(|| reduced.longest());
        let mut limits = json!({ "formats": [self.ending], "qualities": ["default"] });
        match self.version {
            Version::Two => {
                if let Some(most) = most {
                    limits["maxWidth"] = most.into();
                }
                json!({
                    "@context": "http://iiif.io/api/image/2/context.json", "@id": id,
                    "protocol": "http://iiif.io/api/image", "profile": ["http://iiif.io/api/image/2/level0.json", limits],
                    "width": width, "height": height, "sizes": sizes, "tiles": tiles,
                })
            }
            Version::Three => {
                let mut all = json!({
                    "@context": "http://iiif.io/api/image/3/context.json", "id": id, "type": "ImageService3",
                    "protocol": "http://iiif.io/api/image", "profile": "level0",
                    "width": width, "height": height, "sizes": sizes, "tiles": tiles,
                    "preferredFormats": [self.ending],
                });
                if let Some(most) = most {
                    all["maxWidth"] = most.into();
                }
                if self.ending != "jpg" {
                    all["extraFormats"] = json!([self.ending]);
                }
                all
            }
        }
    }

    /// The reduced level, put together from its tiles.
    fn composed(&self, folder: &TileFolder) -> Result<Pixels> {
        let level = self.reduced();
        let grid = TileGrid::square(self.levels[level], self.tile);
        let mut whole: Option<Pixels> = None;
        for (column, row) in grid.touching(Rect::from_size(grid.size)) {
            let path = folder.path().join(self.path(Place { level, column, row }));
            let source = open(&path)?.page(0)?;
            let info = source.info();
            let tile = source.read(Region::new(0, info.whole(0))).at(&path)?;
            let whole = whole.get_or_insert_with(|| Pixels::zeroed(grid.size, tile.channels(), tile.sample_type()));
            if whole.channels() != tile.channels() || whole.sample_type() != tile.sample_type() {
                return Err(Error::corrupt("a tile unlike the others").at(&path));
            }
            whole.paste(tile.view(), i64::from(column * self.tile), i64::from(row * self.tile));
        }
        whole.ok_or_else(|| Error::invalid("an image without pixels"))
    }
}

impl Layout for Iiif {
    fn path(&self, place: Place) -> String {
        let (region, size) = self.request(place);
        let whole = Rect::from_size(self.levels[0]);
        let mut name = String::new();
        if region == whole {
            name.push_str("full");
        } else {
            write!(name, "{},{},{},{}", region.x0, region.y0, region.width(), region.height()).unwrap_or_default();
        }
        self.file(&name, &self.size_name(size))
    }

    fn shown<'a>(&self, place: Place, tile: PixelsView<'a>) -> Result<Shown<'a>> {
        // In version 2 a region one pixel wide may have the same name at two scales; its height is that of the finer one.
        let Place { level, column, row } = place;
        let is_finer_too = self.version == Version::Two && level > 0 && {
            let ((region, size), finer) =
                (self.request(place), Place { level: level - 1, column: 2 * column, row: 2 * row });
            let (region_there, size_there) = self.request(finer);
            region == region_there && size.width == size_there.width
        };
        Ok(if is_finer_too { Shown::Nothing } else { Shown::Part(tile) })
    }

    fn descriptors(&self) -> Vec<(String, Vec<u8>)> {
        vec![(DESCRIPTOR.into(), format!("{:#}\n", self.description(&self.id)).into_bytes())]
    }

    fn more(&self, folder: &TileFolder, encoder: &TileEncoder) -> Result<()> {
        let pixels = self.composed(folder)?;
        let stream = encoder.for_channels(pixels.channels()).encode(pixels.view())?;
        let mut names = vec!["max".to_owned()];
        names.extend(self.sizes().get(1).map(|&size| self.size_name(size)));
        if self.reduced() == 0 && self.version == Version::Two {
            names.push("full".to_owned());
        }
        names.sort();
        names.dedup();
        names.iter().try_for_each(|name| folder.write(&self.file("full", name), &stream))
    }

    fn tile_source(&self) -> Option<Value> {
        Some(self.description("."))
    }
}
