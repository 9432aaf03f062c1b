//! Zeiss' container (CZI): segments of an identifier and two lengths; a directory of sub-blocks, each a tile with its place in
//! many dimensions; XML that says what was scanned; attached pictures, some of them such files themselves.
//!
//! After "CZI (ZISRAW) file format design specification" 1.2.2. Planes of other channels, slices and times are pages.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::czi_block::{Block, Tiles, number};
use crate::geometry::{Rect, Size};
use crate::pixels::{ChannelName, Color, SampleType};
use crate::placed_tiles::{CELL, MOST_PIECES, Piece, PlacedTiles};
use crate::slide::{self, NamedPage, Slide, Stored};
use crate::xml::Node;
use crate::{Error, IoResultExt as _, Result};
use crate::{Info, Level, Opened, Plane, PositionedFile, Source};

const FORMAT: &str = "Zeiss CZI";
/// No XML is longer.
const MOST_XML: u64 = 64 << 20;
/// No attached picture is longer.
const MOST_ATTACHED: u64 = 256 << 20;
const MOST_PAGES: usize = 65_536;
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
    Ok(Box::new(Slide { path: path.to_owned(), pages: container.pages(&file)?, associated: attached }))
}

/// A file, or one attached inside of another.
struct Container {
    /// Where it begins.
    base: u64,
    attachments: u64,
    blocks: Vec<Block>,
    xml: Option<Node>,
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
        Ok(Self { base, attachments, blocks, xml })
    }

    /// Each plane is a page: what has the same channel, slice and time.
    fn pages(&self, file: &Arc<PositionedFile>) -> Result<Vec<NamedPage>> {
        let mut planes: BTreeMap<&[(u8, i32)], Vec<&Block>> = BTreeMap::new();
        for block in &self.blocks {
            planes.entry(&block.plane).or_default().push(block);
        }
        if planes.len() > MOST_PAGES {
            return Err(Error::limit(format!("a container of {} planes", planes.len())).at(file.path()));
        }
        let one = planes.len() == 1;
        // What is left of a plane without its channel names its image.
        let mut images: Vec<Vec<(u8, i32)>> = planes.keys().map(|plane| without_channel(plane)).collect();
        images.sort_unstable();
        images.dedup();
        let page = |(plane, blocks): (&[(u8, i32)], Vec<&Block>)| {
            let name = |(letter, at): &(u8, i32)| format!("{} {at}", char::from(*letter));
            let name = plane.iter().map(name).collect::<Vec<_>>().join(", ");
            let source: Arc<dyn Source> = Arc::new(self.source(file, &blocks).at(file.path())?);
            let plane = (!one).then(|| self.plane(plane, &images)).flatten();
            Ok(NamedPage { name: (!one).then_some(name), plane, source })
        };
        planes.into_iter().map(page).collect()
    }

    /// Which channel of which of `images` a plane is.
    fn plane(&self, plane: &[(u8, i32)], images: &[Vec<(u8, i32)>]) -> Option<Plane> {
        let channel = plane.iter().find(|(letter, _)| *letter == b'C')?.1.max(0) as usize;
        let rest = without_channel(plane);
        let name = rest.iter().map(|(letter, at)| format!("{} {at}", char::from(*letter))).collect::<Vec<_>>();
        Some(Plane {
            image: images.binary_search(&rest).ok()? as u64,
            at: channel as u64,
            name: (images.len() > 1).then(|| name.join(", ")),
            channel: self.channel(channel),
        })
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
        // Opacity, red, green and blue as `#FF00FF00`.
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
        // All planes have their origin at the same place.
        let left = self.blocks.iter().map(|block| block.x).min().unwrap_or(0);
        let top = self.blocks.iter().map(|block| block.y).min().unwrap_or(0);
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
        let pieces = levels.into_values().map(|mut level| {
            // The higher of two lies on top.
            level.sort_by_key(|(order, _)| *order);
            level.into_iter().map(|(_, piece)| piece).collect()
        });
        let tiles = Tiles { file: Arc::clone(file), base: self.base, kind };
        PlacedTiles::new(info, pieces.collect(), tiles)
    }

    fn describe(&self, info: &mut Info) {
        if info.color == Color::Rgb && info.sample == SampleType::U8 {
            info.background = vec![255.0; 3];
        }
        let metadata = self.xml.as_ref().and_then(|root| root.find("Metadata"));
        if let Some(metadata) = metadata {
            for part in ["AttachmentInfos", "Information", "Scaling"] {
                if let Some(node) = metadata.child(part) {
                    list(node, &format!("zeiss.{part}"), &mut info.properties);
                }
            }
        }
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
            Some(Stored::Source(inside.pages(file).ok()?.into_iter().next()?.source))
        }
        _ => None,
    }
}

/// A plane's place but for its channel.
fn without_channel(plane: &[(u8, i32)]) -> Vec<(u8, i32)> {
    plane.iter().copied().filter(|(letter, _)| *letter != b'C').collect()
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
    for (child, name) in node.children.iter().zip(&names) {
        if let Some(known) = name
            && names.iter().filter(|other| *other == name).count() == 1
        {
            list(child, &format!("{path}.{known}"), properties);
        }
    }
}
