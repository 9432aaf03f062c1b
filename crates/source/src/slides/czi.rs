//! Zeiss' container (CZI): segments of an identifier and two lengths; a directory of sub-blocks, each a tile with its place in
//! many dimensions; XML that says what was scanned; attached pictures, some of them such files themselves.
//!
//! After "CZI (ZISRAW) file format design specification" 1.2.2. Planes of other channels, Z-slices and timepoints are pages.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::czi_block::{Block, Tiles, number};
use crate::geometry::{Rect, Size};
use crate::pixels::{ChannelName, Color, SampleType};
use crate::placed_tiles::{CELL, MOST_PIECES, Piece, PlacedTiles};
use crate::slide::{self, NamedPage, Slide, Stored};
use crate::xml::Node;
use crate::{Error, IoResultExt as _, Result};
use crate::{Info, Level, Opened, PageIndex, PagePlace, PositionedFile, Source, StagePosition, StageUnit, limits};

const FORMAT: &str = "Zeiss CZI";
/// No XML is longer.
const MOST_XML: u64 = 64 << 20;
/// No attached picture is longer.
const MOST_ATTACHED: u64 = 256 << 20;
const MOST_PAGES: usize = 65_536;
/// Of the metadata so many are shown.
const MOST_PROPERTIES: usize = 20_000;
/// Bytes of a segment's identifier and lengths.
const HEAD: u64 = 32;
/// Where the data of an attachment begin in its segment.
const ATTACHED_DATA: u64 = 288;

pub(crate) fn detect(_: &Path, head: &[u8]) -> bool {
    head.starts_with(b"ZISRAWFILE\0")
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file = Arc::new(PositionedFile::open(path)?);
    let container = Container::read(&file, 0).at(path)?;
    let attached = container.attached(&file);
    let first = container.page(&file, 0)?;
    let slide = Slide { path: path.to_owned(), pages: vec![first], associated: attached };
    Ok(Box::new(Czi { file, container, slide }))
}

/// A file: its first page and its attached pictures are ready, the other pages are made when they are asked for.
struct Czi {
    file: Arc<PositionedFile>,
    container: Container,
    slide: Slide,
}

impl Opened for Czi {
    fn pages(&self) -> usize {
        self.container.planes.len()
    }

    fn page(&self, page: usize) -> Result<Arc<dyn Source>> {
        if page == 0 { self.slide.page(0) } else { Ok(self.container.page(&self.file, page)?.source) }
    }

    fn page_name(&self, page: usize) -> Option<String> {
        self.container.page_name(page)
    }

    fn page_place(&self, page: usize) -> Option<PagePlace> {
        self.container.page_place(page)
    }

    fn associated(&self) -> Vec<String> {
        self.slide.associated()
    }

    fn associated_image(&self, name: &str) -> Result<Arc<dyn Source>> {
        self.slide.associated_image(name)
    }
}

/// A file, or one attached inside of another.
struct Container {
    /// Where it begins.
    base: u64,
    attachments: u64,
    blocks: Vec<Block>,
    /// The blocks of each plane, by number: what has the same channel, slice and time.
    planes: Vec<Vec<usize>>,
    ranks: Ranks,
    /// The least x and y of all blocks: all planes have their origin at the same place.
    origin: (i32, i32),
    xml: Option<Node>,
    /// What the XML says of all planes.
    properties: OnceLock<BTreeMap<String, String>>,
}

impl Container {
    fn read(file: &Arc<PositionedFile>, base: u64) -> Result<Self> {
        let head = segment(file, base, "ZISRAWFILE", 96)?;
        let at = |offset: usize| number::<8>(&head, offset).and_then(|at| base.checked_add(u64::from_le_bytes(at)));
        let missing = || Error::corrupt("its header ends before it says where its parts are");
        let (directory, metadata) = (at(52).ok_or_else(missing)?, at(60).ok_or_else(missing)?);
        let attachments = at(72).unwrap_or(0);
        let blocks = blocks(file, directory)?;
        if blocks.is_empty() {
            return Err(Error::corrupt("a container without tiles"));
        }
        // What was scanned can be seen without knowing how.
        let xml = segment(file, metadata, "ZISRAWMETADATA", 256).ok().and_then(|head| {
            let length = u32::from_le_bytes(number::<4>(&head, 0)?);
            let text = file.read_at(metadata + HEAD + 256, u64::from(length).min(MOST_XML)).ok()?;
            Node::parse(&String::from_utf8_lossy(&text))
        });
        limits::charge_items(blocks.len() as u64, 2 * size_of::<Block>() + 64)?;
        let mut by_plane: BTreeMap<&[(u8, i32)], Vec<usize>> = BTreeMap::new();
        for (number, block) in blocks.iter().enumerate() {
            by_plane.entry(&block.plane).or_default().push(number);
        }
        if by_plane.len() > MOST_PAGES {
            return Err(Error::limit(format!("a container of {} planes", by_plane.len())).at(file.path()));
        }
        let ranks = Ranks::of(by_plane.keys().copied());
        let planes = by_plane.into_values().collect();
        let left = blocks.iter().map(|block| block.x).min().unwrap_or(0);
        let top = blocks.iter().map(|block| block.y).min().unwrap_or(0);
        let (origin, properties) = ((left, top), OnceLock::new());
        Ok(Self { base, attachments, blocks, planes, ranks, origin, xml, properties })
    }

    /// A plane as a page.
    fn page(&self, file: &Arc<PositionedFile>, number: usize) -> Result<NamedPage> {
        let blocks = self.planes.get(number).ok_or_else(|| {
            Error::invalid(format!("page {number} does not exist; the last one is {}", self.planes.len() - 1))
        })?;
        let blocks: Vec<&Block> = blocks.iter().map(|number| &self.blocks[*number]).collect();
        let source: Arc<dyn Source> = Arc::new(self.source(file, &blocks).at(file.path())?);
        Ok(NamedPage { name: self.page_name(number), place: self.page_place(number), source })
    }

    fn plane(&self, number: usize) -> Option<&[(u8, i32)]> {
        let first = *self.planes.get(number)?.first()?;
        (self.planes.len() > 1).then(|| &*self.blocks[first].plane)
    }

    fn page_name(&self, number: usize) -> Option<String> {
        self.plane(number).map(lettered)
    }

    fn page_place(&self, number: usize) -> Option<PagePlace> {
        self.plane(number).map(|plane| self.place(plane, &self.ranks))
    }

    /// Where a plane belongs among all.
    fn place(&self, plane: &[(u8, i32)], ranks: &Ranks) -> PagePlace {
        let channel = plane.iter().find(|(letter, _)| *letter == b'C').map(|(_, at)| (*at).max(0) as usize);
        let series = series_of(plane);
        PagePlace {
            index: ranks.index(plane),
            counts: ranks.counts(),
            series: (ranks.series.len() > 1 && !series.is_empty()).then(|| lettered(&series)),
            channel: channel.map(|channel| self.channel(channel)).unwrap_or_default(),
            is_one_channel: channel.is_some(),
        }
    }

    /// What the metadata call a channel, and the color in which it was shown.
    fn channel(&self, number: usize) -> ChannelName {
        let metadata = self.xml.as_ref().and_then(|root| root.find("Metadata"));
        let listed = |path: &[&str]| {
            let list = path.iter().try_fold(metadata?, |node, name| node.child(name))?;
            list.all("Channel").nth(number)
        };
        let (taken, shown) =
            (listed(&["Information", "Image", "Dimensions", "Channels"]), listed(&["DisplaySetting", "Channels"]));
        let both = [taken, shown].into_iter().flatten();
        let name = both.clone().find_map(|channel| channel.get("Name").filter(|name| !name.is_empty()));
        // Alpha, red, green and blue as `#FF00FF00`.
        let color = both.rev().find_map(|channel| {
            let digits = channel.text_of("Color")?.trim().strip_prefix('#')?;
            let value = u32::from_str_radix(digits.get(digits.len().checked_sub(6)?..)?, 16).ok()?;
            let [_, r, g, b] = value.to_be_bytes();
            Some([r, g, b])
        });
        ChannelName { name: name.unwrap_or_default().to_owned(), color }
    }

    fn source(&self, file: &Arc<PositionedFile>, blocks: &[&Block]) -> Result<PlacedTiles<Tiles>> {
        let first = blocks[0];
        if blocks.iter().any(|block| block.kind != first.kind) {
            return Err(Error::unsupported("tiles of unlike samples in one plane"));
        }
        let kind = first.kind()?;
        for block in blocks {
            block.check()?;
        }
        // Scenes may have pyramids of unlike height: levels that only some have are left out.
        let mut deepest: BTreeMap<i32, u32> = BTreeMap::new();
        for block in blocks {
            let known = deepest.entry(block.scene).or_default();
            *known = block.downsample().max(*known);
        }
        let common = deepest.values().copied().min().unwrap_or(1);
        let (left, top) = self.origin;
        let mut levels: BTreeMap<u32, Vec<(i32, Piece<u64>)>> = BTreeMap::new();
        let mut bounds = Rect::new(0, 0, 0, 0);
        for block in blocks.iter().filter(|block| block.downsample() <= common) {
            let scale = block.downsample();
            let (x, y) = (i64::from(block.x) - i64::from(left), i64::from(block.y) - i64::from(top));
            if scale == 1 {
                bounds = bounds.union(Rect::at(x, y, block.stored));
            }
            let place = |at: i64| i32::try_from((at as f64 / f64::from(scale)).round() as i64).ok();
            let (Some(x), Some(y)) = (place(x), place(y)) else {
                return Err(Error::corrupt("tiles that lie too far apart"));
            };
            let Size { width, height } = block.stored;
            let piece = Piece { key: block.at, x, y, width, height, from: (0, 0) };
            levels.entry(scale).or_default().push((block.order, piece));
        }
        if !levels.contains_key(&1) {
            return Err(Error::corrupt("a container without its full resolution"));
        }
        let full = Size::new(bounds.x1.clamp(0, 1 << 30) as u32, bounds.y1.clamp(0, 1 << 30) as u32);
        let mut info = Info::plain(FORMAT, full, CELL, kind.channels, kind.sample);
        let level = |scale: &u32| {
            let size = Size::new(full.width / scale, full.height / scale);
            Level { size, downsample: (*scale).into(), tile: CELL }
        };
        info.levels = levels.keys().map(level).filter(|level| !level.size.is_empty()).collect();
        levels.retain(|scale, _| full.width / scale > 0 && full.height / scale > 0);
        self.describe(&mut info);
        // Tiles in files of their own keep their place in the whole.
        info.stage = match (left, top) {
            (0, 0) => self.scene_center(&info),
            _ => StagePosition::new(left.into(), top.into(), StageUnit::Pixel),
        };
        let pieces = levels.into_values().map(|mut level| {
            // The higher of two lies on top.
            level.sort_by_key(|(order, _)| *order);
            level.into_iter().map(|(_, piece)| piece).collect()
        });
        let tiles = Tiles { file: Arc::clone(file), base: self.base, kind };
        PlacedTiles::new(info, pieces.collect(), tiles)
    }

    /// Where the stage stood at the upper left corner, µm, from the middle of the only scene.
    fn scene_center(&self, info: &Info) -> Option<StagePosition> {
        let scenes = self.xml.as_ref()?.find("Scenes")?;
        let mut scenes = scenes.all("Scene");
        let (x, y) = scenes.next()?.text_of("CenterPosition")?.split_once(',')?;
        let (across, down) = info.mpp?;
        let corner =
            |center: &str, side: u32, mpp: f64| Some(center.trim().parse::<f64>().ok()? - f64::from(side) * mpp / 2.0);
        let (x, y) = (corner(x, info.size().width, across)?, corner(y, info.size().height, down)?);
        StagePosition::new(x, y, StageUnit::Micrometer).filter(|_| scenes.next().is_none())
    }

    fn describe(&self, info: &mut Info) {
        if info.color == Color::Rgb && info.sample == SampleType::U8 {
            info.background = vec![255.0; 3];
        }
        let properties = self.properties.get_or_init(|| {
            let mut all = BTreeMap::new();
            let metadata = self.xml.as_ref().and_then(|root| root.find("Metadata"));
            let parts = ["AttachmentInfos", "Information", "Scaling"].into_iter();
            for (part, node) in parts.filter_map(|part| Some((part, metadata?.child(part)?))) {
                list(node, &format!("zeiss.{part}"), &mut all);
            }
            all
        });
        info.properties.clone_from(properties);
        let number = |key: &str| {
            let value = info.properties.get(key).and_then(|text| text.parse::<f64>().ok());
            value.filter(|value| value.is_finite() && *value > 0.0)
        };
        let mpp = |axis: &str| number(&format!("zeiss.Scaling.Items.{axis}.Value")).map(|meters| meters * 1e6);
        let objective = info.properties.get("zeiss.Information.Image.ObjectiveSettings.ObjectiveRef.Id");
        let power = objective
            .and_then(|id| number(&format!("zeiss.Information.Instrument.Objectives.{id}.NominalMagnification")));
        (info.mpp, info.objective) = (mpp("X").zip(mpp("Y")), power);
        slide::tell_openslide("zeiss", None, info);
    }

    /// The attached pictures that `OpenSlide` knows.
    fn attached(&self, file: &Arc<PositionedFile>) -> Vec<(String, Stored)> {
        let Ok(head) = segment(file, self.attachments, "ZISRAWATTDIR", 256) else { return Vec::new() };
        let count = number::<4>(&head, 0).map_or(0, u32::from_le_bytes).min(1024);
        let mut known = HashSet::new();
        let found = (0..u64::from(count)).filter_map(|entry| {
            let entry = file.read_at(self.attachments + HEAD + 256 + 128 * entry, 128).ok()?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
            let (kind, name) = (text(&entry[40..48]), text(&entry[48..128]));
            let name = match name.as_str() {
                "Label" => "label",
                "SlidePreview" => "macro",
                "Thumbnail" => "thumbnail",
                _ => return None,
            };
            // The first of a name counts.
            if !known.insert(name) {
                return None;
            }
            let at = self.base.checked_add(u64::from_le_bytes(number::<8>(&entry, 12)?))?;
            Some((name.to_owned(), attachment(file, at, &kind)?))
        });
        found.collect()
    }
}

fn attachment(file: &Arc<PositionedFile>, at: u64, kind: &str) -> Option<Stored> {
    let head = segment(file, at, "ZISRAWATTACH", 16).ok()?;
    let length = u64::from(u32::from_le_bytes(number::<4>(&head, 0)?)).min(MOST_ATTACHED);
    match kind {
        "JPG" => Some(Stored::Bytes(file.read_at(at + ATTACHED_DATA, length).ok()?.into())),
        "CZI" => {
            let inside = Container::read(file, at + ATTACHED_DATA).ok()?;
            Some(Stored::Source(inside.page(file, 0).ok()?.source))
        }
        _ => None,
    }
}

/// The places that planes have along each axis, in order: numbers in a file may begin anywhere and leave gaps.
#[derive(Default)]
struct Ranks {
    /// Of what is left of planes without channel, Z-slice and timepoint.
    series: Vec<Vec<(u8, i32)>>,
    /// Channels, Z-slices, timepoints.
    axes: [Vec<i32>; 3],
}

/// The axes that planes of a series have.
const AXES: [u8; 3] = [b'C', b'Z', b'T'];

impl Ranks {
    fn of<'a>(planes: impl Iterator<Item = &'a [(u8, i32)]>) -> Self {
        let mut ranks = Self::default();
        for plane in planes {
            ranks.series.push(series_of(plane));
            for (axis, letter) in ranks.axes.iter_mut().zip(AXES) {
                axis.push(at(plane, letter));
            }
        }
        ranks.series.sort_unstable();
        ranks.series.dedup();
        for axis in &mut ranks.axes {
            axis.sort_unstable();
            axis.dedup();
        }
        ranks
    }

    fn index(&self, plane: &[(u8, i32)]) -> PageIndex {
        let rank = |number: usize| self.axes[number].binary_search(&at(plane, AXES[number])).unwrap_or(0) as u32;
        let series = self.series.binary_search(&series_of(plane)).unwrap_or(0) as u32;
        PageIndex { series, c: rank(0), z: rank(1), t: rank(2) }
    }

    fn counts(&self) -> PageIndex {
        let [c, z, t] = self.axes.each_ref().map(|axis| axis.len() as u32);
        PageIndex { series: self.series.len() as u32, c, z, t }
    }
}

/// The place of a plane on an axis.
fn at(plane: &[(u8, i32)], axis: u8) -> i32 {
    plane.iter().find(|(letter, _)| *letter == axis).map_or(0, |(_, at)| *at)
}

fn series_of(plane: &[(u8, i32)]) -> Vec<(u8, i32)> {
    plane.iter().copied().filter(|(letter, _)| !AXES.contains(letter)).collect()
}

/// As the format's description calls places: `S 1, C 0`.
fn lettered(plane: &[(u8, i32)]) -> String {
    plane.iter().map(|(letter, at)| format!("{} {at}", char::from(*letter))).collect::<Vec<_>>().join(", ")
}

/// The first `length` bytes of the segment at `at`, which must be of that kind.
fn segment(file: &PositionedFile, at: u64, kind: &str, length: u64) -> Result<Vec<u8>> {
    let head = file.read_at(at, HEAD)?;
    if head[..16].split(|byte| *byte == 0).next() != Some(kind.as_bytes()) {
        return Err(Error::corrupt(format!("no {kind} at {at}")));
    }
    let start = at.checked_add(HEAD).ok_or_else(|| Error::corrupt("a segment beyond all bounds"))?;
    let have = file.length()?.saturating_sub(start);
    file.read_at(start, length.min(have))
}

/// All sub-blocks of the directory at `at`.
fn blocks(file: &PositionedFile, at: u64) -> Result<Vec<Block>> {
    let head = segment(file, at, "ZISRAWDIRECTORY", 4)?;
    let count = number::<4>(&head, 0).map_or(0, u32::from_le_bytes) as usize;
    let used = number::<8>(&file.read_at(at, HEAD)?, 24).map_or(0, u64::from_le_bytes).saturating_sub(128);
    // An entry has at least 32 bytes and two dimensions of 20.
    if count > MOST_PIECES || count as u64 * 72 > used {
        return Err(Error::corrupt(format!("a directory of {count} tiles in {used} bytes")));
    }
    let bytes = file.read_at(at + HEAD + 128, used)?;
    let (mut rest, mut found) = (&bytes[..], Vec::with_capacity(count));
    for _ in 0..count {
        let (block, length) = Block::read(rest)?;
        found.push(block);
        rest = &rest[length..];
    }
    Ok(found)
}

/// Texts and attributes under the path to them; members of lists go by what they are called (as `OpenSlide` has it).
fn list(node: &Node, path: &str, properties: &mut BTreeMap<String, String>) {
    let mut put = |name: String, value: &str| {
        if !value.is_empty() && value.len() < 4096 {
            properties.insert(name, value.to_owned());
        }
    };
    put(path.to_owned(), node.text.trim());
    for (name, value) in node.attributes() {
        put(format!("{path}.{name}"), value);
    }
    let name = |child: &Node| {
        let member = format!("{}s", child.name) == node.name || node.name == "Items" && child.name == "Distance";
        if member { child.get("Id").or_else(|| child.get("Name")).map(str::to_owned) } else { Some(child.name.clone()) }
    };
    let names: Vec<Option<String>> = node.children.iter().map(name).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    names.iter().flatten().for_each(|name| *counts.entry(name).or_default() += 1);
    for (child, name) in node.children.iter().zip(&names) {
        if let Some(known) = name
            && counts.get(known.as_str()) == Some(&1)
            && properties.len() < MOST_PROPERTIES
        {
            list(child, &format!("{path}.{known}"), properties);
        }
    }
}
