//! What slides of all vendors have in common: properties under the names that `OpenSlide` gives them, and small pictures.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Capabilities, Info, Opened, PagePlace, ReadingCost, Source, flat, neighbor};
use crate::geometry::{Rect, Region};
use crate::pixels::Pixels;
use crate::{Error, IoResultExt as _, Result};

/// A label, a macro or a thumbnail has no more pixels.
const MOST_PIXELS: u64 = 64 << 20;

/// A page, with its name if it has one, and its place among others if it has one.
pub(super) struct NamedPage {
    pub(super) name: Option<String>,
    pub(super) place: Option<PagePlace>,
    pub(super) source: Arc<dyn Source>,
}

/// A slide with its small pictures.
pub(super) struct Slide {
    pub(super) path: PathBuf,
    /// At least one.
    pub(super) pages: Vec<NamedPage>,
    /// By name.
    pub(super) associated: Vec<(String, Stored)>,
}

/// A small picture.
pub(super) enum Stored {
    /// A file of a format that is told by its beginning.
    Bytes(Arc<[u8]>),
    /// A JPEG beside the slide, opened when it is asked for.
    Jpeg(PathBuf),
    Source(Arc<dyn Source>),
}

impl Slide {
    /// A slide of one page.
    pub(super) fn single(
        path: &Path,
        source: impl Source + 'static,
        associated: Vec<(String, Stored)>,
    ) -> Box<dyn Opened> {
        let page = NamedPage { name: None, place: None, source: Arc::new(source) };
        Box::new(Self { path: path.to_owned(), pages: vec![page], associated })
    }
}

impl Opened for Slide {
    fn pages(&self) -> usize {
        self.pages.len()
    }

    fn page(&self, page: usize) -> Result<Arc<dyn Source>> {
        let found = self.pages.get(page).map(|page| Arc::clone(&page.source));
        found.ok_or_else(|| {
            Error::invalid(format!("page {page} does not exist; the last one is {}", self.pages.len() - 1))
        })
    }

    fn page_name(&self, page: usize) -> Option<String> {
        self.pages.get(page)?.name.clone()
    }

    fn page_place(&self, page: usize) -> Option<PagePlace> {
        self.pages.get(page)?.place.clone()
    }

    fn associated(&self) -> Vec<String> {
        self.associated.iter().map(|(name, _)| name.clone()).collect()
    }

    fn associated_image(&self, name: &str) -> Result<Arc<dyn Source>> {
        let found = self.associated.iter().find(|(known, _)| known == name);
        let (_, stored) = found.ok_or_else(|| Error::invalid(format!("no associated image '{name}'")))?;
        match stored {
            Stored::Bytes(bytes) => {
                let format = self.pages.first().map_or("slide", |page| page.source.info().format);
                Ok(Arc::new(Picture::decode(format, bytes).at(&self.path)?))
            }
            Stored::Jpeg(path) => flat::jpeg::open(path).at(path)?.page(0),
            Stored::Source(source) => Ok(Arc::clone(source)),
        }
    }
}

/// A small picture, decoded once.
pub(super) struct Picture {
    info: Info,
    pixels: Pixels,
}

impl Picture {
    /// The picture in `bytes`: JPEG, PNG, BMP or whatever else they begin as.
    pub(super) fn decode(format: &'static str, bytes: &[u8]) -> Result<Self> {
        Ok(Self::of(format, flat::decode_bytes(bytes, MOST_PIXELS)?))
    }

    /// Pixels that are there already.
    pub(super) fn of(format: &'static str, pixels: Pixels) -> Self {
        let info = Info::plain(format, pixels.size(), pixels.size(), pixels.channels(), pixels.sample_type());
        Self { info, pixels }
    }
}

impl Source for Picture {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        let mut out = self.info.blank(region.rect.size());
        out.paste(self.pixels.view(), -region.rect.x0, -region.rect.y0);
        Ok(out)
    }
}

/// Say which part of the slide was scanned, in pixels of level 0.
pub(super) fn tell_bounds(bounds: Rect, properties: &mut BTreeMap<String, String>) {
    let sides = [("x", bounds.x0), ("y", bounds.y0)];
    let sides = sides.into_iter().chain([("width", bounds.width() as i64), ("height", bounds.height() as i64)]);
    properties.extend(sides.map(|(side, value)| (format!("openslide.bounds-{side}"), value.to_string())));
}

/// The file `name` beside or below `folder`, unless the name, or a link, leads out of it.
pub(super) fn inside(folder: &Path, name: &str) -> Result<PathBuf> {
    let name = name.trim().replace('\\', "/");
    let plain = Path::new(&name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if name.is_empty() || !plain {
        return Err(Error::corrupt(format!("a part of the slide is said to be at '{name}'")));
    }
    let path = folder.join(name);
    neighbor::confined(folder, &path)?;
    Ok(path)
}

/// The properties that `OpenSlide` gives every slide (its `openslide.h`).
pub(super) fn tell_openslide(vendor: &str, background: Option<[u8; 3]>, info: &mut Info) {
    let mut told = BTreeMap::new();
    let mut put = |name: &str, value: String| told.insert(format!("openslide.{name}"), value);
    put("vendor", vendor.into());
    if let Some(comment) = info.properties.get("tiff.ImageDescription") {
        put("comment", comment.clone());
    }
    if let Some((x, y)) = info.mpp {
        put("mpp-x", x.to_string());
        put("mpp-y", y.to_string());
    }
    if let Some(objective) = info.objective {
        put("objective-power", objective.to_string());
    }
    if let Some([r, g, b]) = background.filter(|background| *background != [255; 3]) {
        put("background-color", format!("{r:02X}{g:02X}{b:02X}"));
    }
    if let Some(icc) = &info.icc {
        put("icc-size", icc.len().to_string());
    }
    put("level-count", info.levels.len().to_string());
    for (number, level) in info.levels.iter().enumerate() {
        put(&format!("level[{number}].width"), level.size.width.to_string());
        put(&format!("level[{number}].height"), level.size.height.to_string());
        put(&format!("level[{number}].downsample"), level.downsample.to_string());
        put(&format!("level[{number}].tile-width"), level.tile.width.to_string());
        put(&format!("level[{number}].tile-height"), level.tile.height.to_string());
    }
    info.properties.extend(told);
}
