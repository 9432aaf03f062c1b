//! Ventana's slides: descriptions `level=N mag=M`, the scanner's XML in tag 700. Tiles lie edge to edge (`.tif`), or overlap as
//! the XML of the first level says (`.bif`).
//!
//! Of the overlaps one mean advance is taken, weighted by their confidence, as `OpenSlide` does (its
//! `openslide-vendor-ventana.c`): the files do not say where single tiles belong.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::directory::Directory;
use super::image::size_of;
use super::page::{Details, Page};
use super::tags as tag;
use super::tile_layout::{TileKey, TileLayout, Tiles, whole};
use super::{Associated, Contents};
use crate::PositionedFile;
use crate::geometry::{Rect, Size};
use crate::placed_tiles::{MOST_PIECES, Piece};
use crate::xml::Node;
use crate::{Error, Result, limits};

/// The contents of the file, if it is one of Ventana's.
pub(super) fn contents(file: &Arc<PositionedFile>, chain: &[Directory]) -> Result<Option<Contents>> {
    let scans = chain.iter().filter_map(|directory| Some(xml(file, directory)?.find("iScan")?.clone()));
    let (mut levels, mut associated): (Vec<Directory>, Vec<(String, Associated)>) = (Vec::new(), Vec::new());
    for directory in chain {
        let description = directory.text(file, tag::IMAGE_DESCRIPTION).unwrap_or_default();
        match description.as_str() {
            "Label Image" | "Label_Image" => {
                associated.push(("macro".into(), Associated::Directory(directory.clone())));
            }
            "Thumbnail" => associated.push(("thumbnail".into(), Associated::Directory(directory.clone()))),
            level if level.starts_with("level=") => levels.push(directory.clone()),
            _ => {}
        }
    }
    levels.sort_by_key(|directory| std::cmp::Reverse(size_of(directory).map_or(0, |size| size.width)));
    let (Some(scan), Some(full)) = ({ scans }.next(), levels.first()) else { return Ok(None) };
    let positive = |name: &str| scan.number::<f64>(name).filter(|value| value.is_finite() && *value > 0.0);
    let properties: BTreeMap<String, String> =
        scan.attributes().map(|(name, value)| (format!("ventana.{name}"), value.to_owned())).collect();
    let joints = xml(file, full).filter(|node| node.name == "EncodeInfo");
    let details = Details {
        mpp: positive("ScanRes").map(|mpp| (mpp, mpp)),
        objective: positive("Magnification"),
        measured: false,
        properties,
        ..Details::slide(if joints.is_some() { "Ventana BIF" } else { "Ventana TIFF" }, "ventana")
    };
    match joints {
        Some(joints) => overlapping(file, &levels, &joints, details, associated).map(Some),
        None => Ok(Some(Contents::of(vec![Page::new(file, levels, details)], associated))),
    }
}

fn overlapping(
    file: &Arc<PositionedFile>,
    levels: &[Directory],
    joints: &Node,
    mut details: Details,
    associated: Vec<(String, Associated)>,
) -> Result<Contents> {
    let tiles = Tiles::new(file, levels)?;
    let tile = tiles.image(0).grid().tile;
    if (1..levels.len()).any(|level| tiles.image(level).grid().tile != tile) {
        return Err(Error::corrupt("levels in tiles of unlike sizes"));
    }
    let stitched = Stitched::read(joints, tile)?;
    stitched.tell(&mut details.properties);
    let magnification = |directory: &Directory| {
        let description = directory.text(file, tag::IMAGE_DESCRIPTION)?;
        let value = description.split(' ').find_map(|pair| pair.strip_prefix("mag=")?.parse::<f64>().ok());
        value.filter(|value| value.is_finite() && *value > 0.0)
    };
    let full = magnification(&levels[0]);
    let layouts = levels.iter().enumerate().map(|(number, directory)| {
        let ratio = full.zip(magnification(directory)).map(|(full, this)| full / this);
        let ratio = ratio.filter(|ratio| (1.0..=4096.0).contains(ratio));
        let ratio = ratio.ok_or_else(|| Error::corrupt(format!("level {number} without a magnification")))?;
        stitched.level(&tiles, number, ratio)
    });
    let layouts: Result<Vec<TileLayout>> = layouts.collect();
    Ok(Contents::single(tiles.source(&levels[0], layouts?, &details)?, associated))
}

/// Where the tiles of the finest level lie.
struct Stitched {
    tile: Size,
    areas: Vec<Area>,
    /// From tile to tile, in pixels.
    advance: (f64, f64),
}

/// A scanned area: some columns and rows of tiles.
struct Area {
    column: u32,
    row: u32,
    columns: u32,
    rows: u32,
    /// Its place; first counted from the bottom, then from the top.
    at: (f64, f64),
}

impl Stitched {
    fn read(root: &Node, tile: Size) -> Result<Self> {
        let corrupt = |what: &str| Error::corrupt(format!("the slide's XML {what}"));
        let infos = root.child("SlideStitchInfo").into_iter().flat_map(|list| list.all("ImageInfo"));
        let origins = root.child("AoiOrigin").map(|list| &list.children[..]).unwrap_or_default();
        let infos: Vec<&Node> = infos.collect();
        if infos.len() != origins.len() {
            return Err(corrupt("lists areas without their origins"));
        }
        let (mut areas, mut across, mut down) = (Vec::new(), Mean::default(), Mean::default());
        for (info, origin) in infos.into_iter().zip(origins) {
            if info.number::<i64>("AOIScanned").unwrap_or(0) == 0 {
                continue;
            }
            let number = |node: &Node, name: &str| {
                let value = node.number::<f64>(name).filter(|value| value.is_finite() && value.abs() < 1e9);
                value.ok_or_else(|| corrupt(&format!("names no {name}")))
            };
            let whole = |node: &Node, name: &str| number(node, name).map(|value| value.max(0.0) as u32);
            if (whole(info, "Width")?, whole(info, "Height")?) != (tile.width, tile.height) {
                return Err(corrupt("names another size of tiles than the TIFF"));
            }
            areas.push(Area {
                column: whole(origin, "OriginX")? / tile.width,
                row: whole(origin, "OriginY")? / tile.height,
                columns: whole(info, "NumCols")?.max(1),
                rows: whole(info, "NumRows")?.max(1),
                at: (number(info, "Pos-X")?.trunc(), number(info, "Pos-Y")?.trunc()),
            });
            for joint in info.all("TileJointInfo") {
                let confidence = joint.number::<f64>("Confidence").unwrap_or(0.0);
                match joint.get("Direction") {
                    Some("UP") => down.add(number(joint, "OverlapY")?, confidence),
                    Some("LEFT" | "RIGHT") => across.add(number(joint, "OverlapX")?, confidence),
                    _ => return Err(corrupt("joins tiles in no known direction")),
                }
            }
        }
        let advance = (f64::from(tile.width) - across.value(), f64::from(tile.height) - down.value());
        if areas.is_empty() || advance.0 < 1.0 || advance.1 < 1.0 {
            return Err(corrupt("says of no area where its tiles lie"));
        }
        let height = |area: &Area| f64::from(area.rows - 1) * advance.1 + f64::from(tile.height);
        let top = areas.iter().map(|area| (area.at.1 + height(area)).trunc()).fold(0.0, f64::max);
        for area in &mut areas {
            area.at.1 = top - area.at.1 - height(area).trunc();
        }
        Ok(Self { tile, areas, advance })
    }

    /// Level `number`, whose tiles hold `ratio` tiles of the finest one along a side.
    fn level(&self, tiles: &Tiles, number: usize, ratio: f64) -> Result<TileLayout> {
        let grid = tiles.image(number).grid();
        let parts = ratio as u32;
        let part = (f64::from(self.tile.width) / ratio, f64::from(self.tile.height) / ratio);
        let (mut pieces, mut right, mut bottom) = (Vec::new(), 0.0f64, 0.0f64);
        for area in &self.areas {
            // Tiles beyond the image's grid are not there, whatever the XML says.
            let columns = area.column..(area.column + area.columns).min(grid.columns().saturating_mul(parts));
            let rows = area.row..(area.row + area.rows).min(grid.rows().saturating_mul(parts));
            let count = columns.len() as u64 * rows.len() as u64;
            if pieces.len() as u64 + count > MOST_PIECES as u64 {
                return Err(Error::corrupt("areas of far too many tiles"));
            }
            limits::charge_items(count, 2 * std::mem::size_of::<Piece<TileKey>>())?;
            for row in rows {
                for column in columns.clone() {
                    let x = (area.at.0 + f64::from(column - area.column) * self.advance.0) / ratio;
                    let y = (area.at.1 + f64::from(row - area.row) * self.advance.1) / ratio;
                    (right, bottom) = (right.max(x + part.0), bottom.max(y + part.1));
                    let inside = |at: u32, side: f64| (f64::from(at % parts) * side) as u32;
                    let piece = Piece {
                        key: TileKey { image: number as u32, column: column / parts, row: row / parts },
                        x: whole(x)?,
                        y: whole(y)?,
                        width: part.0.ceil() as u32,
                        height: part.1.ceil() as u32,
                        from: (inside(column, part.0), inside(row, part.1)),
                    };
                    pieces.push(((row, column), piece));
                }
            }
        }
        // Of two that overlap the one further right and down is on top, whatever areas they belong to.
        pieces.sort_by_key(|(place, _)| *place);
        let pieces = pieces.into_iter().map(|(_, piece)| piece).collect();
        Ok(TileLayout { size: Size::new(whole(right.ceil())? as u32, whole(bottom.ceil())? as u32), pieces })
    }

    fn tell(&self, properties: &mut BTreeMap<String, String>) {
        for (number, area) in self.areas.iter().enumerate() {
            let side = |count: u32, advance: f64, tile: u32| (advance * f64::from(count - 1) + f64::from(tile)).ceil();
            let size = (
                side(area.columns, self.advance.0, self.tile.width),
                side(area.rows, self.advance.1, self.tile.height),
            );
            let rect = Rect::new(0, 0, size.0 as i64, size.1 as i64).translate(
                (self.advance.0 * f64::from(area.column)) as i64,
                (self.advance.1 * f64::from(area.row)) as i64,
            );
            let sides =
                [("x", rect.x0), ("y", rect.y0), ("width", rect.width() as i64), ("height", rect.height() as i64)];
            for (side, value) in sides {
                properties.insert(format!("openslide.region[{number}].{side}"), value.to_string());
            }
        }
    }
}

/// A weighted mean.
#[derive(Default)]
struct Mean {
    sum: f64,
    weight: f64,
}

impl Mean {
    fn add(&mut self, value: f64, weight: f64) {
        let weight = if weight.is_finite() { weight.max(0.0) } else { 0.0 };
        self.sum += value * weight;
        self.weight += weight;
    }

    fn value(&self) -> f64 {
        if self.weight > 0.0 { self.sum / self.weight } else { 0.0 }
    }
}

fn xml(file: &PositionedFile, directory: &Directory) -> Option<Node> {
    Node::parse(directory.text(file, tag::XMP)?.trim_start_matches('\u{feff}'))
}
