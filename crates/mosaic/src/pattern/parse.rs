//! The text of a pattern to a regular expression, and the fields that it reads.

use std::fmt::Write as _;

use regex::Regex;

use super::TileName;
use crate::{Error, Result};

/// What a group of the expression holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Field {
    Row,
    Column,
    /// `A` to `Z`, `AA` …, from 1.
    RowLetter,
    ColumnLetter,
    /// In pixels, or with that many µm to a unit.
    X(Option<f64>),
    Y(Option<f64>),
    Index,
    Z,
    T,
    Channel,
}

impl Field {
    /// Puts the text of the field into `tile`. `None` if it is no number that can be held.
    pub(super) fn read(self, text: &str, tile: &mut TileName) -> Option<()> {
        match self {
            Self::Row => tile.row = Some(whole(text)?),
            Self::Column => tile.column = Some(whole(text)?),
            Self::RowLetter => tile.row = Some(letters(text)?),
            Self::ColumnLetter => tile.column = Some(letters(text)?),
            Self::X(scale) => tile.x = Some(decimal(text)? * scale.unwrap_or(1.0)),
            Self::Y(scale) => tile.y = Some(decimal(text)? * scale.unwrap_or(1.0)),
            Self::Index => tile.index = Some(whole(text)?),
            Self::Z => tile.z = Some(whole(text)?),
            Self::T => tile.t = Some(whole(text)?),
            Self::Channel => tile.channel = Some(text.into()),
        }
        Some(())
    }

    /// The same whatever its unit or notation.
    fn kind(self) -> &'static str {
        match self {
            Self::Row | Self::RowLetter => "row",
            Self::Column | Self::ColumnLetter => "col",
            Self::X(_) => "x",
            Self::Y(_) => "y",
            Self::Index => "i",
            Self::Z => "z",
            Self::T => "t",
            Self::Channel => "channel",
        }
    }
}

fn whole(text: &str) -> Option<i64> {
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

fn decimal(text: &str) -> Option<f64> {
    let value: f64 = if text.contains(',') { text.replace(',', ".").parse() } else { text.parse() }.ok()?;
    value.is_finite().then_some(value)
}

fn letters(text: &str) -> Option<i64> {
    text.bytes().try_fold(0i64, |value, byte| {
        let digit = i64::from(byte.to_ascii_uppercase().checked_sub(b'A')?) + 1;
        value.checked_mul(26)?.checked_add(digit)
    })
}

/// A pattern's regular expression.
pub(super) struct Parsed {
    pub(super) expression: String,
    /// One for each group, in order; none if the groups have names.
    pub(super) fields: Option<Vec<Field>>,
    /// How many folders of the path it reads.
    pub(super) slashes: usize,
}

/// Reads either notation.
pub(super) fn parse(text: &str) -> Result<Parsed> {
    if text.contains("(?<") || text.contains("(?P<") {
        let slashes = text.matches('/').count();
        return Ok(Parsed { expression: text.to_owned(), fields: None, slashes });
    }
    let mut parser = Parser { text, expression: "^".to_owned(), fields: Vec::new() };
    parser.run()?;
    // The ending may be left out; it begins with a letter, so that no decimals are taken for it.
    let has_ending = text.rsplit(['/', '}']).next().is_some_and(|last| last.contains('.'));
    parser.expression.push_str(if has_ending { "$" } else { r"(?:\.[A-Za-z][0-9A-Za-z]*){0,2}$" });
    Ok(Parsed { expression: parser.expression, fields: Some(parser.fields), slashes: text.matches('/').count() })
}

struct Parser<'a> {
    text: &'a str,
    expression: String,
    fields: Vec<Field>,
}

impl Parser<'_> {
    fn run(&mut self) -> Result<()> {
        let mut rest = self.text;
        while let Some(at) = rest.find(['{', '}']) {
            self.literal(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                self.literal(&rest[..1]);
                rest = after;
            } else if let Some((field, after)) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                self.field(field, after.starts_with('{') && !after.starts_with("{{"))?;
                rest = after;
            } else {
                let what =
                    format!("the pattern '{}' has a brace without its partner; write {{{{ for a brace", self.text);
                return Err(Error::invalid(what));
            }
        }
        self.literal(rest);
        if self.fields.is_empty() && !self.text.contains("{*}") {
            return Err(Error::invalid(format!("the pattern '{}' has no field such as {{row}} or {{x}}", self.text)));
        }
        Ok(())
    }

    fn literal(&mut self, text: &str) {
        self.expression.push_str(&regex::escape(text));
    }

    /// `row:03`; `followed`: another field comes at once.
    fn field(&mut self, text: &str, followed: bool) -> Result<()> {
        let unknown = |what: &str| {
            Error::invalid(format!(
                "{what} '{{{text}}}' in a pattern; there are row, col, x, y, i, z, t, channel and *"
            ))
        };
        if text == "*" {
            self.expression.push_str("[^/]*?");
            return Ok(());
        }
        let (name, format) = text.split_once(':').unwrap_or((text, ""));
        let (field, repeated) = field_of(name.trim()).ok_or_else(|| unknown("unknown field"))?;
        let digits = format.bytes().take_while(u8::is_ascii_digit).count();
        let width: usize = if digits == 0 { repeated } else { format[..digits].parse().unwrap_or(usize::MAX) };
        if width > 32 {
            return Err(unknown("too wide a field"));
        }
        let field = match (field, format[digits..].trim()) {
            (field, "") => field,
            (Field::Row, "A") => Field::RowLetter,
            (Field::Column, "A") => Field::ColumnLetter,
            (Field::X(_), "px") => Field::X(None),
            (Field::Y(_), "px") => Field::Y(None),
            (Field::X(_), unit) => Field::X(Some(micrometers(unit).ok_or_else(|| unknown("unknown unit in"))?)),
            (Field::Y(_), unit) => Field::Y(Some(micrometers(unit).ok_or_else(|| unknown("unknown unit in"))?)),
            _ => return Err(unknown("unknown format in")),
        };
        if self.fields.iter().any(|known| known.kind() == field.kind()) {
            return Err(Error::invalid(format!("the pattern '{}' has two fields {{{}}}", self.text, field.kind())));
        }
        self.group(field, width, followed);
        self.fields.push(field);
        Ok(())
    }

    fn group(&mut self, field: Field, width: usize, followed: bool) {
        // Digits that another field follows at once end after their width.
        let most = if followed && width > 0 { width.to_string() } else { String::new() };
        let digits = |least: usize| format!(r"[0-9]{{{},{most}}}", least.max(1));
        let whole = match width {
            0 | 1 => format!("[-+]?{}", digits(width)),
            _ => format!(r"(?:{}|[-+]{})", digits(width), digits(width - 1)),
        };
        let group = match field {
            Field::RowLetter | Field::ColumnLetter => "[A-Za-z]{1,2}".to_owned(),
            Field::X(_) | Field::Y(_) => format!(r"{whole}(?:[.,][0-9]+)?(?:[eE][-+]?[0-9]{{1,3}})?"),
            Field::Channel => "[^/]+?".to_owned(),
            _ => whole,
        };
        // A String takes any text.
        _ = write!(self.expression, "({group})");
    }
}

/// A field by its name, and its width if given by repeated letters.
fn field_of(name: &str) -> Option<(Field, usize)> {
    let field = match name.to_ascii_lowercase().as_str() {
        "row" | "r" => Field::Row,
        "col" | "column" | "c" => Field::Column,
        "x" => Field::X(None),
        "y" => Field::Y(None),
        "i" | "index" | "n" | "p" => Field::Index,
        "z" => Field::Z,
        "t" | "time" => Field::T,
        "channel" | "ch" => Field::Channel,
        other => {
            let first = other.bytes().next().filter(|first| other.bytes().all(|byte| byte == *first))?;
            let field = match first {
                b'r' | b'y' => Field::Row,
                b'c' | b'x' => Field::Column,
                b'i' | b'p' => Field::Index,
                b'z' => Field::Z,
                b't' => Field::T,
                _ => return None,
            };
            return Some((field, other.len()));
        }
    };
    Some((field, 0))
}

/// How many µm a unit has.
fn micrometers(unit: &str) -> Option<f64> {
    match unit {
        "um" | "µm" | "μm" => Some(1.0),
        "nm" => Some(1e-3),
        "mm" => Some(1e3),
        _ => None,
    }
}

/// The fields of an expression's named groups.
pub(super) fn named_groups(regex: &Regex) -> Result<Vec<(Field, usize)>> {
    let mut fields: Vec<(Field, usize)> = Vec::new();
    for (group, name) in regex.capture_names().enumerate() {
        let Some(name) = name else { continue };
        let (known, unit) = name.split_once('_').unwrap_or((name, ""));
        let field = match (field_of(known), unit) {
            (Some((field, 0)), "") => Some(field),
            (Some((Field::X(_), 0)), unit) => micrometers(unit).map(|scale| Field::X(Some(scale))),
            (Some((Field::Y(_), 0)), unit) => micrometers(unit).map(|scale| Field::Y(Some(scale))),
            _ => None,
        };
        let field = field.ok_or_else(|| {
            let what = format!(
                "unknown group '{name}' in a pattern; there are row, col, x, y, x_um, y_um, i, z, t and channel"
            );
            Error::invalid(what)
        })?;
        if fields.iter().any(|(other, _)| other.kind() == field.kind()) {
            return Err(Error::invalid(format!("two groups of a pattern mean {}", field.kind())));
        }
        fields.push((field, group));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;

    fn read(pattern: &str, name: &str) -> Option<String> {
        let tile = Pattern::parse(pattern).unwrap().read(name)?;
        let number = |name: &str, value: Option<f64>| value.map(|value| format!("{name}={value}"));
        let whole = |name: &str, value: Option<i64>| value.map(|value| format!("{name}={value}"));
        let all = [
            whole("row", tile.row),
            whole("col", tile.column),
            number("x", tile.x),
            number("y", tile.y),
            whole("i", tile.index),
            whole("z", tile.z),
            whole("t", tile.t),
            tile.channel.map(|channel| format!("ch={channel}")),
        ];
        Some(all.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn names_are_read() {
        for (pattern, name, expected) in [
            ("tile_r{row:03}_c{col}", "tile_r007_c12.tif", Some("row=7 col=12")),
            ("tile_r{row:03}_c{col}", "tile_r07_c12.tif", None),
            ("tile_r{row:03}_c{col}", "tile_r1007_c12.ome.tif", Some("row=1007 col=12")),
            ("fov_r{row}_c{col}.png", "sub/fov_r01_c02.png", Some("row=1 col=2")),
            ("fov_r{row}_c{col}.png", "fov_r01_c02.png.bak", None),
            ("fov_r{row}_c{col}.png", "my_fov_r01_c02.png", None),
            ("{x}_{y}", "-1_0.png", Some("x=-1 y=0")),
            ("{x}_{y}", "1,5_-2.25.png", Some("x=1.5 y=-2.25")),
            ("{x:mm}_{y:um}", "1.5_3.png", Some("x=1500 y=3")),
            ("s{*}_{i}", "s12_foo_004.jpg", Some("i=4")),
            ("{col}-{row}", "3--5.jpg", Some("row=-5 col=3")),
            ("img{rr}{cc}", "img0112.jpg", Some("row=1 col=12")),
            ("img_{iii}", "img_0123.jpg", Some("i=123")),
            ("well{row:A}{col}_{channel}_z{z}t{t}", "wellB03_DAPI_z4t5.tif", Some("row=2 col=3 z=4 t=5 ch=DAPI")),
            ("z{z}/r{row}_c{col}", "/a/z3/r1_c2.tif", Some("row=1 col=2 z=3")),
            ("{{{i}}}", "{7}.png", Some("i=7")),
            ("[Grid@{col} {row}]", "[Grid@1 2].jpg", Some("row=2 col=1")),
            (r"^(?<x_um>[\d.]+)um-(?<y_um>[\d.]+)", "12.5um-3um.tif", Some("x=12.5 y=3")),
            (r"r(?P<row>\d+)(?:c(?P<col>\d+))?", "r5.tif", Some("row=5")),
            ("{i}", "99999999999999999999", None),
        ] {
            assert_eq!(read(pattern, name).as_deref(), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn patterns_that_make_no_sense_are_refused() {
        for (pattern, says) in [
            ("plain.png", "no field"),
            ("{row", "brace"),
            ("row}", "brace"),
            ("{line}", "unknown field '{line}'"),
            ("{row}{r}", "two fields {row}"),
            ("{row:abc}", "unknown format"),
            ("{x:feet}_{y}", "unknown unit"),
            ("{x:um}_{y}", "same unit"),
            ("{x}_{row}", "not both"),
            ("{row:99999999999999999999}", "too wide"),
            ("(?<line>a)", "unknown group 'line'"),
            ("(?<row>a", "cannot be read"),
        ] {
            let error = Pattern::parse(pattern).unwrap_err().to_string();
            assert!(error.contains(says), "{pattern}: {error}");
        }
    }
}
