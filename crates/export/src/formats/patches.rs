//! A folder of patches, cut or padded at the edges, named by a pattern: training data for machine learning.

use super::Job;
use super::pictures::{Layout, Pictures, Shown};
use super::spec::{FormatSpec, OptionName};
use super::templates::TILE_FOLDER;
use super::tile::Place;
use super::xyz::{filled_up, filling};
use crate::earlier::{self, MARKER, OutputFolder, marker};
use crate::format::{Format, Levels};
use crate::geometry::{Size, TileGrid};
use crate::options::{Edges, TileFormat};
use crate::pixels::{Color, Pixels, PixelsView, Sample, Samples, by_type};
use crate::{Error, Result};

/// A folder of tiles or patches of one resolution.
pub(super) const PATCHES: FormatSpec = FormatSpec {
    format: Format::Patches,
    name: "patches",
    title: "Tiles or patches",
    levels: Levels::One,
    tile: 512,
    overlap: Some(0),
    tiles: &[TileFormat::Png, TileFormat::Jpg, TileFormat::Webp, TileFormat::Raw],
    options: &[
        OptionName::Tile,
        OptionName::Overlap,
        OptionName::Tiles,
        OptionName::Quality,
        OptionName::Subsampling,
        OptionName::Pattern,
        OptionName::SkipEmpty,
        OptionName::Edges,
    ],
    folder: Some(&FOLDER),
    keep_depth: true,
    // Patches may be left out, or several joined.
    takes: |_, _, _| false,
    create: |job| Ok(Box::new(Pictures::in_own_folder(job, Patches::new(job)?)?)),
    ..TILE_FOLDER
};

/// The folder that is the output. Names are anybody's choice: the marker keeps their pattern.
pub(crate) const FOLDER: OutputFolder =
    OutputFolder { descriptor: MARKER, says: "\"format\":\"patches\"", names: &[MARKER] };

/// The layout of one export.
pub(super) struct Patches {
    grid: TileGrid,
    /// A patch with its overlap on both sides.
    overlap: u32,
    pattern: Vec<Piece>,
    edges: Edges,
    skip_empty: bool,
    filling: Vec<f32>,
    /// One pixel of nothing.
    empty: Samples,
    color: Color,
}

/// A part of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The field to write, with at least this many digits.
    Number(Field, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    X,
    Y,
    Column,
    Row,
    Index,
}

/// The pattern where none is given.
const USUAL: &str = "{name}_x{x}_y{y}";

impl Patches {
    pub(super) fn new(job: Job<'_>) -> Result<Self> {
        let extras = &job.options.extras;
        let ending = job.options.tile_format().ending();
        let empty = Pixels::filled(Size::new(1, 1), job.info.sample, &job.info.background);
        Ok(Self {
            grid: TileGrid::square(job.plan.levels[0], job.plan.tile),
            overlap: job.plan.overlap,
            pattern: parse(extras.pattern.as_deref().unwrap_or(USUAL), &job.name(), ending)?,
            edges: extras.edges,
            skip_empty: extras.skip_empty,
            filling: filling(job),
            empty: empty.into_samples(),
            color: job.info.color,
        })
    }

    /// The pattern as the marker keeps it: the pieces of each part of a path.
    fn names(&self) -> Vec<Vec<earlier::Piece>> {
        let mut parts = vec![Vec::new()];
        for piece in &self.pattern {
            match piece {
                Piece::Number(_, digits) => {
                    parts.last_mut().into_iter().for_each(|part| part.push(earlier::Piece::Number(*digits)));
                }
                Piece::Text(text) => {
                    for (number, text) in text.split('/').enumerate() {
                        if number > 0 {
                            parts.push(Vec::new());
                        }
                        if let Some(part) = parts.last_mut().filter(|_| !text.is_empty()) {
                            part.push(earlier::Piece::Text(text.to_owned()));
                        }
                    }
                }
            }
        }
        parts
    }

    /// The size of a patch inside the image.
    fn full(&self, Place { column, row, .. }: Place) -> Size {
        let side = |at: u32| self.grid.tile.width + self.overlap * if at > 0 { 2 } else { 1 };
        Size::new(side(column), side(row))
    }
}

impl Layout for Patches {
    fn path(&self, Place { column, row, .. }: Place) -> String {
        let grid = self.grid;
        let number = |field: Field| match field {
            Field::X => u64::from(column) * u64::from(grid.tile.width),
            Field::Y => u64::from(row) * u64::from(grid.tile.height),
            Field::Column => column.into(),
            Field::Row => row.into(),
            Field::Index => u64::from(row) * u64::from(grid.columns()) + u64::from(column),
        };
        let shown = self.pattern.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Number(field, digits) => format!("{:0digits$}", number(*field)),
        });
        shown.collect()
    }

    fn shown<'a>(&self, place: Place, tile: PixelsView<'a>) -> Result<Shown<'a>> {
        if self.skip_empty && is_empty(tile, &self.empty, self.color) {
            return Ok(Shown::Nothing);
        }
        let full = self.full(place);
        Ok(match self.edges {
            Edges::Pad => filled_up(tile, full, &self.filling),
            Edges::Drop if tile.size() != full => Shown::Nothing,
            Edges::Cut | Edges::Drop => Shown::Part(tile),
        })
    }

    fn descriptors(&self) -> Vec<(String, Vec<u8>)> {
        vec![(MARKER.into(), marker("patches", &self.names()))]
    }
}

/// Whether all pixels are background or transparent.
fn is_empty(tile: PixelsView<'_>, empty: &Samples, color: Color) -> bool {
    fn check<S: Sample>(tile: PixelsView<'_>, empty: &Samples, color: Color) -> bool {
        let Some(empty) = S::slice(empty) else { return false };
        let is_transparent =
            |pixel: &[S]| color.has_alpha() && pixel.last().is_some_and(|alpha| *alpha == S::default());
        tile.rows::<S>().all(|row| row.chunks_exact(empty.len()).all(|pixel| pixel == empty || is_transparent(pixel)))
    }
    by_type!(tile.sample_type(), S => check::<S>(tile, empty, color))
}

/// The pieces of a pattern, its ending added where it has none.
fn parse(pattern: &str, name: &str, ending: &str) -> Result<Vec<Piece>> {
    let wrong = |what: &str| Error::invalid(format!("the pattern '{pattern}' {what}"));
    let complete =
        if pattern.ends_with(&format!(".{ending}")) { pattern.to_owned() } else { format!("{pattern}.{ending}") };
    let (mut pieces, mut rest) = (Vec::new(), &complete[..]);
    while let Some((text, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}').ok_or_else(|| wrong("has a { without its }"))?;
        pieces.push(Piece::Text(text.to_owned()));
        let (field, digits) = field.split_once(":0").unwrap_or((field, "1"));
        let digits = digits.parse().ok().filter(|digits| (1..=20).contains(digits));
        let digits = digits.ok_or_else(|| wrong("wants digits as {x:06}"))?;
        pieces.push(match field {
            "name" => Piece::Text(name.to_owned()),
            "x" => Piece::Number(Field::X, digits),
            "y" => Piece::Number(Field::Y, digits),
            "column" | "col" => Piece::Number(Field::Column, digits),
            "row" => Piece::Number(Field::Row, digits),
            "index" => Piece::Number(Field::Index, digits),
            _ => return Err(wrong("may hold {name}, {x}, {y}, {column}, {row} and {index}")),
        });
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    let has =
        |all: &[Field]| pieces.iter().any(|piece| matches!(piece, Piece::Number(field, _) if all.contains(field)));
    let across = has(&[Field::X, Field::Column]);
    let down = has(&[Field::Y, Field::Row]);
    if !(has(&[Field::Index]) || (across && down)) {
        return Err(wrong("gives several patches one name; use {x} and {y}, {column} and {row}, or {index}"));
    }
    let leaves = complete.starts_with('/')
        || complete.contains('\\')
        || complete.split('/').any(|part| matches!(part, "" | "." | ".."));
    if leaves { Err(wrong("leads out of the folder")) } else { Ok(pieces) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_each_patch_once() {
        let parsed = parse("{row:03}/{name}-{col}", "a", "png").unwrap();
        let text = |text: &str| Piece::Text(text.into());
        let wanted = [
            text(""),
            Piece::Number(Field::Row, 3),
            text("/"),
            text("a"),
            text("-"),
            Piece::Number(Field::Column, 1),
            text(".png"),
        ];
        assert_eq!(parsed, wanted);
        for wrong in
            ["{x}", "{name}", "{x}{y", "../{index}", "/{index}", "{x}_{z}", "{index:0}", "a\\{index}", "{x:099}{y}"]
        {
            assert!(parse(wrong, "a", "png").is_err(), "{wrong}");
        }
    }

    #[test]
    fn background_and_transparent_pixels_are_empty() {
        let of = |samples: Vec<u8>| Pixels::new(Size::new(2, 1), 4, Samples::U8(samples)).unwrap();
        let empty = Samples::U8(vec![9, 9, 9, 255]);
        assert!(is_empty(of(vec![9, 9, 9, 255, 1, 2, 3, 0]).view(), &empty, Color::Rgba));
        assert!(!is_empty(of(vec![9, 9, 9, 255, 9, 9, 8, 255]).view(), &empty, Color::Rgba));
        assert!(!is_empty(of(vec![9, 9, 9, 255, 1, 2, 3, 0]).view(), &empty, Color::Channels));
    }
}
