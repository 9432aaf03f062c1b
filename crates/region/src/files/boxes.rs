//! CSV of boxes: a header names the columns; `x,y,width,height` or two corners, and perhaps a name and a class.

use std::io::Write;

use super::loaded::{Frame, Loaded};
use crate::measure::write_row;
use crate::{Error, IoResultExt as _, Result};
use mosaicist_shape::{Bounds, Geometry, Roi};

/// Names that columns go by, lower case.
const NAMES: [(&str, &[&str]); 10] = [
    ("x", &["x", "left", "xmin", "x_min", "x0", "x1", "minx", "bb_left"]),
    ("y", &["y", "top", "ymin", "y_min", "y0", "y1", "miny", "bb_top"]),
    ("width", &["width", "w", "dx"]),
    ("height", &["height", "h", "dy"]),
    ("right", &["right", "xmax", "x_max", "x2", "maxx"]),
    ("bottom", &["bottom", "ymax", "y_max", "y2", "maxy"]),
    ("name", &["name", "id", "label_name", "title"]),
    ("class", &["class", "label", "classification", "category", "class_name"]),
    ("x1", &["x1"]),
    ("y1", &["y1"]),
];

/// Where the columns of a box are.
struct Columns {
    x: usize,
    y: usize,
    /// Width and height, or the other corner.
    size: Option<(usize, usize)>,
    corner: Option<(usize, usize)>,
    name: Option<usize>,
    class: Option<usize>,
}

impl Columns {
    fn of(header: &[String]) -> Option<Self> {
        let header: Vec<String> = header.iter().map(|cell| cell.trim().to_lowercase()).collect();
        let find = |what: &str| {
            let (_, names) = NAMES.iter().find(|(name, _)| *name == what)?;
            names.iter().find_map(|name| header.iter().position(|cell| cell == name))
        };
        let (x, y) = (find("x")?, find("y")?);
        let size = find("width").zip(find("height"));
        // With x0 before it, x1 is the other corner.
        let second = find("x1").filter(|&at| at != x).zip(find("y1").filter(|&at| at != y));
        let corner = find("right").zip(find("bottom")).or(second);
        (size.is_some() || corner.is_some()).then(|| Self {
            x,
            y,
            size,
            corner,
            name: find("name"),
            class: find("class"),
        })
    }
}

pub(super) fn detect(head: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(&head[..head.iter().position(|&byte| byte == b'\n').unwrap_or(head.len())])
    else {
        return false;
    };
    let text = text.trim_start_matches('\u{FEFF}');
    rows(text, separator(text)).next().is_some_and(|header| Columns::of(&header).is_some())
}

pub(super) fn read(bytes: &[u8], _: &Frame) -> Result<Loaded> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{FEFF}');
    let mut rows = rows(text, separator(text));
    let columns = rows.next().and_then(|header| Columns::of(&header));
    let columns = columns.ok_or_else(|| Error::corrupt("no header that names x, y, width and height"))?;
    let mut loaded = Loaded::default();
    for (number, row) in (2..).zip(rows) {
        let number_at = |at: usize| row.get(at).and_then(|cell| cell.trim().parse::<f64>().ok()).unwrap_or(f64::NAN);
        let text_at = |at: Option<usize>| at.and_then(|at| row.get(at)).map(|cell| unguarded(cell.trim()));
        let (x, y) = (number_at(columns.x), number_at(columns.y));
        let bounds = match (columns.size, columns.corner) {
            (Some((width, height)), _) => Bounds::at(x, y, number_at(width), number_at(height)),
            (None, Some((right, bottom))) => Bounds { x0: x, y0: y, x1: number_at(right), y1: number_at(bottom) },
            (None, None) => Bounds::EMPTY,
        };
        // Comparisons with NaN are false: such a box would count as not empty.
        if [bounds.x0, bounds.y0, bounds.x1, bounds.y1].iter().any(|value| !value.is_finite()) {
            loaded.warn(format!("line {number}: no box"));
            continue;
        }
        let mut roi = Roi::new(Geometry::Rectangle(bounds));
        roi.name = text_at(columns.name).filter(|name| !name.is_empty()).map(Into::into);
        roi.class = text_at(columns.class).filter(|name| !name.is_empty()).map(|name| loaded.class(name, None));
        loaded.push(roi, || format!("line {number}"));
    }
    Ok(loaded.finished())
}

/// Text without the apostrophe that keeps spreadsheets from taking it for a formula.
fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '@', '-'])).unwrap_or(cell)
}

/// What stands between the cells: the most frequent of comma, semicolon and tab in the first line.
fn separator(text: &str) -> char {
    let first = text.lines().next().unwrap_or_default();
    [',', ';', '\t'].into_iter().max_by_key(|&c| (first.matches(c).count(), c == ',')).unwrap_or(',')
}

/// The rows that are not empty (RFC 4180: quotes around cells, doubled inside).
fn rows(text: &str, separator: char) -> impl Iterator<Item = Vec<String>> {
    let mut rest = text.chars().peekable();
    let next = move || {
        rest.peek()?;
        let (mut row, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        while let Some(c) = rest.next() {
            match c {
                '"' if quoted && rest.peek() == Some(&'"') => {
                    cell.push('"');
                    rest.next();
                }
                '"' => quoted = !quoted,
                '\n' if !quoted => break,
                '\r' if !quoted => {}
                c if c == separator && !quoted => row.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        row.push(cell);
        Some(row)
    };
    std::iter::from_fn(next).filter(|row| row.iter().any(|cell| !cell.trim().is_empty()))
}

pub(super) fn write(loaded: &Loaded, _: &Frame, out: &mut dyn Write) -> Result<Vec<String>> {
    let here = std::path::Path::new("");
    write_row(out, ["name", "class", "x", "y", "width", "height"].into_iter()).at(here)?;
    for roi in &loaded.rois {
        let bounds = roi.geometry.bounds();
        let numbers = [bounds.x0, bounds.y0, bounds.width(), bounds.height()].map(|value| value.to_string());
        let texts = [roi.name.as_deref().unwrap_or_default(), roi.class.as_ref().map_or("", |class| &class.name)];
        write_row(out, texts.into_iter().chain(numbers.iter().map(String::as_str))).at(here)?;
    }
    let others = loaded.rois.iter().filter(|roi| !matches!(roi.geometry, Geometry::Rectangle(_))).count();
    let note = || format!("of {others} regions that are no rectangles only the bounding boxes were written");
    Ok((others > 0).then(note).into_iter().collect())
}
