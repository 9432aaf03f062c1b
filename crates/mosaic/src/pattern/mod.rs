//! [`Pattern`]: what file names say of their tiles' places.
//!
//! ```text
//! parse  a pattern's text to a regular expression and its fields      guess  patterns from names
//! ```

mod guess;
mod guess_roles;
#[cfg(test)]
mod guess_tests;
mod parse;
mod template;

pub use guess::{Guess, guess};
pub(crate) use template::stem_of;

use regex::Regex;

use crate::layout::Unit;
use crate::{Error, Result};
use parse::{Field, Parsed};

/// What a name says of its tile.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TileName {
    /// Place in the grid, from any first number.
    pub column: Option<i64>,
    pub row: Option<i64>,
    /// Position, in [`Pattern::unit`].
    pub x: Option<f64>,
    pub y: Option<f64>,
    /// Running number.
    pub index: Option<i64>,
    pub z: Option<i64>,
    pub t: Option<i64>,
    pub channel: Option<Box<str>>,
}

/// Which names a pattern matches, as numbers of the names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matches {
    pub matched: Vec<(usize, TileName)>,
    pub unmatched: Vec<usize>,
}

/// A way to read names, from one of two notations:
///
/// * Text with fields in braces, as `tile_r{row:03}_c{col}`. `{row}` and `{col}` are places in the grid, `{x}` and `{y}`
///   positions in px, `{x:um}` in µm (also nm, mm), `{i}` a running number, `{z}`, `{t}` and `{channel}` planes, `{*}`
///   anything. `{row:03}` has at least three characters, zeros first; `{row:A}` is a letter. `{{` and `}}` are braces. Fiji's
///   `{iii}`, `{xx}` and `{yy}` and MIST's `{rrr}`, `{ccc}` and `{ppp}` are known.
/// * A regular expression with groups of these names, as `r(?<row>\d+)_c(?<col>\d+)`; µm are `x_um` and `y_um`.
///
/// The first one reads the whole name, whose ending may be left out; both read as many folders as they have slashes.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    /// Each field with its group's number.
    fields: Vec<(Field, usize)>,
    unit: Unit,
    slashes: usize,
}

impl Pattern {
    /// Reads either notation. Fails naming the part that cannot be read.
    pub fn parse(text: &str) -> Result<Self> {
        let Parsed { expression, fields, slashes } = parse::parse(text)?;
        let wrong = |error: regex::Error| Error::invalid(format!("the pattern '{text}' cannot be read: {error}"));
        let regex = Regex::new(&expression).map_err(wrong)?;
        let fields: Vec<(Field, usize)> = match fields {
            Some(fields) => fields.into_iter().zip(1..).collect(),
            None => parse::named_groups(&regex)?,
        };
        let unit = unit_of(&fields)?;
        Ok(Self { regex, fields, unit, slashes })
    }

    /// What `x` and `y` are measured in.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Whether names say where tiles lie, rather than in which cell.
    pub fn tells_positions(&self) -> bool {
        self.fields.iter().any(|(field, _)| matches!(field, Field::X(_) | Field::Y(_)))
    }

    /// Whether names say nothing but the order of tiles.
    pub fn tells_order(&self) -> bool {
        let is_cell =
            |field: &Field| matches!(field, Field::Row | Field::Column | Field::RowLetter | Field::ColumnLetter);
        !self.tells_positions() && !self.fields.iter().any(|(field, _)| is_cell(field))
    }

    /// What a name or path says; `None` if it does not match, or a number in it is too large.
    pub fn read(&self, path: &str) -> Option<TileName> {
        self.read_with(&mut self.regex.capture_locations(), path)
    }

    /// Reads all of `names`.
    pub fn matches(&self, names: &[impl AsRef<str>]) -> Matches {
        let mut groups = self.regex.capture_locations();
        let mut found = Matches::default();
        for (number, name) in names.iter().enumerate() {
            match self.read_with(&mut groups, name.as_ref()) {
                Some(tile) => found.matched.push((number, tile)),
                None => found.unmatched.push(number),
            }
        }
        found
    }

    fn read_with(&self, groups: &mut regex::CaptureLocations, path: &str) -> Option<TileName> {
        let name = last_parts(path, self.slashes);
        self.regex.captures_read(groups, name)?;
        let mut tile = TileName::default();
        for (field, group) in &self.fields {
            // A group of an alternative that was not taken says nothing.
            if let Some((start, end)) = groups.get(*group) {
                field.read(&name[start..end], &mut tile)?;
            }
        }
        Some(tile)
    }
}

/// The last part of a path and as many folders before it.
fn last_parts(path: &str, folders: usize) -> &str {
    let is_separator = |(_, byte): &(usize, u8)| *byte == b'/' || cfg!(windows) && *byte == b'\\';
    let mut separators = path.bytes().enumerate().rev().filter(is_separator);
    separators.nth(folders).map_or(path, |(at, _)| &path[at + 1..])
}

fn unit_of(fields: &[(Field, usize)]) -> Result<Unit> {
    let is = |wanted: fn(&Field) -> bool| fields.iter().any(|(field, _)| wanted(field));
    let px = is(|field| matches!(field, Field::X(None) | Field::Y(None)));
    let um = is(|field| matches!(field, Field::X(Some(_)) | Field::Y(Some(_))));
    if px && um {
        return Err(Error::invalid("a pattern cannot have one position in px and one in µm: give both the same unit"));
    }
    if (px || um) && is(|field| matches!(field, Field::Row | Field::Column | Field::RowLetter | Field::ColumnLetter)) {
        return Err(Error::invalid("a pattern has either {x} and {y} or {col} and {row}, not both"));
    }
    Ok(if um { Unit::Micrometer } else { Unit::Pixel })
}
