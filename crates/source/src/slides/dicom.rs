//! DICOM whole slide images (PS3.3, section A.32.8): every level, and the label and overview, is a file of its own; those of one
//! series in a folder make a slide. Of other DICOM images, each frame of the file is a page.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::dicom_data::{self as data, DataSet, Parsed};
use super::dicom_frames::{FrameKey, Frames, Instance};
use crate::geometry::Size;
use crate::placed_tiles::{CELL, MOST_PIECES, Piece, PlacedTiles};
use crate::slide::{self, NamedPage, Slide, Stored};
use crate::{Error, IoResultExt as _, Result};
use crate::{Info, Level, Opened, PageIndex, PagePlace, PositionedFile, limits};

const FORMAT: &str = "DICOM slide";
/// VL Whole Slide Microscopy Image Storage.
const SLIDE: &str = "1.2.840.10008.5.1.4.1.1.77.1.6";
/// Bytes that a page takes besides its pieces: mostly what it says of itself.
const PAGE: u64 = 4096;
/// Files of a folder that are looked at for others of the same series.
const MOST_FILES: usize = 4096;

pub(crate) fn detect(_: &Path, head: &[u8]) -> bool {
    data::is_dicom(head)
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file = PositionedFile::open(path)?;
    let first = data::parse(&file, data::SERIES).at(path)?;
    let class = first.elements.text(data::SOP_CLASS).unwrap_or_default();
    if class != SLIDE {
        return open_frames(path, file).at(path);
    }
    let series = first.elements.text(data::SERIES).unwrap_or_default();
    let mut parts: Vec<Part> = Vec::new();
    for other in beside(path) {
        match Part::read(&other, &series) {
            Ok(Some(part)) => parts.push(part),
            // What the user has opened must be readable; of the others, those that are make the slide.
            Err(error) if other == path => return Err(error),
            Ok(None) | Err(_) => {}
        }
    }
    parts.sort_by_key(|part| Reverse(part.instance.total.area()));
    let (volumes, others): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| part.flavour == "VOLUME");
    if volumes.is_empty() {
        return Err(Error::unsupported("a DICOM series of label or overview alone").at(path));
    }
    let mut associated = Vec::new();
    for part in others {
        let name = match part.flavour.as_str() {
            "LABEL" => "label",
            "OVERVIEW" => "macro",
            "THUMBNAIL" => "thumbnail",
            _ => continue,
        };
        if associated.iter().all(|(known, _)| known != name) {
            associated.push((name.to_owned(), Stored::Source(Arc::new(source(&[part], 0).at(path)?))));
        }
    }
    let (paths, focal) = volumes[0].planes();
    let page = |plane: u32| {
        let index = PageIndex { c: plane / focal, z: plane % focal, ..PageIndex::default() };
        let counts = PageIndex { series: 1, c: paths, z: focal, t: 1 };
        let is_one_channel = paths > 1 && volumes[0].instance.kind.channels == 1;
        let place = PagePlace { index, counts, is_one_channel, ..PagePlace::default() };
        let source = Arc::new(source(&volumes, plane).at(path)?);
        Ok(NamedPage { name: place.name(), place: Some(place), source })
    };
    let pages = (0..paths * focal).map(page).collect::<Result<_>>()?;
    Ok(Box::new(Slide { path: path.to_owned(), pages, associated }))
}

/// An image that is no slide: a photograph, a slice, or a stack of them.
fn open_frames(path: &Path, file: PositionedFile) -> Result<Box<dyn Opened>> {
    let part = Part::of_frames(file)?;
    let count = part.instance.count;
    let parts = [part];
    let page = |number: u32| {
        let index = PageIndex { z: number, ..PageIndex::default() };
        let place = PagePlace { index, counts: PageIndex { series: 1, c: 1, z: count, t: 1 }, ..PagePlace::default() };
        Ok(NamedPage { name: place.name(), place: Some(place), source: Arc::new(source(&parts, number)?) })
    };
    let pages = (0..count).map(page).collect::<Result<_>>()?;
    Ok(Box::new(Slide { path: path.to_owned(), pages, associated: Vec::new() }))
}

/// The files that may be of the same series, `path` first.
pub(crate) fn beside(path: &Path) -> Vec<std::path::PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = folder.read_dir().into_iter().flatten().flatten().take(MOST_FILES);
    let mut others: Vec<_> = entries.map(|entry| folder.join(entry.file_name())).collect();
    let own = path.file_name();
    others.retain(|other| other.is_file() && other.file_name() != own);
    others.sort();
    others.insert(0, path.to_owned());
    others
}

/// One file of the series.
struct Part {
    instance: Arc<Instance>,
    /// What it shows: the volume, the label, the overview.
    flavour: String,
    elements: DataSet,
    /// Which frames of a whole it holds, if it is one of several files with one image.
    concatenation: Option<String>,
    /// Whether frames are parts of one image; else each is one.
    is_slide: bool,
}

impl Part {
    /// A file whose frames are images of their own.
    fn of_frames(file: PositionedFile) -> Result<Self> {
        let Parsed { elements, pixels } = data::parse(&file, data::PIXEL_DATA)?;
        let pixels = pixels.ok_or_else(|| Error::unsupported("a DICOM file that holds no image"))?;
        let mut instance = Instance::new(Arc::new(file), &elements, pixels)?;
        instance.total = instance.frame;
        let instance = Arc::new(instance);
        Ok(Self { instance, flavour: String::new(), elements, concatenation: None, is_slide: false })
    }

    /// The file at `path`, if it is of the series.
    fn read(path: &Path, series: &str) -> Result<Option<Self>> {
        let file = PositionedFile::open(path)?;
        let head = file.read_at(0, 132.min(file.length()?))?;
        if !data::is_dicom(&head) {
            return Ok(None);
        }
        let start = data::parse(&file, data::SERIES).at(path)?.elements;
        if start.text(data::SOP_CLASS).as_deref() != Some(SLIDE) || start.text(data::SERIES).as_deref() != Some(series)
        {
            return Ok(None);
        }
        let Parsed { elements, pixels } = data::parse(&file, data::PIXEL_DATA).at(path)?;
        let flavour = elements.text(data::IMAGE_TYPE).unwrap_or_default();
        let flavour = flavour.split('\\').nth(2).unwrap_or_default().to_owned();
        let pixels = pixels.ok_or_else(|| Error::corrupt("a DICOM file without pixels").at(path))?;
        let instance = Arc::new(Instance::new(Arc::new(file), &elements, pixels).at(path)?);
        let concatenation = elements.text(data::CONCATENATION);
        Ok(Some(Self { instance, flavour, elements, concatenation, is_slide: true }))
    }

    /// How many optical paths there are, and focal planes of each: their frames follow one another.
    fn planes(&self) -> (u32, u32) {
        if !self.is_slide {
            return (1, self.instance.count);
        }
        let said = |tag| self.elements.int(tag).and_then(|count| u32::try_from(count).ok()).unwrap_or(1).max(1);
        let (paths, focal, most) = (said(data::PATHS), said(data::FOCAL_PLANES), self.instance.count);
        if self.is_full() {
            // A count that the frames do not bear out is none.
            let whole = self.frames_of_plane().max(1);
            let fits = u64::from(paths) * u64::from(focal) * whole <= u64::from(most);
            return if self.concatenation.is_none() && fits { (paths, focal) } else { (1, 1) };
        }
        let mut found = HashMap::new();
        for place in self.elements.items(data::FRAME_GROUPS).iter().filter_map(|group| position(Some(group))) {
            *found.entry(place).or_insert(0u32) += 1;
        }
        let planes = found.into_values().max().unwrap_or(1);
        if paths.checked_mul(focal) == Some(planes) { (paths, focal) } else { (1, planes) }
    }

    /// Whether every place has a frame, in order.
    fn is_full(&self) -> bool {
        if !self.is_slide {
            return true;
        }
        let positions = self.elements.items(data::FRAME_GROUPS);
        let sparse = self.elements.text(data::ORGANIZATION).as_deref() != Some("TILED_FULL");
        let placed = positions.len() as u64 >= u64::from(self.instance.count) && position(positions.first()).is_some();
        !(sparse && placed)
    }

    fn frames_of_plane(&self) -> u64 {
        let Instance { total, frame, .. } = *self.instance;
        u64::from(total.width.div_ceil(frame.width)) * u64::from(total.height.div_ceil(frame.height))
    }

    /// The pieces that the frames of a plane are.
    fn pieces(&self, file: u32, plane: u32) -> Result<Vec<Piece<FrameKey>>> {
        let Instance { total, frame, count, .. } = *self.instance;
        let piece = |number: u32, x: i64, y: i64| {
            let (Ok(x), Ok(y)) = (i32::try_from(x), i32::try_from(y)) else {
                return Err(Error::corrupt("a frame that lies too far out"));
            };
            let key = FrameKey { file, number };
            Ok(Piece { key, x, y, width: frame.width, height: frame.height, from: (0, 0) })
        };
        let positions = self.elements.items(data::FRAME_GROUPS);
        if !self.is_full() {
            let mut found = HashMap::new();
            let placed = positions.iter().zip(0..count).filter_map(|(group, number)| {
                let (x, y) = position(Some(group))?;
                // Frames of one place are its planes, in order.
                let before = found.entry((x, y)).or_insert(0u32);
                *before += 1;
                (*before == plane + 1).then(|| piece(number, x - 1, y - 1))
            });
            return placed.collect();
        }
        let across = total.width.div_ceil(frame.width);
        let whole = self.frames_of_plane();
        let before = self.elements.int(data::FRAME_OFFSET).unwrap_or(0).max(0) as u64;
        let first = (u64::from(plane) * whole).min(count.into()) as u32;
        let at = |number: u32| (before.saturating_add((number - first).into()), number);
        (first..count)
            .map(at)
            .take_while(|(place, _)| *place < whole)
            .map(|(place, number)| {
                let (column, row) = (place % u64::from(across), place / u64::from(across));
                piece(number, (column * u64::from(frame.width)) as i64, (row * u64::from(frame.height)) as i64)
            })
            .collect()
    }
}

/// Column and row of a frame, from 1.
fn position(group: Option<&DataSet>) -> Option<(i64, i64)> {
    let place = group?.items(data::PLANE_POSITION).first()?;
    Some((place.int(data::COLUMN_POSITION)?, place.int(data::ROW_POSITION)?))
}

/// A level in the making.
struct LevelOf {
    concatenation: Option<String>,
    size: Size,
    pieces: Vec<Piece<FrameKey>>,
}

/// The image whose levels `parts` are, finest first: plane `plane` of each that has it.
fn source(parts: &[Part], plane: u32) -> Result<PlacedTiles<Frames>> {
    let kind = parts[0].instance.kind;
    let mut levels: BTreeMap<Reverse<u32>, LevelOf> = BTreeMap::new();
    let mut count = 0;
    for (number, part) in parts.iter().enumerate().filter(|(_, part)| part.instance.kind == kind) {
        let (paths, focal) = part.planes();
        if plane > 0 && plane >= paths * focal {
            continue;
        }
        let total = part.instance.total;
        let level = levels.entry(Reverse(total.width));
        let LevelOf { concatenation, pieces, .. } = level.or_insert_with(|| LevelOf {
            concatenation: part.concatenation.clone(),
            size: total,
            pieces: Vec::new(),
        });
        // A second file with as large an image belongs here only as a part of the same.
        if pieces.is_empty() || concatenation.is_some() && *concatenation == part.concatenation {
            pieces.extend(part.pieces(number as u32, plane)?);
        }
        limits::charge_items(pieces.len() as u64, size_of::<Piece<FrameKey>>())?;
        count += part.instance.count as usize;
        if count > MOST_PIECES {
            return Err(Error::limit(format!("a slide of more than {MOST_PIECES} tiles")));
        }
    }
    limits::charge(PAGE)?;
    let full = parts[0].instance.total;
    let mut info = Info::plain(FORMAT, full, CELL, kind.channels, kind.sample);
    let level = |LevelOf { size, .. }: &LevelOf| {
        let ratio = f64::from(full.width) / f64::from(size.width);
        let whole = (ratio - ratio.round()).abs() < 0.01 * ratio;
        Level { size: *size, downsample: if whole { ratio.round() } else { ratio }, tile: CELL }
    };
    info.levels = levels.values().map(level).collect();
    describe(&parts[0], &mut info);
    let pieces = levels.into_values().map(|level| level.pieces).collect();
    let instances = parts.iter().map(|part| Arc::clone(&part.instance)).collect();
    PlacedTiles::new(info, pieces, Frames { instances })
}

fn describe(part: &Part, info: &mut Info) {
    let elements = &part.elements;
    let shared = elements.items(data::SHARED_GROUPS).first();
    let measures = shared.and_then(|shared| shared.items(data::PIXEL_MEASURES).first()).or(Some(elements));
    // From row to row, then from column to column.
    if let Some(&[down, across]) = measures.map(|measures| measures.numbers(data::SPACING)).as_deref()
        && down > 0.0
        && across > 0.0
    {
        info.mpp = Some((across * 1000.0, down * 1000.0));
    }
    let path = elements.items(data::OPTICAL_PATHS).first();
    info.objective = path.and_then(|path| path.numbers(data::LENS_POWER).first().copied()).filter(|power| *power > 0.0);
    info.icc = path.and_then(|path| path.bytes(data::ICC)).filter(|icc| !icc.is_empty()).map(Into::into);
    let texts = data::TEXTS.iter().filter_map(|(tag, name)| Some((format!("dicom.{name}"), elements.text(*tag)?)));
    info.properties.extend(texts);
    if part.is_slide {
        info.background = vec![info.sample.max(); info.channels as usize];
        slide::tell_openslide("dicom", None, info);
    } else {
        info.format = "DICOM image";
    }
}
