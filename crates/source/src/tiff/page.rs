//! [`Page`]: the directories and metadata of one page, and its source.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::directory::Directory;
use super::generic::{is_smaller, subfile_type};
use super::image::Image;
use super::levels::{Levels, Missing};
use super::tags as tag;
use crate::geometry::{Rect, Region};
use crate::loss;
use crate::pixels::{ChannelName, Pixels, RawSamples};
use crate::upright::Upright;
use crate::{
    Capabilities, GeoTags, Info, PagePlace, PositionedFile, ReadRaw, ReadingCost, Source, StagePosition, StageUnit,
    is_measured, slide,
};
use crate::{Error, IoResultExt as _, Result};

/// One page of a file: its directories, finest first, and its metadata.
#[derive(Clone)]
pub(super) struct Page {
    pub(super) file: Arc<PositionedFile>,
    pub(super) levels: Vec<Directory>,
    /// Whether the directories below the first one are its smaller copies.
    pub(super) below: bool,
    /// Where the page is, if not in this file.
    pub(super) elsewhere: Option<Elsewhere>,
    /// Which of the planes it is that follow one another behind the one directory.
    pub(super) plane: Option<u64>,
    pub(super) name: Option<String>,
    /// Its position among the pages of an image, if the format gives it.
    pub(super) place: Option<PagePlace>,
    pub(super) details: Arc<Details>,
}

/// A directory of another file of the same series.
#[derive(Clone)]
pub(super) struct Elsewhere {
    /// Of a file that is missing, what it would be called: the page is blank.
    pub(super) path: PathBuf,
    pub(super) is_missing: bool,
    /// Its number in that file.
    pub(super) directory: usize,
}

/// Metadata of a page beyond TIFF's own tags.
#[derive(Clone)]
pub(super) struct Details {
    pub(super) format: &'static str,
    /// The vendor under `OpenSlide`'s names.
    pub(super) vendor: Option<&'static str>,
    pub(super) mpp: Option<(f64, f64)>,
    pub(super) objective: Option<f64>,
    /// Red, green and blue of a slide's empty glass.
    pub(super) background: Option<[u8; 3]>,
    pub(super) missing: Missing,
    pub(super) properties: BTreeMap<String, String>,
    /// The channel names, if a page holds all channels.
    pub(super) channel_names: Vec<ChannelName>,
    /// Sizes of the levels, where those in their directories are padded to whole tiles.
    pub(super) sizes: Vec<crate::geometry::Size>,
    /// Whether the resolution tags give the physical pixel size.
    pub(super) measured: bool,
    /// Where the stage stood.
    pub(super) stage: Option<StagePosition>,
}

impl Details {
    /// Nothing beyond the tags.
    pub(super) fn plain(format: &'static str) -> Self {
        Self {
            format,
            vendor: None,
            mpp: None,
            objective: None,
            background: None,
            missing: Missing::Zeros,
            properties: BTreeMap::new(),
            channel_names: Vec::new(),
            sizes: Vec::new(),
            measured: true,
            stage: None,
        }
    }

    /// A slide on white glass.
    pub(super) fn slide(format: &'static str, vendor: &'static str) -> Self {
        let background = Some([255; 3]);
        Self { vendor: Some(vendor), background, missing: Missing::Background, ..Self::plain(format) }
    }

    /// Completes `info` with the metadata of `directory` and of this page.
    pub(super) fn describe(&self, file: &PositionedFile, directory: &Directory, info: &mut Info) {
        describe(file, directory, info);
        if !self.measured {
            info.mpp = None;
        }
        info.mpp = self.mpp.or(info.mpp);
        info.objective = self.objective;
        info.stage = self.stage.or(info.stage);
        info.properties.extend(self.properties.clone());
        if self.channel_names.len() == usize::from(info.channels) {
            info.channel_names.clone_from(&self.channel_names);
        }
        if let Some(background) = self.background
            && info.channels == 3
        {
            let full = info.sample.max() / 255.0;
            info.background = background.iter().map(|value| f32::from(*value) * full).collect();
        }
        if let Some(vendor) = self.vendor {
            slide::tell_openslide(vendor, self.background, info);
        }
    }
}

impl Page {
    /// A page of these levels, and no others.
    pub(super) fn new(file: &Arc<PositionedFile>, levels: Vec<Directory>, details: Details) -> Self {
        let details = Arc::new(details);
        Self {
            file: Arc::clone(file),
            levels,
            below: false,
            elsewhere: None,
            plane: None,
            name: None,
            place: None,
            details,
        }
    }

    /// The source of this page. Smaller copies that cannot be read are left out.
    pub(super) fn source(&self) -> Result<Arc<dyn Source>> {
        if let Some(place) = self.elsewhere.as_ref().filter(|place| !place.is_missing) {
            let file = Arc::new(PositionedFile::open(&place.path)?);
            let mut chain = Directory::chain(&file).at(&place.path)?;
            if place.directory >= chain.len() {
                return Err(Error::corrupt(format!("there is no image {}", place.directory)).at(&place.path));
            }
            let levels = vec![chain.swap_remove(place.directory)];
            return Self { file, levels, elsewhere: None, ..self.clone() }.source();
        }
        let missing = || Error::corrupt("a TIFF page without an image").at(self.file.path());
        let full = self.levels.first().ok_or_else(missing)?;
        let image = |directory: &Directory| {
            let made = match self.plane {
                Some(plane) => Image::of_plane(Arc::clone(&self.file), directory, plane),
                None => Image::new(Arc::clone(&self.file), directory),
            };
            made.at(self.file.path())
        };
        let mut images = vec![image(full)?];
        images.extend(self.levels[1..].iter().filter_map(|directory| image(directory).ok()));
        if self.below {
            let below = full.sub_directories(&self.file);
            let levels = below.iter().filter(|below| subfile_type(below) & 4 == 0 && is_smaller(below, full));
            images.extend(levels.filter_map(|directory| image(directory).ok()));
        }
        for (image, size) in images.iter_mut().zip(&self.details.sizes) {
            image.cut_to(*size);
        }
        let mut levels = Levels::new(self.details.format, images);
        levels.set_missing(self.details.missing);
        self.details.describe(&self.file, full, levels.info_mut());
        if levels.info_mut().nodata.is_some() && self.details.missing == Missing::Zeros {
            levels.set_missing(Missing::Background);
        }
        if let Some(missing) = &self.elsewhere {
            let info = levels.info_mut().clone();
            return Ok(Arc::new(Absent { info, path: missing.path.clone() }));
        }
        let orientation = full.int(tag::ORIENTATION).unwrap_or(1).min(9) as u8;
        Ok(Upright::of(Arc::new(levels), orientation))
    }
}

/// A page whose file is missing: blank, and each reading says so.
struct Absent {
    info: Info,
    path: PathBuf,
}

impl Source for Absent {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            raw_samples: self.info.stored.and(Some(self)),
            cmyk: None,
            planar: None,
            encoded: None,
            sequential: None,
            deferred: None,
            preview: None,
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        loss::note(Error::corrupt("this file of the image is missing").at(&self.path));
        Ok(self.info.blank(region.rect.size()))
    }
}

impl ReadRaw for Absent {
    fn read_raw(&self, region: Region) -> Result<Option<RawSamples>> {
        let Some(kind) = self.info.stored else { return Ok(None) };
        self.read(Region::new(region.level, Rect::default()))?;
        Ok(Some(RawSamples::zeroed(region.rect.size(), self.info.channels, kind)))
    }
}

/// The metadata of TIFF's own tags.
fn describe(file: &PositionedFile, directory: &Directory, info: &mut Info) {
    for (tag, name) in tag::TEXTS {
        if let Some(text) = directory.text(file, *tag) {
            info.properties.insert((*name).into(), text);
        }
    }
    let unit = directory.int(tag::RESOLUTION_UNIT).unwrap_or(2);
    let resolution = |tag| directory.doubles(file, tag).first().copied().filter(|value| value.is_finite());
    let (x, y) = (resolution(tag::X_RESOLUTION), resolution(tag::Y_RESOLUTION));
    for (name, value) in [("tiff.XResolution", x), ("tiff.YResolution", y)] {
        if let Some(value) = value {
            info.properties.insert(name.into(), value.to_string());
        }
    }
    if directory.has(tag::RESOLUTION_UNIT) {
        let name = ["none", "inch", "centimeter"].get((unit.max(1) - 1) as usize).unwrap_or(&"unknown");
        info.properties.insert("tiff.ResolutionUnit".into(), (*name).into());
    }
    let per = match unit {
        2 => Some(25_400.0),
        3 => Some(10_000.0),
        _ => None,
    };
    let mpp = |resolution: Option<f64>| Some(per? / resolution?).filter(|mpp| is_measured(*mpp));
    info.mpp = mpp(x).zip(mpp(y));
    let placed = |tag, resolution: Option<f64>| {
        directory.doubles(file, tag).first().map(|at| at * resolution.unwrap_or(f64::NAN))
    };
    let stage = placed(tag::X_POSITION, x).zip(placed(tag::Y_POSITION, y));
    info.stage = stage.and_then(|(x, y)| StagePosition::new(x, y, StageUnit::Pixel));
    if let Some(text) = directory.text(file, tag::MICRO_MANAGER) {
        micro_manager(&text, info);
    }
    let profile = directory.bytes(file, tag::ICC_PROFILE).ok();
    info.icc = profile.filter(|icc| !icc.is_empty()).map(Into::into);
    let geo = geo_tags(file, directory);
    if let Ok(nodata) = geo.gdal_nodata.trim().parse::<f64>() {
        info.set_nodata(nodata);
    }
    if !geo.is_empty() {
        let size = info.size();
        geo.describe(size.width, size.height, &mut info.properties);
        info.geo = Some(Arc::new(geo));
    }
}

/// Micro-Manager's JSON metadata of an image: stage position and pixel size, in µm.
fn micro_manager(text: &str, info: &mut Info) {
    let Ok(notes) = serde_json::from_str::<serde_json::Value>(text) else { return };
    let number = |name: &str| notes[name].as_f64().or_else(|| notes[name].as_str()?.trim().parse().ok());
    let place = number("XPositionUm").zip(number("YPositionUm"));
    let place = place.and_then(|(x, y)| StagePosition::new(x, y, StageUnit::Micrometer));
    info.stage = place.or(info.stage);
    let side = number("PixelSizeUm").filter(|side| side.is_finite() && *side > 0.0);
    info.mpp = info.mpp.or(side.map(|side| (side, side)));
}

fn geo_tags(file: &PositionedFile, directory: &Directory) -> GeoTags {
    let key_directory = directory.ints(file, tag::GEO_KEY_DIRECTORY).unwrap_or_default();
    GeoTags {
        pixel_scale: directory.doubles(file, tag::MODEL_PIXEL_SCALE),
        tie_points: directory.doubles(file, tag::MODEL_TIE_POINT),
        transformation: directory.doubles(file, tag::MODEL_TRANSFORMATION),
        key_directory: key_directory.into_iter().map(|value| value as u16).collect(),
        double_params: directory.doubles(file, tag::GEO_DOUBLE_PARAMS),
        ascii_params: directory.text(file, tag::GEO_ASCII_PARAMS).unwrap_or_default(),
        gdal_metadata: directory.text(file, tag::GDAL_METADATA).unwrap_or_default(),
        gdal_nodata: directory.text(file, tag::GDAL_NODATA).unwrap_or_default(),
    }
}
