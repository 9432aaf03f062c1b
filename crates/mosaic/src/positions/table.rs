//! Tables of positions, CSV and TSV: the columns are chosen or guessed from the header.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::{number, unread};
use super::{Positions, TilePosition, Written};
use crate::geometry::Size;
use crate::layout::Unit;
use crate::{Error, Result};

/// The columns of a table, each by its header or its number from 1; `None` is guessed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Columns {
    pub file: Option<String>,
    pub x: Option<String>,
    pub y: Option<String>,
    pub z: Option<String>,
    pub width: Option<String>,
    pub height: Option<String>,
    pub unit: Option<Unit>,
}

impl FromStr for Columns {
    type Err = Error;

    /// `file=name,x=true_x,y=true_y,unit=um`, each optional.
    fn from_str(text: &str) -> Result<Self> {
        let mut columns = Self::default();
        for part in text.split(',') {
            let wrong = || {
                let what = format!("'{part}' chooses no column: say file=, x=, y=, z=, width=, height= or unit=px|um");
                Error::invalid(what)
            };
            let (key, value) = part.split_once('=').ok_or_else(wrong)?;
            let column = Some(value.trim().to_owned());
            match key.trim() {
                "file" => columns.file = column,
                "x" => columns.x = column,
                "y" => columns.y = column,
                "z" => columns.z = column,
                "width" => columns.width = column,
                "height" => columns.height = column,
                "unit" => {
                    columns.unit = Some(match value.trim() {
                        "px" => Unit::Pixel,
                        "um" | "µm" => Unit::Micrometer,
                        _ => return Err(wrong()),
                    });
                }
                _ => return Err(wrong()),
            }
        }
        Ok(columns)
    }
}

/// What the first line of a table tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableHead {
    pub delimiter: char,
    pub has_header: bool,
    /// The header, or `1`, `2` …
    pub columns: Vec<String>,
    /// The columns in use, as indices of `columns`.
    pub file: usize,
    pub x: usize,
    pub y: usize,
    pub z: Option<usize>,
    pub width: Option<usize>,
    pub height: Option<usize>,
    pub unit: Unit,
}

impl TableHead {
    /// The names of the columns of the table `text`, whatever they hold.
    pub(super) fn columns_of(text: &str) -> Option<Vec<String>> {
        first_line(text).ok().map(|line| line.columns)
    }

    /// The head of the table `text` with the `chosen` columns. Fails naming the columns if one that is needed isn't found.
    pub fn of(text: &str, chosen: &Columns) -> Result<Self> {
        let FirstLine { delimiter, first, has_header, columns } = first_line(text)?;
        let numeric: Vec<usize> = (0..first.len()).filter(|at| number(&first[*at]).is_some()).collect();
        let find = |what: &str, chosen: &Option<String>| -> Result<Option<usize>> {
            if let Some(name) = chosen {
                return column_of(&columns, name).map(Some);
            }
            Ok(match what {
                _ if has_header => guessed(&columns, what),
                "file" => (0..first.len()).find(|at| !numeric.contains(at)),
                "x" => numeric.first().copied(),
                "y" => numeric.get(1).copied(),
                _ => None,
            })
        };
        let needed = |what: &str, chosen: &Option<String>| {
            find(what, chosen)?.ok_or_else(|| {
                Error::invalid(format!("no column is known to hold {what}; there are: {}", columns.join(", ")))
            })
        };
        let (file, x, y) = (needed("file", &chosen.file)?, needed("x", &chosen.x)?, needed("y", &chosen.y)?);
        let um = ["um", "µm", "μm", "micron", "microns", "micrometer", "micrometers"];
        let is_um = |at: usize| {
            let name = plain(&columns[at]);
            um.iter().any(|unit| name.ends_with(unit)) || name.starts_with("stage")
        };
        let measured = if has_header && is_um(x) && is_um(y) { Unit::Micrometer } else { Unit::Pixel };
        Ok(Self {
            delimiter: char::from(delimiter),
            has_header,
            z: find("z", &chosen.z)?,
            width: find("width", &chosen.width)?,
            height: find("height", &chosen.height)?,
            unit: chosen.unit.unwrap_or(measured),
            columns,
            file,
            x,
            y,
        })
    }
}

/// What the first line of a table says by itself.
struct FirstLine {
    delimiter: u8,
    first: Vec<String>,
    has_header: bool,
    columns: Vec<String>,
}

fn first_line(text: &str) -> Result<FirstLine> {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().find(|byte| line.bytes().any(|other| other == *byte));
    let delimiter = delimiter.unwrap_or(b' ');
    let first: Vec<String> = match reader(text, delimiter).into_records().next() {
        Some(Ok(row)) => row.iter().map(|field| field.trim().to_owned()).collect(),
        _ => return Err(Error::corrupt("a table without a line")),
    };
    let has_header = first.len() > 1 && first.iter().all(|field| number(field).is_none());
    let columns = if has_header { first.clone() } else { (1..=first.len()).map(|at| at.to_string()).collect() };
    Ok(FirstLine { delimiter, first, has_header, columns })
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes())
}

fn column_of(columns: &[String], name: &str) -> Result<usize> {
    let by_number = || name.parse::<usize>().ok().and_then(|at| at.checked_sub(1)).filter(|at| *at < columns.len());
    let by_name = columns.iter().position(|column| column == name);
    let found = by_name.or_else(|| columns.iter().position(|column| plain(column) == plain(name))).or_else(by_number);
    found.ok_or_else(|| Error::invalid(format!("no column '{name}' in the table; there are: {}", columns.join(", "))))
}

/// Lower case, letters and digits only.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The column with the most common known name. `@` is replaced by the axis.
fn guessed(columns: &[String], what: &str) -> Option<usize> {
    const PLACE: &[&str] = &[
        "@",
        "@px",
        "@pixel",
        "@pixels",
        "true@",
        "global@",
        "registered@",
        "stitched@",
        "position@",
        "pos@",
        "@pos",
        "@position",
        "@offset",
        "@off",
        "offset@",
        "@0",
        "@min",
        "@start",
        "tile@",
        "@um",
        "@µm",
        "@micron",
        "@microns",
        "position@um",
        "pos@um",
        "@positionum",
        "stage@",
        "stage@um",
        "@stage",
        "nominal@",
    ];
    const FILE: &[&str] = &[
        "file",
        "filename",
        "imagefile",
        "filepath",
        "path",
        "image",
        "imagename",
        "tile",
        "tilename",
        "name",
        "source",
        "title",
        "label",
    ];
    let names: Vec<String> = columns.iter().map(|column| plain(column)).collect();
    let first = |known: &[&str], axis: &str| {
        known.iter().find_map(|wanted| names.iter().position(|name| *name == wanted.replace('@', axis)))
    };
    match what {
        "file" => first(FILE, ""),
        "width" => first(&["width", "w", "tilewidth", "sizex"], ""),
        "height" => first(&["height", "h", "tileheight", "sizey"], ""),
        "x" => first(PLACE, "x").or_else(|| first(&["left"], "")),
        "y" => first(PLACE, "y").or_else(|| first(&["top"], "")),
        axis => first(PLACE, axis),
    }
}

pub(super) fn detect(name: &str, text: &str) -> bool {
    name.ends_with(".csv") || TableHead::of(text, &Columns::default()).is_ok()
}

pub(super) fn read(text: &str, chosen: &Columns) -> Result<Positions> {
    let head = TableHead::of(text, chosen)?;
    let mut positions = Positions { unit: head.unit, ..Positions::default() };
    let mut wrong = Vec::new();
    for row in reader(text, head.delimiter as u8).into_records().skip(usize::from(head.has_header)) {
        let row = row.map_err(|error| Error::corrupt(format!("a table that cannot be read: {error}")))?;
        if row.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        match tile(&head, &row) {
            Some(tile) => positions.tiles.push(tile),
            None if wrong.len() > 5 => wrong.push(0),
            None => wrong.push(row.position().map_or(0, |at| line_at(text, at.byte() as usize))),
        }
    }
    positions.notes.extend(unread(&wrong));
    Ok(positions)
}

/// The number of the first line with text from this byte on, from 1.
fn line_at(text: &str, byte: usize) -> usize {
    let (before, rest) = text.as_bytes().split_at(byte.min(text.len()));
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    1 + before.iter().chain(blank).filter(|byte| **byte == b'\n').count()
}

fn tile(head: &TableHead, row: &csv::StringRecord) -> Option<TilePosition> {
    let value = |at: usize| number(row.get(at)?);
    let side = |at: Option<usize>| value(at?).filter(|side| *side >= 1.0 && *side < f64::from(u32::MAX));
    let file = row.get(head.file).filter(|file| !file.is_empty())?.to_owned();
    let size = side(head.width).zip(side(head.height)).map(|(width, height)| Size::new(width as u32, height as u32));
    let z = head.z.and_then(value);
    Some(TilePosition { file, x: value(head.x)?, y: value(head.y)?, z, size, ..TilePosition::default() })
}

pub(super) fn write_csv(positions: &Positions) -> Result<Written> {
    write(positions, b',')
}

pub(super) fn write_tsv(positions: &Positions) -> Result<Written> {
    write(positions, b'\t')
}

fn write(positions: &Positions, delimiter: u8) -> Result<Written> {
    let deep = positions.tiles.iter().any(|tile| tile.z.is_some());
    let sized = positions.tiles.iter().any(|tile| tile.size.is_some());
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    let row = |parts: [String; 3], z: String, size: [String; 2]| {
        let z = deep.then_some(z);
        parts.into_iter().chain(z).chain(sized.then_some(size).into_iter().flatten())
    };
    let wrong = |error: csv::Error| Error::invalid(format!("positions cannot be written as a table: {error}"));
    let text = |name: &str| name.to_owned();
    let header = row(["file", "x", "y"].map(text), text("z"), ["width", "height"].map(text));
    writer.write_record(header).map_err(wrong)?;
    for tile in &positions.tiles {
        let size = tile.size.map_or_else(Default::default, |size| [size.width.to_string(), size.height.to_string()]);
        let z = tile.z.map_or_else(String::new, |z| z.to_string());
        writer
            .write_record(row([tile.file.clone(), tile.x.to_string(), tile.y.to_string()], z, size))
            .map_err(wrong)?;
    }
    let bytes = writer.into_inner().map_err(|error| Error::invalid(format!("the table is incomplete: {error}")))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Written { text, notes: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, chosen: &str) -> Vec<(String, f64, f64)> {
        let chosen = if chosen.is_empty() { Columns::default() } else { chosen.parse().unwrap() };
        super::read(text, &chosen).unwrap().tiles.into_iter().map(|tile| (tile.file, tile.x, tile.y)).collect()
    }

    #[test]
    fn columns_are_guessed_or_chosen() {
        let truth = "file,nominal_x,nominal_y,true_x,true_y\na.jpg,902,0,905,8\n";
        let one = |x: f64, y: f64| vec![("a.jpg".to_owned(), x, y)];
        assert_eq!(read(truth, ""), one(905.0, 8.0));
        assert_eq!(read(truth, "x=nominal_x,y=3"), one(902.0, 0.0));
        assert_eq!(read("x;y;Tile name\n1,5;2,25;a.jpg\n", ""), one(1.5, 2.25));
        assert_eq!(read("a.jpg\t1\t2\n", ""), one(1.0, 2.0), "without a header");
        assert_eq!(read("\"a.jpg\", 1, 2\n", ""), one(1.0, 2.0));
        let um = super::read("name,X (µm),Y (µm)\na,1,2\n", &Columns::default()).unwrap();
        assert_eq!(um.unit, Unit::Micrometer);
        assert_eq!(read("a.jpg 1 2\n", ""), one(1.0, 2.0));
    }

    #[test]
    fn errors_name_the_unreadable_file() {
        let found = super::read("file,x,y\na,1,2\nb,one,2\n\nc,3\n", &Columns::default()).unwrap();
        assert_eq!((found.tiles.len(), found.notes.as_slice()), (1, &["lines 3, 5 cannot be read".to_owned()][..]));
        let error = TableHead::of("a,b,c\n1,2,3\n", &Columns::default()).unwrap_err().to_string();
        assert!(error.contains("there are: a, b, c"), "{error}");
        let error = TableHead::of("file,x,y\n", &"x=true_x".parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("no column 'true_x'"), "{error}");
        assert!("x".parse::<Columns>().is_err() && "unit=feet".parse::<Columns>().is_err());
    }
}
