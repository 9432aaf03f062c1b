//! Files that say where tiles lie, as stitching programs write them: read, written, and matched with the tiles at hand.
//!
//! Each format is a row of [`FORMATS`]. Readers take text and never open a tile; what they do not understand is named in
//! [`Positions::notes`].

mod bigstitcher;
mod cells;
mod fiji;
mod hugin;
mod matching;
mod micromanager;
mod mist;
mod stitch2d;
mod table;
mod text;
mod trakem2;
mod vrt;
mod xml;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use matching::{Matched, match_fields, match_files};
pub use table::{Columns, TableHead};

use crate::geometry::Size;
use crate::layout::Unit;
use crate::pixels::PixelKind;
use crate::{Error, IoResultExt as _, Result};
use mosaicist_core::whole_file;

/// Where one tile lies.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TilePosition {
    /// As the file names it, usually relative to the file.
    pub file: String,
    /// Of the upper left corner, x to the right, y down, in [`Positions::unit`].
    pub x: f64,
    pub y: f64,
    pub z: Option<f64>,
    /// Which image of the file, from 0, where one file has many.
    pub series: Option<u32>,
    /// px.
    pub size: Option<Size>,
    pub kind: Option<PixelKind>,
}

/// Where tiles lie.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Positions {
    pub tiles: Vec<TilePosition>,
    pub unit: Unit,
    /// µm of a pixel across and down, where the file says so.
    pub pixel_size: Option<(f64, f64)>,
    /// Warnings about what could not be read or represented.
    pub notes: Vec<String>,
}

/// What a writer made of positions.
#[derive(Debug, Default)]
pub struct Written {
    pub text: String,
    /// What the format cannot hold.
    pub notes: Vec<String>,
}

/// One row of the table of formats.
#[derive(Debug)]
pub struct PositionFormat {
    /// For the command line.
    pub name: &'static str,
    /// A description for the user.
    pub title: &'static str,
    /// The usual file name.
    pub file_name: &'static str,
    /// Whether a file of that lower-case name with this text is one.
    detect: fn(name: &str, text: &str) -> bool,
    read: fn(&str, &Columns) -> Result<Positions>,
    write: Option<fn(&Positions) -> Result<Written>>,
}

impl PositionFormat {
    /// Whether this program writes it.
    pub fn can_write(&self) -> bool {
        self.write.is_some()
    }

    /// The text of a file of this format. Positions must be in pixels.
    ///
    /// Fails if a name cannot be written, a position is no number, or the format is only read.
    pub fn text(&self, positions: &Positions) -> Result<Written> {
        let write = self.write.ok_or_else(|| Error::unsupported(format!("writing {}", self.title)))?;
        for tile in &positions.tiles {
            if !(tile.x.is_finite() && tile.y.is_finite()) {
                return Err(Error::invalid(format!("{}: its position is no number", tile.file)));
            }
            if tile.file.is_empty() || tile.file.contains(['\n', '\r', '\0']) {
                return Err(Error::invalid(format!("{:?}: such a name cannot be written", tile.file)));
            }
        }
        write(positions)
    }
}

/// Every format, in the order they are tried.
pub static FORMATS: &[PositionFormat] = &[
    PositionFormat {
        name: "bigstitcher",
        title: "BigStitcher XML",
        file_name: "dataset.xml",
        detect: bigstitcher::detect,
        read: |text, _| bigstitcher::read(text),
        write: Some(bigstitcher::write),
    },
    PositionFormat {
        name: "vrt",
        title: "GDAL VRT",
        file_name: "mosaic.vrt",
        detect: vrt::detect,
        read: |text, _| vrt::read(text),
        write: Some(vrt::write),
    },
    PositionFormat {
        name: "hugin",
        title: "Hugin project",
        file_name: "mosaic.pto",
        detect: hugin::detect,
        read: |text, _| hugin::read(text),
        write: Some(hugin::write),
    },
    PositionFormat {
        name: "micromanager",
        title: "Micro-Manager positions",
        file_name: "metadata.txt",
        detect: micromanager::detect,
        read: |text, _| micromanager::read(text),
        write: None,
    },
    PositionFormat {
        name: "stitch2d",
        title: "stitch2d JSON",
        file_name: "params.json",
        detect: stitch2d::detect,
        read: |text, _| stitch2d::read(text),
        write: Some(stitch2d::write),
    },
    PositionFormat {
        name: "mist",
        title: "MIST global positions",
        file_name: "global-positions-0.txt",
        detect: mist::detect,
        read: |text, _| mist::read(text),
        write: Some(mist::write),
    },
    PositionFormat {
        name: "fiji",
        title: "Fiji TileConfiguration",
        file_name: "TileConfiguration.txt",
        detect: fiji::detect,
        read: |text, _| fiji::read(text),
        write: Some(fiji::write),
    },
    PositionFormat {
        name: "trakem2",
        title: "TrakEM2 text",
        file_name: "trakem2.txt",
        detect: trakem2::detect,
        read: |text, _| trakem2::read(text),
        write: Some(trakem2::write),
    },
    PositionFormat {
        name: "tsv",
        title: "table with tabs (TSV)",
        file_name: "positions.tsv",
        detect: |name, _| name.ends_with(".tsv"),
        read: table::read,
        write: Some(table::write_tsv),
    },
    PositionFormat {
        name: "csv",
        title: "table (CSV)",
        file_name: "positions.csv",
        detect: table::detect,
        read: table::read,
        write: Some(table::write_csv),
    },
];

/// No such file is larger; one that claims to be is not read.
const LARGEST: u64 = 1 << 30;

/// The format of that name.
pub fn format_of_name(name: &str) -> Result<&'static PositionFormat> {
    FORMATS.iter().find(|format| format.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
        Error::invalid(format!("unknown format of positions '{name}'; there are {}", names.join(", ")))
    })
}

/// The format in which to write a file of that name.
pub fn format_of_path(path: &Path) -> Result<&'static PositionFormat> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    format_of_name(match ending {
        "txt" if name.contains("global-positions") => "mist",
        "txt" if name.contains("trakem") => "trakem2",
        "txt" => "fiji",
        "json" => "stitch2d",
        "xml" => "bigstitcher",
        "pto" => "hugin",
        "vrt" => "vrt",
        "csv" => "csv",
        "tsv" | "tab" => "tsv",
        _ => {
            let what = format!(
                "{}: its ending names no format of positions; there are .txt (Fiji), .csv, .tsv, .json, .xml, .pto, .vrt",
                path.display()
            );
            return Err(Error::invalid(what));
        }
    })
}

/// Reads a file of positions, in whichever format it is. `columns` chooses the columns of a table.
///
/// Fails naming the file if it is in no known format or holds no position.
pub fn read(path: &Path, columns: &Columns) -> Result<Positions> {
    let (name, text) = text_of(path)?;
    parse(&name, &text, columns).at(path)
}

/// The names of the columns of a table of positions (CSV, TSV); none if `path` is in another format.
pub fn table_columns(path: &Path) -> Result<Vec<String>> {
    let (name, text) = text_of(path)?;
    let format = FORMATS.iter().find(|format| (format.detect)(&name.to_ascii_lowercase(), &text));
    let is_table = format.is_some_and(|format| matches!(format.name, "csv" | "tsv"));
    Ok(if is_table { TableHead::columns_of(&text).unwrap_or_default() } else { Vec::new() })
}

/// The name of a file, and what it holds.
fn text_of(path: &Path) -> Result<(String, String)> {
    let length = std::fs::metadata(path).at(path)?.len();
    if length > LARGEST {
        return Err(Error::limit("too long for a file of positions").at(path));
    }
    let text = text::decode(std::fs::read(path).at(path)?);
    Ok((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text))
}

/// Reads the text of a file of that name.
pub fn parse(name: &str, text: &str, columns: &Columns) -> Result<Positions> {
    let name = name.to_ascii_lowercase();
    let found = FORMATS.iter().find(|format| (format.detect)(&name, text));
    let format = found.ok_or_else(|| {
        let titles: Vec<_> = FORMATS.iter().map(|format| format.title).collect();
        Error::unsupported(format!("no file of positions that this program knows ({})", titles.join(", ")))
    })?;
    let mut positions = (format.read)(text, columns)?;
    let all = positions.tiles.len();
    positions.tiles.retain(|tile| tile.x.is_finite() && tile.y.is_finite());
    if positions.tiles.len() < all {
        positions.notes.push(format!("{} positions are no numbers", all - positions.tiles.len()));
    }
    if positions.tiles.is_empty() {
        let why = positions.notes.first().map_or(String::new(), |note| format!(": {note}"));
        return Err(Error::corrupt(format!("no position in it, read as {}{why}", format.title)));
    }
    Ok(positions)
}

/// Writes `positions` to `path`: whole or not at all. Returns what the format cannot hold.
pub fn write(positions: &Positions, path: &Path, format: &PositionFormat) -> Result<Vec<String>> {
    let written = format.text(positions).at(path)?;
    whole_file::write_bytes(path, written.text.as_bytes())?;
    Ok(written.notes)
}
