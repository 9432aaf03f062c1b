//! OME-Zarr: a folder of chunks and JSON (OME-NGFF 0.1 to 0.4 on Zarr 2, 0.5 on Zarr 3), whose levels are arrays.
//!
//! The axes y and x are the picture, c its channels; each place on the others (t, z) is a page. Nothing here lists a folder.

mod array;
mod blosc;
mod codecs;
mod layout;
mod numbers;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use self::array::Array;
use super::neighbor;
use super::slide::{NamedPage, Slide};
use super::{Capabilities, Info, Level, Opened, PageIndex, PagePlace, Planar, ReadRaw, ReadingCost, Source};
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{ChannelName, Color, Pixels, RawSampleType, RawSamples};
use crate::{Error, Result};

/// No JSON is longer.
const MOST_JSON: u64 = 16 << 20;
/// Nor has more values.
const MOST_VALUES: usize = 1 << 20;
const MOST_LEVELS: usize = 64;
const MOST_PAGES: u64 = 1 << 20;

pub(super) fn detect(path: &Path, head: &[u8]) -> bool {
    head.is_empty() && path.is_dir() && image_folder(path).is_some()
}

pub(super) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let (folder, attributes) = image_folder(path).ok_or_else(|| Error::corrupt("a folder without an image"))?;
    let multiscale = attributes["multiscales"].get(0).ok_or_else(|| Error::corrupt("multiscales that list nothing"))?;
    let datasets = multiscale["datasets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut levels = Vec::new();
    for dataset in datasets.iter().take(MOST_LEVELS) {
        let name = dataset["path"].as_str().ok_or_else(|| Error::corrupt("a level without a path"))?;
        levels.push(Array::open(path, &super::slide::inside(&folder, name)?)?);
    }
    let first = levels.first().ok_or_else(|| Error::corrupt("an image without levels"))?;
    let axes = Axes::read(multiscale, first.shape().len())?;
    let (rank, kind) = (axes.names.len(), first.kind());
    if levels.iter().any(|level| level.shape().len() != rank || level.kind() != kind) {
        return Err(Error::corrupt("levels that do not have the axes or the numbers of the image"));
    }
    let info = Arc::new(info(&levels, &axes, multiscale, &attributes)?);
    let others: Vec<(usize, u64)> =
        (0..rank).filter(|axis| axes.is_other(*axis)).map(|axis| (axis, first.shape()[axis])).collect();
    let count = others.iter().try_fold(1u64, |all, (_, size)| all.checked_mul(*size)).unwrap_or(u64::MAX);
    if count > MOST_PAGES {
        return Err(Error::limit(format!("an image of {count} planes")));
    }
    let (levels, axes) = (Arc::new(levels), Arc::new(axes));
    let page = |number: u64| {
        let (mut rest, mut place, mut name) = (number, vec![0; rank], Vec::new());
        // The last axis counts fastest.
        for (axis, size) in others.iter().rev() {
            place[*axis] = rest % size.max(&1);
            rest /= size.max(&1);
            if *size > 1 {
                name.insert(0, format!("{} {}", axes.names[*axis], place[*axis]));
            }
        }
        let page_place = axes.page_place(&others, &place);
        let (info, levels, axes) = (Arc::clone(&info), Arc::clone(&levels), Arc::clone(&axes));
        let plane = Plane { info, levels, axes, place, first: 0 };
        let source: Arc<dyn Source> = Arc::new(plane);
        NamedPage { name: (!name.is_empty()).then(|| name.join(", ")), place: Some(page_place), source }
    };
    let pages = (0..count).map(page).collect();
    Ok(Box::new(Slide { path: path.to_owned(), pages, associated: Vec::new() }))
}

/// The folder of the (first) image in `path`, and its attributes.
fn image_folder(path: &Path) -> Option<(PathBuf, Value)> {
    let attributes = |folder: &Path| {
        if let Ok(Some(mut group)) = json(path, &folder.join("zarr.json")) {
            return Some(group["attributes"]["ome"].take());
        }
        json(path, &folder.join(".zattrs")).ok()?
    };
    let own = attributes(path)?;
    if own["multiscales"].is_array() {
        return Some((path.to_owned(), own));
    }
    // A collection as bioformats2raw writes it: images are numbered.
    let first = path.join("0");
    own.get("bioformats2raw.layout")?;
    let found = attributes(&first).filter(|found| found["multiscales"].is_array())?;
    Some((first, found))
}

/// The JSON in a file that the image at `image` is made of; nothing if it is not there.
fn json(image: &Path, path: &Path) -> Result<Option<Value>> {
    let Some(bytes) = neighbor::read(image, path, MOST_JSON)? else { return Ok(None) };
    // A value takes far more memory than its text: no description has so many.
    let values = bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    if values > MOST_VALUES {
        return Err(Error::limit(format!("JSON of {values} values is no description of an image")).at(path));
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|error| Error::corrupt(error.to_string()).at(path))
}

/// The meaning of an array's axes.
struct Axes {
    names: Vec<String>,
    units: Vec<Option<String>>,
    x: usize,
    y: usize,
    c: Option<usize>,
}

impl Axes {
    /// The axes of an image whose arrays have `rank`.
    fn read(multiscale: &Value, rank: usize) -> Result<Self> {
        // The first versions do not name them, and have always these.
        let usual = serde_json::json!(["t", "c", "z", "y", "x"]);
        let named = multiscale["axes"].as_array().or_else(|| usual.as_array().filter(|usual| usual.len() == rank));
        let axes = named.map(Vec::as_slice).unwrap_or_default();
        let text = |axis: &Value, key: &str| axis[key].as_str().map(str::to_owned);
        // Early versions name them without saying more.
        let name = |axis: &Value| text(axis, "name").or_else(|| axis.as_str().map(str::to_owned)).unwrap_or_default();
        let names: Vec<String> = axes.iter().map(name).collect();
        let units = axes.iter().map(|axis| text(axis, "unit")).collect();
        let find = |name: &str| names.iter().position(|known| known.eq_ignore_ascii_case(name));
        let (Some(x), Some(y)) = (find("x"), find("y")) else {
            return Err(Error::unsupported("an OME-Zarr without the axes x and y"));
        };
        let c = find("c");
        Ok(Self { names, units, x, y, c })
    }

    fn is_other(&self, axis: usize) -> bool {
        axis != self.x && axis != self.y && Some(axis) != self.c
    }

    /// Where the page at `place` belongs; `others` are the axes that pages lie along, and their sizes. What is neither Z nor
    /// time makes series.
    fn page_place(&self, others: &[(usize, u64)], place: &[u64]) -> PagePlace {
        let mut found = PagePlace { counts: PageIndex { series: 1, c: 1, z: 1, t: 1 }, ..PagePlace::default() };
        let mut names = Vec::new();
        // There are no more pages than a million.
        for (axis, (at, count)) in others.iter().map(|(axis, size)| (*axis, (place[*axis] as u32, *size as u32))) {
            let PagePlace { index, counts, .. } = &mut found;
            match &*self.names[axis].to_ascii_lowercase() {
                "z" => (index.z, counts.z) = (at, count),
                "t" => (index.t, counts.t) = (at, count),
                name => {
                    (index.series, counts.series) = (index.series * count + at, counts.series * count);
                    names.extend((count > 1).then(|| format!("{name} {at}")));
                }
            }
        }
        found.series = (!names.is_empty()).then(|| names.join(", "));
        found
    }

    /// Width and height of an array's picture.
    fn size(&self, array: &Array) -> Result<Size> {
        let side = |axis: usize| u32::try_from(array.shape()[axis]).ok().filter(|side| (1..1 << 30).contains(side));
        let sides = side(self.x).zip(side(self.y));
        sides.map(|(width, height)| Size::new(width, height)).ok_or_else(|| Error::corrupt("a level without pixels"))
    }

    /// Micrometers of a step along an axis.
    fn micrometers(&self, axis: usize, scale: f64) -> Option<f64> {
        let unit = match self.units[axis].as_deref()? {
            "nanometer" => 1e-3,
            "micrometer" => 1.0,
            "millimeter" => 1e3,
            "centimeter" => 1e4,
            "meter" => 1e6,
            "angstrom" => 1e-4,
            _ => return None,
        };
        Some(scale * unit).filter(|step| step.is_finite() && *step > 0.0)
    }
}

fn info(levels: &[Array], axes: &Axes, multiscale: &Value, attributes: &Value) -> Result<Info> {
    let (full, channels) = (axes.size(&levels[0])?, axes.c.map_or(1, |axis| levels[0].shape()[axis]));
    let Ok(channels @ 1..) = u8::try_from(channels) else {
        return Err(Error::unsupported(format!("an image of {channels} channels")));
    };
    let sample = levels[0].sample();
    let mut info = Info::plain("OME-Zarr", full, full, channels, sample);
    let (kind, fill) = (levels[0].kind(), levels[0].fill());
    let is_exact = !matches!(kind, RawSampleType::U64 | RawSampleType::I64);
    info.stored = (!is_exact).then_some(kind);
    // Zeros are what every writer puts there; they are values like others.
    if fill != 0.0 {
        info.set_nodata(fill);
    }
    let described = attributes["omero"]["channels"].as_array().map(Vec::as_slice).unwrap_or_default();
    let colors: Vec<&str> = described.iter().filter_map(|channel| channel["color"].as_str()).collect();
    let is_color = colors.is_empty() || colors.starts_with(&["FF0000", "00FF00", "0000FF"]);
    if matches!(channels, 3 | 4) && !is_color || channels == 2 {
        info.color = Color::Channels;
    }
    let named = |channel: &Value| {
        let color = channel["color"].as_str().and_then(|text| u32::from_str_radix(text.get(..6)?, 16).ok());
        let color = color.map(|value| [value >> 16, value >> 8, value].map(|part| part as u8));
        ChannelName { name: channel["label"].as_str().unwrap_or_default().to_owned(), color }
    };
    if described.len() == usize::from(channels) && !matches!(info.color, Color::Rgb | Color::Rgba) {
        info.channel_names = described.iter().map(named).collect();
    }
    info.levels.clear();
    for array in levels {
        let size = axes.size(array)?;
        let across = f64::from(full.width) / f64::from(size.width);
        let down = f64::from(full.height) / f64::from(size.height);
        let mean = f64::midpoint(across, down);
        // Rounded sides hide whole ratios.
        let near = (mean - mean.round()).abs() < 0.02 * mean;
        let chunk = |axis: usize, side: u32| (array.chunk()[axis].min(side.into())).max(1) as u32;
        let tile = Size::new(chunk(axes.x, size.width), chunk(axes.y, size.height));
        info.levels.push(Level { size, downsample: if near { mean.round() } else { mean }, tile });
    }
    let steps = |list: &Value| {
        let scale = list.as_array()?.iter().find(|step| step["type"] == "scale")?["scale"].as_array()?.clone();
        Some(scale.iter().map(|value| value.as_f64().unwrap_or(1.0)).collect::<Vec<f64>>())
    };
    let own = steps(&multiscale["datasets"][0]["coordinateTransformations"]).unwrap_or_default();
    let all = steps(&multiscale["coordinateTransformations"]).unwrap_or_default();
    let step = |axis: usize| Some(own.get(axis)? * all.get(axis).copied().unwrap_or(1.0));
    let mpp = |axis: usize| axes.micrometers(axis, step(axis)?);
    info.mpp = mpp(axes.x).zip(mpp(axes.y));
    for key in ["name", "type", "version"] {
        if let Some(text) = multiscale[key].as_str() {
            info.properties.insert(format!("ome.{key}"), text.to_owned());
        }
    }
    for (number, channel) in described.iter().enumerate() {
        for key in ["label", "color"] {
            if let Some(text) = channel[key].as_str() {
                info.properties.insert(format!("ome.channel[{number}].{key}"), text.to_owned());
            }
        }
    }
    Ok(info)
}

/// One page: a place on the axes that are no picture.
struct Plane {
    info: Arc<Info>,
    levels: Arc<Vec<Array>>,
    axes: Arc<Axes>,
    /// By axis; zeros for those of the picture.
    place: Vec<u64>,
    /// The channel of the array that is its first one.
    first: usize,
}

impl Source for Plane {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            raw_samples: self.info.stored.and(Some(self)),
            cmyk: None,
            planar: Some(self),
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
        let info = &self.info;
        let (rect, size) = (region.rect, info.level(region)?.size);
        let mut out = info.blank(rect.size());
        let inside = rect.intersect(Rect::from_size(size));
        let (array, grid) = (&self.levels[region.level], info.levels[region.level].grid());
        for (column, row) in grid.touching(inside) {
            let place = grid.rect(column, row);
            let part = self.chunk(array, (column, row), place.size())?.into_pixels();
            out.paste(part.view(), place.x0 - rect.x0, place.y0 - rect.y0);
        }
        Ok(out)
    }
}

impl ReadRaw for Plane {
    fn read_raw(&self, region: Region) -> Result<Option<RawSamples>> {
        let Some(kind) = self.info.stored else { return Ok(None) };
        let (rect, size) = (region.rect, self.info.level(region)?.size);
        let array = &self.levels[region.level];
        let mut out = RawSamples::filled(rect.size(), self.info.channels, kind, array.fill());
        let grid = self.info.levels[region.level].grid();
        for (column, row) in grid.touching(rect.intersect(Rect::from_size(size))) {
            let place = grid.rect(column, row);
            let part = self.chunk(array, (column, row), place.size())?;
            out.paste(&part, place.x0 - rect.x0, place.y0 - rect.y0);
        }
        Ok(Some(out))
    }
}

impl Planar for Plane {
    fn planes(&self) -> Vec<(usize, Arc<dyn Source>)> {
        let info = &self.info;
        let apart = self.axes.c.is_some_and(|axis| self.levels.iter().all(|array| array.chunk()[axis] == 1));
        if !apart || info.channels == 1 || info.color != Color::Channels {
            return Vec::new();
        }
        let one = |number: usize| -> (usize, Arc<dyn Source>) {
            let mut info = Info { channels: 1, color: Color::Gray, ..Info::clone(info) };
            info.background = vec![self.info.background[number]];
            info.channel_names = self.info.channel_names.get(number).cloned().into_iter().collect();
            let (levels, axes) = (Arc::clone(&self.levels), Arc::clone(&self.axes));
            (number, Arc::new(Self { info: Arc::new(info), levels, axes, place: self.place.clone(), first: number }))
        };
        (0..usize::from(info.channels)).map(one).collect()
    }
}

impl Plane {
    /// The numbers of the chunks at (column, row), cut to `size`: all channels, from as many chunks as they lie in.
    fn chunk(&self, array: &Array, (column, row): (u32, u32), size: Size) -> Result<RawSamples> {
        let (axes, width) = (&self.axes, array.kind().bytes());
        let channels = usize::from(self.info.channels);
        let mut raw = vec![0; size.area() as usize * channels * width];
        let together = axes.c.map_or(1, |axis| array.chunk()[axis].max(1) as usize);
        for first in (0..channels).step_by(together) {
            let mut index: Vec<u64> =
                self.place.iter().zip(array.chunk()).map(|(at, side)| at / side.max(&1)).collect();
            (index[axes.x], index[axes.y]) = (column.into(), row.into());
            if let Some(axis) = axes.c {
                index[axis] = ((self.first + first) / together) as u64;
            }
            let bytes = array.read(&index)?;
            let stride = |axis: usize| array.stride(axis);
            let fixed = (0..self.place.len()).filter(|axis| axes.is_other(*axis));
            let base: usize = fixed.map(|axis| (self.place[axis] % array.chunk()[axis]) as usize * stride(axis)).sum();
            for c in first..channels.min(first + together) {
                let base = base + axes.c.map_or(0, |axis| (c - first) * stride(axis));
                let (right, down) = (stride(axes.x), stride(axes.y));
                for y in 0..size.height as usize {
                    for x in 0..size.width as usize {
                        let from = base + y * down + x * right;
                        let to = ((y * size.width as usize + x) * channels + c) * width;
                        raw[to..to + width].copy_from_slice(&bytes[from..from + width]);
                    }
                }
            }
        }
        RawSamples::new(size, self.info.channels, array.kind(), raw)
    }
}
