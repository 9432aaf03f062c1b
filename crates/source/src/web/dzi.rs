//! Deep Zoom (Microsoft's schema of 2008): `NAME.dzi` beside `NAME_files/LEVEL/COLUMN_ROW.jpg`, or both in an archive, `NAME.szi`.
//!
//! The format counts levels from 1×1 up; overlaps are cut away here.

use std::path::{Path, PathBuf};

use super::store::{Store, folder_of};
use super::zip::Zip;
use super::{
    Layout, MOST_DESCRIPTOR, Pyramid, Tile, TileLevel, check_level, checked_ending, descriptor, number, text_of,
};
use crate::Opened;
use crate::geometry::Size;
use crate::xml::Node;
use crate::{Error, IoResultExt as _, Result};

pub(crate) fn detect(path: &Path, head: &[u8]) -> bool {
    if head.is_empty() {
        return path.is_dir() && descriptor_of_folder(path).is_some();
    }
    is_descriptor(&String::from_utf8_lossy(head))
}

/// The descriptor at `path`, or that which belongs to the folder `path`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let found = if path.is_dir() { descriptor_of_folder(path) } else { Some(path.to_owned()) };
    let path = found.ok_or_else(|| Error::corrupt("a folder without its .dzi"))?;
    let described = Described::read(&descriptor(&path)?).at(&path)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    described.open(Store::Folder(folder_of(&path)), &format!("{stem}_files")).at(&path)
}

pub(crate) fn detect_szi(path: &Path, head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") && path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("szi"))
}

pub(crate) fn open_szi(path: &Path) -> Result<Box<dyn Opened>> {
    let zip = Zip::open(path)?;
    let is_descriptor = |name: &&str| Path::new(name).extension().is_some_and(|ending| ending == "dzi");
    let name = zip.names().find(is_descriptor).map(str::to_owned);
    let name = name.ok_or_else(|| Error::corrupt("an archive without a .dzi"))?;
    let bytes = zip.read(&name, MOST_DESCRIPTOR)?.unwrap_or_default();
    let described = Described::read(&text_of(&bytes)?).at(&path.join(&name))?;
    let folder = format!("{}_files", name.trim_end_matches(".dzi"));
    described.open(Store::Zip(zip), &folder)
}

/// The fields of the descriptor.
#[derive(Debug)]
struct Described {
    size: Size,
    tile: u32,
    overlap: u32,
    ending: String,
}

impl Described {
    fn read(text: &str) -> Result<Self> {
        let root = Node::parse(text).ok_or_else(|| Error::corrupt("the descriptor is no XML"))?;
        let named = |name: &str| root.find(name);
        if named("Collection").is_some() {
            return Err(Error::unsupported("a Deep Zoom collection; open its images one by one"));
        }
        let image = named("Image").ok_or_else(|| Error::corrupt("no Image in the descriptor"))?;
        let size = named("Size").ok_or_else(|| Error::corrupt("no Size in the descriptor"))?;
        let described = Self {
            size: Size::new(number(size, "Width")?, number(size, "Height")?),
            tile: number(image, "TileSize")?,
            overlap: image.number("Overlap").unwrap_or(0),
            ending: checked_ending(image.get("Format").unwrap_or("jpg"))?,
        };
        check_level(TileLevel::new(described.size, described.tile, 1))?;
        if described.overlap > described.tile {
            return Err(Error::corrupt("tiles that overlap by more than they are large"));
        }
        Ok(described)
    }

    fn open(self, store: Store, folder: &str) -> Result<Box<dyn Opened>> {
        let top = self.size.longest().next_power_of_two().trailing_zeros();
        let present = (0..=top).rev().filter(|level| store.has_folder(&format!("{folder}/{level}")));
        let numbers: Vec<u32> = present.collect();
        if numbers.first() != Some(&top) {
            return Err(Error::corrupt(format!("the tiles of its full resolution ({folder}/{top}) are missing")));
        }
        let level = |number: &u32| {
            let reduction = top - number;
            TileLevel::new(self.size.halved_times(reduction as usize), self.tile, 1 << reduction)
        };
        let levels = numbers.iter().map(level).collect();
        let layout = DeepZoom { folder: folder.to_owned(), numbers, described: self };
        Pyramid::opened("Deep Zoom", levels, store, Box::new(layout))
    }
}

struct DeepZoom {
    folder: String,
    /// Of the levels in the format's own counting, finest first.
    numbers: Vec<u32>,
    described: Described,
}

impl Layout for DeepZoom {
    fn tile(&self, level: usize, column: u32, row: u32) -> Tile {
        let Described { overlap, ending, .. } = &self.described;
        let name = format!("{}/{}/{column}_{row}.{ending}", self.folder, self.numbers[level]);
        let lead = |n: u32| if n > 0 { *overlap } else { 0 };
        Tile { names: vec![name], lead: (lead(column), lead(row)) }
    }
}

fn is_descriptor(start: &str) -> bool {
    let is_xml = start.trim_start_matches('\u{FEFF}').trim_start().starts_with('<');
    is_xml && names_tiles(start)
}

fn names_tiles(start: &str) -> bool {
    start.contains("<Image") && (start.contains("TileSize") || start.contains("deepzoom"))
        || start.contains("<Collection") && start.contains("deepzoom")
}

/// `NAME.dzi` for the folder `NAME_files`, or the only descriptor in the folder.
fn descriptor_of_folder(folder: &Path) -> Option<PathBuf> {
    let name = folder.file_name()?.to_string_lossy().into_owned();
    if let Some(stem) = name.strip_suffix("_files") {
        let beside = ["dzi", "xml"].map(|ending| folder.with_file_name(format!("{stem}.{ending}")));
        return beside.into_iter().find(|path| path.is_file());
    }
    let mut only = None;
    for entry in folder.read_dir().ok()?.take(64).flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "dzi") {
            if only.is_some() {
                return None;
            }
            only = Some(path);
        } else if !name_of(&path).ends_with("_files") {
            return None;
        }
    }
    only
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
