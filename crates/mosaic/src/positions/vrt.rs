//! Virtual rasters of GDAL: sources at rectangles of one raster. Its own pixels count, not its place on a map.
//!
//! A raster begins at (0, 0), so the writer moves all tiles there, and keeps where they were as metadata.

use std::fmt::Write as _;

use mosaicist_core::xml::{Tag, walk};

use super::xml::escaped;
use super::{Positions, TilePosition, Written};
use crate::geometry::Size;
use crate::pixels::SampleType;
use crate::{Error, Result};

/// The metadata item that holds the canvas position of the raster's corner.
const ORIGIN: &str = "MOSAICIST_ORIGIN";

pub(super) fn detect(_: &str, text: &str) -> bool {
    text.trim_start().starts_with('<') && text.contains("<VRTDataset")
}

pub(super) fn read(text: &str) -> Result<Positions> {
    let mut positions = Positions::default();
    let (mut band, mut origin) = (0u32, (0.0, 0.0));
    let (mut tile, mut is_origin, mut scaled): (TilePosition, _, _) = (TilePosition::default(), false, 0);
    let mut shown: Option<(f64, f64)> = None;
    walk(text, |tag| {
        match tag {
            Tag::Open("VRTRasterBand", _) => band += 1,
            Tag::Open("SimpleSource" | "ComplexSource", _) => (tile, shown) = (TilePosition::default(), None),
            Tag::Open("SrcRect", at) => {
                shown = at.number("xSize").zip(at.number("ySize"));
                // A source of which only a part is shown begins further left.
                tile.x -= at.number("xOff").unwrap_or(0.0);
                tile.y -= at.number("yOff").unwrap_or(0.0);
            }
            Tag::Open("DstRect", at) => {
                tile.x += at.number("xOff").unwrap_or(f64::NAN);
                tile.y += at.number("yOff").unwrap_or(f64::NAN);
                let size: Option<(f64, f64)> = at.number("xSize").zip(at.number("ySize"));
                scaled += usize::from(shown.is_some() && size != shown);
            }
            Tag::Open("SourceProperties", at) => {
                let sides = at.number("RasterXSize").zip(at.number("RasterYSize"));
                tile.size = sides.map(|(width, height)| Size::new(width, height));
            }
            Tag::Open("MDI", at) => is_origin = at.get("key") == Some(ORIGIN),
            Tag::Close("MDI", text) if is_origin => {
                let mut numbers = text.split_whitespace().map(str::parse);
                if let (Some(Ok(x)), Some(Ok(y))) = (numbers.next(), numbers.next()) {
                    origin = (x, y);
                }
            }
            Tag::Close("SourceFilename", text) => text.trim().clone_into(&mut tile.file),
            Tag::Close("SimpleSource" | "ComplexSource", _) if band == 1 => {
                positions.tiles.push(std::mem::take(&mut tile));
            }
            _ => {}
        }
        Ok(())
    })?;
    if scaled > 0 {
        return Err(Error::unsupported(format!(
            "{scaled} sources are scaled; only those at full resolution can be read"
        )));
    }
    for tile in &mut positions.tiles {
        (tile.x, tile.y) = (tile.x + origin.0, tile.y + origin.1);
    }
    Ok(positions)
}

pub(super) fn write(positions: &Positions) -> Result<Written> {
    let least = |of: fn(&TilePosition) -> f64| positions.tiles.iter().map(of).fold(f64::INFINITY, f64::min);
    let origin = (least(|tile| tile.x).floor(), least(|tile| tile.y).floor());
    let mut sides: (f64, f64) = (0.0, 0.0);
    for tile in &positions.tiles {
        let size = tile
            .size
            .ok_or_else(|| Error::invalid(format!("{}: its size is unknown, which a VRT needs", tile.file)))?;
        sides.0 = sides.0.max((tile.x - origin.0 + f64::from(size.width)).ceil());
        sides.1 = sides.1.max((tile.y - origin.1 + f64::from(size.height)).ceil());
    }
    if sides.0.max(sides.1) > f64::from(i32::MAX) {
        return Err(Error::limit("a VRT holds at most 2147483647 pixels a side"));
    }
    let kind = positions.tiles.iter().find_map(|tile| tile.kind);
    let mut notes = Vec::new();
    if positions.tiles.iter().any(|tile| tile.kind != kind) {
        notes.push("the tiles have unlike samples: the VRT has those of the first".into());
    }
    let (bands, sample) = kind.map_or((1, SampleType::U8), |kind| (u32::from(kind.channels.max(1)), kind.sample));
    let mut text = format!("<VRTDataset rasterXSize=\"{}\" rasterYSize=\"{}\">\n", sides.0, sides.1);
    // A String takes any text; so below.
    if origin != (0.0, 0.0) {
        _ = writeln!(text, "  <Metadata><MDI key=\"{ORIGIN}\">{} {}</MDI></Metadata>", origin.0, origin.1);
    }
    for band in 1..=bands {
        _ = writeln!(text, "  <VRTRasterBand dataType=\"{}\" band=\"{band}\">", type_name(sample));
        for tile in &positions.tiles {
            let Size { width, height } = tile.size.unwrap_or_default();
            let relative = i32::from(!std::path::Path::new(&tile.file).is_absolute());
            _ = writeln!(
                text,
                "    <SimpleSource><SourceFilename relativeToVRT=\"{relative}\">{}</SourceFilename>\
                 <SourceBand>{band}</SourceBand>\
                 <SourceProperties RasterXSize=\"{width}\" RasterYSize=\"{height}\" DataType=\"{}\"/>\
                 <SrcRect xOff=\"0\" yOff=\"0\" xSize=\"{width}\" ySize=\"{height}\"/>\
                 <DstRect xOff=\"{}\" yOff=\"{}\" xSize=\"{width}\" ySize=\"{height}\"/></SimpleSource>",
                escaped(&tile.file)?,
                type_name(sample),
                tile.x - origin.0,
                tile.y - origin.1
            );
        }
        text.push_str("  </VRTRasterBand>\n");
    }
    text.push_str("</VRTDataset>\n");
    Ok(Written { text, notes })
}

fn type_name(sample: SampleType) -> &'static str {
    match sample {
        SampleType::U8 => "Byte",
        SampleType::U16 => "UInt16",
        SampleType::F32 => "Float32",
        SampleType::I8 => "Int8",
        SampleType::I16 => "Int16",
        SampleType::U32 => "UInt32",
        SampleType::I32 => "Int32",
        SampleType::F64 => "Float64",
    }
}
