//! 3DHISTECH's slides (MIRAX, `.mrxs`): `NAME.mrxs` is a small JPEG, the slide lies in the folder `NAME`: `Slidedat.ini` says
//! its layout, `Index.dat` where its tiles are in the data files.
//!
//! The camera takes photos at positions of its own, each cut into some pictures. A level halves and joins those of the level
//! before, whatever photos they are from; so a picture of a coarse level falls apart into pieces. Names of properties are those of
//! `OpenSlide` (its `openslide-vendor-mirax.c`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::ini::Ini;
use super::mirax_index::{Index, Place};
use crate::codec::bytes;
use crate::geometry::{Rect, Size};
use crate::pixels::{Pixels, SampleType};
use crate::placed_tiles::{CELL, MOST_PIECES, Pictures, Piece, PlacedTiles};
use crate::slide::{self, Slide, Stored};
use crate::{Error, IoResultExt as _, Result};
use crate::{Info, Level, Opened, PositionedFile, flat, limits};

const FORMAT: &str = "3DHISTECH MRXS";
const SETTINGS: &str = "Slidedat.ini";
const LAYERS: &str = "HIERARCHICAL";
/// A picture has no more pixels.
const MOST_PICTURE: u64 = 64 << 20;
/// Pictures of the finest level along a side.
const MOST_ACROSS: u32 = 1 << 20;

pub(crate) fn detect(path: &Path, head: &[u8]) -> bool {
    let named = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mrxs"));
    named && !head.is_empty() && path.with_extension("").join(SETTINGS).is_file()
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let folder = path.with_extension("");
    let settings = folder.join(SETTINGS);
    let ini = Ini::read(&settings)?;
    let layout = Layout::read(&ini).at(&settings)?;
    let index = Index::open(&folder, ini.need(LAYERS, "INDEXFILE")?, ini.need("GENERAL", "SLIDE_ID")?)?;
    let files = data_files(&ini, &folder).at(&settings)?;
    let positions = layout.positions(&ini, &index, &files)?;
    let (pictures, levels) = layout.pieces(&index, &positions)?;
    if let Some(place) = pictures.iter().find(|place| place.file as usize >= files.len()) {
        return Err(Error::corrupt(format!("a picture in data file {}, which is not there", place.file)).at(path));
    }
    let info = layout.info(&ini, &levels);
    let associated = associated(&ini, &index, &files);
    let photos = Photos { files, pictures };
    Ok(Slide::single(path, PlacedTiles::new(info, levels, photos).at(path)?, associated))
}

/// The pieces of each level.
type Pieces = Vec<Vec<Piece<u32>>>;

/// The pictures in the data files.
struct Photos {
    files: Vec<PathBuf>,
    pictures: Vec<Place>,
}

impl Pictures for Photos {
    type Key = u32;

    fn picture(&self, key: u32) -> Result<Option<Pixels>> {
        let place = &self.pictures[key as usize];
        let path = &self.files[place.file as usize];
        // Slides have dozens of data files; each is opened for every read.
        let bytes = PositionedFile::open(path)?.read_at(place.offset.into(), place.length.into())?;
        flat::decode_bytes(&bytes, MOST_PICTURE).map(Some).at(path)
    }
}

/// What the settings say.
struct Layout {
    /// Pictures of the finest level.
    across: u32,
    down: u32,
    /// Pictures along a side of a photo.
    divisions: u32,
    zooms: Vec<Zoom>,
}

/// One level.
struct Zoom {
    /// Of its pictures.
    size: Size,
    overlap: (f64, f64),
    mpp: (f64, f64),
    /// Pictures of the camera along a side of one of its own: a power of two.
    joined: u32,
    fill: [u8; 3],
}

impl Layout {
    fn read(ini: &Ini) -> Result<Self> {
        let (across, down) = (ini.number("GENERAL", "IMAGENUMBER_X")?, ini.number("GENERAL", "IMAGENUMBER_Y")?);
        let divisions =
            ini.get("GENERAL", "CameraImageDivisionsPerSide").and_then(|text| text.parse().ok()).unwrap_or(1);
        let plausible = |count: u32| (1..=MOST_ACROSS).contains(&count);
        if !(plausible(across) && plausible(down) && plausible(divisions)) {
            return Err(Error::corrupt(format!("{across}×{down} pictures, {divisions} in a photo")));
        }
        if ini.need(LAYERS, "HIER_0_NAME")? != "Slide zoom level" {
            return Err(Error::unsupported("a slide whose first layer is not its zoom levels"));
        }
        let count: u32 = ini.number(LAYERS, "HIER_0_COUNT")?;
        let (mut zooms, mut exponent) = (Vec::new(), 0u32);
        for number in 0..count.min(64) {
            let section = ini.need(LAYERS, &format!("HIER_0_VAL_{number}_SECTION"))?;
            exponent = exponent.saturating_add(ini.number(section, "IMAGE_CONCAT_FACTOR")?);
            zooms.push(Zoom::read(ini, section, exponent)?);
        }
        if zooms.is_empty() {
            return Err(Error::corrupt("a slide without levels"));
        }
        Ok(Self { across, down, divisions, zooms })
    }

    /// Photos across and down.
    fn photos(&self) -> (u32, u32) {
        (self.across / self.divisions, self.down / self.divisions)
    }

    /// Where each photo lies, in pixels of the finest level, row by row.
    fn positions(&self, ini: &Ini, index: &Index, files: &[PathBuf]) -> Result<Vec<(i64, i64)>> {
        let (across, down) = self.photos();
        let count = u64::from(across) * u64::from(down);
        if count > MOST_PIECES as u64 {
            return Err(Error::limit(format!("a slide of {count} photos")));
        }
        let expected = count * 9;
        let record = |name| record_of(ini, name, None).map(|record| index.record(record));
        let buffer = if let Some(place) = record("VIMSLIDE_POSITION_BUFFER") {
            Some(place?.read(files)?)
        } else if let Some(place) = record("StitchingIntensityLayer") {
            Some(bytes::inflate(&place?.read(files)?, expected as usize)?)
        } else {
            None
        };
        let first = &self.zooms[0];
        let Some(buffer) = buffer else {
            let side = |side: u32, overlap: f64| f64::from(side) * f64::from(self.divisions) - overlap;
            let step = (side(first.size.width, first.overlap.0), side(first.size.height, first.overlap.1));
            let at = |number: u64| ((number % u64::from(across)) as f64, (number / u64::from(across)) as f64);
            return Ok((0..count).map(at).map(|(x, y)| ((x * step.0) as i64, (y * step.1) as i64)).collect());
        };
        if buffer.len() as u64 != expected {
            return Err(Error::corrupt(format!("positions of {} bytes for {count} photos", buffer.len())));
        }
        let scale = i64::from(first.joined);
        let number = |bytes: &[u8]| bytes.try_into().map_or(0, |bytes| i64::from(i32::from_le_bytes(bytes))) * scale;
        Ok(buffer.chunks_exact(9).map(|record| (number(&record[1..5]), number(&record[5..9]))).collect())
    }

    /// All pictures, and the pieces of each level.
    fn pieces(&self, index: &Index, positions: &[(i64, i64)]) -> Result<(Vec<Place>, Pieces)> {
        let (mut pictures, mut levels) = (Vec::new(), Vec::new());
        // Photos that are there at full resolution; the others are blank wherever they are part of something.
        let mut taken = vec![false; positions.len()];
        for (number, zoom) in self.zooms.iter().enumerate() {
            let mut pieces = Vec::new();
            for (at, place) in index.level(number)? {
                let (x, y) = (at % self.across, at / self.across);
                if y >= self.down || x % zoom.joined != 0 || y % zoom.joined != 0 {
                    return Err(Error::corrupt(format!("level {number} has a picture at {x}, {y}")));
                }
                let key = pictures.len() as u32;
                pictures.push(place);
                let before = pieces.len();
                self.split(number, (x, y), key, positions, &mut taken, &mut pieces);
                limits::charge_items((pieces.len() - before) as u64, 2 * size_of::<Piece<u32>>())?;
                if pictures.len() + pieces.len() > MOST_PIECES {
                    return Err(Error::limit(format!("a slide of more than {MOST_PIECES} pictures")));
                }
            }
            // Of two that overlap the one further right and down is on top.
            pieces.sort_by_key(|(order, _)| *order);
            levels.push(pieces.into_iter().map(|(_, piece)| piece).collect());
        }
        Ok((pictures, levels))
    }

    /// The pieces of one picture: one for each photo in it.
    fn split(
        &self,
        number: usize,
        (x, y): (u32, u32),
        key: u32,
        positions: &[(i64, i64)],
        taken: &mut [bool],
        pieces: &mut Vec<((u32, u32), Piece<u32>)>,
    ) {
        let (zoom, first, divisions) = (&self.zooms[number], &self.zooms[0], self.divisions);
        let (across, down) = self.photos();
        let photos = (zoom.joined / divisions).max(1);
        let (width, height) =
            (f64::from(zoom.size.width) / f64::from(photos), f64::from(zoom.size.height) / f64::from(photos));
        let divisor = zoom.joined.min(divisions);
        // Beyond the slide there is none.
        let most = |start: u32, end: u32| end.saturating_sub(start).div_ceil(divisions.max(1)).min(photos);
        let (columns, rows) = (most(x, self.across), most(y, self.down));
        for (j, i) in (0..rows).flat_map(|j| (0..columns).map(move |i| (j, i))) {
            let (xx, yy) = (x + i * divisions, y + j * divisions);
            let (column, row) = (xx / divisions, yy / divisions);
            if xx >= self.across || yy >= self.down || column >= across || row >= down {
                continue;
            }
            let photo = (row * across + column) as usize;
            let at = positions[photo];
            if number == 0 {
                // Photos that were not taken are all said to be at the origin.
                if at == (0, 0) && photo != 0 {
                    continue;
                }
                taken[photo] = true;
            } else if !taken[photo] {
                continue;
            }
            let inside = |side: u32, at: u32| i64::from(side) * i64::from(at % divisions);
            let full = (at.0 + inside(first.size.width, xx), at.1 + inside(first.size.height, yy));
            let place = |full: i64| (full as f64 / f64::from(zoom.joined)).round() as i32;
            let piece = Piece {
                key,
                x: place(full.0),
                y: place(full.1),
                width: width.ceil() as u32,
                height: height.ceil() as u32,
                from: ((width * f64::from(i)) as u32, (height * f64::from(j)) as u32),
            };
            pieces.push(((y / divisor + j, x / divisor + i), piece));
        }
    }

    fn info(&self, ini: &Ini, levels: &[Vec<Piece<u32>>]) -> Info {
        let first = &self.zooms[0];
        // Photos overlap; pictures of one photo do not.
        let side = |count: u32, side: u32, overlap: f64| {
            let overlaps = (0..count - 1).filter(|at| at % self.divisions == self.divisions - 1).count();
            f64::from(count) * f64::from(side) - overlaps as f64 * overlap
        };
        let whole =
            (side(self.across, first.size.width, first.overlap.0), side(self.down, first.size.height, first.overlap.1));
        let size = |zoom: &Zoom| {
            let side = |side: f64| (side as u64 / u64::from(zoom.joined)).min(u32::MAX.into()) as u32;
            Size::new(side(whole.0), side(whole.1))
        };
        let mut info = Info::plain(FORMAT, size(first), CELL, 3, SampleType::U8);
        let downsample = |zoom: &Zoom| f64::from(zoom.joined / first.joined.max(1)).max(1.0);
        let level = |zoom: &Zoom| Level { size: size(zoom), downsample: downsample(zoom), tile: CELL };
        info.levels = self.zooms.iter().map(level).collect();
        info.background = first.fill.map(f32::from).to_vec();
        let positive = |mpp: f64| mpp.is_finite() && mpp > 0.0;
        info.mpp = Some(first.mpp).filter(|(x, y)| positive(*x) && positive(*y));
        let power = ini.get("GENERAL", "OBJECTIVE_MAGNIFICATION");
        let power = power.and_then(|text| text.trim_end_matches('x').parse::<f64>().ok());
        info.objective = power.filter(|power| positive(*power));
        info.properties = ini.all().map(|(key, value)| (format!("mirax.{key}"), value.to_owned())).collect();
        let rects = levels[0]
            .iter()
            .map(|piece| Rect::at(piece.x.into(), piece.y.into(), Size::new(piece.width, piece.height)));
        if let Some(bounds) = rects.reduce(Rect::union) {
            slide::tell_bounds(bounds, &mut info.properties);
        }
        slide::tell_openslide("mirax", Some(first.fill), &mut info);
        let [r, g, b] = first.fill;
        info.properties.insert("openslide.background-color".into(), format!("{r:02X}{g:02X}{b:02X}"));
        info
    }
}

impl Zoom {
    fn read(ini: &Ini, section: &str, exponent: u32) -> Result<Self> {
        let format = ini.need(section, "IMAGE_FORMAT")?;
        if !matches!(format, "JPEG" | "PNG" | "BMP24") {
            return Err(Error::unsupported(format!("a slide whose pictures are {format}")));
        }
        let side = |key| {
            let side: u32 = ini.number(section, key)?;
            if (1..=1 << 14).contains(&side) { Ok(side) } else { Err(Error::corrupt(format!("{key} is {side}"))) }
        };
        let fill: u32 = ini.number(section, "IMAGE_FILL_COLOR_BGR")?;
        Ok(Self {
            size: Size::new(side("DIGITIZER_WIDTH")?, side("DIGITIZER_HEIGHT")?),
            overlap: (ini.number(section, "OVERLAP_X")?, ini.number(section, "OVERLAP_Y")?),
            mpp: (ini.number(section, "MICROMETER_PER_PIXEL_X")?, ini.number(section, "MICROMETER_PER_PIXEL_Y")?),
            joined: if exponent < 24 {
                1 << exponent
            } else {
                return Err(Error::corrupt("levels that are far too coarse"));
            },
            fill: [fill as u8, (fill >> 8) as u8, (fill >> 16) as u8],
        })
    }
}

fn data_files(ini: &Ini, folder: &Path) -> Result<Vec<PathBuf>> {
    let count: u32 = ini.number("DATAFILE", "FILE_COUNT")?;
    let count = count.min(ini.section("DATAFILE").map_or(0, BTreeMap::len) as u32);
    (0..count).map(|number| slide::inside(folder, ini.need("DATAFILE", &format!("FILE_{number}"))?)).collect()
}

/// The number of the record of a layer without levels: of all of it, or of one of its values.
fn record_of(ini: &Ini, layer: &str, value: Option<&str>) -> Option<u32> {
    let (count, mut record) = (ini.number::<u32>(LAYERS, "NONHIER_COUNT").ok()?, 0u32);
    for number in 0..count.min(1024) {
        let values: u32 = ini.number(LAYERS, &format!("NONHIER_{number}_COUNT")).ok()?;
        if ini.get(LAYERS, &format!("NONHIER_{number}_NAME"))? == layer {
            let Some(value) = value else { return Some(record) };
            let is = |at: &u32| ini.get(LAYERS, &format!("NONHIER_{number}_VAL_{at}")) == Some(value);
            return (0..values.min(1024)).find(is).map(|at| record + at);
        }
        record = record.checked_add(values)?;
    }
    None
}

fn associated(ini: &Ini, index: &Index, files: &[PathBuf]) -> Vec<(String, Stored)> {
    let kinds = [("macro", "SlideThumbnail"), ("label", "SlideBarcode"), ("thumbnail", "SlidePreview")];
    let found = kinds.into_iter().filter_map(|(name, value)| {
        let record = record_of(ini, "Scan data layer", Some(&format!("ScanDataLayer_{value}")))?;
        let bytes = index.record(record).ok()?.read(files).ok()?;
        Some((name.to_owned(), Stored::Bytes(bytes.into())))
    });
    found.collect()
}
